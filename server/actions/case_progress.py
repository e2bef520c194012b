"""Runs of an endpoint's test cases that go on while a person looks at a page, and the newest results.

They are in memory: a run can be repeated at any time. Results of a draft are kept with it, too.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass

from server.domain.case_results import CaseResults
from server.domain.ids import EndpointId, Millis
from server.store.test_cases import StoredCase

MAX_KEPT = 200


@dataclass(slots=True)
class _Run:
    code: str
    task: "asyncio.Task[CaseResults]"
    begun_at: Millis
    done: int = 0
    total: int = 0


class CaseProgress:
    """The newest run of each endpoint's test cases."""

    def __init__(self) -> None:
        self._runs: OrderedDict[EndpointId, _Run] = OrderedDict()

    def start(
        self,
        endpoint_id: EndpointId,
        code: str,
        run: Callable[[Callable[[int, int], None]], Coroutine[object, object, CaseResults]],
        now: Millis,
    ) -> None:
        """Begin a run on this code; it replaces one that goes on. ``run`` gets what it calls after each case."""
        self.forget(endpoint_id)

        def tell(done: int, total: int) -> None:
            begun.done, begun.total = done, total

        begun = _Run(code, asyncio.create_task(run(tell)), now)
        begun.task.add_done_callback(lambda task: task.cancelled() or task.exception())  # else asyncio complains
        self._runs[endpoint_id] = begun
        if len(self._runs) > MAX_KEPT:
            self._runs.popitem(last=False)[1].task.cancel()

    async def wait(self, endpoint_id: EndpointId, seconds: float | None = None) -> CaseResults | None:
        """The results of the newest run, as soon as it has ended; ``None`` if it has not within ``seconds``."""
        run = self._runs.get(endpoint_id)
        if run is None:
            return None
        await asyncio.wait([run.task], timeout=seconds)
        return _results(run)

    def progress(self, endpoint_id: EndpointId) -> tuple[int, int] | None:
        """(cases that are done, all cases) while a run goes on; otherwise ``None``."""
        run = self._runs.get(endpoint_id)
        return (run.done, run.total) if run and not run.task.done() else None

    def results(self, endpoint_id: EndpointId, code: str, cases: Collection[StoredCase]) -> CaseResults | None:
        """What the newest run of these cases on this code gave; ``None`` when there was none."""
        run = self._runs.get(endpoint_id)
        if run is None or run.code != code or any(case.updated_at > run.begun_at for case in cases):
            return None
        found = _results(run)
        return found if found and {each.id for each in found.results} == {each.id for each in cases} else None

    def forget(self, endpoint_id: EndpointId) -> None:
        if run := self._runs.pop(endpoint_id, None):
            run.task.cancel()

    async def close(self) -> None:
        """End the runs that go on."""
        tasks = [run.task for run in self._runs.values()]
        self._runs.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _results(run: _Run) -> CaseResults | None:
    if not run.task.done() or run.task.cancelled() or run.task.exception():
        return None
    return run.task.result()
