"""The difference between two texts: numbers of both, folds, and no more time than the changed part needs."""

from unittest.mock import patch

import pytest
from effort import effort
from hypothesis import example, given
from hypothesis import strategies as st

from server.domain.line_diff import CONTEXT, DiffLine, LineKind, changes_in, line_diff, opcodes, side_by_side


def shown(lines: list[DiffLine]) -> list[str]:
    signs = {LineKind.SAME: " ", LineKind.ADDED: "+", LineKind.REMOVED: "-", LineKind.FOLDED: "~"}
    return [f"{signs[line.kind]}{line.count or line.text}" for line in lines]


def test_equal_texts_have_no_difference() -> None:
    assert line_diff("a\nb", "a\nb\n") == []
    assert line_diff("", "") == []


def test_far_lines_are_folded_and_near_ones_shown_with_both_numbers() -> None:
    old = [str(n) for n in range(20)]
    new = [*old[:10], "new", *old[11:], "end"]
    found = list(line_diff("\n".join(old), "\n".join(new)))
    assert shown(found) == [
        "~7", " 7", " 8", " 9", "-10", "+new", " 11", " 12", " 13", "~3", " 17", " 18", " 19", "+end",
    ]  # fmt: skip
    assert [(line.before, line.after) for line in found if line.text in ("10", "new", "13", "end")] == [
        (11, None), (None, 11), (14, 14), (None, 21),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [("", "a"), ("a", ""), ("a\nb\nc", "c\nb\na"), ("x\n" * 9, "x\n" * 4), ("a\na\na", "a\nb\na\na"), ("a", "b")],
)
def test_the_lines_give_both_texts_back(old: str, new: str) -> None:
    lines = list(line_diff(old, new))
    assert all(line.kind is not LineKind.FOLDED for line in lines) or len(old.splitlines()) > CONTEXT
    if not any(line.kind is LineKind.FOLDED for line in lines):
        assert [line.text for line in lines if line.kind is not LineKind.ADDED] == old.splitlines()
        assert [line.text for line in lines if line.kind is not LineKind.REMOVED] == new.splitlines()


def test_many_equal_lines_around_one_change_are_not_compared_with_each_other() -> None:
    old = "}\n" * 4000
    found = line_diff(old + "x\n" + old, old + "y\n" + old)
    assert shown(list(found)) == ["~3997", " }", " }", " }", "-x", "+y", " }", " }", " }", "~3997"]


def test_side_by_side_a_changed_line_stands_beside_the_old_one() -> None:
    lines = line_diff("a\nb\nc\n", "a\nB\nB2\nc\n")

    rows = [(row.before and row.before.text, row.after and row.after.text) for row in side_by_side(lines)]

    assert rows == [("a", "a"), ("b", "B"), (None, "B2"), ("c", "c")]
    assert changes_in(lines) == 1


def test_side_by_side_folds_stay() -> None:
    before = "".join(f"{n}\n" for n in range(30))

    rows = side_by_side(line_diff(before, before.replace("15\n", "x\n")))

    assert [row.count for row in rows if row.count] == [12, 11]


def test_the_whole_text_can_be_shown() -> None:
    before = "".join(f"{n}\n" for n in range(30))

    assert len(line_diff(before, before.replace("15\n", "x\n"), whole=True)) == 31


REPEATED = [
    ("a\nb\n" * 1000, "x\n" + "a\nc\n" * 1000 + "y\n"),
    ("0\n" * 100_000 + "1\n", "2\n" + "0\n" * 99_000),
    ("\n".join(f"{n}\n}}" for n in range(30_000)), "\n".join(f"{n}\n{{" for n in range(30_000)) + "\n!"),
    ("\n".join(map(str, range(50_000))), "\n".join(map(str, reversed(range(50_000))))),
]


@pytest.mark.parametrize(("old", "new"), REPEATED)
def test_long_texts_of_any_kind_are_compared_in_bounded_time(old: str, new: str) -> None:
    with effort(at_most=3):
        lines = line_diff(old, new, whole=True)
    assert [line.text for line in lines if line.before] == old.splitlines()
    assert [line.text for line in lines if line.after] == new.splitlines()


def test_a_stretch_that_takes_too_long_is_shown_as_equal_where_it_is() -> None:
    old, new = ["one", *"ab" * 3000, "two", "x"], ["other", "one", *"ab" * 3000, "two", "y"]
    assert [tag for tag, *_ in opcodes(old, new)] == ["insert", "equal", "replace"]


@example([*"acaaabb"], [*"caaabab"])
@given(st.lists(st.sampled_from("abcdefgh"), max_size=40), st.lists(st.sampled_from("abcdefgh"), max_size=40))
def test_without_time_the_lines_still_give_both_texts_back(old: list[str], new: list[str]) -> None:
    with patch("server.domain.line_diff.MAX_STEPS", 20):
        codes = list(opcodes(old, new))
    ends = [(0, 0), *((i2, j2) for _, _, i2, _, j2 in codes)]
    assert ends == [*((i1, j1) for _, i1, _, j1, _ in codes), (len(old), len(new))]
    assert all((old[i1:i2] == new[j1:j2]) is (tag == "equal") for tag, i1, i2, j1, j2 in codes)


def test_lines_that_occur_once_stay_where_they_are_in_a_long_text() -> None:
    old = [line for n in range(3000) for line in (f"call({n});", "}")]
    new = [line for n in range(3000) for line in ((f"call({n});", "}") if n % 100 else ("other();", "}"))]
    changed = [tag for tag, *_ in opcodes(old, new) if tag != "equal"]
    assert changed == ["replace"] * 30
