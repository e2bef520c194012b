"""The reader's language. English sentences are the keys; other languages are ``.po`` files, compiled at start."""

from contextvars import ContextVar
from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from server.domain.sentences import Sentence

LANGUAGES = {"en": "English", "zh_Hans": "简体中文"}
HTML_LANG = {"en": "en", "zh_Hans": "zh-Hans"}
LOCALES = Path(__file__).parent.parent / "locale"

# Babel does not know that these readers want simplified characters.
_ALIASES = {"zh": "zh_Hans", "zh_CN": "zh_Hans", "zh_SG": "zh_Hans", "zh_Hans_CN": "zh_Hans", "zh_Hans_SG": "zh_Hans"}

current: ContextVar[str] = ContextVar("language", default="en")


def choose(cookie: str | None, accept_language: str | None) -> str:
    """The language for a request: what the reader chose, else the first of theirs that we have, else English."""
    if cookie in LANGUAGES:
        return cookie
    wanted = [_ALIASES.get(tag, tag) for tag in _tags(accept_language or "")]
    return negotiate_locale(wanted, list(LANGUAGES), sep="_") or "en"


def gettext(text: str) -> str:
    return _catalogue(current.get()).gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    return _catalogue(current.get()).ngettext(one, many, count)


def in_words(sentence: Sentence) -> str:
    """A sentence in the reader's language, with its values put in."""
    text = gettext(sentence.text)
    return text.format(**sentence.values) if sentence.values else text


def _tags(header: str) -> list[str]:
    """The header's languages, most wanted first, written as ``zh_CN``. At most 20 are looked at."""
    ranked = []
    for part in header[:500].split(",")[:20]:
        tag, _, quality = part.partition(";")
        try:
            weight = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        ranked.append((-weight, tag.strip().replace("-", "_")))
    return [tag for _, tag in sorted(ranked, key=lambda pair: pair[0])]


@cache
def _catalogue(language: str) -> NullTranslations:
    file = LOCALES / language / "LC_MESSAGES" / "messages.po"
    if not file.exists():
        return NullTranslations()
    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return Translations(compiled)
