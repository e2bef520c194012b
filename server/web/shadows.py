"""The shadow of an endpoint: starting one, what it found, promoting and dropping it, one event side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.actions import shadows as actions
from server.actions.activations import Approval
from server.actions.endpoints import serving
from server.domain.endpoints import Endpoint
from server.domain.ids import MessageId, Millis, ShadowId, VersionId
from server.domain.schedules import DAY, HOUR
from server.domain.sentences import Invalid, Sentence, say
from server.domain.shadows import Shadow, ShadowState
from server.domain.versions import MAX_NOTE, CodeDraft, Version
from server.store import Transaction, drafts, shadows, versions
from server.web import forms
from server.web.code_frame import code_page
from server.web.comparisons import EventView, ReportView, event_view
from server.web.endpoint_frame import TheEndpoint
from server.web.errors import NotFound
from server.web.history import DRAFT
from server.web.once import once
from server.web.page_routes import source_pages
from server.web.render import redirect
from server.web.visit import Here, Visit

router = source_pages()

STATES: Mapping[ShadowState, tuple[str, Sentence]] = {
    ShadowState.RUNNING: ("in_shadow", say("Running")),
    ShadowState.ENDED: ("stopped", say("Ended")),
    ShadowState.DROPPED: ("stopped", say("Dropped")),
    ShadowState.PROMOTED: ("succeeded", say("Promoted")),
}
"""(badge, word)"""

DURATIONS: Mapping[str, tuple[Millis, Sentence]] = {
    "1h": (HOUR, say("1 hour")),
    "6h": (6 * HOUR, say("6 hours")),
    "1d": (DAY, say("1 day")),
    "3d": (3 * DAY, say("3 days")),
    "7d": (7 * DAY, say("7 days")),
}
DEFAULT_DURATION = "1d"


@dataclass(frozen=True, slots=True)
class ShadowPage:
    """A shadow with its report; or the form that starts one, and the earlier ones."""

    shown: Shadow | None
    """The running one, or the earlier one that the address names."""
    tested: Sentence
    compared_with: Sentence
    view: ReportView | None
    states: Mapping[ShadowState, tuple[str, Sentence]]
    codes: Sequence[tuple[str, Sentence]]
    """What can run as a shadow: (value, name)."""
    code: str
    durations: Sequence[tuple[str, Sentence]]
    duration: str
    earlier: Sequence[Shadow]
    names: Mapping[str, Sentence]
    """The version of each, by the shadow's id."""
    note: str
    max_note: int
    problems: Mapping[str, Sentence]


@dataclass(frozen=True, slots=True)
class ShadowEvent:
    """One event that a shadow ran on."""

    shown: Shadow
    tested: Sentence
    compared_with: Sentence
    event: EventView


@router.get("/endpoints/{endpoint_id}/shadow")
async def current(request: Request, here: Here, endpoint: TheEndpoint, code: str = "") -> Response:
    return await _page(request, here, endpoint, code=code)


