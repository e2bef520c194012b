"""The pages about endpoints: the list, the forms, an endpoint's Overview and Testing tabs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from server.actions import card_changes, credential_checks, trials
from server.actions import endpoints as actions
from server.actions.check_results import KEPT_MS
from server.actions.credential_checks import CheckedCredentials
from server.actions.endpoint_form import EndpointForm, credentials_of
from server.domain.cards import Card, FieldKind
from server.domain.catalog import EventType
from server.domain.endpoints import URL_NOT_SET, Endpoint
from server.domain.ids import AttemptId, Millis, VersionId, earliest
from server.domain.masking import shown_url, tail
from server.domain.messages import ACCEPTED, Attempt, AttemptError, AttemptOutcome, Delivery, Trigger
from server.domain.recognition import Hint, hints_of
from server.domain.replays import Progress, Replay
from server.domain.sentences import Invalid, Problem, Sentence, say
from server.domain.stamps import FormPart, Seen, stamp
from server.domain.verdicts import Grade
from server.domain.versions import VersionName
from server.sandbox import SlowCode
from server.store import (
    Transaction,
    attempts,
    deliveries,
    endpoints,
    operational_events,
    queues,
    replay_matches,
    replays,
    versions,
)
from server.store.endpoints import OutcomeCounts
from server.web import endpoint_form, forms
from server.web.card_groups import CardGroup, groups_of
from server.web.endpoint_form import TrialFields
from server.web.endpoint_frame import TheEndpoint, address_of, name_of, tab_page
from server.web.errors import NotFound
from server.web.messages import fault_of
from server.web.operational_events import Shown, shown
from server.web.page_routes import source_pages
from server.web.render import page, redirect
from server.web.visit import Here, Visit

router = source_pages()

DAY_MS = 24 * 60 * 60 * 1000

FILTERS: Mapping[str, tuple[AttemptOutcome, ...]] = {
    "": (),
    "succeeded": tuple(ACCEPTED),
    "failed": (
        AttemptOutcome.REJECTED,
        AttemptOutcome.UNREACHABLE,
        AttemptOutcome.BLOCKED,
        AttemptOutcome.TRANSFORM_FAILED,
        AttemptOutcome.FAULT,
    ),
    "contract": (),
}
"""The outcomes that each filter of the Overview shows; empty for all."""
GRADES: Mapping[str, tuple[Grade, ...]] = {"contract": (Grade.ERRORS, Grade.WARNINGS)}
"""The verdicts that a filter shows."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    endpoint: Endpoint
    card: Card | None
    name: str
    address: str
    waiting: int
    """Waiting deliveries; counted only while the endpoint is paused."""
    error_rate: float | None
    last: tuple[AttemptOutcome, Millis] | None


@dataclass(frozen=True, slots=True)
class EndpointList:
    """What the list of endpoints shows."""

    rows: Sequence[Row]
    active: str = "endpoints"


@dataclass(frozen=True, slots=True)
class OverviewTab:
    """What an endpoint's Overview shows."""

    attempts: Sequence[Attempt]
    versions: Mapping[VersionId, VersionName]
    """The versions of the code that the attempts ran."""
    older: str
    """The id to continue from; empty on the last page."""
    before: str
    show: str
    """A name of ``FILTERS``."""
    tally: OutcomeCounts
    counts: Sequence[tuple[str, int]]
    """How many attempts of the last 24 hours had each outcome, without zeros."""
    waiting: int
    turn: Delivery | None
    """An ordered endpoint's current delivery."""
    fault_of: Callable[[Delivery], AttemptError | None]
    shown: Sequence[Shown]
    parked: int
    """How many deliveries are parked."""
    latest: Sequence[tuple[Replay, Progress]]
    """The newest replay, if any."""
    slow: SlowCode | None
    """Why the endpoint's code runs in the slow slot; ``None`` when it does not."""
    checking: bool
    """Whether the credentials are being checked."""
    checked: CheckedCredentials | None
    """The result of the check that began when the endpoint was saved."""
    hints: Mapping[str, Hint]
    """What its values were recognised as, for an hour after it was saved."""


