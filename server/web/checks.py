"""What an endpoint's test cases say about its draft, as the editor and the page that activates it show it."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.domain.case_results import CaseResults
from server.domain.endpoints import Endpoint
from server.domain.versions import CodeDraft
from server.store import drafts
from server.web.code_frame import code_page
from server.web.endpoint_frame import TheEndpoint
from server.web.page_routes import source_pages
from server.web.visit import Here, Visit

router = source_pages()


@dataclass(frozen=True, slots=True)
class Checks:
    """The results of the test cases on a draft."""

    results: CaseResults | None
    """``None`` while they have not run."""
    progress: tuple[int, int] | None
    """(cases that are done, all cases) while they run."""


@dataclass(frozen=True, slots=True)
class ChecksPart:
    checks: Checks


async def checks_of(here: Visit, endpoint: Endpoint, saved: CodeDraft | None) -> Checks:
    """What is known of the draft's test cases now."""
    if saved is None:
        return Checks(None, None)
    draft_id, progress = saved.id, here.services.case_progress.progress(endpoint.id)
    if saved.checks is None and progress is None:  # a run may have ended since the draft was read
        saved = await here.services.store.read(lambda tx: drafts.get(tx, draft_id)) or saved
    return Checks(CaseResults.load(saved.checks) if saved.checks else None, progress)


@router.get("/endpoints/{endpoint_id}/transformation/checks")
async def checks(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    """The part of a page that shows the results; an open page asks for it while the cases run."""
    saved = await here.services.store.read(lambda tx: drafts.current(tx, endpoint.id))
    part = ChecksPart(await checks_of(here, endpoint, saved))
    return await code_page(request, here, endpoint, "editor", "versions/checks.html", part, saved=saved)
