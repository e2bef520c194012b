"""Adds up what was counted in the transactions of attempts, counts messages, and deletes old counts."""

import asyncio
import time
from collections.abc import Callable

from server.delivery.supervised_loop import AtRest, OneLoop, SupervisedLoop
from server.domain.ids import Millis
from server.store import Store, Transaction, activity

ADD_UP_SECONDS = 10.0
PRUNE_SECONDS = 3600.0
ROWS_IN_STEP = 500
"""Rows that one transaction adds up or deletes: a few milliseconds, for which other writes wait."""
PAUSE_SECONDS = 0.05


class ActivityCounter(OneLoop):
    """Start with ``start``, end with ``stop``. Several processes on one database take turns."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pruned_at: Millis = 0
        self._loop = SupervisedLoop("activity", self._step, store=store, first_after_seconds=ADD_UP_SECONDS)

    async def add_up(self, now: Millis) -> int:
        """Add up all that waits. Returns how many rows."""
        return await self._all(lambda tx: activity.add_up(tx, now, ROWS_IN_STEP))

    async def prune(self, now: Millis) -> int:
        """Delete all counts that are kept no longer. Returns how many rows."""
        return await self._all(lambda tx: activity.prune(tx, now, ROWS_IN_STEP))

    async def _step(self) -> AtRest:
        now = time.time_ns() // 1_000_000
        await self.add_up(now)
        if now >= self._pruned_at + PRUNE_SECONDS * 1000:
            await self.prune(now)
            self._pruned_at = now
        return AtRest(ADD_UP_SECONDS, latest=PRUNE_SECONDS, settled=activity.COMMITTED_MS / 1000)

    async def _all(self, step: Callable[[Transaction], int]) -> int:
        """Repeat a step, with pauses in which others write, until it finds less than it may handle."""
        rows = await self._store.write(step)
        done = rows
        while done == ROWS_IN_STEP:
            self._loop.progress()
            await asyncio.sleep(PAUSE_SECONDS)
            done = await self._store.write(step)
            rows += done
        return rows
