"""An endpoint's replays: the choices, the dry run, the run under way, and earlier runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.actions import replays as actions
from server.actions.replays import DryRun, ReplayForm, selected
from server.actions.version_choices import ACTIVE, VersionChoice
from server.domain.catalog import EventType
from server.domain.endpoints import Endpoint
from server.domain.ids import Millis, ReplayId, VersionId
from server.domain.messages import DeliveryState
from server.domain.replays import BULK_STATES, PERIODS, Progress, Replay, ReplayKind
from server.domain.retries import WaitingRetries
from server.domain.sentences import Invalid, Sentence, say
from server.domain.versions import VersionName
from server.store import Transaction, replay_matches, replays, waiting_retries
from server.store import versions as version_rows
from server.web import endpoint_form, forms
from server.web.endpoint_frame import TheEndpoint, find, tab_page
from server.web.errors import NotFound
from server.web.forms import Form
from server.web.i18n import in_words
from server.web.log_filters import STATES
from server.web.once import once
from server.web.page_routes import source_pages
from server.web.render import redirect, time_text
from server.web.version_choices import VersionsToRun, posted_choice, versions_to_run
from server.web.visit import Here, Visit

router = source_pages()

KINDS: Mapping[ReplayKind, tuple[Sentence, Sentence]] = {
    ReplayKind.FAILED: (
        say("Recover failed"),
        say("Resends messages whose attempts all failed and that are no longer retried."),
    ),
    ReplayKind.MISSING: (
        say("Replay missing"),
        say("Sends messages this endpoint never received because it did not exist yet, was disabled or was deleted."),
    ),
    ReplayKind.BULK: (
        say("Bulk replay"),
        say("Resends every message that matches the filters, including successful ones."),
    ),
    ReplayKind.WAITING: (
        say("Retry waiting now"),
        say("Sends what waits for its next retry now. The retry schedule of each continues from where it is."),
    ),
    ReplayKind.PARKED: (
        say("Re-run parked"),
        say("Re-runs parked deliveries with the active version, or with another one."),
    ),
}

COUNTED_AT_ONCE = (ReplayKind.PARKED, ReplayKind.WAITING)
"""Kinds that are counted when the form opens, since all stored messages is the usual range."""

RANGES: Mapping[str, Sentence] = {
    "8h": say("Last 8 hours"),
    "1d": say("Last 24 hours"),
    "3d": say("Last 3 days"),
    "7d": say("Last 7 days"),
    "14d": say("Last 2 weeks"),
}
SINCE = say("Since {time}", time="")


@dataclass(frozen=True, slots=True)
class ReplayList:
    """What the list of an endpoint's replays shows."""

    kinds: Mapping[ReplayKind, tuple[Sentence, Sentence]]
    """(title, explanation) of each kind."""
    states: Mapping[DeliveryState, Sentence]
    """The states that a bulk replay can choose from."""
    runs: Sequence[tuple[Replay, Progress]]
    versions: Mapping[VersionId, VersionName]
    """The versions of the code that the runs used."""
    parked: int
    retries: WaitingRetries | None
    """What waits for a retry; ``None`` when nothing does."""
    before: str
    """The id that the list begins after; empty for the newest."""
    older: str
    """The ``before`` of the next older runs; empty when there are none."""
    problem: Sentence | None
    """Why an action was refused."""


@dataclass(frozen=True, slots=True)
class NewReplay:
    """What the form of a replay shows, with its dry run."""

    kind: ReplayKind
    kinds: Mapping[ReplayKind, tuple[Sentence, Sentence]]
    """(title, explanation) of each kind."""
    asked: ReplayForm
    ranges: Sequence[tuple[str, Sentence, Sentence | str]]
    """The periods to choose from: (value, name, the moment it begins)."""
    states: Mapping[DeliveryState, Sentence]
    """The states that a bulk replay can choose from."""
    tree: Sequence[tuple[str, Sequence[EventType]]]
    problems: Mapping[str, Sentence]
    """What is wrong with the form, by field."""
    counted: DryRun | None
    """The dry run; ``None`` before it."""
    to_run: VersionsToRun
    retries: WaitingRetries | None
    """What waits for a retry, which a recovery of failed deliveries does not send."""


@router.get("/endpoints/{endpoint_id}/replays")
async def index(request: Request, here: Here, endpoint: TheEndpoint, before: str = "") -> Response:
    return await _index(request, here, endpoint, before)


