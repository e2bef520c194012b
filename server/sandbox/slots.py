"""A fixed number of slots, shared fairly between owners by the time each has used (start-time fair queueing)."""

import asyncio
from heapq import heappop, heappush
from itertools import count
from time import monotonic

REMEMBERED = 1_000
"""How many owners' use is remembered; the owners that used least are forgotten first."""
CREDIT_SECONDS = 0.5
"""Seconds of use that a new owner is charged in advance, so that many new owners cannot delay the known ones."""


class Turn:
    """One owner's hold on a slot. It ends exactly once; before that it may move to another kind of slot."""

    __slots__ = ("_began", "_start", "owner", "slots")

    def __init__(self, slots: "Slots", owner: str, start: float) -> None:
        self.slots: Slots | None = slots
        self.owner = owner
        self._start = start
        self._began = monotonic()

    def end(self) -> None:
        """Free the slot and charge the owner for the time."""
        if self.slots:
            self.slots.release(self.owner, self._start, monotonic() - self._began)
            self.slots = None

    def move(self, slots: "Slots") -> bool:
        """Continue in a slot of ``slots`` and free the current one. Returns False if ``slots`` has no free slot."""
        turn = slots.take_free(self.owner)
        if not turn:
            return False
        self.end()
        self.slots, self._start, self._began = slots, turn._start, turn._began
        return True


class Slots:
    """At most ``size`` turns at once. Of the waiting owners, the one that has used the least time comes first.

    Virtual time counts seconds of use. An owner's next turn is due at the virtual time at which its last turn ended.
    The queue's virtual time is the due time of the latest turn that began. An idle owner may lag behind it by at most
    ``CREDIT_SECONDS``, so idleness cannot be saved up.
    """

    def __init__(self, size: int) -> None:
        self._free = size
        self._virtual = 0.0
        self._ended: dict[str, float] = {}
        """Owner → the virtual time at which its last turn ended."""
        self._waiting: list[tuple[float, int, str, asyncio.Future[Turn]]] = []
        self._order = count()

    def is_wanted(self) -> bool:
        """Whether an owner waits for a slot."""
        return any(not turn.done() for *_, turn in self._waiting)

    async def take(self, owner: str) -> Turn:
        """Wait for the owner's turn: until a slot is free and no owner that used less time waits for it."""
        if turn := self.take_free(owner):
            return turn
        granted: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (self._due(owner), next(self._order), owner, granted))
        try:
            return await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                granted.result().end()  # the slot was granted just before the cancellation: give it back
            raise

    def take_free(self, owner: str) -> Turn | None:
        """A turn without waiting; None if no slot is free or other owners wait."""
        if not self._free or self.is_wanted():
            return None
        self._free -= 1
        return self._begun(owner, self._due(owner))

    def release(self, owner: str, start: float, seconds: float) -> None:
        """Charge the owner and pass the slot on to the next waiting owner. Called by ``Turn.end``."""
        self._ended[owner] = start + seconds
        if len(self._ended) > REMEMBERED:
            self._forget()
        while self._waiting:
            due, _, next_owner, granted = heappop(self._waiting)
            if not granted.done():
                granted.set_result(self._begun(next_owner, due))
                return
        self._free += 1

    def _due(self, owner: str) -> float:
        ended = self._ended.get(owner)
        return self._virtual + CREDIT_SECONDS if ended is None else max(self._virtual - CREDIT_SECONDS, ended)

    def _begun(self, owner: str, due: float) -> Turn:
        self._virtual = max(self._virtual, due)
        return Turn(self, owner, due)

    def _forget(self) -> None:
        """Keep the owners that used the most. Forgetting the others hardly changes their next due time."""
        kept = sorted(self._ended.items(), key=lambda item: item[1])[-REMEMBERED // 2 :]
        self._ended = dict(kept)
