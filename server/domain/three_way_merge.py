"""Merges two texts that were made from the same one, line by line."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from server.domain.line_diff import opcodes

MINE = "<<<<<<< "
BETWEEN = "======="
THEIRS = ">>>>>>> "


@dataclass(frozen=True, slots=True)
class Merged:
    text: str
    conflicts: int
    """Places that both changed differently. The text has both between markers there, as git writes them."""


def merge(base: str, mine: str, theirs: str, *, my_name: str = "mine", their_name: str = "theirs") -> Merged:
    """Both changes in one text. Where both changed the same lines, it has both versions between markers."""
    old, ours, others = base.splitlines(), mine.splitlines(), theirs.splitlines()
    my_edits, their_edits = deque(_edits(old, ours)), deque(_edits(old, others))
    lines: list[str] = []
    conflicts = at = 0
    while my_edits or their_edits:
        start = min(edits[0].start for edits in (my_edits, their_edits) if edits)
        lines += old[at:start]
        my_part, their_part, at = _overlapping(my_edits, their_edits, start)
        my_lines, their_lines = _applied(old, ours, my_part, start, at), _applied(old, others, their_part, start, at)
        if not their_part or my_lines == their_lines:
            lines += my_lines
        elif not my_part:
            lines += their_lines
        else:
            conflicts += 1
            lines += [MINE + my_name, *my_lines, BETWEEN, *their_lines, THEIRS + their_name]
    lines += old[at:]
    ended = any(text.endswith("\n") for text in (mine, theirs))
    return Merged("\n".join(lines) + ("\n" if ended and lines else ""), conflicts)


@dataclass(frozen=True, slots=True)
class _Edit:
    """Lines ``start`` to ``end`` of the base became lines ``first`` to ``last`` of the other text."""

    start: int
    end: int
    first: int
    last: int


def _edits(old: Sequence[str], new: Sequence[str]) -> list[_Edit]:
    return [_Edit(i1, i2, j1, j2) for tag, i1, i2, j1, j2 in opcodes(old, new) if tag != "equal"]


def _overlapping(mine: deque[_Edit], theirs: deque[_Edit], start: int) -> tuple[list[_Edit], list[_Edit], int]:
    """The edits from ``start`` on that touch each other, taken from both, and where they end in the base."""
    taken: tuple[list[_Edit], list[_Edit]] = ([], [])
    end = start
    grown = True
    while grown:
        grown = False
        for edits, part in zip((mine, theirs), taken, strict=True):
            while edits and (edits[0].start < end or edits[0].start == start):
                part.append(edits.popleft())
                end = max(end, part[-1].end)
                grown = True
    return taken[0], taken[1], end


def _applied(old: Sequence[str], new: Sequence[str], part: Sequence[_Edit], start: int, end: int) -> list[str]:
    """The base's lines ``start`` to ``end`` with these edits."""
    lines: list[str] = []
    at = start
    for edit in part:
        lines += [*old[at : edit.start], *new[edit.first : edit.last]]
        at = edit.end
    return [*lines, *old[at:end]]
