"""Replays of what an endpoint failed, missed or received: the dry run, starting after it, and stopping."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from server.actions.endpoints import check_whole, existing
from server.actions.services import Services
from server.actions.version_choices import ACTIVE, VersionChoice
from server.delivery.feed import Changed
from server.delivery.prepare import runs_code
from server.domain.audit import AuditAction
from server.domain.endpoints import Endpoint
from server.domain.ids import EndpointId, Millis, ReplayId, mint
from server.domain.messages import DeliveryState
from server.domain.replays import (
    BULK_STATES,
    MAX_MESSAGES_PER_SECOND,
    PERIODS,
    Replay,
    ReplayKind,
    ReplayState,
    Selection,
)
from server.domain.sentences import Invalid, Problem, say
from server.domain.versions import Version
from server.store import Transaction, audit, replay_matches, replays, waiting_retries

MAX_COUNTED = 100_000
MAX_COUNTING_SECONDS = 2.0
"""Counting stops at either limit: a person waits for it, and other people's pages use the same reader threads."""

PAUSE_SHARE = 0.5
"""Length of the pause after each step of counting, as a share of that step: counting must not occupy a whole CPU."""

NOTHING = Problem("", say("No messages match in this range, so there is nothing to replay."))


NOTHING_WAITS = Problem("", say("No delivery is waiting for a retry, so there is nothing to send early."))


