"""Dodo's schedule: eight attempts, and what ends a delivery before them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.messages import AttemptOutcome
from server.domain.retries import DODO_SCHEDULE, Done, GiveUp, Park, RetryAt, decide

NOW = 1_790_000_000_000
FAILURES = [AttemptOutcome.REJECTED, AttemptOutcome.UNREACHABLE, AttemptOutcome.BLOCKED]


def all_waits(outcome):
    """The waits of a delivery that always fails, in seconds."""
    waits, step = [], 1
    while isinstance(decision := decide(outcome, step=step, now=NOW, jitter=0), RetryAt):
        waits.append((decision.at - NOW) / 1000)
        step += 1
    assert decision == GiveUp()
    return waits


@pytest.mark.parametrize("outcome", FAILURES)
def test_eight_attempts_in_all(outcome):
    assert all_waits(outcome) == [5, 300, 1800, 7200, 18_000, 36_000, 36_000]
    assert len(DODO_SCHEDULE) == 8


def test_the_fourth_attempt_comes_35_minutes_and_5_seconds_after_the_first_as_dodo_says():
    assert sum(all_waits(AttemptOutcome.REJECTED)[:3]) == 35 * 60 + 5


@pytest.mark.parametrize("outcome", [AttemptOutcome.SUCCEEDED, AttemptOutcome.CAPTURED, AttemptOutcome.CANCELLED])
def test_a_delivery_that_ended_well_is_done(outcome):
    assert decide(outcome, step=1, now=NOW, jitter=0) == Done()


def test_code_that_failed_is_parked():
    assert decide(AttemptOutcome.TRANSFORM_FAILED, step=1, now=NOW, jitter=0) == Park()


@pytest.mark.parametrize("outcome", FAILURES)
def test_what_is_sent_once_only_is_not_retried(outcome):
    assert decide(outcome, step=1, now=NOW, jitter=0, retryable=False) == GiveUp()


@pytest.mark.parametrize(("jitter", "wait"), [(-1, 4000), (0, 5000), (1, 6000)])
def test_a_wait_is_up_to_a_fifth_longer_or_shorter(jitter, wait):
    assert decide(AttemptOutcome.REJECTED, step=1, now=NOW, jitter=jitter) == RetryAt(NOW + wait)


@given(
    st.sampled_from(AttemptOutcome),
    st.integers(0, 100),
    st.floats(-1, 1),
    st.lists(st.integers(0, 10**9), max_size=10),
)
def test_a_retry_never_lies_in_the_past_nor_outside_the_schedule(outcome, step, jitter, schedule):
    match decide(outcome, step=step, now=NOW, jitter=jitter, schedule=schedule):
        case RetryAt(at):
            assert step < len(schedule)
            assert NOW <= at <= NOW + schedule[step] * 1.2 + 1
        case ended:
            assert ended in (Done(), GiveUp(), Park())
