"""How the server and a worker talk: lengths in front, then a small JSON head and what is text or JSON already.

The event, the payload and the body of a reply go as they are: quoting a mebibyte again costs.
"""

import json
import os
import struct
from collections.abc import Iterator
from typing import Any

REQUEST = struct.Struct("!III")
"""Bytes of the head, the event and the payload. The head is empty when it has nothing to say."""
REPLY = struct.Struct("!II")
"""Bytes of the head and the body."""
_CHUNK = 1 << 18

Head = dict[str, Any]


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


def requests(descriptor: int) -> Iterator[tuple[Head, bytes, bytes]]:
    """Head, event and payload of each request, until the other side has closed. Blocks.

    What arrived together is read together: a batch costs one call to the system, not three a request.
    """
    received, at = b"", 0
    while True:
        while len(received) - at < REQUEST.size:
            if not (chunk := os.read(descriptor, _CHUNK)):
                return
            received, at = received[at:] + chunk, 0
        sizes = REQUEST.unpack_from(received, at)
        missing = REQUEST.size + sum(sizes) - (len(received) - at)
        if missing > 0:
            rest = _exactly(descriptor, missing)
            if rest is None:
                return
            received, at = received[at:] + rest, 0
        head_end = at + REQUEST.size + sizes[0]
        event_end = head_end + sizes[1]
        head = json.loads(received[at + REQUEST.size : head_end]) if sizes[0] else {}
        at = event_end + sizes[2]
        yield head, received[head_end:event_end], received[event_end:at]


def _exactly(descriptor: int, size: int) -> bytes | None:
    """So many bytes, and more when they have arrived; None when the other side has closed."""
    chunks = []
    while size > 0:
        if not (chunk := os.read(descriptor, max(size, _CHUNK))):
            return None
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)
