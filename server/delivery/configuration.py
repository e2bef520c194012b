"""Keeps sources, endpoints, filters and search settings in memory: reading them costs as much as storing an event.

The store reports which sources and endpoints a commit of this process changed, before the commit's caller goes on;
their entries are then dropped. A change by another process on the same database shows within ``FRESH_SECONDS``.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Generic, TypeVar

from server.domain.endpoints import Endpoint
from server.domain.ids import EndpointId, SourceId, VersionId
from server.domain.search_terms import SearchSettings
from server.domain.sources import Source
from server.domain.versions import MissingVersion, Version
from server.store import Store, Transaction, endpoints, messages, options, sources, versions
from server.store.changes import Changes
from server.store.messages import EndpointFilter

FRESH_SECONDS = 1.0
"""How long an entry is used before it is read again."""

MAX_VERSIONS = 64
"""Versions in memory that people chose for deliveries. Each has at most 256 KiB of code."""

Key = TypeVar("Key")
Value = TypeVar("Value")


class Configuration:
    """A cache of the configuration. Create one for each store, in its event loop."""

    def __init__(self, store: Store) -> None:
        self._sources = _Kept(store, _sources_by_token)
        self._filters = _Kept(store, _filters_by_source)
        self._endpoints = _Kept(store, endpoints.get_whole)
        self._search = _Kept(store, _search_settings)
        self._store = store
        self._versions: dict[VersionId, Version] = {}
        store.watch(self._forget)

    async def source_with_token(self, token: str) -> Source | None:
        """Return the source with this ingest token, or ``None``. Guessing costs no reads: all sources are in memory."""
        known = self._sources.fresh(None) or await self._sources.read(None)
        return known.value.get(token)

    async def sources(self) -> Collection[Source]:
        """Return all sources."""
        known = self._sources.fresh(None) or await self._sources.read(None)
        return known.value.values()

    async def filters_of(self, source_id: SourceId) -> Sequence[EndpointFilter]:
        """Return the filters of the endpoints that listen to a source; usually none."""
        known = self._filters.fresh(None) or await self._filters.read(None)
        return known.value.get(source_id, ())

    async def search_settings(self) -> SearchSettings:
        """Return which keys of metadata are search terms."""
        known = self._search.fresh(None) or await self._search.read(None)
        return known.value

    async def endpoint(self, endpoint_id: EndpointId) -> Endpoint | None:
        """Return the endpoint as it is now, or ``None`` when it was removed. Raises ``UnreadableEndpoint``."""
        known = self._endpoints.fresh(endpoint_id) or await self._endpoints.read(endpoint_id)
        return known.value

    async def version(self, endpoint_id: EndpointId, version_id: VersionId) -> Version:
        """Return a version of the endpoint's code. Raises ``MissingVersion``. A version never changes."""
        known = self._versions.pop(version_id, None) or await self._store.read(lambda tx: versions.get(tx, version_id))
        if known is None or known.endpoint_id != endpoint_id:
            raise MissingVersion
        self._versions[version_id] = known  # at the end: the one at the beginning was used least recently
        if len(self._versions) > MAX_VERSIONS:
            del self._versions[next(iter(self._versions))]
        return known

    def _forget(self, changes: Changes) -> None:
        if changes.sources:
            self._sources.forget([None])
        if changes.search:
            self._search.forget([None])
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
    """Caches the result of ``find`` for each key. Call ``fresh`` first: it costs no task switch."""

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
            known.fresh_until = fresh_until  # other callers use the old value until this read returns
        found = _Entry(await self._store.read(lambda tx: self._find(tx, key)), fresh_until)
        if changes == self._changes:
            self._entries[key] = found
        return found

    def forget(self, keys: Iterable[Key]) -> None:
        """Drop entries that a commit changed. A read under way may be outdated as well, so its result is not kept."""
        self._changes += 1
        for key in keys:
            self._entries.pop(key, None)


def _search_settings(tx: Transaction, key: None) -> SearchSettings:
    return options.search_settings(tx)


def _sources_by_token(tx: Transaction, key: None) -> Mapping[str, Source]:
    return {source.token: source for source in sources.every(tx)}


def _filters_by_source(tx: Transaction, key: None) -> Mapping[SourceId, Sequence[EndpointFilter]]:
    return messages.filters(tx)
