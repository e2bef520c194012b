"""Coverage as text for people and as an lcov file for CI."""

from collections.abc import Iterator, Sequence

from server.domain.coverage import MISSED, BranchKind, Coverage, Mark

MAX_MISSED = 100
"""Branches that a report in words names."""


def in_words(coverage: Coverage, file: str) -> Iterator[str]:
    """How many branches and lines have run, and which have not, each with its place in ``file``."""
    branches, lines = coverage.branches(), coverage.lines()
    yield f"{branches[0]} of {branches[1]} branches and {lines[0]} of {lines[1]} lines of {file} have run"
    marks = coverage.marks()
    never = [line for line, mark in sorted(marks.items()) if mark is Mark.NEVER]
    if never:
        yield f"never ran: {file}:{', '.join(_spans(never))}"
    partly = (line for line, mark in sorted(marks.items()) if mark is Mark.PARTLY)
    missed = [(counter.line, counter.column, counter.kind) for line in partly for counter in coverage.missed(line)]
    for line, column, kind in missed[:MAX_MISSED]:
        yield f"{file}:{line}:{column} {MISSED[kind]}"
    if len(missed) > MAX_MISSED:
        yield f"… {len(missed) - MAX_MISSED} more"


def as_lcov(coverage: Coverage, file: str) -> str:
    """One record of an lcov file (geninfo(1))."""
    counters, counts = coverage.instrumented.counters, coverage.counts
    functions = [number for number, counter in enumerate(counters) if counter.kind is BranchKind.FUNCTION]
    branches = [number for number in coverage.instrumented.branches if number not in set(functions)]
    lines = {line: max(counts[number] for number in numbers) for line, numbers in coverage.instrumented.lines.items()}
    names = {number: f"function:{counters[number].line}:{counters[number].column}" for number in functions}
    written = [
        "TN:",
        f"SF:{file}",
        *(f"FN:{counters[number].line},{names[number]}" for number in functions),
        *(f"FNDA:{counts[number]},{names[number]}" for number in functions),
        f"FNF:{len(functions)}",
        f"FNH:{_hit(counts, functions)}",
        *(f"BRDA:{counters[number].line},{number},0,{counts[number]}" for number in branches),
        f"BRF:{len(branches)}",
        f"BRH:{_hit(counts, branches)}",
        *(f"DA:{line},{count}" for line, count in sorted(lines.items())),
        f"LF:{len(lines)}",
        f"LH:{sum(count > 0 for count in lines.values())}",
        "end_of_record",
    ]
    return "\n".join(written) + "\n"


def _hit(counts: Sequence[int], numbers: Sequence[int]) -> int:
    return sum(counts[number] > 0 for number in numbers)


def _spans(lines: Sequence[int]) -> list[str]:
    """``[3, 4, 5, 8]`` becomes ``["3-5", "8"]``."""
    spans: list[list[int]] = []
    for line in lines:
        if spans and spans[-1][1] == line - 1:
            spans[-1][1] = line
        else:
            spans.append([line, line])
    return [f"{first}-{last}" if last > first else str(first) for first, last in spans]
