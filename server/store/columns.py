"""Structured values in text columns: JSON in ASCII only, so that any text survives in any database."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from server.domain.conditions import Condition, Filter, Operator
from server.domain.contract_schemas import Fix
from server.domain.messages import AttemptError, ConsoleLine
from server.domain.reasons import as_data, from_data
from server.domain.verdicts import Finding, Grade, Verdict
from server.domain.warnings import RunWarning

MAX_FINDINGS_BYTES = 8 * 1024
"""Bytes stored of the findings of one verdict."""


_encode = json.JSONEncoder(separators=(",", ":")).encode  # ``json.dumps`` would build it anew each time


def dump(value: object) -> str:
    return _encode(value)


def dump_pairs(pairs: Iterable[tuple[str, str]]) -> str:
    return dump([list(pair) for pair in pairs])


def load_pairs(text: str | None) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in json.loads(text)) if text else ()


def load_strings(text: str) -> Mapping[str, str]:
    loaded: dict[str, str] = json.loads(text)
    return loaded


def dump_conditions(conditions: Iterable[Condition]) -> str:
    return dump([[one.path, one.operator.value, one.value] for one in conditions])


@lru_cache(2048)
def load_conditions(text: str) -> tuple[Condition, ...]:
    return tuple(Condition(path, Operator(kind), value) for path, kind, value in json.loads(text))


@lru_cache(2048)
def load_filter(text: str) -> Filter:
    """The filter for stored conditions. Cached by their text, so an unchanged filter is built once."""
    return Filter(load_conditions(text))


def dump_error(error: AttemptError | None) -> str | None:
    if error is None:
        return None
    return dump([error.kind, as_data(error.cause), error.line, error.column, error.source_line])


def load_error(text: str | None) -> AttemptError | None:
    if not text:
        return None
    kind, cause, *place = json.loads(text)
    return AttemptError(kind, from_data(cause), *place)


def dump_console(lines: Iterable[ConsoleLine]) -> str | None:
    pairs: list[Any] = [[line.level, line.text] for line in lines]
    return dump(pairs) if pairs else None


def load_console(text: str | None) -> tuple[ConsoleLine, ...]:
    return tuple(ConsoleLine(level, words) for level, words in json.loads(text)) if text else ()


def dump_warnings(warnings: Iterable[RunWarning]) -> str | None:
    pairs: list[Any] = [[warning.kind, dict(warning.values)] for warning in warnings]
    return dump(pairs) if pairs else None


def load_warnings(text: str | None) -> tuple[RunWarning, ...]:
    return tuple(RunWarning(kind, values) for kind, values in json.loads(text)) if text else ()


def dump_verdict(verdict: Verdict | None) -> tuple[int | None, str | None]:
    """The grade and the findings, as many as fit into ``MAX_FINDINGS_BYTES``."""
    if verdict is None:
        return None, None
    written, size = [], 2
    for each in verdict.findings:
        one = dump(_finding(each))
        size += len(one) + 1
        if size > MAX_FINDINGS_BYTES:
            break
        written.append(one)
    return int(verdict.grade), f"[{','.join(written)}]" if written else None


def _finding(finding: Finding) -> list[Any]:
    fix = finding.fix.as_data() if finding.fix else None
    return [
        finding.path, int(finding.warning), as_data(finding.cause), list(finding.allowed), finding.hint, fix,
        finding.place,
    ]  # fmt: skip


def load_findings(text: str | None) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            str(path), bool(warning), from_data(cause), tuple(allowed), str(hint), Fix.of(fix) if fix else None, place
        )
        for path, warning, cause, allowed, hint, fix, place in (json.loads(text) if text else ())
    )


def load_verdict(grade: int | None, findings: tuple[Finding, ...]) -> Verdict | None:
    """The verdict; ``None`` if there is none, or a grade of a newer version."""
    return Verdict(findings, Grade(grade)) if grade in list(Grade) else None
