"""The server's end of one worker: requests go out together, replies come back one by one, each within its time."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from server.sandbox import replies
from server.sandbox.inside import frames
from server.sandbox.limits import Limits

START_SECONDS = 10.0
"""For a process to start, or to end, on a machine that is busy."""
LEAVE_SECONDS = 1.0
"""For a process to end by itself once our side is closed; then it is killed."""
WATCH_SECONDS = 0.1
"""How often somebody looks at a run that lasts."""
STARVED = 3
"""On a machine that is busy, a run may last so many times ``kill_after`` while it has not used its processor time."""
LOW_PRIORITY = 19

Reply = tuple[bytes, bytes]
"""A reply's head and body."""


@dataclass(frozen=True, slots=True)
class WorkerDied:
    """A worker ended before it answered."""

    code: int | None
    """Its exit code; negative: the signal; None when all workers ended, of no fault of its own."""
    killed: bool = False
    """By us, since its time was over."""
    ms: float = 0.0
    preempted: bool = False
    """By us, since others waited for its slot."""
    unusable: bool = False
    """By us, since it sent what nobody had asked for, or more than it may."""


class Worker(asyncio.Protocol):
    """One forked process, which serves one owner. ``end`` will be its exit code, or None when all workers ended.

    Whatever the process sends is bounded here: the size of a reply, and their number, which is that of the requests.
    """

    def __init__(self, limits: Limits, kill: Callable[[], object], end: asyncio.Future[int | None]) -> None:
        self._limits = limits
        self._largest = replies.largest(limits)
        self._kill = kill
        self._end = end
        self._loop = end.get_loop()
        self._received = bytearray()
        self._answers: deque[Reply] = deque()
        self._unread = 0
        """Bytes of the answers that nobody has taken yet."""
        self._is_reading = True
        self._owed = 1
        """Replies that the process still has to send; the first says that it is ready."""
        self._wanted: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._code: str | None = None
        self._clock: int | None = None
        """The id of the process's own clock, on Linux."""
        self._process = 0
        self._used_before = 0.0
        self._waited = 0.0
        """Seconds that the event under way has taken so far, without those in which we made locale data."""
        self._since = self._until = self._last = 0.0
        """When the run began that is waited for, when its time is over, and when even if it had no processor."""
        self._watch: Callable[[float], None] | None = None
        self._killed = self._preempted = self._unusable = False
        self.gone = False
        """It can be asked no more."""
        self.has_low_priority = False
        self.look_after = WATCH_SECONDS
        """Seconds of a run after which ``watch`` is called first."""
        self.served = 0
        self.idle_since = 0.0

    async def meet(self, ours: socket.socket) -> WorkerDied | None:
        """Wait until the forked process has closed its fences."""
        try:
            await self._loop.create_connection(lambda: self, sock=ours)
        except BaseException:
            ours.close()
            raise
        answer = await self._answer(START_SECONDS)
        if isinstance(answer, WorkerDied):
            return answer
        self._owed = 0
        self._process = replies.process_of(answer[0])
        if sys.platform == "linux" and self._process:
            self._clock = (~self._process << 3) | 2  # what clock_getcpuclockid makes of it
        return None

    @property
    def is_usable(self) -> bool:
        """Whether it can be sent something: it lives, as far as is known, and owes no reply."""
        return not (self.gone or self._owed or self._received or self._end.done())

    def send(self, code: str, requests: Sequence[tuple[bytes, bytes]], watch: Callable[[float], None]) -> None:
        """Ask for events and their payloads; ``answer`` then has the replies, in order. New code goes along.

        ``watch`` is called now and then with the seconds that a run lasts. It may ``stop`` or ``preempt``.
        """
        packed = []
        for event, payload in requests:
            head: frames.Head = {}
            if code != self._code:
                self._code = code
                head = {"code": code}
            packed.append(frames.pack_request(head, event, payload))
        self._watch, self._waited, self._used_before = watch, 0.0, self._clock_now() or 0.0
        self._owed += len(packed)
        if self._transport and not self.gone:
            self._transport.write(b"".join(packed))  # when it died already, the answer says how

    def arrived(self) -> Reply | None:
        """The next reply if it is here already and the event's last; otherwise ask ``answer``."""
        if not self._answers or self._unusable or replies.part_asked(self._answers[0][0]):
            return None
        self.served += 1
        self._owed -= 1
        self._waited = 0.0
        return self._taken()

    async def answer(self) -> Reply | WorkerDied:
        """The next reply. After ``WorkerDied`` there is none, and the worker is of no further use.

        A reply that asks for locale data (``replies.part_asked``) is not the event's last: ``give`` them first.
        """
        answer = await self._answer(self._limits.kill_after)
        if isinstance(answer, WorkerDied):
            self.served += 1
        elif not replies.part_asked(answer[0]):
            self.served += 1
            self._owed -= 1
            self._waited = 0.0
        return answer

    def give(self, name: str, text: str) -> None:
        """The locale data that were asked for; empty text refuses."""
        if self._transport and not self.gone:
            self._transport.write(frames.pack_request({"part": name}, b"", text.encode(errors="replace")))

    def used(self) -> float | None:
        """Seconds of processor time since ``send``; None where that is not known."""
        now = self._clock_now()
        return None if now is None else now - self._used_before

    def lower_priority(self) -> None:
        """Let others have the processor first. It cannot be undone."""
        if self.has_low_priority:
            return
        self.has_low_priority = True
        if self._process and not self._end.done():
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self._process, LOW_PRIORITY)

    def preempt(self) -> None:
        """End it now, since others wait for its slot."""
        self._preempted = True
        self.stop()

    def stop(self) -> None:
        """End it now, with whatever it is doing."""
        self._kill()
        self.gone = True
        if self._transport:
            self._transport.abort()
        self._wake()

    def retire(self) -> None:
        """Close our side; the process reads the end and leaves, or is made to."""
        if not self.gone and not self._end.done():
            self._loop.call_later(LEAVE_SECONDS, self._kill)
        self.gone = True
        if self._transport:
            self._transport.close()

    async def _answer(self, seconds: float) -> Reply | WorkerDied:
        """The next message. Of ``seconds``, what the same event took before is gone."""
        began = time.monotonic()
        before = self._waited
        if not self._answers and not self.gone:
            self._wanted = self._loop.create_future()
            self._until = began - before + seconds
            self._last = began - before + seconds * STARVED
            self._since = began - before
            # One timer, whatever it is for: a third of what ``asyncio.timeout`` costs.
            self._timer = self._loop.call_later(max(0.0, min(self.look_after, self._until - began)), self._look)
            try:
                await self._wanted
            except asyncio.CancelledError:
                self.stop()
                raise
            finally:
                self._timer.cancel()
                self._wanted = None
        self._waited = before + time.monotonic() - began
        if self._answers and not self._unusable:
            return self._taken()
        if not self._transport or not self._transport.is_closing():
            self.retire()
        code = await self._exit_code()
        return WorkerDied(code, self._killed, self._waited * 1000, self._preempted, self._unusable)

    def _taken(self) -> Reply:
        answer = self._answers.popleft()
        self._unread -= len(answer[0]) + len(answer[1])
        if not self._is_reading and self._unread <= self._largest and self._transport and not self.gone:
            self._is_reading = True
            self._transport.resume_reading()
        return answer

    def _look(self) -> None:
        """The run lasts: is its time over, or has whoever watches it something to say?"""
        now = time.monotonic()
        used = self.used()
        is_starved = used is not None and used < self._limits.run_time and now < self._last
        if now >= self._until and not is_starved:
            self._killed = True
            self.stop()
            return
        if self._watch:
            self._watch(now - self._since)
        if not self.gone:
            self._timer = self._loop.call_later(WATCH_SECONDS / 2, self._look)

    def _clock_now(self) -> float | None:
        """Seconds of processor time that the process has had."""
        if self._clock is None or self._end.done():
            return None
        try:
            return time.clock_gettime(self._clock)
        except OSError:
            return None

    async def _exit_code(self) -> int | None:
        for seconds in (LEAVE_SECONDS, START_SECONDS):
            with suppress(TimeoutError):
                return await asyncio.wait_for(asyncio.shield(self._end), seconds)
            self._kill()  # it closed its side and lives on
        return -signal.SIGKILL

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name

    def data_received(self, data: bytes) -> None:
        is_whole = not self._received  # nothing was left over, so most often nothing will be
        if not is_whole:
            self._received += data
        buffer: bytes | bytearray = data if is_whole else self._received
        start, size = 0, len(buffer)
        while size - start >= frames.REPLY.size:
            head_size, body_size = frames.REPLY.unpack_from(buffer, start)
            if head_size + body_size > self._largest or len(self._answers) >= self._owed:
                self._received.clear()
                self._unusable = True
                self.stop()
                return
            head_start = start + frames.REPLY.size
            head_end = head_start + head_size
            if size < head_end + body_size:
                break
            start = head_end + body_size
            self._answers.append((bytes(buffer[head_start:head_end]), bytes(buffer[head_end:start])))
            self._unread += head_size + body_size
        if is_whole:
            self._received += data[start:]
        else:
            del self._received[:start]
        if not start:
            return
        if self._unread > self._largest and self._is_reading and self._transport:
            self._is_reading = False
            self._transport.pause_reading()
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self.gone = True
        self._wake()

    def _wake(self) -> None:
        if self._wanted and not self._wanted.done():
            self._wanted.set_result(None)
