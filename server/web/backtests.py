"""Backtests of an endpoint's draft or versions: the form, progress, the result, and one event side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.actions import backtests as actions
from server.actions.backtests import BacktestForm, is_stale, selected
from server.actions.endpoints import serving
from server.domain.backtests import DEFAULT_EVENTS, MAX_EVENTS, Backtest, BacktestState
from server.domain.endpoints import Endpoint
from server.domain.ids import BacktestId, CodeDraftId, MessageId, VersionId
from server.domain.sentences import Invalid, Sentence, say
from server.domain.versions import CodeDraft, Version
from server.store import Transaction, backtests, drafts, versions
from server.web import forms
from server.web.code_frame import code_page
from server.web.comparisons import EventView, ReportView, event_view
from server.web.endpoint_frame import TheEndpoint
from server.web.errors import NotFound
from server.web.forms import Form
from server.web.history import DRAFT
from server.web.once import once
from server.web.page_routes import source_pages
from server.web.render import redirect
from server.web.visit import Here, Visit

router = source_pages()

STATES: Mapping[BacktestState, tuple[str, Sentence]] = {
    BacktestState.RUNNING: ("pending", say("In progress")),
    BacktestState.DONE: ("succeeded", say("Done")),
    BacktestState.STOPPED: ("stopped", say("Stopped")),
    BacktestState.INTERRUPTED: ("stopped", say("Interrupted")),
    BacktestState.FAILED: ("failed", say("Given up")),
}
"""(badge, word)"""


@dataclass(frozen=True, slots=True)
class BacktestList:
    """The form and the endpoint's backtests."""

    asked: BacktestForm
    codes: Sequence[tuple[str, Sentence]]
    """What can be tested: (value, name)."""
    code: str
    max_events: int
    problems: Mapping[str, Sentence]
    runs: Sequence[Backtest]
    names: Mapping[str, Sentence]
    """What each run tested, by the run's id."""
    states: Mapping[BacktestState, tuple[str, Sentence]]
    stale: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class BacktestPage:
    """One backtest with its report."""

    run: Backtest
    tested: Sentence
    compared_with: Sentence
    states: Mapping[BacktestState, tuple[str, Sentence]]
    stale: bool
    view: ReportView
    problem: Sentence | None


@dataclass(frozen=True, slots=True)
class BacktestEvent:
    """One event of a backtest."""

    run: Backtest
    tested: Sentence
    compared_with: Sentence
    event: EventView


@router.get("/endpoints/{endpoint_id}/backtests")
async def index(request: Request, here: Here, endpoint: TheEndpoint, code: str = "") -> Response:
    return await _list_page(request, here, endpoint, BacktestForm(), code)


