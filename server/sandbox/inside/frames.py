"""The wire format between server and worker: lengths, a small JSON head, then the data.

The event, the payload and the body of a reply are sent unquoted: encoding a large payload as JSON again is slow.
"""

import json
import os
import struct
from collections import deque
from collections.abc import Iterator
from typing import Any

REQUEST = struct.Struct("!III")
"""Lengths in bytes of the head, the event and the payload. An empty head has length 0."""
REPLY = struct.Struct("!II")
"""Lengths in bytes of the head and the body."""
_CHUNK = 1 << 18

Head = dict[str, Any]
Request = tuple[Head, bytes, bytes]
"""A request's head, event and payload."""


def pack_request(head: Head, event: bytes, payload: bytes) -> bytes:
    quoted = json.dumps(head, separators=(",", ":")).encode() if head else b""
    return b"".join((REQUEST.pack(len(quoted), len(event), len(payload)), quoted, event, payload))


def pack_reply(head: bytes, body: bytes) -> bytes:
    return b"".join((REPLY.pack(len(head), len(body)), head, body))


def write(descriptor: int, reply: bytes) -> None:
    """Write the whole reply; blocks until done."""
    done = os.write(descriptor, reply)
    while done < len(reply):
        done += os.write(descriptor, memoryview(reply)[done:])


def with_clock(event: bytes, clock: int) -> bytes:
    """The event's JSON with the fixed time of its run before it, in milliseconds since 1970."""
    return b"%d%b" % (clock, event)


def clock_of(event: bytes) -> tuple[bytes, bytes]:
    """The fixed time before the event's JSON, and that JSON."""
    at = event.index(b"{")
    return event[:at], event[at:]


class Requests:
    """Iterates over the server's requests (head, event, payload) until the server closes. Blocks.

    Requests that arrive together are read together, so a batch costs one system call instead of three per request.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._received, self._at = b"", 0
        self._later: deque[Request] = deque()

    def __iter__(self) -> Iterator[Request]:
        while request := self._later.popleft() if self._later else self._next():
            yield request

    def part(self) -> str | None:
        """Wait for the requested locale data. Returns empty text if it is refused, None if the server has closed.

        Requests that arrive before it are queued.
        """
        while request := self._next():
            if "part" in request[0]:
                return request[2].decode()
            self._later.append(request)
        return None

    def _next(self) -> Request | None:
        while len(self._received) - self._at < REQUEST.size:
            if not (chunk := os.read(self._descriptor, _CHUNK)):
                return None
            self._received, self._at = self._received[self._at :] + chunk, 0
        sizes = REQUEST.unpack_from(self._received, self._at)
        missing = REQUEST.size + sum(sizes) - (len(self._received) - self._at)
        if missing > 0:
            rest = _exactly(self._descriptor, missing)
            if rest is None:
                return None
            self._received, self._at = self._received[self._at :] + rest, 0
        head_at = self._at + REQUEST.size
        event_at = head_at + sizes[0]
        payload_at = event_at + sizes[1]
        head = json.loads(self._received[head_at:event_at]) if sizes[0] else {}
        self._at = payload_at + sizes[2]
        return head, self._received[event_at:payload_at], self._received[payload_at : self._at]


def _exactly(descriptor: int, size: int) -> bytes | None:
    """At least ``size`` bytes, more if they have arrived already; None if the server has closed."""
    chunks = []
    while size > 0:
        if not (chunk := os.read(descriptor, max(size, _CHUNK))):
            return None
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)
