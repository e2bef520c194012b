"""When a delivery is tried again, and when it ends. Pure: time and chance arrive as arguments."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.domain.answers import Asked, Heard
from server.domain.ids import Millis
from server.domain.messages import AttemptOutcome, Because
from server.domain.schedules import DODO_SCHEDULE, MINUTE

JITTER = 0.2
"""A wait is up to this share longer or shorter, so that deliveries that failed together do not come back together."""

REST: Millis = MINUTE
"""The shortest wait after a 429 or a timeout, whatever the schedule says."""

STRETCH = 2
"""``Retry-After`` may make a wait this many times as long, and no longer: the schedule is the endpoint's owner's."""


@dataclass(frozen=True, slots=True)
class Done:
    """The delivery ended as it should: sent, captured, or cancelled by the code."""


@dataclass(frozen=True, slots=True)
class RetryAt:
    at: Millis
    because: Because


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The schedule is used up, or this attempt is not repeated."""

    because: Because


@dataclass(frozen=True, slots=True)
class Park:
    """The code failed. Trying again would fail again; it waits until someone mends the code."""


Decision = Done | RetryAt | GiveUp | Park


def decide(
    outcome: AttemptOutcome,
    *,
    step: int,
    now: Millis,
    jitter: float,
    schedule: Sequence[Millis] = DODO_SCHEDULE,
    retryable: bool = True,
    heard: Heard = Heard(),  # noqa: B008  frozen, so one for all callers does no harm
) -> Decision:
    """What follows the attempt that was just made.

    ``step`` counts the attempts of this schedule, the one just made included (so 1 after the first); ``jitter`` is a
    number in −1 … 1; ``retryable`` is false for what is sent once only, such as an example; ``heard`` is what the
    destination said beyond its status.

    A blocked address is tried again like an answer other than 2xx: a name may lead elsewhere tomorrow, and an endpoint
    whose URL or an operator who allows the network mends the deliveries that wait. (A URL that is no URL is a mistake
    of the code, hence parked.) So is an attempt that Hookbench failed at while the request was under way. Faults before
    the send are no attempts: see ``domain.faults``.
    """
    match outcome:
        case AttemptOutcome.SUCCEEDED | AttemptOutcome.CAPTURED | AttemptOutcome.CANCELLED:
            return Done()
        case AttemptOutcome.TRANSFORM_FAILED:
            return Park()
        case AttemptOutcome.REJECTED | AttemptOutcome.UNREACHABLE | AttemptOutcome.BLOCKED | AttemptOutcome.FAULT:
            if ended := _ended(heard, retryable=retryable, exhausted=step >= len(schedule)):
                return GiveUp(ended)
            wait, because = _wait(schedule[step], heard, jitter)
            return RetryAt(now + wait, because)


def _ended(heard: Heard, *, retryable: bool, exhausted: bool) -> Because | None:
    """Why there is no next attempt; ``None`` when there is one."""
    if heard.gone:
        return Because.GONE
    if heard.asked is Asked.DISABLE:
        return Because.DISABLE
    if heard.asked is Asked.ABORT:
        return Because.ABORT
    if not retryable:
        return Because.ONCE
    return Because.EXHAUSTED if exhausted else None


def _wait(slot: Millis, heard: Heard, jitter: float) -> tuple[Millis, Because]:
    """How long to wait, and why so long. Where a destination needs or asks for a rest, chance only makes it longer."""
    least = max(slot, REST) if heard.overwhelmed else slot
    asked = heard.retry_after or 0
    if not asked and not heard.overwhelmed:
        return round(slot * (1 + JITTER * jitter)), Because.SCHEDULE

    most = STRETCH * least
    wait = min(max(least, asked), most)
    wait = min(round(wait * (1 + JITTER * (1 + jitter) / 2)), most)
    if asked > least:
        return wait, Because.RETRY_AFTER_CUT if asked > most else Because.RETRY_AFTER
    return wait, Because.REST if least > slot else Because.SCHEDULE
