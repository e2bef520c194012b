"""How the running server fares: what ``/healthz`` and ``hookbench doctor`` report."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic

import structlog

from server.delivery.supervised_loop import LoopState, SupervisedLoop
from server.sandbox import Sandbox
from server.store import Store, probe

CHECK_EVERY_SECONDS = 1.0
"""However often people ask, the database is written to no more often."""
WRITE_SECONDS = 3.0
"""Within this the database must have stored something. A sender of events waits little longer."""

log = structlog.get_logger()


class Status(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"
    """Events are stored; something else fails and is tried again."""
    FAILING = "failing"
    """Events cannot be stored, or a loop is stuck and somebody has to look."""


@dataclass(frozen=True, slots=True)
class Health:
    parts: Mapping[str, str]
    """``ok`` or what is wrong, by part: ``database``, ``sandbox`` and the name of each loop."""
    status: Status


class HealthCheck:
    """Ask with ``look``, as often as you like."""

    def __init__(self, store: Store, sandbox: Sandbox, loops: Sequence[SupervisedLoop]) -> None:
        self._store = store
        self._sandbox = sandbox
        self._loops = loops
        self._checking: asyncio.Task[bool] | None = None
        self._checked_at = 0.0
        """When the check under way or the last one began, on the monotonic clock."""

    async def look(self) -> Health:
        can_store = await self._can_store()
        states = {loop.name: loop.health().state for loop in self._loops}
        parts = {"database": _ok(can_store), "sandbox": _ok(self._sandbox.can_run), **states}
        stuck = {LoopState.STUCK, LoopState.ENDED}.intersection(states.values())
        if not can_store or stuck:
            return Health(parts, Status.FAILING)
        return Health(parts, Status.OK if set(parts.values()) == {"ok"} else Status.DEGRADED)

    async def _can_store(self) -> bool:
        """Whoever asks while a check is under way, or soon after it, gets its answer."""
        if self._checking is None or (self._checking.done() and monotonic() - self._checked_at >= CHECK_EVERY_SECONDS):
            self._checked_at = monotonic()
            self._checking = asyncio.create_task(self._try_to_write())
        return await asyncio.shield(self._checking)

    async def _try_to_write(self) -> bool:
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await self._store.write(probe.write)
        except Exception as error:  # whatever it is, an event would meet it too
            log.warning("health.cannot_store", error=type(error).__name__)
            return False
        return True


def _ok(good: bool) -> str:
    return "ok" if good else "failing"
