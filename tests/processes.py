"""The processes of the sandboxes in this process: those that there are, beside those that the pools know."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from weakref import WeakSet

import pytest

from server.sandbox import Sandbox

_all: WeakSet[Sandbox] = WeakSet()


def _remember(self: Sandbox, *given: Any, **named: Any) -> None:
    _make(self, *given, **named)
    _all.add(self)


_make = Sandbox.__init__
Sandbox.__init__ = _remember  # type: ignore[method-assign]  # so that no test can forget to tell us of one


def _children(process: int | str) -> set[int]:
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
    zygotes = {child for child in _children("self") if _is_zygote(child)}
    return zygotes.union(*(_children(zygote) for zygote in zygotes))


def known() -> set[int]:
    """The zygote and the idle workers of each sandbox that is open, while none runs anything."""
    found: set[int] = set()
    for sandbox in list(_all):
        if process := sandbox._zygote._process:
            found.add(process.pid)
        found |= {worker._process for worker in sandbox._idle.values()}
    return found


def lost(seconds: float = 5.0) -> set[int]:
    """The processes that no pool knows, once those that are just ending had the time to."""
    until = time.monotonic() + seconds
    while (unknown := there_are() - known()) and time.monotonic() < until:
        time.sleep(0.01)
    return unknown


@pytest.fixture(autouse=True)
def no_process_is_lost() -> Iterator[None]:
    """After each test, whichever way it ended."""
    yield
    if _all:
        assert not lost(), "processes that no pool knows"