@router.get("/endpoints/{endpoint_id}/replays/new")
async def new(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    """The form of one kind of replay; with ``count``, its dry run."""
    fields: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        fields.setdefault(name, []).append(value)
    form = Form(fields)
    asked = _asked(form, asking=form.has("count"))
    choice = posted_choice(form) if asked.kind is not ReplayKind.WAITING else ACTIVE
    if not form.has("count") and asked.kind not in COUNTED_AT_ONCE:
        return await ask(request, here, endpoint, asked, choice)
    try:
        selection, rate = selected(asked, here.services.now())
        counted = await actions.dry_run(here.services, endpoint, selection, rate, choice)
    except Invalid as refused:
        return await ask(request, here, endpoint, asked, choice, refused)
    return await ask(request, here, endpoint, asked, choice, counted=counted)


@router.post("/endpoints/{endpoint_id}/replays")
@once
async def begin(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    form = await forms.read(request)
    asked = _asked(form, asking=True)
    choice = posted_choice(form) if asked.kind is not ReplayKind.WAITING else ACTIVE
    try:
        selection, rate = selected(asked, here.services.now())
        await actions.begin(here.services, endpoint, selection, rate, here.user.name, choice)
    except Invalid as refused:
        return await ask(request, here, endpoint, asked, choice, refused)
    return redirect(here.to(f"/endpoints/{endpoint.id}/replays"), "replay-begun", request)


@router.post("/replays/{replay_id}/stop")
async def stop(request: Request, here: Here, replay_id: ReplayId) -> Response:
    replay = await here.services.store.read(lambda tx: replays.get(tx, replay_id))
    if replay is None:
        raise NotFound(say("This replay does not exist."))
    endpoint = await find(here, replay.endpoint_id)
    from_overview = (await forms.read(request)).text("back") == "endpoint"
    try:
        await actions.stop(here.services, replay, here.user.name)
    except Invalid as refused:
        return await _index(request, here, endpoint, problem=refused.problems[0].sentence, status=422)
    place, flash = ("", "retrying-stopped") if from_overview else ("/replays", "replay-stopped")
    return redirect(here.to(f"/endpoints/{endpoint.id}{place}"), flash, request)


def _asked(form: Form, *, asking: bool) -> ReplayForm:
    """The form as a ``ReplayForm``. When it was only opened, everything is chosen."""
    kind = form.text("kind")
    if kind not in list(ReplayKind):
        raise NotFound(say("This kind of replay does not exist."))
    chosen = form.text("listen", "all") == "chosen"
    return ReplayForm(
        kind=ReplayKind(kind),
        since=form.text("since", "all" if kind in COUNTED_AT_ONCE else "8h"),
        start=form.text("start"),
        end=form.text("end"),
        event_types=frozenset(form.every("event_types")) if chosen else None,
        states=frozenset(form.every("states")) if asking else frozenset(BULK_STATES),
        rate=form.text("rate"),
    )


async def _index(
    request: Request,
    here: Visit,
    endpoint: Endpoint,
    before: str = "",
    *,
    problem: Sentence | None = None,
    status: int = 200,
) -> Response:
    now = here.services.now()

    def query(
        tx: Transaction,
    ) -> tuple[list[tuple[Replay, Progress]], dict[VersionId, VersionName], int, WaitingRetries | None]:
        runs = replays.history(tx, endpoint.id, before)
        versions = version_rows.names(tx, (replay.version_id for replay, _ in runs))
        return runs, versions, replay_matches.parked(tx, endpoint.id), waiting_retries.find(tx, endpoint.id, now)

    runs, versions, parked, retries = await here.services.store.read(query)
    return await tab_page(
        request,
        here,
        endpoint,
        "replay",
        ReplayList(
            kinds=KINDS,
            states=_states(),
            runs=runs,
            versions=versions,
            parked=parked,
            retries=retries,
            before=before,
            older=runs[-1][0].id if len(runs) == replays.PAGE else "",
            problem=problem,
        ),
        template="replays/list.html",
        block="runs",
        status=status,
    )


async def ask(
    request: Request,
    here: Visit,
    endpoint: Endpoint,
    asked: ReplayForm,
    choice: VersionChoice,
    refused: Invalid | None = None,
    *,
    counted: DryRun | None = None,
) -> Response:
    at = here.services.now()

    def query(tx: Transaction) -> tuple[list[VersionName], WaitingRetries | None]:
        chosen = version_rows.names(tx, [choice.version_id]).values()
        known = [*version_rows.choices(tx, [endpoint.id]).get(endpoint.id, ()), *chosen]
        return [each for each in known if each.endpoint_id == endpoint.id], waiting_retries.find(tx, endpoint.id, at)

    now = await find(here, endpoint.id) if refused else endpoint  # another version may have become active since
    known, retries = await here.services.store.read(query)
    return await tab_page(
        request,
        here,
        endpoint,
        "replay",
        NewReplay(
            kind=asked.kind,
            kinds=KINDS,
            asked=asked,
            ranges=_ranges(at),
            states=_states(),
            tree=endpoint_form.TREE,
            problems={problem.field: problem.sentence for problem in refused.problems} if refused else {},
            counted=counted,
            to_run=versions_to_run(now, known, choice.version_id or ""),
            retries=retries,
        ),
        template="replays/new.html",
        block="ask",
        status=422 if refused else 200,
    )


def _states() -> dict[DeliveryState, Sentence]:
    return {state: STATES[state] for state in BULK_STATES}


def _ranges(now: Millis) -> list[tuple[str, Sentence, Sentence | str]]:
    """The periods to choose from: (value, name, the moment it begins)."""
    ready = [
        (name, title, in_words(Sentence(SINCE.text, {"time": time_text(now - PERIODS[name])})))
        for name, title in RANGES.items()
    ]
    return [
        *ready,
        ("all", say("Everything"), say("All stored messages")),
        ("custom", say("Custom range"), say("Choose start and end")),
    ]
