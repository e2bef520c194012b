"""A body as pages show it: JSON as coloured lines that fold, text as lines, anything else as hexadecimal.

The lines are HTML that can be read, selected and copied without scripts; ``static/js/json-viewer.js`` adds the rest.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from markupsafe import Markup, escape

from server.web.pretty import DEEPEST, SHOWN, is_json, pieces

MAX_PARSED_BYTES = 1024 * 1024
"""A larger body is not parsed: its beginning is shown as text."""
MAX_LINES = 2500
"""Lines of a body that a page shows; browsers lay out so many in a moment."""
MAX_HEX_BYTES = 2048
HEX_WIDTH = 16

_SNIFFED = 4096
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd]")
_MAX_CONTROLS = 0.1
"""The part of control characters up to which bytes count as text with a few damaged places."""


class BodyKind(StrEnum):
    JSON = "json"
    TEXT = "text"
    HEX = "hex"


@dataclass(frozen=True, slots=True)
class BodyView:
    """What the macro ``ui.json`` shows."""

    kind: BodyKind
    lines: Markup
    """One ``<span class="line">`` a line of JSON; plain text otherwise."""
    size: int
    """Bytes of the whole body."""
    shortened: bool
    """``lines`` is only the beginning."""


def body_view(body: bytes | str) -> BodyView:
    """How a page shows the body. Numbers, repeated keys and escapes of JSON stay as they were written."""
    data = body.encode("utf-8", "replace") if isinstance(body, str) else body
    if _is_binary(data[:_SNIFFED].decode("utf-8", "replace")):
        return BodyView(BodyKind.HEX, escape(_hex(data[:MAX_HEX_BYTES])), len(data), len(data) > MAX_HEX_BYTES)
    text = data[: MAX_PARSED_BYTES + 4].decode("utf-8", "replace")
    if len(data) <= MAX_PARSED_BYTES and text.lstrip()[:1] in ("{", "[") and is_json(text):
        lines, whole = _json_lines(text)
        if lines:
            html = Markup("".join(lines))  # noqa: S704  each piece is escaped in ``_coloured``
            return BodyView(BodyKind.JSON, html, len(data), not whole)
    shown = text[:SHOWN]
    return BodyView(BodyKind.TEXT, escape(shown), len(data), len(data) > len(shown.encode()))


def _is_binary(start: str) -> bool:
    return "\x00" in start or len(_CONTROLS.findall(start)) > _MAX_CONTROLS * len(start)


def _hex(data: bytes) -> str:
    """Lines like ``00000010  7b 22 61 …  {"a…``."""
    lines = []
    for at in range(0, len(data), HEX_WIDTH):
        row = data[at : at + HEX_WIDTH]
        seen = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{at:08x}  {row.hex(' '):<{3 * HEX_WIDTH}} {seen}")
    return "\n".join(lines)


def _json_lines(text: str) -> tuple[list[str], bool]:
    """The lines as HTML, and whether they are all of them. No lines when the JSON is nested too deeply to indent."""
    lines: list[str] = []
    parts: list[str] = []
    depth = characters = 0
    found = list(islice(pieces(text), SHOWN))  # each piece has at least a character
    last = len(found) - 1

    def end_line() -> None:
        lines.append(f'<span class="line">{"".join(parts)}\n</span>')
        parts[:] = ["  " * depth]

    for index, piece in enumerate(found):
        following = found[index + 1] if index < last else ""
        characters += len(piece) + 1
        if characters > SHOWN or len(lines) >= MAX_LINES:
            if characters - len(piece) < SHOWN:
                parts.append(_coloured(piece[: SHOWN - characters], following == ":"))
            end_line()
            return lines, False
        if piece in "{[":
            depth += 1
            if depth > DEEPEST:
                return [], False
            parts.append(piece)
            if following not in ("}", "]"):
                end_line()
        elif piece in "}]":
            depth -= 1
            if found[index - 1] not in ("{", "["):
                end_line()
            parts.append(piece)
        elif piece == ",":
            parts.append(piece)
            end_line()
        elif piece == ":":
            parts.append(": ")
        else:
            parts.append(_coloured(piece, following == ":"))
    end_line()
    return lines, True


_WORDS = {"true": "tok-bool", "false": "tok-bool", "null": "tok-null"}


def _coloured(piece: str, is_name: bool) -> str:
    """The piece as HTML, in the classes that the editor uses."""
    style = "tok-propertyName" if is_name else "tok-string" if piece[0] == '"' else _WORDS.get(piece, "tok-number")
    return f'<span class="{style}">{escape(piece)}</span>'
