"""The two sides of the ledger: which events were acknowledged to the sender, and which the destination received.

Each side runs in its own thread, so both continue whatever happens to the server between them.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Coroutine
from typing import Any

PAUSE_SECONDS = 0.05
"""Pause between tries while the server is down or refuses an event."""


class _InAThread:
    """Runs an event loop in a thread while the ``with`` block lasts."""

    def __enter__(self) -> Any:
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._begin())
        return self

    def __exit__(self, *exc: object) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _begin(self) -> None: ...

    async def _end(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in self._writers), return_exceptions=True)


class Sink(_InAThread):
    """A destination that responds 200 after ``answer_seconds`` and records when each ``webhook-id`` arrived.

    A change of ``answer_seconds`` also affects requests that already wait for their response.
    """

    def __init__(self, answer_seconds: float = 0.0) -> None:
        self.answer_seconds = answer_seconds
        self.seen: Counter[str] = Counter()
        self.first_at: dict[str, float] = {}
        """``webhook-id`` → first arrival, on the monotonic clock."""
        self.last_at: dict[str, float] = {}
        self.unanswered: set[str] = set()
        self.port = 0
        self._awaited_since = 0.0
        self._first_since: float | None = None

    def expect(self) -> None:
        """Reset ``first``: it becomes the time of the next request."""
        self._first_since, self._awaited_since = None, time.monotonic()

    @property
    def first(self) -> float | None:
        """When the first request after ``expect`` arrived; None if none has."""
        return self._first_since

    async def _begin(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        self._server.close()
        await super()._end()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
                headers = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
                await reader.readexactly(int(headers.get("content-length", 0)))
                webhook_id = headers["webhook-id"]
                self._note(webhook_id)
                due = time.monotonic()
                while (wait := due + self.answer_seconds - time.monotonic()) > 0:
                    await asyncio.sleep(min(wait, PAUSE_SECONDS))
                self.unanswered.discard(webhook_id)
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _note(self, webhook_id: str) -> None:
        now = time.monotonic()
        self.seen[webhook_id] += 1
        self.unanswered.add(webhook_id)
        self.first_at.setdefault(webhook_id, now)
        if self._first_since is None and now >= self._awaited_since:
            self._first_since = now
        self.last_at[webhook_id] = now


class Sender(_InAThread):
    """Sends events, repeats each under its id until it is acknowledged, as Dodo does, and records acknowledgements.

    ``rate`` is events per second over all ``connections``; ``size`` is the approximate size of an event in bytes.
    """

    def __init__(self, port: int, token: str, secret: str, *, rate: float = 200, connections: int = 8, size: int = 400):
        self.acknowledged: dict[str, float] = {}
        """``webhook-id`` → time of the acknowledgement, on the monotonic clock."""
        self.statuses: Counter[int] = Counter()
        self.longest_answer = 0.0
        self.clock_offset = 0.0
        """Seconds that the sender's clock is ahead, so that it can follow the server's."""
        self.paused = False
        self._port, self._token = port, token
        self._key = base64.b64decode(secret.removeprefix("whsec_"))
        self._pause = connections / rate
        self._connections, self._size = connections, size
        self._run_id = f"{random.getrandbits(40):x}"
        self._next = 0

    async def _begin(self) -> None:
        self._tasks = [asyncio.create_task(self._send_forever(number)) for number in range(self._connections)]

    async def _send_forever(self, number: int) -> None:
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        await asyncio.sleep(self._pause * number / self._connections)
        due = time.monotonic()
        while True:
            while self.paused:
                await asyncio.sleep(PAUSE_SECONDS)
            self._next += 1
            webhook_id = f"evt_{self._run_id}_{self._next}"
            body = json.dumps({"type": "payment.succeeded", "data": {"n": self._next, "x": "x" * self._size}}).encode()
            while webhook_id not in self.acknowledged:
                begun = time.monotonic()
                try:
                    if connection is None or connection[1].is_closing():
                        connection = await asyncio.open_connection("127.0.0.1", self._port)
                        self._writers.add(connection[1])
                    status = await self._post(*connection, webhook_id, body)
                except (OSError, asyncio.IncompleteReadError):
                    if connection:
                        connection[1].close()
                    connection, status = None, 0
                else:
                    self.longest_answer = max(self.longest_answer, time.monotonic() - begun)
                self.statuses[status] += 1
                if status == 200:
                    self.acknowledged[webhook_id] = time.monotonic()
                else:
                    await asyncio.sleep(PAUSE_SECONDS)
            due = max(due + self._pause, time.monotonic() - 1)
            await asyncio.sleep(due - time.monotonic())

    async def _post(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, webhook_id: str, body: bytes
    ) -> int:
        stamp = str(int(time.time() + self.clock_offset))
        signature = hmac.digest(self._key, f"{webhook_id}.{stamp}.".encode() + body, hashlib.sha256)
        head = (
            f"POST /in/{self._token} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n"
            f"webhook-id: {webhook_id}\r\nwebhook-timestamp: {stamp}\r\n"
            f"webhook-signature: v1,{base64.b64encode(signature).decode()}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = answer.partition("content-length: ")[2].partition("\r\n")[0]
        await reader.readexactly(int(length or 0))
        if "connection: close" in answer:
            writer.close()
        return int(answer[9:12])
