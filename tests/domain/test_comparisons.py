"""What two codes make of an event is compared by what a receiver would see, and equal changes are one group."""

import json
from typing import Any

import pytest
from effort import effort
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.comparison_reports import (
    MAX_GROUP_TYPES,
    MAX_GROUPS,
    MAX_SAMPLES,
    MAX_TYPES,
    OTHER_TYPES,
    Durations,
    Report,
)
from server.domain.comparisons import (
    MAX_PATHS,
    MORE_PATHS,
    ORDER,
    SAME,
    Compared,
    Difference,
    changed_paths,
    compare,
    shape,
)
from server.domain.messages import AttemptError
from server.domain.reasons import because
from server.domain.requests import FORM, FinishedRequest
from server.domain.transformations import Cancelled, FailureKind, TransformFailed
from server.domain.verdicts import Finding

JSON = {"content-type": "application/json"}
CANCELLED = Cancelled((), 1.0)


def sent(body: Any, *, method: str = "POST", url: str = "https://a.test", **headers: str) -> FinishedRequest:
    return FinishedRequest(method, url, JSON | headers, json.dumps(body).encode())


def failed(text: str = "boom", kind: FailureKind = FailureKind.THREW, line: int = 3) -> TransformFailed:
    return TransformFailed(AttemptError(kind, text, line, 1, "the code"), (), 1.0)


ONE, TWO = sent({"a": 1}), sent({"a": 2})


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (ONE, ONE, Difference.SAME),
        (ONE, TWO, Difference.CHANGED),
        (ONE, CANCELLED, Difference.NEWLY_CANCELLED),
        (CANCELLED, CANCELLED, Difference.SAME),
        (CANCELLED, ONE, Difference.NEWLY_SENT),
        (ONE, failed(), Difference.THROWS),
        (CANCELLED, failed(), Difference.THROWS),
        (failed(), failed("other"), Difference.STILL_THROWS),
        (failed(), ONE, Difference.NO_LONGER_THROWS),
        (failed(), CANCELLED, Difference.NO_LONGER_THROWS),
        (failed(kind=FailureKind.INTERNAL), ONE, Difference.NOT_RUN),
        (ONE, failed(kind=FailureKind.INTERNAL), Difference.NOT_RUN),
    ],
)
def test_the_difference_of_two_outcomes(before: Any, after: Any, expected: Difference) -> None:
    assert compare(before, after).difference is expected


@pytest.mark.parametrize(
    ("before", "after", "paths"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, ("a.c",)),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, ("a.c",)),
        ({"a": {"b": 1}}, {"a": None}, ("a",)),
        ({"a": [{"p": 1}, {"p": 2}, {"p": 3}]}, {"a": [{"p": 1}, {"p": 5}, {"p": 9}]}, ("a[].p",)),
        ({"a": [1, 2]}, {"a": [1, 2, 3]}, ("a[]",)),
        ({"a": True}, {"a": 1}, ("a",)),
        ({"a": 1.0}, {"a": 1}, (ORDER,)),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, (ORDER,)),
        ({"a b": 1, "@method": 1}, {"a b": 2, "@method": 2}, ('["@method"]', '["a b"]')),
        ([1], {"a": 1}, ("@body",)),
    ],
)
def test_paths_name_what_changed_in_the_body(before: Any, after: Any, paths: tuple[str, ...]) -> None:
    assert changed_paths(sent(before), sent(after)) == paths


def test_paths_name_method_url_and_headers() -> None:
    after = sent({"a": 1}, method="PUT", url="https://b.test", **{"X-One": "1"})
    assert changed_paths(ONE, after) == ("@header:x-one", "@method", "@url")
    assert changed_paths(sent({}, **{"x-one": "1"}), sent({}, **{"X-One": "1"})) == ()


def test_forms_and_texts_are_compared() -> None:
    form = {"content-type": FORM}
    before, after = (FinishedRequest("POST", "u", form, body) for body in (b"a=1&b=2", b"a=1&b=3"))
    assert changed_paths(before, after) == ("b",)
    before, after = (FinishedRequest("POST", "u", JSON, body) for body in (b"hello", b"bye \xff"))
    assert changed_paths(before, after) == ("@body",)


def test_very_many_and_very_deep_changes_are_bounded() -> None:
    wide = changed_paths(sent({}), sent({f"f{n}": n for n in range(1000)}))
    assert len(wide) == MAX_PATHS + 1
    assert wide[-1] == MORE_PATHS
    assert changed_paths(
        FinishedRequest("POST", "u", JSON, b"[" * 200_000 + b"]" * 200_000), FinishedRequest("POST", "u", JSON, b"[]")
    ) == ("@body",)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=60)
@given(json_values, json_values)
def test_a_request_has_no_changed_path_exactly_if_it_is_equal(one: Any, other: Any) -> None:
    before, after = sent(one), sent(other)
    assert bool(changed_paths(before, after)) is (before != after)


def finding(path: str, key: str = "contract_missing") -> Finding:
    return Finding(path, False, because(key, field=path), steps=tuple(path.split(".")))


def test_only_new_errors_against_the_contract_count() -> None:
    def judge(request: FinishedRequest) -> list[Finding]:
        return [finding("items.0.price")] if json.loads(request.body)["a"] == 2 else []

    broken = compare(ONE, TWO, judge)
    assert (broken.difference, broken.paths) == (Difference.BREAKS_CONTRACT, ("items[].price",))
    assert broken.error and broken.error.kind == "contract"
    assert compare(CANCELLED, TWO, judge).difference is Difference.BREAKS_CONTRACT
    assert compare(TWO, ONE, judge).difference is Difference.CHANGED
    assert compare(TWO, sent({"a": 2, "b": 1}), judge) == Compared(Difference.CHANGED, ("b",))


