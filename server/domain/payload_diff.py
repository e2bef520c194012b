"""What a transformation changed: a short list of differences between the received payload and the finished body."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

from server.domain.shortened import shortened

MAX_CHANGES_SHOWN = 100
MAX_VALUE_CHARACTERS = 120
DEEPEST = 32
"""Values nested deeper than this are compared as a whole."""

_HALF = re.compile("[\ud800-\udfff]")


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    kind: ChangeKind
    path: str
    """Such as ``data.customer.email`` or ``data.product_cart[0]``; empty for the whole payload."""
    before: str
    """The old value as JSON, cut to ``MAX_VALUE_CHARACTERS``; empty when there was none."""
    after: str


@dataclass(frozen=True, slots=True)
class Changes:
    shown: tuple[Change, ...]
    more: bool
    """There are more changes than ``shown`` has."""


def changes(received: bytes, finished: bytes) -> Changes | None:
    """The differences between two JSON texts; ``None`` when one of them is not JSON or too deeply nested."""
    try:
        before, after = json.loads(received), json.loads(finished)
        found = list(islice(_differences("", before, after, DEEPEST), MAX_CHANGES_SHOWN + 1))
    except (ValueError, RecursionError):
        return None
    return Changes(tuple(found[:MAX_CHANGES_SHOWN]), len(found) > MAX_CHANGES_SHOWN)


def _differences(path: str, before: Any, after: Any, depth: int) -> Iterator[Change]:
    if depth and isinstance(before, dict) and isinstance(after, dict) and (before.keys() & after.keys() or not path):
        yield from _of_objects(path, before, after, depth - 1)
    elif depth and isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(path, before, after, depth - 1)
    elif not _same(before, after):
        yield Change(ChangeKind.CHANGED, path, _short(before), _short(after))


def _of_objects(path: str, before: dict[str, Any], after: dict[str, Any], depth: int) -> Iterator[Change]:
    for name in [*before, *(name for name in after if name not in before)]:
        inner = _member(path, name)
        if name not in after:
            yield Change(ChangeKind.REMOVED, inner, _short(before[name]), "")
        elif name not in before:
            yield Change(ChangeKind.ADDED, inner, "", _short(after[name]))
        else:
            yield from _differences(inner, before[name], after[name], depth)


def _of_lists(path: str, before: list[Any], after: list[Any], depth: int) -> Iterator[Change]:
    for index in range(max(len(before), len(after))):
        inner = f"{path}[{index}]"
        if index >= len(after):
            yield Change(ChangeKind.REMOVED, inner, _short(before[index]), "")
        elif index >= len(before):
            yield Change(ChangeKind.ADDED, inner, "", _short(after[index]))
        else:
            yield from _differences(inner, before[index], after[index], depth)


def _member(path: str, name: str) -> str:
    if not name.isidentifier() or len(name) > MAX_VALUE_CHARACTERS:
        return f"{path}[{_short(name)}]"
    return f"{path}.{name}" if path else name


def _same(before: Any, after: Any) -> bool:
    # Python says True == 1 and 1.0 == 1; in JavaScript only the second pair is the same value.
    return isinstance(before, bool) is isinstance(after, bool) and bool(before == after)


def _short(value: Any) -> str:
    """The value as JSON, cut. Lone surrogates, which JSON can hold and pages cannot, become U+FFFD."""
    text = _HALF.sub("\ufffd", json.dumps(value, ensure_ascii=False))
    return shortened(text, MAX_VALUE_CHARACTERS)
