"""Formats bodies for reading: indents JSON without changing a character of its values."""

import json
import re
from collections.abc import Iterator

SHOWN = 100_000
"""Characters of a body that a page shows; the rest can be downloaded."""
DEEPEST = 64
MAX_INDENTED_CHARACTERS = 4 * SHOWN
"""Deeper or longer JSON is shown as it is: its indentation would be larger than the JSON."""

_PIECE = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},:]|[^\s\[\]{},:"]+')


def pretty(body: bytes | str) -> str:
    """The body indented by two spaces if it is JSON, otherwise as it is; at most ``SHOWN`` characters of it.

    Changes only white space: numbers, repeated keys and escapes stay as they were written.
    """
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    if len(text) > SHOWN or not is_json(text):
        return text[:SHOWN]
    indented = _indent(text)
    return indented if indented and len(indented) <= MAX_INDENTED_CHARACTERS else text


def pieces(text: str) -> Iterator[str]:
    """The strings, numbers, words and punctuation of JSON, without the white space between them."""
    return (match.group() for match in _PIECE.finditer(text))


def is_json(text: str) -> bool:
    """Whether the text is JSON that is not nested too deeply to read."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _indent(text: str) -> str | None:
    parts: list[str] = []
    depth = 0
    found = list(pieces(text))
    for index, piece in enumerate(found):
        following = found[index + 1] if index + 1 < len(found) else ""
        if piece in "{[":
            depth += 1
            if depth > DEEPEST:
                return None
            parts.append(piece if following in ("}", "]") else f"{piece}\n{'  ' * depth}")
        elif piece in "}]":
            depth -= 1
            empty = index > 0 and found[index - 1] in ("{", "[")
            parts.append(piece if empty else f"\n{'  ' * depth}{piece}")
        elif piece == ",":
            parts.append(f",\n{'  ' * depth}")
        elif piece == ":":
            parts.append(": ")
        else:
            parts.append(piece)
    return "".join(parts)
