"""Memory for what has begun to arrive and is not whole: bounded for all together, not for each."""

import asyncio
from collections import OrderedDict
from types import TracebackType


class OverBudget(Exception):
    """This one waited longest when others needed the memory. The sender may try again."""


class MemoryBudget:
    """``with room.hold() as held`` and then ``held.grow(bytes)``, in one task.

    When all hold more than ``limit`` bytes together, the oldest is ended with ``OverBudget``. Whoever sends a body
    without ever finishing it is sooner or later the oldest; what arrives at once never is.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = 0
        self._held: OrderedDict[Reservation, None] = OrderedDict()

    def hold(self) -> "Reservation":
        return Reservation(self)

    def _enter(self, held: "Reservation") -> None:
        self._held[held] = None

    def _grow(self, held: "Reservation", size: int) -> None:
        self._bytes += size
        while self._bytes > self._limit and len(self._held) > 1:
            oldest = next(iter(self._held))
            if oldest is held:
                raise OverBudget  # it runs just now, so it need not be woken
            oldest._end()

    def _leave(self, held: "Reservation") -> None:
        if held in self._held:
            del self._held[held]
            self._bytes -= held.size


class Reservation:
    """One body's part of the room."""

    __slots__ = ("_cancelled_before", "_ended", "_room", "_task", "size")

    def __init__(self, room: MemoryBudget) -> None:
        self._room = room
        self._ended = False
        self.size = 0

    def __enter__(self) -> "Reservation":
        task = asyncio.current_task()
        assert task
        self._task, self._cancelled_before = task, task.cancelling()
        self._room._enter(self)
        return self

    def grow(self, size: int) -> None:
        if not self._ended:
            self.size += size
            self._room._grow(self, size)

    def _end(self) -> None:
        self._ended = True
        self._room._leave(self)
        self._task.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._room._leave(self)
        if self._ended and self._task.uncancel() <= self._cancelled_before:
            raise OverBudget from error
