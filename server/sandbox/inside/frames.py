"""How the server and a worker talk: a small JSON head and a raw body, each with its length in front.

The body carries the payload, which is already text and may be a mebibyte: quoting it again costs.
"""

import json
import os
import struct
from typing import Any

LENGTHS = struct.Struct("!II")

Head = dict[str, Any]


def pack(head: Head, body: bytes = b"") -> bytes:
    quoted = json.dumps(head, separators=(",", ":")).encode()
    return LENGTHS.pack(len(quoted), len(body)) + quoted + body


def write(descriptor: int, head: Head, body: bytes = b"") -> None:
    """Blocks until everything is written."""
    rest = memoryview(pack(head, body))
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def read(descriptor: int) -> tuple[Head, bytes] | None:
    """The next frame, or None when the other side has closed. Blocks."""
    lengths = _exactly(descriptor, LENGTHS.size)
    if lengths is None:
        return None
    head_size, body_size = LENGTHS.unpack(lengths)
    content = _exactly(descriptor, head_size + body_size)
    if content is None:
        return None
    head: Head = json.loads(content[:head_size])
    return head, content[head_size:]


def _exactly(descriptor: int, size: int) -> bytes | None:
    chunks = []
    while size:
        chunk = os.read(descriptor, min(size, 1 << 20))
        if not chunk:
            return None
        chunks.append(chunk)
        size -= len(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)
