"""The test form of a transformation, in the order of execution: the posted form, the run, the response.

The pages of new endpoints and the editor of existing ones contain it. Nothing is saved here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from server.actions import test_sends, trials
from server.actions.code_checks import Correction, Part
from server.actions.endpoint_form import EndpointForm
from server.actions.test_sends import SentTest
from server.actions.trials import TestRun
from server.domain.cards import Card
from server.domain.endpoints import Endpoint
from server.domain.ids import EndpointId, MessageId
from server.domain.sentences import Invalid, Problem
from server.web import endpoint_form, forms
from server.web.endpoint_form import TrialFields
from server.web.endpoint_frame import find
from server.web.endpoints import card_of, new_page
from server.web.messages import find_message
from server.web.page_routes import source_pages
from server.web.render import page
from server.web.transformations import editor_page, with_draft, with_message
from server.web.visit import Here, Visit

router = source_pages()

CORRECTED = "corrected:"
"""Names no sample: the name of a sample has no colon."""


@dataclass(frozen=True, slots=True)
class TrialForm:
    draft: EndpointForm
    """What is tested; for an existing endpoint, with the stored fields that the editor does not show."""
    fields: TrialFields
    """The payload and event type to test with."""
    endpoint: Endpoint | None
    """The endpoint being edited; ``None`` before it is created."""
    start_from: str
    """The chosen sample of the card; empty for the card's default code; ``CORRECTED`` for a correction."""
    part: str
    """The part of the code that should be corrected."""
    corrected: str
    """The code of a correction that was shown."""
    base: str = ""
    """What the editor was opened on; see ``transformations.EditorPage``."""
    message: str = ""
    """The id of the stored message that should be loaded."""
    is_typed: bool = False
    """Whether the page runs it by itself, while the person types."""


@router.post("/transformations/try")
async def run_test(request: Request, here: Here) -> Response:
    """Run the code on the payload. The status is 200 even when the script fails, and 422 when it cannot run at all."""
    form = await _posted(request, here)
    trial: TestRun | None = None
    problems: tuple[Problem, ...] = ()
    run = trials.try_while_typing if form.is_typed else trials.try_out
    try:
        trial = await run(
            here.services, form.draft, form.fields.event_type, form.fields.payload, endpoint=form.endpoint
        )
    except Invalid as refused:
        problems = refused.problems
    return await _answer(request, here, form, "endpoints/test_result.html", trial, problems)


@router.post("/transformations/send")
async def send_test(request: Request, here: Here) -> Response:
    """Run the code on the payload and really send the request, once. Nothing is stored."""
    form = await _posted(request, here)
    sent: SentTest | None = None
    problems: tuple[Problem, ...] = ()
    try:
        sent = await test_sends.send_test(
            here.services,
            here.user.id,
            form.draft,
            form.fields.event_type,
            form.fields.payload,
            endpoint=form.endpoint,
        )
    except Invalid as refused:
        problems = refused.problems
    tested = replace(form, fields=replace(form.fields, sent=sent))
    return await _answer(request, here, tested, "endpoints/test_result.html", sent.run if sent else None, problems)


@router.post("/transformations/correct")
async def correct(request: Request, here: Here) -> Response:
    """Show the code corrected by the card's contract as a difference, and a button that puts it into the editor."""
    form = await _posted(request, here)
    asked = Part.UNHANDLED if form.part == Part.UNHANDLED else Part.FINDINGS
    problems: tuple[Problem, ...] = ()
    correction: Correction | None = None
    try:
        correction = await trials.correct(here.services, form.draft, asked, endpoint=form.endpoint)
    except Invalid as refused:
        problems = refused.problems
    tested = replace(form, fields=replace(form.fields, correction=correction, asked="" if problems else asked.value))
    return await _answer(request, here, tested, "endpoints/correction.html", problems=problems)


@router.post("/transformations/sample")
async def load_sample(request: Request, here: Here) -> Response:
    """Fill in the sample payload of the chosen event type, for browsers without scripts; or a stored message."""
    form = await _posted(request, here)
    if form.message:
        fields = with_message(form.fields, await find_message(here, MessageId(form.message)))
    else:
        fields = replace(form.fields, payload=endpoint_form.sample_of(form.fields.event_type))
    return await _answer(request, here, replace(form, fields=fields))


@router.post("/transformations/start")
async def start_from(request: Request, here: Here) -> Response:
    """Put one of the card's samples, or its default code, into the editor."""
    form = await _posted(request, here)
    if form.start_from == CORRECTED:
        code = form.corrected
    else:
        code = _code_to_start_from(card_of(here, form.draft.card), form.start_from)
    return await _answer(request, here, replace(form, draft=replace(form.draft, code=code)), "endpoints/code.html")


async def _posted(request: Request, here: Visit) -> TrialForm:
    form = await forms.read(request)
    endpoint = await find(here, EndpointId(form.text("endpoint"))) if form.text("endpoint") else None
    stored = await with_draft(here, endpoint) if endpoint else None
    draft = endpoint_form.posted(form, card_of(here, endpoint.card if endpoint else form.text("card")), stored)
    if endpoint:  # the editor of an existing endpoint posts only these fields
        kept = EndpointForm.of(endpoint)
        draft = replace(kept, variables=draft.variables, transforming=draft.transforming, code=draft.code)
    corrected = form.raw("corrected").replace("\r\n", "\n")
    base = form.text("base")[: forms.MAX_STAMP]
    message = form.text("message")[: forms.MAX_STAMP] if form.text("load") == "message" else ""
    tested = endpoint_form.trial_fields(form)
    return TrialForm(
        draft, tested, endpoint, form.text("start"), form.text("part"), corrected, base, message, form.has("typing")
    )


def _code_to_start_from(card: Card, name: str) -> str:
    return next((sample.code for sample in card.samples if sample.name == name), card.default_code)


async def _answer(
    request: Request,
    here: Visit,
    form: TrialForm,
    fragment: str | None = None,
    trial: TestRun | None = None,
    problems: Sequence[Problem] = (),
) -> Response:
    """The part of the page that htmx asked for; without scripts, the whole page that contained the form."""
    status = 422 if problems else 200
    tested = replace(form.fields, trial=trial, trial_problems=problems)
    if fragment and request.headers.get("hx-request-type") == "partial":
        stored = await with_draft(here, form.endpoint) if form.endpoint else None
        shown = endpoint_form.shown(form.draft, problems, stored=stored, trial=tested)
        return page(request, fragment, here, shown, status=status)
    if form.endpoint:
        return await editor_page(
            request, here, form.endpoint, form.draft, problems, status=status, trial=tested, base=form.base
        )
    return new_page(request, here, form.draft, problems, status=status, trial=tested)
