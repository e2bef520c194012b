"""Which branches and lines of a transformation have run. ``branch_counters`` makes what counts them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from server.domain.sentences import Sentence, say

MAX_LINE = 400
_LINE_END = re.compile("\r\n|[\n\r\u2028\u2029]")
"""What ends a line in JavaScript."""


class BranchKind(StrEnum):
    """What a counter counts."""

    STATEMENT = "statement"
    """No branch: a statement after others, which may not be reached."""
    FUNCTION = "function"
    THEN = "then"
    ELSE = "else"
    """Also where nothing is written: the condition was false."""
    CASE = "case"
    DEFAULT = "default"
    NO_CASE = "no case"
    """A ``switch`` without ``default`` found no case."""
    IF_TRUE = "if true"
    IF_FALSE = "if false"
    """The two values of ``? :``."""
    AND = "and"
    OR = "or"
    NULLISH = "nullish"
    """The right side of ``&&``, ``||`` and ``??`` was evaluated."""
    OPTIONAL = "optional"
    """What stands before ``?.`` was null or undefined."""
    DEFAULT_VALUE = "default value"
    LOOP = "loop"
    CATCH = "catch"


@dataclass(frozen=True, slots=True)
class Counter:
    """What one number of a run counts. Line and column start at 1; columns count UTF-16 units."""

    kind: BranchKind
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Insertion:
    """Text that was inserted before this position of the original code."""

    line: int
    column: int
    length: int


@dataclass(frozen=True, slots=True)
class Instrumented:
    """Code with counters, and what they mean."""

    original: str
    code: str
    name: str
    """The function that counts; the sandbox provides it."""
    counters: tuple[Counter, ...]
    lines: Mapping[int, tuple[int, ...]]
    """Line → the counters of the code on it. Lines without code are absent."""
    branches_at: Mapping[int, tuple[int, ...]]
    """Line → the branches that begin there and may have no code of their own on it, such as a missing ``else``."""
    insertions: tuple[Insertion, ...]
    """In the order of the code."""

    def original_line(self, line: int) -> str:
        """The text of a line of the user's code, as far as errors show it; empty for a line that is not there."""
        lines = _LINE_END.split(self.original)
        return lines[line - 1][:MAX_LINE] if 0 < line <= len(lines) else ""

    @property
    def branches(self) -> tuple[int, ...]:
        """The numbers of the counters that count branches."""
        return tuple(at for at, counter in enumerate(self.counters) if counter.kind is not BranchKind.STATEMENT)

    def original_column(self, line: int, column: int) -> int:
        """The column in the user's code of a position in the code with counters."""
        added = 0
        for insertion in self.insertions:
            if insertion.line != line:
                continue
            start = insertion.column + added
            if column < start:
                break
            if column < start + insertion.length:
                return insertion.column
            added += insertion.length
        return column - added


MISSED: Mapping[BranchKind, Sentence] = {
    BranchKind.FUNCTION: say("The function was never called."),
    BranchKind.THEN: say("The condition was never true."),
    BranchKind.ELSE: say("The condition was never false."),
    BranchKind.CASE: say("This case never occurred."),
    BranchKind.DEFAULT: say("The default never occurred."),
    BranchKind.NO_CASE: say("One of the cases always occurred."),
    BranchKind.IF_TRUE: say("The value before the colon was never used."),
    BranchKind.IF_FALSE: say("The value after the colon was never used."),
    BranchKind.AND: say("The right side of && was never reached."),
    BranchKind.OR: say("The right side of || was never reached."),
    BranchKind.NULLISH: say("The value before ?? was never null or undefined."),
    BranchKind.OPTIONAL: say("The value before ?. was never null or undefined."),
    BranchKind.DEFAULT_VALUE: say("The default value was never needed."),
    BranchKind.LOOP: say("The loop never ran."),
    BranchKind.CATCH: say("Nothing was thrown."),
}
"""What a branch that did not run means."""


class Mark(StrEnum):
    """How much of a line has run."""

    COVERED = "covered"
    PARTLY = "partly"
    NEVER = "never"


Counts = tuple[int, ...]
"""How often each counter counted, in the order of ``Instrumented.counters``."""


def merge(runs: Iterable[Sequence[int]], counters: int) -> Counts:
    """The sum of several runs of the same code. Raises ``ValueError`` for counts of other code."""
    total = [0] * counters
    for counts in runs:
        for at, (before, count) in enumerate(zip(total, counts, strict=True)):
            total[at] = before + count
    return tuple(total)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What runs of one code have covered."""

    instrumented: Instrumented
    counts: Counts

    def mark(self, line: int) -> Mark | None:
        """How much of the line has run; ``None`` for a line without code."""
        numbers = self.instrumented.lines.get(line)
        if not numbers:
            return None
        if not any(self.counts[number] for number in numbers):
            return Mark.NEVER
        return Mark.COVERED if self.is_whole(line) else Mark.PARTLY

    def is_whole(self, line: int) -> bool:
        numbers = (*self.instrumented.lines.get(line, ()), *self.instrumented.branches_at.get(line, ()))
        return all(self.counts[number] for number in numbers)

    def marks(self) -> dict[int, Mark]:
        """Every line with code."""
        return {line: mark for line in self.instrumented.lines if (mark := self.mark(line))}

    def missed(self, line: int) -> tuple[Counter, ...]:
        """The branches on a line that did not run, although code around them did."""
        numbers = {*self.instrumented.lines.get(line, ()), *self.instrumented.branches_at.get(line, ())}
        counters = self.instrumented.counters
        return tuple(
            counters[number]
            for number in sorted(numbers)
            if not self.counts[number] and counters[number].kind is not BranchKind.STATEMENT
        )

    def branches(self) -> tuple[int, int]:
        """How many branches have run, and how many there are."""
        numbers = self.instrumented.branches
        return sum(self.counts[number] > 0 for number in numbers), len(numbers)

    def lines(self) -> tuple[int, int]:
        """How many lines have run at least partly, and how many have code."""
        marks = self.marks().values()
        return sum(mark is not Mark.NEVER for mark in marks), len(marks)
