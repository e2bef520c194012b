"""A card of somebody else cannot stop the server with a regular expression."""

import re

import pytest
from effort import effort

from server.domain.card_files import parse_card
from server.domain.card_tables import MalformedCard
from server.domain.linear_patterns import MAX_GROUPED, fits, has_cheap_groups, is_pattern, is_within

CARD = """
title = "Mine"
summary = "Sends."
[url]
ask = true
[[fields]]
name = "key"
label = "Key"
kind = "secret"
pattern = '{pattern}'
pattern_hint = "Wrong."
"""
SLOW = ["(a|a)*b", "(a+)+b", "(a|ab)*(a|ba)*c", ".*.*.*.*.*.*=", "(?:a?){60}a{60}b", "(a?b?)*c"]


def refusal(pattern: str) -> str:
    files = {"card.toml": CARD.format(pattern=pattern), "default.js": "", "icon.svg": '<path d="M0 0h1"/>'}
    try:
        parse_card("own:mine", files)
    except MalformedCard as error:
        return str(error)
    return ""


@pytest.mark.parametrize("pattern", SLOW)
def test_what_takes_python_for_ever_takes_a_moment(pattern: str) -> None:
    with effort(at_most=1):
        assert not fits(pattern, "a" * 4096)
    assert refusal(pattern) == ""
    assert "fields[0].pattern has named groups" in refusal(f"(?P<all>x){pattern}")


@pytest.mark.parametrize("pattern", ["(?=a)a", "(?<!a)b", r"(a)\1", "(" * 60 + "a{50}" + "){50}" * 60])
def test_what_the_engine_does_not_know_is_refused(pattern: str) -> None:
    assert not is_pattern(pattern)
    assert "fields[0].pattern" in refusal(pattern)


def test_the_whole_value_or_a_part_matches() -> None:
    assert fits("a|ab", "ab")
    assert not fits("a|b", "ab")
    assert not fits("a", "a\n")
    assert is_within("no_text", "error: no_text.")
    assert not fits("a", "\ud800")


@pytest.mark.parametrize(
    ("pattern", "cheap"),
    [
        (r"[0-9a-f]+-(?P<dc>[a-z]+[0-9]+)", True),
        (r"(?:https://)?(?P<host>[A-Za-z0-9.-]+)/?", True),
        (r"(?P<a>[+*{]+)\{\+", True),
        (r"(?P<a>x)(a|b)*", False),
        (r"(?P<a>x)a*a*a*a*", False),
        (r"(?P<a>x)" + "(a|a)" * 7, False),
    ],
)
def test_groups_are_only_found_where_that_is_cheap(pattern: str, cheap: bool) -> None:
    assert has_cheap_groups(pattern) is cheap


def test_the_worst_groups_that_are_allowed_take_a_moment() -> None:
    with effort(at_most=2):
        assert not re.fullmatch("(?P<a>a*)a*a*b", "a" * MAX_GROUPED)
