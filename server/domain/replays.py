"""A replay makes many deliveries of one endpoint due again, in the order in which their messages arrived."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

from server.domain.ids import EndpointId, MessageId, Millis, ReplayId, SourceId, VersionId, earliest
from server.domain.messages import DeliveryState
from server.domain.schedules import DAY, HOUR, SECOND

PERIODS: Mapping[str, Millis] = {"8h": 8 * HOUR, "1d": DAY, "3d": 3 * DAY, "7d": 7 * DAY, "14d": 14 * DAY}
"""How far back the ready-made ranges reach, by the name that a form sends."""

MAX_MESSAGES_PER_SECOND = 1000
"""The highest rate that can be asked for."""


class ReplayKind(StrEnum):
    FAILED = "failed"
    """Recover: what was given up."""
    MISSING = "missing"
    """What the endpoint listens to and never tried: it came before the endpoint was made, or while it was disabled."""
    BULK = "bulk"
    """Everything in the states that were chosen, what succeeded included."""
    PARKED = "parked"
    """What waits for a mended transformation."""


class ReplayState(StrEnum):
    RUNNING = "running"
    """Some have not been made due yet, or have not been tried yet."""
    DONE = "done"
    """Each was tried once. What failed is tried again by the endpoint's schedule, as any delivery is."""
    STOPPED = "stopped"
    """By a person; what had not been tried is as it was before."""
    DISABLED = "disabled"
    """Stopped because the endpoint was disabled or deleted; what had not been tried is as it was before."""


BULK_STATES = (
    DeliveryState.SUCCEEDED,
    DeliveryState.FAILED,
    DeliveryState.CANCELLED,
    DeliveryState.TRANSFORM_FAILED,
    DeliveryState.STOPPED,
)
"""Whatever has ended. A pending delivery is on its way already."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which messages a replay is about. The times are those of arrival."""

    kind: ReplayKind
    since: Millis
    until: Millis
    """Later ones are left out, so that a run ends however fast new ones arrive."""
    event_types: frozenset[str] | None = None
    """``None`` for all."""
    states: frozenset[DeliveryState] = frozenset(BULK_STATES)
    """Of the deliveries; for a bulk replay only, since the other kinds say it themselves."""

    @property
    def replayed(self) -> frozenset[DeliveryState]:
        """The states that a delivery of this selection may be in."""
        match self.kind:
            case ReplayKind.FAILED:
                return frozenset({DeliveryState.FAILED})
            case ReplayKind.PARKED:
                return frozenset({DeliveryState.TRANSFORM_FAILED})
            case ReplayKind.MISSING:
                return frozenset({DeliveryState.STOPPED})
            case ReplayKind.BULK:
                return self.states

    @property
    def start(self) -> str:
        """The cursor of a run that has not begun: every message of the range sorts after it."""
        return earliest(MessageId, self.since)

    @property
    def end(self) -> str:
        """The cursor of a run that has seen everything."""
        return earliest(MessageId, self.until)


@dataclass(frozen=True, slots=True)
class Replay:
    id: ReplayId
    source_id: SourceId
    endpoint_id: EndpointId
    selection: Selection
    version_id: VersionId | None
    """The code that was in force when it began. Each delivery runs what is in force when it goes out."""
    rate: int | None
    """Deliveries a second at the most."""
    total: int
    """How many there were when it began."""
    more: bool
    """Counting was cut short: there were more than ``total``."""
    begun: int
    """How many were made due; those that a stop gave back are not among them."""
    cursor: str
    """The id of the last message that was looked at."""
    state: ReplayState
    user_name: str
    """Who began it."""
    created_at: Millis
    ended_at: Millis | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How the deliveries of a run stand."""

    waiting: int
    """Due, and not tried yet."""
    retrying: int
    """Tried without success, and tried again by the schedule."""
    ended: Mapping[DeliveryState, int]

    @property
    def tried(self) -> int:
        return self.retrying + sum(self.ended.values())


@dataclass(frozen=True, slots=True)
class Window:
    """How many of a run's deliveries may wait untried at a time, so that fresh events never stand behind more.

    It follows the destination: twice as many when all were taken in between two looks, half when most were not.
    """

    size: int = 8

    MIN = 4
    MAX = 128

    def after(self, waiting: int) -> "Window":
        if waiting == 0:
            return Window(min(self.MAX, self.size * 2))
        if waiting > self.size // 2:
            return Window(max(self.MIN, self.size // 2))
        return self


SLOT: Millis = 100
"""Deliveries of one slot become due together: fewer statements, and nobody sees the difference."""

AHEAD: Millis = SECOND
"""How far ahead a run with a rate makes deliveries due."""


def pace(rate: int | None, at: Millis, now: Millis, room: int) -> list[Millis]:
    """When the next deliveries of a run become due: at most ``room`` moments, in order.

    ``at`` is the earliest moment of the first, so that a rate holds from one call to the next; see ``following``.
    """
    if rate is None:
        return [now] * room
    first = max(at, now)
    within = takewhile(lambda moment: moment < now + AHEAD, (first + n * SECOND // rate for n in range(room)))
    return [moment - moment % SLOT if rate > SECOND // SLOT else moment for moment in within]


def following(rate: int | None, at: Millis, now: Millis, taken: int) -> Millis:
    """``at`` of the next call of ``pace``, after ``taken`` of its moments were used."""
    return now if rate is None else max(at, now) + taken * SECOND // rate
