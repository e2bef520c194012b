"""Runs Hookbench as a user does: in its own process, with its own data folder. Tests can kill and restart it."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import psutil
import warm
from processes import alive

Value = TypeVar("Value")

HOOKBENCH = str(Path(sys.executable).with_name("hookbench"))


def wait_for(fact: Callable[[], Value], seconds: float = 30.0, what: str = "") -> Value:
    """Wait for ``fact()`` to be true and return its value; fails after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        value = fact()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {seconds} s: {what or fact}"
        time.sleep(0.02)


@dataclass
class Running:
    """``with Running(folder) as hookbench:`` runs a server on a free port."""

    data: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = 0
    command: tuple[str, ...] = (HOOKBENCH,)
    """The command to which ``serve`` and other arguments are added."""
    cold: bool = False
    """Start the real command, not a process that has already imported the program: for tests of the start."""
    setup_url: str | None = None

    def __enter__(self) -> "Running":
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HOOKBENCH_")}
        return kept | {"HOOKBENCH_DATA": str(self.data), "HOOKBENCH_PORT": str(self.port)} | self.settings

    def start(self) -> None:
        """Start and wait until the server has printed its address. A second start keeps the port."""
        self._log = (self.data.parent / f"{self.data.name}.log").open("ab")
        self.process: subprocess.Popen[bytes] | warm.Process
        if self._warm:
            self.process = warm.Process(["serve"], self.environment, stdout=None, stderr=self._log)
        else:
            self.process = subprocess.Popen(
                [*self.command, "serve"], env=self.environment, stdout=subprocess.PIPE, stderr=self._log
            )
        printed = self._printed_until("Stop it with")
        self.port = int(re.search(r"running at http://127\.0\.0\.1:(\d+)", printed)[1])  # type: ignore[index]
        setup = re.search(r"(http://\S+/setup\?token=\S+)", printed)
        self.setup_url = setup[1] if setup else None

    def stop(self) -> int:
        """Send SIGTERM, as a service manager does. Returns the exit code."""
        family = self._family()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
        self._close()
        wait_for(lambda: not alive(family), what="the end of the sandbox's processes")
        return self.process.wait()

    def kill(self) -> None:
        """Send SIGKILL: the server cannot clean up."""
        family = self._family()
        self.process.kill()
        self.process.wait()
        self._close()
        wait_for(lambda: not alive(family), what="the end of the sandbox's processes")

    def _family(self) -> list[psutil.Process]:
        """The sandbox's processes. They must not outlive the server, however it ends."""
        found: list[psutil.Process] = []
        with suppress(psutil.NoSuchProcess):
            found = psutil.Process(self.process.pid).children(recursive=True)
        return found

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another ``hookbench`` command on the same data."""
        if self._warm:
            return warm.run(arguments, self.environment, timeout=60)
        return subprocess.run(
            [*self.command, *arguments], env=self.environment, capture_output=True, text=True, timeout=60
        )

    @property
    def _warm(self) -> bool:
        """Whether a warm process can be used. Settings other than ours may matter when the interpreter starts."""
        ours = all(name.startswith("HOOKBENCH_") for name in self.settings)
        return not self.cold and self.command == (HOOKBENCH,) and ours

    @property
    def log(self) -> str:
        return (self.data.parent / f"{self.data.name}.log").read_text()

    def _printed_until(self, words: str, seconds: float = 60.0) -> str:
        printed = b""
        deadline = time.monotonic() + seconds
        assert self.process.stdout is not None
        out = self.process.stdout.fileno()
        while words.encode() not in printed:
            ready, _, _ = select.select([out], [], [], max(0, deadline - time.monotonic()))
            more = os.read(out, 4096) if ready else b""
            if not more:
                self.kill()
                raise AssertionError(f"hookbench did not start:\n{printed.decode()}\n{self.log}")
            printed += more
        return printed.decode()

    def _close(self) -> None:
        if self.process.stdout:
            self.process.stdout.close()
        self._log.close()
