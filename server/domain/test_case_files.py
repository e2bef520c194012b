"""The JSON format of a test case: ``cases/*.json`` of an endpoint's folder, and how the database keeps it.

    {
      "name": "A payment in euros",
      "event_type": "payment.succeeded",
      "clock": "2026-01-31T09:30:00.000Z",
      "variables": { "CHANNEL": "#sales" },
      "payload": { "type": "payment.succeeded", "data": { … } },
      "expect": {
        "request": {
          "method": "POST",
          "url": "https://example.com/webhook",
          "headers": { "content-type": "application/json" },
          "body": { "text": "12.00 EUR" }
        }
      }
    }

``expect`` has either ``request``, whose body is ``body`` (JSON) or ``body_text``, or ``assertions``: a list of

    { "path": "text", "equals": "12.00 EUR" }    also "matches": "[0-9]+", "exists": true, "absent": true,
                                                 "less_than": 100; the path "" is the whole body
    { "header": "x-event", "equals": "paid" }    also "matches", "exists", "absent"
    { "url": "https://…" }  { "url_matches": "/v[0-9]/" }  { "method": "PUT" }
    { "cancelled": true }  { "throws": "no channel" }  { "contract": true }

``clock`` may be left out: then it is the time that the payload names, or else a fixed one.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from server.domain import linear_patterns
from server.domain.assertions import MAX_VALUE, Assertion, Kind
from server.domain.checked_values import MalformedFile, as_line, as_object, as_text, needed, only_keys
from server.domain.ids import Millis, TestCaseId
from server.domain.payloads import number, steps_of
from server.domain.requests import MAX_HEADERS, METHODS
from server.domain.sentences import Sentence, say
from server.domain.test_cases import ExactRequest, Expectation, TestCase, strict_json, written

MAX_FILE_BYTES = 1024 * 1024
MAX_PAYLOAD_BYTES = 512 * 1024
MAX_NAME = 120
MAX_EVENT_TYPE = 128
MAX_VARIABLES = 50
MAX_VARIABLE_BYTES = 4096
MAX_ASSERTIONS = 50
MAX_PATH = 300
MAX_PATTERN = 300
MAX_URL = 4096
MAX_BODY_BYTES = 512 * 1024
MAX_DEPTH = 100
"""Levels of nesting."""

USUAL_CLOCK: Millis = 1_767_225_600_000
"""2026-01-01T00:00:00Z: the clock of a case that names none, and whose payload names none."""
_LAST_CLOCK: Millis = 253_402_300_799_999

NO_ID = TestCaseId("")
"""The id of a case that is in no database."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")

_OF_PATH = {
    "equals": Kind.PATH_EQUALS,
    "matches": Kind.PATH_MATCHES,
    "exists": Kind.PATH_EXISTS,
    "absent": Kind.PATH_ABSENT,
    "less_than": Kind.PATH_LESS_THAN,
}
_OF_HEADER = {
    "equals": Kind.HEADER_EQUALS,
    "matches": Kind.HEADER_MATCHES,
    "exists": Kind.HEADER_EXISTS,
    "absent": Kind.HEADER_ABSENT,
}
_ALONE = {
    "url": Kind.URL_EQUALS,
    "url_matches": Kind.URL_MATCHES,
    "method": Kind.METHOD,
    "cancelled": Kind.CANCELLED,
    "throws": Kind.THROWS,
    "contract": Kind.CONTRACT,
}


