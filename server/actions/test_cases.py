"""What people do with test cases: create, change and delete them, and update an expectation after seeing what differs.

A case is proposed from a sample, a test or a stored message before it is saved; nothing of an endpoint's secrets comes
into it.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from server.actions.case_runs import CaseRun, new_expectation, run_cases
from server.actions.endpoints import existing
from server.actions.services import Services
from server.domain.assertions import Assertion, Failure, Kind
from server.domain.audit import AuditAction
from server.domain.checked_values import MalformedFile
from server.domain.endpoint_files import MAX_CASES
from server.domain.endpoints import Endpoint
from server.domain.ids import EndpointId, Millis, TestCaseId, mint
from server.domain.line_diff import DiffLine, line_diff
from server.domain.personal_data import masked
from server.domain.sentences import Invalid, Problem, say
from server.domain.stand_ins import stand_in_variables
from server.domain.test_case_files import MAX_NAME, dump, load, load_payload, read_json, usual_clock
from server.domain.test_cases import TestCase, check, told_expectation, written
from server.domain.transformations import TransformFailed
from server.domain.versions import CodeDraft
from server.store import Transaction, audit, test_cases
from server.store.test_cases import StoredCase

MAX_SIZE = 8 * 1024 * 1024
"""Characters of all cases of an endpoint together: its pages read them all."""
TOO_LARGE = say(
    "The test cases of an endpoint can be {limit} MiB in all. Delete some, or shorten their payloads.", limit=8
)
NO_CODE = say("This endpoint has no code yet, so there is nothing to test.")
UNREADABLE = say("This test case cannot be read. Delete it.")
GONE = say("This test case was deleted in the meantime.")


async def run_one(services: Services, endpoint: Endpoint, case: TestCase, code: str) -> CaseRun:
    """Run one case, saved or not."""
    (run,) = await run_cases(
        [case], endpoint.card, code, owner=endpoint.id, sandbox=services.sandbox, cards=services.cards
    )
    return run


async def proposed(
    services: Services,
    endpoint: Endpoint,
    code: str,
    event_type: str,
    payload: str,
    variables: Mapping[str, str],
    *,
    mask: bool = False,
) -> TestCase:
    """A case for this event that expects what the code makes of it now, or a request if the code fails. Not saved yet.

    ``variables`` may be keys, which get stand-ins. ``mask`` replaces personal data. Raises ``Invalid`` when the payload
    is no JSON object, or the code cannot be run.
    """
    if not code.strip():
        raise Invalid(Problem("", NO_CODE))
    try:
        text = await asyncio.to_thread(_payload, payload, mask)
    except MalformedFile as error:
        raise Invalid(Problem("payload", error.sentence)) from None
    case = TestCase(
        id=TestCaseId(""),
        name=await _free_name(services, endpoint.id, event_type),
        event_type=event_type,
        payload=text,
        variables=stand_in_variables(variables),
        clock=usual_clock(text),
        expectation=(),
    )
    run = await run_one(services, endpoint, case, code)
    if run.outcome is None:
        raise Invalid(Problem("", run.failures[0].sentence))
    card = services.cards.get(endpoint.card)
    if isinstance(run.outcome, TransformFailed):
        # That code fails is seldom what anybody wants: the case fails until the code makes a request.
        has_contract = card is not None and card.contract is not None and bool(card.contract.calls)
        return replace(case, expectation=(Assertion(Kind.CONTRACT if has_contract else Kind.PATH_EXISTS),))
    return replace(case, expectation=new_expectation(run, card))


def _payload(payload: str, mask: bool) -> str:
    value = read_json(payload)
    return load_payload(written(masked(value)) if mask else payload)


def variables_of(endpoint: Endpoint, draft: CodeDraft | None) -> Mapping[str, str]:
    """The variables that go with ``code_of``."""
    return draft.variables if draft and draft.variables is not None else endpoint.variables


@dataclass(frozen=True, slots=True)
class NewExpectation:
    """A case as it would be with what its code makes now, and how that differs."""

    case: TestCase
    lines: Sequence[DiffLine]
    """Empty when the case passes as it is."""
    still: tuple[Failure, ...] = ()
    """What fails all the same: patterns and limits, which are not changed."""


async def updated(services: Services, endpoint: Endpoint, case: TestCase, code: str) -> NewExpectation:
    """The case with an expectation that the code meets. Nothing is saved. Raises ``Invalid`` when it cannot be run."""
    run = await run_one(services, endpoint, case, code)
    if run.outcome is None:
        raise Invalid(Problem("", run.failures[0].sentence))
    made = replace(case, expectation=new_expectation(run, services.cards.get(endpoint.card)))
    still = await asyncio.to_thread(check, made, run.outcome, run.verdict)
    lines = await asyncio.to_thread(lambda: line_diff(told_expectation(case), told_expectation(made)))
    return NewExpectation(made, lines, still)


async def create(services: Services, endpoint: Endpoint, case: TestCase, author: str) -> TestCase:
    """Save a new case. Raises ``Invalid``."""
    made = replace(_sound(case), id=mint(TestCaseId))

    def update(tx: Transaction) -> None:
        existing(tx, endpoint.id)
        check_room(tx, endpoint.id, [made])
        test_cases.insert(tx, endpoint.id, [made], author, services.now())
        note(tx, endpoint.id, AuditAction.CASES_ADDED, author, services.now(), [made])

    await services.store.write(update)
    return made


async def change(services: Services, endpoint: Endpoint, case: TestCase, author: str = "") -> None:
    """Save a changed case under its id. Raises ``Invalid``."""
    case = _sound(case)

    def update(tx: Transaction) -> None:
        existing(tx, endpoint.id)
        if test_cases.get(tx, endpoint.id, case.id) is None:
            raise Invalid(Problem("", GONE))
        if test_cases.names(tx, endpoint.id).get(case.name, case.id) != case.id:
            raise Invalid(Problem("name", NAME_TAKEN))
        test_cases.change(tx, endpoint.id, case, services.now())
        _check_size(tx, endpoint.id)
        note(tx, endpoint.id, AuditAction.CASES_CHANGED, author, services.now(), [case])

    await services.store.write(update)


NAME_TAKEN = say("There is a test case with this name already.")


async def remove(services: Services, endpoint: Endpoint, ids: Collection[TestCaseId], author: str = "") -> int:
    """Delete cases. Returns how many there were."""
    return await services.store.write(lambda tx: take_away(tx, endpoint.id, ids, author, services.now()))


def take_away(tx: Transaction, endpoint_id: EndpointId, ids: Collection[TestCaseId], author: str, at: Millis) -> int:
    """As ``remove``, in an open transaction."""
    found = test_cases.event_types(tx, endpoint_id, ids)
    audit.add_cases(tx, endpoint_id, AuditAction.CASES_DELETED, author, at, found.items())
    return test_cases.remove(tx, endpoint_id, ids)


def note(
    tx: Transaction, endpoint_id: EndpointId, action: AuditAction, author: str, at: Millis, cases: Sequence[TestCase]
) -> None:
    """Record what was done to these cases."""
    audit.add_cases(tx, endpoint_id, action, author, at, [(case.id, case.event_type) for case in cases])


def check_room(tx: Transaction, endpoint_id: EndpointId, cases: Sequence[TestCase]) -> None:
    """Raise ``Invalid`` when the endpoint cannot have these cases too."""
    names = test_cases.names(tx, endpoint_id)
    if len(names) + len(cases) > MAX_CASES:
        raise Invalid(Problem("", say("An endpoint can have at most {limit} test cases.", limit=MAX_CASES)))
    if any(case.name in names for case in cases):
        raise Invalid(Problem("name", NAME_TAKEN))
    _check_size(tx, endpoint_id)


def _check_size(tx: Transaction, endpoint_id: EndpointId) -> None:
    if test_cases.size(tx, endpoint_id) > MAX_SIZE:
        raise Invalid(Problem("", TOO_LARGE))


async def case_of(services: Services, endpoint: Endpoint, case_id: TestCaseId) -> StoredCase | None:
    """The stored case; ``None`` when the endpoint has none with this id."""
    return await services.store.read(lambda tx: test_cases.get(tx, endpoint.id, case_id))


def _sound(case: TestCase) -> TestCase:
    """The case as it will be read again. Raises ``Invalid`` when a part of it is too large."""
    try:
        return load(dump(case), id=case.id)
    except MalformedFile as error:
        raise Invalid(Problem(error.path, error.sentence)) from None


async def _free_name(services: Services, endpoint_id: EndpointId, wanted: str) -> str:
    """The name, with a number behind it if it is taken."""
    names = await services.store.read(lambda tx: test_cases.names(tx, endpoint_id))
    short = wanted[: MAX_NAME - 6]
    return next(name for name in (short, *(f"{short} {n}" for n in range(2, len(names) + 3))) if name not in names)
