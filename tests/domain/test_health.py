"""Five days in which everything failed, counted from failures half a day apart, with a warning a day before."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.health import HEALTHY, Health, judge
from server.domain.messages import AttemptOutcome
from server.domain.schedules import DAY, DODO_SCHEDULE, HOUR, MINUTE

NOW = 1_790_000_000_000
FAILS = [AttemptOutcome.REJECTED, AttemptOutcome.UNREACHABLE]
SAYS_NOTHING = [
    AttemptOutcome.BLOCKED,
    AttemptOutcome.CANCELLED,
    AttemptOutcome.CAPTURED,
    AttemptOutcome.TRANSFORM_FAILED,
]
FAILING = Health(first_failure_at=NOW - 13 * HOUR, failing_since=NOW)


def after_failures(*hours):
    """The health after failures so many hours after NOW."""
    health = HEALTHY
    for hour in hours:
        health = judge(health, AttemptOutcome.REJECTED, NOW + round(hour * HOUR)).health
    return health


def story(times, health=HEALTHY):
    """When people are warned and when it is switched off, if it fails at all these times and nobody does anything."""
    warned = disabled = None
    for at in times:
        judged = judge(health, AttemptOutcome.UNREACHABLE, at)
        health = judged.health
        if judged.warns:
            assert warned is None
            warned = at
        if judged.disables:
            disabled = at
            break
    return warned, disabled


@pytest.mark.parametrize("outcome", FAILS)
def test_a_failure_alone_begins_no_clock(outcome):
    health = judge(HEALTHY, outcome, NOW).health
    assert (health.first_failure_at, health.failing_since, health.disabled_from) == (NOW, None, None)


@pytest.mark.parametrize(
    ("hours", "since"),
    [
        ((0, 11.9), None),
        ((0, 12), 12),
        ((0, 1, 24), 24),
        ((0, 24.1), None),
        ((0, 11, 25), 25),
        ((0, 11, 36), None),
        ((0, 30, 41, 42), 42),
    ],
)
def test_the_clock_begins_with_failures_half_a_day_apart_within_a_day(hours, since):
    assert after_failures(*hours).failing_since == (None if since is None else NOW + since * HOUR)


def test_one_event_tried_by_dodos_schedule_begins_the_clock():
    attempts = [NOW + wait for wait in accumulate(DODO_SCHEDULE)]
    assert after_failures(*((at - NOW) / HOUR for at in attempts)).failing_since is not None


@given(st.lists(st.integers(0, 30 * HOUR), min_size=1, max_size=30))
def test_the_clock_begins_exactly_when_the_rule_says(gaps):
    times, health = [], HEALTHY
    for at in accumulate(gaps, initial=NOW):
        health = judge(health, AttemptOutcome.REJECTED, at).health
        expected = any(12 * HOUR <= at - earlier <= 24 * HOUR for earlier in times)
        assert (health.failing_since is not None) == expected
        if expected:
            assert health.failing_since == at
            break
        times.append(at)


@pytest.mark.parametrize("health", [HEALTHY, FAILING, Health(NOW, NOW), Health(NOW, None, NOW, NOW)])
def test_a_success_forgets_everything(health):
    assert judge(health, AttemptOutcome.SUCCEEDED, NOW + 9 * DAY).health == HEALTHY


@pytest.mark.parametrize("outcome", SAYS_NOTHING)
@pytest.mark.parametrize("health", [HEALTHY, FAILING, Health(NOW, None, NOW, NOW)])
def test_what_says_nothing_about_the_destination_changes_nothing(outcome, health):
    judged = judge(health, outcome, NOW + 9 * DAY)
    assert (judged.health, judged.warns, judged.disables) == (health, False, False)


def test_people_are_warned_after_four_days_and_it_is_switched_off_after_five():
    every_hour = [NOW + hour * HOUR for hour in range(24 * 7)]
    assert story(every_hour, FAILING) == (NOW + 4 * DAY, NOW + 5 * DAY)


def test_it_says_when_it_will_be_switched_off():
    assert FAILING.disabled_from == NOW + 5 * DAY
    assert Health(NOW, None, NOW, NOW + 6 * DAY).disabled_from == NOW + 7 * DAY


def test_a_quiet_endpoint_is_warned_first_however_long_it_has_failed():
    warned, disabled = story([NOW + 20 * DAY, NOW + 20 * DAY + HOUR, NOW + 21 * DAY], FAILING)
    assert (warned, disabled) == (NOW + 20 * DAY, NOW + 21 * DAY)


@given(st.lists(st.integers(0, 2 * DAY), max_size=60))
def test_nothing_is_switched_off_before_five_days_nor_within_a_day_of_the_warning(gaps):
    warned, disabled = story(list(accumulate(gaps, initial=NOW)))
    if disabled is not None:
        assert warned is not None
        assert disabled - warned >= DAY
        assert disabled - NOW >= 5 * DAY + 12 * HOUR


@given(st.lists(st.tuples(st.integers(-DAY, DAY), st.sampled_from(AttemptOutcome)), max_size=40))
def test_clocks_that_jump_break_nothing(steps):
    health, at = HEALTHY, NOW
    for gap, outcome in steps:
        at += gap
        health = judge(health, outcome, at).health
        assert health.failing_since is None or health.first_failure_at is not None


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        ((0, 14), None),
        ((0, 15), 15),
        ((0, 5, 16, 17, 40), 16),
        ((0, 13 * 60), 13 * 60),
        ((0, 30 * 60, 30 * 60 + 20), 1820),
    ],
)
def test_an_outage_is_reported_once_it_has_lasted_a_quarter_of_an_hour(minutes, told):
    health, found = HEALTHY, []
    for minute in minutes:
        judged = judge(health, AttemptOutcome.REJECTED, NOW + minute * MINUTE)
        health = judged.health
        if judged.outage:
            found.append(minute)
    assert found == ([] if told is None else [told])
