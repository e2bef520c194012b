"""When a delivery is tried again, and when it ends. Pure: time and chance arrive as arguments."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.domain.ids import Millis
from server.domain.messages import AttemptOutcome

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000

DODO_SCHEDULE: tuple[Millis, ...] = (
    0, 5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR,
)  # fmt: skip
"""The wait before each attempt, the first included: 8 attempts in about 27½ hours.

Dodo's page says "a maximum of 8 retries", yet its own example of three failures and a success 35 minutes and 5 seconds
after the first attempt only fits 8 attempts in all.
"""

JITTER = 0.2
"""A wait is up to this share longer or shorter, so that deliveries that failed together do not come back together."""


@dataclass(frozen=True, slots=True)
class Done:
    """The delivery ended as it should: sent, captured, or cancelled by the code."""


@dataclass(frozen=True, slots=True)
class RetryAt:
    at: Millis


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The schedule is used up, or this attempt is not repeated."""


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
) -> Decision:
    """What follows the attempt that was just made.

    ``step`` counts the attempts of this schedule, the one just made included (so 1 after the first); ``jitter`` is a
    number in −1 … 1; ``retryable`` is false for what is sent once only, such as an example.

    A blocked address is tried again like an answer other than 2xx: a name may lead elsewhere tomorrow, and an endpoint
    whose URL or an operator who allows the network mends the deliveries that wait. (A URL that is no URL is a mistake
    of the code, hence parked.)
    """
    match outcome:
        case AttemptOutcome.SUCCEEDED | AttemptOutcome.CAPTURED | AttemptOutcome.CANCELLED:
            return Done()
        case AttemptOutcome.TRANSFORM_FAILED:
            return Park()
        case AttemptOutcome.REJECTED | AttemptOutcome.UNREACHABLE | AttemptOutcome.BLOCKED:
            if not retryable or step >= len(schedule):
                return GiveUp()
            return RetryAt(now + round(schedule[step] * (1 + JITTER * jitter)))
