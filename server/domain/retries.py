"""Decides when a delivery is retried and when it ends. Pure: time and randomness are arguments."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.domain.ids import Millis
from server.domain.messages import AttemptOutcome, RetryReason
from server.domain.response_hints import DeliveryDirective, ResponseHints
from server.domain.schedules import DODO_SCHEDULE, MINUTE

JITTER = 0.2
"""A wait is up to this share longer or shorter, so that deliveries that fail together are not retried together."""

MIN_WAIT_AFTER_429_MS: Millis = MINUTE
"""The shortest wait after a 429 or a timeout, whatever the schedule says."""

STRETCH = 2
"""``Retry-After`` can make a wait at most this many times as long, because the schedule is the merchant's choice."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The delivery ended as intended: sent, captured, or cancelled by the code."""


@dataclass(frozen=True, slots=True)
class RetryAt:
    at: Millis
    because: RetryReason


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The schedule is exhausted, or something forbids another attempt."""

    because: RetryReason


@dataclass(frozen=True, slots=True)
class Park:
    """The code failed. A retry would fail again, so the delivery waits until a person fixes the code."""


@dataclass(frozen=True, slots=True)
class WaitingRetries:
    """The deliveries of an endpoint that wait for a retry which is not due yet."""

    count: int
    more: bool
    """Counting stopped early: more than ``count`` wait."""
    since: Millis
    """When the oldest of them was created."""
    next_at: Millis
    """When the first of them is retried by itself."""
    last_at: Millis
    """When the last one is."""
    paused: bool = False
    """The endpoint is paused, so they are retried when it is resumed."""


Decision = Finished | RetryAt | GiveUp | Park


def decide(
    outcome: AttemptOutcome,
    *,
    step: int,
    now: Millis,
    jitter: float,
    schedule: Sequence[Millis] = DODO_SCHEDULE,
    retryable: bool = True,
    hints: ResponseHints = ResponseHints(),  # noqa: B008  frozen, so one for all callers does no harm
) -> Decision:
    """What follows an attempt.

    ``step`` is the number of attempts of this schedule, including this one (1 after the first); ``jitter`` is between
    −1 and 1; ``retryable`` is false for deliveries that are sent only once, such as examples; ``hints`` are those of
    the destination's response.

    A blocked address is retried like a response other than 2xx, because the name may resolve to another address later,
    and because a person may correct the endpoint's URL, or the operator allow the network, while the delivery waits.
    (An invalid URL is a mistake of the code, so the delivery is parked.) An attempt that a fault of Hookbench
    interrupted during the send is retried too. Faults before the send are not attempts: see ``domain.faults``.
    """
    match outcome:
        case AttemptOutcome.SUCCEEDED | AttemptOutcome.CAPTURED | AttemptOutcome.CANCELLED:
            return Finished()
        case AttemptOutcome.TRANSFORM_FAILED:
            return Park()
        case AttemptOutcome.REJECTED | AttemptOutcome.UNREACHABLE | AttemptOutcome.BLOCKED | AttemptOutcome.FAULT:
            if ended := _ended(hints, retryable=retryable, exhausted=step >= len(schedule)):
                return GiveUp(ended)
            wait, because = _wait(schedule[step], hints, jitter)
            return RetryAt(now + wait, because)


def _ended(hints: ResponseHints, *, retryable: bool, exhausted: bool) -> RetryReason | None:
    """Why there is no next attempt; ``None`` when there is one."""
    if hints.gone:
        return RetryReason.GONE
    if hints.asked is DeliveryDirective.DISABLE:
        return RetryReason.DISABLE
    if hints.asked is DeliveryDirective.ABORT:
        return RetryReason.ABORT
    if not retryable:
        return RetryReason.ONCE
    if hints.pointless:
        return RetryReason.POINTLESS
    return RetryReason.EXHAUSTED if exhausted else None


def _wait(slot: Millis, hints: ResponseHints, jitter: float) -> tuple[Millis, RetryReason]:
    """The wait and its reason. If a destination is overwhelmed or asks for a wait, jitter only makes it longer."""
    least = max(slot, MIN_WAIT_AFTER_429_MS) if hints.overwhelmed else slot
    asked = hints.retry_after or 0
    if not asked and not hints.overwhelmed:
        return round(slot * (1 + JITTER * jitter)), RetryReason.SCHEDULE

    most = STRETCH * least
    wait = min(max(least, asked), most)
    wait = min(round(wait * (1 + JITTER * (1 + jitter) / 2)), most)
    if asked > least:
        return wait, RetryReason.RETRY_AFTER_CUT if asked > most else RetryReason.RETRY_AFTER
    return wait, RetryReason.REST if least > slot else RetryReason.SCHEDULE
