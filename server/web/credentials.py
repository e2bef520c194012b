"""What the form says about typed values: hints while typing, and the result of checking the credentials."""

from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from server.actions import credential_checks
from server.actions.credential_checks import CheckedCredentials
from server.actions.endpoint_form import EndpointForm
from server.actions.request_bounds import RequestBounds
from server.domain.endpoints import Endpoint
from server.domain.recognition import Hint, recognise
from server.web import endpoint_form, forms
from server.web.endpoint_frame import TheEndpoint
from server.web.endpoints import card_of, edit_page, new_page
from server.web.forms import Form
from server.web.page_routes import source_pages
from server.web.render import page
from server.web.visit import Here

router = source_pages()

HINTS = RequestBounds(most=300)
"""A person who types quickly asks twice a second."""


@dataclass(frozen=True, slots=True)
class HintShown:
    hint: Hint | None
    editing: bool
    """Whether the field is in the form of an existing endpoint, whose card cannot be changed."""


@dataclass(frozen=True, slots=True)
class CheckShown:
    checked: CheckedCredentials
    check_at: str
    """Where the form posts to check again."""


@router.post("/endpoints/hint")
async def hint(request: Request, here: Here) -> Response:
    """What there is to say about the value of one field. Nothing is kept or logged."""
    form = await forms.read(request)
    if not HINTS.take(here.user.id, here.services.now()):
        return Response(status_code=204)
    card, typing = card_of(here, form.text("card")), form.text("typing") == "on"
    found = recognise(here.services.cards.values(), card, form.text("field"), form.text("value"), typing=typing)
    return page(request, "endpoints/hint.html", here, HintShown(found, form.text("editing") == "on"))


@router.post("/endpoints/check")
async def check_new(request: Request, here: Here) -> Response:
    """Check the credentials of a new endpoint's form. Without scripts, the response is the page with the form."""
    form = await forms.read(request)
    card = card_of(here, form.text("card"))
    draft = _switched(endpoint_form.posted(form, card), form)
    checked = await credential_checks.check(here.services, here.user.id, draft, card)
    if request.headers.get("hx-request-type") == "partial":
        return page(request, RESULT, here, CheckShown(checked, here.to("/endpoints/check")))
    return new_page(request, here, draft, trial=endpoint_form.trial_fields(form), checked=checked)


@router.post("/endpoints/{endpoint_id}/check")
async def check_existing(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    """As ``check_new``, for an existing endpoint: secrets that were not retyped are the stored ones."""
    form, card = await forms.read(request), card_of(here, endpoint.card)
    draft = _switched(_typed(form, endpoint, here), form)
    checked = await credential_checks.check(here.services, here.user.id, draft, card, endpoint)
    if request.headers.get("hx-request-type") == "partial":
        return page(request, RESULT, here, CheckShown(checked, here.to(f"/endpoints/{endpoint.id}/check")))
    return edit_page(request, here, endpoint, draft, seen=forms.seen(form), checked=checked)


RESULT = "endpoints/credential_result.html"


def _typed(form: Form, endpoint: Endpoint, here: Here) -> EndpointForm:
    typed = endpoint_form.posted(form, card_of(here, endpoint.card), endpoint)
    return replace(typed, headers=tuple(endpoint.headers.items()), variables=tuple(endpoint.variables.items()))


def _switched(draft: EndpointForm, form: Form) -> EndpointForm:
    """The draft with the choice that the button of an earlier check sets, such as ``region=eu``."""
    name, _, value = form.text("switch").partition("=")
    return replace(draft, credentials={**(draft.credentials or {}), name: value}) if name and value else draft
