"""What holds for the request that code made: one assertion of a test case, and how an outcome fails it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

from server.domain import linear_patterns
from server.domain.payloads import Number, Payload, number
from server.domain.reasons import Reason, as_sentence, because
from server.domain.requests import FORM, FinishedRequest
from server.domain.sentences import Sentence
from server.domain.transformations import Cancelled, TransformFailed
from server.domain.verdicts import Verdict

MAX_SHOWN = 200
"""Characters of a value in a failure."""

MAX_VALUE = 4096
"""Characters of the value of an assertion."""

Outcome = FinishedRequest | Cancelled | TransformFailed
"""What the code made of the event."""


class Kind(StrEnum):
    """What an assertion is about and how it is compared, in the order of the form."""

    PATH_EQUALS = "path equals"
    PATH_MATCHES = "path matches"
    PATH_EXISTS = "path exists"
    PATH_ABSENT = "path absent"
    PATH_LESS_THAN = "path less_than"
    HEADER_EQUALS = "header equals"
    HEADER_MATCHES = "header matches"
    HEADER_EXISTS = "header exists"
    HEADER_ABSENT = "header absent"
    URL_EQUALS = "url equals"
    URL_MATCHES = "url matches"
    METHOD = "method"
    CANCELLED = "cancelled"
    THROWS = "throws"
    CONTRACT = "contract"

    @property
    def is_about_path(self) -> bool:
        return self.value.startswith("path")

    @property
    def is_about_header(self) -> bool:
        return self.value.startswith("header")

    @property
    def is_pattern(self) -> bool:
        return self.value.endswith("matches")

    @property
    def has_value(self) -> bool:
        return not self.value.endswith(("exists", "absent")) and self not in (Kind.CANCELLED, Kind.CONTRACT)


@dataclass(frozen=True, slots=True)
class Assertion:
    """One thing that holds for what the code made."""

    kind: Kind
    target: str = ""
    """The path in the body, as ``payloads.steps_of`` reads it, or ``""`` for the whole body; or a header's name."""
    value: str = ""
    """JSON text for a path's ``equals`` and ``less_than``; otherwise text, such as a regular expression."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One difference from the expectation."""

    sentence: Reason
    path: str = ""
    """Where in the body: ``blocks[0].text``; ``header:content-type``, ``url`` or ``method``; empty for the whole."""
    expected: str = ""
    found: str = ""


class Body:
    """The body of a request, by path. That of a form is an object of texts."""

    def __init__(self, request: FinishedRequest) -> None:
        self.text = request.body.decode("utf-8", "replace")
        body = request.body
        if request.header("content-type").partition(";")[0].strip().lower() == FORM:
            body = json.dumps(dict(parse_qsl(self.text, keep_blank_values=True))).encode()
        self._payload = Payload(body)

    def at(self, path: str) -> list[Any]:
        """The values at a path. At the empty path it is the whole body: its JSON value, or its text."""
        if path:
            return self._payload.at(path).found
        return [self.text if self._payload.value == {} and self.text.strip() != "{}" else self._payload.value]


def no_request(outcome: Cancelled | TransformFailed) -> Failure:
    if isinstance(outcome, Cancelled):
        return Failure(because("case_cancelled"))
    error = outcome.error
    return Failure(because("case_failed", error=as_sentence(error.cause)), found=cut(error.message))


def failures_of(
    assertion: Assertion, outcome: Outcome, body: Body | None, verdict: Verdict | None
) -> Iterator[Failure]:
    kind, value = assertion.kind, assertion.value
    if kind is Kind.CANCELLED:
        if isinstance(outcome, TransformFailed):
            yield no_request(outcome)
        elif isinstance(outcome, FinishedRequest):
            yield Failure(because("case_not_cancelled"))
        return
    if kind is Kind.THROWS:
        yield from _of_throw(value, outcome)
        return
    if not isinstance(outcome, FinishedRequest) or body is None:
        assert not isinstance(outcome, FinishedRequest)
        yield no_request(outcome)
    elif kind.is_about_path:
        yield from _of_path(assertion, body)
    elif kind.is_about_header:
        yield from of_header(assertion, outcome)
    elif kind is Kind.METHOD and outcome.method != value:
        yield Failure(because("case_method", expected=value, found=outcome.method), "method", value, outcome.method)
    elif kind is Kind.URL_EQUALS and outcome.url != value:
        yield of_url("case_url", value, outcome.url)
    elif kind is Kind.URL_MATCHES and not linear_patterns.is_within(value, outcome.url):
        yield of_url("case_url_pattern", value, outcome.url)
    elif kind is Kind.CONTRACT:
        yield from _of_contract(verdict)


def _of_throw(expected: str, outcome: Outcome) -> Iterator[Failure]:
    if not isinstance(outcome, TransformFailed):
        yield Failure(because("case_not_thrown", expected=cut(expected)), "", cut(expected))
    elif expected not in outcome.error.message:
        values = {"expected": cut(expected), "found": cut(outcome.error.message)}
        yield Failure(because("case_thrown", **values), "", **values)


def _of_contract(verdict: Verdict | None) -> Iterator[Failure]:
    if verdict is None:
        yield Failure(because("case_no_contract"))
        return
    for finding in verdict.errors:
        yield Failure(because("case_contract", finding=as_sentence(finding.cause)), finding.path)


