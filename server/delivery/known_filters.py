"""What endpoints ask of a payload, kept in memory: it is looked at ahead of the one writer and not within it."""

import time
from collections.abc import Sequence

from server.domain.ids import SourceId
from server.store import Store, messages
from server.store.messages import Asked

FRESH_SECONDS = 1.0
"""How long they are believed. One that is not known yet costs time and never a delivery: the writer looks itself."""


class KnownFilters:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_source: dict[SourceId, list[Asked]] = {}
        self._fresh_until = 0.0

    async def of(self, source_id: SourceId) -> Sequence[Asked]:
        """The filters of the endpoints that listen to a source; mostly none."""
        now = time.monotonic()
        if now >= self._fresh_until:
            self._fresh_until = now + FRESH_SECONDS  # others go by what is known until the answer is here
            self._by_source = await self._store.read(messages.filters)
        return self._by_source.get(source_id, ())
