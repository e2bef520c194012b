"""Every sentence of a built-in card has its Chinese in the card's folder, and nothing else has."""

import json

import pytest
from cards import BUILT_IN

from server.domain.card_files import LOCALES, sentences_of
from server.domain.cards import Card

CARDS = BUILT_IN


def hints_of(schema: object) -> set[str]:
    """The sentences in a contract: ``hint``, ``say``, ``refused``, where they are texts and not names of properties."""
    match schema:
        case dict():
            found = {
                value for key, value in schema.items() if key in ("hint", "say", "refused") and isinstance(value, str)
            }
            return found.union(*(hints_of(value) for value in schema.values()))
        case list():
            return set().union(*(hints_of(each) for each in schema))
        case _:
            return set()


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS.keys())
@pytest.mark.parametrize("locale", LOCALES)
def test_a_card_brings_the_translations_of_its_sentences(card: Card, locale: str) -> None:
    wanted = {*sentences_of(card), *hints_of(json.loads(card.contract_text or "{}"))}
    texts = card.texts.get(locale, {})
    assert sorted(wanted - texts.keys()) == [], "without a translation"
    assert sorted(texts.keys() - wanted) == [], "no longer in the card"
