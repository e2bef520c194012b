"""Changes of two people to the same code become one text; what both changed differently is marked."""

from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.three_way_merge import merge

BASE = "one\ntwo\nthree\nfour\nfive\n"


def test_changes_in_different_places_are_both_kept() -> None:
    merged = merge(BASE, BASE.replace("one", "ONE"), BASE.replace("five", "FIVE"))

    assert (merged.text, merged.conflicts) == ("ONE\ntwo\nthree\nfour\nFIVE\n", 0)


def test_the_same_change_is_no_conflict() -> None:
    both = BASE.replace("two", "2")

    assert (merge(BASE, both, both).text, merge(BASE, both, both).conflicts) == (both, 0)


def test_different_changes_of_a_line_are_marked() -> None:
    merged = merge(BASE, BASE.replace("two", "mine"), BASE.replace("two", "theirs"))

    assert merged.conflicts == 1
    assert "<<<<<<< mine\nmine\n=======\ntheirs\n>>>>>>> theirs\n" in merged.text


def test_a_deletion_and_a_change_of_the_same_lines_are_marked() -> None:
    merged = merge(BASE, "one\nfive\n", BASE.replace("three", "3"))

    assert merged.conflicts == 1
    assert "3" in merged.text


LINES = st.lists(st.sampled_from("abcde"), max_size=12)


def text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


@settings(max_examples=200, deadline=None)
@given(LINES, LINES, LINES)
def test_what_only_one_changed_is_taken_from_that_one(base: list[str], mine: list[str], theirs: list[str]) -> None:
    assert merge(text(base), text(mine), text(base)).text == text(mine)
    assert merge(text(base), text(base), text(theirs)).text == text(theirs)
    assert merge(text(base), text(mine), text(mine)).text == text(mine)
    both = merge(text(base), text(mine), text(theirs))
    if not both.conflicts:
        assert both.text == merge(text(base), text(theirs), text(mine)).text
