"""Frees what dead processes had under way, so that it is delivered within seconds and not when their leases run out."""

import asyncio

import structlog

from server.delivery.worker import Worker
from server.store import Busy, Store, owners

LOOK_SECONDS = 1.0

LOOKS = 3
"""Times in a row that an owner is not seen alive until it is dead. Where the connections of all broke at once, because
the database started anew, each process takes its lock again within one look."""

log = structlog.get_logger()


class Recovery:
    """``start`` it before the worker, ``stop`` it after."""

    def __init__(self, store: Store, worker: Worker) -> None:
        self._store = store
        self._worker = worker
        self._unseen: dict[int | None, int] = {None: 0}
        """By the number of an owner, the looks since it was seen alive. ``None``: all that were never seen by us."""
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Say that we live, and see to the dead from now on. Raises ``Busy``."""
        if self._store.dialect == "sqlite":  # the file is ours alone: see ``owners.only_here``
            self._tell(await self._store.write(owners.free_all))
            return
        await self._look()
        self._task = asyncio.create_task(self._forever(), name="recovery")

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _forever(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._look()
                await self._free()
            except Busy as error:  # nobody is seen now, and all may have to come back
                log.warning("recovery.database_busy", error=str(error))
                self._unseen = dict.fromkeys(self._unseen, 0)
            except Exception:  # must outlive anything; leases run out in any case
                log.exception("recovery.failed")

    async def _look(self) -> None:
        alive = await self._store.write(lambda tx: owners.living(tx, self._worker.owner))
        unseen = {number: looks + 1 for number, looks in self._unseen.items() if number not in alive}
        self._unseen = unseen | dict.fromkeys(alive, 0)

    async def _free(self) -> None:
        spared = {number: looks for number, looks in self._unseen.items() if looks < LOOKS}
        if len(spared) < len(self._unseen):
            sparing = [number for number in spared if number is not None]
            self._tell(await self._store.write(lambda tx: owners.free_dead(tx, sparing)))
            self._unseen = spared

    def _tell(self, freed: int) -> None:
        if freed:
            log.info("delivery.recovered", deliveries=freed)
            self._worker.wake()
