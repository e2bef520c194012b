"""Structured values in text columns: JSON in ASCII only, so that any text survives in any database."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from server.domain.conditions import Condition, Filter, Operator
from server.domain.messages import AttemptError, ConsoleLine
from server.domain.reasons import as_data, from_data
from server.domain.warnings import RunWarning


def dump(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def dump_pairs(pairs: Iterable[tuple[str, str]]) -> str:
    return dump([list(pair) for pair in pairs])


def load_pairs(text: str | None) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in json.loads(text)) if text else ()


def load_strings(text: str) -> Mapping[str, str]:
    loaded: dict[str, str] = json.loads(text)
    return loaded


def dump_conditions(conditions: Iterable[Condition]) -> str:
    return dump([[one.path, one.operator.value, one.value] for one in conditions])


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
