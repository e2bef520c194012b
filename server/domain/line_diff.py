"""The differences between two texts, line by line, with unchanged parts folded."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import pairwise, zip_longest

CONTEXT = 3
"""Unchanged lines that are shown around each difference."""
MAX_STEPS = 4_000_000
"""Steps of ``SequenceMatcher``, at worst, in one comparison: a few tenths of a second."""


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


Opcode = tuple[str, int, int, int, int]
"""As of ``SequenceMatcher.get_opcodes``: tag, first and last line in the old text, first and last in the new one."""


def opcodes(old: Sequence[str], new: Sequence[str]) -> Iterator[Opcode]:
    """As ``SequenceMatcher.get_opcodes``, but in bounded time whatever the lines are.

    It is asked only about what is between the first and the last difference. If that may take it long, lines that occur
    once in both texts are paired first. Of a stretch between them that may still take long, what lies between its first
    and its last difference counts as replaced.
    """
    return _around_differences(old, new, _between)


Compared = Callable[[Sequence[str], Sequence[str]], Iterable[Opcode]]


def _around_differences(old: Sequence[str], new: Sequence[str], inner: Compared) -> Iterator[Opcode]:
    """The same lines at the start and at the end, and ``inner`` of what is between them."""
    first = next((i for i, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), None)
    if first is None:
        first = min(len(old), len(new))
    most = min(len(old), len(new)) - first
    last = next((i for i in range(most) if old[-1 - i] != new[-1 - i]), most)
    if first:
        yield "equal", 0, first, 0, first
    for tag, i1, i2, j1, j2 in inner(old[first : len(old) - last], new[first : len(new) - last]):
        yield tag, i1 + first, i2 + first, j1 + first, j2 + first
    if last:
        yield "equal", len(old) - last, len(old), len(new) - last, len(new)


def _between(old: Sequence[str], new: Sequence[str]) -> list[Opcode]:
    left = MAX_STEPS - _steps(old, new)
    if left >= 0:
        return list(SequenceMatcher(None, old, new, autojunk=False).get_opcodes())
    made: list[Opcode]
    found: list[Opcode] = []
    left = MAX_STEPS
    for (i1, j1), (i2, j2) in pairwise([(-1, -1), *_anchors(old, new), (len(old), len(new))]):
        stretch, other = old[i1 + 1 : i2], new[j1 + 1 : j2]
        left -= (steps := _steps(stretch, other))
        if left >= 0:
            made = list(SequenceMatcher(None, stretch, other, autojunk=False).get_opcodes())
        else:
            left += steps
            made = list(_around_differences(stretch, other, _replaced))
        if i2 < len(old):
            made.append(("equal", len(stretch), len(stretch) + 1, len(other), len(other) + 1))
        for tag, a1, a2, b1, b2 in made:
            _append(found, (tag, a1 + i1 + 1, a2 + i1 + 1, b1 + j1 + 1, b2 + j1 + 1))
    return found


def _replaced(old: Sequence[str], new: Sequence[str]) -> list[Opcode]:
    """All of the old lines give way to all of the new ones."""
    if not old and not new:
        return []
    tag = "insert" if not old else "delete" if not new else "replace"
    return [(tag, 0, len(old), 0, len(new))]


def _steps(old: Sequence[str], new: Sequence[str]) -> int:
    """How many steps ``SequenceMatcher`` takes at worst: each match that it finds may cost a look at all pairs."""
    in_new = Counter(new)
    pairs = sum(count * in_new[line] for line, count in Counter(old).items())
    return (len(old) + pairs) * min(pairs, len(old), len(new))


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The most pairs of lines, in the order of both texts, of those that occur once in each."""
    in_old, in_new = Counter(old), Counter(new)
    place = {line: j for j, line in enumerate(new) if in_new[line] == 1 == in_old[line]}
    pairs = [(i, place[line]) for i, line in enumerate(old) if line in place]
    ends: list[int] = []  # of the sequences of each length, the smallest last line in the new text
    at: list[int] = []
    for _, j in pairs:
        length = bisect_left(ends, j)
        ends[length : length + 1] = [j]
        at.append(length)
    found: list[tuple[int, int]] = []
    for pair, length in zip(reversed(pairs), reversed(at), strict=True):
        if length == len(ends) - 1 - len(found) and (not found or pair[1] < found[-1][1]):
            found.append(pair)
    return found[::-1]


def _append(found: list[Opcode], one: Opcode) -> None:
    """Add an opcode, joined with the one before if that is of the same kind."""
    tag, i1, i2, j1, j2 = one
    if found and found[-1][0] == tag == "equal":
        found[-1] = (tag, found[-1][1], i2, found[-1][3], j2)
    else:
        found.append((tag, i1, i2, j1, j2))


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
