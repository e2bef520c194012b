"""The history of an endpoint's code: activations, versions and their differences; activating and rolling back."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.actions import activations, code_drafts, replays
from server.actions.activations import NO_DRAFT, Approval
from server.actions.backtests import is_stale
from server.actions.endpoints import Stale, serving
from server.domain.backtests import Backtest
from server.domain.endpoints import Endpoint
from server.domain.ids import CodeDraftId, VersionId
from server.domain.line_diff import DiffLine, DiffRow, changes_in, line_diff, side_by_side
from server.domain.sentences import Invalid, Problem, Sentence, say
from server.domain.variable_changes import VariableChange, variable_changes
from server.domain.versions import MAX_NOTE, Activation, CodeDraft, Version
from server.store import Transaction, backtests, drafts, replay_matches, versions
from server.web import forms
from server.web.checks import Checks, checks_of
from server.web.code_frame import code_page
from server.web.endpoint_frame import TheEndpoint
from server.web.errors import NotFound
from server.web.forms import Form
from server.web.once import once
from server.web.page_routes import source_pages
from server.web.render import redirect
from server.web.transformations import CASES_SHOWN_SECONDS
from server.web.visit import Here, Visit

router = source_pages()

DRAFT = "draft"
"""Names the draft where a version's id is expected."""


MAX_DIFF_LINES = 2_000
"""Lines of a difference that a page shows; 256 KiB of code may have 130,000."""


@dataclass(frozen=True, slots=True)
class CodeDiff:
    """The differences between two codes, for ``ui.code_diff``."""

    lines: Sequence[DiffLine]
    rows: Sequence[DiffRow]
    changes: int
    left_out: int
    """Lines of the difference beyond ``MAX_DIFF_LINES``."""

    @classmethod
    def of(cls, before: str, after: str, *, whole: bool = False) -> "CodeDiff":
        """Takes long for long codes: call it in a thread."""
        lines = line_diff(before, after, whole=whole)
        shown = lines[:MAX_DIFF_LINES]
        return cls(shown, side_by_side(shown), changes_in(lines), len(lines) - len(shown))


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """What the history shows."""

    activations: Sequence[Activation]
    """Newest first."""
    versions: Sequence[Version]
    """Newest first."""
    known: Mapping[VersionId, Version]
    """The versions that the activations name."""
    revisions: Sequence[CodeDraft]
    """The last saved revisions of the draft, newest first."""
    version_choices: Sequence[tuple[str, Sentence]]
    serving: VersionId | None
    former: Version | None
    """What one click rolls back to: the version that served before; ``None`` if there is none."""
    problem: Sentence | None
    older_versions: bool
    """Whether there are older ones than the page shows."""
    older_activations: bool
    is_first_page: bool


@dataclass(frozen=True, slots=True)
class ComparePage:
    """Two codes and how they differ."""

    before: str
    """A version's id, or ``DRAFT``."""
    after: str
    names: Mapping[str, Sentence]
    """What each of the two is called."""
    diff: CodeDiff
    whole: bool
    version_choices: Sequence[tuple[str, Sentence]]


@dataclass(frozen=True, slots=True)
class VersionPage:
    """One version and when it served."""

    version: Version
    served: Sequence[Activation]


@dataclass(frozen=True, slots=True)
class ActivatePage:
    """What is looked at before a draft is activated."""

    diff: CodeDiff
    variables: Sequence[VariableChange]
    parked: int
    note: str
    override_note: str
    rerun: bool
    max_note: int
    problems: Mapping[str, Sentence]
    stale: bool
    checks: Checks
    backtest: Backtest | None
    """The draft's newest one."""
    backtest_is_stale: bool


@router.get("/endpoints/{endpoint_id}/history")
async def history(
    request: Request, here: Here, endpoint: TheEndpoint, version: str = "", activation: str = ""
) -> Response:
    """``version`` and ``activation``: the oldest ones of the page before this one."""
    number = int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else None
    return await _history_page(request, here, endpoint, before=(number, activation[: forms.MAX_STAMP]))


