"""The difference between two texts: numbers of both, folds, and no more time than the changed part needs."""

import pytest

from server.domain.line_diff import CONTEXT, DiffLine, LineKind, changes_in, line_diff, side_by_side


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
