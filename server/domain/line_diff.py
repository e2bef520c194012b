"""The differences between two texts, line by line, with unchanged parts folded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import zip_longest

CONTEXT = 3
"""Unchanged lines that are shown around each difference."""


class LineKind(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    FOLDED = "folded"
    """Stands for ``count`` unchanged lines."""


@dataclass(frozen=True, slots=True)
class DiffLine:
    kind: LineKind
    text: str = ""
    before: int | None = None
    """The number of the line in the old text, from 1."""
    after: int | None = None
    """The number of the line in the new text, from 1."""
    count: int = 0


def line_diff(before: str, after: str, *, whole: bool = False) -> Sequence[DiffLine]:
    """The lines of a unified diff; empty when the texts are equal. ``whole``: without folds."""
    old, new = before.splitlines(), after.splitlines()
    codes = list(opcodes(old, new))
    if all(tag == "equal" for tag, *_ in codes):
        return []
    lines: list[DiffLine] = []
    for number, (tag, i1, i2, j1, j2) in enumerate(codes):
        if tag == "equal":
            context = len(old) if whole else CONTEXT
            head = 0 if number == 0 and not whole else context
            tail = 0 if number == len(codes) - 1 else context
            lines += _folded(old, i1, i2, j1, head, tail)
            continue
        lines += [DiffLine(LineKind.REMOVED, old[i], before=i + 1) for i in range(i1, i2)]
        lines += [DiffLine(LineKind.ADDED, new[j], after=j + 1) for j in range(j1, j2)]
    return lines


def opcodes(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, int, int, int, int]]:
    """As ``SequenceMatcher.get_opcodes``, which is quadratic, but only between the first and the last difference."""
    first = next((i for i, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), None)
    if first is None:
        first = min(len(old), len(new))
    most = min(len(old), len(new)) - first
    last = next((i for i in range(most) if old[-1 - i] != new[-1 - i]), most)
    if first:
        yield "equal", 0, first, 0, first
    inner = SequenceMatcher(None, old[first : len(old) - last], new[first : len(new) - last], autojunk=False)
    for tag, i1, i2, j1, j2 in inner.get_opcodes():
        yield tag, i1 + first, i2 + first, j1 + first, j2 + first
    if last:
        yield "equal", len(old) - last, len(old), len(new) - last, len(new)


def _folded(old: Sequence[str], i1: int, i2: int, j1: int, head: int, tail: int) -> Iterator[DiffLine]:
    """Unchanged lines: the first ``head`` and the last ``tail`` of them, and a fold between."""
    shown_until, shown_from = min(i1 + head, i2), max(i2 - tail, i1)
    if shown_from - shown_until < 1:
        shown_until = shown_from = i2
    yield from (DiffLine(LineKind.SAME, old[i], i + 1, j1 + i - i1 + 1) for i in range(i1, shown_until))
    if shown_from > shown_until:
        yield DiffLine(LineKind.FOLDED, count=shown_from - shown_until)
    yield from (DiffLine(LineKind.SAME, old[i], i + 1, j1 + i - i1 + 1) for i in range(shown_from, i2))


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One row of a side-by-side view: the old line and the new one. A fold has ``count`` unchanged lines."""

    before: DiffLine | None
    after: DiffLine | None
    count: int = 0


def side_by_side(lines: Sequence[DiffLine]) -> Sequence[DiffRow]:
    """The lines of a unified diff as rows, in which a removed line stands beside the one that replaces it."""
    rows: list[DiffRow] = []
    removed: list[DiffLine] = []
    added: list[DiffLine] = []

    def pair() -> None:
        rows.extend(DiffRow(old, new) for old, new in zip_longest(removed, added))
        removed.clear()
        added.clear()

    for line in lines:
        if line.kind is LineKind.REMOVED:
            removed.append(line)
        elif line.kind is LineKind.ADDED:
            added.append(line)
        else:
            pair()
            rows.append(DiffRow(None, None, line.count) if line.kind is LineKind.FOLDED else DiffRow(line, line))
    pair()
    return rows


def changes_in(lines: Sequence[DiffLine]) -> int:
    """How many places differ: runs of added or removed lines."""
    kinds = [line.kind in (LineKind.ADDED, LineKind.REMOVED) for line in lines]
    return sum(1 for number, changed in enumerate(kinds) if changed and (number == 0 or not kinds[number - 1]))
