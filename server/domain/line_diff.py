"""The differences between two texts, line by line, with unchanged parts folded."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

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


def line_diff(before: str, after: str) -> Sequence[DiffLine]:
    """The lines of a unified diff; empty when the texts are equal."""
    old, new = before.splitlines(), after.splitlines()
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    lines: list[DiffLine] = []
    shown = 0
    for group in matcher.get_grouped_opcodes(CONTEXT):
        first = group[0][1]
        if first > shown:
            lines.append(DiffLine(LineKind.FOLDED, count=first - shown))
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                lines += [
                    DiffLine(LineKind.SAME, old[i], i + 1, j + 1)
                    for i, j in zip(range(i1, i2), range(j1, j2), strict=True)
                ]
                continue
            lines += [DiffLine(LineKind.REMOVED, old[i], before=i + 1) for i in range(i1, i2)]
            lines += [DiffLine(LineKind.ADDED, new[j], after=j + 1) for j in range(j1, j2)]
        shown = group[-1][2]
    if lines and shown < len(old):
        lines.append(DiffLine(LineKind.FOLDED, count=len(old) - shown))
    return lines