@router.get("/endpoints/{endpoint_id}/history/compare")
async def compare(
    request: Request, here: Here, endpoint: TheEndpoint, before: str = "", after: str = "", whole: bool = False
) -> Response:
    """The difference between two versions, or a version and the draft. By default what the draft changes."""

    def query(tx: Transaction) -> tuple[list[Version], CodeDraft | None, tuple[Version | None, Version | None]]:
        both = tuple(versions.of_endpoint(tx, endpoint.id, VersionId(each)) for each in (before, after))
        return versions.history(tx, endpoint.id), drafts.current(tx, endpoint.id), (both[0], both[1])

    known, saved, (old, new) = await here.services.store.read(query)
    old = old or (None if before == DRAFT else endpoint.version)
    if before == DRAFT and new is None:
        new = endpoint.version
    left = _side(old, saved if before == DRAFT else None)
    right = _side(new, saved if new is None else None) or _side(known[0] if known else None, None)
    if left is None or right is None:
        raise NotFound(say("There are no two versions to compare."))
    values = ComparePage(
        before=left[0],
        after=right[0],
        names={left[0]: left[1], right[0]: right[1]},
        diff=await asyncio.to_thread(CodeDiff.of, left[2], right[2], whole=whole),
        whole=whole,
        version_choices=_choices(known),
    )
    return await code_page(
        request, here, endpoint, "history", "versions/compare.html", values, saved=saved, in_thread=True
    )


@router.get("/endpoints/{endpoint_id}/versions/{version_id}")
async def show(request: Request, here: Here, endpoint: TheEndpoint, version_id: VersionId) -> Response:
    def query(tx: Transaction) -> tuple[Version | None, list[Activation]]:
        return versions.of_endpoint(tx, endpoint.id, version_id), versions.activations_of(tx, endpoint.id)

    version, every = await here.services.store.read(query)
    if version is None:
        raise NotFound(say("This version does not exist."))
    served = [each for each in every if each.version_id == version.id]
    values = VersionPage(version, served)
    return await code_page(request, here, endpoint, "history", "versions/version.html", values, in_thread=True)


@router.post("/endpoints/{endpoint_id}/versions/{version_id}/restore")
async def restore(request: Request, here: Here, endpoint: TheEndpoint, version_id: VersionId) -> Response:
    """Put the version's code into the draft."""
    try:
        saved = await code_drafts.restore_version(here.services, endpoint, version_id, here.user.name)
    except Invalid as refused:
        return await _history_page(request, here, endpoint, refused)
    return _to_editor(request, here, endpoint, saved)


@router.post("/endpoints/{endpoint_id}/drafts/{draft_id}/restore")
async def restore_revision(request: Request, here: Here, endpoint: TheEndpoint, draft_id: CodeDraftId) -> Response:
    """Put the code of an earlier revision of the draft into the draft."""
    try:
        saved = await code_drafts.restore_revision(here.services, endpoint, draft_id, here.user.name)
    except Invalid as refused:
        return await _history_page(request, here, endpoint, refused)
    return _to_editor(request, here, endpoint, saved)


@router.post("/endpoints/{endpoint_id}/versions/{version_id}/roll-back")
async def roll_back(request: Request, here: Here, endpoint: TheEndpoint, version_id: VersionId) -> Response:
    form = await forms.read(request)
    approval = Approval(here.user.name, form.text("note"))
    try:
        await activations.roll_back(here.services, endpoint, version_id, approval)
    except Invalid as refused:
        return await _history_page(request, here, endpoint, refused)
    if await here.services.store.read(lambda tx: replay_matches.parked(tx, endpoint.id) > 0):
        # That page shows how many parked deliveries would run with the code that is now active, and a button to start.
        return redirect(here.to(f"/endpoints/{endpoint.id}/replays/new?kind=parked"), "rolled-back", request)
    return redirect(here.to(f"/endpoints/{endpoint.id}/history"), "rolled-back", request)


