"""Keeps what addresses of the inspector receive, within bounds: a flood neither fills the disk nor slows the intake.

What one address may take is less than what the addresses of its source may, and that is less than what all may. So a
flood at one address, or at all of a source, leaves room for the others.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from server.delivery.feed import Feed, Inspected
from server.domain.inspector_addresses import TOKEN, InspectedRequest, InspectorAddress
from server.store import Store, inspector

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """What some addresses may take together in this process; more is refused."""

    at_once: int
    """Requests under way, those that wait for their delay included."""
    per_second: int
    """Requests that are kept."""
    bytes_per_second: int
    """Of requests that are kept, on average."""
    bytes_at_once: int


OF_ADDRESS = Bounds(50, 50, 2 * _MIB, 8 * _MIB)
OF_SOURCE = Bounds(75, 75, 3 * _MIB, 12 * _MIB)
OF_ALL = Bounds(100, 100, 4 * _MIB, 16 * _MIB)
"""The intake writes thousands of requests, so it does not notice these. The writer of the intake stores the bytes, and
a megabyte takes it milliseconds."""
MAX_LOOKUPS = 100
"""Addresses that are being looked up in the database."""
READS_AT_ONCE = 2
MAX_BUCKETS = 200
"""Those that are full are forgotten when there are more."""


class TooMany(Exception):
    """The sender may try again later."""


class RequestBin:
    def __init__(self, store: Store, feed: Feed, *, timeout: float) -> None:
        self._store = store
        self._feed = feed
        self.timeout = timeout
        """Seconds within which a request must arrive whole."""
        self._under_way: Counter[Hashable] = Counter()
        self._requests = _Buckets()
        self._bytes = _Buckets()
        self._reading = asyncio.Semaphore(READS_AT_ONCE)
        self._lookups: dict[str, asyncio.Task[InspectorAddress | None]] = {}

    async def address(self, token: str) -> InspectorAddress | None:
        """The address with this token. Raises ``TooMany``, so that strangers who guess cannot keep pages waiting.

        Requests that come to one address at once are looked up together: a flood of them delays no other's.
        """
        if not TOKEN.fullmatch(token):
            return None
        lookup = self._lookups.get(token)
        if lookup is None:
            if len(self._lookups) >= MAX_LOOKUPS:
                raise TooMany
            lookup = self._lookups[token] = asyncio.create_task(self._look_up(token))
            lookup.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # its clients may have left
        return await asyncio.shield(lookup)  # a client that leaves ends it for nobody else

    async def _look_up(self, token: str) -> InspectorAddress | None:
        try:
            async with self._reading:
                return await self._store.read(lambda tx: inspector.by_token(tx, token))
        finally:
            del self._lookups[token]

    @contextmanager
    def place(self, address: InspectorAddress) -> Iterator[None]:
        """A place for one request, from its head to the end of its response. Raises ``TooMany``."""
        where, under_way = _where(address), self._under_way
        if any(under_way[each] >= bounds.at_once for each, bounds in where.items()):
            raise TooMany
        self._requests.take(1, {each: (bounds.per_second, bounds.per_second) for each, bounds in where.items()})
        under_way.update(where.keys())
        try:
            yield
        finally:
            under_way.subtract(where.keys())
            for each in where:
                if not under_way[each]:
                    del under_way[each]

    async def keep(self, address: InspectorAddress, request: InspectedRequest) -> None:
        """Store the request and tell open pages. Raises ``Busy``, and ``TooMany`` after too many bytes."""
        where = _where(address)
        rates = {each: (bounds.bytes_at_once, bounds.bytes_per_second) for each, bounds in where.items()}
        self._bytes.take(request.kept_bytes, rates)
        if await self._store.write(lambda tx: inspector.add(tx, request)):
            self._feed.publish(Inspected(address.source_id, address.id))


def _where(address: InspectorAddress) -> dict[Hashable, Bounds]:
    return {address.id: OF_ADDRESS, address.source_id: OF_SOURCE, None: OF_ALL}


class _Buckets:
    """One bucket for each key. A full one is as good as none, so these are forgotten in time."""

    def __init__(self) -> None:
        self._all: dict[Hashable, _Bucket] = {}

    def take(self, amount: float, rates: Mapping[Hashable, tuple[float, float]]) -> None:
        """Take so much from each of these buckets (what it holds at most, and fills by per second).

        Raises ``TooMany`` if one of them holds less: then nothing is taken from any.
        """
        now = time.monotonic()
        if len(self._all) >= MAX_BUCKETS:
            self._all = {key: each for key, each in self._all.items() if not each.is_full(now)}
        buckets = [self._all.setdefault(key, _Bucket(*rate, now)) for key, rate in rates.items()]
        if any(each.holds(now) < amount for each in buckets):
            raise TooMany
        for each in buckets:
            each.take(amount)


class _Bucket:
    """Holds ``most``, and fills by ``per_second``."""

    def __init__(self, most: float, per_second: float, now: float) -> None:
        self._most, self._per_second = most, per_second
        self._held, self._filled_at = most, now

    def holds(self, now: float) -> float:
        self._held = min(self._most, self._held + (now - self._filled_at) * self._per_second)
        self._filled_at = now
        return self._held

    def is_full(self, now: float) -> bool:
        return self.holds(now) >= self._most

    def take(self, amount: float) -> None:
        self._held -= amount
