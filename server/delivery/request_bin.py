"""Keeps what addresses of the inspector receive, within bounds: a flood neither fills the disk nor slows the intake."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from server.delivery.feed import Feed, Inspected
from server.domain.ids import InspectorAddressId
from server.domain.inspector_addresses import TOKEN, InspectedRequest, InspectorAddress
from server.store import Store, inspector

MAX_AT_ONCE = 100
"""Requests under way in this process, those that wait for their delay included; more are refused."""
MAX_AT_ONCE_OF_ONE = 50
"""The same for one address."""
MAX_PER_SECOND = 50
"""Requests that are kept; more are refused. The intake writes thousands, so it does not notice these."""
MAX_BYTES_PER_SECOND = 2 * 1024 * 1024
"""Of requests that are kept, on average. The writer of the intake stores them, and a megabyte takes it milliseconds."""
MAX_BYTES_AT_ONCE = 16 * 1024 * 1024
READS_AT_ONCE = 2


class TooMany(Exception):
    """The sender may try again later."""


class RequestBin:
    def __init__(self, store: Store, feed: Feed, *, timeout: float) -> None:
        self._store = store
        self._feed = feed
        self.timeout = timeout
        """Seconds within which a request must arrive whole."""
        self._under_way: Counter[InspectorAddressId] = Counter()
        self._reading = asyncio.Semaphore(READS_AT_ONCE)
        self._waiting = 0
        self._requests = _Bucket(MAX_PER_SECOND, MAX_PER_SECOND)
        self._bytes = _Bucket(MAX_BYTES_AT_ONCE, MAX_BYTES_PER_SECOND)

    async def address(self, token: str) -> InspectorAddress | None:
        """The address with this token. Raises ``TooMany``, so that strangers who guess cannot keep pages waiting."""
        if not TOKEN.fullmatch(token):
            return None
        if self._waiting >= MAX_AT_ONCE:
            raise TooMany
        self._waiting += 1
        try:
            async with self._reading:
                return await self._store.read(lambda tx: inspector.by_token(tx, token))
        finally:
            self._waiting -= 1

    @contextmanager
    def place(self, address: InspectorAddress) -> Iterator[None]:
        """A place for one request, from its head to the end of its response. Raises ``TooMany``."""
        under_way = self._under_way
        if (
            under_way.total() >= MAX_AT_ONCE
            or under_way[address.id] >= MAX_AT_ONCE_OF_ONE
            or not self._requests.take(1)
        ):
            raise TooMany
        under_way[address.id] += 1
        try:
            yield
        finally:
            under_way[address.id] -= 1
            if not under_way[address.id]:
                del under_way[address.id]

    async def keep(self, address: InspectorAddress, request: InspectedRequest) -> None:
        """Store the request and tell open pages. Raises ``Busy``, and ``TooMany`` after too many bytes."""
        if not self._bytes.take(request.kept_bytes):
            raise TooMany
        if await self._store.write(lambda tx: inspector.add(tx, request)):
            self._feed.publish(Inspected(address.source_id, address.id))


class _Bucket:
    """Holds ``most``, and fills by ``per_second``."""

    def __init__(self, most: float, per_second: float) -> None:
        self._most, self._per_second = most, per_second
        self._holds, self._filled_at = most, time.monotonic()

    def take(self, amount: float) -> bool:
        """Take so much, or nothing if it holds less. Returns whether it was taken."""
        now = time.monotonic()
        self._holds = min(self._most, self._holds + (now - self._filled_at) * self._per_second)
        self._filled_at = now
        if self._holds < amount:
            return False
        self._holds -= amount
        return True
