"""``hookbench push``: shows what a folder changes in Hookbench, asks, and changes it."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import click

from server.actions import endpoints as endpoint_actions
from server.actions import pushes
from server.actions.activations import Approval, check_note
from server.actions.case_runs import results_of, run_cases, unreadable
from server.actions.pushes import Part, PushPlan, Spot
from server.commands.folders import files_of, read_lock, write_lock
from server.commands.opened import Opened
from server.commands.shared import Refused, Stop, author, now, show
from server.commands.test_cases import read_folder
from server.domain.cards import Card
from server.domain.case_results import CaseResults, CaseState
from server.domain.endpoint_files import CODE_FILE, ENDPOINT_FILE, EndpointFile
from server.domain.endpoint_files import dump as dump_endpoint
from server.domain.endpoints import Endpoint
from server.domain.line_diff import LineKind, line_diff
from server.domain.test_case_files import dump as dump_case
from server.domain.test_cases import TestCase
from server.store import Transaction, replay_matches

MAX_CASE_LINES = 40
"""Lines that are shown of one changed test case."""

COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@dataclass(frozen=True, slots=True)
class PushOptions:
    """What the person asked for."""

    activate: bool = False
    note: str = ""
    override: str = ""
    given: Mapping[str, str] | None = None
    from_git: bool = False
    force: bool = False
    dry_run: bool = False
    yes: bool = False


async def push(opened: Opened, folder: Path, wanted: str | None, asked: PushOptions) -> int:
    """Push a folder. Returns the exit code."""
    lock, read = read_lock(folder), read_folder(folder)
    if wanted is None and lock is None:
        raise Stop(f"Nothing says which endpoint {folder} is of. Name it: hookbench push {folder} ENDPOINT")
    check_note(asked.note, "--note")
    check_note(asked.override, "--override")
    endpoint = await opened.find(wanted or (lock.endpoint_id if lock else ""))
    base = lock if lock and lock.endpoint_id == endpoint.id else None

    def query(tx: Transaction) -> pushes.StoredFolder:
        return pushes.read(tx, endpoint.id)

    stored = await opened.store.read(query)
    card = pushes.card_of(opened.cards, endpoint)
    planned = pushes.plan(
        stored,
        read,
        card,
        base,
        activate=asked.activate,
        given=asked.given,
        over_pushes=asked.from_git,
        force=asked.force,
    )
    show(f"{opened.name_of(endpoint)} ({endpoint.id})")
    for line in told(planned):
        show(line, COLOURS.get(line[:1], ""))
    if planned.conflicts:
        raise Refused(_refusal(planned, known=bool(base)))
    await pushes.check(opened, planned, card)
    if not planned.changes:
        show("Nothing to change.")
    if asked.dry_run or not planned.changes:
        return 1 if planned.changes else 0
    if asked.activate and planned.missing:
        names = ", ".join(planned.missing)
        raise Refused(f"These variables have no value: {names}. Enter them on the endpoint's page, or use --env.")

    results = await _run_cases(opened, planned)
    failing = results.failing
    for line in told_cases(results):
        show(line)
    if failing and planned.activate and not asked.override:
        raise Refused(f"{failing} test cases fail. Nothing was pushed. To activate all the same, use --override WHY.")
    if not asked.yes and not click.confirm("Push this?"):
        show("Nothing was pushed.")
        return 1
    approval = Approval(author(), asked.note, failing, asked.override if failing else "")
    after = await _apply(opened, planned, card, approval, results, folder)
    await _tell_end(opened, planned, after)
    return 0


async def _apply(
    opened: Opened, planned: PushPlan, card: Card, approval: Approval, results: CaseResults, folder: Path
) -> pushes.StoredFolder:
    """Push it, and note in the folder's lock what Hookbench has now."""
    waiting = {}
    if planned.settings:
        change = pushes.settings_change(planned)
        waiting = dict(await endpoint_actions.survey(opened.store, planned.stored.endpoint.id, change))
    checks = results.dump() if results.total else None
    after, lock = await opened.store.write(
        lambda tx: pushes.push(tx, planned, card, approval, waiting, now(), checks=checks)
    )
    write_lock(folder, replace(lock, files=files_of(folder, planned.folder.files)))
    return after


async def _run_cases(opened: Opened, planned: PushPlan) -> CaseResults:
    """What the test cases say about the code that is pushed or activated."""
    stored, typed, gone = planned.stored, planned.typed, {each.id for each in planned.removed}
    code, transforming = (typed.code, typed.transforming) if planned.code else (stored.code, stored.transforming)
    if not (planned.code or planned.activate) or not transforming:
        return CaseResults()
    endpoint = stored.endpoint
    runs = await run_cases(
        planned.cases, endpoint.card, code, owner=endpoint.id, sandbox=opened.sandbox, cards=opened.cards
    )
    damaged = [unreadable(each) for each in stored.cases if each.case is None and each.id not in gone]
    return CaseResults((*results_of(runs).results, *damaged))


