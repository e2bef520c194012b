"""Whether an endpoint still works, from how its attempts end: what leads to a warning and to switching it off."""

from dataclasses import dataclass

from server.domain.ids import Millis


@dataclass(frozen=True, slots=True)
class Health:
    """All empty while the last attempt succeeded."""

    first_failure_at: Millis | None = None
    """The first failure since the last success."""
    failing_since: Millis | None = None
    """When the clock of five days began: once failures lay twelve hours apart within a day."""
    warned_at: Millis | None = None
    """When people were told that the endpoint is about to be disabled."""


HEALTHY = Health()
