"""What a destination says in its response, for people: the message in its JSON, or the beginning of its text."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from server.domain.shortened import shortened

MAX_WORDS = 300
MAX_READ_BYTES = 64 * 1024
MAX_MARKUP = 4096
"""Characters of HTML that are read; its search takes the square of their number at worst."""

_NAMES = ("message", "error", "errors", "detail", "details", "title", "reason", "description", "error_description")
"""Where services put their words, the most telling first."""
_MARKUP = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.I | re.S)
_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def words_of(body: bytes) -> str:
    """One line of at most ``MAX_WORDS`` characters; empty when the body has no words."""
    text = body[:MAX_READ_BYTES].decode("utf-8", "replace")
    if "\x00" in text:
        return ""
    try:
        found = "; ".join(islice(dict.fromkeys(_said(json.loads(text), 4)), 3))
    except (ValueError, RecursionError):
        found = _MARKUP.sub(" ", text[:MAX_MARKUP])
    line = _SPACE.sub(" ", found).strip()
    return shortened(line, MAX_WORDS)


def _said(value: Any, depth: int) -> Iterator[str]:
    """The texts at the names of ``_NAMES``, also within objects and lists at those names."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth:
        for each in value[:3]:
            yield from _said(each, depth - 1)
    elif isinstance(value, dict) and depth:
        for name in _NAMES:
            if value.get(name):
                yield from _said(value[name], depth - 1)
