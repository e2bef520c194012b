"""Compares the sandbox processes that exist with those that the pools in this test process know."""

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
Sandbox.__init__ = _remember  # type: ignore[method-assign]  # records every sandbox, without help of the tests


def children(process: int | str) -> set[int]:
    """Ids of the child processes of all threads of a process."""
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
    """Ids of every zygote and worker that this process has started, including zombies."""
    zygotes = {child for child in children("self") if _is_zygote(child)}
    return zygotes.union(*(children(zygote) for zygote in zygotes))


def reap_orphans() -> None:
    """Reap zombie children that no ``Popen`` waits for: a test may have made this process their parent."""
    waited_for = {sandbox._zygote._process.pid for sandbox in list(_all) if sandbox._zygote._process}
    for child in children("self") - waited_for:
        try:
            is_zombie = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
            if is_zombie:
                os.waitpid(child, os.WNOHANG)
        except OSError:
            continue


def known() -> set[int]:
    """Ids of the zygote and the idle workers of each open sandbox. Complete only while no sandbox runs code."""
    found: set[int] = set()
    for sandbox in list(_all):
        if process := sandbox._zygote._process:
            found.add(process.pid)
        found |= {
            worker._process for worker in (*sandbox._idle.all(), *sandbox._idle_background.all()) if worker.is_usable
        }
    return found


def alive(those: list[psutil.Process]) -> list[psutil.Process]:
    """Those processes that still run; zombies do not count."""
    found = []
    for process in those:
        with suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def lost(seconds: float = 5.0) -> set[int]:
    """Ids of processes that exist but no pool knows, or the reverse, after ending processes had time to end."""
    until = time.monotonic() + seconds
    while (unknown := there_are() ^ known()) and time.monotonic() < until:
        time.sleep(0.01)
    return unknown


@pytest.fixture(autouse=True)
def no_process_is_lost() -> Iterator[None]:
    """After each test, whether it passed or failed, asserts that the pools know exactly the existing processes."""
    yield
    if _all:
        assert not lost(), "the processes are not those that the pools know"
