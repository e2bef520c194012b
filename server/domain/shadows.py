"""A shadow: a version that runs beside the active one on live events and sends nothing."""

from dataclasses import dataclass, field
from enum import StrEnum

from server.domain.comparison_reports import Report
from server.domain.ids import EndpointId, Millis, ShadowId, VersionId
from server.domain.schedules import DAY

MAX_DURATION: Millis = 7 * DAY


class ShadowState(StrEnum):
    RUNNING = "running"
    ENDED = "ended"
    """Its time is over, or another version was activated."""
    DROPPED = "dropped"
    """A person ended it."""
    PROMOTED = "promoted"
    """A person activated its version."""


@dataclass(frozen=True, slots=True)
class Shadow:
    id: ShadowId
    endpoint_id: EndpointId
    version_id: VersionId
    former_version_id: VersionId | None
    """The version that was active when it began, which it is compared with; ``None``: no code ran."""
    until: Millis
    author: str
    created_at: Millis
    state: ShadowState = ShadowState.RUNNING
    report: Report = field(default_factory=Report)
    updated_at: Millis = 0
    ended_at: Millis | None = None

    @property
    def draft_id(self) -> None:
        """A shadow runs a version, as opposed to a backtest."""
        return None

    @property
    def was_overtaken(self) -> bool:
        """Whether it ended because another version was activated."""
        return self.state is ShadowState.ENDED and self.ended_at is not None and self.ended_at < self.until