@dataclass(frozen=True, slots=True)
class TestingTab:
    """What an endpoint's Testing tab shows."""

    tree: Sequence[tuple[str, Sequence[EventType]]]
    event_type: str
    examples: Sequence[Attempt]
    versions: Mapping[VersionId, VersionName]
    """The versions of the code that the examples ran."""
    problem: Sentence | None
    """Why no example was sent."""


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """What the page of a new endpoint shows besides the form's parts."""

    card: Card
    groups: Sequence[CardGroup]
    """All cards, for the picker."""
    choosing_source: bool
    """Whether the form came from an address without a source, so that the page asks for one."""
    others: Mapping[str, str]
    """Typed values of fields that only other cards have. They stay in the form for a change back."""
    chosen: bool
    """Whether this is the response to a change of card."""
    code_of: Card | None
    """The card for which the edited code was written, if the change kept it."""
    check_at: str
    """Where the form posts to check its credentials."""
    hints: Mapping[str, Hint]
    """What the typed values were recognised as, by field."""
    checked: CheckedCredentials | None
    """The result of checking the credentials, if that was asked for."""
    editing: bool = False
    active: str = "endpoints"


@dataclass(frozen=True, slots=True)
class EditEndpoint:
    """What the page that edits an endpoint shows besides the form's parts."""

    endpoint: Endpoint
    name: str
    card: Card
    stored: Mapping[str, str]
    """The last characters of each stored secret of the card."""
    url_kept: str
    """The stored URL, shortened, when it is a secret that the form keeps; empty otherwise."""
    check_at: str
    hints: Mapping[str, Hint]
    checked: CheckedCredentials | None
    editing: bool = True
    """As in ``NewEndpoint``."""
    active: str = "endpoints"


@router.get("/endpoints")
async def index(request: Request, here: Here) -> Response:
    since = earliest(AttemptId, here.services.now() - DAY_MS)

    def look(tx: Transaction) -> list[Row]:
        found = endpoints.of_source(tx, here.source.id)
        ids = [endpoint.id for endpoint in found]
        tallies, last = endpoints.tallies(tx, ids, since), endpoints.last_attempts(tx, ids)
        waiting = queues.waiting(tx, [endpoint.id for endpoint in found if endpoint.paused])
        return [
            Row(
                endpoint=endpoint,
                card=here.services.cards.get(endpoint.card),
                name=name_of(here, endpoint),
                address=address_of(here, endpoint),
                waiting=waiting.get(endpoint.id, 0),
                error_rate=tallies[endpoint.id].failure_rate if endpoint.id in tallies else None,
                last=last.get(endpoint.id),
            )
            for endpoint in found
        ]

    rows = await here.services.store.read(look)
    return page(request, "endpoints/list.html", here, EndpointList(rows), block="list")


@router.get("/endpoints/new")
async def new(request: Request, here: Here, card: str = "webhook") -> Response:
    return new_page(request, here, endpoint_form.fresh(card_of(here, card)))


@router.post("/endpoints/new")
async def change_card(request: Request, here: Here) -> Response:
    """The form of another card (``to``) with everything that was typed so far. Nothing is saved."""
    form = await forms.read(request)
    former, card = card_of(here, form.text("card")), card_of(here, form.text("to"))
    change = card_changes.change_card(endpoint_form.posted(form, former), former, card)
    return new_page(
        request,
        here,
        change.draft,
        trial=endpoint_form.trial_fields(form),
        chosen=True,
        code_of=former if change.code_kept else None,
    )


@router.post("/endpoints")
async def create(request: Request, here: Here) -> Response:
    form = await forms.read(request)
    draft = endpoint_form.posted(form, card_of(here, form.text("card")))
    try:
        endpoint = await actions.create(here.services, here.source.id, draft, here.user.name)
    except Invalid as refused:
        return new_page(request, here, draft, refused.problems, status=422, trial=endpoint_form.trial_fields(form))
    credential_checks.begin(here.services, here.user.id, endpoint)
    return redirect(here.to(f"/endpoints/{endpoint.id}"), "endpoint-created", request)


