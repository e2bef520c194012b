"""Searches the docs pages and marks the words found. In memory: no page has more than a few thousand words."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from server.web.docs_pages import DocsPage, Section

MAX_QUERY = 100
"""Characters; the rest of a query is ignored."""
MAX_WORDS = 8
MAX_HITS = 20
SNIPPET = 180
"""Characters of a section's text that a result shows."""

_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]+|[^\s\u3040-\u30ff\u3400-\u9fff]+")
_PUNCTUATION = "\"'“”‘’.,;:!?()[]{}<>，。；：！？（）《》、"
_ENDINGS = ("ies", "ing", "ed", "es", "s", "y")


@dataclass(frozen=True, slots=True)
class Hit:
    page: DocsPage
    section: Section
    title: Markup
    snippet: Markup


def words_of(query: str) -> list[str]:
    """The query's words in lower case and without endings: they are searched as substrings of the text."""
    found = [word.strip(_PUNCTUATION) for word in _WORD.findall(query[:MAX_QUERY].casefold())]
    return [_stem(word) for word in found if word][:MAX_WORDS]


def search(pages: Iterable[DocsPage], words: Sequence[str]) -> list[Hit]:
    """The sections that contain every word; matches in titles come first."""
    if not words:
        return []
    scored = []
    for page in pages:
        for section in page.sections:
            if score := _score(page, section, words):
                scored.append((score, page, section))
    scored.sort(key=lambda one: -one[0])  # stable: sections with equal scores stay in page order
    return [
        Hit(page, section, _marked(section.title, words), _marked(_snippet(section.text, words), words))
        for _, page, section in scored[:MAX_HITS]
    ]


def _marked(text: str, words: Sequence[str]) -> Markup:
    return Markup(mark(escape(text), words))  # noqa: S704  escaped here


def mark(html: str, words: Sequence[str]) -> str:
    """The HTML with ``<mark>`` around words that begin with one of ``words``; tags and entities stay unchanged."""
    if not words:
        return html
    pieces = sorted({piece for word in words for piece in (word, *_pairs(word))}, key=len, reverse=True)
    alternatives = "|".join(re.escape(escape(piece)) + ("" if _CJK.match(piece) else "[a-z]*") for piece in pieces)
    pattern = re.compile(rf"(<[^>]*>)|({alternatives})|(&[#\w]+;)", re.IGNORECASE)
    return pattern.sub(lambda found: f"<mark>{found[2]}</mark>" if found[2] else found[0], html)


def _score(page: DocsPage, section: Section, words: Sequence[str]) -> int:
    """How well a section matches; 0 when a word is missing.

    Words in the page's title and keywords count for a section that contains at least one word itself.
    """
    first = section.level == 1
    total = own = 0
    for word in words:
        in_section = 10 * _has(section.title, word) + _has(section.text, word)
        in_page = _has(page.title, word) or _has(page.keywords, word)
        if not in_section and not in_page:
            return 0
        own += in_section
        total += in_section + (8 if first and in_page else 0)
    return total if own or first else 0


def _has(text: str, word: str) -> bool:
    text = text.casefold()
    pairs = _pairs(word)
    return word in text or (bool(pairs) and all(pair in text for pair in pairs))


def _pairs(word: str) -> list[str]:
    """The character pairs of a long Chinese word: Chinese has no spaces, so it may be several words."""
    return [word[at : at + 2] for at in range(len(word) - 1)] if len(word) > 2 and _CJK.match(word) else []


def _stem(word: str) -> str:
    """The word without its ending: ``retries``, ``retry`` and ``retried`` all become ``retr``."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4 and not word.endswith("ss"):
            return word.removesuffix(ending)
    return word


def _snippet(text: str, words: Sequence[str]) -> str:
    """The text around the first match, cut at word boundaries."""
    low = text.casefold()
    places = [low.find(piece) for word in words for piece in (word, *_pairs(word))]
    at = min((place for place in places if place >= 0), default=0)
    start = max(0, at - SNIPPET // 3)
    if start:
        start = text.find(" ", start, at) + 1 or start
    end = start + SNIPPET
    if end < len(text):
        end = max(text.rfind(" ", at + SNIPPET // 3, end), 0) or end
    return ("…" if start else "") + text[start:end].strip() + ("…" if end < len(text) else "")
