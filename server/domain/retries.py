"""When a delivery is tried again, and when it ends. Pure: time and chance arrive as arguments."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.domain.ids import Millis
from server.domain.messages import AttemptOutcome, RetryReason
from server.domain.response_hints import DeliveryDirective, ResponseHints
from server.domain.schedules import DODO_SCHEDULE, MINUTE

JITTER = 0.2
"""A wait is up to this share longer or shorter, so that deliveries that failed together do not come back together."""

MIN_WAIT_AFTER_429_MS: Millis = MINUTE
"""The shortest wait after a 429 or a timeout, whatever the schedule says."""

STRETCH = 2
"""``Retry-After`` may make a wait this many times as long, and no longer: the schedule is the endpoint's owner's."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The delivery ended as it should: sent, captured, or cancelled by the code."""


@dataclass(frozen=True, slots=True)
class RetryAt:
    at: Millis
    because: RetryReason


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The schedule is used up, or this attempt is not repeated."""

    because: RetryReason


@dataclass(frozen=True, slots=True)
class Park:
    """The code failed. Trying again would fail again; it waits until someone mends the code."""


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
    """What follows the attempt that was just made.

    ``step`` counts the attempts of this schedule, the one just made included (so 1 after the first); ``jitter`` is a
    number in −1 … 1; ``retryable`` is false for what is sent once only, such as an example; ``hints`` is what the
    destination said beyond its status.

    A blocked address is tried again like an answer other than 2xx: a name may lead elsewhere tomorrow, and an endpoint
    whose URL or an operator who allows the network mends the deliveries that wait. (A URL that is no URL is a mistake
    of the code, hence parked.) So is an attempt that Hookbench failed at while the request was under way. Faults before
    the send are no attempts: see ``domain.faults``.
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
    return RetryReason.EXHAUSTED if exhausted else None


def _wait(slot: Millis, hints: ResponseHints, jitter: float) -> tuple[Millis, RetryReason]:
    """How long to wait, and why so long. Where a destination needs or asks for a rest, chance only makes it longer."""
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
