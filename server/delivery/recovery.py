"""Frees what dead processes had under way, so that it is delivered within seconds and not when their leases run out."""

import asyncio
from collections.abc import Collection
from time import monotonic

import structlog

from server.delivery.worker import Worker
from server.store import Busy, Store, owners

LOOK_SECONDS = 1.0

LOOKS = 3
"""Times in a row that an owner of leases is found not to live until it is dead. Where the connections of all broke at
once, because the database started anew, each process takes its lock again within one look."""

REST = 20
"""While nobody is in doubt, a pause is at least this many times as long as looking took: with a million deliveries that
wait, it takes a while."""

log = structlog.get_logger()


class Recovery:
    """``start`` it before the worker, ``stop`` it after."""

    def __init__(self, store: Store, worker: Worker) -> None:
        self._store = store
        self._worker = worker
        self._in_doubt: dict[str, int] = {}
        """Owners of leases that do not seem to live, and in how many looks in a row they did not."""
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Say that we live, and see to the dead from now on. Raises ``Busy``."""
        if self._store.dialect == "sqlite":  # the file is ours alone: see ``owners.only_here``
            self._tell(await self._store.write(owners.free_all))
            return
        await self._living()
        self._task = asyncio.create_task(self._forever(), name="recovery")

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _forever(self) -> None:
        while True:
            pause = LOOK_SECONDS
            try:
                pause = await self._look()
            except Busy as error:  # all may have to come back, so nobody is in doubt until the next look
                log.warning("recovery.database_busy", error=str(error))
                self._in_doubt.clear()
            except Exception:  # must outlive anything; leases run out in any case
                log.exception("recovery.failed")
            await asyncio.sleep(pause)

    async def _look(self) -> float:
        """See who is alive, and free what the dead had. Returns the seconds to pause."""
        living, began = await self._living(), monotonic()
        holders = await self._store.read(owners.holders)
        took = monotonic() - began
        doubtful = [owner for owner in holders if owners.number_of(owner) not in living]
        self._in_doubt = {owner: self._in_doubt.get(owner, 0) + 1 for owner in doubtful}
        if dead := [owner for owner, looks in self._in_doubt.items() if looks >= LOOKS]:
            self._tell(await self._store.write(lambda tx: owners.free(tx, dead)))
        return LOOK_SECONDS if doubtful else max(LOOK_SECONDS, REST * took)

    async def _living(self) -> Collection[int]:
        return await self._store.write(lambda tx: owners.living(tx, self._worker.owner))

    def _tell(self, freed: int) -> None:
        if freed:
            log.info("delivery.recovered", deliveries=freed)
            self._worker.wake()