def with_found_value(assertion: Assertion, request: FinishedRequest, body: Body) -> Assertion:
    """The assertion with the value that the request has, if it names a value; otherwise as it is."""
    match assertion.kind:
        case Kind.URL_EQUALS:
            return replace(assertion, value=request.url)
        case Kind.METHOD:
            return replace(assertion, value=request.method)
        case Kind.HEADER_EQUALS:
            found = request.header(assertion.target.lower())
            return replace(assertion, value=found) if found else Assertion(Kind.HEADER_ABSENT, assertion.target)
        case Kind.PATH_EQUALS if "*" not in assertion.target:
            values = body.at(assertion.target)
            if not values:
                return Assertion(Kind.PATH_ABSENT, assertion.target)
            value = _as_json(values[0])
            stays = len(value) > MAX_VALUE or _same(_parsed(assertion.value), values[0])
            return assertion if stays else replace(assertion, value=value)
        case _:
            return assertion


def of_url(key: str, expected: str, found: str) -> Failure:
    values = {"expected": cut(expected), "found": cut(found)}
    return Failure(because(key, **values), "url", **values)


def of_header(assertion: Assertion, request: FinishedRequest) -> Iterator[Failure]:
    name = assertion.target.lower()
    found = next((value for known, value in request.headers.items() if known.lower() == name), None)
    field, place, expected = because("contract_the_header", name=name), f"header:{name}", cut(assertion.value)
    if found is None:
        if assertion.kind is not Kind.HEADER_ABSENT:
            yield Failure(because("case_missing", field=field), place, expected)
        return
    values = {"expected": expected, "found": cut(found)}
    if assertion.kind is Kind.HEADER_ABSENT:
        yield Failure(because("case_unexpected", field=field), place, **values)
    elif assertion.kind is Kind.HEADER_EQUALS and found != assertion.value:
        yield Failure(because("case_equals", field=field, **values), place, **values)
    elif assertion.kind is Kind.HEADER_MATCHES and not linear_patterns.is_within(assertion.value, found):
        yield Failure(because("case_matches", field=field, **values), place, **values)


def _of_path(assertion: Assertion, body: Body) -> Iterator[Failure]:
    """The failure at a path. If it has a ``*``, each value that it finds must pass."""
    kind, path = assertion.kind, assertion.target
    found, field = body.at(path), field_of(path)
    if kind is Kind.PATH_ABSENT:
        if found:
            yield Failure(because("case_unexpected", field=field), path, "", _shown(found[0]))
        return
    expected = cut(assertion.value)
    if not found:
        yield Failure(because("case_missing", field=field), path, expected)
        return
    wrong = next((value for value in found if not _passes(assertion, value)), _NONE)
    if wrong is not _NONE:
        key = {Kind.PATH_MATCHES: "case_matches", Kind.PATH_LESS_THAN: "case_less_than"}.get(kind, "case_equals")
        values = {"expected": expected, "found": _shown(wrong)}
        yield Failure(because(key, field=field, **values), path, **values)


_NONE = object()


def _passes(assertion: Assertion, value: Any) -> bool:
    match assertion.kind:
        case Kind.PATH_EQUALS:
            return _same(_parsed(assertion.value), value)
        case Kind.PATH_MATCHES:
            return linear_patterns.is_within(assertion.value, _as_text(value))
        case Kind.PATH_LESS_THAN:
            limit, found = number(assertion.value), number(value) if isinstance(value, Number) else None
            return limit is not None and found is not None and found < limit
        case _:
            return True


def _parsed(text: str) -> Any:
    """The value of JSON text, read as the body is."""
    return Payload(f'{{"value":{text}}}'.encode("utf-8", "replace")).value.get("value", _NONE)


def _same(expected: Any, found: Any) -> bool:
    """Whether two values of ``Payload`` are equal; numbers by value."""
    try:
        return bool(_comparable(expected) == _comparable(found))
    except RecursionError:
        return False


def _comparable(value: Any) -> Any:
    match value:
        case dict():
            return {name: _comparable(inner) for name, inner in value.items()}
        case list():
            return [_comparable(inner) for inner in value]
        case Number():
            return _Numeric(number(value))
        case bool():
            return ("bool", value)
        case _:
            return value


@dataclass(frozen=True, slots=True)
class _Numeric:
    """A number, which no text equals."""

    value: Decimal | None


def field_of(path: str) -> Sentence:
    return because("text", text=path) if path else because("contract_the_body")


def _as_text(value: Any) -> str:
    """The value as a pattern sees it: text as it is, other values as JSON."""
    return str.__str__(value) if isinstance(value, str) else _json(value)


def _shown(value: Any) -> str:
    return cut(_as_json(value))


def _as_json(value: Any) -> str:
    return str.__str__(value) if isinstance(value, Number) else _json(value)


def _json(value: Any) -> str:
    try:
        return _Writer(ensure_ascii=False).encode(_plain(value))
    except RecursionError:
        return "…"


_Writer = json.JSONEncoder


def _plain(value: Any) -> Any:
    """The value with numbers that JSON can be written from."""
    match value:
        case dict():
            return {name: _plain(inner) for name, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case Number():
            return _as_number(str.__str__(value))
        case _:
            return value


def _as_number(digits: str) -> int | float:
    return int(digits) if digits.lstrip("-").isdecimal() and len(digits) < 1000 else float(digits)


def cut(text: str) -> str:
    """The text at the length that is shown, without halves of characters, which pages cannot hold."""
    clean = text[:MAX_SHOWN].encode("utf-8", "replace").decode()
    return clean if len(text) <= MAX_SHOWN else clean + "…"
