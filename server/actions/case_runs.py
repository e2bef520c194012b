"""Runs test cases in the sandbox: ``prepare`` as for a live event, but with stand-ins and at the case's own time.

Nothing of an endpoint but its card and its code has a part in it, so a case gives the same result everywhere.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from server.actions.code_checks import judged
from server.delivery.prepare import UNSENT_ID, Event, ReadyToSend, RunsCode, prepare
from server.domain.assertions import Failure, Outcome
from server.domain.card_shelf import is_own
from server.domain.cards import Card
from server.domain.case_results import CaseResult, CaseResults, CaseState
from server.domain.endpoints import Destination, Endpoint
from server.domain.ids import EndpointId
from server.domain.messages import ConsoleLine
from server.domain.reasons import Reason, because
from server.domain.requests import FinishedRequest
from server.domain.stand_ins import stand_in_credentials, stand_in_url
from server.domain.test_cases import ExactRequest, Expectation, TestCase, check, expecting, updated_expectation
from server.domain.transformations import Cancelled, FailureKind, Program, Result, TransformFailed, Webhook
from server.domain.verdicts import Verdict
from server.domain.versions import CodeDraft
from server.sandbox import Unavailable
from server.store import Store, Transaction, drafts, test_cases
from server.store.test_cases import StoredCase

if TYPE_CHECKING:
    pass

RUN_SECONDS = 15.0
"""The longest that all cases take together; those left are not run."""
MAX_LANES = 2
CASES_A_LANE = 10
"""Cases for which a further process is worth its start."""
_AT_ONCE = 16
_LARGE_BYTES = 32 * 1024
"""Bodies above this size are compared in a thread."""


class RunsInBackground(Protocol):
    """The part of the sandbox that is used here."""

    async def run(self, program: Program, webhook: Webhook, *, background: bool) -> Result: ...


@dataclass(frozen=True, slots=True)
class _Background:
    """The sandbox for ``prepare``: cases delay no live event."""

    sandbox: RunsInBackground

    async def run(self, program: Program, webhook: Webhook) -> Result:
        return await self.sandbox.run(program, webhook, background=True)


Tell = Callable[[int, int], None]
"""Called with the cases that are done and all cases."""


@dataclass(frozen=True, slots=True)
class CaseRun:
    """One case with what came of it."""

    case: TestCase
    state: CaseState
    failures: tuple[Failure, ...]
    outcome: Outcome | None
    """``None`` when it could not be run."""
    verdict: Verdict | None = None
    """What the card's contract says about the request."""
    console: tuple[ConsoleLine, ...] = ()
    ms: float = 0.0

    @property
    def result(self) -> CaseResult:
        return CaseResult(self.case.id, self.case.name, self.state, self.failures, self.ms)


def results_of(runs: Sequence[CaseRun]) -> CaseResults:
    """The results as they are kept."""
    return CaseResults(tuple(run.result for run in runs))


class RunsStoredCases(Protocol):
    """What running the cases of an endpoint needs."""

    @property
    def store(self) -> Store: ...

    @property
    def sandbox(self) -> RunsInBackground: ...

    @property
    def cards(self) -> Mapping[str, Card]: ...


async def run_all(
    services: RunsStoredCases, endpoint: Endpoint, draft: CodeDraft | None, tell: Tell = lambda done, total: None
) -> CaseResults:
    """Run all cases of an endpoint on its draft, or on its active code.

    The results are kept with the draft, unless the cases were changed meanwhile.
    """
    stored = await services.store.read(lambda tx: test_cases.of_endpoint(tx, endpoint.id))
    code = code_of(endpoint, draft)
    readable = [each.case for each in stored if each.case]
    runs = await run_cases(
        readable, endpoint.card, code, owner=endpoint.id, sandbox=services.sandbox, cards=services.cards, tell=tell
    )
    found = {run.case.id: run.result for run in runs}
    results = CaseResults(tuple(found.get(each.id) or unreadable(each) for each in stored))

    def update(tx: Transaction, draft: CodeDraft) -> None:
        if test_cases.are_unchanged(tx, endpoint.id, stored):
            drafts.keep_checks(tx, draft.id, results.dump())

    if draft:
        await services.store.write(lambda tx: update(tx, draft))
    return results


def unreadable(stored: StoredCase) -> CaseResult:
    """The result of a damaged case."""
    return CaseResult(stored.id, stored.name, CaseState.UNRUN, (Failure(because("case_unrun_unreadable")),))


