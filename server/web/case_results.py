"""Runs an endpoint's test cases for a page, and looks up the results that there are."""

from collections.abc import Collection

from server.actions import case_runs
from server.domain.case_results import CaseResults
from server.domain.endpoints import Endpoint
from server.domain.versions import CodeDraft
from server.store import drafts
from server.store.test_cases import StoredCase
from server.web.endpoint_frame import find
from server.web.visit import Visit

WAIT_SECONDS = 1.0
"""How long a page waits for the results before it shows how far the run is."""


async def run_and_wait(here: Visit, endpoint: Endpoint, seconds: float | None = WAIT_SECONDS) -> CaseResults | None:
    """Start a run of all cases on the draft or the active code; ``None`` when it takes longer than ``seconds``.

    Without ``seconds`` it waits as long as all cases may take.
    """
    now = await find(here, endpoint.id)  # the draft may have been saved a moment ago
    saved = await here.services.store.read(lambda tx: drafts.current(tx, now.id))
    code = case_runs.code_of(now, saved)
    services = here.services
    services.case_progress.start(
        now.id, code, lambda tell: case_runs.run_all(services, now, saved, tell), services.now()
    )
    return await services.case_progress.wait(now.id, seconds)


def known_results(
    here: Visit, endpoint: Endpoint, saved: CodeDraft | None, cases: Collection[StoredCase]
) -> CaseResults | None:
    """The results of the cases on the draft, or on the active code; ``None`` when they have not been run on it."""
    if saved:
        return CaseResults.load(saved.checks) if saved.checks else None
    return here.services.case_progress.results(endpoint.id, case_runs.code_of(endpoint, None), cases)
