"""Sends signed events over a few persistent connections, as fast as they are acknowledged or at a given rate.

Run as a process: ``python -m pipeline.load URL SECRET SECONDS CONNECTIONS RATE`` (rate 0: as fast as possible). Prints
{sent, acknowledged, seconds, latencies_ms} as JSON. Events are the catalog's payment sample (at least 2.5 KB); each
gets its own id and is signed when it is sent.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time
from urllib.parse import urlsplit

import uvloop

from server.domain.catalog import sample_json

SAMPLE = json.dumps(json.loads(sample_json("payment.succeeded")), separators=(",", ":"))
PAYMENT_ID = json.loads(SAMPLE)["data"]["payment_id"]


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
        if b"\r\n\r\n" in self._received and self._answer and not self._answer.done():
            status = int(self._received[9:12])
            self._received = b""
            self._answer.set_result(status)

    async def send(self, request: bytes) -> int:
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)  # type: ignore[attr-defined]
        return await self._answer


async def main(url: str, secret: str, seconds: float, connections: int, rate: float) -> None:
    parts = urlsplit(url)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    loop = asyncio.get_running_loop()
    pool = [(await loop.create_connection(Connection, parts.hostname, parts.port))[1] for _ in range(connections)]
    started = time.perf_counter()
    latencies: list[float] = []
    sent = 0

    def request() -> bytes:
        nonlocal sent
        sent += 1
        now = time.time_ns()
        body = SAMPLE.replace(PAYMENT_ID, f"pay_{now}").encode()
        webhook_id, stamp = f"evt_{now}_{sent}", str(now // 1_000_000_000)
        signature = base64.b64encode(hmac.digest(key, f"{webhook_id}.{stamp}.".encode() + body, hashlib.sha256))
        head = (
            f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nwebhook-id: {webhook_id}\r\nwebhook-timestamp: {stamp}\r\n"
            f"webhook-signature: v1,{signature.decode()}\r\n\r\n"
        )
        return head.encode() + body

    async def run(number: int, connection: Connection) -> None:
        pause = connections / rate if rate else 0
        due = started + (number / connections) * pause
        while (now := time.perf_counter()) - started < seconds:
            if pause:
                if due > now:
                    await asyncio.sleep(due - now)
                due += pause
            at = time.perf_counter()
            assert await connection.send(request()) == 200
            latencies.append((time.perf_counter() - at) * 1000)

    await asyncio.gather(*(run(number, connection) for number, connection in enumerate(pool)))
    elapsed = time.perf_counter() - started
    print(json.dumps({"sent": sent, "acknowledged": len(latencies), "seconds": elapsed, "latencies_ms": latencies}))


if __name__ == "__main__":
    address, secret_, seconds_, connections_, rate_ = sys.argv[1:]
    uvloop.run(main(address, secret_, float(seconds_), int(connections_), float(rate_)))
