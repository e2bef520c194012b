"""Parses one HTTP/1.x response from bytes as they arrive, as leniently as curl and Node do. No I/O.

A sender of webhooks needs the status; everything else is only shown to people. So once the status line has been read,
nothing that follows invalidates it, and odd framing only means that the connection is not reused. This leniency allows
no request smuggling: a connection carries one exchange at a time and is dropped after anything odd.
"""

import re
from enum import Enum, auto

MAX_HEAD_BYTES = 64 * 1024
"""Bytes of one head: the status line and its headers, however many."""
MAX_FRAMING_BYTES = 64 * 1024
"""Bytes of everything else that is not body: interim responses, the framing of chunks, trailers."""

_SLACK_BYTES = 1024
"""Added to the limit, so that a head of exactly 64 KiB is read however its line ends are counted."""

_HEAD_END = re.compile(rb"\n\r*\n")
_STATUS_LINE = re.compile(rb"HTTP/(\d(?:\.\d)?)[ \t]+([1-9]\d\d)(?!\d)", re.IGNORECASE)
_LENGTH = re.compile(rb"\+?0*(\d{1,18})(?!\d)")
_CHUNK_SIZE = re.compile(rb"[ \t]*0*([0-9a-fA-F]{1,15})[ \t]*(?:;[^\n]*)?")

_NAME_LENGTHS = frozenset(map(len, (b"content-length", b"transfer-encoding", b"connection")))


_BLANKS = (b" ", b"\t")


class Malformed(Exception):
    """The bytes are no HTTP, or their framing is broken or too large. The status may have been read before."""


class TooLarge(Malformed):
    """A head or the framing of the body exceeds its limit."""


class _State(Enum):
    HEAD = auto()
    LENGTH = auto()
    UNTIL_CLOSE = auto()
    CHUNK_SIZE = auto()
    CHUNK = auto()
    CHUNK_END = auto()
    TRAILERS = auto()
    COMPLETE = auto()


_HEAD, _LENGTH_STATE, _UNTIL_CLOSE, _CHUNK_SIZE_STATE, _CHUNK, _CHUNK_END, _TRAILERS, _COMPLETE = _State
"""As names of the module: reading a member from its enumeration costs ten times as much."""


