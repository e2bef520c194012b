"""Limits the memory of bodies that have begun to arrive and are not whole: for all together, not for each."""

import asyncio
from collections import OrderedDict
from types import TracebackType


class OverBudget(Exception):
    """This body was the oldest when others needed the memory. The sender may try again."""


class MemoryBudget:
    """Use ``with budget.hold() as held`` and then ``held.grow(bytes)``, in one task.

    When all bodies together hold more than ``limit`` bytes, the oldest ends with ``OverBudget``. A sender that never
    finishes its body is sooner or later the oldest; a body that arrives at once never is.
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
                raise OverBudget  # its own task is running, so raise instead of cancelling it
            oldest._end()

    def _leave(self, held: "Reservation") -> None:
        if held in self._held:
            del self._held[held]
            self._bytes -= held.size


class Reservation:
    """One body's share of the budget."""

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
