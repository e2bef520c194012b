"""``hookbench backtest``: runs other code on stored events beside the active code, and says what differs."""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

import click

from server.actions import backtests as actions
from server.actions.activations import NO_DRAFT
from server.actions.backtests import BacktestForm, selected
from server.actions.endpoints import check_whole, serving
from server.commands.opened import Opened
from server.commands.shared import Refused, Stop, author, now, show, table
from server.commands.test_cases import read_folder
from server.delivery.backtester import Backtester
from server.delivery.code_comparisons import Comparer, Sides, prepare_both, with_draft
from server.delivery.feed import Feed
from server.delivery.prepare import needs_card
from server.domain.backtests import Backtest, BacktestState, EventSelection
from server.domain.comparison_reports import Group, Report
from server.domain.comparisons import Difference
from server.domain.conditions import Filter
from server.domain.endpoints import Endpoint
from server.domain.ids import BacktestId, CodeDraftId, ProcessId, VersionId, mint
from server.domain.messages import Message
from server.domain.payloads import Payload
from server.domain.sentences import Invalid, Problem
from server.domain.versions import CodeDraft
from server.store import Transaction, Unusable, backtests, drafts, owners, stored_events, versions

POLL_SECONDS = 0.25
SILENT_SECONDS = 60.0
"""A backtest without progress for so long has no process that runs it."""
CHUNK = 32
"""Events of a folder's backtest that run together."""
MAX_SHOWN_GROUPS = 30

_BAD = (Difference.THROWS, Difference.BREAKS_CONTRACT)
_OPTIONS = {"most": "--last", "start": "--since", "end": "--until"}


@dataclass(frozen=True, slots=True)
class BacktestOptions:
    """What the person asked for."""

    number: int | None = None
    """Of a version; otherwise the draft is tested."""
    folder: Path | None = None
    """Test the code in this folder instead."""
    last: int | None = None
    since: str = ""
    until: str = ""
    as_json: bool = False


async def backtest(opened: Opened, wanted: str, asked: BacktestOptions) -> int:
    """Run a backtest and print its report. Returns the exit code."""
    endpoint = await opened.find(wanted)
    check_whole(endpoint)
    if needs_card(endpoint, opened.cards):
        raise Refused("The integration card of this endpoint does not exist any more.")
    selection = _selection(asked)
    state, what = BacktestState.DONE, str(asked.folder)
    if asked.folder:
        report = await _of_folder(opened, endpoint, asked.folder, selection)
    else:
        done, what = await _stored(opened, endpoint, selection, asked.number)
        report, state = done.report, done.state
        if done.reason:
            raise Refused(f"The backtest was given up: {done.reason}")
    if asked.as_json:
        click.echo(json.dumps(_as_data(report, state), indent=2))
    else:
        active = f"version {endpoint.version.number}" if serving(endpoint) and endpoint.version else "no code"
        show(f"{opened.name_of(endpoint)} ({endpoint.id}): {what} beside {active}, {report.events} events, {state}")
        for line in told(report):
            show(line)
    if state is not BacktestState.DONE:
        return 1
    return 1 if any(report.counts[one] for one in _BAD) else 0


def told(report: Report) -> Iterator[str]:
    """The report as lines of text."""
    found = [one for one in Difference if report.counts[one]]
    head = ["", *(one.value.replace("_", " ") for one in found)]
    rows = [
        [name or "others", *(str(tally.counts[one]) if tally.counts[one] else "" for one in found)]
        for name, tally in sorted(report.types.items())
    ]
    yield from table(head, rows)
    for group in report.groups[:MAX_SHOWN_GROUPS]:
        yield _told_group(group)
    if (more := len(report.groups) - MAX_SHOWN_GROUPS) > 0:
        yield f"  … {more} more differences"
    for name in report.slower_types:
        yield f"  slower: {name}"


def _told_group(group: Group) -> str:
    line = f"  {group.count} × {group.difference.value.replace('_', ' ')}"
    if group.paths:
        line += f": {', '.join(group.paths)}"
    if group.error:
        place = f" (line {group.error.line})" if group.error.line else ""
        line += f": {group.error.message}{place}"
    return line + f"  for example {group.samples[0]}" if group.samples else line


def _selection(asked: BacktestOptions) -> EventSelection:
    form = BacktestForm(
        most=str(asked.last) if asked.last else BacktestForm().most,
        ranged=bool(asked.since or asked.until),
        start=asked.since,
        end=asked.until,
    )
    try:
        return selected(form, now())
    except Invalid as refused:
        lines = [f"{_OPTIONS.get(each.field, each.field)}: {each.sentence}" for each in refused.problems]
        raise Stop("\n".join(lines)) from refused


async def _stored(
    opened: Opened, endpoint: Endpoint, selection: EventSelection, number: int | None
) -> tuple[Backtest, str]:
    """A backtest that is kept with the endpoint, as it ended, and the name of what it tests."""
    draft_id, version_id, what = await _tested(opened, endpoint, number)

    def update(tx: Transaction) -> Backtest:
        return actions.record(tx, endpoint, selection, author(), now(), draft_id=draft_id, version_id=version_id)

    with ExitStack() as stack:
        served = await _is_served(opened, stack)
        begun = await opened.store.write(update)
        backtester = Backtester(opened.store, opened.sandbox, opened.cards, Feed(), mint(ProcessId))
        if not served:
            backtester.start()
        try:
            return await _followed(opened, begun.id), what
        except asyncio.CancelledError:
            await opened.store.write(lambda tx: backtests.ask_to_stop(tx, begun.id, now()))
            raise
        finally:
            if not served:
                await backtester.stop()


