"""Formats bodies for reading: indents JSON without changing a character of its values."""

import json
import re

SHOWN = 100_000
"""Characters of a body that a page shows; the rest can be downloaded."""
DEEPEST = 64
MAX_INDENTED_CHARACTERS = 4 * SHOWN
"""Deeper or longer JSON is shown as it is: its indentation would be larger than the JSON."""

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+')


def pretty(body: bytes | str) -> str:
    """The body indented by two spaces if it is JSON, otherwise as it is; at most ``SHOWN`` characters of it.

    Changes only white space: numbers, repeated keys and escapes stay as they were written.
    """
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    if len(text) > SHOWN or not _is_json(text):
        return text[:SHOWN]
    indented = _indent(text)
    return indented if indented and len(indented) <= MAX_INDENTED_CHARACTERS else text


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _indent(text: str) -> str | None:
    parts: list[str] = []
    depth = 0
    pieces = [match.group() for match in _PIECE.finditer(text)]
    for index, piece in enumerate(pieces):
        following = pieces[index + 1] if index + 1 < len(pieces) else ""
        if piece in "{[":
            depth += 1
            if depth > DEEPEST:
                return None
            parts.append(piece if following in ("}", "]") else f"{piece}\n{'  ' * depth}")
        elif piece in "}]":
            depth -= 1
            empty = index > 0 and pieces[index - 1] in ("{", "[")
            parts.append(piece if empty else f"\n{'  ' * depth}{piece}")
        elif piece == ",":
            parts.append(f",\n{'  ' * depth}")
        elif piece == ":":
            parts.append(": ")
        else:
            parts.append(piece)
    return "".join(parts)
