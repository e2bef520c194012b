"""Numbers of a payload that JavaScript would write with other digits: 8202522731445525542, 1e400, 1.10.

``may_change`` runs for every event, so it searches for such numbers without parsing the JSON. ``rows`` parses it, for
the few events that have one; ``prelude/digits.js`` then restores the original digits of numbers that code passes on.
"""

import json
import math
import re
from decimal import Decimal
from typing import Any

MAX_ROWS = 5_000
"""Most numbers of one payload whose digits are kept."""
SAFE_DIGITS = 15
"""A double represents every decimal number of up to this many digits exactly enough to write it back unchanged."""

_FLAT = bytes.maketrans(b"123456789+-E", b"00000000000e")
"""Maps every digit and sign to 0, so that plain text search finds candidates: much faster than patterns."""
_LONG = b"0" * (SAFE_DIGITS + 1)
_WITH_EXPONENT = re.compile(b"0e0")  # a pattern, because ``in`` is slower for this text
_END = rb"(?:[\s,}\]]|\Z)"
_FRACTION = re.compile(rb"\.\d+" + _END)
_LONG_FRACTION = re.compile(
    rb"\.(?:\d*0|\d{15,}|(?<=0\.)0{6}\d+|"
    + b"|".join(rb"(?<=\d{%d}\.)\d{%d,}" % (before, SAFE_DIGITS + 1 - before) for before in range(2, 16))
    + rb")"
    + _END
)
_MINUS_ZERO = re.compile(rb"-0(?:[\s,}\]]|\Z)")
_LONG_NUMBER = re.compile(rb"[+-]?\d{%d,}(?:\.\d+)?(?:[eE][+-]?\d+)?" % (SAFE_DIGITS + 1) + _END)
_EXPONENT = re.compile(rb"\d[eE][+-]?\d+" + _END)
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[{}\[\],:]', re.DOTALL)

Step = str | int
"""A property name or an array index."""


def may_change(payload: bytes) -> bool:
    """Whether JavaScript could write some number differently. May be True without reason, but never wrongly False."""
    flat = payload.translate(_FLAT)
    return (
        (_LONG in flat and _is_at(flat, _LONG, payload, _LONG_NUMBER))
        or (b".0" in flat and _has_long_fraction(payload))
        or (b"-0" in payload and bool(_MINUS_ZERO.search(payload)))
        or bool((found := _WITH_EXPONENT.search(flat)) and _is_at(flat, b"0e0", payload, _EXPONENT, found.start()))
    )


def _is_at(flat: bytes, sign: bytes, payload: bytes, pattern: re.Pattern[bytes], start: int = 0) -> bool:
    """Whether the pattern matches at a place where ``flat`` has the sign. Most places are ids inside quotes."""
    at = flat.find(sign, start)
    while at >= 0:
        if pattern.match(payload, at):
            return True
        at = flat.find(sign, at + len(sign))
    return False


def _has_long_fraction(payload: bytes) -> bool:
    found = _FRACTION.search(payload)
    while found:
        if _LONG_FRACTION.match(payload, found.start()):
            return True
        found = _FRACTION.search(payload, found.start() + 1)
    return False


def rows(payload: bytes, code: str) -> bytes:
    """JSON for ``prelude/digits.js``; empty if no number changes.

    ``numbers``: ``[path, literal]`` of each number that JavaScript writes differently, and of every literal that is
    the same number to JavaScript; ``names``: properties that hold only numbers which lose digits; ``code``: the
    user's code, which may contain such numbers itself. ``numbers`` may be empty if the code may parse JSON that the
    payload holds as text.
    """
    found = _numbers(payload)
    written = {literal: js_text(float(literal)) for _, literal in found}
    changed = {literal for literal, text in written.items() if literal != text}
    if not changed and not ("JSON" in code and b'\\"' in payload):
        return b""
    same = {_key(literal) for literal in changed}
    kept = [(path, literal) for path, literal in found if _key(literal) in same][:MAX_ROWS]
    loses = {literal for literal in changed if not _is_exact(literal, written[literal])}
    names = {path[-1]: literal for path, literal in kept if path and literal in loses and isinstance(path[-1], str)}
    for path, literal in found:
        if path and literal not in loses and path[-1] in names:
            del names[path[-1]]
    return json.dumps({"numbers": kept, "names": list(names), "code": code}).encode()


def js_text(value: float) -> str:
    """The number as JavaScript writes it in JSON."""
    if not math.isfinite(value):
        return "null"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits))
    point = len(text) + exponent
    if not value:
        return "0"
    minus = "-" if sign else ""
    if len(text) <= point <= 21:
        return minus + text.ljust(point, "0")
    if 0 < point <= 21:
        return f"{minus}{text[:point]}.{text[point:]}"
    if -6 < point <= 0:
        return f"{minus}0.{'0' * -point}{text}"
    power = f"e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return f"{minus}{text[0]}{'.' + text[1:] if len(text) > 1 else ''}{power}"


def _key(literal: str) -> float | str:
    """A key that is equal for literals of the same number; -0 has its own key."""
    value = float(literal)
    return "-0" if not value and math.copysign(1, value) < 0 else value


def _is_exact(literal: str, text: str) -> bool:
    return text != "null" and (literal == text or Decimal(literal) == Decimal(text))


def _numbers(payload: bytes) -> list[tuple[tuple[Step, ...], str]]:
    """Every number with its path. Invalid JSON gives arbitrary results, but the engine rejects it afterwards."""
    found: list[tuple[tuple[Step, ...], str]] = []
    path: list[Any] = []
    name = b""
    for token in _TOKEN.finditer(payload):
        text = token[0]
        match text[:1]:
            case b'"':
                name = text
            case b":":
                if path:
                    path[-1] = _name(name)
            case b"{":
                path.append("")
            case b"[":
                path.append(0)
            case b"]" | b"}":
                if path:
                    path.pop()
            case b",":
                if path and isinstance(path[-1], int):
                    path[-1] += 1
            case _:
                found.append((tuple(path), text.decode()))
    return found


def _name(quoted: bytes) -> str:
    try:
        return str(json.loads(quoted.decode("utf-8", "replace"), strict=False))
    except ValueError:
        return ""
