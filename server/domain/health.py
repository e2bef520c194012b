"""Whether an endpoint still works, from how its attempts end: what leads to a warning and to switching it off.

Only what the destination did counts: an answer other than 2xx or no whole answer is a failure, 2xx is a success. Code
that fails, an event that the code cancels, a request that our own rules refuse and one that is captured say nothing
about it.
"""

from dataclasses import dataclass, replace

from server.domain.ids import Millis
from server.domain.messages import AttemptOutcome
from server.domain.schedules import DAY, HOUR

APART: Millis = 12 * HOUR
WITHIN: Millis = 24 * HOUR
"""The clock begins once two failures lie at least ``APART`` and at most ``WITHIN`` from each other."""

WARNED_AFTER: Millis = 4 * DAY
DISABLED_AFTER: Millis = 5 * DAY
NOTICE: Millis = DISABLED_AFTER - WARNED_AFTER
"""Nobody's endpoint is switched off sooner than this after the warning, however rarely events come."""


@dataclass(frozen=True, slots=True)
class Health:
    """All empty while the last attempt succeeded."""

    first_failure_at: Millis | None = None
    """The failure since which nothing succeeded; of those long before the next one, none."""
    last_failure_at: Millis | None = None
    """The latest one, as long as the clock has not begun."""
    failing_since: Millis | None = None
    """When the clock of five days began: once failures lay twelve hours apart within a day."""
    warned_at: Millis | None = None
    """When people were told that the endpoint is about to be disabled."""

    @property
    def disabled_from(self) -> Millis | None:
        """When the next failure switches the endpoint off; ``None`` while the clock has not begun."""
        if self.failing_since is None:
            return None
        warned = self.failing_since + WARNED_AFTER if self.warned_at is None else self.warned_at
        return max(self.failing_since + DISABLED_AFTER, warned + NOTICE)


HEALTHY = Health()


@dataclass(frozen=True, slots=True)
class HealthChange:
    """The health after an attempt, and what became due by it."""

    health: Health
    warns: bool = False
    disables: bool = False


def counts(outcome: AttemptOutcome) -> bool:
    """Whether an attempt that ended so says anything about the destination."""
    return outcome is AttemptOutcome.SUCCEEDED or failed(outcome)


def failed(outcome: AttemptOutcome) -> bool:
    return outcome in (AttemptOutcome.REJECTED, AttemptOutcome.UNREACHABLE)


def judge(health: Health, outcome: AttemptOutcome, at: Millis) -> HealthChange:
    """What an attempt that ended at ``at`` makes of the endpoint's health."""
    if not counts(outcome):
        return HealthChange(health)
    if not failed(outcome):
        return HealthChange(HEALTHY)
    if health.failing_since is None:
        return HealthChange(_before_the_clock(health, at))
    disabled_from = health.disabled_from
    if health.warned_at is None:
        if at - health.failing_since >= WARNED_AFTER:
            return HealthChange(replace(health, warned_at=at), warns=True)
    elif disabled_from is not None and at >= disabled_from:
        return HealthChange(health, disables=True)
    return HealthChange(health)


def _before_the_clock(health: Health, at: Millis) -> Health:
    """Whether the clock begins: any failure lies ``APART`` or more before this one, and ``WITHIN`` at most.

    Two moments tell that for all of them. Failures since the first one lie less than ``APART`` after it, or the clock
    would have begun; so where the first is too long ago, the latest is the only one that may be near enough.
    """
    first, latest = health.first_failure_at, health.last_failure_at
    if first is None or latest is None:
        return Health(first_failure_at=at, last_failure_at=at)
    if at - first < APART:
        return replace(health, last_failure_at=max(latest, at))
    if at - first <= WITHIN or at - latest <= WITHIN:
        return Health(first_failure_at=first, failing_since=at)
    return Health(first_failure_at=at, last_failure_at=at)