class ResponseReader:
    """Parses a response: ``feed`` what arrives, then take ``pieces``."""

    __slots__ = (
        "_framing", "_held", "_left", "_searched", "_state", "headers", "keep_alive", "pieces", "status",
        "transfer_codings",
    )  # fmt: skip

    def __init__(self) -> None:
        self.status = 0
        """Status of the final response; 0 until its head has been read, or ``read_partial_head`` found one."""
        self.headers: list[tuple[bytes, bytes]] = []
        """Names are spelled as received; a folded value is joined into one line."""
        self.pieces: list[bytes] = []
        """Of the body, without its framing. The caller of ``feed`` takes them out."""
        self.transfer_codings: list[bytes] = []
        """Codings of the body beside chunks, in the order of application, in lower case."""
        self.keep_alive = False
        """The other side keeps the connection open, and nothing about this response was odd."""
        self._state = _HEAD
        self._held = b""
        self._searched = 0
        self._left = 0
        self._framing = 0

    @property
    def head_read(self) -> bool:
        return self._state is not _HEAD

    @property
    def complete(self) -> bool:
        return self._state is _COMPLETE

    def feed(self, data: bytes) -> None:
        """Parse the next bytes. Any that follow a complete response clear ``keep_alive``. Raises ``Malformed``."""
        if self._state is _HEAD:
            data = self._held + data if self._held else data
            self._held = b""
            while self._state is _HEAD:
                rest = self._read_head(data)
                if rest is None:
                    return
                data = rest
        if not data:
            return
        state = self._state
        if state is _LENGTH_STATE:
            self._read_length(data)
        elif state is _UNTIL_CLOSE:
            self.pieces.append(data)
        elif state is _COMPLETE:
            self.keep_alive = False
        else:
            self._read_chunks(data)

    def end(self) -> bool:
        """Say that nothing more will arrive. Returns whether the response is complete; some end only in this way."""
        self.keep_alive = False
        if self._state in (_UNTIL_CLOSE, _TRAILERS):
            self._state = _COMPLETE
        return self._state is _COMPLETE

    def read_partial_head(self) -> None:
        """Take the status and the complete header lines of a head that did not end."""
        if self._state is _HEAD and (line_end := self._held.rfind(b"\n")) >= 0:
            lines = self._held[:line_end].split(b"\n")
            if (found := _STATUS_LINE.match(lines[0])) and int(found[2]) >= 200:
                self.status = int(found[2])
                self.headers = _headers(lines)

    def _read_head(self, data: bytes) -> bytes | None:
        """Parse a head. Returns what follows it, or ``None`` when it has not ended."""
        if data[:1] in (b"\r", b"\n"):  # blank lines before a response, for example after an overlong body
            bare = data.lstrip(b"\r\n")
            self._count(len(data) - len(bare))
            data = bare
        if data[:5].upper() != b"HTTP/"[: len(data)]:
            raise Malformed
        found = _HEAD_END.search(data, self._searched)
        if found is None or found.end() > MAX_HEAD_BYTES + _SLACK_BYTES:
            self._held = data[: found.start() + 1] if found else data
            self._searched = max(0, data.rfind(b"\n", self._searched))
            if len(data) > MAX_HEAD_BYTES + _SLACK_BYTES:
                raise TooLarge
            if (line_end := data.find(b"\n")) >= 0 and not _STATUS_LINE.match(data, 0, line_end):
                raise Malformed
            return None
        self._searched = 0
        lines = data[: found.start()].split(b"\n")
        line = _STATUS_LINE.match(lines[0])
        if line is None:
            raise Malformed
        status = int(line[2])
        if status < 200 and status != 101:
            self._count(found.end())
        else:
            self.status = status
            self.headers = _headers(lines)
            self._frame(line[1])
        return data[found.end() :]

    def _frame(self, version: bytes) -> None:
        """Determine how long the body is, and whether the connection can be reused."""
        lengths: set[int | None] = set()
        length: int | None = None
        codings: list[bytes] = []
        tokens: list[bytes] = []
        for name, value in self.headers:
            if len(name) not in _NAME_LENGTHS:  # costs a third of comparing each name
                continue
            match name.lower():
                case b"content-length":
                    said = [_length(each) for each in value.split(b",")]
                    length = said[0]
                    lengths.update(said)
                case b"transfer-encoding":
                    codings += _tokens(value)
                case b"connection":
                    tokens += _tokens(value)
        self.keep_alive = b"close" not in tokens if version == b"1.1" else version == b"1.0" and b"keep-alive" in tokens
        if codings:
            codings = [coding for coding in codings if coding != b"identity"]
        if codings and codings[-1] == b"chunked":
            self._state = _CHUNK_SIZE_STATE
            self.transfer_codings = [coding for coding in codings if coding != b"chunked"]
            if lengths or version != b"1.1" or len(codings) > 1:
                self.keep_alive = False
        elif codings or length is None:
            self._state = _UNTIL_CLOSE
            self.transfer_codings = codings
        else:
            self._state = _LENGTH_STATE
            self._left = length
            if len(lengths) > 1:  # use the first length of the last line, as curl does
                self.keep_alive = False
        if self.status == 101:
            self.keep_alive = False
            self._state = _COMPLETE
        elif self.status in (204, 304) or (self._state is _LENGTH_STATE and not self._left):
            self._state = _COMPLETE

    def _read_length(self, data: bytes) -> None:
        self.pieces.append(data[: self._left])
        self._left -= len(data)
        if self._left <= 0:
            self._state = _COMPLETE
            if self._left < 0:
                self.keep_alive = False

    def _read_chunks(self, data: bytes) -> None:
        data = self._held + data if self._held else data
        self._held = b""
        at = 0
        while at < len(data):
            if self._state is _State.CHUNK:
                piece = data[at : at + self._left]
                self.pieces.append(piece)
                at += len(piece)
                self._left -= len(piece)
                if not self._left:
                    self._state = _State.CHUNK_END
                continue
            if self._state is _State.COMPLETE:
                self.keep_alive = False
                break
            line_end = data.find(b"\n", at)
            if line_end < 0:
                if len(data) - at + self._framing > MAX_FRAMING_BYTES:
                    raise TooLarge
                self._held = data[at:]
                break
            line = data[at:line_end].rstrip(b"\r")
            self._count(line_end + 1 - at)
            at = line_end + 1
            match self._state:
                case _State.CHUNK_END:
                    if line:
                        raise Malformed
                    self._state = _State.CHUNK_SIZE
                case _State.CHUNK_SIZE:
                    if not line:  # an extra blank line
                        continue
                    size = _CHUNK_SIZE.fullmatch(line)
                    if size is None:
                        raise Malformed
                    self._left = int(size[1], 16)
                    self._state = _State.CHUNK if self._left else _State.TRAILERS
                case _State.TRAILERS if not line:
                    self._state = _State.COMPLETE

    def _count(self, framing: int) -> None:
        self._framing += framing
        if self._framing > MAX_FRAMING_BYTES:
            raise TooLarge


def _headers(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    """Parse every line after the first. A line without a colon is a name without a value, so that people see it."""
    headers: list[tuple[bytes, bytes]] = []
    for line in lines[1:]:
        if line[:1] <= b" " and line[:1] in _BLANKS:  # folded: it continues the value
            if headers and (more := line.strip(b" \t\r")):
                name, value = headers[-1]
                headers[-1] = name, value + b" " + more if value else more
            continue
        name, _, value = line.partition(b":")
        headers.append((name.rstrip(b" \t\r"), value.strip(b" \t\r")))
    return headers


def _length(text: bytes) -> int | None:
    if text.isdigit() and len(text) <= 18:
        return int(text)
    found = _LENGTH.match(text.strip(b" \t"))
    return int(found[1]) if found else None


def _tokens(value: bytes) -> list[bytes]:
    """Return the members of a list in lower case, without parameters and quotes."""
    tokens = [token.partition(b";")[0].strip(b' \t\x0b"').lower() for token in value.split(b",")]
    return [token for token in tokens if token]
