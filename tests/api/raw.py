"""Sends requests byte by byte over a raw socket."""

import asyncio
import re
import socket
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from builders import SECRET, a_source
from events import standard_signed
from running import Running

from server.domain.catalog import sample_json
from server.store import Store, Transaction
from server.store.compression import unpack

T = TypeVar("T")

SOURCE = a_source()


def in_store(data: Path, work: Callable[[Transaction], T]) -> T:
    async def run() -> T:
        store = Store.open(f"sqlite:///{data / 'hookbench.db'}")
        try:
            return await store.write(work)
        finally:
            store.close()

    return asyncio.run(run())


def is_stored(hookbench: Running, event: "Signed") -> bool:
    """Whether the event is stored exactly once, byte for byte."""
    with closing(sqlite3.connect(f"file:{hookbench.data / 'hookbench.db'}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT body FROM messages WHERE webhook_id = ?", (event.id,)).fetchall()
    return [unpack(body) for (body,) in rows] == [event.body]


@dataclass(frozen=True)
class Signed:
    """A correctly signed event. ``head`` lacks the request line, Host, and the header that gives the body's length."""

    id: str
    body: bytes
    head: bytes


def signed(text: str | None = None) -> Signed:
    event = standard_signed(SECRET, text or sample_json("payment.succeeded"))
    lines = "".join(f"{name}: {value}\r\n" for name, value in event.headers.items())
    return Signed(event.headers["webhook-id"], event.body, lines.encode())


def chunked(body: bytes, size: int = 100, extension: bytes = b"") -> bytes:
    """The body in chunks of ``size`` bytes, with the final chunk; the caller adds trailers and the closing CRLF."""
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in pieces) + b"0\r\n"


def talk(hookbench: Running, pieces: bytes | Iterable[bytes], *, ends: bool = False) -> bytes:
    """Send ``pieces`` and return all responses, until the server closes. The last request should ask it to close.

    ``ends`` shuts down our sending side first.
    """
    with socket.create_connection(("127.0.0.1", hookbench.port), timeout=5) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in [pieces] if isinstance(pieces, bytes) else pieces:
            connection.sendall(piece)
        if ends:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while more := connection.recv(65536):
            answer += more
        return answer


def statuses(answer: bytes) -> list[int]:
    """The status codes of all responses in ``answer``."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", answer)]
