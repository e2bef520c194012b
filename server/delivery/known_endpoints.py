"""The endpoints that are delivered to, kept in memory: reading one with its code cost as much as a delivery."""

import time
from collections.abc import Iterable

from server.domain.endpoints import Endpoint
from server.domain.ids import EndpointId
from server.store import Store, endpoints

FRESH_SECONDS = 1.0
"""How long one is believed. Our own changes show at once, those of another process on the database within this."""


class KnownEndpoints:
    """As ``KnownSources``, one by one: only those that get deliveries are kept."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[EndpointId, tuple[Endpoint | None, float]] = {}
        self._changes = 0

    async def get(self, endpoint_id: EndpointId) -> Endpoint | None:
        """The endpoint as it is now; ``None`` when it was removed."""
        endpoint, fresh_until = self._known.get(endpoint_id, (None, 0.0))
        now = time.monotonic()
        if now < fresh_until:
            return endpoint
        if endpoint:  # others go by what is known until the answer is here
            self._known[endpoint_id] = (endpoint, now + FRESH_SECONDS)
        changes = self._changes
        found = await self._store.read(lambda tx: endpoints.get(tx, endpoint_id))
        if changes == self._changes:
            self._known[endpoint_id] = (found, now + FRESH_SECONDS)
        return found

    def forget(self, ids: Iterable[EndpointId]) -> None:
        """They were changed: what is known of them is wrong."""
        self._changes += 1
        for endpoint_id in ids:
            self._known.pop(endpoint_id, None)
