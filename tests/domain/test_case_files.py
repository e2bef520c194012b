"""The file of a test case is read and written without loss; a mistake is told with its place."""

import json
from typing import Any

import pytest

from server.domain.checked_values import MalformedFile
from server.domain.test_case_files import (
    MAX_ASSERTIONS,
    MAX_FILE_BYTES,
    USUAL_CLOCK,
    dump,
    dump_expectation,
    file_names,
    load,
    load_expectation,
    written_clock,
)

CASE: dict[str, Any] = {
    "name": "Eine Zahlung 😀",
    "event_type": "payment.succeeded",
    "clock": "2026-01-31T09:30:00.250Z",
    "variables": {"CHANNEL": "#sales"},
    "payload": {"type": "payment.succeeded", "data": {"amount": 12345678901234567890, "half": "\ud83d", "ä": [1.5]}},
    "expect": {
        "request": {
            "method": "PUT",
            "url": "https://example.com/",
            "headers": {"content-type": "application/json"},
            "body": {"text": "ok"},
        }
    },
}
ALL = [
    {"path": "", "equals": {"a": [1, None, True]}},
    {"path": "a.0.b", "matches": "^x"},
    {"path": 'a["b c"]', "exists": True},
    {"path": "a.*", "absent": True},
    {"path": "a", "less_than": 1.5},
    {"header": "x-a", "equals": "b"},
    {"header": "x-a", "matches": "b"},
    {"header": "x-a", "exists": True},
    {"header": "x-a", "absent": True},
    {"url": "https://example.com"},
    {"url_matches": "example"},
    {"method": "DELETE"},
    {"cancelled": True},
    {"throws": "text"},
    {"contract": True},
]


def changed(**changes: Any) -> str:
    return json.dumps({name: value for name, value in {**CASE, **changes}.items() if value is not ...})


def mistake(text: str) -> str:
    with pytest.raises(MalformedFile) as found:
        load(text)
    return str(found.value)


@pytest.mark.parametrize(
    "expect",
    [CASE["expect"], {"assertions": ALL}, {"request": {"url": "https://a.example", "body_text": "a=1"}}],
)
@pytest.mark.parametrize("ascii", [True, False])
def test_a_case_comes_back_as_it_was(expect: dict[str, Any], ascii: bool) -> None:
    case = load(changed(expect=expect))
    text = dump(case, ascii=ascii)
    assert load(text) == case
    text.encode()
    assert (
        json.loads(text)["expect"].items()
        >= {key: value for key, value in expect.items() if key == "assertions"}.items()
    )
    assert load_expectation(dump_expectation(case.expectation)) == case.expectation
    assert text.isascii() or not ascii


def test_a_file_reads_as_it_was_written() -> None:
    assert json.loads(dump(load(changed()))) == CASE


def test_name_and_clock_may_be_left_out() -> None:
    case = load(changed(name=..., clock=..., variables=...), name="from its file")
    assert (case.name, case.clock, case.variables) == ("from its file", USUAL_CLOCK, {})
    named = load(changed(clock=..., payload={"timestamp": "2026-02-03T04:05:06.789Z"}))
    assert written_clock(named.clock) == "2026-02-03T04:05:06.789Z"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "It is not valid JSON: see line 1, column 2."),
        ("[]", "It must be a JSON object: { … }."),
        ("[" * 100_000, "It is nested too deeply."),
        ('{"payload":' + "[" * 150 + "]" * 150 + "}", "It is nested too deeply."),
        ('{"payload": NaN}', "It is not JSON: NaN is not JSON"),
        ('{"payload": 1e999}', "It is not JSON: 1e999 is too large"),
        (" " * (MAX_FILE_BYTES + 1), "The test case is larger than 1024 KiB."),
        (changed(evnt=1), "evnt is not a key that is known here."),
        (changed(name=" "), "name must not be empty."),
        (changed(name="a\nb"), "name must be one line of text."),
        (changed(name="\ud83d"), "name must be one line of text."),
        (changed(name="x" * 121), "name is longer than 120 characters."),
        (changed(event_type=...), "event_type is missing."),
        (changed(event_type=5), "event_type must be text."),
        (changed(clock="yesterday"), "clock must be a time such as 2026-01-31T09:30:00Z."),
        (changed(clock="1950-01-01T00:00:00Z"), "clock must be a time such as 2026-01-31T09:30:00Z."),
        (changed(payload=[]), "payload must be an object."),
        (changed(payload={"a": "x" * 600_000}), "payload is larger than 512 KiB."),
        (changed(variables={"a b": ""}), "variables.a b is not the name of a variable: letters, digits and _ are."),
        (changed(variables={"A": 1}), "variables.A must be text."),
        (changed(variables={f"A{n}": "" for n in range(51)}), "variables has more than 50 entries."),
        (changed(expect={}), "expect must have either request or assertions."),
        (changed(expect={"request": {}}), "expect.request.url is missing."),
        (
            changed(expect={"request": {"url": "x", "body": 1, "body_text": ""}}),
            "expect.request must have either body or body_text.",
        ),
        (
            changed(expect={"request": {"url": "x", "method": "BREW"}}),
            "expect.request.method must be one of POST, PUT, PATCH, GET, DELETE.",
        ),
        (
            changed(expect={"request": {"url": "x", "headers": {"a b": ""}}}),
            "expect.request.headers is not the name of a header.",
        ),
        (changed(expect={"assertions": []}), "expect.assertions must not be empty."),
        (
            changed(expect={"assertions": [{"cancelled": True}] * (MAX_ASSERTIONS + 1)}),
            "expect.assertions has more than 50 entries.",
        ),
        (
            changed(expect={"assertions": [{"path": "a", "is": 1}]}),
            "expect.assertions[0] must have exactly one of equals, matches, exists, absent, less_than.",
        ),
        (
            changed(expect={"assertions": [{"path": "a..b", "exists": True}]}),
            "expect.assertions[0].path is not a path such as data.customer.email or items.0.name.",
        ),
        (
            changed(expect={"assertions": [{"path": "a", "exists": False}]}),
            "expect.assertions[0].exists must be true, or be left out.",
        ),
        (
            changed(expect={"assertions": [{"path": "a", "less_than": "5"}]}),
            "expect.assertions[0].less_than must be a number.",
        ),
        (
            changed(expect={"assertions": [{"path": "a", "matches": "("}]}),
            "expect.assertions[0].matches is not a regular expression.",
        ),
        (
            changed(expect={"assertions": [{"path": "a", "matches": r"(?=a)"}]}),
            "expect.assertions[0].matches is a regular expression with look-around or back-references, or a too large "
            "one.",
        ),
        (
            changed(expect={"assertions": [{"cancelled": True}, {"throws": 1}]}),
            "expect.assertions[1].throws must be text.",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, sentence: str) -> None:
    assert mistake(text) == sentence


def test_files_are_named_after_their_cases() -> None:
    names = ["A payment in euros", "a Payment: in Euros!", "退款", "…"]
    assert list(file_names(names).values()) == [
        "a-payment-in-euros.json",
        "a-payment-in-euros-2.json",
        "退款.json",
        "case.json",
    ]
