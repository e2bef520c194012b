"""The server's end of the zygote: it starts it, orders workers from it and hears how they ended."""

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

from server.sandbox.inside.fences import WALLS
from server.sandbox.inside.zygote import ENDED, KILL, REQUEST, SPAWN, TRY_FENCE
from server.sandbox.limits import Fence, Limits
from server.sandbox.worker import START_SECONDS, Worker

_BOOT = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); sys.path.append(sys.argv.pop(1)); "
    "from inside import zygote; zygote.main()"
)
"""A fresh interpreter's whole program. It gets the sandbox's own folder and, last, the one where the engine is."""

log = structlog.get_logger()


class Unavailable(Exception):
    """The sandbox itself cannot run code now. It says nothing about the code."""


class Zygote:
    """Starts on first use, and again when it died."""

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
                self._process = None  # from now on its id may be another's
            ours, theirs = socket.socketpair()
            try:
                with theirs:
                    launch = asyncio.ensure_future(asyncio.to_thread(self._launch, theirs.fileno()))
                    try:
                        self._process = await asyncio.shield(launch)
                    except asyncio.CancelledError:
                        # The thread cannot be stopped; our side closes, so what it starts ends by itself.
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
            start_new_session=True,  # a signal to the server's group is not for us: it closes us when it has drained
        )

    async def close(self) -> None:
        self._closed = True
        async with self._starting:  # what is just starting is ended too
            await self._end()

    async def _end(self) -> None:
        """Its side closes, so it kills its children, reaps them and ends."""
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
        """A new worker, ready to be asked. Raises ``Unavailable``."""
        why = "The sandbox could not start a process."
        for _ in range(2):
            try:
                await self.start()
                ours, theirs = socket.socketpair()
            except OSError as error:
                raise Unavailable(f"The sandbox process could not be started: {error.strerror}.") from error
            except RuntimeError as error:  # what Python raises where the system gives it no thread
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
                await self._end()  # it did not even answer: so the parent of all workers hangs
        raise Unavailable(why)

    def _expect(self, number: int) -> "asyncio.Future[int | None]":
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
            self._all_ended()
            return
        self._received += said
        while len(self._received) >= ENDED.size:
            number, code = ENDED.unpack(self._received[: ENDED.size])
            self._received = self._received[ENDED.size :]
            end = self._ends.pop(number, None)
            if end and not end.done():  # whoever tried a fence may wait for it no longer
                end.set_result(code)

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
        return Fence(name, *_finding(code)) if code is not None else Fence(name, False, "The sandbox process ended.")


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


async def _reaped(process: subprocess.Popen[bytes]) -> None:
    """Wait for its end, which it may have to be helped to."""
    try:
        await asyncio.to_thread(_reap, process)
    except RuntimeError:  # the system gives us no thread; once killed it ends in milliseconds
        process.kill()
        process.wait()


def _reap(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(START_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
