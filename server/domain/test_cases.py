"""A test case: an event, and what an endpoint's code should make of it. ``test_case_files`` has its JSON format.

A case is complete in itself. It runs with its own variables, with ``stand_ins`` for the credentials, and at its own
time, so that it gives the same result on a server, on the command line and in CI.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from server.domain.assertions import (
    MAX_SHOWN,
    Assertion,
    Body,
    Failure,
    Kind,
    Outcome,
    cut,
    failures_of,
    field_of,
    no_request,
    of_header,
    of_url,
    with_found_value,
)
from server.domain.ids import Millis, TestCaseId
from server.domain.payload_diff import Change, ChangeKind, changes
from server.domain.reasons import because
from server.domain.requests import FinishedRequest
from server.domain.transformations import Cancelled, TransformFailed
from server.domain.verdicts import Verdict

MAX_FAILURES = 20
"""Failures of one case that are kept."""

UNTOLD_HEADERS = frozenset({"user-agent", "accept", "accept-encoding"})
"""Headers of every request, which no code is written for: a new expectation leaves them out."""


@dataclass(frozen=True, slots=True)
class ExactRequest:
    """The whole request, but for headers that are not named."""

    method: str
    url: str
    headers: Mapping[str, str]
    """The headers that matter, by name; names ignore case."""
    body: str
    """The body as text. If it is JSON, it is compared by value."""


_HALF = re.compile("[\ud800-\udfff]")

Expectation = ExactRequest | tuple[Assertion, ...]


@dataclass(frozen=True, slots=True)
class TestCase:
    """An event and what the code should make of it."""

    __test__: ClassVar[bool] = False
    """It is no test of pytest."""

    id: TestCaseId
    name: str
    event_type: str
    payload: str
    """A JSON object as text."""
    variables: Mapping[str, str]
    """The whole of ``webhook.env``, besides what the card adds to it."""
    clock: Millis
    """The time that the code reads, all the while that it runs."""
    expectation: Expectation


def check(case: TestCase, outcome: Outcome, verdict: Verdict | None) -> tuple[Failure, ...]:
    """How the outcome differs from the case's expectation; empty when the case passes.

    ``verdict``: what the card's contract says about the request; ``None`` when the card has none.
    """
    if isinstance(case.expectation, ExactRequest):
        if not isinstance(outcome, FinishedRequest):
            return (no_request(outcome),)
        return tuple(_from_exact(case.expectation, outcome))[:MAX_FAILURES]
    found: list[Failure] = []
    body = Body(outcome) if isinstance(outcome, FinishedRequest) else None
    for assertion in case.expectation:
        failures = failures_of(assertion, outcome, body, verdict)
        found += [one for one in failures if one not in found]
    return tuple(found[:MAX_FAILURES])


def expecting(outcome: Outcome) -> Expectation:
    """The expectation that this outcome meets: the exact request, or that the code cancels or fails so."""
    match outcome:
        case FinishedRequest():
            headers = {
                name.lower(): value for name, value in outcome.headers.items() if name.lower() not in UNTOLD_HEADERS
            }
            body = outcome.body.decode("utf-8", "replace")
            return ExactRequest(outcome.method, outcome.url, headers, pretty(body))
        case Cancelled():
            return (Assertion(Kind.CANCELLED),)
        case TransformFailed(error):
            return (Assertion(Kind.THROWS, value=error.message[:MAX_SHOWN]),)


def updated_expectation(case: TestCase, outcome: Outcome) -> Expectation:
    """The case's expectation as this outcome meets it, in the same form as far as that is possible.

    Assertions that name a value get the value that was found; patterns and limits stay, and may still fail.
    """
    made = expecting(outcome)
    if not isinstance(outcome, FinishedRequest) or not isinstance(made, ExactRequest):
        return made
    if isinstance(case.expectation, ExactRequest):
        named = {name.lower() for name in case.expectation.headers}
        return replace(made, headers={name: value for name, value in made.headers.items() if name in named})
    if any(each.kind in (Kind.CANCELLED, Kind.THROWS) for each in case.expectation):
        return made
    body = Body(outcome)
    return tuple(with_found_value(each, outcome, body) for each in case.expectation)


def in_words(outcome: Outcome | ExactRequest, like: Expectation = ()) -> str:
    """The outcome as lines of text, to be compared with those of another.

    ``like``: of the headers, only those are listed that this exact request names.
    """
    match outcome:
        case Cancelled():
            return "cancelled\n"
        case TransformFailed(error):
            place = f" (line {error.line})" if error.line else ""
            return f"failed: {error.message}{place}\n"
        case _:
            named = {name.lower() for name in like.headers} if isinstance(like, ExactRequest) else None
            rows = [
                f"{name.lower()}: {value}"
                for name, value in sorted(outcome.headers.items(), key=lambda pair: pair[0].lower())
                if (name.lower() in named if named is not None else name.lower() not in UNTOLD_HEADERS)
            ]
            body = outcome.body if isinstance(outcome.body, str) else outcome.body.decode("utf-8", "replace")
            return "\n".join([f"{outcome.method} {outcome.url}", *rows, "", pretty(body), ""])


def told_expectation(case: TestCase) -> str:
    """The expectation as lines of text: a request as it is sent, or one line for each assertion."""
    if isinstance(case.expectation, ExactRequest):
        return in_words(case.expectation)
    return "".join(
        f"{' '.join(part for part in (each.kind.value, each.target, each.value) if part)}\n"
        for each in case.expectation
    )


def _from_exact(expected: ExactRequest, request: FinishedRequest) -> Iterator[Failure]:
    if expected.method != request.method:
        values = {"expected": expected.method, "found": request.method}
        yield Failure(because("case_method", **values), "method", **values)
    if expected.url != request.url:
        yield of_url("case_url", expected.url, request.url)
    for name, value in expected.headers.items():
        yield from of_header(Assertion(Kind.HEADER_EQUALS, name, value), request)
    text = request.body.decode("utf-8", "replace")
    if text == expected.body:
        return
    found = changes(expected.body.encode("utf-8", "replace"), request.body)
    if found is None:
        yield Failure(because("case_body"), "", cut(expected.body), cut(text))
    else:
        yield from (_of_change(each) for each in found.shown)


def _of_change(change: Change) -> Failure:
    field, values = field_of(change.path), {"expected": change.before, "found": change.after}
    match change.kind:
        case ChangeKind.ADDED:
            return Failure(because("case_unexpected", field=field), change.path, **values)
        case ChangeKind.REMOVED:
            return Failure(because("case_missing", field=field), change.path, **values)
        case ChangeKind.CHANGED:
            return Failure(because("case_equals", field=field, **values), change.path, **values)


def pretty(text: str) -> str:
    """JSON text with a line for each value; other text as it is."""
    try:
        return written(strict_json(text))
    except (ValueError, RecursionError):
        return text


def written(value: Any) -> str:
    """The value as JSON text with a line for each value. Lone halves of characters are escaped: UTF-8 has none."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", text)


def strict_json(text: str) -> Any:
    """The value of JSON text. Raises ``ValueError``, also for ``NaN`` and ``1e999``, and ``RecursionError``."""
    return json.loads(text, parse_constant=_no_constant, parse_float=_finite)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits[:40]} is too large")
    return value
