"""The server's side of one worker: sends requests as a batch and reads replies one by one, each with a deadline."""

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

from server.domain.transformations import Counting
from server.sandbox import replies
from server.sandbox.inside import frames
from server.sandbox.limits import Limits

START_SECONDS = 10.0
"""Time limit for a process to start or to end, generous enough for a busy machine."""
LEAVE_SECONDS = 1.0
"""How long a process may take to exit after our side is closed; then it is killed."""
WATCH_SECONDS = 0.1
"""After how many seconds a run is first checked."""
STARVED = 3
"""On a busy machine, a run that has not used up its processor time may last this many times ``kill_after``."""
LOW_PRIORITY = 19

Reply = tuple[bytes, bytes]
"""A reply's head and body."""


@dataclass(frozen=True, slots=True)
class WorkerDied:
    """A worker ended before it replied."""

    code: int | None
    """Exit code; negative: the signal; None if all workers ended together, so this one was not the cause."""
    killed: bool = False
    """We killed it because its time was over."""
    ms: float = 0.0
    preempted: bool = False
    """We ended it because others waited for its slot."""
    unusable: bool = False
    """We ended it because it sent an unrequested reply, or one that was too large."""


class Worker(asyncio.Protocol):
    """One forked process that serves one owner. ``end`` resolves to its exit code, or None if all workers ended.

    This class bounds what the process may send: the size of a reply, and one reply per request.
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
        """Bytes of replies that were received but not read yet."""
        self._is_reading = True
        self._owed = 1
        """Replies that are still outstanding; the first one says that the process is ready."""
        self._wanted: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._program: tuple[str, Counting | None] | None = None
        """The code that the process has, and what it counts."""
        self._clock: int | None = None
        """The id of the process's CPU clock, on Linux."""
        self._process = 0
        self._used_before = 0.0
        self._waited = 0.0
        """Seconds that the current event has taken so far, without the time spent preparing locale data."""
        self._since = self._until = self._last = 0.0
        """Start of the current run, its deadline, and its last deadline if it gets no processor time."""
        self._watch: Callable[[float], None] | None = None
        self._killed = self._preempted = self._unusable = False
        self.gone = False
        """No more requests can be sent to it."""
        self.has_low_priority = False
        self.starved = STARVED
        self.look_after = WATCH_SECONDS
        """Seconds into a run at which ``watch`` is first called."""
        self.served = 0
        self.idle_since = 0.0

    async def meet(self, ours: socket.socket) -> WorkerDied | None:
        """Wait until the forked process has closed its fences. Returns ``WorkerDied`` if it ended instead."""
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
            self._clock = (~self._process << 3) | 2  # what clock_getcpuclockid(3) computes from a process id
        return None

    @property
    def is_usable(self) -> bool:
        """Whether requests can be sent: the process has not ended, as far as we know, and owes no reply."""
        return not (self.gone or self._owed or self._received or self._end.done())

    def send(
        self,
        code: str,
        requests: Sequence[tuple[bytes, bytes]],
        watch: Callable[[float], None],
        counting: Counting | None = None,
    ) -> None:
        """Send events with their payloads, and the code if it has changed. ``answer`` returns the replies in order.

        ``watch`` is called repeatedly with the seconds that a run has lasted. It may call ``stop`` or ``preempt``.
        """
        packed, program = [], (code, counting)
        for event, payload in requests:
            head: frames.Head = {}
            if program != self._program:
                self._program = program
                head = {"code": code}
                if counting:
                    head["counters"] = [counting.name, counting.counters]
            packed.append(frames.pack_request(head, event, payload))
        self._watch, self._waited, self._used_before = watch, 0.0, self._clock_now() or 0.0
        self._owed += len(packed)
        if self._transport and not self.gone:
            self._transport.write(b"".join(packed))  # if the process has died already, ``answer`` reports how

    def arrived(self) -> Reply | None:
        """The next reply, if it has arrived and completes its event; otherwise None: call ``answer``."""
        if not self._answers or self._unusable or replies.part_asked(self._answers[0][0]):
            return None
        self.served += 1
        self._owed -= 1
        self._waited = 0.0
        return self._taken()

    async def answer(self) -> Reply | WorkerDied:
        """Wait for the next reply. After ``WorkerDied`` there are no more, and the worker is unusable.

        A reply that requests locale data (``replies.part_asked``) does not complete its event: call ``give`` first.
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
        """Send the locale data that the run requested; empty text refuses the request."""
        if self._transport and not self.gone:
            self._transport.write(frames.pack_request({"part": name}, b"", text.encode(errors="replace")))

    def used(self) -> float | None:
        """Seconds of processor time since ``send``; None where the system does not tell."""
        now = self._clock_now()
        return None if now is None else now - self._used_before

    def lower_priority(self) -> None:
        """Lower the process's scheduling priority. This cannot be undone without privileges."""
        if self.has_low_priority:
            return
        self.has_low_priority = True
        if self._process and not self._end.done():
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self._process, LOW_PRIORITY)

    def preempt(self) -> None:
        """End the process now because others wait for its slot."""
        self._preempted = True
        self.stop()

    def stop(self) -> None:
        """End the process now, even during a run."""
        self._kill()
        self.gone = True
        if self._transport:
            self._transport.abort()
        self._wake()

    def retire(self) -> None:
        """Close our side. The process reads the end of the stream and exits; if it does not, it is killed."""
        if not self.gone and not self._end.done():
            self._loop.call_later(LEAVE_SECONDS, self._kill)
        self.gone = True
        if self._transport:
            self._transport.close()

    async def _answer(self, seconds: float) -> Reply | WorkerDied:
        """Wait for the next reply for at most ``seconds``, less the time that the same event has already taken."""
        began = time.monotonic()
        before = self._waited
        if not self._answers and not self.gone:
            self._wanted = self._loop.create_future()
            self._until = began - before + seconds
            self._last = began - before + seconds * self.starved
            self._since = began - before
            # One timer for the deadline and the watch: cheaper than ``asyncio.timeout``, and this runs for every event.
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
        """Check a run that lasts: kill it if its time is over, otherwise call ``watch`` and check again later."""
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
        """Seconds of processor time that the process has used since it started."""
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
            self._kill()  # it closed its side but did not exit
        return -signal.SIGKILL

    # Callbacks of the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's class has the methods but is no subclass

    def data_received(self, data: bytes) -> None:
        is_whole = not self._received  # no partial reply is buffered: parse ``data`` without copying it
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