def load(text: str, *, id: TestCaseId = NO_ID, name: str = "") -> TestCase:
    """The case that a file describes. ``name``: its name if the file has none. Raises ``MalformedFile``."""
    if len(text.encode("utf-8", "replace")) > MAX_FILE_BYTES:
        raise MalformedFile("", say("The test case is larger than {limit} KiB.", limit=MAX_FILE_BYTES // 1024))
    return as_case(read_json(text.removeprefix("\ufeff")), id=id, name=name)


def dump(case: TestCase, *, ascii: bool = False) -> str:
    """The case as ``load`` reads it. ``ascii``: without other characters and on one line, for the database."""
    content = {
        "name": case.name,
        "event_type": case.event_type,
        "clock": written_clock(case.clock),
        "variables": dict(case.variables),
        "payload": strict_json(case.payload),
        "expect": _expectation_as_data(case.expectation),
    }
    return json.dumps(content, separators=(",", ":")) if ascii else written(content) + "\n"


def dump_expectation(expectation: Expectation) -> str:
    """The part ``expect`` as text, a line for each value."""
    return written(_expectation_as_data(expectation))


def load_expectation(text: str) -> Expectation:
    """The expectation that such text describes. Raises ``MalformedFile``."""
    return _expectation(read_json(text))


def load_payload(text: str) -> str:
    """The payload as a case keeps it. Raises ``MalformedFile``."""
    return _payload(read_json(text))


def as_case(content: Any, *, id: TestCaseId = NO_ID, name: str = "") -> TestCase:
    """The case that these JSON values describe. Raises ``MalformedFile``."""
    table = as_object(content, "")
    only_keys(table, "", ("name", "event_type", "clock", "variables", "payload", "expect"))
    payload = _payload(needed(table, "payload", ""))
    return TestCase(
        id=id,
        name=as_line(table.get("name", name), "name", MAX_NAME),
        event_type=as_line(needed(table, "event_type", ""), "event_type", MAX_EVENT_TYPE),
        payload=payload,
        variables=_variables(table.get("variables", {})),
        clock=read_clock(table["clock"]) if "clock" in table else usual_clock(payload),
        expectation=_expectation(needed(table, "expect", "")),
    )


def read_clock(text: Any) -> Millis:
    """The time in a text such as ``2026-01-31T09:30:00Z``. Raises ``MalformedFile``."""
    try:
        moment = datetime.fromisoformat(text.strip())
        millis = (moment.replace(tzinfo=moment.tzinfo or UTC) - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, TypeError, AttributeError, OverflowError):
        millis = -1
    if not 0 <= millis <= _LAST_CLOCK:
        raise MalformedFile("clock", say("must be a time such as 2026-01-31T09:30:00Z."))
    return millis


def written_clock(clock: Millis) -> str:
    """The time as ``read_clock`` reads it."""
    return (_EPOCH + timedelta(milliseconds=clock)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def usual_clock(payload: str) -> Millis:
    """The time that a payload names, or else a fixed one."""
    try:
        return read_clock(strict_json(payload)["timestamp"])
    except (MalformedFile, KeyError, TypeError, ValueError, RecursionError):
        return USUAL_CLOCK


def file_names(names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """A file's name for each case's name, in small letters and digits, each once: ``a-payment-in-euros.json``.

    ``taken``: paths of files that there are already.
    """
    found: dict[str, str] = {}
    used = {path.rpartition("/")[2].removesuffix(".json") for path in taken}
    for name in names:
        stem = first = re.sub(r"[^\w]+", "-", name.lower()).strip("-_")[:60] or "case"
        count = 1
        while stem in used:
            count += 1
            stem = f"{first}-{count}"
        used.add(stem)
        found[name] = f"{stem}.json"
    return found


def read_json(text: str) -> Any:
    """The value of JSON text of bounded depth. Raises ``MalformedFile``."""
    try:
        value = strict_json(text)
    except RecursionError:
        raise MalformedFile("", say("It is nested too deeply.")) from None
    except json.JSONDecodeError as error:
        values: dict[str, str | int | Sentence] = {"line": error.lineno, "column": error.colno}
        raise MalformedFile("", Sentence("It is not valid JSON: see line {line}, column {column}.", values)) from None
    except ValueError as error:
        raise MalformedFile("", say("It is not JSON: {reason}", reason=str(error)[:200])) from None
    if _is_deep(value):
        raise MalformedFile("", say("It is nested too deeply."))
    return value


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def _payload(value: Any) -> str:
    text = written(as_object(value, "payload"))
    if len(text.encode()) > MAX_PAYLOAD_BYTES:
        raise MalformedFile("payload", say("is larger than {limit} KiB.", limit=MAX_PAYLOAD_BYTES // 1024))
    return text


def _variables(value: Any) -> Mapping[str, str]:
    table = as_object(value, "variables")
    if len(table) > MAX_VARIABLES:
        raise MalformedFile("variables", say("has more than {limit} entries.", limit=MAX_VARIABLES))
    for name, text in table.items():
        place = f"variables.{name[:64]}"
        if not _VARIABLE.fullmatch(name):
            raise MalformedFile(place, say("is not the name of a variable: letters, digits and _ are."))
        if not isinstance(text, str):
            raise MalformedFile(place, say("must be text."))
        if len(text.encode("utf-8", "replace")) > MAX_VARIABLE_BYTES:
            raise MalformedFile(place, say("is longer than {limit} characters.", limit=MAX_VARIABLE_BYTES))
    return table


def _expectation(value: Any) -> Expectation:
    table = as_object(value, "expect")
    only_keys(table, "expect", ("request", "assertions"))
    if ("request" in table) is ("assertions" in table):
        raise MalformedFile("expect", say("must have either request or assertions."))
    if "request" in table:
        return _exact(as_object(table["request"], "expect.request"))
    listed = table["assertions"]
    if not isinstance(listed, list):
        raise MalformedFile("expect.assertions", say("must be a list."))
    if not listed:
        raise MalformedFile("expect.assertions", say("must not be empty."))
    if len(listed) > MAX_ASSERTIONS:
        raise MalformedFile("expect.assertions", say("has more than {limit} entries.", limit=MAX_ASSERTIONS))
    return tuple(_assertion(one, f"expect.assertions[{index}]") for index, one in enumerate(listed))


def _exact(table: Mapping[str, Any]) -> ExactRequest:
    place = "expect.request"
    only_keys(table, place, ("method", "url", "headers", "body", "body_text"))
    if "body" in table and "body_text" in table:
        raise MalformedFile(place, say("must have either body or body_text."))
    headers = as_object(table.get("headers", {}), f"{place}.headers")
    if len(headers) > MAX_HEADERS:
        raise MalformedFile(f"{place}.headers", say("has more than {limit} entries.", limit=MAX_HEADERS))
    body = written(table["body"]) if "body" in table else table.get("body_text", "")
    if not isinstance(body, str):
        raise MalformedFile(f"{place}.body_text", say("must be text."))
    if len(body.encode("utf-8", "replace")) > MAX_BODY_BYTES:
        raise MalformedFile(f"{place}.body", say("is larger than {limit} KiB.", limit=MAX_BODY_BYTES // 1024))
    return ExactRequest(
        method=_method(table.get("method", "POST"), f"{place}.method"),
        url=as_line(needed(table, "url", place), f"{place}.url", MAX_URL),
        headers={
            _header(name, f"{place}.headers"): as_text(text, f"{place}.headers.{name[:80]}", MAX_VALUE)
            for name, text in headers.items()
        },
        body=body,
    )


def _assertion(value: Any, place: str) -> Assertion:
    table = dict(as_object(value, place))
    for subject, tests in (("path", _OF_PATH), ("header", _OF_HEADER)):
        if subject in table:
            target = table.pop(subject)
            target = _path(target, f"{place}.path") if subject == "path" else _header(target, f"{place}.header")
            return _test(table, place, tests, target)
    return _test(table, place, _ALONE, "")


def _test(table: Mapping[str, Any], place: str, tests: Mapping[str, Kind], target: str) -> Assertion:
    if len(table) != 1 or next(iter(table)) not in tests:
        raise MalformedFile(place, say("must have exactly one of {names}.", names=", ".join(tests)))
    ((key, value),) = table.items()
    return assertion_of(tests[key], target, value, f"{place}.{key}")


def assertion_of(kind: Kind, target: str, value: Any, place: str) -> Assertion:
    """The assertion with this JSON value. Raises ``MalformedFile`` with the place."""
    if not kind.has_value:
        if value is not True:
            raise MalformedFile(place, say("must be true, or be left out."))
        return Assertion(kind, target)
    match kind:
        case Kind.PATH_EQUALS:
            text = written(value) if isinstance(value, dict | list) else json.dumps(value)
            if len(text) > MAX_VALUE:
                raise MalformedFile(place, say("is longer than {limit} characters.", limit=MAX_VALUE))
            return Assertion(kind, target, text)
        case Kind.PATH_LESS_THAN:
            if isinstance(value, bool) or not isinstance(value, int | float) or number(json.dumps(value)) is None:
                raise MalformedFile(place, say("must be a number."))
            return Assertion(kind, target, json.dumps(value))
        case Kind.METHOD:
            return Assertion(kind, target, _method(value, place))
        case _ if kind.is_pattern:
            return Assertion(kind, target, _pattern(value, place))
        case _:
            return Assertion(kind, target, as_text(value, place, MAX_VALUE))


def _expectation_as_data(expectation: Expectation) -> dict[str, Any]:
    if not isinstance(expectation, ExactRequest):
        return {"assertions": [_as_data(one) for one in expectation]}
    request: dict[str, Any] = {
        "method": expectation.method,
        "url": expectation.url,
        "headers": dict(expectation.headers),
    }
    try:
        request["body"] = strict_json(expectation.body)
    except (ValueError, RecursionError):
        if expectation.body:
            request["body_text"] = expectation.body
    return {"request": request}


def _as_data(assertion: Assertion) -> dict[str, Any]:
    kind = assertion.kind
    value: Any = assertion.value if kind.has_value else True
    if kind in (Kind.PATH_EQUALS, Kind.PATH_LESS_THAN):
        value = strict_json(assertion.value)
    if kind.is_about_path or kind.is_about_header:
        subject, _, test = kind.value.partition(" ")
        return {subject: assertion.target, test: value}
    return {next(key for key, one in _ALONE.items() if one is kind): value}


def _method(value: Any, place: str) -> str:
    if value not in METHODS:
        raise MalformedFile(place, say("must be one of {names}.", names=", ".join(METHODS)))
    return str(value)


def _header(name: Any, place: str) -> str:
    if not isinstance(name, str) or not _HEADER.fullmatch(name):
        raise MalformedFile(place, say("is not the name of a header."))
    return name.lower()


def _path(path: Any, place: str) -> str:
    text = as_text(path, place, MAX_PATH)
    if text and steps_of(text) is None:
        raise MalformedFile(place, say("is not a path such as data.customer.email or items.0.name."))
    return text


def _pattern(pattern: Any, place: str) -> str:
    text = as_text(pattern, place, MAX_PATTERN)
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError):
        raise MalformedFile(place, say("is not a regular expression.")) from None
    if not linear_patterns.is_pattern(text):
        raise MalformedFile(
            place, say("is a regular expression with look-around or back-references, or a too large one.")
        )
    return text
