"""Sends signed events over a few persistent connections, as fast as they are acknowledged or at a given rate.

Run as a process: ``python -m pipeline.load URL SECRET SECONDS CONNECTIONS RATE`` (rate 0: as fast as possible). Prints
{sent, acknowledged, seconds, latencies_ms} as JSON. Each event gets its own id and is signed when it is sent. At a
given rate, an event that waits for the former answer of its connection is as old as the moment at which it was due.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import re
import sys
import time
from urllib.parse import urlsplit

import uvloop

from pipeline import job

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._received = b""
        self._answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(ConnectionError("closed"))

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or len(body) < (int(found[1]) if (found := _LENGTH.search(head)) else 0):
            return
        self._received = b""
        if self._answer and not self._answer.done():
            self._answer.set_result(int(head[9:12]))

    async def send(self, request: bytes) -> int:
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)  # type: ignore[attr-defined]
        return await self._answer


class Requests:
    """Makes signed requests to one address."""

    def __init__(self, url: str, secret: str) -> None:
        parts = urlsplit(url)
        self._head = f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\ncontent-type: application/json\r\n"
        self._key = base64.b64decode(secret.removeprefix("whsec_"))
        self.made = 0

    def new(self, age_ns: int = 0) -> bytes:
        """A request with a new event, which was due ``age_ns`` ago."""
        self.made += 1
        now = time.time_ns()
        body = job.body(f"pay_{now - age_ns}_{os.getpid()}n{self.made}")
        webhook_id, stamp = f"evt_{now}_{os.getpid()}n{self.made}", str(now // 1_000_000_000)
        signature = base64.b64encode(hmac.digest(self._key, f"{webhook_id}.{stamp}.".encode() + body, hashlib.sha256))
        head = (
            f"{self._head}content-length: {len(body)}\r\nwebhook-id: {webhook_id}\r\nwebhook-timestamp: {stamp}\r\n"
            f"webhook-signature: v1,{signature.decode()}\r\n\r\n"
        )
        return head.encode() + body


async def main(url: str, secret: str, seconds: float, connections: int, rate: float) -> None:
    parts, requests = urlsplit(url), Requests(url, secret)
    host, port = parts.hostname or "", parts.port or 80
    loop = asyncio.get_running_loop()
    pool = [(await loop.create_connection(Connection, host, port))[1] for _ in range(connections)]
    started = time.perf_counter()
    latencies: list[float] = []

    async def run(number: int, connection: Connection) -> None:
        pause = connections / rate if rate else 0
        due = started + (number / connections) * pause
        while (at := time.perf_counter()) - started < seconds:
            if pause and due > at:
                await asyncio.sleep(due - at)
                at = time.perf_counter()
            elif pause:
                at = due
            due += pause
            status = await connection.send(requests.new(int((time.perf_counter() - at) * 1e9)))
            assert 200 <= status < 300, status
            latencies.append((time.perf_counter() - at) * 1000)

    await asyncio.gather(*(run(number, connection) for number, connection in enumerate(pool)))
    elapsed = time.perf_counter() - started
    found = {"sent": requests.made, "acknowledged": len(latencies), "seconds": elapsed, "latencies_ms": latencies}
    print(json.dumps(found))


if __name__ == "__main__":
    address, secret_, seconds_, connections_, rate_ = sys.argv[1:]
    uvloop.run(main(address, secret_, float(seconds_), int(connections_), float(rate_)))
