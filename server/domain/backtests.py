"""A backtest runs a draft or a version on stored events beside the active code, and sends nothing."""

from dataclasses import dataclass, field
from enum import StrEnum

from server.domain.comparison_reports import Report
from server.domain.ids import BacktestId, CodeDraftId, EndpointId, MessageId, Millis, VersionId, earliest
from server.domain.reasons import Cause

MAX_EVENTS = 100_000
DEFAULT_EVENTS = 1_000


class BacktestState(StrEnum):
    RUNNING = "running"
    """It waits for a process or is under way."""
    DONE = "done"
    STOPPED = "stopped"
    """Stopped by a person."""
    INTERRUPTED = "interrupted"
    """Its process ended. It can be started again."""
    FAILED = "failed"
    """It was given up; ``Backtest.reason`` says why."""


@dataclass(frozen=True, slots=True)
class EventSelection:
    """Which stored events: the newest of those that arrived from ``since`` until before ``until``."""

    most: int
    """From 1 to ``MAX_EVENTS``."""
    since: Millis = 0
    until: Millis = 0
    """0: when the backtest began."""

    @property
    def start(self) -> str:
        """The smallest possible id of a selected message."""
        return earliest(MessageId, self.since)

    @property
    def end(self) -> str:
        """A message id after all selected ones."""
        return earliest(MessageId, self.until)


@dataclass(frozen=True, slots=True)
class Backtest:
    id: BacktestId
    endpoint_id: EndpointId
    draft_id: CodeDraftId | None
    """The draft that is tested; else ``version_id`` names the version."""
    version_id: VersionId | None
    former_version_id: VersionId | None
    """The version that was active when it began, which it is compared with; ``None``: no code ran."""
    selection: EventSelection
    author: str
    created_at: Millis
    state: BacktestState = BacktestState.RUNNING
    stopping: bool = False
    """A person wants it to stop."""
    total: int = 0
    """Events to compare, as far as they were counted. A filter on the payload may leave some of them out."""
    done: int = 0
    report: Report = field(default_factory=Report)
    reason: Cause | None = None
    """Why it was given up."""
    updated_at: Millis = 0
    ended_at: Millis | None = None