def test_equal_requests_are_not_judged() -> None:
    def judge(request: FinishedRequest) -> list[Finding]:
        raise AssertionError

    assert compare(ONE, sent({"a": 1}), judge) is SAME


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Customer cus_8f2a1b is unknown", "Customer cus_99ee01 is unknown"),
        ("No price for ada@example.com", "No price for bob.b@mail.example.org"),
        ("Index 3 of 10", "Index 14 of 15"),
        ('Unexpected token, "abc" is not valid JSON', 'Unexpected token, "xyz}" is not valid JSON'),
    ],
)
def test_errors_that_differ_only_in_values_have_one_shape(one: str, other: str) -> None:
    assert shape(one) == shape(other)


def test_errors_at_different_properties_have_two_shapes() -> None:
    text = "Cannot read properties of null (reading '{}')"
    assert shape(text.format("email")) != shape(text.format("name"))


# The report


def changed(*paths: str) -> Compared:
    return Compared(Difference.CHANGED, paths)


def test_ten_thousand_equal_changes_are_one_group() -> None:
    report = Report()
    for n in range(10_000):
        report.add(f"type.{n % 3}", f"msg_{n}", changed("data.total"), 1.0, 1.0)
    (group,) = report.groups
    assert group.count == report.events == 10_000
    assert set(group.types) == {"type.0", "type.1", "type.2"}
    assert group.samples == [f"msg_{n}" for n in range(MAX_SAMPLES)]
    assert len(report.dump()) < 2_000


def test_same_events_are_counted_but_form_no_group() -> None:
    report = Report()
    report.add("a", "msg_1", SAME)
    assert report.groups == []
    assert report.counts == {Difference.SAME: 1}


def test_errors_are_grouped_by_shape_and_line() -> None:
    report = Report()
    for n in range(5):
        report.add("a", f"msg_{n}", compare(ONE, failed(f"No customer {n}")))
    report.add("a", "msg_9", compare(ONE, failed("No customer 9", line=8)))
    first, second = report.groups
    assert (first.count, second.count) == (5, 1)
    assert first.error == AttemptError("threw", "No customer 0", 3, 1)


def test_a_report_is_bounded_whatever_comes() -> None:
    report = Report()
    for n in range(3 * MAX_TYPES):
        report.add(f"t{n}", f"msg_{n}", changed(f"field{n}"))
        report.add(f"t{n}", f"msg_{n}", Compared(Difference.THROWS, (), AttemptError("threw", "é" * 9_000)))
    assert len(report.groups) == MAX_GROUPS
    assert len(report.types) == MAX_TYPES + 1
    assert report.types[OTHER_TYPES].total == 4 * MAX_TYPES
    assert report.others + sum(group.count for group in report.groups) == report.events == 6 * MAX_TYPES
    assert all(len(group.types) <= MAX_GROUP_TYPES + 1 for group in report.groups)
    assert len(report.dump()) < 150_000


def some_report() -> Report:
    report = Report()
    report.add("a", "msg_1", changed("x", "y"), 1.0, 2.0)
    report.add("a", "msg_2", SAME, 1.0, 2.0)
    reason = because("request_method", methods="POST")
    report.add("b", "msg_3", Compared(Difference.THROWS, (), AttemptError("bad result", reason, 1, 2)), 1.0, None)
    report.skipped = 2
    return report


def test_a_report_is_stored_and_loaded() -> None:
    report = some_report()
    loaded = Report.load(report.dump())
    assert loaded.dump() == report.dump()
    assert [group.error for group in loaded.groups] == [group.error for group in report.groups]
    loaded.add("a", "msg_9", changed("x", "y"))
    assert [group.count for group in loaded.groups] == [2, 1]
    assert Report.load("").events == 0


def test_reports_of_two_processes_add_up() -> None:
    whole = Report.load(some_report().dump())
    whole.merge(some_report())
    assert (whole.events, whole.skipped) == (6, 4)
    assert [group.count for group in whole.groups] == [2, 2]
    assert whole.groups[0].samples == ["msg_1"]


def test_medians_tell_slower_types() -> None:
    report = Report()
    for n in range(20):
        report.add("slow", f"m{n}", SAME, 1.0, 9.0)
        report.add("busy machine", f"m{n}", SAME, 1.0, 500.0 if n == 7 else 1.0)
        report.add("quick", f"m{n}", SAME, 0.1, 1.0)
        report.add("no code before", f"m{n}", SAME, None, 50.0)
    report.add("once", "m", SAME, 1.0, 100.0)
    assert report.slower_types == ["slow"]


@pytest.mark.parametrize("ms", [0.0, 0.02, 0.3, 1.0, 4.9, 77.0, 1999.0])
def test_a_median_is_exact_to_ten_percent(ms: float) -> None:
    durations = Durations()
    for _ in range(9):
        durations.add(ms)
    assert durations.median == pytest.approx(max(ms, 0.01), rel=0.1)


@pytest.mark.parametrize("text", ["a." * 40_000, "a-" * 40_000, "a@" * 40_000])
def test_the_shape_of_any_text_is_found_in_linear_time(text: str) -> None:
    with effort(at_most=1):
        shape(text)
