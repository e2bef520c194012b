"""What waits for a retry at an endpoint, and the button that retries all of it now."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.actions import replays as actions
from server.actions.replays import ReplayForm
from server.actions.version_choices import ACTIVE
from server.domain.endpoints import Endpoint
from server.domain.ids import Millis
from server.domain.replays import Progress, Replay, ReplayKind, ReplayState
from server.domain.retries import WaitingRetries
from server.domain.schedules import MINUTE
from server.domain.sentences import Invalid
from server.store import Transaction, replays, waiting_retries
from server.web import forms
from server.web.endpoint_frame import TheEndpoint, tab_page
from server.web.once import once
from server.web.page_routes import source_pages
from server.web.render import redirect
from server.web.replays import ask
from server.web.visit import Here

router = source_pages()

RESULT_SHOWN_MS: Millis = 10 * MINUTE
"""How long the panel shows the result of a run that ended. The history of replays keeps it."""


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What the panel of waiting retries shows."""

    retries: WaitingRetries | None
    """``None`` when nothing waits for a retry."""
    run: tuple[Replay, Progress] | None
    """The run that retries what waits: under way, or just ended."""
    other_run: bool
    """Another replay of the endpoint is under way, so that none can be started."""

    @property
    def running(self) -> bool:
        return self.run is not None and self.run[0].state is ReplayState.RUNNING


@dataclass(frozen=True, slots=True)
class WaitingPanel:
    catch_up: CatchUp


@router.get("/endpoints/{endpoint_id}/waiting")
async def panel(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    """The panel alone, which open pages refresh."""
    now = here.services.now()
    found = await here.services.store.read(lambda tx: catch_up(tx, endpoint, now))
    return await tab_page(request, here, endpoint, "", WaitingPanel(found), template="endpoints/waiting.html")


@router.post("/endpoints/{endpoint_id}/retry-waiting")
@once
async def retry_waiting(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    typed = (await forms.read(request)).text("rate")
    try:
        rate = actions.rate_of(typed)
        await actions.retry_waiting(here.services, endpoint.id, here.user.name, rate)
    except Invalid as refused:
        asked = ReplayForm(ReplayKind.WAITING, "all", rate=typed)
        return await ask(request, here, endpoint, asked, ACTIVE, refused)
    said = "retrying-waiting-paused" if endpoint.paused else "retrying-waiting"
    return redirect(here.to(f"/endpoints/{endpoint.id}"), said, request)


def catch_up(
    tx: Transaction, endpoint: Endpoint, now: Millis, latest: Sequence[tuple[Replay, Progress]] | None = None
) -> CatchUp:
    """What the panel shows. ``latest``: the newest replay of the endpoint, if it has been read already."""
    runs = replays.history(tx, endpoint.id, limit=1) if latest is None else latest
    of_waiting = [(run, at) for run, at in runs if run.selection.kind is ReplayKind.WAITING and _is_fresh(run, now)]
    return CatchUp(
        retries=None if endpoint.disabled else waiting_retries.find(tx, endpoint.id, now),
        run=of_waiting[0] if of_waiting else None,
        other_run=any(run.state is ReplayState.RUNNING for run, _ in runs) and not of_waiting,
    )


def _is_fresh(run: Replay, now: Millis) -> bool:
    return run.ended_at is None or run.ended_at > now - RESULT_SHOWN_MS
