"""Idle workers, kept for their owners' next events: at most so many, each for a limited time."""

from collections import OrderedDict
from time import monotonic

from server.sandbox.worker import Worker

IDLE_SECONDS = 60.0
"""How long a worker may be idle before it is retired."""


class IdleWorkers:
    """At most ``size`` idle workers, one per owner. The longest idle is retired first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._workers: OrderedDict[str, Worker] = OrderedDict()

    def take(self, owner: str) -> Worker | None:
        """The owner's worker, which is no longer idle; None if it has none."""
        return self._workers.pop(owner, None)

    def all(self) -> list[Worker]:
        return list(self._workers.values())

    def has(self, owner: str, worker: Worker) -> bool:
        return self._workers.get(owner) is worker

    def keep(self, owner: str, worker: Worker) -> None:
        worker.idle_since = monotonic()
        self._workers[owner] = worker
        self._workers.move_to_end(owner)
        while len(self._workers) > self._size:
            self._workers.popitem(last=False)[1].retire()

    def retire_old(self) -> None:
        """Retire the workers that have been idle for ``IDLE_SECONDS``."""
        oldest = monotonic() - IDLE_SECONDS
        while self._workers and next(iter(self._workers.values())).idle_since < oldest:
            self._workers.popitem(last=False)[1].retire()

    def retire_all(self) -> None:
        for worker in self.all():
            worker.retire()
        self._workers.clear()
