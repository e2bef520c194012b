"""Counters are put where branches are, and their counts are read as covered, partly covered and missed lines."""

import threading
from unittest.mock import patch

import pytest
from held_up import Gaps
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain import branch_counters
from server.domain.branch_counters import NotCountable, instrument
from server.domain.coverage import BranchKind, Coverage, Mark, merge

CODE = """\
// says what to send
const names = { "payment.succeeded": "paid" };

function handler(webhook) {
  const { customer } = webhook.payload.data;
  if (!customer) {
    webhook.cancel = true;
    return webhook;
  }
  const name = customer.name ?? "nobody";
  switch (webhook.eventType) {
    case "refund.succeeded":
      webhook.payload = { name, back: true };
      break;
  }
  return webhook;
}
"""


def covered(code: str, *hits: int) -> Coverage:
    made = instrument(code)
    return Coverage(made, tuple(int(number in hits) for number in range(len(made.counters))))


def numbers(code: str, kind: BranchKind) -> list[int]:
    return [number for number, counter in enumerate(instrument(code).counters) if counter.kind is kind]


def everything_but(code: str, *kinds: BranchKind) -> Coverage:
    made = instrument(code)
    return Coverage(made, tuple(int(counter.kind not in kinds) for counter in made.counters))


def test_every_kind_of_branch_is_found_at_its_place() -> None:
    code = """\
function f(a = 1, { b = 2 } = {}) {
  if (a) b; else c();
  for (const x of a) x && y || z;
  switch (a) { case 1: break; default: }
  switch (a) { case 1: }
  try { a?.b } catch { a ? b : c }
  a ??= () => d;
  a ||= d;
}
"""
    found = sorted((counter.line, counter.column, counter.kind.value) for counter in instrument(code).counters)
    branches = [each for each in found if each[2] != "statement"]
    assert branches == [
        (1, 1, "function"),
        (1, 16, "default value"),
        (1, 25, "default value"),
        (1, 31, "default value"),
        (2, 3, "else"),
        (2, 3, "then"),
        (3, 3, "loop"),
        (3, 27, "and"),
        (3, 32, "or"),
        (4, 16, "case"),
        (4, 31, "default"),
        (5, 3, "no case"),
        (5, 16, "case"),
        (6, 10, "optional"),
        (6, 16, "catch"),
        (6, 28, "if true"),
        (6, 32, "if false"),
        (7, 9, "function"),
        (8, 9, "or"),
    ]


def test_columns_count_as_editors_do() -> None:
    (function,) = [each for each in instrument("/* 支付 😀 */ () => 1").counters if each.kind is BranchKind.FUNCTION]
    assert (function.line, function.column) == (1, 13)


def test_a_line_is_covered_partly_or_never() -> None:
    coverage = everything_but(CODE, BranchKind.THEN, BranchKind.CASE, BranchKind.NULLISH)
    assert {line: mark.value for line, mark in coverage.marks().items()} == {
        2: "covered",
        4: "covered",
        5: "covered",
        6: "partly",  # the condition was never true
        7: "never",
        8: "covered",
        10: "partly",  # the right side of ?? was never needed
        11: "covered",
        12: "never",
        13: "never",
        14: "covered",
        16: "covered",
    }
    assert [each.kind for each in coverage.missed(6)] == [BranchKind.THEN]
    assert coverage.mark(1) is coverage.mark(3) is coverage.mark(9) is None


def test_a_condition_that_is_never_false_is_partly_covered() -> None:
    code = "function handler(w) {\n  if (w.x) w.y = 1;\n  return w;\n}"
    coverage = everything_but(code, BranchKind.ELSE)
    assert coverage.mark(2) is Mark.PARTLY
    assert [each.kind for each in coverage.missed(2)] == [BranchKind.ELSE]
    assert coverage.branches() == (2, 3)


def test_a_switch_that_always_finds_a_case_is_partly_covered() -> None:
    assert everything_but(CODE, BranchKind.NO_CASE).mark(11) is Mark.PARTLY


def test_a_function_that_is_never_called_is_not_covered() -> None:
    code = "function handler(w) { return w }\nfunction other() {\n  return 1\n}"
    coverage = covered(code, 0, *numbers("function handler(w) { return w }", BranchKind.FUNCTION))
    assert sum(mark is Mark.NEVER for mark in coverage.marks().values()) >= 1


