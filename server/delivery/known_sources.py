"""The sources by ingest token, kept in memory: looking one up in the database cost as much as storing its event."""

import time

from server.domain.sources import Source
from server.store import Store, sources

FRESH_SECONDS = 1.0
"""How long they are believed. Our own changes show at once, those of another process on the database within this."""


class KnownSources:
    """``with_token`` answers for every token without the database, unknown ones too, so guessing costs it nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_token: dict[str, Source] | None = None
        self._fresh_until = 0.0
        self._changes = 0

    async def with_token(self, token: str) -> Source | None:
        known = self._by_token
        if known is None or time.monotonic() >= self._fresh_until:
            # Others go by what is known until the answer is here; only after a change there is nothing to go by.
            self._fresh_until = time.monotonic() + FRESH_SECONDS
            known = await self._read()
        return known.get(token)

    def forget(self) -> None:
        """A source was changed: what is known of all of them is wrong."""
        self._changes += 1
        self._by_token = None

    async def _read(self) -> dict[str, Source]:
        changes = self._changes
        found = {source.token: source for source in await self._store.read(sources.every)}
        if changes == self._changes:
            self._by_token = found
        return found
