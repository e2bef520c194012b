"""The circuit of an endpoint: when failed attempts lead to a warning, and when they disable the endpoint.

Only the destination's behaviour counts: a response other than 2xx, or no complete response, is a failure; 2xx is a
success. Failed code, cancelled events, requests that our own rules block and captured requests do not count.

If a card's contract says that a response refuses this one request for good, the attempt does not count either: the
destination works, and the code must be mended. So one event type that the code gets wrong does not disable an endpoint
that takes all others. Refused credentials and a destination that is gone count, whatever the contract says.
"""

from dataclasses import dataclass, replace

from server.domain.ids import Millis
from server.domain.messages import Attempt, AttemptOutcome
from server.domain.readings import OF_THE_CONTENT
from server.domain.schedules import DAY, HOUR, MINUTE

APART: Millis = 12 * HOUR
WITHIN: Millis = 24 * HOUR
"""The clock starts once two failures are at least ``APART`` and at most ``WITHIN`` from each other."""

FAILING: Millis = MINUTE
"""Pages call an endpoint failing once every attempt has failed for this long."""

OUTAGE: Millis = 15 * MINUTE
"""People are notified once every attempt has failed for this long."""

WARNED_AFTER: Millis = 4 * DAY
DISABLED_AFTER: Millis = 5 * DAY
NOTICE: Millis = DISABLED_AFTER - WARNED_AFTER
"""The shortest time between the warning and disabling the endpoint, however rarely events come."""


@dataclass(frozen=True, slots=True)
class Health:
    """The failures of an endpoint since its last success; all empty while the last attempt succeeded."""

    first_failure_at: Millis | None = None
    """The first failure since the last success. Failures too long before the next one are forgotten."""
    last_failure_at: Millis | None = None
    """The latest failure, until the clock starts."""
    failing_since: Millis | None = None
    """When the five-day clock started: once two failures were at least ``APART`` and at most ``WITHIN`` apart."""
    warned_at: Millis | None = None
    """When people were notified that the endpoint is about to be disabled."""

    @property
    def is_failing(self) -> bool:
        """Whether every attempt has failed for ``FAILING``, so at least two in a row."""
        first, latest = self.first_failure_at, self.last_failure_at
        early = first is not None and latest is not None and latest - first >= FAILING
        return early or self.failing_since is not None

    @property
    def disabled_from(self) -> Millis | None:
        """The time from which another failure disables the endpoint; ``None`` until the clock starts."""
        if self.failing_since is None:
            return None
        warned = self.failing_since + WARNED_AFTER if self.warned_at is None else self.warned_at
        return max(self.failing_since + DISABLED_AFTER, warned + NOTICE)


HEALTHY = Health()


@dataclass(frozen=True, slots=True)
class HealthChange:
    """The health after an attempt, and whether to warn people or disable the endpoint."""

    health: Health
    outage: bool = False
    """Every attempt has failed for ``OUTAGE`` now. True for one failure of an outage only."""
    warns: bool = False
    disables: bool = False


def counts(outcome: AttemptOutcome) -> bool:
    """Whether an attempt with this outcome says anything about the destination."""
    return outcome is AttemptOutcome.SUCCEEDED or failed(outcome)


def failed(outcome: AttemptOutcome) -> bool:
    return outcome in (AttemptOutcome.REJECTED, AttemptOutcome.UNREACHABLE)


def refuses_the_content(attempt: Attempt) -> bool:
    """Whether the response is about this one request only, and says nothing about the destination."""
    reading, response = attempt.reading, attempt.response
    if reading is None or response is None or reading.retry or not reading.rejected:
        return False
    return 200 <= response.status < 300 or response.status in OF_THE_CONTENT


def judge(health: Health, outcome: AttemptOutcome, at: Millis) -> HealthChange:
    """The endpoint's health after an attempt that ended at ``at``, and what follows."""
    if not counts(outcome):
        return HealthChange(health)
    if not failed(outcome):
        return HealthChange(HEALTHY)
    if health.failing_since is None:
        after = _before_the_clock(health, at)
        return HealthChange(after, outage=_reaches_an_outage(health, after, at))
    disabled_from = health.disabled_from
    if health.warned_at is None:
        if at - health.failing_since >= WARNED_AFTER:
            return HealthChange(replace(health, warned_at=at), warns=True)
    elif disabled_from is not None and at >= disabled_from:
        return HealthChange(health, disables=True)
    return HealthChange(health)


def _reaches_an_outage(before: Health, after: Health, at: Millis) -> bool:
    """Whether this failure is the first that comes ``OUTAGE`` or later after the first one."""
    first, latest = before.first_failure_at, before.last_failure_at
    if first is None or latest is None or after.first_failure_at != first:
        return False
    return latest - first < OUTAGE <= at - first


def _before_the_clock(health: Health, at: Millis) -> Health:
    """The health after a failure at ``at``. The clock starts if an earlier one is ``APART`` to ``WITHIN`` before it.

    Two times stand for all failures. All of them are less than ``APART`` after the first one, or the clock would have
    started; so if the first is too long ago, only the latest can be close enough.
    """
    first, latest = health.first_failure_at, health.last_failure_at
    if first is None or latest is None:
        return Health(first_failure_at=at, last_failure_at=at)
    if at - first < APART:
        return replace(health, last_failure_at=max(latest, at))
    if at - first <= WITHIN or at - latest <= WITHIN:
        return Health(first_failure_at=first, failing_since=at)
    return Health(first_failure_at=at, last_failure_at=at)
