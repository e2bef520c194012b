"""The words of a payload for full text, and of what a person types. Both databases get the same words."""

import re
from itertools import islice
from typing import Any

from server.domain.payloads import Payload

MAX_WORDS = 4_000
"""Words of one payload that are searched."""
MAX_WORD_CHARACTERS = 64
MAX_PARTS = 8
"""Parts of a typed text, between spaces; the rest is ignored."""
MIN_BEGINNING = 3
"""Characters from which a word's beginning is enough."""

_CHARACTER = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_CHARACTER}]|[^\W_{_CHARACTER}]+")
"""A word of letters and digits; in Chinese, Japanese and Korean a single character, since no spaces part the words."""


def words_of(payload: Payload) -> list[str]:
    """The words of all texts and numbers in a payload, in their order, in lower case."""
    words: list[str] = []
    stack: list[Any] = [payload.value]
    while stack and len(words) < MAX_WORDS:
        value = stack.pop()
        if isinstance(value, str):
            words += split(value[: MAX_WORDS * 8])
        elif isinstance(value, dict):
            stack += reversed(list(islice(value.values(), MAX_WORDS)))
        elif isinstance(value, list):
            stack += reversed(value[:MAX_WORDS])
    return words[:MAX_WORDS]


def split(text: str) -> list[str]:
    return [word[:MAX_WORD_CHARACTERS] for word in _WORD.findall(text.lower())]


def phrases_of(typed: str) -> list[list[str]]:
    """The words of each part of a typed text: each part is a phrase, and a message must have all of them."""
    return [words for part in typed.split()[:MAX_PARTS] if (words := split(part))]
