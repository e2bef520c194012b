"""The pages about a person's own cards: the list, the form, export and import."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.actions import own_cards as actions
from server.actions.card_drafts import CardDraft, FieldRow
from server.domain.card_archives import MAX_ZIP_BYTES
from server.domain.card_shelf import OWN, is_own
from server.domain.cards import Card, FieldKind
from server.domain.ids import EndpointId, Millis
from server.domain.sentences import Invalid, Problem, Sentence, say
from server.store import own_cards
from server.store.own_cards import Uses
from server.web import endpoint_form, forms
from server.web.endpoint_frame import find
from server.web.errors import NotFound
from server.web.once import once, once_with_file
from server.web.page_routes import source_pages
from server.web.render import page, redirect
from server.web.visit import Here, Visit

router = source_pages()

KINDS: Mapping[str, Sentence] = {FieldKind.SECRET: say("Secret"), FieldKind.TEXT: say("Text")}
SPARE_ROWS = 2
MAX_TYPED = 20_000
"""Characters that are kept of a text of the form."""


@dataclass(frozen=True, slots=True)
class OwnCardRow:
    """One line of the list."""

    name: str
    """Without ``own:``, as in addresses."""
    card: Card | None
    """``None`` when its files cannot be read."""
    uses: int
    """How many endpoints use it."""
    updated_at: Millis


@dataclass(frozen=True, slots=True)
class OwnCardList:
    """What the list of own cards shows."""

    own: Sequence[OwnCardRow]
    built_in: Sequence[Card]
    limit: int
    problem: Sentence | None
    """Why the last action was refused."""
    file_problem: Sentence | None
    """What is wrong with the file that was to be imported."""
    active: str = "cards"


@dataclass(frozen=True, slots=True)
class OwnCardForm:
    """What the form of a card shows."""

    draft: CardDraft
    name: str
    """The card that is changed, without ``own:``; empty for a new one."""
    start: str
    """The card that a new one starts from; empty for none."""
    of_endpoint: str
    """The id of the endpoint that the new card is made of; empty for none."""
    problems: Mapping[str, Sentence]
    row_problems: Mapping[int, Sentence]
    rows: Sequence[FieldRow]
    kinds: Sequence[tuple[str, Sentence]]
    has_choices: bool
    stamp: str
    """The stamp of what is stored; empty for a new card."""
    seen: str
    stale: bool
    active: str = "cards"


@router.get("/cards")
async def index(request: Request, here: Here) -> Response:
    return await _list(request, here)


@router.get("/cards/new")
async def new(request: Request, here: Here, start: str = "", endpoint: str = "") -> Response:
    """``start``: the card to start from. ``endpoint``: the id of an endpoint to make a card of."""
    if endpoint:
        found = await find(here, EndpointId(endpoint))
        files = await _files(here, found.card)
        draft = actions.of_endpoint(here.services, found, files)
        return _form(request, draft, here, start=found.card, of_endpoint=endpoint)
    if start:
        return _form(request, CardDraft.of(await _files(here, start)), here, start=start)
    card = here.services.cards["webhook"]
    return _form(request, CardDraft(code=card.default_code, placeholder=card.url.placeholder), here)


@router.post("/cards")
@once
async def create(request: Request, here: Here) -> Response:
    form = await forms.read(request)
    draft, start = _posted(form), form.text("start")
    try:
        await actions.create(here.services, draft, await _files(here, start) if start else {})
    except Invalid as refused:
        of_endpoint = form.text("of_endpoint")[: forms.MAX_STAMP]
        return _form(request, draft, here, start=start, of_endpoint=of_endpoint, problems=refused.problems, status=422)
    return redirect(here.to("/cards"), "card-created", request)


@router.post("/cards/import")
@once_with_file("file", MAX_ZIP_BYTES)
async def import_card(request: Request, here: Here) -> Response:
    posted = await forms.read_file(request, "file", MAX_ZIP_BYTES)
    try:
        await actions.import_zip(here.services, posted.content, replaces=posted.fields.get("replaces") == "on")
    except Invalid as refused:
        return await _list(request, here, refused, status=422)
    return redirect(here.to("/cards"), "card-imported", request)


@router.get("/cards/export")
async def export(request: Request, here: Here, card: str = "") -> Response:
    """The zip file of a card, built in or own."""
    try:
        content = await actions.export(here.services, card)
    except actions.NoCard:
        raise NotFound(say("This card does not exist. It may have been deleted.")) from None
    disposition = f'attachment; filename="{card.removeprefix(OWN)}.zip"'
    return Response(content, media_type="application/zip", headers={"content-disposition": disposition})


@router.get("/cards/{name}/edit")
async def edit(request: Request, here: Here, name: str) -> Response:
    files = await _files(here, OWN + name)
    return _form(request, CardDraft.of(files), here, name=name, stored=files)


@router.post("/cards/{name}/edit")
async def save(request: Request, here: Here, name: str) -> Response:
    form = await forms.read(request)
    draft, seen = _posted(form), forms.seen(form)
    stored = await _files(here, OWN + name)
    try:
        await actions.change(here.services, OWN + name, draft, seen)
    except Invalid as refused:
        return _form(request, draft, here, name=name, stored=stored, problems=refused.problems, seen=seen, status=422)
    except actions.StaleCard as stale:
        return _form(request, draft, here, name=name, stored=stale.files, seen=seen, status=409)
    except actions.NoCard:
        raise NotFound(say("This card does not exist. It may have been deleted.")) from None
    return redirect(here.to("/cards"), "card-saved", request)


@router.post("/cards/{name}/delete")
async def delete(request: Request, here: Here, name: str) -> Response:
    await forms.read(request)
    try:
        await actions.delete(here.services, OWN + name)
    except Invalid as refused:
        return await _list(request, here, refused, status=422)
    return redirect(here.to("/cards"), "card-deleted", request)


async def _files(here: Visit, name: str) -> actions.Files:
    try:
        return await actions.files_of(here.services, name)
    except actions.NoCard:
        raise NotFound(say("This card does not exist. It may have been deleted.")) from None


def _posted(form: forms.Form) -> CardDraft:
    """The posted form. Rows without any text are dropped."""

    def text(name: str) -> str:
        return form.text(name)[:MAX_TYPED]

    def block(name: str) -> str:
        return form.raw(name).replace("\r\n", "\n")

    columns = [form.every(f"fields_{name}") for name in ("label", "name", "kind", "optional", "was")]
    rows = tuple(
        FieldRow(label.strip()[:MAX_TYPED], name.strip()[:MAX_TYPED], kind, optional == "on", was)
        for label, name, kind, optional, was in zip(*columns, strict=False)
        if label.strip() or name.strip()
    )
    return CardDraft(
        title=text("title"),
        summary=text("summary"),
        letter=text("letter"),
        icon=block("icon").strip()[:MAX_TYPED],
        steps=block("steps").strip(),
        url_kind=text("url_kind"),
        url=text("url"),
        placeholder=text("placeholder"),
        auth=text("auth"),
        user=text("user"),
        password=text("password"),
        token=text("token"),
        header=text("header"),
        value=text("value"),
        fields=rows,
        transforms=form.switch("transforms", default=True),
        code=endpoint_form.code(form),
        rate_limit=text("rate_limit"),
        contract=block("contract"),
    )


def _form(
    request: Request,
    draft: CardDraft,
    here: Visit,
    *,
    name: str = "",
    start: str = "",
    of_endpoint: str = "",
    stored: actions.Files | None = None,
    problems: Sequence[Problem] = (),
    seen: str = "",
    status: int = 200,
) -> Response:
    """The page with the form. Status 409: somebody else saved the card since the form was opened."""
    found: dict[str, Sentence] = {}
    rows: dict[int, Sentence] = {}
    for problem in problems:
        field, _, row = problem.field.partition(".")
        if row:
            rows[int(row)] = problem.sentence
        found.setdefault(field, problem.sentence)
    has_choices = any(row.kind == FieldKind.CHOICE for row in draft.fields)
    kinds = [*KINDS.items(), *([(FieldKind.CHOICE.value, say("Choice"))] if has_choices else [])]
    shown = OwnCardForm(
        draft=draft,
        name=name,
        start=start,
        of_endpoint=of_endpoint,
        problems=found,
        row_problems=rows,
        rows=[*draft.fields, *[FieldRow()] * SPARE_ROWS],
        kinds=[(str(key), text) for key, text in kinds],
        has_choices=draft.url_kind == "kept",
        stamp=actions.stamp(stored) if stored is not None else "",
        seen=seen,
        stale=status == 409,
    )
    return page(request, "cards/form.html", here, shown, status=status)


async def _list(request: Request, here: Visit, refused: Invalid | None = None, status: int = 200) -> Response:
    stored, uses = await here.services.store.read(lambda tx: (own_cards.every(tx), own_cards.uses(tx)))
    cards = here.services.cards
    by_field = {problem.field: problem.sentence for problem in refused.problems} if refused else {}
    rows = [
        OwnCardRow(
            each.name.removeprefix(OWN), cards.get(each.name), uses.get(each.name, Uses()).endpoints, each.updated_at
        )
        for each in stored
    ]
    shown = OwnCardList(
        own=rows,
        built_in=[card for name, card in cards.items() if not is_own(name)],
        limit=actions.MAX_OWN_CARDS,
        problem=by_field.get(""),
        file_problem=by_field.get("file"),
    )
    return page(request, "cards/list.html", here, shown, status=status)
