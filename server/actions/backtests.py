"""Backtests of a draft or a version: starting, stopping, whether a result is stale, and one event side by side."""

import asyncio
from dataclasses import dataclass

from server.actions.endpoints import check_whole, existing, serving
from server.actions.replays import moment
from server.actions.services import Services
from server.delivery.code_comparisons import Comparer, Sides, prepare_both, sides_of
from server.delivery.feed import Changed
from server.delivery.prepare import Preparation, needs_card
from server.domain.backtests import DEFAULT_EVENTS, MAX_EVENTS, Backtest, EventSelection
from server.domain.comparisons import Compared
from server.domain.endpoints import Endpoint
from server.domain.ids import BacktestId, CodeDraftId, Millis, VersionId, mint
from server.domain.messages import Message
from server.domain.sentences import Invalid, Problem, say
from server.domain.shadows import Shadow
from server.store import Transaction, backtests, drafts, versions


@dataclass(frozen=True, slots=True)
class BacktestForm:
    """A backtest as the form describes it."""

    most: str = str(DEFAULT_EVENTS)
    """How many of the newest events."""
    ranged: bool = False
    """Only those that arrived from ``start`` to ``end``."""
    start: str = ""
    """As sent by ``<input type="datetime-local">``, in UTC."""
    end: str = ""
    """As ``start``; empty means now."""


def selected(asked: BacktestForm, now: Millis) -> EventSelection:
    """The selection of a form. Raises ``Invalid``."""
    found: list[Problem] = []
    typed, most = asked.most.strip(), 0
    if typed.isascii() and typed.isdecimal() and len(typed) < 10 and 1 <= int(typed) <= MAX_EVENTS:
        most = int(typed)
    else:
        found.append(Problem("most", say("Enter a whole number from 1 to {most}.", most=MAX_EVENTS)))
    since, until = 0, now
    if asked.ranged:
        typed_until = moment(asked.end) if asked.end else now
        typed_since = moment(asked.start)
        if typed_since is None:
            found.append(Problem("start", say("Enter a date and time, for example 2026-11-27T08:30.")))
        if typed_until is None:
            found.append(Problem("end", say("Enter a date and time, for example 2026-11-27T08:30.")))
        since, until = typed_since or 0, min(typed_until or now, now)
        if typed_since is not None and since > now:
            found.append(Problem("start", say("This time is in the future.")))
        elif typed_since is not None and typed_until is not None and since >= until:
            found.append(Problem("end", say("The end must be after the start.")))
    if found:
        raise Invalid(*found)
    return EventSelection(most, since, until)


async def begin(
    services: Services,
    endpoint: Endpoint,
    selection: EventSelection,
    author: str,
    *,
    draft_id: CodeDraftId | None = None,
    version_id: VersionId | None = None,
) -> Backtest:
    """Start a backtest of a draft, or else of a version. Raises ``Invalid``."""
    if needs_card(endpoint, services.cards):
        raise Invalid(Problem("", say("The integration card of this endpoint does not exist any more.")))
    backtest = await services.store.write(
        lambda tx: record(tx, endpoint, selection, author, services.now(), draft_id=draft_id, version_id=version_id)
    )
    services.backtester.wake()
    return backtest


def record(
    tx: Transaction,
    endpoint: Endpoint,
    selection: EventSelection,
    author: str,
    now: Millis,
    *,
    draft_id: CodeDraftId | None = None,
    version_id: VersionId | None = None,
) -> Backtest:
    """Store a backtest that the next free process of this database runs. Raises ``Invalid``."""
    current = existing(tx, endpoint.id)
    check_whole(current)
    if draft_id:
        draft = drafts.get(tx, draft_id)
        if draft is None or draft.endpoint_id != current.id:
            raise Invalid(Problem("", say("This draft does not exist any more.")))
        if draft.unreadable:
            raise Invalid(Problem("", say("The variables of the draft cannot be read. Enter them again and save.")))
    elif version_id is None or versions.of_endpoint(tx, current.id, version_id) is None:
        raise Invalid(Problem("", say("This version does not exist.")))
    if backtests.running(tx, current.id):
        raise Invalid(
            Problem("", say("Another backtest of this endpoint is in progress. Wait for it to finish, or stop it."))
        )
    backtest = Backtest(
        id=mint(BacktestId),
        endpoint_id=current.id,
        draft_id=draft_id,
        version_id=None if draft_id else version_id,
        former_version_id=serving(current),
        selection=selection,
        author=author,
        created_at=now,
        updated_at=now,
    )
    backtests.insert(tx, backtest)
    return backtest


async def stop(services: Services, endpoint: Endpoint, backtest: Backtest) -> None:
    """Stop a backtest; what it has found stays. Raises ``Invalid`` when it has ended."""

    def update(tx: Transaction) -> None:
        if not backtests.ask_to_stop(tx, backtest.id, services.now()):
            raise Invalid(Problem("", say("This backtest has already ended.")))

    await services.store.write(update)
    services.feed.publish(Changed(endpoint.source_id, None, endpoint.id))


async def latest(services: Services, draft_id: CodeDraftId) -> Backtest | None:
    """The newest backtest of a draft."""
    return await services.store.read(lambda tx: backtests.of_draft(tx, draft_id))


def is_stale(backtest: Backtest, endpoint: Endpoint) -> bool:
    """Whether its result is no longer about this draft and the active code: one of them has changed since."""
    changed = bool(backtest.draft_id) and backtest.draft_id != endpoint.draft_id
    return changed or backtest.former_version_id != serving(endpoint)


@dataclass(frozen=True, slots=True)
class SideBySide:
    """What both codes make of one event."""

    sides: Sides
    before: Preparation
    after: Preparation
    compared: Compared


async def side_by_side(services: Services, run: Backtest | Shadow, message: Message) -> SideBySide | None:
    """Run both codes of a backtest or shadow on one event again, and send nothing.

    ``None`` if the draft, a version or the endpoint is not there any more. Raises ``MissingCard`` and ``Unavailable``.
    """
    sides = await services.store.read(lambda tx: sides_of(tx, run))
    if sides is None:
        return None
    before, after = await prepare_both(
        sides, [message], owner=f"side-by-side:{run.id}", sandbox=services.sandbox, cards=services.cards
    )
    comparer = Comparer(sides, services.cards.get(sides.before.card))
    compared = await asyncio.to_thread(comparer.compare, message.body, before[0], after[0])
    return SideBySide(sides, before[0], after[0], compared)
