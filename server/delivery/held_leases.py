"""The deliveries that this process holds under leases, and which of them another process took or stopped meanwhile."""

import asyncio
from collections.abc import Iterable

from server.domain.ids import DeliveryId, Millis, ProcessId
from server.domain.schedules import SECOND
from server.store import Store, deliveries

FRESH_FOR: Millis = 5 * SECOND // 2
"""What was leased or looked up so long ago is looked up before it starts."""


class HeldLeases:
    """A set of deliveries. ``are_ours`` looks up all of them at once: behind a slow destination hundreds wait."""

    def __init__(self, store: Store, owner: ProcessId) -> None:
        self._store = store
        self._owner = owner
        self._ids: set[DeliveryId] = set()
        self._lost: set[DeliveryId] = set()
        """Of these, the ones that were no longer ours."""
        self._looked_up_at: Millis = 0
        self._looking_up: asyncio.Task[None] | None = None

    def __contains__(self, delivery_id: DeliveryId) -> bool:
        return delivery_id in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, delivery_id: DeliveryId) -> None:
        """Hold a delivery that was leased just now."""
        self._ids.add(delivery_id)
        self._lost.discard(delivery_id)

    def drop(self, ids: Iterable[DeliveryId]) -> None:
        self._ids.difference_update(ids)
        self._lost.difference_update(ids)

    async def is_ours(self, delivery_id: DeliveryId, since: Millis, now: Millis) -> bool:
        """Whether a delivery that was leased at ``since`` is still this process's, as of a moment ago."""
        while now - max(since, self._looked_up_at) > FRESH_FOR:
            if self._looking_up is None:
                self._looking_up = asyncio.create_task(self._look_up(now))
                self._looking_up.add_done_callback(self._looked_up)
            await asyncio.shield(self._looking_up)
        return delivery_id not in self._lost

    async def _look_up(self, now: Millis) -> None:
        asked = set(self._ids)
        ours = await self._store.read(lambda tx: deliveries.held_by(tx, self._owner, asked))
        self._lost |= (asked & self._ids) - ours
        self._looked_up_at = now

    def _looked_up(self, _: asyncio.Task[None]) -> None:
        self._looking_up = None
