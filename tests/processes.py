"""The processes of the sandboxes in this process: those that there are, beside those that the pools know."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from weakref import WeakSet

import psutil
import pytest

from server.sandbox import Sandbox

_all: WeakSet[Sandbox] = WeakSet()


def _remember(self: Sandbox, *given: Any, **named: Any) -> None:
    _make(self, *given, **named)
    _all.add(self)


_make = Sandbox.__init__
Sandbox.__init__ = _remember  # type: ignore[method-assign]  # so that no test can forget to tell us of one


def children(process: int | str) -> set[int]:
    """Of its main thread and all others."""
    found: set[int] = set()
    for listed in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            found |= {int(child) for child in listed.read_text().split()}
        except OSError:
            continue  # the thread has ended
    return found


def _is_zygote(process: int) -> bool:
    try:
        return b"inside import zygote" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False


def there_are() -> set[int]:
    """Every zygote and worker that this process has started, zombies included."""
    zygotes = {child for child in children("self") if _is_zygote(child)}
    return zygotes.union(*(children(zygote) for zygote in zygotes))


def reap_orphans() -> None:
    """Let go of the zombies among our children that no ``Popen`` waits for: a test may have made us their parent."""
    waited_for = {sandbox._zygote._process.pid for sandbox in list(_all) if sandbox._zygote._process}
    for child in children("self") - waited_for:
        try:
            is_zombie = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
            if is_zombie:
                os.waitpid(child, os.WNOHANG)
        except OSError:
            continue


def known() -> set[int]:
    """The zygote and the idle workers of each sandbox that is open, while none runs anything."""
    found: set[int] = set()
    for sandbox in list(_all):
        if process := sandbox._zygote._process:
            found.add(process.pid)
        found |= {worker._process for worker in list(sandbox._idle.values()) if worker.is_usable}
    return found


def alive(those: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; what is only left for its parent to hear of does not."""
    found = []
    for process in those:
        with suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def lost(seconds: float = 5.0) -> set[int]:
    """The processes that no pool knows, or that a pool alone knows, once those that are just ending had the time to."""
    until = time.monotonic() + seconds
    while (unknown := there_are() ^ known()) and time.monotonic() < until:
        time.sleep(0.01)
    return unknown


@pytest.fixture(autouse=True)
def no_process_is_lost() -> Iterator[None]:
    """After each test, whichever way it ended."""
    yield
    if _all:
        assert not lost(), "the processes are not those that the pools know"
