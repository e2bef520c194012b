"""The editor of an endpoint's transformation: its draft, and the syntax check while typing. See ``trials``."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.actions import code_drafts
from server.actions.endpoint_form import EndpointForm, code_problems
from server.actions.endpoints import Stale
from server.domain.cards import Card
from server.domain.drift import Drift, DriftKind, drifts
from server.domain.endpoints import Endpoint
from server.domain.ids import CodeDraftId, MessageId, VersionId
from server.domain.line_diff import DiffLine, line_diff
from server.domain.messages import Message
from server.domain.sentences import Invalid, Problem
from server.domain.stamps import FormPart, Seen, stamp
from server.domain.three_way_merge import Merged, merge
from server.domain.versions import CodeDraft, Version
from server.store import Transaction, drafts, observations, versions
from server.store.messages import Row as MessageRow
from server.web import endpoint_form, forms
from server.web.checks import Checks, checks_of
from server.web.code_frame import code_page
from server.web.endpoint_form import TrialFields
from server.web.endpoint_frame import TheEndpoint
from server.web.endpoints import card_of
from server.web.i18n import gettext, in_words
from server.web.messages import find_message, recent_messages
from server.web.page_routes import source_pages
from server.web.pretty import SHOWN, pretty
from server.web.render import redirect
from server.web.visit import Here, Visit

router = source_pages()

MAX_DRIFTING = 5
"""Event types that differ from the catalog and are named."""
MAX_DIFF_LINES = 1_000
"""Lines of another person's changes that are shown beside one's own."""
MAX_LINE = 100_000
"""The greatest line and column that an address leads to."""
MAX_LINE_CHARACTERS = 300
RECENT = 5
"""Versions beside the editor."""
CASES_SHOWN_SECONDS = 1.0
"""How long saving waits for the test cases; if they take longer, the next page shows a progress bar."""


@dataclass(frozen=True, slots=True)
class FailedLine:
    """The line at which an event failed, to which somebody followed a link."""

    line: int
    column: int
    version: Version | None
    """The version that ran; ``None`` if the address names none, as for a draft."""
    text: str
    here: int | None
    """Where the code in the editor has this line; ``None`` if it has it not, or several times."""


@dataclass(frozen=True, slots=True)
class EditorPage:
    """What the editor of a transformation shows besides the form's parts."""

    versions: Sequence[Version]
    """The newest ones."""
    base_id: str
    """What the form was opened on, the common origin of two people's changes: the id of a draft or a version."""
    their_changes: Sequence[DiffLine]
    """How the typed code differs from the saved code; only while the form is stale."""
    checks: Checks
    recent: Sequence[MessageRow]
    """The latest messages, which can be tested with, and the loaded one."""
    loaded: Message | None
    """The message whose event was just loaded."""
    merged: Merged | None
    """What came of merging the typed code with the saved code, when the person asked for it."""
    unknown_fields: int
    """Fields of real events that the catalog lacks, in the event types that the endpoint receives."""
    type_changes: int
    """Fields of real events that have another type than in the catalog."""
    drifting: Sequence[tuple[str, bool]]
    """The event types with such fields, and with ``True`` those that the catalog lacks."""
    failed: FailedLine | None


@router.post("/transformations/check")
async def check(request: Request, here: Here) -> Response:
    """``{"error": null | {"message", "line", "column"}}``: the syntax error that the editor marks while typing."""
    code = endpoint_form.code(await forms.read(request))
    found = await code_problems(here.services, EndpointForm(card="", code=code))
    return JSONResponse({"error": _mark(found[0]) if found else None})