async def _tell_end(opened: Opened, planned: PushPlan, after: pushes.StoredFolder) -> None:
    if planned.activate and after.endpoint.version:
        show(f"Version {after.endpoint.version.number} is active.")
        await tell_parked(opened, after.endpoint)
    elif planned.code and after.draft:
        command = f"hookbench activate {after.endpoint.id}"
        show(f"Saved as draft {after.draft.revision}. It changes nothing until it is activated: {command}")
    elif planned.code:
        show("The code is what is active already, so there is no draft any more.")
    if planned.settings or planned.added or planned.changed or planned.removed:
        show("The endpoint's settings and test cases are as in the folder.")


async def tell_parked(opened: Opened, endpoint: Endpoint) -> None:
    """Say how many deliveries wait for code that works."""
    parked = await opened.store.read(lambda tx: replay_matches.parked(tx, endpoint.id))
    if parked:
        show(f"{parked} deliveries are parked. Run them again on the endpoint's page Replays.")


def told(planned: PushPlan) -> Iterator[str]:
    """What a push changes, line by line."""
    stored, before = planned.stored, planned.before.endpoint
    file = _file_after(planned)
    if planned.code or planned.activate:
        version = f"version {stored.endpoint.version.number}" if stored.endpoint.version else "no code"
        former = f"draft {stored.draft.revision}" if stored.draft and not planned.activate else version
        code = planned.typed.code if planned.code else stored.code
        yield f"{CODE_FILE}: " + ("becomes active as a new version" if planned.activate else "becomes the draft")
        yield from diff(stored.active_code if planned.activate else stored.code, code, former, CODE_FILE)
    if changed := list(diff(dump_endpoint(before), dump_endpoint(file), "Hookbench", ENDPOINT_FILE)):
        yield f"{ENDPOINT_FILE}:" + (" takes effect at once" if planned.settings else "")
        yield from changed
    if planned.code and planned.missing:
        yield f"Variables without a value: {', '.join(planned.missing)}"
    known = {case.name: case for case in planned.before.cases}
    for case in planned.added:
        yield f"Test case, new: {case.name}"
    for case in planned.changed:
        yield f"Test case, changed: {case.name}"
        yield from list(_case_diff(known.get(case.name), case))[:MAX_CASE_LINES]
    for gone in planned.removed:
        yield f"Test case, deleted: {gone.name}"
    for spot in planned.kept:
        yield f"Stays as somebody changed it since the pull: {name_of(spot)}"


def diff(before: str, after: str, former: str, name: str) -> Iterator[str]:
    """The lines of a unified diff."""
    yield from difflib.unified_diff(before.splitlines(), after.splitlines(), former, name, lineterm="")


def told_cases(results: CaseResults) -> Iterator[str]:
    """Which test cases fail, and how many pass."""
    for each in results.results:
        if each.state is not CaseState.PASSED:
            yield f"{'FAIL' if each.state is CaseState.FAILED else '----'} {each.name}"
            yield from (f"     {failure.sentence}" for failure in each.failures)
    if results.total:
        yield f"{results.passed} of {results.total} test cases pass."


def name_of(spot: Spot) -> str:
    match spot.part:
        case Part.CODE:
            return CODE_FILE
        case Part.SETTINGS:
            return ENDPOINT_FILE
        case Part.CASE:
            return f"the test case {spot.name}"


def _file_after(planned: PushPlan) -> EndpointFile:
    """``endpoint.toml`` as it is after the push."""
    before, pushed = planned.before.endpoint, planned.folder.endpoint
    of_code = pushed if planned.code else before
    settings = pushed if planned.settings else before
    return replace(settings, transforming=of_code.transforming, variables=tuple(sorted(of_code.variables)))


def _case_diff(before: TestCase | None, after: TestCase) -> Iterator[str]:
    signs = {LineKind.ADDED: "+", LineKind.REMOVED: "-", LineKind.SAME: " "}
    for line in line_diff(dump_case(before) if before else "", dump_case(after)):
        if line.kind is not LineKind.FOLDED:
            yield f"{signs[line.kind]}{line.text}"


def _refusal(planned: PushPlan, *, known: bool) -> str:
    """Why a push is refused."""
    names = ", ".join(name_of(spot) for spot in planned.conflicts)
    if not known:
        return (
            f"The folder does not say what it was pulled from, and Hookbench has something else: {names}. "
            "Pull it first, or replace what is there with --force."
        )
    draft = planned.stored.draft
    by = f" The draft is revision {draft.revision}, by {draft.author or 'nobody known'}." if draft else ""
    return (
        f"Somebody changed this since the pull: {names}.{by} Nothing was pushed. Pull into another folder and merge, "
        "or replace it with --force."
    )
