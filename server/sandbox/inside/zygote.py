"""The zygote, the parent of all workers: loads the engine once, then forks a worker when the server requests one.

It never sees code, payloads or secrets. The server names workers by numbers, and only the zygote kills and reaps them,
so a kill cannot hit another process that got the same process id.
"""

import contextlib
import errno
import gc
import json
import os
import select
import signal
import socket
import struct
import sys
from typing import NoReturn

from . import fences
from .worker import Limits, serve, warm_up

SPAWN, KILL, TRY_FENCE = b"s", b"k", b"f"
REQUEST = struct.Struct("!cI")
"""The order, and the number that the server assigned to the worker. ``SPAWN`` comes with the worker's socket."""
ENDED = struct.Struct("!Ii")
"""A worker's number and its exit code; negative: the signal that ended it."""


def main() -> None:
    """Entry point. Arguments: the descriptor of the server's socket, and the limits as JSON."""
    server = socket.socket(fileno=int(sys.argv[1]))
    limits = Limits(**json.loads(sys.argv[2]))
    warm_up()
    fences.note_memory()
    gc.collect()
    gc.freeze()  # otherwise the collector writes to, and so copies, every page that workers share with the zygote
    Zygote(server, limits).serve()


class Zygote:
    def __init__(self, server: socket.socket, limits: Limits) -> None:
        self._server = server
        self._limits = limits
        self._children: dict[int, int] = {}  # the worker's number → its process
        self._alarm, wake = os.pipe()
        os.set_blocking(self._alarm, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for asked in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(asked, signal.SIG_IGN)  # the server handles these: it drains, then closes our socket

    def serve(self) -> None:
        """Obey orders until the server closes its side or dies; then kill and reap all workers."""
        while True:
            ready, _, _ = select.select([self._server.fileno(), self._alarm], [], [])
            if self._alarm in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._alarm, 4096)
                self._report_ended()
            if self._server.fileno() in ready and not self._obey():
                break
        for process in self._children.values():
            os.kill(process, signal.SIGKILL)
        for process in self._children.values():
            os.waitpid(process, 0)

    def _obey(self) -> bool:
        try:
            request, descriptors, _, _ = socket.recv_fds(self._server, REQUEST.size, 1)
        except OSError:
            return False  # the server closed without reading our reports
        if len(request) < REQUEST.size:
            return False
        order, number = REQUEST.unpack(request)
        if order == KILL:
            if process := self._children.get(number):
                os.kill(process, signal.SIGKILL)
        else:
            self._fork(order, number, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        return True

    def _fork(self, order: bytes, number: int, descriptors: list[int]) -> None:
        """Fork a child. If that fails, report the errno as its exit code; existing workers continue."""
        try:
            process = os.fork()
        except OSError as error:
            self._report(number, error.errno or errno.EAGAIN)
            return
        if process:
            self._children[number] = process
        else:
            self._become_child(order, number, descriptors)

    def _become_child(self, order: bytes, number: int, descriptors: list[int]) -> NoReturn:
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            if order == TRY_FENCE:
                code = fences.try_out(number % len(fences.WALLS))
            else:
                _close_all_but(descriptors[0])
                fences.close_all(self._limits.memory)
                serve(descriptors[0], self._limits)
                code = 0
        finally:
            os._exit(code)  # a forked child must not run its parent's exit handlers

    def _report_ended(self) -> None:
        for number, process in list(self._children.items()):
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                del self._children[number]
                self._report(number, os.waitstatus_to_exitcode(status))

    def _report(self, number: int, code: int) -> None:
        with contextlib.suppress(OSError):
            self._server.sendall(ENDED.pack(number, code))


def _close_all_but(kept: int) -> None:
    os.closerange(0, kept)
    os.closerange(kept + 1, 4096)
