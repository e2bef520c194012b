"""The server's ends of the sandbox's processes: the zygote that forks, and the workers it has forked."""

import asyncio
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path

import structlog

from server.sandbox import replies
from server.sandbox.inside import frames
from server.sandbox.inside.fences import WALLS
from server.sandbox.inside.zygote import ENDED, KILL, REQUEST, SPAWN, TRY_FENCE
from server.sandbox.limits import Fence, Limits

START_SECONDS = 10.0
"""For a process to start, on a machine that is busy."""

_BOOT = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); sys.path.append(sys.argv.pop(1)); "
    "from inside import zygote; zygote.main()"
)
"""A fresh interpreter's whole program. It gets the sandbox's own folder and, last, the one where the engine is."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Died:
    """A worker ended before it answered."""

    code: int
    """Its exit code; negative: the signal."""
    killed: bool = False
    """By us, since its time was over."""
    ms: float = 0.0


class Zygote:
    """Starts on first use, and again when it died."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._starting = asyncio.Lock()
        self._numbers = 0
        self._ends: dict[int, asyncio.Future[int]] = {}
        self._received = b""
        self._closed = False

    async def start(self) -> None:
        async with self._starting:
            if self._control or self._closed:
                return
            if self._process:
                await asyncio.to_thread(_reap, self._process)
            ours, theirs = socket.socketpair()
            with theirs:
                self._process = await asyncio.to_thread(self._launch, theirs.fileno())
            ours.setblocking(False)
            self._control = ours
            asyncio.get_running_loop().add_reader(ours, self._hear)

    def _launch(self, descriptor: int) -> subprocess.Popen[bytes]:
        limits = {name: getattr(self._limits, name) for name in ("run_time", "memory", "result", "console")}
        here, libraries = Path(__file__).parent, sysconfig.get_path("platlib")
        # -I and -S: nothing of the environment, the working folder or site-packages has a say.
        options = ["-I", "-S", "-X", "utf8", "-c", _BOOT, str(here), libraries]
        return subprocess.Popen(  # noqa: S603  our own interpreter, our own arguments
            [sys.executable, *options, str(descriptor), json.dumps(limits)],
            pass_fds=(descriptor,),
            env={"TZ": "UTC", "MALLOC_ARENA_MAX": "1"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    async def close(self) -> None:
        self._closed = True
        await self._end()

    async def _end(self) -> None:
        """Its side closes, so it kills its children, reaps them and ends."""
        control, self._control = self._control, None
        process, self._process = self._process, None
        if control:
            asyncio.get_running_loop().remove_reader(control)
            control.close()
        if process:
            await asyncio.to_thread(_reap, process)
        for end in self._ends.values():
            if not end.done():
                end.set_result(-signal.SIGKILL)
        self._ends.clear()

    async def spawn(self) -> "Worker | Died":
        """A new worker, ready to be asked."""
        for _ in range(2):
            await self.start()
            ours, theirs = socket.socketpair()
            number = self._numbers + 1
            self._expect(number)
            with theirs:
                sent = self._order(SPAWN, number, theirs.fileno())
            if not sent:
                ours.close()
                await self._end()
                continue
            worker = await Worker.meet(self, number, ours, self._limits)
            if isinstance(worker, Worker):
                return worker
        return Died(1)

    def _expect(self, number: int) -> "asyncio.Future[int]":
        """The exit code that the zygote will report for this number."""
        self._numbers = number
        end = self._ends[number] = asyncio.get_running_loop().create_future()
        return end

    def _order(self, order: bytes, number: int, *descriptors: int) -> bool:
        """Say it to the zygote; False when nobody listens."""
        try:
            if self._control is None:
                return False
            socket.send_fds(self._control, [REQUEST.pack(order, number)], list(descriptors))
        except OSError:
            return False
        return True

    def kill(self, number: int) -> None:
        self._order(KILL, number)

    async def ended(self, number: int) -> int:
        """How the worker ended, once it has."""
        end = self._ends.get(number)
        return await end if end else -signal.SIGKILL

    def _hear(self) -> None:
        """Exit codes arrive; when the zygote itself is gone, so are all its children."""
        control = self._control
        if control is None:
            return
        try:
            said = control.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        if not said:
            log.warning("sandbox.zygote_gone")
            asyncio.get_running_loop().remove_reader(control)
            control.close()
            self._control = None
            for end in self._ends.values():
                if not end.done():
                    end.set_result(-signal.SIGKILL)
            self._ends.clear()
            return
        self._received += said
        while len(self._received) >= ENDED.size:
            number, code = ENDED.unpack(self._received[: ENDED.size])
            self._received = self._received[ENDED.size :]
            if number in self._ends:
                self._ends.pop(number).set_result(code)

    async def measure_fences(self) -> tuple[Fence, ...]:
        """Each fence is tried in a child of its own, as no other."""
        return tuple([await self._measure(index) for index in range(len(WALLS))])

    async def _measure(self, index: int) -> Fence:
        name = WALLS[index].name
        # The child reads off its number which fence it is to try.
        number = self._numbers - self._numbers % len(WALLS) + len(WALLS) + index
        end = self._expect(number)
        if not self._order(TRY_FENCE, number):
            return Fence(name, False, "The sandbox process could not be started.")
        try:
            code = await asyncio.wait_for(end, START_SECONDS)
        except TimeoutError:
            return Fence(name, False, "Trying it took too long.")
        return Fence(name, *_finding(code))


def _finding(code: int) -> tuple[bool, str]:
    if code == 0:
        return True, "Tried in a child: it holds."
    if code == -signal.SIGSYS:
        return True, "Tried in a child: a forbidden call killed it."
    if code == errno.ENOSYS:
        return False, f"Not available on this system ({sys.platform})."
    if 0 < code < 255:
        return False, f"Refused by this system: {os.strerror(code)}."
    return False, "Closed, but what it forbids was still possible."


class Worker:
    """One forked process, which serves one owner."""

    def __init__(self, zygote: Zygote, number: int, limits: Limits, reader: asyncio.StreamReader,
                 writer: asyncio.StreamWriter) -> None:  # fmt: skip
        self._zygote = zygote
        self._number = number
        self._limits = limits
        self._reader = reader
        self._writer = writer
        self._code: str | None = None
        self.served = 0
        self.idle_since = 0.0

    @classmethod
    async def meet(cls, zygote: Zygote, number: int, ours: socket.socket, limits: Limits) -> "Worker | Died":
        """Wait until the forked process has closed its fences."""
        reader, writer = await asyncio.open_connection(sock=ours)
        worker = cls(zygote, number, limits, reader, writer)
        answer = await worker._answer(START_SECONDS)
        if isinstance(answer, Died):
            worker.retire()
            return answer
        return worker

    @property
    def ended(self) -> bool:
        return self._reader.at_eof() or self._writer.is_closing()

    async def ask(self, code: str, head: frames.Head, body: bytes) -> tuple[bytes, bytes] | Died:
        """The reply's head and body. A worker that dies, or exceeds its time, is of no further use."""
        self.served += 1
        if code != self._code:
            self._code = code
            head = head | {"code": code}
        started = time.perf_counter()
        self._writer.write(frames.pack(head, body))  # when it died already, the answer says how
        answer = await self._answer(self._limits.kill_after)
        if isinstance(answer, Died):
            return Died(answer.code, answer.killed, (time.perf_counter() - started) * 1000)
        return answer

    async def _answer(self, seconds: float) -> tuple[bytes, bytes] | Died:
        try:
            async with asyncio.timeout(seconds):
                return await self._read()
        except TimeoutError:
            self._zygote.kill(self._number)
            return Died(await self._end(), killed=True)
        except asyncio.CancelledError:
            self._zygote.kill(self._number)
            self.retire()
            raise
        except (asyncio.IncompleteReadError, ConnectionError):
            return Died(await self._end())
        except _TooMuch:
            self._zygote.kill(self._number)
            return Died(await self._end())

    async def _read(self) -> tuple[bytes, bytes]:
        head_size, body_size = frames.LENGTHS.unpack(await self._reader.readexactly(frames.LENGTHS.size))
        if head_size + body_size > replies.largest(self._limits):
            raise _TooMuch
        content = await self._reader.readexactly(head_size + body_size)
        return content[:head_size], content[head_size:]

    async def _end(self) -> int:
        try:
            return await asyncio.wait_for(self._zygote.ended(self._number), START_SECONDS)
        except TimeoutError:
            return -signal.SIGKILL

    def retire(self) -> None:
        """Close our side; the process reads the end and leaves."""
        self._writer.close()


class _TooMuch(Exception):
    """The reply is longer than any honest one."""


def _reap(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(START_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