async def _tested(
    opened: Opened, endpoint: Endpoint, number: int | None
) -> tuple[CodeDraftId | None, VersionId | None, str]:
    if number is not None:
        version = await opened.store.read(lambda tx: versions.numbered(tx, endpoint.id, number))
        if version is None:
            raise Refused(f"There is no version {number}. See: hookbench history {endpoint.id}")
        return None, version.id, f"version {number}"
    draft = await opened.store.read(lambda tx: drafts.current(tx, endpoint.id))
    if draft is None:
        raise Invalid(Problem("", NO_DRAFT))
    return draft.id, None, f"draft {draft.revision}"


async def _is_served(opened: Opened, stack: ExitStack) -> bool:
    """Whether a server runs on this database, which then runs the backtest. If not, none starts until ``stack`` ends.

    A database server serves several processes, so there a start meanwhile does no harm.
    """
    if opened.store.dialect != "sqlite":
        return await opened.store.read(owners.any_living)
    try:
        stack.enter_context(owners.only_here(opened.settings.database_url))
    except Unusable:
        return True
    return False


async def _followed(opened: Opened, backtest_id: BacktestId) -> Backtest:
    """The backtest as soon as it has ended. Shows how far it is, where a person looks."""
    changed, before = monotonic(), (-1, 0)
    while True:
        found = await opened.store.read(lambda tx: backtests.get(tx, backtest_id))
        if found is None:
            raise Refused("The backtest was deleted, since its endpoint was.")
        if found.state is not BacktestState.RUNNING:
            _progress("")
            return found
        if (found.done, found.updated_at) != before:
            changed, before = monotonic(), (found.done, found.updated_at)
            _progress(f"{found.done} of {found.total} events" if found.total else "Looking for events")
        elif monotonic() > changed + SILENT_SECONDS:
            raise Refused("Nothing runs the backtest. Is Hookbench in order? See: hookbench doctor")
        await asyncio.sleep(POLL_SECONDS)


async def _of_folder(opened: Opened, endpoint: Endpoint, path: Path, selection: EventSelection) -> Report:
    """What the code in a folder makes of the events. Nothing is kept."""
    folder = read_folder(path)
    if folder.endpoint.card != endpoint.card:
        raise Refused(f"The folder is for the card {folder.endpoint.card}, and the endpoint's is {endpoint.card}.")
    variables = {name: endpoint.variables[name] for name in folder.endpoint.variables if name in endpoint.variables}
    draft = CodeDraft(
        mint(CodeDraftId), endpoint.id, 0, folder.code, variables, folder.endpoint.transforming, None, "", now()
    )
    active = replace(endpoint, transforming=serving(endpoint) is not None)
    sides = Sides.of(active, with_draft(endpoint, draft))
    comparer, report = Comparer(sides, opened.cards.get(endpoint.card)), Report()
    left, before = selection.most, selection.end
    while before and left > 0:
        page, before = await _page(opened, endpoint, selection, before)
        page = page[:left]
        left -= len(page)
        for start in range(0, len(page), CHUNK):
            chunk = page[start : start + CHUNK]
            old, new = await prepare_both(
                sides, chunk, owner=f"folder:{endpoint.id}", sandbox=opened.sandbox, cards=opened.cards
            )
            for message, was, becomes in zip(chunk, old, new, strict=True):
                compared = comparer.compare(message.body, was, becomes)
                report.add(message.event_type, message.id, compared, was.ms, becomes.ms)
            _progress(f"{report.events} events")
    _progress("")
    return report


async def _page(
    opened: Opened, endpoint: Endpoint, selection: EventSelection, before: str
) -> tuple[list[Message], str]:
    """The next events that pass the filter, and where the next page begins."""

    def read(tx: Transaction) -> tuple[list[Message], str]:
        page, following = stored_events.page(tx, endpoint, selection, before, 4 * CHUNK)
        asked = Filter(endpoint.conditions)
        return [message for message in page if asked.fits(Payload(message.body))], following

    return await opened.store.read(read)


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{text}", nl=False, err=True)


def _as_data(report: Report, state: BacktestState) -> dict[str, Any]:
    return {
        "state": state.value,
        "events": report.events,
        "counts": {one.value: report.counts[one] for one in Difference if report.counts[one]},
        "types": {
            name: {one.value: count for one, count in tally.counts.items() if count}
            for name, tally in report.types.items()
        },
        "groups": [_group_as_data(group) for group in report.groups],
        "slower": report.slower_types,
    }


def _group_as_data(group: Group) -> dict[str, Any]:
    error = group.error
    samples: Sequence[str] = group.samples
    return {
        "difference": group.difference.value,
        "count": group.count,
        "paths": list(group.paths),
        "types": dict(group.types),
        "error": {"message": error.message, "line": error.line} if error else None,
        "messages": list(samples),
    }
