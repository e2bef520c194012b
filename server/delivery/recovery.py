"""Frees the leases of dead processes, so that their deliveries go on within seconds and not when the leases run out."""

from collections.abc import Collection
from time import monotonic

import structlog

from server.delivery.supervised_loop import AtRest, SupervisedLoop
from server.delivery.worker import Worker
from server.store import Busy, Store, deliveries, owners

CHECK_SECONDS = 1.0

MAX_MISSED_CHECKS = 4
"""Checks in a row without its lock after which a lease owner is considered dead. When the database restarts, all locks
are lost at once, and each process takes its own again within one check. A lease of ours that this process does not know
is freed after as many checks, because a lease just committed becomes known only a moment later."""

PAUSE_FACTOR = 20
"""While no owner is in doubt, the pause between two reads of the leases is this many times as long as the read, because
a read takes long with a million waiting deliveries."""
MAX_PAUSE_SECONDS = 5.0

log = structlog.get_logger()


class Recovery:
    """Call ``start`` before the worker starts, and ``stop`` after it has stopped."""

    def __init__(self, store: Store, worker: Worker) -> None:
        self._store = store
        self._worker = worker
        self._in_doubt: dict[str, int] = {}
        """Owners that seem dead, and leases of ours that this process does not know: in how many checks in a row."""
        self._paused_until = 0.0
        """On the monotonic clock."""
        # After a longer backoff other processes would consider this one dead.
        self._loop = SupervisedLoop(
            "recovery", self._check, store=store, first_after_seconds=CHECK_SECONDS, max_backoff_seconds=CHECK_SECONDS
        )

    @property
    def loops(self) -> tuple[SupervisedLoop, ...]:
        """The loop; none on SQLite, where no other process can use the database."""
        return () if self._store.dialect == "sqlite" else (self._loop,)

    async def start(self) -> None:
        """Announce this process and start freeing the leases of dead ones. Raises ``Busy``."""
        if self._store.dialect == "sqlite":  # the file is ours alone: see ``owners.only_here``
            self._tell(await self._store.write(owners.free_all))
            return
        await self._living()
        self._loop.start()

    async def stop(self) -> None:
        await self._loop.stop()

    async def _check(self) -> float | AtRest:
        try:
            leased = await self._free_the_dead()
        except Busy:  # every process may have lost its lock: count anew
            self._in_doubt.clear()
            raise
        return CHECK_SECONDS if leased else AtRest(CHECK_SECONDS)

    async def _free_the_dead(self) -> bool:
        """Announce this process, and free the leases of dead processes and those of ours that it does not know.

        Returns whether there may be leases. Without any, nothing is to be freed until a process writes one.
        """
        living, began = await self._living(), monotonic()
        if began < self._paused_until:
            return True
        leases = await self._store.read(owners.leases)
        self._paused_until = monotonic() + min(MAX_PAUSE_SECONDS, PAUSE_FACTOR * (monotonic() - began))
        doubtful = {owner for _, owner in leases if owners.number_of(owner) not in living}
        # The database may have committed a transaction of ours and have died before it confirmed that.
        unknown = {each for each, owner in leases if owner == self._worker.owner and not self._worker.holds(each)}
        in_doubt: set[str] = {*doubtful, *unknown}
        self._in_doubt = {one: self._in_doubt.get(one, 0) + 1 for one in in_doubt}
        sure = {one for one, checks in self._in_doubt.items() if checks >= MAX_MISSED_CHECKS}
        if dead := [owner for owner in doubtful if owner in sure]:
            self._tell(await self._store.write(lambda tx: owners.free(tx, dead)))
        if lost := [each for each in unknown if each in sure]:
            await self._store.write(lambda tx: deliveries.release(tx, self._worker.owner, lost))
            self._tell(len(lost))
        if self._in_doubt:
            self._paused_until = 0.0
        if any(owner != self._worker.owner for _, owner in leases):
            self._worker.wake()  # one of them may have run out
        return bool(leases)

    async def _living(self) -> Collection[int]:
        return await self._store.write(lambda tx: owners.living(tx, self._worker.owner))

    def _tell(self, freed: int) -> None:
        if freed:
            log.info("delivery.recovered", deliveries=freed)
            self._worker.wake()
