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
from server.store.messages import EndpointFilter

FRESH_SECONDS = 1.0
"""How long something is believed without being read again."""

Key = TypeVar("Key")
Value = TypeVar("Value")


class Configuration:
    """Make one for each store, in its event loop."""

    def __init__(self, store: Store) -> None:
        self._sources = _Kept(store, _sources_by_token)
        self._filters = _Kept(store, _filters_by_source)
        self._endpoints = _Kept(store, endpoints.get_whole)
        store.watch(self._forget)

    async def source_with_token(self, token: str) -> Source | None:
        """The source with this ingest token. Unknown tokens cost the database nothing, so guessing does not either."""
        known = self._sources.fresh(None) or await self._sources.read(None)
        return known.value.get(token)

    async def filters_of(self, source_id: SourceId) -> Sequence[EndpointFilter]:
        """The filters of the endpoints that listen to a source; mostly none."""
        known = self._filters.fresh(None) or await self._filters.read(None)
        return known.value.get(source_id, ())

    async def endpoint(self, endpoint_id: EndpointId) -> Endpoint | None:
        """The endpoint as it is now; ``None`` when it was removed. Raises ``UnreadableEndpoint``."""
        known = self._endpoints.fresh(endpoint_id) or await self._endpoints.read(endpoint_id)
        return known.value

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
    """What ``find`` finds for each key that was asked for. Ask ``fresh`` first, which costs no task switch."""

    def __init__(self, store: Store, find: Callable[[Transaction, Key], Value]) -> None:
        self._store = store
        self._find = find
        self._entries: dict[Key, _Entry[Value]] = {}
        self._changes = 0

    def fresh(self, key: Key) -> _Entry[Value] | None:
        known = self._entries.get(key)
        return known if known and monotonic() < known.fresh_until else None

    async def read(self, key: Key) -> _Entry[Value]:
        fresh_until, changes = monotonic() + FRESH_SECONDS, self._changes
        if known := self._entries.get(key):
            known.fresh_until = fresh_until  # others go by what is known until the answer is here
        found = _Entry(await self._store.read(lambda tx: self._find(tx, key)), fresh_until)
        if changes == self._changes:
            self._entries[key] = found
        return found

    def forget(self, keys: Iterable[Key]) -> None:
        """They were changed: what is known of them is wrong, and so may be what is being read."""
        self._changes += 1
        for key in keys:
            self._entries.pop(key, None)


def _sources_by_token(tx: Transaction, key: None) -> Mapping[str, Source]:
    return {source.token: source for source in sources.every(tx)}


def _filters_by_source(tx: Transaction, key: None) -> Mapping[SourceId, Sequence[EndpointFilter]]:
    return messages.filters(tx)