def code_of(endpoint: Endpoint, draft: CodeDraft | None) -> str:
    """The code that cases are run on: the draft's, or else the active one; empty when there is none."""
    return draft.code if draft else endpoint.version.code if endpoint.version else ""


async def run_cases(
    cases: Sequence[TestCase],
    card_name: str,
    code: str,
    *,
    owner: str,
    sandbox: RunsInBackground,
    cards: Mapping[str, Card],
    seconds: float = RUN_SECONDS,
    tell: Tell = lambda done, total: None,
) -> list[CaseRun]:
    """Run code on all cases at once. Returns a ``CaseRun`` for each, in their order, within ``seconds``.

    ``owner``: the endpoint's id, or another name by which the sandbox separates this code from others'.
    """
    if not cases:
        return []
    lanes = max(1, min(MAX_LANES, len(cases) // CASES_A_LANE))
    rooms = [asyncio.Semaphore(_AT_ONCE) for _ in range(lanes)]
    subjects = [subject(card_name, code, f"cases-{owner}-{lane}", cards) for lane in range(lanes)]
    done = 0

    async def run(number: int, case: TestCase) -> CaseRun:
        nonlocal done
        async with rooms[number % lanes]:
            found = await run_case(case, subjects[number % lanes], sandbox=_Background(sandbox), cards=cards)
        done += 1
        tell(done, len(cases))
        return found

    tasks = [asyncio.create_task(run(number, case)) for number, case in enumerate(cases)]
    try:
        await asyncio.wait(tasks, timeout=seconds)
    finally:
        late = [task for task in tasks if not task.done()]
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    too_late = because("case_unrun_time", seconds=round(seconds))
    return [
        _unrun(case, too_late) if task.cancelled() else task.result() for case, task in zip(cases, tasks, strict=True)
    ]


def new_expectation(run: CaseRun, card: Card | None) -> Expectation:
    """An expectation that the run meets. Headers of the card are left out: no code is written for them."""
    assert run.outcome is not None
    made = updated_expectation(run.case, run.outcome) if run.case.expectation else expecting(run.outcome)
    if card is None or not isinstance(made, ExactRequest):
        return made
    seconds = str(run.case.clock // 1000)
    usual = card.request_headers(stand_in_credentials(card), webhook_id=UNSENT_ID, timestamp=seconds)
    of_card = {name.lower(): value for name, value in usual.items()}
    return replace(made, headers={name: value for name, value in made.headers.items() if of_card.get(name) != value})


async def run_case(case: TestCase, tried: Endpoint, *, sandbox: RunsCode, cards: Mapping[str, Card]) -> CaseRun:
    """Run one case on an endpoint of ``subject``."""
    card = cards.get(tried.card)
    if card is None and is_own(tried.card):
        return _unrun(case, because("case_unrun_card", card=tried.card))
    endpoint = replace(tried, variables=case.variables)
    event = Event(case.event_type, case.payload.encode("utf-8", "replace"), UNSENT_ID, case.clock // 1000, case.clock)
    try:
        made = await prepare(endpoint, event, sandbox=sandbox, cards=cards)
    except Unavailable:
        return _unrun(case, because("case_unrun_sandbox"))
    outcome: FinishedRequest | Cancelled | TransformFailed
    verdict = None
    if isinstance(made, ReadyToSend):
        outcome = made.request
        if card and card.contract and card.contract.calls:
            verdict = judged(outcome, endpoint, card, event, mask=str)
    else:
        outcome = made
    if isinstance(outcome, TransformFailed) and outcome.error.kind == FailureKind.INTERNAL:
        return _unrun(case, because("case_unrun_sandbox"))
    if isinstance(outcome, FinishedRequest) and len(outcome.body) > _LARGE_BYTES:
        failures = await asyncio.to_thread(check, case, outcome, verdict)
    else:
        failures = check(case, outcome, verdict)
    state = CaseState.FAILED if failures else CaseState.PASSED
    return CaseRun(case, state, failures, outcome, verdict, made.console, made.ms or 0.0)


def subject(card_name: str, code: str, owner: str, cards: Mapping[str, Card]) -> Endpoint:
    """The endpoint that stands for all endpoints of this card in a case: stand-ins for credentials and URL."""
    card = cards.get(card_name)
    return Endpoint.new(
        id=EndpointId(owner),
        card=card_name,
        url=stand_in_url(card),
        destination=Destination.CAPTURE,
        transforming=True,
        code=code,
        credentials=stand_in_credentials(card) if card else {},
    )


def _unrun(case: TestCase, why: Reason) -> CaseRun:
    return CaseRun(case, CaseState.UNRUN, (Failure(why),), None)
