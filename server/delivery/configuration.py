"""The configuration in memory: sources, endpoints and filters. Reading one cost as much as storing its event.

There is one invalidation: the store tells which sources and endpoints a commit of ours changed, before the commit's
caller goes on. What another process on the same database changed shows within ``FRESH_SECONDS``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Generic, TypeVar

from server.domain.endpoints import Endpoint
from server.domain.ids import EndpointId, SourceId
from server.domain.sources import Source
from server.store import Store, Transaction, endpoints, messages, sources
from server.store.changes import Changes
from server.store.messages import Asked

FRESH_SECONDS = 1.0
"""How long something is believed without being read again."""

Key = TypeVar("Key")
Value = TypeVar("Value")


class Configuration:
    """Make one for each store, in its event loop."""

    def __init__(self, store: Store) -> None:
        self._sources = _Kept(store, _sources_by_token)
        self._filters = _Kept(store, _filters_by_source)
        self._endpoints = _Kept(store, endpoints.get)
        store.watch(self._forget)

    async def source_with_token(self, token: str) -> Source | None:
        """The source with this ingest token. Unknown tokens cost the database nothing, so guessing does not either."""
        return (await self._sources.get(None)).get(token)

    async def filters_of(self, source_id: SourceId) -> Sequence[Asked]:
        """The filters of the endpoints that listen to a source; mostly none."""
        return (await self._filters.get(None)).get(source_id, ())

    async def endpoint(self, endpoint_id: EndpointId) -> Endpoint | None:
        """The endpoint as it is now; ``None`` when it was removed."""
        return await self._endpoints.get(endpoint_id)

    def _forget(self, changes: Changes) -> None:
        if changes.sources:
            self._sources.forget([None])
        if changes.listening:
            self._filters.forget([None])
        if changes.endpoints:
            self._endpoints.forget(changes.endpoints)


@dataclass(slots=True)
class _Entry(Generic[Value]):
    value: Value
    fresh_until: float
    """On the monotonic clock."""


class _Kept(Generic[Key, Value]):
    """What ``read`` finds for each key that was asked for."""

    def __init__(self, store: Store, read: Callable[[Transaction, Key], Value]) -> None:
        self._store = store
        self._read = read
        self._entries: dict[Key, _Entry[Value]] = {}
        self._changes = 0

    async def get(self, key: Key) -> Value:
        known, now = self._entries.get(key), monotonic()
        if known and now < known.fresh_until:
            return known.value
        if known:  # others go by what is known until the answer is here; only after a change there is nothing
            known.fresh_until = now + FRESH_SECONDS
        changes = self._changes
        value = await self._store.read(lambda tx: self._read(tx, key))
        if changes == self._changes:
            self._entries[key] = _Entry(value, now + FRESH_SECONDS)
        return value

    def forget(self, keys: Iterable[Key]) -> None:
        """They were changed: what is known of them is wrong, and so may be what is being read."""
        self._changes += 1
        for key in keys:
            self._entries.pop(key, None)


def _sources_by_token(tx: Transaction, key: None) -> Mapping[str, Source]:
    return {source.token: source for source in sources.every(tx)}


def _filters_by_source(tx: Transaction, key: None) -> Mapping[SourceId, Sequence[Asked]]:
    return messages.filters(tx)
