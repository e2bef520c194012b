"""Checks of credentials that run after a form was saved, and their results, until a person has seen them.

They are in memory only: a check can be repeated at any time, and its sentence may say something about an account.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.domain.ids import EndpointId, Millis

if TYPE_CHECKING:
    from server.actions.credential_checks import CheckedCredentials

KEPT_MS = 60 * 60 * 1000
MAX_KEPT = 200


@dataclass(slots=True)
class _Entry:
    since: Millis
    task: "asyncio.Task[CheckedCredentials]"


class CheckResults:
    """The newest check of each endpoint, for an hour."""

    def __init__(self) -> None:
        self._entries: OrderedDict[EndpointId, _Entry] = OrderedDict()

    def start(
        self,
        endpoint_id: EndpointId,
        check: "Coroutine[object, object, CheckedCredentials]",
        now: Millis,
        done: Callable[[], object],
    ) -> None:
        """Begin a check in the background; ``done`` is called when its result is there."""
        self.forget(endpoint_id)
        task = asyncio.create_task(check)
        self._entries[endpoint_id] = _Entry(now, task)
        if len(self._entries) > MAX_KEPT:
            self._entries.popitem(last=False)[1].task.cancel()
        task.add_done_callback(lambda ended: None if ended.cancelled() else done())

    def of(self, endpoint_id: EndpointId, now: Millis) -> "tuple[bool, CheckedCredentials | None]":
        """Whether a check runs, and the result of the newest one."""
        entry = self._entries.get(endpoint_id)
        if entry is None or entry.since < now - KEPT_MS:
            return False, None
        if not entry.task.done():
            return True, None
        if entry.task.cancelled() or entry.task.exception():
            return False, None
        return False, entry.task.result()

    def forget(self, endpoint_id: EndpointId) -> None:
        if entry := self._entries.pop(endpoint_id, None):
            entry.task.cancel()

    async def close(self) -> None:
        """End the checks that run."""
        tasks = [entry.task for entry in self._entries.values()]
        self._entries.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
