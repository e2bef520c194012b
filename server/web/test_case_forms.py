"""Converts the form of a test case: posted fields into a case, and a case into fields."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.domain.assertions import Assertion, Kind
from server.domain.checked_values import MalformedFile
from server.domain.ids import TestCaseId
from server.domain.pasted import trimmed
from server.domain.sentences import Invalid, Problem, Sentence, say
from server.domain.test_case_files import MAX_ASSERTIONS, as_case, read_json, usual_clock, written_clock
from server.domain.test_cases import ExactRequest, TestCase, strict_json
from server.web.forms import Form

REQUEST, ASSERTIONS = "request", "assertions"

KINDS: Mapping[Kind, Sentence] = {
    Kind.PATH_EQUALS: say("Body: the value at the path is"),
    Kind.PATH_MATCHES: say("Body: the value at the path matches"),
    Kind.PATH_EXISTS: say("Body: the path exists"),
    Kind.PATH_ABSENT: say("Body: the path is absent"),
    Kind.PATH_LESS_THAN: say("Body: the value at the path is less than"),
    Kind.HEADER_EQUALS: say("Header: it is"),
    Kind.HEADER_MATCHES: say("Header: it matches"),
    Kind.HEADER_EXISTS: say("Header: it exists"),
    Kind.HEADER_ABSENT: say("Header: it is absent"),
    Kind.URL_EQUALS: say("The URL is"),
    Kind.URL_MATCHES: say("The URL matches"),
    Kind.METHOD: say("The method is"),
    Kind.CANCELLED: say("The code cancels the event"),
    Kind.THROWS: say("The code fails with a text that contains"),
    Kind.CONTRACT: say("The contract of the card holds"),
}

Row = tuple[str, str, str]
"""Kind, path or header, and value of an assertion, as typed."""
Pair = tuple[str, str, str, str]
"""Name and value for ``ui.key_value_rows``, whose other fields are for secrets and stay empty."""

_FIELDS = (
    ("expect.request.url", "url"),
    ("expect.request.body", "body"),
    ("expect.request.headers", "headers"),
    ("expect.request", "method"),
    ("expect.assertions", "assertions"),
    ("variables", "variables"),
)
"""Where a mistake is in the case → the field of the form."""


@dataclass(frozen=True, slots=True)
class CaseFields:
    """The fields of the form as typed."""

    name: str
    event_type: str
    clock: str
    payload: str
    variables: Sequence[tuple[str, str]]
    expect: str
    """``REQUEST`` or ``ASSERTIONS``."""
    method: str
    url: str
    headers: Sequence[tuple[str, str]]
    body: str
    assertions: Sequence[Row]

    @property
    def variable_rows(self) -> Sequence[Pair]:
        return [(name, value, "", "") for name, value in self.variables]

    @property
    def header_rows(self) -> Sequence[Pair]:
        return [(name, value, "", "") for name, value in self.headers]


def fields_of(case: TestCase) -> CaseFields:
    """The form of a case."""
    exact = case.expectation if isinstance(case.expectation, ExactRequest) else ExactRequest("POST", "", {}, "")
    listed = () if isinstance(case.expectation, ExactRequest) else case.expectation
    return CaseFields(
        name=case.name,
        event_type=case.event_type,
        clock=written_clock(case.clock),
        payload=case.payload,
        variables=list(case.variables.items()),
        expect=ASSERTIONS if listed else REQUEST,
        method=exact.method,
        url=exact.url,
        headers=list(exact.headers.items()),
        body=exact.body,
        assertions=[(each.kind.value, each.target, _as_typed(each)) for each in listed],
    )


def posted(form: Form) -> CaseFields:
    """The posted form."""
    columns = (form.every(f"assertion_{name}") for name in ("kind", "target", "value"))
    rows = [(kind, trimmed(target), trimmed(value)) for kind, target, value in zip(*columns, strict=False)]
    return CaseFields(
        name=form.text("name"),
        event_type=form.text("event_type"),
        clock=form.text("clock"),
        payload=form.raw("payload").replace("\r\n", "\n"),
        variables=_pairs(form, "variables"),
        expect=ASSERTIONS if form.text("expect") == ASSERTIONS else REQUEST,
        method=form.text("method", "POST"),
        url=form.text("url"),
        headers=_pairs(form, "headers"),
        body=form.raw("body").replace("\r\n", "\n"),
        assertions=[row for row in rows if row[0]][: MAX_ASSERTIONS + 1],
    )


def case_from(fields: CaseFields, case_id: TestCaseId) -> TestCase:
    """The case that the form describes. Raises ``Invalid`` with the fields to correct."""
    try:
        payload = read_json(fields.payload)
    except MalformedFile as error:
        raise Invalid(Problem("payload", error.sentence)) from None
    content = {
        "name": fields.name,
        "event_type": fields.event_type,
        "clock": fields.clock or written_clock(usual_clock(fields.payload)),
        "variables": dict(fields.variables),
        "payload": payload,
        "expect": {REQUEST: _request(fields)} if fields.expect == REQUEST else {ASSERTIONS: _assertions(fields)},
    }
    try:
        return as_case(content, id=case_id)
    except MalformedFile as error:
        raise Invalid(problem_of(error)) from None


def problem_of(error: MalformedFile) -> Problem:
    """A mistake in a case as the problem of a field."""
    field = next((field for place, field in _FIELDS if error.path.startswith(place)), error.path)
    if field in (error.path, "url", "body"):
        return Problem(field, say("The field {problem}", problem=error.sentence))
    place = error.path.removeprefix("expect.")
    return Problem(field, say("{place} {problem}", place=place, problem=error.sentence))


def _request(fields: CaseFields) -> dict[str, Any]:
    request: dict[str, Any] = {"method": fields.method, "url": fields.url, "headers": dict(fields.headers)}
    try:
        request["body"] = strict_json(fields.body)
    except (ValueError, RecursionError):
        request["body_text"] = fields.body
    return request


def _assertions(fields: CaseFields) -> list[dict[str, Any]]:
    return [_assertion(*row) for row in fields.assertions]


def _assertion(kind_name: str, target: str, value: str) -> dict[str, Any]:
    if kind_name not in list(Kind):
        return {"kind": kind_name}  # refused as an assertion that is not known
    kind = Kind(kind_name)
    wanted: Any = value if kind.has_value else True
    if kind in (Kind.PATH_EQUALS, Kind.PATH_LESS_THAN):
        wanted = _json_or_text(value)
    if kind.is_about_path or kind.is_about_header:
        subject, _, test = kind.value.partition(" ")
        return {subject: target, test: wanted}
    return {{Kind.URL_EQUALS: "url", Kind.URL_MATCHES: "url_matches"}.get(kind, kind.value): wanted}


def _json_or_text(typed: str) -> Any:
    """The JSON value that was typed; anything else is text, which needs no quotes."""
    try:
        return strict_json(typed)
    except (ValueError, RecursionError):
        return typed


def _as_typed(assertion: Assertion) -> str:
    """The value as a person types it: text without quotes, if it reads as text without them too."""
    if assertion.kind is not Kind.PATH_EQUALS:
        return assertion.value
    value = json.loads(assertion.value)
    plain = isinstance(value, str) and value == trimmed(value) and isinstance(_json_or_text(value), str) and value
    return value if plain and not value.startswith('"') else assertion.value


def _pairs(form: Form, name: str) -> list[tuple[str, str]]:
    rows = zip(form.every(f"{name}_key"), form.every(f"{name}_value"), strict=False)
    found = [(trimmed(key), trimmed(value)) for key, value in rows]
    return [(key, value) for key, value in found if key or value]
