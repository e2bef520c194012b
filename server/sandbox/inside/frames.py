"""How the server and a worker talk: lengths in front, then a small JSON head and what is text or JSON already.

The event, the payload and the body of a reply go as they are: quoting a mebibyte again costs.
"""

import json
import os
import struct
from collections import deque
from collections.abc import Iterator
from typing import Any

REQUEST = struct.Struct("!III")
"""Bytes of the head, the event and the payload. The head is empty when it has nothing to say."""
REPLY = struct.Struct("!II")
"""Bytes of the head and the body."""
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
    """Blocks until everything is written."""
    done = os.write(descriptor, reply)
    while done < len(reply):
        done += os.write(descriptor, memoryview(reply)[done:])


class Requests:
    """What the server sends: head, event and payload of each request, until it has closed. Blocks.

    What arrived together is read together: a batch costs one call to the system, not three a request.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._received, self._at = b"", 0
        self._later: deque[Request] = deque()

    def __iter__(self) -> Iterator[Request]:
        while request := self._later.popleft() if self._later else self._next():
            yield request

    def part(self) -> str | None:
        """The locale data that was asked for, empty when it is refused; None when the server has closed.

        Requests that were sent before it wait for their turn.
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
    """So many bytes, and more when they have arrived; None when the other side has closed."""
    chunks = []
    while size > 0:
        if not (chunk := os.read(descriptor, max(size, _CHUNK))):
            return None
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)
