"""Finds words in the pages under Docs, and marks them. In memory; no page has more than some thousand words."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from server.web.docs_pages import DocsPage, Section

MAX_QUERY = 100
"""Characters of a query that are looked at."""
MAX_WORDS = 8
MAX_HITS = 20
SNIPPET = 180
"""Characters shown of a section."""

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
    """What is searched: lower-case words without their endings, since the text is searched for parts of words."""
    found = [word.strip(_PUNCTUATION) for word in _WORD.findall(query[:MAX_QUERY].casefold())]
    return [_stem(word) for word in found if word][:MAX_WORDS]


def search(pages: Iterable[DocsPage], words: Sequence[str]) -> list[Hit]:
    """The sections in which every word occurs, those first that have the words in their titles."""
    if not words:
        return []
    scored = []
    for page in pages:
        for section in page.sections:
            if score := _score(page, section, words):
                scored.append((score, page, section))
    scored.sort(key=lambda one: -one[0])  # stable: otherwise in the order of the pages
    return [
        Hit(page, section, _marked(section.title, words), _marked(_snippet(section.text, words), words))
        for _, page, section in scored[:MAX_HITS]
    ]


def _marked(text: str, words: Sequence[str]) -> Markup:
    return Markup(mark(escape(text), words))  # noqa: S704  escaped here


def mark(html: str, words: Sequence[str]) -> str:
    """HTML with ``<mark>`` around words that begin like these; tags and entities stay as they are."""
    if not words:
        return html
    pieces = sorted({piece for word in words for piece in (word, *_pairs(word))}, key=len, reverse=True)
    alternatives = "|".join(re.escape(escape(piece)) + ("" if _CJK.match(piece) else "[a-z]*") for piece in pieces)
    pattern = re.compile(rf"(<[^>]*>)|({alternatives})|(&[#\w]+;)", re.IGNORECASE)
    return pattern.sub(lambda found: f"<mark>{found[2]}</mark>" if found[2] else found[0], html)


def _score(page: DocsPage, section: Section, words: Sequence[str]) -> int:
    """0 where a word is missing. A section has the words of its page's title and keywords, if it has one of its own."""
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
    """The pairs of characters of a long Chinese word: without spaces between words, it may be several of them."""
    return [word[at : at + 2] for at in range(len(word) - 1)] if len(word) > 2 and _CJK.match(word) else []


def _stem(word: str) -> str:
    """``retries``, ``retry`` and ``retried`` → ``retr``: short enough to be a part of each other."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4 and not word.endswith("ss"):
            return word.removesuffix(ending)
    return word


def _snippet(text: str, words: Sequence[str]) -> str:
    """The piece of the text around the first word that it has, cut between words."""
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
