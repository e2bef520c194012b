"""Test cases of an endpoint: the list with its results, the form, and updating an expectation after its difference."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from server.actions import case_runs
from server.actions import test_cases as actions
from server.actions.case_runs import CaseRun
from server.domain.assertions import Failure
from server.domain.case_results import CaseResults, CaseState
from server.domain.checked_values import MalformedFile
from server.domain.endpoints import Endpoint
from server.domain.ids import MessageId, TestCaseId
from server.domain.line_diff import DiffLine, line_diff
from server.domain.messages import ConsoleLine
from server.domain.requests import METHODS
from server.domain.sentences import Invalid, Problem, Sentence
from server.domain.test_case_files import dump_expectation, load_expectation
from server.domain.test_cases import ExactRequest, TestCase, in_words, told_expectation
from server.domain.versions import CodeDraft
from server.store import Transaction, drafts, test_cases
from server.store.messages import Row as MessageRow
from server.store.test_cases import StoredCase
from server.web import forms
from server.web.case_results import known_results, run_and_wait
from server.web.code_frame import code_page
from server.web.endpoint_form import TREE, code, pairs, sample_of
from server.web.endpoint_frame import TheEndpoint
from server.web.errors import NotFound
from server.web.messages import find_message, recent_messages
from server.web.once import once
from server.web.page_routes import source_pages
from server.web.render import redirect
from server.web.test_case_forms import KINDS, CaseFields, case_from, fields_of, posted, problem_of
from server.web.transformations import with_draft
from server.web.visit import Here, Visit

router = source_pages()

MAX_DIFF_LINES = 2_000
"""Lines of a difference that a page shows."""
NEW = TestCaseId("")
"""The id of a case that is not saved yet."""


@dataclass(frozen=True, slots=True)
class CasesPage:
    """The list of test cases."""

    cases: Sequence[StoredCase]
    results: CaseResults | None
    """``None`` when they have not been run on this code."""
    progress: tuple[int, int] | None
    """(cases that are done, all cases) while they run."""
    has_code: bool
    recent: Sequence[MessageRow]
    """The latest messages, from which a case can be made."""
    tree: object = TREE
    problem: Sentence | None = None


@dataclass(frozen=True, slots=True)
class CasePage:
    """The form of a test case, with what the code makes of it now."""

    case_id: TestCaseId
    """Empty for a new case."""
    fields: CaseFields
    problems: Mapping[str, Sentence]
    state: CaseState | None
    """``None`` when the case was not run."""
    failures: Sequence[Failure]
    lines: Sequence[DiffLine]
    """How what the code makes differs from an exact request."""
    made: str
    """What the code makes, as text."""
    console: Sequence[ConsoleLine]
    masked: bool | None = None
    """Whether personal data was masked; ``None`` for a case from a sample, or from a test without masking."""
    message_id: str = ""
    kinds: Sequence[tuple[str, Sentence]] = tuple((kind.value, text) for kind, text in KINDS.items())
    methods: Sequence[tuple[str, str]] = tuple((method, method) for method in METHODS)
    tree: object = TREE


@dataclass(frozen=True, slots=True)
class UpdatePage:
    """How an expectation would change."""

    case_id: TestCaseId
    case_name: str
    lines: Sequence[DiffLine]
    expect: str
    """The new expectation as its file has it."""
    still: Sequence[Failure]
    """What would fail all the same."""
    problem: Sentence | None = None


@router.get("/endpoints/{endpoint_id}/cases")
async def every(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    return await _list_page(request, here, endpoint)


@router.post("/endpoints/{endpoint_id}/cases/run")
async def run(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    """Run all cases. After a second, the list shows how far the run is."""
    await run_and_wait(here, endpoint)
    return redirect(here.to(f"/endpoints/{endpoint.id}/cases"), request=request)


@router.get("/endpoints/{endpoint_id}/cases/new")
async def new(
    request: Request,
    here: Here,
    endpoint: TheEndpoint,
    event_type: str = "payment.succeeded",
    sample: str = "",
    message: MessageId | None = None,
    mask: str = "on",
) -> Response:
    """The form of a new case that expects what the code makes now of a sample or of a stored message."""
    event_type = sample or event_type
    saved = await _draft(here, endpoint)
    masks = mask != "off"
    if message:
        found = await find_message(here, message)
        event_type, payload = found.event_type, found.body.decode("utf-8", "replace").removeprefix("\ufeff")
    else:
        payload = sample_of(event_type)
    try:
        proposal = await actions.proposed(
            here.services,
            endpoint,
            case_runs.code_of(endpoint, saved),
            event_type,
            payload,
            actions.variables_of(endpoint, saved),
            mask=bool(message) and masks,
        )
    except Invalid as refused:
        return await _list_page(request, here, endpoint, refused)
    page = CasePage(NEW, fields_of(proposal), {}, None, (), (), "", (), masks if message else None, message or "")
    return await code_page(request, here, endpoint, "cases", "test_cases/form.html", page, saved=saved)


@router.post("/endpoints/{endpoint_id}/cases/propose")
async def propose(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    """The form of a new case that expects what a test on the Test tab gave: with the code as it is typed there."""
    form = await forms.read(request)
    stored = await with_draft(here, endpoint)
    variables = dict(pairs(form, "variables", stored.variables))
    typed, event_type, payload = code(form), form.text("event_type"), form.raw("payload")
    masks = form.text("mask") == "on"
    try:
        proposal = await actions.proposed(here.services, endpoint, typed, event_type, payload, variables, mask=masks)
    except Invalid as refused:
        return await _list_page(request, here, endpoint, refused)
    page = CasePage(NEW, fields_of(proposal), {}, None, (), (), "", (), True if masks else None)
    return await code_page(request, here, endpoint, "cases", "test_cases/form.html", page)


@router.post("/endpoints/{endpoint_id}/cases")
@once
async def create(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    fields = posted(await forms.read(request))
    try:
        case = await asyncio.to_thread(case_from, fields, NEW)
        await actions.create(here.services, endpoint, case, here.user.name)
    except Invalid as refused:
        return await _form_page(request, here, endpoint, NEW, fields, refused)
    await run_and_wait(here, endpoint)
    return redirect(here.to(f"/endpoints/{endpoint.id}/cases"), "case-created", request)


@router.get("/endpoints/{endpoint_id}/cases/{case_id}")
async def edit(request: Request, here: Here, endpoint: TheEndpoint, case_id: TestCaseId) -> Response:
    """The form of a case, with what the code makes of it now."""
    stored = await _find(here, endpoint, case_id)
    if stored.case is None:
        return await _list_page(request, here, endpoint, Invalid(Problem("", actions.UNREADABLE)))
    saved = await _draft(here, endpoint)
    ran = await actions.run_one(here.services, endpoint, stored.case, case_runs.code_of(endpoint, saved))
    made, lines = await asyncio.to_thread(_compared, stored.case, ran)
    page = CasePage(
        case_id=case_id,
        fields=fields_of(stored.case),
        problems={},
        state=ran.state,
        failures=ran.failures,
        lines=lines,
        made=made,
        console=ran.console,
    )
    return await code_page(request, here, endpoint, "cases", "test_cases/form.html", page, saved=saved)


@router.post("/endpoints/{endpoint_id}/cases/{case_id}")
async def save(request: Request, here: Here, endpoint: TheEndpoint, case_id: TestCaseId) -> Response:
    fields = posted(await forms.read(request))
    await _find(here, endpoint, case_id)
    try:
        case = await asyncio.to_thread(case_from, fields, case_id)
        await actions.change(here.services, endpoint, case, here.user.name)
    except Invalid as refused:
        return await _form_page(request, here, endpoint, case_id, fields, refused)
    await run_and_wait(here, endpoint)
    return redirect(here.to(f"/endpoints/{endpoint.id}/cases"), "case-saved", request)


@router.post("/endpoints/{endpoint_id}/cases/{case_id}/delete")
async def delete(request: Request, here: Here, endpoint: TheEndpoint, case_id: TestCaseId) -> Response:
    await actions.remove(here.services, endpoint, [case_id], here.user.name)
    await run_and_wait(here, endpoint)
    return redirect(here.to(f"/endpoints/{endpoint.id}/cases"), "case-deleted", request)


@router.get("/endpoints/{endpoint_id}/cases/{case_id}/update")
async def review_update(request: Request, here: Here, endpoint: TheEndpoint, case_id: TestCaseId) -> Response:
    """How the expectation would change if what the code makes now were right."""
    stored = await _find(here, endpoint, case_id)
    if stored.case is None:
        return await _list_page(request, here, endpoint, Invalid(Problem("", actions.UNREADABLE)))
    saved = await _draft(here, endpoint)
    try:
        found = await actions.updated(here.services, endpoint, stored.case, case_runs.code_of(endpoint, saved))
    except Invalid as refused:
        page = UpdatePage(case_id, stored.name, (), "", (), refused.problems[0].sentence)
        return await code_page(request, here, endpoint, "cases", "test_cases/update.html", page, saved=saved)
    lines = found.lines[:MAX_DIFF_LINES]
    page = UpdatePage(case_id, stored.name, lines, dump_expectation(found.case.expectation), found.still)
    return await code_page(request, here, endpoint, "cases", "test_cases/update.html", page, saved=saved)


@router.post("/endpoints/{endpoint_id}/cases/{case_id}/update")
async def update(request: Request, here: Here, endpoint: TheEndpoint, case_id: TestCaseId) -> Response:
    """Save the expectation that the person was shown."""
    form = await forms.read(request)
    stored = await _find(here, endpoint, case_id)
    if stored.case is None:
        return await _list_page(request, here, endpoint, Invalid(Problem("", actions.UNREADABLE)))
    try:
        expectation = await asyncio.to_thread(load_expectation, form.raw("expect"))
        await actions.change(here.services, endpoint, replace(stored.case, expectation=expectation), here.user.name)
    except MalformedFile as error:
        return await _list_page(request, here, endpoint, Invalid(problem_of(error)))
    except Invalid as refused:
        return await _list_page(request, here, endpoint, refused)
    await run_and_wait(here, endpoint)
    return redirect(here.to(f"/endpoints/{endpoint.id}/cases"), "case-updated", request)


def _compared(case: TestCase, ran: CaseRun) -> tuple[str, Sequence[DiffLine]]:
    """What the code makes as text, and how it differs from an exact request that is expected."""
    if ran.outcome is None:
        return "", ()
    made = in_words(ran.outcome, case.expectation)
    differs = ran.state is CaseState.FAILED and isinstance(case.expectation, ExactRequest)
    return made, line_diff(told_expectation(case), made)[:MAX_DIFF_LINES] if differs else ()


async def _list_page(request: Request, here: Visit, endpoint: Endpoint, refused: Invalid | None = None) -> Response:
    def query(tx: Transaction) -> tuple[list[StoredCase], CodeDraft | None]:
        return test_cases.of_endpoint(tx, endpoint.id), drafts.current(tx, endpoint.id)

    stored, saved = await here.services.store.read(query)
    progress = here.services.case_progress.progress(endpoint.id)
    results = None if progress else known_results(here, endpoint, saved, stored)
    page = CasesPage(
        cases=_failing_first(stored, results),
        results=results,
        progress=progress,
        has_code=bool(case_runs.code_of(endpoint, saved).strip()),
        recent=await recent_messages(here),
        problem=refused.problems[0].sentence if refused else None,
    )
    status = 422 if refused else 200
    return await code_page(
        request, here, endpoint, "cases", "test_cases/list.html", page, saved=saved, block="results", status=status
    )


def _failing_first(stored: Sequence[StoredCase], results: CaseResults | None) -> Sequence[StoredCase]:
    """The cases in their order, but those that do not pass before the others."""

    def passes(case: StoredCase) -> bool:
        result = results.of(case.id) if results else None
        return result is None or result.state is CaseState.PASSED

    return sorted(stored, key=passes)


async def _form_page(
    request: Request, here: Visit, endpoint: Endpoint, case_id: TestCaseId, fields: CaseFields, refused: Invalid
) -> Response:
    problems = {problem.field: problem.sentence for problem in refused.problems}
    page = CasePage(case_id, fields, problems, None, (), (), "", ())
    return await code_page(request, here, endpoint, "cases", "test_cases/form.html", page, status=422)


async def _find(here: Visit, endpoint: Endpoint, case_id: TestCaseId) -> StoredCase:
    found = await actions.case_of(here.services, endpoint, case_id)
    if found is None:
        raise NotFound(actions.GONE)
    return found


async def _draft(here: Visit, endpoint: Endpoint) -> CodeDraft | None:
    return await here.services.store.read(lambda tx: drafts.current(tx, endpoint.id))
