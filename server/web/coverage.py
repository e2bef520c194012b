"""What an endpoint's code covers: its lines with marks, and what it makes of each event type."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.actions import coverage as actions
from server.actions.coverage import MAX_REAL_EVENTS, CoverageRun, EventTypeRow
from server.domain.backtests import EventSelection
from server.domain.coverage import MISSED, Coverage, Mark
from server.domain.endpoints import Endpoint
from server.domain.messages import Message
from server.domain.sentences import Sentence, say
from server.domain.test_cases import TestCase
from server.domain.transformations import MAX_CODE_BYTES
from server.domain.versions import CodeDraft
from server.sandbox import Unavailable
from server.store import Transaction, drafts, stored_events, test_cases
from server.store.search_terms import ALL
from server.web import forms
from server.web.code_frame import code_page
from server.web.endpoint_frame import TheEndpoint
from server.web.i18n import in_words
from server.web.page_routes import source_pages
from server.web.visit import Here, Visit

router = source_pages()

DRAFT, ACTIVE = "draft", "active"
MAX_REAL_BYTES = 8 << 20
"""Bytes of stored events with which no more are read."""
EVENTS_AT_ONCE = 10
NO_SANDBOX = say("The sandbox cannot run code right now. Try again in a moment.")


@dataclass(frozen=True, slots=True)
class CoveredLine:
    """A line of the code. ``mark`` is ``None`` where there is nothing to run."""

    text: str
    mark: Mark | None
    missed: Sequence[Sentence]
    """What did not happen, although the line has run."""


@dataclass(frozen=True, slots=True)
class CoveragePage:
    """What the page shows."""

    of: str
    """``DRAFT`` or ``ACTIVE``: whose coverage it is."""
    run: CoverageRun | None
    """``None`` when there is no code, or it could not run."""
    problem: Sentence | None
    lines: Sequence[CoveredLine]
    branches: tuple[int, int]
    """How many have run, and how many there are."""
    line_counts: tuple[int, int]
    rows: Sequence[EventTypeRow]
    samples: int
    cases: int
    events: int
    """Stored events that the code ran on."""
    max_events: int


@dataclass(frozen=True, slots=True)
class _Stored:
    """What is read from the store for a run."""

    saved: CodeDraft | None
    cases: Sequence[TestCase]
    newest: str
    """The id from which on events are read when the code runs on them; empty if there are none."""


@router.get("/endpoints/{endpoint_id}/coverage")
async def show(request: Request, here: Here, endpoint: TheEndpoint, of: str = "") -> Response:
    """The coverage of the draft if there is one, otherwise of the active code."""
    stored = await here.services.store.read(partial(_stored, endpoint=endpoint))
    of = of if of in (DRAFT, ACTIVE) else DRAFT
    tried = _tried(endpoint, stored.saved if of == DRAFT else None)
    if stored.saved is None:
        of = ACTIVE
    run, problem = None, None
    if tried is None:
        problem = say("There is no code yet. Write some in the editor.")
    else:
        run, problem = await _run(here, tried, stored)
    coverage = run.coverage if run else None
    code = tried.version.code if tried and tried.version else ""
    rows = run.rows if run else ()
    values = CoveragePage(
        of=of,
        run=run,
        problem=problem,
        lines=await asyncio.to_thread(_lines, code, coverage),
        branches=coverage.branches() if coverage else (0, 0),
        line_counts=coverage.lines() if coverage else (0, 0),
        rows=rows,
        samples=sum(row.sample is not None for row in rows),
        cases=len(stored.cases),
        events=sum(row.events for row in rows),
        max_events=MAX_REAL_EVENTS,
    )
    return await code_page(
        request, here, endpoint, "coverage", "coverage/show.html", values, saved=stored.saved, in_thread=True
    )


@router.post("/endpoints/{endpoint_id}/coverage.json")
async def marks(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    """The marks of the code in the editor, for its gutter.

    ``{"lines": {"3": "partly"}, "missed": {"3": ["…"]}, "branches": [5, 7], "problem": null | "…"}``
    """
    code = (await forms.read(request)).raw("code")
    stored = await here.services.store.read(partial(_stored, endpoint=endpoint))
    tried = _tried(endpoint, stored.saved)
    if not code.strip() or len(code.encode("utf-8", "replace")) > MAX_CODE_BYTES:
        return JSONResponse(_marks(None, None))
    run, problem = await _run(here, actions.with_code(tried or endpoint, code), stored)
    return await _answer(run, problem)


@router.get("/endpoints/{endpoint_id}/coverage.json")
async def saved_marks(here: Here, endpoint: TheEndpoint, of: str = DRAFT) -> Response:
    """The same for the saved draft, or with ``of=active`` for the active code."""
    stored = await here.services.store.read(partial(_stored, endpoint=endpoint))
    tried = _tried(endpoint, stored.saved if of == DRAFT else None)
    if tried is None:
        return JSONResponse(_marks(None, None))
    run, problem = await _run(here, tried, stored)
    return await _answer(run, problem)


def _stored(tx: Transaction, endpoint: Endpoint) -> _Stored:
    found, following = stored_events.page(tx, endpoint, EventSelection(1), ALL, 1)
    cases = [stored.case for stored in test_cases.of_endpoint(tx, endpoint.id) if stored.case]
    return _Stored(drafts.current(tx, endpoint.id), cases, found[0].id if found else following)


def _events(tx: Transaction, endpoint: Endpoint, newest: str) -> list[Message]:
    """The newest stored events, from this one on."""
    selection = EventSelection(MAX_REAL_EVENTS)
    events: list[Message] = []
    before, size = f"{newest}~" if newest else "", 0
    while len(events) < MAX_REAL_EVENTS and size < MAX_REAL_BYTES and before:
        most = min(EVENTS_AT_ONCE, MAX_REAL_EVENTS - len(events))
        found, before = stored_events.page(tx, endpoint, selection, before, most)
        events += found
        size += sum(len(message.body) for message in found)
        if not found:
            break  # one step scans thousands of messages; older ones are left out
    return events


def _tried(endpoint: Endpoint, saved: CodeDraft | None) -> Endpoint | None:
    if saved:
        return actions.with_draft(endpoint, saved)
    return actions.with_code(endpoint, endpoint.version.code) if endpoint.version else None


async def _run(here: Visit, tried: Endpoint, stored: _Stored) -> tuple[CoverageRun | None, Sentence | None]:
    services = here.services
    assert tried.version

    async def measured() -> CoverageRun:
        events = await services.store.read(partial(_events, endpoint=tried, newest=stored.newest))
        return await actions.measure(tried, stored.cases, events, sandbox=services.sandbox, cards=services.cards)

    state = (stored.newest, tried.updated_at, sorted(tried.variables.items()), stored.cases)
    try:
        key = (tried.id, tried.version.code, await asyncio.to_thread(_digest, state))
        return await services.coverage.get(key, measured), None
    except Unavailable:
        return None, NO_SANDBOX


def _digest(state: object) -> str:
    return hashlib.sha256(repr(state).encode("utf-8", "replace")).hexdigest()


def _lines(code: str, coverage: Coverage | None) -> list[CoveredLine]:
    texts = code.replace("\r\n", "\n").split("\n") if code else []
    if coverage is None:
        return [CoveredLine(text, None, ()) for text in texts]
    return [
        CoveredLine(text, coverage.mark(number), _missed(coverage, number))
        for number, text in enumerate(texts, start=1)
    ]


def _missed(coverage: Coverage, line: int) -> list[Sentence]:
    """Each sentence once, and none for a line that never ran: its mark says so."""
    if coverage.mark(line) is not Mark.PARTLY:
        return []
    return list({MISSED[each.kind].text: MISSED[each.kind] for each in coverage.missed(line)}.values())


async def _answer(run: CoverageRun | None, problem: Sentence | None) -> Response:
    why_not = problem or (run.why_not if run else None)
    return JSONResponse(await asyncio.to_thread(_marks, run.coverage if run else None, why_not))


def _marks(coverage: Coverage | None, problem: Sentence | None) -> dict[str, object]:
    found = coverage.marks() if coverage else {}
    return {
        "lines": {str(line): mark.value for line, mark in found.items()},
        "missed": {
            str(line): [in_words(each) for each in missed]
            for line in found
            if coverage and (missed := _missed(coverage, line))
        },
        "branches": list(coverage.branches()) if coverage else [0, 0],
        "problem": in_words(problem) if problem else None,
    }
