"""The page of a source, which connects Dodo in three steps, the list of all sources, and what is done to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.actions import demo
from server.actions import sources as actions
from server.domain.ids import Millis, SourceId
from server.domain.sentences import Invalid, Sentence, say
from server.domain.sources import Source
from server.store import Transaction, source_contents, sources
from server.store.source_contents import Contents, LastEvent
from server.web import forms
from server.web.errors import NotFound
from server.web.once import once
from server.web.page_routes import source_pages
from server.web.refused_requests import ShownRefusal, shown_refusals
from server.web.render import page, redirect, source_name
from server.web.visit import Here, Visit

router = source_pages()


@dataclass(frozen=True, slots=True)
class Row:
    """A source in the list of all."""

    source: Source
    at: str
    """The address of its page."""
    endpoints: int
    last: LastEvent | None


@dataclass(frozen=True, slots=True)
class Connection:
    """How far a source is connected: what the third step shows."""

    last: LastEvent | None
    """The newest signed event."""
    trouble: Sequence[ShownRefusal]
    """Requests that were refused since then."""
    earlier: Sequence[ShownRefusal]
    """Those of which the last one came before the newest signed event."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What a form of this page was refused for. ``form`` is its name: ``secret``, ``name``, ``remove`` or ``demo``."""

    form: str
    typed: str
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class SourcePage:
    """What the page of a source shows."""

    now: Millis
    address: str
    """The ingest URL."""
    rows: Sequence[Row]
    """All sources."""
    connection: Connection
    contents: Contents
    keeps: Sentence | None
    """Why the source cannot be removed; ``None`` when it can."""
    has_demo: bool
    mistake: Mistake | None
    active: str = "sources"


@dataclass(frozen=True, slots=True)
class ConnectionPart:
    connection: Connection


@dataclass(frozen=True, slots=True)
class NewSource:
    """What the form of a new source shows."""

    name: str
    mode: str
    problems: Mapping[str, Sentence]
    active: str = "sources"


@router.get("/sources")
async def index(request: Request, here: Here) -> Response:
    return await _show(request, here)


@router.get("/sources/connection")
async def connection(request: Request, here: Here) -> Response:
    """The third step alone, which the open page refreshes."""
    found = await here.services.store.read(lambda tx: _connection(tx, here, here.source.id))
    return page(request, "sources/connection.html", here, ConnectionPart(found), block="connection")


@router.get("/sources/new")
async def new(request: Request, here: Here) -> Response:
    return page(request, "sources/new.html", here, NewSource("", here.source.mode.value, {}))


@router.post("/sources")
@once
async def create(request: Request, here: Here) -> Response:
    form = await forms.read(request)
    name, mode = form.text("name"), form.text("mode")
    try:
        made = await actions.create(here.services, name, mode)
    except Invalid as refused:
        problems = {problem.field: problem.sentence for problem in refused.problems}
        return page(request, "sources/new.html", here, NewSource(name, mode, problems), status=422)
    return redirect(f"/{made.slug}/sources", "source-created", request)


@router.post("/sources/demo")
@once
async def create_demo(request: Request, here: Here) -> Response:
    """Create the demo source, or send its samples again."""
    again = (await forms.read(request)).text("again") == "yes"
    try:
        source = await demo.create(here.services, here.user.name, again=again)
    except Invalid as refused:
        return await _show(request, here, Mistake("demo", "", refused.problems[0].sentence))
    return redirect(f"/{source.slug}/logs", "demo-sent", request)


@router.post("/sources/{source_id}/name")
async def rename(request: Request, here: Here, source_id: SourceId) -> Response:
    there = _find(here, source_id)
    typed = (await forms.read(request)).text("name")
    try:
        await actions.rename(here.services, there.source, typed)
    except Invalid as refused:
        return await _show(request, there, Mistake("name", typed, refused.problems[0].sentence))
    return redirect(there.to("/sources"), "source-renamed", request)


