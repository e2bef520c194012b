"""A test case compares what code made with its expectation, and says each difference in one sentence."""

import json
from typing import Any

import pytest

from server.domain.assertions import Assertion, Failure, Kind, Outcome
from server.domain.case_results import MAX_KEPT_FAILURES, CaseResult, CaseResults, CaseState
from server.domain.ids import TestCaseId
from server.domain.messages import AttemptError
from server.domain.reasons import because
from server.domain.requests import FinishedRequest
from server.domain.test_case_files import load
from server.domain.test_cases import MAX_FAILURES, ExactRequest, TestCase, check, expecting, in_words
from server.domain.transformations import Cancelled, TransformFailed
from server.domain.verdicts import FITS, Finding, Verdict

URL = "https://example.com/hook"
BODY = {
    "text": "12.00 EUR",
    "amount": 1200,
    "big": 12345678901234567890,
    "none": None,
    "yes": True,
    "items": [{"id": 1, "name": "Pen"}, {"id": 2, "name": "Ink"}],
}
CANCELLED = Cancelled((), 1.0)
THREW = TransformFailed(AttemptError("threw", "TypeError: Cannot read properties of null", 3), (), 1.0)


def request(body: Any = BODY, **changes: Any) -> FinishedRequest:
    values: dict[str, Any] = {
        "method": "POST",
        "url": URL,
        "headers": {"Content-Type": "application/json", "User-Agent": "Hookbench/1", "X-Kind": "paid"},
        "body": body if isinstance(body, bytes) else json.dumps(body).encode(),
    }
    return FinishedRequest(**values | changes)


def case(expect: dict[str, Any]) -> TestCase:
    content = {"name": "A case", "event_type": "payment.succeeded", "payload": {}, "expect": expect}
    return load(json.dumps(content))


def asserting(*assertions: dict[str, Any]) -> TestCase:
    return case({"assertions": list(assertions)})


def said(found: tuple[Failure, ...]) -> list[str]:
    return [str(one.sentence) for one in found]


@pytest.mark.parametrize(
    "assertion",
    [
        {"path": "text", "equals": "12.00 EUR"},
        {"path": "amount", "equals": 1200},
        {"path": "amount", "equals": 1200.0},
        {"path": "big", "equals": 12345678901234567890},
        {"path": "none", "equals": None},
        {"path": "yes", "equals": True},
        {"path": "items.0", "equals": {"name": "Pen", "id": 1}},
        {"path": "items[1].name", "equals": "Ink"},
        {"path": "", "equals": BODY},
        {"path": "text", "matches": r"^\d+\.\d{2} [A-Z]{3}$"},
        {"path": "amount", "matches": "^12"},
        {"path": "items.*.name", "matches": "^[A-Z]"},
        {"path": "", "matches": '"Ink"'},
        {"path": "none", "exists": True},
        {"path": "other", "absent": True},
        {"path": "amount", "less_than": 1200.5},
        {"path": "items.*.id", "less_than": 3},
        {"header": "x-kind", "equals": "paid"},
        {"header": "X-KIND", "matches": "a.d"},
        {"header": "content-type", "exists": True},
        {"header": "authorization", "absent": True},
        {"url": URL},
        {"url_matches": "example[.]com"},
        {"method": "POST"},
        {"contract": True},
    ],
)
def test_assertions_hold(assertion: dict[str, Any]) -> None:
    assert check(asserting(assertion), request(), FITS) == ()


@pytest.mark.parametrize(
    ("assertion", "sentence", "path"),
    [
        ({"path": "text", "equals": "13"}, 'text is "12.00 EUR", not "13".', "text"),
        ({"path": "amount", "equals": "1200"}, 'amount is 1200, not "1200".', "amount"),
        ({"path": "yes", "equals": 1}, "yes is true, not 1.", "yes"),
        ({"path": "big", "equals": 5}, "big is 12345678901234567890, not 5.", "big"),
        ({"path": "other", "equals": 1}, "other is missing.", "other"),
        ({"path": "text", "matches": "USD"}, 'text is "12.00 EUR", which does not match USD.', "text"),
        ({"path": "items.*.name", "equals": "Pen"}, 'items.*.name is "Ink", not "Pen".', "items.*.name"),
        ({"path": "other", "exists": True}, "other is missing.", "other"),
        ({"path": "none", "absent": True}, "none was not expected.", "none"),
        ({"path": "amount", "less_than": 1200}, "amount is 1200, which is not less than 1200.", "amount"),
        ({"path": "text", "less_than": 1}, 'text is "12.00 EUR", which is not less than 1.', "text"),
        ({"header": "x-kind", "equals": "due"}, "The header x-kind is paid, not due.", "header:x-kind"),
        ({"header": "x-none", "exists": True}, "The header x-none is missing.", "header:x-none"),
        ({"header": "x-kind", "absent": True}, "The header x-kind was not expected.", "header:x-kind"),
        ({"header": "x-kind", "matches": "^d"}, "The header x-kind is paid, which does not match ^d.", "header:x-kind"),
        ({"url": "https://a.example/"}, f"The URL is {URL}, not https://a.example/.", "url"),
        ({"url_matches": "^http:"}, f"The URL is {URL}, which does not match ^http:.", "url"),
        ({"method": "PUT"}, "The method is POST, not PUT.", "method"),
        ({"cancelled": True}, "The code made a request. It was expected to cancel the event.", ""),
        ({"throws": "null"}, "The code did not fail. It was expected to fail with “null”.", ""),
    ],
)
def test_a_difference_is_told(assertion: dict[str, Any], sentence: str, path: str) -> None:
    (failure,) = check(asserting(assertion), request(), FITS)
    assert (str(failure.sentence), failure.path) == (sentence, path)


