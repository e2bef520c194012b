"""The reader's language. English sentences are the keys; other languages are ``.po`` files, compiled at start."""

from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel import negotiate_locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from server.domain.cards import Card
from server.domain.sentences import Sentence

LANGUAGES = {"en": "English", "zh_Hans": "简体中文"}
HTML_LANG = {"en": "en", "zh_Hans": "zh-Hans"}
LOCALES = Path(__file__).parent.parent / "locale"

current: ContextVar[str] = ContextVar("language", default="en")

_cards: Mapping[str, Card] = {}
"""The cards, which bring translations of their own sentences."""


def know_cards(cards: Mapping[str, Card]) -> None:
    """Translate the sentences of these cards too. The mapping may change later."""
    global _cards
    _cards = cards


def choose(cookie: str | None, accept_language: str | None) -> str:
    """The language of a request: the cookie's, else the most wanted one that we have, else English."""
    if cookie in LANGUAGES:
        return cookie
    return negotiate_locale(_tags(accept_language or ""), list(LANGUAGES)) or "en"


def prepare(language: str) -> None:
    """Load a language's sentences, which is slow the first time."""
    _catalogue(language)


def gettext(text: str) -> str:
    return translated(text, current.get())


def translated(text: str, language: str) -> str:
    """The text in a certain language of ``LANGUAGES``, whatever the reader's is."""
    found = _catalogue(language).gettext(text)
    return _of_cards(text, language) if found == text and language != "en" else found


def _of_cards(text: str, language: str) -> str:
    """A card's own translation of its sentence; the text itself when no card has one."""
    return next((known for card in _cards.values() if (known := card.texts.get(language, {}).get(text))), text)


def ngettext(one: str, many: str, count: int) -> str:
    return _catalogue(current.get()).ngettext(one, many, count)


def in_words(sentence: Sentence) -> str:
    """The sentence in the reader's language, with its values filled in."""
    text = gettext(sentence.text)
    if not sentence.values:
        return text
    inner = {name: in_words(value) for name, value in sentence.values.items() if isinstance(value, Sentence)}
    return text.format(**sentence.values | inner)


def _tags(header: str) -> list[str]:
    """The header's languages, most wanted first, written as ``en_GB``. Reads at most 20."""
    ranked: list[tuple[float, str]] = []
    for part in header[:500].split(",")[:20]:
        tag, _, quality = part.partition(";")
        try:
            weight = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if weight > 0:
            ranked.append((-weight, tag.strip().replace("-", "_")))
    return [_ours(tag) for _, tag in sorted(ranked, key=lambda pair: pair[0])]


def _ours(tag: str) -> str:
    """The language tag to use. Any Chinese becomes simplified Chinese, which its readers prefer to English."""
    return "zh_Hans" if tag.lower().partition("_")[0] == "zh" else tag


@cache
def _catalogue(language: str) -> NullTranslations:
    if language == "en":
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, _read(language))
    compiled.seek(0)
    return Translations(compiled)


def _read(language: str) -> Catalog:
    with (LOCALES / language / "LC_MESSAGES" / "messages.po").open("rb") as source:
        return read_po(source, locale=language)
