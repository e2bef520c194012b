"""Decodes the chunked transfer coding (RFC 9112 7.1) within limits.

Extensions and trailers are checked and dropped. Trailers never become headers: a signature must not follow what it
signs, and a header must not change after it was checked.
"""

import re
from collections.abc import Callable

MAX_LINE_BYTES = 4096
"""Bytes of a line with a chunk's size, and of a trailer."""
MAX_TRAILER_BYTES = 16 * 1024
FREE_CHUNKS = 16_384
BYTES_PER_CHUNK = 16
"""Each chunk costs as much as 1,000 bytes of a body, so those beyond ``FREE_CHUNKS`` must carry this many on
average."""

_SIZE = re.compile(rb"0*([0-9A-Fa-f]{1,12})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*")


class BadChunks(Exception):
    """The body is invalid, so nothing that follows it can be read either."""


class Chunks:
    """Passes the pieces of a body to ``on_body`` as they arrive."""

    def __init__(self, on_body: Callable[[bytes], None]) -> None:
        self._on_body = on_body
        self._line = b""
        self._left = 0
        """Bytes of the current chunk that are still to come."""
        self._after_chunk = False
        """The line end after a chunk's bytes comes next."""
        self._in_trailers = False
        self._chunks = 0
        self._bytes = 0
        self._trailer_bytes = 0

    def take(self, data: bytes) -> bytes | None:
        """Decode ``data``. Returns what follows the body, or ``None`` while that goes on. Raises ``BadChunks``."""
        at = 0
        while at < len(data):
            if self._left:
                piece = data[at : at + self._left]
                at += len(piece)
                self._left -= len(piece)
                self._bytes += len(piece)
                self._on_body(piece)
                self._after_chunk = not self._left
                continue
            end = data.find(b"\n", at)
            stop = len(data) if end < 0 else end + 1
            line = self._line + data[at:stop]
            if len(line) > MAX_LINE_BYTES:
                raise BadChunks
            at = stop
            if end < 0:
                self._line = line
                return None
            self._line = b""
            if line[-2:] != b"\r\n":  # servers disagree on LF alone, which allows smuggling
                raise BadChunks
            if self._take_line(line[:-2]):
                return data[at:]
        return None

    def _take_line(self, line: bytes) -> bool:
        """Decode one line. Returns whether it was the body's last."""
        if self._after_chunk:
            if line:
                raise BadChunks
            self._after_chunk = False
        elif self._in_trailers:
            if not line:
                return True
            self._trailer_bytes += len(line)
            if self._trailer_bytes > MAX_TRAILER_BYTES or not _TRAILER.fullmatch(line):
                raise BadChunks
        else:
            size = _SIZE.fullmatch(line)
            self._chunks += 1
            if size is None or self._chunks > FREE_CHUNKS + self._bytes // BYTES_PER_CHUNK:
                raise BadChunks
            self._left = int(size[1], 16)
            self._in_trailers = not self._left
        return False
