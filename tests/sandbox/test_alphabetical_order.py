"""Alphabetical order in the languages of Europe and around it: the orders are those of Node 20."""

from typing import Any

import pytest
from sandbox.asking import Run, value

pytestmark = pytest.mark.asyncio(loop_scope="session")

ORDERS = {
    "en": "–x @y $9 €5 10 2 a A á æ b",
    "de": "a ä Ä b s ß st u ü",
    "sk": "Cyril Čapek Horák Chalupa",
    "cs": "cukr číslo hlava chata řeka šaty zub žena",
    "hr": "Cvijeta Čedo Ćiro Džep Đuro lopta ljeto",
    "ro": "Ion Însă Stan Ștefan",
    "lt": "Cezaris Česlovas yla ilgas jis Zita Žana",
    "lv": "Cālis Čaks Līga Ļaudis",
    "is": "Zoe Þór Ævar Örn",
    "da": "Adam Zoe Æble Öberg Øl Aarhus Åse",
    "nb": "Adam Zoe Ærlig Øl Åse",
    "sv": "Adam Zoe Åse Ärlig Öl",
    "et": "saun šokk zebra žanr tee võti äär öö ülo",
    "tr": "Ilgaz Irmak İpek",
    "vi": "Duy Đức Ong Ô",
    "hu": "cukor csók öt őz szó tyúk zsír",
    "pl": "lot lód łan łza zebra źdźbło żaba",
    "es": "nube ñandú oca",
    "ru": "Анна Елена Ёлка Йод John",
    "uk": "Галя Ґанок Ївга Йосип John",
    "sr": "Дејан Ђорђе Лука Љиљана",
    "el": "Άννα Βασίλης John",
    "ar": "أحمد John",
    "he": "אבי John",
    "th": "กา เก ขา",
}


@pytest.mark.parametrize(("language", "words"), ORDERS.items())
async def test_words_are_ordered_as_in_node(run: Run, language: str, words: str) -> None:
    code = f"{words!r}.split(' ').reverse().sort(new Intl.Collator({language!r}).compare).join(' ')"
    assert await value(run, code) == words


OTHERS = {
    "['9007199254740993', '9007199254740992', '10', '9'].sort(new Intl.Collator('en', {numeric: true}).compare)": [
        "9", "10", "9007199254740992", "9007199254740993",
    ],
    "['a', 'A'].sort(new Intl.Collator('en-u-kf-upper').compare).join('')": "Aa",
    "new Intl.Collator('de-u-kn').resolvedOptions().numeric": True,
    "new Intl.Collator('de-u-kn-kf-upper').resolvedOptions().locale": "de-u-kf-upper-kn",
    "new Intl.Collator('da').resolvedOptions().caseFirst": "upper",
    "'ä'.localeCompare('a', 'de', {sensitivity: 'base'})": 0,
    "'Ä'.localeCompare('z', 'sv') + 'Ä'.localeCompare('z', 'de')": 0,
    "'a-b'.localeCompare('ab', 'en', {ignorePunctuation: true})": 0,
}  # fmt: skip


@pytest.mark.parametrize(("expression", "result"), OTHERS.items())
async def test_options_count(run: Run, expression: str, result: Any) -> None:
    assert await value(run, expression) == result
