"""Decides which delivery starts next: each endpoint has its own queue, and no queue blocks another.

No I/O and no clock: callers pass the seconds of a monotonic clock.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from server.domain.endpoints import Controls, Endpoint
from server.domain.ids import DeliveryId, EndpointId, Millis
from server.domain.messages import Delivery, Message

FRESH_FOR_ONE = 1024
FRESH_AT_ALL = 4096
"""Deliveries from the intake that may wait here, for one endpoint and in all; more wait in the database."""
CLAIMED_FOR_ONE = 32
AHEAD_SECONDS = 5
"""For an endpoint with a rate limit, claim only what starts within this time, or its leases would run out."""
MAX_BATCH_BYTES = 16 << 20
"""Bytes of bodies that wait here. With more, the intake hands nothing over, and claims are for one at a time."""

WINDOW = 1.0
"""Seconds in which at most ``rate_limit`` attempts start."""


@dataclass(frozen=True, slots=True)
class QueuedDelivery:
    """A delivery that this process holds until its lease runs out, and that waits for its turn."""

    delivery: Delivery
    message: Message
    lease_until: Millis


class EndpointQueue:
    """The deliveries of one endpoint that wait or run in this process."""

    __slots__ = ("_begun", "_fresh_next", "busy", "claimed", "controls", "fresh", "more")

    def __init__(self) -> None:
        self.fresh: deque[QueuedDelivery] = deque()
        """Handed over by the intake."""
        self.claimed: deque[QueuedDelivery] = deque()
        """Claimed from the database: retries, and what the intake could not hand over."""
        self.busy = 0
        """Attempts under way."""
        self.more = False
        """The database may hold more due deliveries than were claimed."""
        self.controls = Controls()
        self._begun: deque[float] = deque()
        self._fresh_next = True

    @property
    def holds(self) -> bool:
        return bool(self.fresh or self.claimed)

    @property
    def empty(self) -> bool:
        return not (self.fresh or self.claimed or self.busy or self.more or self._begun)

    def room(self) -> int:
        """Return how many may be claimed; 0 while less than half of the places are free, to save statements."""
        controls = self.controls
        if controls.ordered:
            return 0 if self.busy or self.holds else 1
        most = CLAIMED_FOR_ONE
        if controls.rate_limit:
            most = min(most, controls.rate_limit * AHEAD_SECONDS)
        free = most - len(self.claimed)
        return free if free * 2 >= most else 0

    def wait(self, now: float) -> float:
        """Return the seconds until the rate limit allows another attempt."""
        limit = self.controls.rate_limit
        if not limit or len(self._begun) < limit:
            return 0.0
        return max(0.0, self._begun[-limit] + WINDOW - now)

    def may_begin(self, now: float, most: int) -> bool:
        controls = self.controls
        if controls.concurrency:
            most = min(most, controls.concurrency)
        if controls.ordered:
            most = 1
        return self.busy < most and self.holds and not self.wait(now)

    def begin(self, now: float) -> QueuedDelivery:
        """Take out the next one. New and claimed deliveries take turns, so that neither waits for all of the other."""
        first, second = (self.fresh, self.claimed) if self._fresh_next else (self.claimed, self.fresh)
        self._fresh_next = not self._fresh_next
        self.busy += 1
        if limit := self.controls.rate_limit:
            self._begun.append(now)
            while len(self._begun) > limit:
                self._begun.popleft()
        return (first or second).popleft()

    def give_back(self) -> list[QueuedDelivery]:
        """Take out and return all that waits."""
        given = [*self.fresh, *self.claimed]
        self.fresh.clear()
        self.claimed.clear()
        self.more = True
        return given


class EndpointQueues:
    """The queues of all endpoints: at most ``concurrency`` attempts run, at most a quarter of them for one endpoint.

    Beyond ``concurrency``, each endpoint may still run a sixteenth of it: however many others hang, a healthy one has
    room.
    """

    def __init__(self, concurrency: int) -> None:
        self._most = concurrency
        self._for_one = max(1, concurrency // 4)
        self._for_any = max(1, concurrency // 16)
        self._lanes: dict[EndpointId, EndpointQueue] = {}
        self._busy = 0
        self._fresh = 0
        self._bytes = 0
        self._full: frozenset[EndpointId] = frozenset()

    @property
    def full(self) -> frozenset[EndpointId]:
        """The endpoints for which the intake should hand over nothing more."""
        return self._full

    def takes(self, promised: int) -> bool:
        """Whether the intake may hand over another message, beside the ``promised`` ones."""
        return self._fresh + promised < FRESH_AT_ALL and self._bytes < MAX_BATCH_BYTES

    def hand_over(self, held: QueuedDelivery) -> None:
        endpoint_id = held.delivery.endpoint_id
        lane = self.of(endpoint_id)
        lane.fresh.append(held)
        self._fresh += 1
        self._bytes += len(held.message.body)
        if len(lane.fresh) == FRESH_FOR_ONE:
            self._full |= {endpoint_id}

    def claimed(self, held: QueuedDelivery, endpoint: Endpoint) -> None:
        lane = self.of(endpoint.id)
        lane.controls = endpoint.controls
        lane.claimed.append(held)
        self._bytes += len(held.message.body)

    def of(self, endpoint_id: EndpointId) -> EndpointQueue:
        return self._lanes.setdefault(endpoint_id, EndpointQueue())

    def room(self, endpoint_id: EndpointId) -> int:
        """Return how many deliveries of an endpoint may be claimed."""
        room = self.of(endpoint_id).room()
        return room if self._bytes < MAX_BATCH_BYTES else min(1, room)

    def passed_over(self) -> list[EndpointId]:
        """Return the endpoints for which nothing is to be claimed now."""
        return [endpoint_id for endpoint_id, lane in self._lanes.items() if not lane.room()]

    def next(self, now: float) -> tuple[EndpointQueue, QueuedDelivery] | None:
        """Take out what starts next: from the queue with the fewest attempts under way, of those that may start one."""
        most = self._for_one if self._busy < self._most else self._for_any
        chosen: EndpointQueue | None = None
        for lane in self._lanes.values():
            if lane.may_begin(now, most) and (chosen is None or lane.busy < chosen.busy):
                chosen = lane
        if chosen is None:
            return None
        fresh = len(chosen.fresh)
        held = chosen.begin(now)
        self._busy += 1
        self._let_go([held], fresh - len(chosen.fresh), chosen)
        return chosen, held

    def ended(self, lane: EndpointQueue, endpoint_id: EndpointId) -> None:
        """Free the place of an attempt that no longer occupies its destination."""
        lane.busy -= 1
        self._busy -= 1
        if lane.empty:
            self._lanes.pop(endpoint_id, None)

    def soonest(self, now: float) -> float | None:
        """Return the seconds until a rate limit lets something start; ``None`` when nothing waits for one."""
        waits = [wait for lane in self._lanes.values() if lane.holds and (wait := lane.wait(now))]
        return min(waits, default=None)

    def give_back(self, endpoint_ids: Iterable[EndpointId] | None = None) -> list[DeliveryId]:
        """Take out all that waits for these endpoints, or for all, and return the ids."""
        given: list[QueuedDelivery] = []
        for endpoint_id in list(self._lanes) if endpoint_ids is None else endpoint_ids:
            if lane := self._lanes.get(endpoint_id):
                fresh, held = len(lane.fresh), lane.give_back()
                self._let_go(held, fresh, lane)
                given += held
        return [held.delivery.id for held in given]

    def _let_go(self, held: list[QueuedDelivery], fresh: int, lane: EndpointQueue) -> None:
        self._fresh -= fresh
        self._bytes -= sum(len(one.message.body) for one in held)
        if self._full and held and len(lane.fresh) < FRESH_FOR_ONE:
            self._full -= {held[0].delivery.endpoint_id}
