"""How healthy the running server is: what ``/healthz`` and ``hookbench doctor`` report."""

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
"""The database gets a test write no more often than this, however often health is asked for."""
WRITE_SECONDS = 3.0
"""The test write must succeed within this time. Senders of events wait little longer."""

log = structlog.get_logger()


class Status(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"
    """Events are stored; something else fails and is retried."""
    FAILING = "failing"
    """Events cannot be stored, or a loop is stuck and a person has to act."""


@dataclass(frozen=True, slots=True)
class HealthReport:
    parts: Mapping[str, str]
    """``ok`` or what is wrong, for each part: ``database``, ``sandbox`` and the name of each loop."""
    status: Status


class HealthCheck:
    """Reports health. Call ``look`` as often as you like."""

    def __init__(self, store: Store, sandbox: Sandbox, loops: Sequence[SupervisedLoop]) -> None:
        self._store = store
        self._sandbox = sandbox
        self._loops = loops
        self._checking: asyncio.Task[bool] | None = None
        self._checked_at = 0.0
        """When the check under way, or else the last one, started, on the monotonic clock."""

    async def look(self) -> HealthReport:
        can_store = await self._can_store()
        states = {loop.name: loop.health().state for loop in self._loops}
        parts = {"database": _ok(can_store), "sandbox": _ok(self._sandbox.can_run), **states}
        stuck = {LoopState.STUCK, LoopState.ENDED}.intersection(states.values())
        if not can_store or stuck:
            return HealthReport(parts, Status.FAILING)
        return HealthReport(parts, Status.OK if set(parts.values()) == {"ok"} else Status.DEGRADED)

    async def _can_store(self) -> bool:
        """Return whether events can be stored. Calls during a check, or soon after it, share its result."""
        if self._checking is None or (self._checking.done() and monotonic() - self._checked_at >= CHECK_EVERY_SECONDS):
            self._checked_at = monotonic()
            self._checking = asyncio.create_task(self._try_to_write())
        return await asyncio.shield(self._checking)

    async def _try_to_write(self) -> bool:
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await self._store.write(probe.write)
        except Exception as error:  # of any kind: storing an event would fail as well
            log.warning("health.cannot_store", error=type(error).__name__)
            return False
        return True


def _ok(good: bool) -> str:
    return "ok" if good else "failing"
