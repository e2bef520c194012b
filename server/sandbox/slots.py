"""Who runs next: a number of slots at once, shared by the time that each owner has used (start-time fair queueing)."""

import asyncio
from heapq import heappop, heappush
from itertools import count
from time import monotonic

REMEMBERED = 1_000
"""Owners whose use is remembered; those that have used least are forgotten first."""
CREDIT_SECONDS = 0.5
"""What an owner that is new comes behind the others, so that however many of them delay nobody that is known."""


class Turn:
    """One owner's hold of a slot. It ends exactly once, and may move to another kind of slot before."""

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
        """Go on in a slot of ``slots``, and free the present one; False when there is none free."""
        turn = slots.take_free(self.owner)
        if not turn:
            return False
        self.end()
        self.slots, self._start, self._began = slots, turn._start, turn._began
        return True


class Slots:
    """At most ``size`` turns at once. Of the owners that wait, the one that has used least time comes first.

    An owner's turn is due at the virtual time at which its last one ended, counted in seconds of use; the virtual time
    of the whole is that at which the latest turn was due. Who was idle may be behind it by no more than a credit.
    """

    def __init__(self, size: int) -> None:
        self._free = size
        self._virtual = 0.0
        self._ended: dict[str, float] = {}
        """Owner → the virtual time at which its last turn ended."""
        self._waiting: list[tuple[float, int, str, asyncio.Future[Turn]]] = []
        self._order = count()

    def is_wanted(self) -> bool:
        """Whether anybody waits."""
        return any(not turn.done() for *_, turn in self._waiting)

    async def take(self, owner: str) -> Turn:
        """The owner's turn, once a slot is free and no owner that used less waits for it."""
        if turn := self.take_free(owner):
            return turn
        granted: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (self._due(owner), next(self._order), owner, granted))
        try:
            return await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                granted.result().end()  # it was granted in the very moment
            raise

    def take_free(self, owner: str) -> Turn | None:
        """A turn at once; None when somebody would have to wait for it."""
        if not self._free or self.is_wanted():
            return None
        self._free -= 1
        return self._begun(owner, self._due(owner))

    def release(self, owner: str, start: float, seconds: float) -> None:
        """What ``Turn.end`` does."""
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
        """Keep the owners that are ahead of the others; for the rest, forgetting changes little or nothing."""
        kept = sorted(self._ended.items(), key=lambda item: item[1])[-REMEMBERED // 2 :]
        self._ended = dict(kept)
