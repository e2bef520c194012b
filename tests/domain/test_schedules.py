"""A schedule as a person types it: read, written again, and refused with the sentence that says what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.schedules import DAY, DODO_SCHEDULE, MINUTE, SECOND, read, written
from server.domain.sentences import Sentence


def refusal(text):
    found = read(text)
    assert isinstance(found, Sentence), found
    return str(found)


def test_dodos_schedule_reads_as_it_is_written():
    assert written(DODO_SCHEDULE) == "0s, 5s, 5m, 30m, 2h, 5h, 10h, 10h"
    assert read(written(DODO_SCHEDULE)) == DODO_SCHEDULE


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("0", (0,)),
        ("10s", (10 * SECOND,)),
        ("0s,1H 30M", (0, 90 * MINUTE)),
        ("0s; 1d\n\n 2 d,", (0, DAY, 2 * DAY)),
        ("0s，5s、5m", (0, 5 * SECOND, 5 * MINUTE)),
        ("0s, 90m", (0, 90 * MINUTE)),
    ],
)
def test_friendly_spellings_are_read(text, schedule):
    assert read(text) == schedule


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Enter 1 to 20 delays, one for each attempt, separated by commas."),
        (" , ; ", "Enter 1 to 20 delays, one for each attempt, separated by commas."),
        (", ".join(["1m"] * 21), "Enter 1 to 20 delays, one for each attempt, separated by commas."),
        ("0s, 5", "“5” is not a delay. Enter a number and a unit, for example 5s, 5m, 2h, 1d or 1h30m."),
        ("0s, -5s", "“-5s” is not a delay. Enter a number and a unit, for example 5s, 5m, 2h, 1d or 1h30m."),
        ("0s, 1.5h", "“1.5h” is not a delay. Enter a number and a unit, for example 5s, 5m, 2h, 1d or 1h30m."),
        ("0s, soon", "“soon” is not a delay. Enter a number and a unit, for example 5s, 5m, 2h, 1d or 1h30m."),
        ("0s, 5s, 8d", "The delay before attempt 3 is longer than 7 days."),
        ("0s, 999999999d", "The delay before attempt 2 is longer than 7 days."),
        ("0s, 0s", "The delay before attempt 2 must be at least 1 s. Only the first attempt can be immediate."),
        (", ".join(["7d"] * 5), "The delays add up to more than 30 days."),
        ("1" * 501, "The schedule is longer than 500 characters."),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(text, sentence):
    assert refusal(text) == sentence


@given(st.text(alphabet="0159smhd,; \n-.x٣", max_size=60) | st.text(max_size=60))
def test_whatever_is_typed_is_read_within_bounds_or_refused(text):
    found = read(text)
    if isinstance(found, Sentence):
        return
    assert 1 <= len(found) <= 20
    assert all(0 <= wait <= 7 * DAY for wait in found)
    assert all(wait >= SECOND for wait in found[1:])
    assert sum(found) <= 30 * DAY


@given(st.integers(0, 7 * 86_400), st.lists(st.integers(1, 36 * 3600), max_size=19))
def test_what_was_read_is_written_so_that_it_reads_the_same(first, others):
    schedule = tuple(seconds * SECOND for seconds in (first, *others))
    if sum(schedule) <= 30 * DAY:
        assert read(written(schedule)) == schedule
