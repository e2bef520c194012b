"""Limits the number of connections, and chooses the one to close when there are too many."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

MAX_HELD_BYTES = 16 * 1024 * 1024
"""For all connections together: heads that are not whole, and bytes behind a request that is being handled."""
PER_ADDRESS_SHARE = 4
"""An address may hold at most one in this many of all connections. Proxies and this machine itself are exempt."""

MAKES_WAY = "makes_way"
"""In the state of a request: a function that makes its connection the first to close when there are too many."""


@dataclass(eq=False, slots=True)
class Count:
    """One connection, as it is counted."""

    transport: asyncio.Transport
    place: str | None
    """The address it is counted for; ``None`` for a proxy."""
    closed: bool = False
    held: int = 0
    """Bytes that have arrived and cannot be passed to the application yet."""


class ConnectionLimiter:
    """Makes room for a new connection by closing the one that has waited longest for its client.

    Where none waits, it closes the one whose request has taken longest. An idle connection costs its client nothing,
    and any client may open hundreds; they must not keep an event out. ``limit`` is for all connections. ``is_proxy``
    tells whether many people's connections come from an address.
    """

    def __init__(self, limit: int, is_proxy: Callable[[str], bool] = lambda address: False) -> None:
        self.limit = limit
        self.per_place = max(16, limit // PER_ADDRESS_SHARE)
        self.closed_for_room = 0
        self.added = 0
        """Connections so far."""
        self._is_proxy = is_proxy
        self._idle: OrderedDict[Count, None] = OrderedDict()
        self._busy: OrderedDict[Count, None] = OrderedDict()
        self._all = 0
        self._held: OrderedDict[Count, None] = OrderedDict()
        self._held_bytes = 0
        self._by_place: Counter[str] = Counter()

    def add(self, transport: asyncio.Transport, address: str) -> Count:
        """Count a new connection, which is idle until its first request. It may be closed at once."""
        count = Count(transport, None if self._is_proxy(address) else place_of(address))
        self.added += 1
        self._all += 1
        self._idle[count] = None
        if count.place is not None:
            self._by_place[count.place] += 1
            if self._by_place[count.place] > self.per_place:
                self._make_room(next((one for one in self._idle if one.place == count.place), count))
        if self._all > self.limit:
            oldest = next(iter(self._idle))
            if oldest is count and self._busy:  # all others wait for a response; the new one may bring an event
                oldest = next(iter(self._busy))
            self._make_room(oldest)
        return count

    def is_busy(self, count: Count) -> None:
        """Mark a connection on which a request has arrived."""
        self._idle.pop(count, None)
        if not count.closed:
            self._busy[count] = None

    def is_idle(self, count: Count) -> None:
        """Mark a connection that waits for its client: its request was answered, or its body is not whole."""
        if not count.closed:
            self._busy.pop(count, None)
            self._idle[count] = None
            self._idle.move_to_end(count)

    def makes_way(self, count: Count) -> None:
        """Mark a connection that is the first to close when there are too many: its response is late on purpose."""
        if not count.closed:
            self._busy.pop(count, None)
            self._idle[count] = None
            self._idle.move_to_end(count, last=False)

    def holds(self, count: Count, size: int) -> None:
        """Count the bytes that a connection holds now. When all hold too many, close the one that has held longest."""
        if count.closed:
            return
        self._held_bytes += size - count.held
        count.held = size
        if size:
            self._held[count] = None
        else:
            self._held.pop(count, None)
        while self._held_bytes > MAX_HELD_BYTES and self._held:
            self._make_room(next(iter(self._held)))

    def remove(self, count: Count) -> None:
        """Stop counting a connection that has ended."""
        if count.closed:
            return
        self.holds(count, 0)
        count.closed = True
        self._idle.pop(count, None)
        self._busy.pop(count, None)
        self._all -= 1
        if count.place is not None:
            self._by_place[count.place] -= 1
            if not self._by_place[count.place]:
                del self._by_place[count.place]

    def _make_room(self, count: Count) -> None:
        self.closed_for_room += 1
        self.remove(count)
        count.transport.abort()


def place_of(address: str) -> str:
    """Return an address as it is counted: the 2⁶⁴ addresses of one IPv6 customer count as one."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(parsed) if parsed.version == 4 else str(ip_network((parsed, 64), strict=False))