@router.post("/endpoints/{endpoint_id}/backtests")
@once
async def begin(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    form = await forms.read(request)
    asked, code = _asked(form), form.text("code")[: forms.MAX_STAMP]
    try:
        run = await actions.begin(
            here.services,
            endpoint,
            selected(asked, here.services.now()),
            here.user.name,
            draft_id=endpoint.draft_id if code == DRAFT else None,
            version_id=VersionId(code) if code != DRAFT else None,
        )
    except Invalid as refused:
        return await _list_page(request, here, endpoint, asked, code, refused)
    return redirect(here.to(f"/endpoints/{endpoint.id}/backtests/{run.id}"), None, request)


@router.get("/endpoints/{endpoint_id}/backtests/{backtest_id}")
async def show(request: Request, here: Here, endpoint: TheEndpoint, backtest_id: BacktestId) -> Response:
    return await _show(request, here, endpoint, await _find(here, endpoint, backtest_id))


@router.post("/endpoints/{endpoint_id}/backtests/{backtest_id}/stop")
async def stop(request: Request, here: Here, endpoint: TheEndpoint, backtest_id: BacktestId) -> Response:
    run = await _find(here, endpoint, backtest_id)
    try:
        await actions.stop(here.services, endpoint, run)
    except Invalid as refused:
        return await _show(request, here, endpoint, run, refused)
    return redirect(here.to(f"/endpoints/{endpoint.id}/backtests/{run.id}"), None, request)


@router.get("/endpoints/{endpoint_id}/backtests/{backtest_id}/events/{message_id}")
async def event(
    request: Request, here: Here, endpoint: TheEndpoint, backtest_id: BacktestId, message_id: MessageId
) -> Response:
    """What both codes make of one event, run again now."""
    run = await _find(here, endpoint, backtest_id)
    tested, compared_with = await _names_of(here, endpoint, run)
    values = BacktestEvent(run, tested, compared_with, await event_view(here, endpoint, run, message_id))
    return await code_page(request, here, endpoint, "backtest", "backtests/event.html", values)


def _asked(form: Form) -> BacktestForm:
    ranged = form.text("which") == "range"
    most = form.text("most", str(DEFAULT_EVENTS)) if not ranged else str(MAX_EVENTS)
    return BacktestForm(most, ranged, form.text("start"), form.text("end"))


async def _find(here: Visit, endpoint: Endpoint, backtest_id: BacktestId) -> Backtest:
    run = await here.services.store.read(lambda tx: backtests.get(tx, backtest_id))
    if run is None or run.endpoint_id != endpoint.id:
        raise NotFound(say("This backtest does not exist."))
    return run


async def _list_page(
    request: Request, here: Visit, endpoint: Endpoint, asked: BacktestForm, code: str, refused: Invalid | None = None
) -> Response:
    def query(tx: Transaction) -> tuple[list[Backtest], list[Version], CodeDraft | None, dict[VersionId, Version]]:
        runs = backtests.history(tx, endpoint.id)
        named = versions.by_ids(tx, [run.version_id for run in runs])
        return runs, versions.history(tx, endpoint.id), drafts.current(tx, endpoint.id), named

    runs, known, saved, named = await here.services.store.read(query)
    active = serving(endpoint)
    codes = [(DRAFT, say("Draft"))] if saved else []
    codes += [(each.id, say("Version {number}", number=each.number)) for each in known if each.id != active]
    values = BacktestList(
        asked=asked,
        codes=codes,
        code=code or (codes[0][0] if codes else ""),
        max_events=MAX_EVENTS,
        problems={problem.field: problem.sentence for problem in refused.problems} if refused else {},
        runs=runs,
        names={run.id: _tested(run, named, saved) for run in runs},
        states=STATES,
        stale={run.id: is_stale(run, endpoint) for run in runs},
    )
    status = 422 if refused else 200
    return await code_page(
        request, here, endpoint, "backtest", "backtests/list.html", values, saved=saved, block="runs", status=status
    )


async def _show(
    request: Request, here: Visit, endpoint: Endpoint, run: Backtest, refused: Invalid | None = None
) -> Response:
    tested, compared_with = await _names_of(here, endpoint, run)
    values = BacktestPage(
        run=run,
        tested=tested,
        compared_with=compared_with,
        states=STATES,
        stale=is_stale(run, endpoint),
        view=ReportView.of(run.report),
        problem=refused.problems[0].sentence if refused else None,
    )
    status = 422 if refused else 200
    return await code_page(
        request, here, endpoint, "backtest", "backtests/show.html", values, block="result", status=status
    )


async def _names_of(here: Visit, endpoint: Endpoint, run: Backtest) -> tuple[Sentence, Sentence]:
    """What was tested, and what it was compared with."""

    def query(tx: Transaction) -> tuple[dict[VersionId, Version], CodeDraft | None]:
        draft = drafts.get(tx, CodeDraftId(run.draft_id)) if run.draft_id else None
        return versions.by_ids(tx, [run.version_id, run.former_version_id]), draft

    named, draft = await here.services.store.read(query)
    former = named.get(run.former_version_id) if run.former_version_id else None
    compared_with = say("v{number} active", number=former.number) if former else say("no code")
    return _tested(run, named, draft), compared_with


def _tested(run: Backtest, named: Mapping[VersionId, Version], draft: CodeDraft | None) -> Sentence:
    if run.draft_id:
        if draft and draft.id == run.draft_id:
            return say("Draft, revision {number}", number=draft.revision)
        return say("An earlier draft")
    version = named.get(run.version_id) if run.version_id else None
    return say("Version {number}", number=version.number) if version else say("A version")
