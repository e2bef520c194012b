"""How many connections there may be, and which one goes when there are too many."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

MAX_HELD_BYTES = 16 * 1024 * 1024
"""Of all connections together: heads that are not whole, and what came behind a request that is being answered."""
PER_ADDRESS_SHARE = 4
"""One address may hold this part of all connections. Proxies and this machine itself are not counted."""


@dataclass(eq=False, slots=True)
class Count:
    """A connection as it is counted."""

    transport: asyncio.Transport
    place: str | None
    """Where it comes from; ``None`` for a proxy."""
    closed: bool = False
    held: int = 0
    """Bytes that have come and cannot be given to the application yet."""


class Connections:
    """Makes room for a new connection by closing the one that has waited longest for its client; where none waits, the
    one whose request has taken longest.

    An idle connection costs its client nothing, and any client may open hundreds; an event must not find the door
    closed because of them. ``limit``: of all connections. ``is_proxy``: says of an address that many people's
    connections come from it.
    """

    def __init__(self, limit: int, is_proxy: Callable[[str], bool] = lambda address: False) -> None:
        self.limit = limit
        self.per_place = max(16, limit // PER_ADDRESS_SHARE)
        self.closed_for_room = 0
        self._is_proxy = is_proxy
        self._idle: OrderedDict[Count, None] = OrderedDict()
        self._busy: OrderedDict[Count, None] = OrderedDict()
        self._all = 0
        self._held: OrderedDict[Count, None] = OrderedDict()
        self._held_bytes = 0
        self._by_place: Counter[str] = Counter()

    def add(self, transport: asyncio.Transport, address: str) -> Count:
        """Count a new connection, which is idle until its first request. It may have to go at once."""
        count = Count(transport, None if self._is_proxy(address) else place_of(address))
        self._all += 1
        self._idle[count] = None
        if count.place is not None:
            self._by_place[count.place] += 1
            if self._by_place[count.place] > self.per_place:
                self._make_room(next((one for one in self._idle if one.place == count.place), count))
        if self._all > self.limit:
            oldest = next(iter(self._idle))
            if oldest is count and self._busy:  # hundreds wait for a page; the new one may bring an event
                oldest = next(iter(self._busy))
            self._make_room(oldest)
        return count

    def is_busy(self, count: Count) -> None:
        """A request has come on it."""
        self._idle.pop(count, None)
        if not count.closed:
            self._busy[count] = None

    def is_idle(self, count: Count) -> None:
        """It waits for its client: a request was answered, or its body is not whole."""
        if not count.closed:
            self._busy.pop(count, None)
            self._idle[count] = None
            self._idle.move_to_end(count)

    def holds(self, count: Count, size: int) -> None:
        """It holds ``size`` bytes now. Beyond what all may hold together, the one that has held longest goes."""
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
        """The connection has ended."""
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
    """An address as connections are counted: the 2⁶⁴ addresses of one IPv6 customer are one."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(parsed) if parsed.version == 4 else str(ip_network((parsed, 64), strict=False))