@router.get("/endpoints/{endpoint_id}")
async def overview(request: Request, here: Here, endpoint: TheEndpoint, show: str = "", before: str = "") -> Response:
    search = attempts.Search(
        endpoint_id=endpoint.id, outcomes=FILTERS.get(show, ()), grades=GRADES.get(show, ()), before=before
    )
    since = earliest(AttemptId, here.services.now() - DAY_MS)

    def look(
        tx: Transaction,
    ) -> tuple[list[Attempt], dict[VersionId, VersionName], OutcomeCounts, int, Delivery | None, list[Shown]]:
        made = attempts.page(tx, search, bodies=False)
        named = versions.names(tx, [each.version_id for each in made])
        tally = endpoints.tallies(tx, [endpoint.id], since).get(endpoint.id, OutcomeCounts({}))
        turn = queues.head(tx, endpoint.id) if endpoint.controls.ordered else None
        told = shown(tx, here, operational_events.of_endpoint(tx, endpoint.id))
        return made, named, tally, deliveries.waiting(tx, endpoint.id), turn, told

    found, named, tally, waiting, turn, told = await here.services.store.read(look)
    parked, latest = await here.services.store.read(
        lambda tx: (replay_matches.parked(tx, endpoint.id), replays.history(tx, endpoint.id, limit=1))
    )
    checking, checked = here.services.checks.of(endpoint.id, here.services.now())
    counts = [(outcome.value, tally.by_outcome.get(outcome, 0)) for outcome in AttemptOutcome]
    return await tab_page(
        request,
        here,
        endpoint,
        "overview",
        OverviewTab(
            attempts=found,
            versions=named,
            older=found[-1].id if len(found) == attempts.PAGE else "",
            before=before,
            show=show if show in FILTERS else "",
            tally=tally,
            counts=[(state, number) for state, number in counts if number],
            waiting=waiting,
            turn=turn,
            fault_of=fault_of,
            shown=told,
            parked=parked,
            latest=latest,
            slow=trials.slow(here.services, endpoint),
            checking=checking,
            checked=checked,
            hints=_recent_hints(here, endpoint),
        ),
        block="attempts",
    )


@router.get("/endpoints/{endpoint_id}/testing")
async def testing(request: Request, here: Here, endpoint: TheEndpoint, event_type: str = "") -> Response:
    return await _testing(request, here, endpoint, event_type)