@router.get("/endpoints/{endpoint_id}/transformation/activate")
async def review(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    """What activating the draft changes, and the form that does it."""
    return await _activate_page(request, here, endpoint)


@router.post("/endpoints/{endpoint_id}/transformation/activate")
@once
async def activate(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    form = await forms.read(request)
    draft_id = CodeDraftId(form.text("draft")[: forms.MAX_STAMP])
    approval = Approval(here.user.name, form.text("note"), override_note=form.text("override_note"))
    try:
        approval = await activations.checked(here.services, endpoint, draft_id, approval)
        changed = await activations.activate_draft(here.services, endpoint, draft_id, approval)
    except Invalid as refused:
        return await _activate_page(request, here, endpoint, form, refused.problems, status=422)
    except Stale as stale:
        return await _activate_page(request, here, stale.now, form, stale=True, status=409)
    if changed.transforming and form.switch("rerun", default=False):
        return await _rerun(request, here, changed)
    return redirect(here.to(f"/endpoints/{endpoint.id}/history"), "activated", request)


async def _rerun(request: Request, here: Visit, endpoint: Endpoint) -> Response:
    """Run the parked deliveries with the version that was just activated."""
    try:
        await replays.rerun_parked(here.services, endpoint, here.user.name)
    except Invalid:
        return redirect(here.to(f"/endpoints/{endpoint.id}/replays"), "activated-parked", request)
    return redirect(here.to(f"/endpoints/{endpoint.id}/replays"), "activated-rerun", request)


async def _history_page(
    request: Request,
    here: Visit,
    endpoint: Endpoint,
    refused: Invalid | None = None,
    before: tuple[int | None, str] = (None, ""),
) -> Response:
    def query(tx: Transaction) -> tuple[list[Activation], list[Version], dict[VersionId, Version], list[CodeDraft]]:
        made = versions.activations_of(tx, endpoint.id, before=before[1])
        named = versions.by_ids(tx, [each.version_id for each in made])
        return made, versions.history(tx, endpoint.id, before=before[0]), named, drafts.revisions(tx, endpoint.id)

    made, known, named, revisions = await here.services.store.read(query)
    values = HistoryPage(
        activations=made,
        versions=known,
        known=named,
        revisions=revisions,
        version_choices=_choices(known),
        serving=serving(endpoint),
        former=_former(endpoint, made, named),
        problem=refused.problems[0].sentence if refused else None,
        older_versions=len(known) == versions.MAX_SHOWN and known[-1].number > 1,
        older_activations=len(made) == versions.MAX_SHOWN,
        is_first_page=before == (None, ""),
    )
    status = 422 if refused else 200
    return await code_page(request, here, endpoint, "history", "versions/history.html", values, status=status)


def _former(endpoint: Endpoint, made: Sequence[Activation], known: Mapping[VersionId, Version]) -> Version | None:
    """The version that served before the one that serves now."""
    former = activations.former_version(endpoint, made)
    return known.get(former) if former else None


async def _activate_page(
    request: Request,
    here: Visit,
    endpoint: Endpoint,
    form: Form | None = None,
    problems: Sequence[Problem] = (),
    *,
    stale: bool = False,
    status: int = 200,
) -> Response:
    def query(tx: Transaction) -> tuple[CodeDraft | None, int, Backtest | None]:
        tested = backtests.of_draft(tx, endpoint.draft_id) if endpoint.draft_id else None
        return drafts.current(tx, endpoint.id), replay_matches.parked(tx, endpoint.id), tested

    saved, parked, backtest = await here.services.store.read(query)
    if saved is None:
        return await _history_page(request, here, endpoint, Invalid(Problem("", NO_DRAFT)))
    if saved.checks is None and here.services.case_progress.progress(endpoint.id) is None:
        code_drafts.start_cases(here.services, endpoint, saved)
        await here.services.case_progress.wait(endpoint.id, CASES_SHOWN_SECONDS)
    values = ActivatePage(
        diff=await asyncio.to_thread(CodeDiff.of, endpoint.version.code if endpoint.version else "", saved.code),
        variables=variable_changes(endpoint.variables, saved.variables),
        parked=parked,
        note=form.text("note") if form else "",
        override_note=form.text("override_note") if form else "",
        rerun=form.switch("rerun", default=False) if form else True,
        max_note=MAX_NOTE,
        problems={problem.field: problem.sentence for problem in problems},
        stale=stale,
        checks=await checks_of(here, endpoint, saved),
        backtest=backtest,
        backtest_is_stale=backtest is not None and is_stale(backtest, endpoint),
    )
    return await code_page(
        request, here, endpoint, "editor", "versions/activate.html", values, saved=saved, status=status, in_thread=True
    )


def _choices(known: Sequence[Version]) -> Sequence[tuple[str, Sentence]]:
    return [(each.id, say("Version {number}", number=each.number)) for each in known]


def _side(version: Version | None, saved: CodeDraft | None) -> tuple[str, Sentence, str] | None:
    """(key, name, code) of what is compared."""
    if saved:
        return DRAFT, say("Draft"), saved.code
    if version:
        return version.id, say("Version {number}", number=version.number), version.code
    return None


def _to_editor(request: Request, here: Visit, endpoint: Endpoint, saved: CodeDraft | None) -> Response:
    said = "draft-restored" if saved else "draft-unchanged"
    return redirect(here.to(f"/endpoints/{endpoint.id}/transformation"), said, request)