@router.post("/sources/{source_id}/remove")
async def remove(request: Request, here: Here, source_id: SourceId) -> Response:
    there = _find(here, source_id)
    try:
        await actions.remove(here.services, there.source)
    except Invalid as refused:
        return await _show(request, there, Mistake("remove", "", refused.problems[0].sentence))
    [left, *_] = [each for each in here.sources if each.id != source_id]
    said = "demo-removed" if there.source.demo else "source-removed"
    return redirect(f"/{here.slugs[left.id]}/sources", said, request)


@router.post("/sources/{source_id}/first-steps")
async def hide_steps(request: Request, here: Here, source_id: SourceId) -> Response:
    there = _find(here, source_id)
    await actions.hide_steps(here.services, there.source)
    return redirect(there.to("/endpoints"), request=request)


@router.post("/sources/{source_id}/secret")
async def save_secret(request: Request, here: Here, source_id: SourceId) -> Response:
    there = _find(here, source_id)
    typed = (await forms.read(request)).text("secret")
    try:
        await actions.save_secret(here.services, there.source, typed)
    except Invalid as refused:
        return await _show(request, there, Mistake("secret", typed, refused.problems[0].sentence))
    return redirect(there.to("/sources"), "secret-saved", request)


@router.post("/sources/{source_id}/secret/new")
async def make_secret(request: Request, here: Here, source_id: SourceId) -> Response:
    there, form = _find(here, source_id), await forms.read(request)
    await actions.make_secret(here.services, there.source, form.optional("replaces"))
    return redirect(there.to("/sources"), "secret-made", request)


@router.post("/sources/{source_id}/secret/stop-former")
async def stop_former(request: Request, here: Here, source_id: SourceId) -> Response:
    there = _find(here, source_id)
    await actions.stop_former(here.services, there.source)
    return redirect(there.to("/sources"), "secret-stopped", request)


@router.post("/sources/{source_id}/address")
@once
async def change_address(request: Request, here: Here, source_id: SourceId) -> Response:
    there = _find(here, source_id)
    await actions.change_address(here.services, there.source)
    return redirect(there.to("/sources"), "address-changed", request)


async def _show(request: Request, here: Visit, mistake: Mistake | None = None) -> Response:
    base = here.services.public_url or str(request.base_url).rstrip("/")

    def query(tx: Transaction) -> tuple[list[Row], Connection, Contents]:
        counts = source_contents.endpoint_counts(tx)
        rows = [
            Row(
                source=each,
                at=f"/{here.slugs[each.id]}/sources",
                endpoints=counts.get(each.id, 0),
                last=source_contents.last_event(tx, each.id),
            )
            for each in here.sources
        ]
        return rows, _connection(tx, here, here.source.id), source_contents.contents(tx, here.source.id)

    rows, connected, contents = await here.services.store.read(query)
    keeps = None if here.source.demo else actions.reason_to_keep(contents)
    shown = SourcePage(
        now=here.services.now(),
        address=f"{base}/in/{here.source.token}",
        rows=rows,
        connection=connected,
        contents=contents,
        keeps=actions.LAST if len(here.sources) == 1 else keeps,
        has_demo=any(each.demo for each in here.sources),
        mistake=mistake,
    )
    return page(request, "sources/show.html", here, shown, status=422 if mistake else 200)


def _connection(tx: Transaction, here: Visit, source_id: SourceId) -> Connection:
    last, refusals = source_contents.last_event(tx, source_id), sources.refused(tx, source_id)
    since = last.received_at if last else 0
    names = {each.id: source_name(each) for each in here.sources}
    trouble, earlier = shown_refusals(refusals, since, names, here.services.intake.max_body)
    return Connection(last, trouble, earlier)


def _find(here: Visit, source_id: SourceId) -> Visit:
    """The visit to that source, whatever source the address begins with. Raises ``NotFound``."""
    found = next((source for source in here.sources if source.id == source_id), None)
    if found is None:
        raise NotFound(say("This source does not exist."))
    return Visit(here.services, here.user, here.sources, found, here.slugs, here.unseen_by_source)