@router.post("/endpoints/{endpoint_id}/example")
async def send_example(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    event_type = (await forms.read(request)).text("event_type")
    try:
        await actions.send_example(here.services, endpoint, event_type)
    except Invalid as refused:
        return await _testing(request, here, endpoint, event_type, refused)
    return redirect(here.to(f"/endpoints/{endpoint.id}/testing?event_type={event_type}"), "example-sent", request)


@router.get("/endpoints/{endpoint_id}/edit")
async def edit(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    return edit_page(request, here, endpoint, without_secrets(here, EndpointForm.of(endpoint)))


@router.post("/endpoints/{endpoint_id}/edit")
async def save(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    form, card = await forms.read(request), card_of(here, endpoint.card)
    typed = endpoint_form.posted(form, card, endpoint)
    draft = replace(typed, headers=tuple(endpoint.headers.items()), variables=tuple(endpoint.variables.items()))
    seen = Seen(FormPart.DESTINATION, forms.seen(form))
    try:
        changed = await actions.change(here.services, endpoint, draft, seen)
    except Invalid as refused:
        return edit_page(request, here, endpoint, draft, refused.problems, status=422, seen=seen.stamp)
    except actions.Stale as stale:
        draft = replace(draft, url=endpoint_form.posted(form, card, stale.now).url)
        return edit_page(request, here, stale.now, draft, status=409, stale=True, seen=seen.stamp)
    if (changed.url, changed.credentials) != (endpoint.url, endpoint.credentials):
        credential_checks.begin(here.services, here.user.id, changed)
    return redirect(here.to(f"/endpoints/{endpoint.id}"), "endpoint-changed", request)


def card_of(here: Visit, name: str) -> Card:
    card = here.services.cards.get(name)
    if card is None:
        raise NotFound(say("This integration does not exist."))
    return card


def _recent_hints(here: Visit, endpoint: Endpoint) -> Mapping[str, Hint]:
    """What the values of an endpoint that was just saved were recognised as. Nobody needs to be told for ever."""
    card = here.services.cards.get(endpoint.card)
    if card is None or endpoint.updated_at < here.services.now() - KEPT_MS:
        return {}
    url = "" if endpoint.url == URL_NOT_SET else endpoint.url
    return hints_of(here.services.cards.values(), card, url, endpoint.credentials)


def without_secrets(here: Visit, draft: EndpointForm) -> EndpointForm:
    """The draft without its secrets, so that a form never sends stored ones to the browser."""
    secret = {field.name for field in card_of(here, draft.card).fields if field.kind is FieldKind.SECRET}
    shown = {name: value for name, value in (draft.credentials or {}).items() if name not in secret}
    return replace(draft, credentials=shown)


def new_page(
    request: Request,
    here: Visit,
    draft: EndpointForm,
    problems: Sequence[Problem] = (),
    *,
    status: int = 200,
    trial: TrialFields | None = None,
    choosing_source: bool = False,
    chosen: bool = False,
    code_of: Card | None = None,
    checked: CheckedCredentials | None = None,
) -> Response:
    """The page with the form of a new endpoint."""
    form, card = endpoint_form.shown(draft, problems, trial=trial), card_of(here, draft.card)
    own = {field.name for field in card.fields}
    new = NewEndpoint(
        card=card,
        groups=groups_of(here.services.cards.values()),
        choosing_source=choosing_source,
        others={name: value for name, value in (draft.credentials or {}).items() if value and name not in own},
        chosen=chosen,
        code_of=code_of,
        check_at=here.to("/endpoints/check"),
        hints=hints_of(here.services.cards.values(), card, draft.url, draft.credentials or {}),
        checked=checked,
    )
    return page(request, "endpoints/new.html", here, form, new, status=status)


def edit_page(
    request: Request,
    here: Visit,
    endpoint: Endpoint,
    draft: EndpointForm,
    problems: Sequence[Problem] = (),
    *,
    status: int = 200,
    stale: bool = False,
    seen: str = "",
    checked: CheckedCredentials | None = None,
) -> Response:
    """The page with the form of an existing endpoint."""
    card = card_of(here, endpoint.card)
    credentials = credentials_of(draft, card, endpoint.credentials)
    hints = hints_of(here.services.cards.values(), card, draft.url or endpoint.url, credentials)
    stored = {
        f.name: tail(endpoint.credentials[f.name])
        for f in card.fields
        if f.kind is FieldKind.SECRET and endpoint.credentials.get(f.name)
    }
    url_kept = endpoint_form.url_is_kept(endpoint, card)
    if url_kept and draft.url == endpoint.url:
        draft = replace(draft, url="")
    form = replace(
        endpoint_form.shown(draft, problems, stored=endpoint),
        stamp=stamp(endpoint, FormPart.DESTINATION),
        stale=stale,
        seen=seen,
    )
    edited = EditEndpoint(
        endpoint=endpoint,
        name=name_of(here, endpoint),
        card=card,
        stored=stored,
        url_kept=shown_url(endpoint.url, whole=card.url.secret) if url_kept else "",
        check_at=here.to(f"/endpoints/{endpoint.id}/check"),
        hints=hints,
        checked=checked,
    )
    return page(request, "endpoints/edit.html", here, form, edited, status=status)


async def _testing(
    request: Request, here: Visit, endpoint: Endpoint, event_type: str, refused: Invalid | None = None
) -> Response:
    search = attempts.Search(endpoint_id=endpoint.id)

    def look(tx: Transaction) -> tuple[list[Attempt], dict[VersionId, VersionName]]:
        recent = attempts.page(tx, search, bodies=False)
        examples = [attempt for attempt in recent if attempt.trigger is Trigger.EXAMPLE][:5]
        return examples, versions.names(tx, [each.version_id for each in examples])

    examples, named = await here.services.store.read(look)
    first = next(iter(sorted(endpoint.event_types or ())), endpoint_form.FIRST_EVENT_TYPE)
    return await tab_page(
        request,
        here,
        endpoint,
        "testing",
        TestingTab(
            tree=endpoint_form.TREE,
            event_type=event_type or first,
            examples=examples,
            versions=named,
            problem=refused.problems[0].sentence if refused else None,
        ),
        block="examples",
        status=422 if refused else 200,
    )
