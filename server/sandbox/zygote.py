"""The server's side of the zygote: starts it, requests workers from it and receives their exit codes."""

import asyncio
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import sysconfig
from functools import partial
from pathlib import Path

import structlog

from server.domain.sentences import Sentence, say
from server.sandbox.inside.fences import WALLS
from server.sandbox.inside.zygote import ENDED, KILL, REQUEST, SPAWN, TRY_FENCE
from server.sandbox.limits import Fence, Limits
from server.sandbox.worker import START_SECONDS, Worker

_BOOT = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); sys.path.append(sys.argv.pop(1)); "
    "from inside import zygote; zygote.main()"
)
"""The program of the fresh interpreter. It puts our folder first on the path, and the engine's folder last."""

log = structlog.get_logger()


class Unavailable(Exception):
    """The sandbox itself cannot run code at the moment. The code is not the cause."""


class Zygote:
    """The parent process of all workers. Starts on first use, and again after it died."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._starting = asyncio.Lock()
        self._numbers = 0
        self._ends: dict[int, asyncio.Future[int | None]] = {}
        self._received = b""
        self._closed = False

    async def start(self) -> None:
        async with self._starting:
            if self._control or self._closed:
                return
            if self._process:
                await _reaped(self._process)
                self._process = None  # once reaped, its id may belong to another process
            ours, theirs = socket.socketpair()
            try:
                with theirs:
                    launch = asyncio.ensure_future(asyncio.to_thread(self._launch, theirs.fileno()))
                    try:
                        self._process = await asyncio.shield(launch)
                    except asyncio.CancelledError:
                        # The thread cannot be stopped. Our side closes, so the process that it starts exits by itself.
                        await asyncio.wait([launch])
                        if not launch.exception():
                            self._process = launch.result()
                        raise
                ours.setblocking(False)
                asyncio.get_running_loop().add_reader(ours, self._hear)
            except BaseException:
                ours.close()
                raise
            self._control, self._received = ours, b""

    def _launch(self, descriptor: int) -> subprocess.Popen[bytes]:
        limits = {name: getattr(self._limits, name) for name in ("run_time", "memory", "result", "console")}
        here, libraries = Path(__file__).parent, sysconfig.get_path("platlib")
        # -I and -S: the interpreter ignores the environment, the working folder and site-packages.
        options = ["-I", "-S", "-X", "utf8", "-c", _BOOT, str(here), libraries]
        return subprocess.Popen(  # noqa: S603  our own interpreter, our own arguments
            [sys.executable, *options, str(descriptor), json.dumps(limits)],
            pass_fds=(descriptor,),
            env={"TZ": "UTC", "MALLOC_ARENA_MAX": "1"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl+C must not reach the zygote: the server closes it after draining
        )

    async def close(self) -> None:
        self._closed = True
        async with self._starting:  # waits for a start in progress, so that it is ended too
            await self._end()

    async def _end(self) -> None:
        """Close the connection, on which the zygote kills and reaps its children and exits; wait for it."""
        control, self._control = self._control, None
        process, self._process = self._process, None
        if control:
            asyncio.get_running_loop().remove_reader(control)
            control.close()
        self._all_ended()
        if process:
            await asyncio.shield(_reaped(process))

    def _all_ended(self) -> None:
        for end in self._ends.values():
            if not end.done():
                end.set_result(None)
        self._ends.clear()

    async def spawn(self) -> Worker:
        """Start a worker and wait until it is ready. Raises ``Unavailable``."""
        why = "The sandbox could not start a process."
        for _ in range(2):
            try:
                await self.start()
                ours, theirs = socket.socketpair()
            except OSError as error:
                raise Unavailable(f"The sandbox process could not be started: {error.strerror}.") from error
            except RuntimeError as error:  # Python raises this when it cannot start a thread
                raise Unavailable("The sandbox process could not be started: no thread could be started.") from error
            control = self._control
            number = self._numbers + 1
            end = self._expect(number)
            with theirs:
                sent = self._order(SPAWN, number, theirs.fileno())
            if not sent:
                ours.close()
                await self._end()
                continue
            worker = Worker(self._limits, partial(self._order, KILL, number), end)
            try:
                died = await worker.meet(ours)
            except BaseException as error:
                worker.stop()
                if isinstance(error, OSError):
                    raise Unavailable(f"The sandbox process could not be reached: {error.strerror}.") from error
                raise
            if died is None:
                return worker
            worker.stop()
            if died.code is not None and died.code > 0:
                why = f"The sandbox could not start a process: {os.strerror(died.code)}."
            if died.killed and self._control is control:
                await self._end()  # the new worker never replied, so the zygote hangs: start another
        raise Unavailable(why)

    def _expect(self, number: int) -> "asyncio.Future[int | None]":
        """A future for the exit code that the zygote will report for this number."""
        self._numbers = number
        end = self._ends[number] = asyncio.get_running_loop().create_future()
        return end

    def _order(self, order: bytes, number: int, *descriptors: int) -> bool:
        """Send an order to the zygote. Returns False if there is no zygote to receive it."""
        try:
            if self._control is None:
                return False
            socket.send_fds(self._control, [REQUEST.pack(order, number)], list(descriptors))
        except OSError:
            return False
        return True

    def _hear(self) -> None:
        """Read exit codes. When the zygote itself is gone, all its children are gone too."""
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
            self._all_ended()
            return
        self._received += said
        while len(self._received) >= ENDED.size:
            number, code = ENDED.unpack(self._received[: ENDED.size])
            self._received = self._received[ENDED.size :]
            end = self._ends.pop(number, None)
            if end and not end.done():  # a fence check may have timed out already
                end.set_result(code)

    async def measure_fences(self) -> tuple[Fence, ...]:
        """Try each fence, alone, in a child process of its own."""
        return tuple(await asyncio.gather(*(self._measure(index) for index in range(len(WALLS)))))

    async def _measure(self, index: int) -> Fence:
        name = WALLS[index].name
        # The child derives from its number which fence to try.
        number = self._numbers - self._numbers % len(WALLS) + len(WALLS) + index
        end = self._expect(number)
        if not self._order(TRY_FENCE, number):
            return Fence(name, False, say("The sandbox process could not be started."))
        try:
            code = await asyncio.wait_for(end, START_SECONDS)
        except TimeoutError:
            return Fence(name, False, say("Trying it took too long."))
        stands, detail = (False, say("The sandbox process ended.")) if code is None else _finding(code)
        return Fence(name, stands, detail)


def _finding(code: int) -> tuple[bool, Sentence]:
    if code == 0:
        return True, say("What it forbids was tried, and failed.")
    if code == -signal.SIGSYS:
        return True, say("What it forbids was tried, and the process was stopped.")
    if code == errno.ENOSYS:
        return False, say("Not available on this system ({system}).", system=sys.platform)
    if 0 < code < 255:
        return False, say("Refused by this system: {reason}.", reason=os.strerror(code))
    return False, say("What it forbids was tried, and was still possible.")


async def _reaped(process: subprocess.Popen[bytes]) -> None:
    """Wait until the process has ended; kill it if it takes too long."""
    try:
        await asyncio.to_thread(_reap, process)
    except RuntimeError:  # no thread could be started; waiting here is short, since the process is killed first
        process.kill()
        process.wait()


def _reap(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(START_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