@router.get("/endpoints/{endpoint_id}/transformation")
async def edit(
    request: Request,
    here: Here,
    endpoint: TheEndpoint,
    version: VersionId | None = None,
    message: MessageId | None = None,
    line: int = 0,
    column: int = 1,
    ran: VersionId | None = None,
) -> Response:
    """The editor, with the draft, or with the active code if there is none. ``message``: one to test with.

    ``line`` and ``column``: where the code of the version ``ran`` failed.
    """
    if version:  # older addresses of a version
        return redirect(here.to(f"/endpoints/{endpoint.id}/versions/{version}"))
    saved = await here.services.store.read(lambda tx: drafts.current(tx, endpoint.id))
    trial = with_message(TrialFields("", "", ""), await find_message(here, message)) if message else None
    form = _form_of(here, endpoint, saved)
    version_ran = await here.services.store.read(lambda tx: versions.get(tx, ran)) if line and ran else None
    if version_ran and version_ran.endpoint_id != endpoint.id:
        version_ran = None
    failed = _failed_line(form.code, version_ran, line, column) if 0 < line < MAX_LINE else None
    return await editor_page(request, here, endpoint, form, saved=saved, trial=trial, failed=failed)


@router.post("/endpoints/{endpoint_id}/transformation")
async def save(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    """Save the draft. With ``then=activate`` the next page is the one that activates it."""
    form = await forms.read(request)
    card = card_of(here, endpoint.card)
    stored = await with_draft(here, endpoint)
    draft = endpoint_form.posted(form, card, stored)
    seen = Seen(FormPart.CODE, forms.seen(form))
    typed = replace(endpoint_form.trial_fields(form), seen=seen.stamp)
    base = form.text("base")[: forms.MAX_STAMP]
    if form.has("merge"):
        return await _merge(request, here, endpoint, draft, base, typed)
    try:
        saved = await code_drafts.save(here.services, endpoint, draft, seen, here.user.name)
    except Invalid as refused:
        return await editor_page(request, here, endpoint, draft, refused.problems, status=422, trial=typed, base=base)
    except Stale as stale:
        return await editor_page(request, here, stale.now, draft, status=409, stale=True, trial=typed, base=base)
    if saved:
        code_drafts.start_cases(here.services, endpoint, saved)
        await here.services.case_progress.wait(endpoint.id, CASES_SHOWN_SECONDS)
    if saved and form.text("then") == "activate":
        return redirect(here.to(f"/endpoints/{endpoint.id}/transformation/activate"), request=request)
    said = "draft-saved" if saved else "draft-unchanged"
    return redirect(here.to(f"/endpoints/{endpoint.id}/transformation"), said, request)


@router.post("/endpoints/{endpoint_id}/transformation/discard")
async def discard(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    await code_drafts.discard(here.services, endpoint, here.user.name)
    return redirect(here.to(f"/endpoints/{endpoint.id}/transformation"), "draft-discarded", request)


def with_message(fields: TrialFields, message: Message) -> TrialFields:
    """The fields of the Test tab with the event of a stored message."""
    text = message.body.decode("utf-8", "replace").removeprefix("\ufeff")
    payload = pretty(text) if len(text) <= SHOWN else text
    return replace(fields, event_type=message.event_type, payload=payload, message=message)


async def with_draft(here: Visit, endpoint: Endpoint) -> Endpoint:
    """The endpoint with the draft's variables, which the editor's form shows without their values."""
    saved = await here.services.store.read(lambda tx: drafts.current(tx, endpoint.id)) if endpoint.draft_id else None
    if saved is None or saved.variables is None:
        return endpoint
    return replace(endpoint, variables=saved.variables)


async def _merge(
    request: Request, here: Visit, endpoint: Endpoint, draft: EndpointForm, base: str, typed: TrialFields
) -> Response:
    """The editor with the typed code merged with the saved code. Saving it then overwrites nothing unseen."""

    def query(tx: Transaction) -> tuple[str, str]:
        saved = drafts.current(tx, endpoint.id)
        theirs = saved.code if saved else endpoint.version.code if endpoint.version else ""
        return _code_of(tx, endpoint, base), theirs

    origin, theirs = await here.services.store.read(query)
    mine, saved = gettext("my code"), gettext("saved code")
    merged = await asyncio.to_thread(merge, origin, draft.code, theirs, my_name=mine, their_name=saved)
    return await editor_page(
        request,
        here,
        endpoint,
        replace(draft, code=merged.text),
        trial=replace(typed, seen=stamp(endpoint, FormPart.CODE)),
        merged=merged,
    )


def _code_of(tx: Transaction, endpoint: Endpoint, base: str) -> str:
    """The code of the draft or version with this id; empty if the endpoint has none."""
    found = drafts.get(tx, CodeDraftId(base)) if base.startswith("drf_") else versions.get(tx, VersionId(base))
    return found.code if found and found.endpoint_id == endpoint.id else ""


async def editor_page(
    request: Request,
    here: Visit,
    endpoint: Endpoint,
    draft: EndpointForm,
    problems: Sequence[Problem] = (),
    *,
    status: int = 200,
    trial: TrialFields | None = None,
    stale: bool = False,
    saved: CodeDraft | None = None,
    base: str = "",
    merged: Merged | None = None,
    failed: FailedLine | None = None,
) -> Response:
    card_of(here, endpoint.card)  # the page needs it

    def query(tx: Transaction) -> tuple[list[Version], CodeDraft | None, list[Drift]]:
        current = saved or drafts.current(tx, endpoint.id)
        found = [
            each
            for one in observations.all_of(tx)
            if endpoint.event_types is None or one.event_type in endpoint.event_types
            for each in drifts(one)
        ]
        return versions.history(tx, endpoint.id, RECENT), current, found

    recent, known, differences = await here.services.store.read(query)
    shown = endpoint if known is None or known.variables is None else replace(endpoint, variables=known.variables)
    form = replace(
        endpoint_form.shown(draft, problems, stored=shown, trial=trial),
        stale=stale,
        stamp=stamp(endpoint, FormPart.CODE),
    )
    if shown is not endpoint:  # the values are the draft's
        form = replace(form, kept_of=lambda name: f"endpoint/{endpoint.id}/{name.replace('variables/', 'draft/')}")
    theirs = known.code if known else endpoint.version.code if endpoint.version else ""
    loaded = trial.message if trial else None
    editor = EditorPage(
        versions=recent,
        base_id=base or _base(endpoint, known),
        their_changes=(await asyncio.to_thread(line_diff, theirs, draft.code))[:MAX_DIFF_LINES] if stale else (),
        checks=await checks_of(here, endpoint, known),
        recent=await recent_messages(here, loaded),
        loaded=loaded,
        merged=merged,
        unknown_fields=sum(each.kind is DriftKind.NEW_FIELD for each in differences),
        type_changes=sum(each.kind is DriftKind.CHANGED_TYPE for each in differences),
        drifting=list({(each.event_type, each.kind is DriftKind.NEW_EVENT_TYPE): 0 for each in differences})[
            :MAX_DRIFTING
        ],
        failed=failed,
    )
    return await code_page(
        request, here, endpoint, "editor", "endpoints/transformation.html", form, editor, saved=known, status=status
    )


def _failed_line(code: str, version: Version | None, line: int, column: int) -> FailedLine:
    """The line with its text, and where the code in the editor has it."""
    lines, ran = code.split("\n"), (version.code if version else code).replace("\r\n", "\n").split("\n")
    text = ran[line - 1] if line <= len(ran) else ""
    if version is None or lines == ran:
        here = line if line <= len(lines) else None
    else:
        same = [number for number, each in enumerate(lines, 1) if each.strip() == text.strip()]
        here = same[0] if len(same) == 1 and text.strip() else None
    return FailedLine(line, min(max(column, 1), MAX_LINE), version, text.strip()[:MAX_LINE_CHARACTERS], here)


def _base(endpoint: Endpoint, saved: CodeDraft | None) -> str:
    return saved.id if saved else endpoint.version.id if endpoint.version else ""


def _form_of(here: Visit, endpoint: Endpoint, saved: CodeDraft | None) -> EndpointForm:
    draft = EndpointForm.of(endpoint).with_code_of(saved)
    return draft if draft.code else _with_default_code(draft, card_of(here, endpoint.card))


def _with_default_code(draft: EndpointForm, card: Card) -> EndpointForm:
    return replace(draft, code=card.default_code)


def _mark(problem: Problem) -> dict[str, object]:
    values = problem.sentence.values
    if "line" not in values:
        return {"message": in_words(problem.sentence), "line": 1, "column": 1}
    return {"message": values["message"], "line": values["line"], "column": values["column"]}
