"""Eight attempts by Dodo's schedule, what the destination may change about the next one, and what ends a delivery."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.messages import AttemptOutcome, RetryReason
from server.domain.response_hints import DeliveryDirective, ResponseHints
from server.domain.retries import Finished, GiveUp, Park, RetryAt, decide
from server.domain.schedules import DODO_SCHEDULE

NOW = 1_790_000_000_000
FAILURES = [AttemptOutcome.REJECTED, AttemptOutcome.UNREACHABLE, AttemptOutcome.BLOCKED]
SLOT = 300_000
MINUTE = 60_000


def all_waits(outcome):
    """The waits of a delivery that always fails, in seconds."""
    waits, step = [], 1
    while isinstance(decision := decide(outcome, step=step, now=NOW, jitter=0), RetryAt):
        assert decision.because is RetryReason.SCHEDULE
        waits.append((decision.at - NOW) / 1000)
        step += 1
    assert decision == GiveUp(RetryReason.EXHAUSTED)
    return waits


def next_wait(jitter=0, slot=SLOT, **hints):
    """The wait after a failure, and why it is so long."""
    decided = decide(
        AttemptOutcome.REJECTED, step=1, now=NOW, jitter=jitter, schedule=(0, slot), hints=ResponseHints(**hints)
    )
    assert isinstance(decided, RetryAt)
    return decided.at - NOW, decided.because


@pytest.mark.parametrize("outcome", FAILURES)
def test_eight_attempts_in_all(outcome):
    assert all_waits(outcome) == [5, 300, 1800, 7200, 18_000, 36_000, 36_000]
    assert len(DODO_SCHEDULE) == 8


def test_the_fourth_attempt_comes_35_minutes_and_5_seconds_after_the_first_as_dodo_says():
    assert sum(all_waits(AttemptOutcome.REJECTED)[:3]) == 35 * 60 + 5


@pytest.mark.parametrize("outcome", [AttemptOutcome.SUCCEEDED, AttemptOutcome.CAPTURED, AttemptOutcome.CANCELLED])
def test_a_delivery_that_ended_well_is_done(outcome):
    assert decide(outcome, step=1, now=NOW, jitter=0) == Finished()


@pytest.mark.parametrize("asked", DeliveryDirective)
def test_a_delivery_that_ended_well_is_done_whatever_a_header_asks(asked):
    assert decide(AttemptOutcome.SUCCEEDED, step=1, now=NOW, jitter=0, hints=ResponseHints(asked=asked)) == Finished()


def test_code_that_failed_is_parked():
    assert decide(AttemptOutcome.TRANSFORM_FAILED, step=1, now=NOW, jitter=0) == Park()


@pytest.mark.parametrize("outcome", FAILURES)
def test_what_is_sent_once_only_is_not_retried(outcome):
    assert decide(outcome, step=1, now=NOW, jitter=0, retryable=False) == GiveUp(RetryReason.ONCE)


@pytest.mark.parametrize(
    ("hints", "because"),
    [
        (ResponseHints(gone=True), RetryReason.GONE),
        (ResponseHints(asked=DeliveryDirective.DISABLE), RetryReason.DISABLE),
        (ResponseHints(asked=DeliveryDirective.ABORT), RetryReason.ABORT),
        (ResponseHints(asked=DeliveryDirective.ABORT, retry_after=1000), RetryReason.ABORT),
    ],
)
def test_a_destination_may_end_the_delivery(hints, because):
    assert decide(AttemptOutcome.REJECTED, step=1, now=NOW, jitter=0, hints=hints) == GiveUp(because)


@pytest.mark.parametrize(("jitter", "wait"), [(-1, 4000), (0, 5000), (1, 6000)])
def test_a_wait_is_up_to_a_fifth_longer_or_shorter(jitter, wait):
    assert next_wait(jitter, slot=5000) == (wait, RetryReason.SCHEDULE)


def test_an_immediate_attempt_is_not_spread():
    assert next_wait(1, slot=0) == (0, RetryReason.SCHEDULE)


@pytest.mark.parametrize(
    ("asked", "jitter", "wait", "because"),
    [
        (1, -1, SLOT, RetryReason.SCHEDULE),
        (SLOT, -1, SLOT, RetryReason.SCHEDULE),
        (400_000, -1, 400_000, RetryReason.RETRY_AFTER),
        (400_000, 1, 480_000, RetryReason.RETRY_AFTER),
        (2 * SLOT, 0, 2 * SLOT, RetryReason.RETRY_AFTER),
        (2 * SLOT + 1, 1, 2 * SLOT, RetryReason.RETRY_AFTER_CUT),
        (10**12, 0, 2 * SLOT, RetryReason.RETRY_AFTER_CUT),
    ],
)
def test_retry_after_makes_a_wait_longer_up_to_twice(asked, jitter, wait, because):
    assert next_wait(jitter, retry_after=asked) == (wait, because)


@pytest.mark.parametrize(("jitter", "wait"), [(-1, MINUTE), (1, 72_000)])
def test_a_destination_that_is_overwhelmed_gets_a_minute(jitter, wait):
    assert next_wait(jitter, slot=5000, overwhelmed=True) == (wait, RetryReason.REST)


def test_an_overwhelmed_destination_that_asks_for_more_than_a_minute_gets_it():
    assert next_wait(-1, slot=5000, overwhelmed=True, retry_after=90_000) == (90_000, RetryReason.RETRY_AFTER)
    assert next_wait(-1, slot=5000, overwhelmed=True, retry_after=10**9) == (2 * MINUTE, RetryReason.RETRY_AFTER_CUT)


def test_a_long_wait_is_rest_enough():
    assert next_wait(-1, slot=SLOT, overwhelmed=True) == (SLOT, RetryReason.SCHEDULE)


heards = st.builds(
    ResponseHints,
    gone=st.booleans(),
    asked=st.sampled_from([None, *DeliveryDirective]),
    retry_after=st.none() | st.integers(1, 10**15),
    overwhelmed=st.booleans(),
)


@given(
    st.sampled_from(AttemptOutcome),
    st.integers(0, 100),
    st.floats(-1, 1),
    st.lists(st.integers(0, 10**9), max_size=10),
    heards,
)
def test_a_retry_lies_in_its_slot_whatever_the_destination_says(outcome, step, jitter, schedule, hints):
    match decide(outcome, step=step, now=NOW, jitter=jitter, schedule=schedule, hints=hints):
        case RetryAt(at):
            slot = schedule[step]
            least = max(slot, MINUTE) if hints.overwhelmed else slot
            assert at - NOW <= 2 * least
            assert at - NOW >= (least if hints.retry_after or hints.overwhelmed else slot * 0.8 - 1)
            assert at - NOW >= min(hints.retry_after or 0, 2 * least)
            assert not hints.gone and hints.asked is None
        case ended:
            assert isinstance(ended, Finished | GiveUp | Park)


@given(st.floats(-1, 1), heards, st.integers(0, 10**9))
def test_asking_for_a_longer_wait_never_makes_it_shorter(jitter, hints, slot):
    if hints.gone or hints.asked or hints.retry_after is None:
        return
    shorter, _ = next_wait(jitter, slot, retry_after=hints.retry_after, overwhelmed=hints.overwhelmed)
    longer, _ = next_wait(jitter, slot, retry_after=hints.retry_after * 2, overwhelmed=hints.overwhelmed)
    assert longer >= shorter