@router.post("/endpoints/{endpoint_id}/shadow")
@once
async def begin(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    form = await forms.read(request)
    code, duration = form.text("code")[: forms.MAX_STAMP], form.text("duration")
    length = DURATIONS[duration][0] if duration in DURATIONS else 0
    try:
        await actions.begin(
            here.services,
            endpoint,
            length,
            here.user.name,
            draft_id=endpoint.draft_id if code == DRAFT else None,
            version_id=VersionId(code) if code != DRAFT else None,
        )
    except Invalid as refused:
        return await _page(request, here, endpoint, refused=refused, code=code, duration=duration)
    return redirect(here.to(f"/endpoints/{endpoint.id}/shadow"), "shadow-begun", request)


@router.get("/endpoints/{endpoint_id}/shadow/{shadow_id}")
async def show(request: Request, here: Here, endpoint: TheEndpoint, shadow_id: ShadowId) -> Response:
    return await _page(request, here, endpoint, await _find(here, endpoint, shadow_id))


@router.post("/endpoints/{endpoint_id}/shadow/{shadow_id}/promote")
@once
async def promote(request: Request, here: Here, endpoint: TheEndpoint, shadow_id: ShadowId) -> Response:
    """Activate the shadow's version."""
    form = await forms.read(request)
    shadow = await _find(here, endpoint, shadow_id)
    try:
        await actions.promote(here.services, endpoint, shadow, Approval(here.user.name, form.text("note")))
    except Invalid as refused:
        return await _page(request, here, endpoint, shadow, refused=refused, note=form.text("note"))
    return redirect(here.to(f"/endpoints/{endpoint.id}/history"), "promoted", request)


@router.post("/endpoints/{endpoint_id}/shadow/{shadow_id}/drop")
async def drop(request: Request, here: Here, endpoint: TheEndpoint, shadow_id: ShadowId) -> Response:
    shadow = await _find(here, endpoint, shadow_id)
    try:
        await actions.drop(here.services, endpoint, shadow, here.user.name)
    except Invalid as refused:
        return await _page(request, here, endpoint, shadow, refused=refused)
    return redirect(here.to(f"/endpoints/{endpoint.id}/shadow"), "shadow-dropped", request)


@router.get("/endpoints/{endpoint_id}/shadow/{shadow_id}/events/{message_id}")
async def event(
    request: Request, here: Here, endpoint: TheEndpoint, shadow_id: ShadowId, message_id: MessageId
) -> Response:
    """What both codes make of one event, run again now."""
    shadow = await _find(here, endpoint, shadow_id)
    named = await here.services.store.read(
        lambda tx: versions.by_ids(tx, [shadow.version_id, shadow.former_version_id])
    )
    view = await event_view(here, endpoint, shadow, message_id)
    values = ShadowEvent(shadow, _name(named, shadow.version_id), _compared_with(named, shadow), view)
    return await code_page(request, here, endpoint, "shadow", "shadows/event.html", values)


async def _find(here: Visit, endpoint: Endpoint, shadow_id: ShadowId) -> Shadow:
    shadow = await here.services.store.read(lambda tx: shadows.get(tx, shadow_id))
    if shadow is None or shadow.endpoint_id != endpoint.id:
        raise NotFound(say("This shadow does not exist."))
    return shadow


async def _page(
    request: Request,
    here: Visit,
    endpoint: Endpoint,
    shown: Shadow | None = None,
    *,
    refused: Invalid | None = None,
    code: str = "",
    duration: str = DEFAULT_DURATION,
    note: str = "",
) -> Response:
    def query(tx: Transaction) -> tuple[list[Shadow], list[Version], dict[VersionId, Version], CodeDraft | None]:
        every = shadows.history(tx, endpoint.id)
        named = versions.by_ids(tx, [each for one in every for each in (one.version_id, one.former_version_id)])
        return every, versions.history(tx, endpoint.id), named, drafts.current(tx, endpoint.id)

    every, known, named, saved = await here.services.store.read(query)
    shown = shown or next((each for each in every if each.state is ShadowState.RUNNING), None)
    active = serving(endpoint)
    codes = [(DRAFT, say("Draft"))] if saved else []
    codes += [(each.id, say("Version {number}", number=each.number)) for each in known if each.id != active]
    values = ShadowPage(
        shown=shown,
        tested=_name(named, shown.version_id) if shown else say("A version"),
        compared_with=_compared_with(named, shown) if shown else say("no code"),
        view=ReportView.of(shown.report) if shown else None,
        states=STATES,
        codes=codes,
        code=code or (codes[0][0] if codes else ""),
        durations=[(name, words) for name, (_, words) in DURATIONS.items()],
        duration=duration,
        earlier=[each for each in every if shown is None or each.id != shown.id],
        names={each.id: _name(named, each.version_id) for each in every},
        note=note,
        max_note=MAX_NOTE,
        problems={problem.field: problem.sentence for problem in refused.problems} if refused else {},
    )
    status = 422 if refused else 200
    return await code_page(
        request, here, endpoint, "shadow", "shadows/show.html", values, saved=saved, block="result", status=status
    )


def _name(named: Mapping[VersionId, Version], version_id: VersionId) -> Sentence:
    version = named.get(version_id)
    return say("Version {number}", number=version.number) if version else say("A version")


def _compared_with(named: Mapping[VersionId, Version], shadow: Shadow) -> Sentence:
    former = named.get(shadow.former_version_id) if shadow.former_version_id else None
    return say("v{number} active", number=former.number) if former else say("no code")
