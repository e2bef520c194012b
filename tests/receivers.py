"""Destinations on loopback whose responses a test controls byte by byte."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Got:
    """One request as it was received."""

    line: str
    headers: dict[str, str]
    """Names in lower case."""
    raw_head: bytes
    body: bytes


@dataclass
class Receiver:
    port: int
    got: list[Got] = field(default_factory=list)
    connections: int = 0
    asked: dict[int, str] = field(default_factory=dict)
    """``id`` of a connection's reader → path of its latest request, without the leading slash."""
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the receiver has closed a connection."""

    def url(self, path: str = "/", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def answering(raw: bytes) -> Answer:
    """Sends ``raw`` after each request and keeps the connection open."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()

    return answer


def then_closing(raw: bytes) -> Answer:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()
        writer.close()

    return answer


def dripping(head: bytes, drop: bytes, pause: float = 0.02) -> Answer:
    """Sends ``head``, then ``drop`` every ``pause`` seconds without end."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(pause)

    return answer


async def hanging(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def resetting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


@asynccontextmanager
async def receiving(answer: Answer | bytes = OK, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A destination that reads whole requests, records them, and responds to each with ``answer``."""
    answer = answering(answer) if isinstance(answer, bytes) else answer
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        receiver.connections += 1
        task = asyncio.current_task()
        assert task
        serving.add(task)
        try:
            while not writer.is_closing():
                receiver.got.append(got := await _request(reader))
                receiver.asked[id(reader)] = got.line.split()[1][1:]
                await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError, ssl.SSLError):
            pass
        finally:
            serving.discard(task)
            writer.close()
            receiver.closed.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    receiver = Receiver(server.sockets[0].getsockname()[1])
    try:
        yield receiver
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


async def _request(reader: asyncio.StreamReader) -> Got:
    head = await reader.readuntil(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Got(line, headers, head, body)
