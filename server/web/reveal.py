"""Shows one secret to a person who types the password. It is its own page, so that it works without scripts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from server.actions import reveal as actions
from server.actions.reveal import Secret
from server.domain.sentences import Invalid, Sentence, say
from server.store import sources
from server.web import forms
from server.web.accounts import by_field, tries
from server.web.errors import NotFound
from server.web.page_routes import source_pages
from server.web.render import page
from server.web.visit import Here, Visit

router = source_pages()

MAX_WHAT = 400


@dataclass(frozen=True, slots=True)
class RevealPage:
    """What the page of one secret shows: the form that asks for the password, or the secret."""

    what: str
    secret: Secret
    shown: bool = False
    problems: Mapping[str, Sentence] = field(default_factory=dict)


@router.get("/reveal")
async def ask(request: Request, here: Here, what: str = "") -> Response:
    """The page that asks for the password."""
    secret = await _find(here, what)
    return page(request, "accounts/reveal.html", here, RevealPage(what, secret))


@router.post("/reveal")
async def show(request: Request, here: Here) -> Response:
    """The secret, in this response only: no browser or proxy may store our pages (``no-store``)."""
    form = await forms.read(request)
    what = form.text("what")
    secret = await _find(here, what)
    try:
        await actions.reveal(here.services, tries(request), here.user, what, secret, form.raw("password"))
    except Invalid as refused:
        values = RevealPage(what, secret, problems=by_field(refused))
        return page(request, "accounts/reveal.html", here, values, status=422)
    return page(request, "accounts/reveal.html", here, RevealPage(what, secret, shown=True))


async def _find(here: Visit, what: str) -> Secret:
    kind, _, rest = what.partition("/")
    if kind in ("endpoint", "attempt"):  # their secrets are shown under their own source, which the page returns to
        owned_id = rest.partition("/")[0][:MAX_WHAT]
        here.check_owner(await here.services.store.read(lambda tx: sources.owning(tx, owned_id)))
    found = await actions.find(here.services, what) if what.isprintable() and len(what) <= MAX_WHAT else None
    if found is None:
        raise NotFound(say("This secret does not exist. It may have been changed or deleted."))
    return found
