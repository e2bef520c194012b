"""The pages about endpoints: the list, the forms, an endpoint's Overview and Testing tabs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from server.actions import card_changes, credential_checks
from server.actions import endpoints as actions
from server.actions.credential_checks import CheckedCredentials
from server.actions.endpoint_form import EndpointForm, credentials_of
from server.domain.cards import Card, FieldKind
from server.domain.catalog import EventType
from server.domain.endpoints import Endpoint
from server.domain.ids import EndpointId, InspectorAddressId, VersionId
from server.domain.masking import shown_url, tail
from server.domain.messages import Attempt, Trigger
from server.domain.recognition import Hint, hints_of
from server.domain.requests import SHOWN
from server.domain.sentences import Invalid, Problem, Sentence, say
from server.domain.stamps import FormPart, Seen, stamp
from server.domain.versions import VersionName
from server.store import (
    Transaction,
    attempts,
    versions,
)
from server.web import endpoint_form, forms
from server.web.card_groups import CardGroup, groups_of
from server.web.endpoint_form import TrialFields
from server.web.endpoint_frame import TheEndpoint, find, name_of, tab_page
from server.web.errors import NotFound
from server.web.inspector_addresses import url_by_id
from server.web.once import once
from server.web.page_routes import source_pages
from server.web.render import page, redirect
from server.web.visit import Here, Visit

router = source_pages()


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


@router.get("/endpoints/new")
async def new(request: Request, here: Here, card: str = "webhook", inspector: str = "", like: str = "") -> Response:
    """``like`` is the id of an endpoint to duplicate, without its secrets. ``inspector`` is the id of an address of the
    inspector, which then is the URL; nobody can choose another one."""
    if like:
        return new_page(request, here, _copy_of(here, await find(here, EndpointId(like[:40]))))
    draft = endpoint_form.fresh(card_of(here, card))
    if inspector:
        draft = replace(draft, url=await url_by_id(request, here, InspectorAddressId(inspector)))
    return new_page(request, here, draft)


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
@once
async def create(request: Request, here: Here) -> Response:
    form = await forms.read(request)
    draft = endpoint_form.posted(form, card_of(here, form.text("card")))
    try:
        endpoint = await actions.create(here.services, here.source.id, draft, here.user.name)
    except Invalid as refused:
        return new_page(request, here, draft, refused.problems, status=422, trial=endpoint_form.trial_fields(form))
    credential_checks.begin(here.services, here.user.id, endpoint)
    return redirect(here.to(f"/endpoints/{endpoint.id}"), "endpoint-created", request)


@router.get("/endpoints/{endpoint_id}/testing")
async def testing(request: Request, here: Here, endpoint: TheEndpoint, event_type: str = "") -> Response:
    return await _testing(request, here, endpoint, event_type)


@router.post("/endpoints/{endpoint_id}/example")
@once
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
        changed = await actions.change(here.services, endpoint, draft, seen, here.user.name)
    except Invalid as refused:
        return edit_page(request, here, endpoint, draft, refused.problems, status=422, seen=seen.stamp)
    except actions.Stale as stale:
        draft = replace(draft, url=endpoint_form.posted(form, card, stale.now).url)
        return edit_page(request, here, stale.now, draft, status=409, stale=True, seen=seen.stamp)
    if (changed.url, changed.credentials) != (endpoint.url, endpoint.credentials):
        credential_checks.begin(here.services, here.user.id, changed)
    return redirect(here.to(f"/endpoints/{endpoint.id}"), "endpoint-changed", request)


def _copy_of(here: Visit, endpoint: Endpoint) -> EndpointForm:
    """The form of a new endpoint like this one. Whatever may be a secret is left out: nobody typed a password here."""
    draft = without_secrets(here, EndpointForm.of(endpoint))
    return replace(
        draft,
        name="",
        url="" if endpoint_form.url_is_kept(endpoint, card_of(here, endpoint.card)) else draft.url,
        headers=tuple((name, value if name.lower() in SHOWN else "") for name, value in draft.headers),
        variables=tuple((name, "") for name, _ in draft.variables),
    )


def card_of(here: Visit, name: str) -> Card:
    card = here.services.cards.get(name)
    if card is None:
        raise NotFound(say("This integration does not exist."))
    return card


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

    def query(tx: Transaction) -> tuple[list[Attempt], dict[VersionId, VersionName]]:
        recent = attempts.page(tx, search, bodies=False)
        examples = [attempt for attempt in recent if attempt.trigger is Trigger.EXAMPLE][:5]
        return examples, versions.names(tx, [each.version_id for each in examples])

    examples, named = await here.services.store.read(query)
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
