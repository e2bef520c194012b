"""The server's end of one worker: requests go out together, replies come back one by one, each within its time."""

import asyncio
import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from server.sandbox import replies
from server.sandbox.inside import frames
from server.sandbox.limits import Limits

START_SECONDS = 10.0
"""For a process to start, or to end, on a machine that is busy."""

Request = tuple[frames.Head, bytes, bytes]
"""A request's head, event and payload; see ``inside.worker.serve``."""
Answer = tuple[bytes, bytes]
"""A reply's head and body."""


@dataclass(frozen=True, slots=True)
class Died:
    """A worker ended before it answered."""

    code: int | None
    """Its exit code; negative: the signal; None when all workers ended, of no fault of its own."""
    killed: bool = False
    """By us, since its time was over."""
    ms: float = 0.0


class Worker(asyncio.Protocol):
    """One forked process, which serves one owner. ``end`` will be its exit code, or None when all workers ended."""

    def __init__(self, limits: Limits, kill: Callable[[], object], end: asyncio.Future[int | None]) -> None:
        self._limits = limits
        self._largest = replies.largest(limits)
        self._kill = kill
        self._end = end
        self._loop = end.get_loop()
        self._received = bytearray()
        self._answers: deque[Answer] = deque()
        self._wanted: asyncio.Future[None] | None = None
        self._transport: asyncio.WriteTransport | None = None
        self._code: str | None = None
        self._killed = False
        """By us, since its time was over."""
        self.gone = False
        """It can be asked no more."""
        self.served = 0
        self.parts: set[str] = set()
        """The locale data that it has."""
        self.idle_since = 0.0
        self.pace = 0.0
        """Seconds that its events took lately."""

    async def meet(self, ours: socket.socket) -> Died | None:
        """Wait until the forked process has closed its fences."""
        try:
            await self._loop.create_connection(lambda: self, sock=ours)
        except asyncio.CancelledError:
            ours.close()
            raise
        answer = await self._answer(START_SECONDS)
        return answer if isinstance(answer, Died) else None

    def send(self, code: str, requests: Sequence[Request]) -> None:
        """Ask for all of these; ``answer`` then has the replies, in order. The code goes along when it is new."""
        packed = []
        for head, event, payload in requests:
            if code != self._code:
                self._code = code
                head = head | {"code": code}
            packed.append(frames.pack_request(head, event, payload))
        if self._transport and not self.gone:
            self._transport.write(b"".join(packed))  # when it died already, the answer says how

    async def answer(self) -> Answer | Died:
        """The next reply. After ``Died`` there is none, and the worker is of no further use."""
        started = time.perf_counter()
        answer = await self._answer(self._limits.kill_after)
        self.served += 1
        if isinstance(answer, Died):
            return Died(answer.code, answer.killed, (time.perf_counter() - started) * 1000)
        return answer

    def stop(self) -> None:
        """End it now, with whatever it is doing."""
        self._kill()
        self.retire()

    def retire(self) -> None:
        """Close our side; the process reads the end and leaves."""
        self.gone = True
        if self._transport:
            self._transport.close()

    async def _answer(self, seconds: float) -> Answer | Died:
        if not self._answers and not self.gone:
            self._wanted = self._loop.create_future()
            deadline = self._loop.call_later(seconds, self._time_is_over)  # a third of what ``asyncio.timeout`` costs
            try:
                await self._wanted
            except asyncio.CancelledError:
                self.stop()
                raise
            finally:
                deadline.cancel()
                self._wanted = None
        if self._answers:
            return self._answers.popleft()
        self.retire()
        return Died(await self._exit_code(), killed=self._killed)

    def _time_is_over(self) -> None:
        self._killed = True
        self.stop()
        self._wake()

    async def _exit_code(self) -> int | None:
        try:
            return await asyncio.wait_for(asyncio.shield(self._end), START_SECONDS)
        except TimeoutError:
            return -signal.SIGKILL

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's is one in all but name

    def data_received(self, data: bytes) -> None:
        self._received += data
        while len(self._received) >= frames.REPLY.size:
            head_size, body_size = frames.REPLY.unpack_from(self._received)
            head_end = frames.REPLY.size + head_size
            if head_size + body_size > self._largest:
                self._received.clear()
                self.stop()
                break
            if len(self._received) < head_end + body_size:
                return
            head = bytes(self._received[frames.REPLY.size : head_end])
            self._answers.append((head, bytes(self._received[head_end : head_end + body_size])))
            del self._received[: head_end + body_size]
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self.gone = True
        self._wake()

    def _wake(self) -> None:
        if self._wanted and not self._wanted.done():
            self._wanted.set_result(None)
