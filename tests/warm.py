"""Starts ``hookbench`` by forking a process that has already imported it, which saves the time of the imports.

Each start is a separate process: it is forked before the program has done anything, gets its own environment,
arguments and files, and runs the same ``main``. Tests of the start itself run the real command instead.
"""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import IO, Any

_helper: tuple[int, socket.socket, subprocess.Popen[bytes]] | None = None
"""The id of the process that started the helper, the connection to the helper, and the helper."""


class Process:
    """The part of ``subprocess.Popen`` that the tests need. ``stdout`` is a pipe unless a file is given."""

    def __init__(
        self, arguments: Sequence[str], env: Mapping[str, str], *, stdout: IO[Any] | None, stderr: IO[Any]
    ) -> None:
        self.args = ["hookbench", *arguments]
        self.returncode: int | None = None
        self.stdout: IO[bytes] | None = None
        status, status_write = os.pipe()
        theirs = stdout.fileno() if stdout else -1
        if stdout is None:
            ours, theirs = os.pipe()
            self.stdout = os.fdopen(ours, "rb", buffering=0)
        request = json.dumps({"arguments": list(arguments), "env": dict(env), "folder": os.getcwd()}).encode()
        socket.send_fds(_connection(), [request], [status_write, theirs, stderr.fileno()])
        os.close(status_write)
        if stdout is None:
            os.close(theirs)
        self._status = os.fdopen(status, "rb", buffering=0)
        self.pid = int(self._status.readline())

    def poll(self) -> int | None:
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _ended(self, seconds: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], seconds)[0]:
            self.returncode = int(self._status.readline())
            self._status.close()
        return self.returncode


def run(arguments: Sequence[str], env: Mapping[str, str], timeout: float) -> subprocess.CompletedProcess[str]:
    """Like ``subprocess.run`` with captured text output."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = Process(arguments, env, stdout=out, stderr=err)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        for file in (out, err):
            file.seek(0)
        return subprocess.CompletedProcess(process.args, process.returncode or 0, out.read(), err.read())


def _connection() -> socket.socket:
    global _helper
    if _helper is None or _helper[0] != os.getpid():
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        env = {name: value for name, value in os.environ.items() if not name.startswith("HOOKBENCH_")}
        command = [sys.executable, __file__, str(theirs.fileno())]
        process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=env)
        theirs.close()
        _helper = (os.getpid(), ours, process)
        atexit.register(_end)
    return _helper[1]


def _end() -> None:
    if _helper and _helper[0] == os.getpid():
        _helper[1].close()
        _helper[2].wait()


def _serve(connection: socket.socket) -> bool:
    """Fork for each request. Returns True in a process that is to become ``hookbench``, False when the tests end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps the processes that watch a start
    while True:
        request, files, _, _ = socket.recv_fds(connection, 1 << 20, 3)
        if not request:
            return False
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            connection.close()
            return _watched(json.loads(request), *files)
        for file in files:
            os.close(file)


def _watched(asked: dict[str, Any], status: int, out: int, err: int) -> bool:
    """Fork again: the parent reports the child's process id and exit code; returns True in the child."""
    number = os.fork()
    if number:
        os.write(status, b"%d\n" % number)
        os.close(out)
        os.close(err)
        ended = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
        os.write(status, b"%d\n" % ended)
        os._exit(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.closerange(3, max(status, out, err) + 4)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["env"])
    sys.argv = ["hookbench", *asked["arguments"]]
    return True


if __name__ == "__main__":
    sys.path.pop(0)  # the tests' own folder
    from functools import cache

    import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401

    import server.app
    from server import cli, serve  # noqa: F401  # loads everything that they import
    from server.actions.cards import load_cards
    from server.assets import transforms_dir
    from server.commands import backtests, folders, pushing, test_cases  # noqa: F401  # what commands import when they run
    from server.store.migrate import revisions
    from server.web import render

    render.prepare(lambda: False)
    revisions()
    every_card = cache(load_cards)
    every_card(transforms_dir())
    server.app.load_cards = every_card  # type: ignore[attr-defined]
    if _serve(socket.socket(fileno=int(sys.argv[1]))):
        cli.main(prog_name="hookbench")
