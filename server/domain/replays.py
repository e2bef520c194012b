"""A replay makes many deliveries of one endpoint due again, in the order in which their messages arrived."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

from server.domain.ids import DeliveryId, EndpointId, MessageId, Millis, ReplayId, SourceId, VersionId, earliest
from server.domain.messages import DeliveryState
from server.domain.schedules import DAY, HOUR, SECOND

PERIODS: Mapping[str, Millis] = {"8h": 8 * HOUR, "1d": DAY, "3d": 3 * DAY, "7d": 7 * DAY, "14d": 14 * DAY}
"""The length of the predefined periods, by the name that a form sends."""

MAX_MESSAGES_PER_SECOND = 1000
"""The highest rate that a replay can have."""


class ReplayKind(StrEnum):
    FAILED = "failed"
    """Recover: deliveries whose attempts were exhausted."""
    MISSING = "missing"
    """Events that the endpoint wants but never got: they came before it was created or while it was disabled, or waited
    for a retry when it was disabled."""
    BULK = "bulk"
    """All deliveries in the chosen states, which may include succeeded ones."""
    PARKED = "parked"
    """Deliveries that are parked until their transformation is fixed."""
    WAITING = "waiting"
    """Retry all waiting now: deliveries whose next retry is due later. Their retry schedule goes on from its step."""


class ReplayState(StrEnum):
    RUNNING = "running"
    """Some deliveries are not due yet, or not tried yet."""
    DONE = "done"
    """Every delivery was tried once. Failed ones are retried by the endpoint's schedule, like any delivery."""
    STOPPED = "stopped"
    """Stopped by a person; deliveries not tried yet returned to their earlier state."""
    DISABLED = "disabled"
    """Stopped because the endpoint was disabled or deleted; deliveries not tried yet returned to their old state."""


BULK_STATES = (
    DeliveryState.SUCCEEDED,
    DeliveryState.FAILED,
    DeliveryState.CANCELLED,
    DeliveryState.TRANSFORM_FAILED,
    DeliveryState.STOPPED,
)
"""All states but pending, since a pending delivery is already on its way."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The messages that a replay selects, by their time of arrival among other things."""

    kind: ReplayKind
    since: Millis
    until: Millis
    """Later messages are left out, so that a run ends however fast new ones arrive."""
    event_types: frozenset[str] | None = None
    """``None``: all event types."""
    states: frozenset[DeliveryState] = frozenset(BULK_STATES)
    """The states of the deliveries, for a bulk replay only; each other kind implies its own."""

    @property
    def replayed(self) -> frozenset[DeliveryState]:
        """The states of the deliveries that this selection replays."""
        match self.kind:
            case ReplayKind.FAILED:
                return frozenset({DeliveryState.FAILED})
            case ReplayKind.PARKED:
                return frozenset({DeliveryState.TRANSFORM_FAILED})
            case ReplayKind.MISSING:
                return frozenset({DeliveryState.STOPPED})
            case ReplayKind.BULK:
                return self.states
            case ReplayKind.WAITING:
                return frozenset({DeliveryState.PENDING})

    @property
    def start(self) -> str:
        """The cursor of a run that has not begun: every selected message sorts after it.

        Waiting deliveries are found by their own ids, since an index holds those of pending deliveries only.
        """
        return self._first_id(self.since)

    @property
    def end(self) -> str:
        """The cursor of a run that has looked at all messages."""
        return self._first_id(self.until)

    def _first_id(self, at: Millis) -> str:
        return earliest(DeliveryId, at) if self.kind is ReplayKind.WAITING else earliest(MessageId, at)


@dataclass(frozen=True, slots=True)
class Replay:
    id: ReplayId
    source_id: SourceId
    endpoint_id: EndpointId
    selection: Selection
    version_id: VersionId | None
    """If it is pinned, the version that each delivery runs. Otherwise the one that was active when the run began, while
    each delivery runs the version that is active when it is sent."""
    rate: int | None
    """The most deliveries per second; ``None`` for no limit."""
    total: int
    """How many messages matched when the run began."""
    more: bool
    """Counting stopped early: more than ``total`` matched."""
    begun: int
    """How many deliveries were made due, without those that a stop undid."""
    cursor: str
    """The id of the last message that the run has looked at; of the last delivery, for ``ReplayKind.WAITING``."""
    state: ReplayState
    user_name: str
    """The person who began it."""
    created_at: Millis
    ended_at: Millis | None = None
    pinned: bool = False
    """A person chose the version."""

    @property
    def chosen_version(self) -> VersionId | None:
        """The version that a person chose for its deliveries; ``None``: the one that is active when each is sent."""
        return self.version_id if self.pinned else None


@dataclass(frozen=True, slots=True)
class Progress:
    """The number of a run's deliveries by progress."""

    waiting: int
    """Made due but not tried yet."""
    retrying: int
    """Tried without success, and waiting for a retry."""
    ended: Mapping[DeliveryState, int]

    @property
    def tried(self) -> int:
        return self.retrying + sum(self.ended.values())

    def not_started(self, total: int) -> int:
        """How many of ``total`` are not made due yet."""
        return max(0, total - self.tried - self.waiting)


@dataclass(frozen=True, slots=True)
class Window:
    """How many untried deliveries of a run may wait at a time, so that new events never queue behind more.

    The size adapts to the destination: it doubles when none waits any more, and halves when most still wait.
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
"""Deliveries of one slot become due together, which takes fewer statements and makes no visible difference."""

AHEAD: Millis = SECOND
"""How far in advance a run with a rate schedules deliveries."""


def pace(rate: int | None, at: Millis, now: Millis, room: int) -> list[Millis]:
    """The times at which the next deliveries of a run become due: at most ``room``, in order.

    ``at`` is the earliest time for the first one, so that the rate holds across calls; see ``following``.
    """
    if rate is None:
        return [now] * room
    first = max(at, now)
    within = takewhile(lambda moment: moment < now + AHEAD, (first + n * SECOND // rate for n in range(room)))
    return [moment - moment % SLOT if rate > SECOND // SLOT else moment for moment in within]


def following(rate: int | None, at: Millis, now: Millis, taken: int) -> Millis:
    """The ``at`` for the next call of ``pace``, after ``taken`` of its times were used."""
    return now if rate is None else max(at, now) + taken * SECOND // rate