def test_a_contract_holds_or_says_what_is_wrong() -> None:
    wrong = Verdict.of([Finding("text", False, because("contract_missing", field="text"))])
    warned = Verdict.of([Finding("text", True, because("contract_missing", field="text"))])
    held = asserting({"contract": True})
    assert said(check(held, request(), wrong)) == ["The request breaks the contract of the card: text is missing."]
    assert check(held, request(), warned) == ()
    assert said(check(held, request(), None)) == ["The card has no contract that could hold."]


@pytest.mark.parametrize("outcome", [CANCELLED, THREW])
def test_without_a_request_one_sentence_says_so(outcome: Outcome) -> None:
    several = asserting({"path": "text", "exists": True}, {"url": URL}, {"header": "a", "equals": "b"})
    exact = case({"request": {"url": URL, "body": BODY}})
    assert len(check(several, outcome, None)) == len(check(exact, outcome, None)) == 1


def test_code_may_be_expected_to_cancel_or_to_fail() -> None:
    assert check(asserting({"cancelled": True}), CANCELLED, None) == ()
    assert check(asserting({"throws": "properties of null"}), THREW, None) == ()
    assert said(check(asserting({"throws": "undefined"}), THREW, None)) == [
        "The code failed with “TypeError: Cannot read properties of null”, which does not contain “undefined”."
    ]
    assert said(check(asserting({"cancelled": True}), THREW, None)) == [
        "The code failed: TypeError: Cannot read properties of null"
    ]


def test_an_exact_request_names_the_headers_that_matter() -> None:
    headers = {"content-type": "application/json", "x-kind": "paid"}
    expect = {"url": URL, "headers": headers, "body": BODY}
    assert check(case({"request": expect}), request(), None) == ()
    changed = request({**BODY, "amount": 5, "extra": 1}, method="PUT", url="https://other.example/", headers={})
    assert said(check(case({"request": expect}), changed, None)) == [
        "The method is PUT, not POST.",
        f"The URL is https://other.example/, not {URL}.",
        "The header content-type is missing.",
        "The header x-kind is missing.",
        "amount is 5, not 1200.",
        "extra was not expected.",
    ]


def test_bodies_that_are_no_json_are_compared_as_text() -> None:
    form = request(b"a=1&b=2", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert check(case({"request": {"url": URL, "body_text": "a=1&b=2"}}), form, None) == ()
    assert said(check(case({"request": {"url": URL, "body_text": "a=1"}}), form, None)) == ["The body differs."]
    assert check(asserting({"path": "b", "equals": "2"}), form, None) == ()
    text = request(b"paid: 12 EUR")
    assert check(asserting({"path": "", "matches": "12 EUR"}, {"path": "a", "absent": True}), text, None) == ()


@pytest.mark.parametrize("outcome", [request(), request(b"plain"), request(b"", method="GET"), CANCELLED, THREW])
def test_an_outcome_meets_the_expectation_that_is_made_of_it(outcome: Outcome) -> None:
    made = expecting(outcome)
    tried = TestCase(TestCaseId("tc_1"), "x", "a.b", "{}", {}, 0, made)
    assert check(tried, outcome, None) == ()
    if isinstance(made, ExactRequest) and isinstance(outcome, FinishedRequest):
        assert in_words(made) == in_words(outcome, made)
        assert "user-agent" not in made.headers


def test_many_differences_and_long_values_are_bounded() -> None:
    expect = case({"request": {"url": URL, "body": {str(n): "x" * 5000 for n in range(50)}}})
    found = check(expect, request({str(n): "y" * 5000 for n in range(50)}), None)
    assert len(found) == MAX_FAILURES and all(len(str(one.sentence)) < 1000 for one in found)
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    hostile = request(b"[" * 200_000 + b"]" * 200_000)
    assert check(asserting({"path": "", "equals": []}), hostile, None)
    assert said(check(expect, hostile, None)) == ["The body differs."]


def test_results_are_kept_as_text() -> None:
    failures = tuple(Failure(because("case_missing", field=because("contract_the_body")), str(n)) for n in range(9))
    results = CaseResults(
        (
            CaseResult(TestCaseId("tc_1"), "One 😀", CaseState.PASSED, (), 1.5),
            CaseResult(TestCaseId("tc_2"), "Two", CaseState.FAILED, failures),
            CaseResult(TestCaseId("tc_3"), "Three", CaseState.UNRUN, (Failure(because("case_unrun_sandbox")),)),
        )
    )
    text = results.dump()
    assert text.isascii()
    loaded = CaseResults.load(text)
    assert loaded is not None
    assert (loaded.total, loaded.passed, loaded.failed, loaded.unrun, loaded.failing) == (3, 1, 1, 1, 2)
    assert loaded.results[0] == results.results[0] and loaded.results[2] == results.results[2]
    assert loaded.results[1].failures == failures[:MAX_KEPT_FAILURES]
    assert CaseResults.load("[{}]") is None and CaseResults.load("nothing") is None


def test_kinds_say_what_they_need() -> None:
    assert [kind for kind in Kind if not kind.has_value] == [
        Kind.PATH_EXISTS,
        Kind.PATH_ABSENT,
        Kind.HEADER_EXISTS,
        Kind.HEADER_ABSENT,
        Kind.CANCELLED,
        Kind.CONTRACT,
    ]
    assert Assertion(Kind.CANCELLED) == Assertion(Kind.CANCELLED, "", "")