@dataclass(frozen=True, slots=True)
class ReplayForm:
    """A replay as the form describes it."""

    kind: ReplayKind
    since: str
    """A name in ``PERIODS``, ``all``, or ``custom`` with ``start`` and ``end``."""
    start: str = ""
    """As sent by ``<input type="datetime-local">``, in UTC."""
    end: str = ""
    """As ``start``; empty means now."""
    event_types: frozenset[str] | None = None
    states: frozenset[str] = field(default_factory=lambda: frozenset(BULK_STATES))
    rate: str = ""


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a replay would do, counted without changing anything."""

    selection: Selection
    rate: int | None
    total: int
    more: bool
    """Counting stopped at a limit, so there are more than ``total``."""
    by_type: tuple[tuple[str, int], ...]
    """The most frequent event type first."""
    by_state: tuple[tuple[DeliveryState | None, int], ...]
    """(current state, count); the state is ``None`` for messages without a delivery."""
    repeated: int
    """How many the destination accepted before: it will receive their ``webhook-id`` again."""
    version: Version | None
    """The code that will run; ``None`` when messages are sent as received."""
    pinned: bool = False
    """A person chose the version. Otherwise it is the active one."""


def selected(asked: ReplayForm, now: Millis) -> tuple[Selection, int | None]:
    """(selection, messages per second) of a form; the rate is ``None`` without a limit. Raises ``Invalid``."""
    found: list[Problem] = []
    since, until = _range(asked, now, found)
    rate = _rate(asked.rate, found)
    states = frozenset(state for state in BULK_STATES if state in asked.states)
    if asked.kind is ReplayKind.BULK and not states:
        found.append(Problem("states", say("Select at least one status.")))
    if asked.event_types is not None and not asked.event_types:
        found.append(Problem("event_types", say("Select at least one event type.")))
    if found:
        raise Invalid(*found)
    return Selection(asked.kind, since, until, asked.event_types, states), rate


async def dry_run(
    services: Services,
    endpoint: Endpoint,
    selection: Selection,
    rate: int | None = None,
    choice: VersionChoice = ACTIVE,
) -> DryRun:
    """Count what the replay would send, with the same conditions as the replay itself. Raises ``Invalid``."""
    chosen = await services.store.read(lambda tx: choice.found(tx, endpoint))
    cursor, more, total = selection.start, False, 0
    types: Counter[str] = Counter()
    states: Counter[DeliveryState | None] = Counter()
    repeated = 0
    deadline = time.monotonic() + MAX_COUNTING_SECONDS
    while True:
        began = time.monotonic()
        step = await services.store.read(
            lambda tx, after=cursor: replay_matches.count(tx, endpoint, selection, after)  # type: ignore[misc]
        )
        for (event_type, state, delivered), found in step.by.items():
            types[event_type] += found
            states[state] += found
            repeated += found if delivered else 0
        cursor, total = step.cursor, types.total()
        if step.last:
            break
        if total >= MAX_COUNTED or time.monotonic() > deadline:
            more = True
            break
        await asyncio.sleep(PAUSE_SHARE * (time.monotonic() - began))
    return DryRun(
        selection=selection,
        rate=rate,
        total=total,
        more=more,
        by_type=tuple(types.most_common()),
        by_state=tuple(states.most_common()),
        repeated=repeated,
        version=chosen or (endpoint.version if runs_code(endpoint) else None),
        pinned=chosen is not None,
    )


async def begin(
    services: Services,
    endpoint: Endpoint,
    selection: Selection,
    rate: int | None,
    user_name: str,
    choice: VersionChoice = ACTIVE,
) -> Replay:
    """Start the replay. Raises ``Invalid`` when nothing matches, or when another replay is under way.

    Its deliveries run the chosen version, even while the transformation is disabled.
    """
    counted = await dry_run(services, endpoint, selection, rate, choice)
    if not counted.total and not counted.more:
        raise Invalid(NOTHING_WAITS if selection.kind is ReplayKind.WAITING else NOTHING)
    return await _start(services, endpoint.id, selection, rate, user_name, choice, counted.total, counted.more)


async def _start(
    services: Services,
    endpoint_id: EndpointId,
    selection: Selection,
    rate: int | None,
    user_name: str,
    choice: VersionChoice,
    total: int,
    more: bool,
) -> Replay:
    """Start a replay of ``total`` deliveries; of more than that, with ``more``. Raises ``Invalid``."""

    def update(tx: Transaction) -> Replay:
        now = existing(tx, endpoint_id)
        if now.disabled:
            raise Invalid(Problem("", say("The endpoint is disabled. Enable it to replay.")))
        check_whole(now)
        chosen = choice.found(tx, now)
        version = chosen or (now.version if runs_code(now) else None)
        if replays.running(tx, now.id):
            raise Invalid(
                Problem("", say("Another replay of this endpoint is in progress. Wait for it to finish, or stop it."))
            )
        replay = Replay(
            id=mint(ReplayId),
            source_id=now.source_id,
            endpoint_id=now.id,
            selection=selection,
            version_id=version.id if version else None,
            pinned=chosen is not None,
            rate=rate,
            total=total,
            more=more,
            begun=0,
            cursor=selection.start,
            state=ReplayState.RUNNING,
            user_name=user_name,
            created_at=services.now(),
        )
        replays.insert(tx, replay)
        told = {"kind": selection.kind.value, "replay": replay.id}
        audit.add(tx, now.id, AuditAction.REPLAY_STARTED, user_name, replay.created_at, told)
        return replay

    replay = await services.store.write(update)
    services.replayer.wake()
    return replay


async def retry_waiting(services: Services, endpoint_id: EndpointId, user_name: str, rate: int | None = None) -> Replay:
    """Retry now all deliveries of an endpoint that wait for their next retry. Raises ``Invalid`` if none does.

    ``rate``: the most per second. The retry schedule of each goes on from its step, so a failure is retried after the
    wait that comes next. A paused endpoint gets them when it is resumed.
    """
    until = services.now()
    waiting = await services.store.read(lambda tx: waiting_retries.find(tx, endpoint_id, until))
    if waiting is None:
        raise Invalid(NOTHING_WAITS)
    selection = Selection(ReplayKind.WAITING, 0, until)
    return await _start(services, endpoint_id, selection, rate, user_name, ACTIVE, waiting.count, waiting.more)


async def rerun_parked(services: Services, endpoint: Endpoint, user_name: str) -> Replay:
    """Replay all parked deliveries with the active code, in order of arrival. Raises ``Invalid``."""
    selection = Selection(ReplayKind.PARKED, 0, services.now())
    return await begin(services, endpoint, selection, None, user_name)


async def stop(services: Services, replay: Replay, user_name: str = "") -> None:
    """Stop the run: deliveries not yet started return to their earlier state. Raises ``Invalid`` when it has ended."""

    def update(tx: Transaction) -> None:
        if not replays.stop(tx, replay.id, ReplayState.STOPPED, services.now()):
            raise Invalid(Problem("", say("This replay has already ended.")))
        told = {"replay": replay.id}
        audit.add(tx, replay.endpoint_id, AuditAction.REPLAY_STOPPED, user_name, services.now(), told)

    await services.store.write(update)
    services.feed.publish(Changed(replay.source_id, None, replay.endpoint_id))


def _range(asked: ReplayForm, now: Millis, found: list[Problem]) -> tuple[Millis, Millis]:
    if asked.since == "all":
        return 0, now
    if asked.since in PERIODS:
        return now - PERIODS[asked.since], now
    if asked.since != "custom":
        found.append(Problem("since", say("Select a range.")))
        return now, now
    since, until = moment(asked.start), moment(asked.end) if asked.end else now
    if since is None:
        found.append(Problem("start", say("Enter a date and time, for example 2026-11-27T08:30.")))
    if until is None:
        found.append(Problem("end", say("Enter a date and time, for example 2026-11-27T08:30.")))
    if since is None or until is None:
        return now, now
    if since > now:
        found.append(Problem("start", say("This time is in the future.")))
    elif since >= until:
        found.append(Problem("end", say("The end must be after the start.")))
    return since, min(until, now)


def moment(typed: str) -> Millis | None:
    """Parse ``2026-11-27T08:30`` as UTC, with or without seconds; ``None`` when it is no date."""
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError:
        return None
    if moment.tzinfo is not None or moment.year < 1970:
        return None
    return round(moment.replace(tzinfo=UTC).timestamp() * 1000)


def rate_of(typed: str) -> int | None:
    """The messages per second that a person typed; ``None`` without a limit. Raises ``Invalid``."""
    found: list[Problem] = []
    rate = _rate(typed, found)
    if found:
        raise Invalid(*found)
    return rate


def _rate(typed: str, found: list[Problem]) -> int | None:
    if not typed:
        return None
    if typed.isascii() and typed.isdecimal() and len(typed) < 10 and 1 <= int(typed) <= MAX_MESSAGES_PER_SECOND:
        return int(typed)
    found.append(Problem("rate", say("Enter a whole number from 1 to {most}.", most=MAX_MESSAGES_PER_SECOND)))
    return None