def test_runs_are_added_up() -> None:
    assert merge([(1, 0, 2), (0, 0, 5)], 3) == (1, 0, 7)
    assert merge([], 2) == (0, 0)
    with pytest.raises(ValueError, match="argument"):
        merge([(1, 2)], 3)


@pytest.mark.parametrize("code", ["function handler(w) {", "let a = ;", "a b c"])
def test_code_that_cannot_be_parsed_has_no_coverage(code: str) -> None:
    with pytest.raises(NotCountable) as why:
        instrument(code)
    assert str(why.value.sentence) == "The code cannot be parsed, so its coverage is unknown."


def test_too_many_branches_are_not_counted() -> None:
    with pytest.raises(NotCountable, match=r"more than 10000 branches"):
        instrument("a && b;" * 6_000)


def test_deeply_nested_code_is_no_problem() -> None:
    assert len(instrument("[" * 3_000 + "a" + "]" * 3_000).counters) == 1
    assert len(instrument("if (a) " * 2_000 + "b;").counters) == 4_001


def test_the_name_of_the_counting_function_is_not_one_of_the_code() -> None:
    assert instrument("let $n").name == "$n0"
    assert instrument("let $n, $n0").name == "$n1"


_EXPRESSIONS = st.recursive(
    st.sampled_from(["a", "b.c", "f()", "1", "'支 付'", "`t${a}`", "/x/", "x => x", "null"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||", "+", "=="]), inner).map(lambda t: f"({t[0]}) {t[1]} ({t[2]})"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]}) ? ({t[1]}) : ({t[2]})"),
        inner.map(lambda e: f"(x, y = {e}) => {{ return {e} }}"),
        inner.map(lambda e: f"({e})?.z"),
        inner.map(lambda e: f"[{e}, {{ k: {e} }}]"),
    ),
    max_leaves=6,
)
_STATEMENTS = st.recursive(
    _EXPRESSIONS.map(lambda e: f"g({e})"),
    lambda inner: st.one_of(
        st.tuples(_EXPRESSIONS, inner).map(lambda t: f"if ({t[0]}) {t[1]}"),
        st.tuples(_EXPRESSIONS, inner, inner).map(lambda t: f"if ({t[0]}) {{ {t[1]} }} else {t[2]}\n"),
        st.tuples(inner, inner).map(lambda t: f"{{ {t[0]}\n{t[1]} }}"),
        inner.map(lambda s: f"for (const x of a) {s}"),
        st.tuples(_EXPRESSIONS, inner).map(lambda t: f"switch ({t[0]}) {{ case 1: {t[1]} // c\n }}"),
        inner.map(lambda s: f"try {{ {s} }} catch {{ {s} }}"),
        inner.map(lambda s: f"function f() {{ 'use strict'\n {s} }}"),
    ),
    max_leaves=8,
)


@settings(max_examples=40)
@given(st.lists(_STATEMENTS, min_size=1, max_size=4).map("\n".join))
def test_insertions_leave_lines_and_columns_as_they_can_be_computed(code: str) -> None:
    made = instrument(code)
    before, after = code.split("\n"), made.code.split("\n")
    assert len(before) == len(after)
    for number, (plain, counted) in enumerate(zip(before, after, strict=True), start=1):
        kept = [(made.original_column(number, at + 1), sign) for at, sign in enumerate(counted)]
        for column, sign in enumerate(plain, start=1):
            assert (column, sign) in kept
    instrument(made.code)  # it still parses


@pytest.mark.parametrize("code", ["/[" * 50_000, "<a " * 80_000])
def test_code_that_takes_the_parser_long_is_given_up_and_holds_up_nobody(code: str) -> None:
    gaps, ended = Gaps(), threading.Event()

    def watch() -> None:
        while not ended.wait(0.005):
            gaps.step()

    with patch.object(branch_counters, "PARSE_SECONDS", 0.3):
        watcher = threading.Thread(target=watch)
        watcher.start()
        with pytest.raises(NotCountable):
            instrument(code)
        ended.set()
        watcher.join()
    assert gaps.longest < 1
