"""Replay runs: make deliveries due in batches, undo what is not tried when a run is stopped, count the results.

The writer's transaction checks every match of ``replay_matches`` again before it makes it due. The run's ``cursor``
moves in the same transaction, so that an interruption neither skips nor repeats a delivery.
"""

import json
from collections.abc import Sequence

import structlog
from sqlalchemy import ColumnElement, Connection, RowMapping, and_, case, delete, exists, func, select, update

from server.domain.ids import DeliveryId, EndpointId, Millis, ReplayId, SourceId, VersionId
from server.domain.messages import DeliveryState, Trigger
from server.domain.replays import Progress, Replay, ReplayKind, ReplayState, Selection
from server.store import delivery_rows
from server.store.columns import dump
from server.store.replay_matches import Match, waits_for_retry
from server.store.rows import insert as insert_rows
from server.store.schema import deliveries, replays

PAGE = 20

log = structlog.get_logger()


def insert(tx: Connection, replay: Replay) -> None:
    selection = replay.selection
    chosen = None if selection.event_types is None else sorted(selection.event_types)
    tx.execute(
        replays.insert().values(
            id=replay.id,
            source_id=replay.source_id,
            endpoint_id=replay.endpoint_id,
            kind=selection.kind.value,
            filters=dump([selection.since, selection.until, chosen, sorted(selection.states)]),
            version_id=replay.version_id,
            pinned=replay.pinned,
            rate=replay.rate,
            total=replay.total,
            more=replay.more,
            begun=replay.begun,
            tally="{}",
            settled=False,
            cursor=replay.cursor,
            state=replay.state.value,
            user_name=replay.user_name,
            created_at=replay.created_at,
            ended_at=replay.ended_at,
        )
    )


def get(tx: Connection, replay_id: ReplayId) -> Replay | None:
    row = tx.execute(select(replays).where(replays.c.id == replay_id)).mappings().first()
    return _replay(row) if row else None


def running(tx: Connection, endpoint_id: EndpointId | None = None) -> list[Replay]:
    """The running replays, oldest first; with ``endpoint_id`` only those of that endpoint."""
    query = select(replays).where(replays.c.state == ReplayState.RUNNING.value).order_by(replays.c.id)
    if endpoint_id is not None:
        query = query.where(replays.c.endpoint_id == endpoint_id)
    found = []
    for row in tx.execute(query).mappings():
        try:
            found.append(_replay(row))
        except Exception:  # one unreadable run must not stop the others
            log.exception("replay.unreadable", replay_id=row["id"])
    return found


def history(
    tx: Connection, endpoint_id: EndpointId, before: str = "", limit: int = PAGE
) -> list[tuple[Replay, Progress]]:
    """The runs of an endpoint with their progress, newest first; with ``before`` only those older than that id."""
    query = select(replays).where(replays.c.endpoint_id == endpoint_id).order_by(replays.c.id.desc()).limit(limit)
    if before:
        query = query.where(replays.c.id < before)
    found = []
    for row in tx.execute(query).mappings().all():
        try:
            found.append((_replay(row), _progress(tx, row)))
        except Exception:  # one unreadable run must not break the page
            log.exception("replay.unreadable", replay_id=row["id"])
    return found


def untried(tx: Connection, replay_id: ReplayId, now: Millis) -> tuple[int, int]:
    """How many of a run's deliveries have not been tried yet, and how many of those were due before ``now``."""
    due = [at or 0 for at in tx.execute(select(deliveries.c.due_at).where(_untried(replay_id))).scalars()]
    return len(due), sum(at < now for at in due)


def advance(
    tx: Connection, replay: Replay, matches: Sequence[Match], due: Sequence[Millis], cursor: str, now: Millis
) -> bool:
    """Make ``matches`` due at the times ``due`` and move the run's cursor to ``cursor``.

    Returns False and changes nothing if the run has ended, or another process has moved its cursor.
    """
    moved = tx.execute(
        update(replays)
        .where(
            replays.c.id == replay.id,
            replays.c.state == ReplayState.RUNNING.value,
            replays.c.cursor == replay.cursor,
        )
        .values(cursor=cursor)
    )
    if moved.rowcount == 0:
        return False
    begun = _begin_known(tx, replay, matches, due, now) + _begin_new(tx, replay, matches, due, now)
    if begun:
        tx.execute(update(replays).where(replays.c.id == replay.id).values(begun=replays.c.begun + begun))
    return True


def finish(tx: Connection, replay: Replay, now: Millis) -> bool:
    """Mark the run as done. Returns False if it has ended, its cursor has moved, or a delivery is not tried yet."""
    finished = tx.execute(
        update(replays)
        .where(
            replays.c.id == replay.id,
            replays.c.state == ReplayState.RUNNING.value,
            replays.c.cursor == replay.cursor,
            ~exists().where(_untried(replay.id)),
        )
        .values(state=ReplayState.DONE.value, ended_at=now)
    )
    return finished.rowcount == 1


def stop(tx: Connection, replay_id: ReplayId, state: ReplayState, now: Millis) -> bool:
    """End a run early and undo what it made due and nobody has tried or leased. Returns False if it had ended."""
    stopped = tx.execute(
        update(replays)
        .where(replays.c.id == replay_id, replays.c.state == ReplayState.RUNNING.value)
        .values(state=state.value, ended_at=now)
    )
    if stopped.rowcount == 0:
        return False
    unbegun = and_(_untried(replay_id), deliveries.c.lease_owner.is_(None))
    waited = deliveries.c.former_due_at.is_not(None)
    made = tx.execute(delete(deliveries).where(unbegun, deliveries.c.former_state.is_(None)))
    given_back = tx.execute(
        update(deliveries)
        .where(unbegun)
        .values(
            state=deliveries.c.former_state,
            trigger=case((waited, Trigger.RETRY.value), else_=deliveries.c.trigger),
            former_state=None,
            replay_id=None,
            version_id=case((waited, deliveries.c.version_id), else_=None),
            due_at=deliveries.c.former_due_at,
            former_due_at=None,
            updated_at=case((waited, deliveries.c.updated_at), else_=now),
        )
    )
    tx.execute(
        update(replays)
        .where(replays.c.id == replay_id)
        .values(begun=replays.c.begun - made.rowcount - given_back.rowcount)
    )
    return True


def stop_all_of_endpoint(tx: Connection, endpoint_id: EndpointId, now: Millis) -> None:
    """Stop the runs of an endpoint that was disabled or deleted."""
    for replay in running(tx, endpoint_id):
        stop(tx, replay.id, ReplayState.DISABLED, now)


def finished(tx: Connection) -> list[ReplayId]:
    """Ended runs without pending deliveries, whose counts are not frozen yet."""
    waits = exists().where(deliveries.c.replay_id == replays.c.id, deliveries.c.state == DeliveryState.PENDING.value)
    query = select(replays.c.id).where(
        replays.c.settled.is_(False), replays.c.state != ReplayState.RUNNING.value, ~waits.correlate(replays)
    )
    return [ReplayId(each) for each in tx.execute(query).scalars()]


def freeze_counts(tx: Connection, replay_id: ReplayId) -> None:
    """Store the final counts of a finished run; what happens to its deliveries later is not its result."""
    row = tx.execute(select(replays).where(replays.c.id == replay_id)).mappings().one()
    tally = dump({state.value: count for state, count in _progress(tx, row).ended.items()})
    tx.execute(update(replays).where(replays.c.id == replay_id).values(tally=tally, settled=True))


def _untried(replay_id: ReplayId) -> ColumnElement[bool]:
    return and_(
        deliveries.c.replay_id == replay_id,
        deliveries.c.state == DeliveryState.PENDING.value,
        deliveries.c.trigger == Trigger.REPLAY.value,
    )


def _begin_known(tx: Connection, replay: Replay, matches: Sequence[Match], due: Sequence[Millis], now: Millis) -> int:
    by_moment: dict[Millis, list[DeliveryId]] = {}
    for match, at in zip(matches, due, strict=True):
        if match.delivery_id is not None:
            by_moment.setdefault(at, []).append(match.delivery_id)
    _hand_over(tx, [one for ids in by_moment.values() for one in ids])
    begun = 0
    for at, ids in by_moment.items():
        replayed = update(deliveries).where(
            deliveries.c.id.in_(ids),
            deliveries.c.state.in_(sorted(replay.selection.replayed)),
            deliveries.c.lease_owner.is_(None),
        )
        values = {
            "former_state": deliveries.c.state,
            "state": DeliveryState.PENDING.value,
            "trigger": Trigger.REPLAY.value,
            "due_at": at,
            "replay_id": replay.id,
        }
        if replay.selection.kind is ReplayKind.WAITING:
            # The attempt comes early and is the one that waited: step, version and the time of the last change stay.
            replayed = replayed.where(waits_for_retry(replay.selection, now))
            values["former_due_at"] = deliveries.c.due_at
        else:
            values |= {
                "former_due_at": None,
                "step": 0,
                "updated_at": now,
                "faults": 0,
                "fault": None,
                "stopped_because": None,
                "captured": False,
                "version_id": replay.chosen_version,
            }
        begun += tx.execute(replayed.values(**values)).rowcount
    return begun


def _begin_new(tx: Connection, replay: Replay, matches: Sequence[Match], due: Sequence[Millis], now: Millis) -> int:
    new = {match.message_id: at for match, at in zip(matches, due, strict=True) if match.delivery_id is None}
    if not new:
        return 0
    there = select(deliveries.c.message_id).where(
        deliveries.c.message_id.in_(list(new)), deliveries.c.endpoint_id == replay.endpoint_id
    )
    known = set(tx.execute(there).scalars())
    rows = [
        delivery_rows.new(
            message_id,
            replay.endpoint_id,
            Trigger.REPLAY,
            now=now,
            due_at=at,
            replay_id=replay.id,
            version_id=replay.chosen_version,
        )
        for message_id, at in new.items()
        if message_id not in known
    ]
    insert_rows(tx, deliveries, rows)
    return len(rows)


def _hand_over(tx: Connection, ids: Sequence[DeliveryId]) -> None:
    """Add the states of these deliveries to the stored counts of the runs that they leave."""
    query = (
        select(deliveries.c.replay_id, deliveries.c.state, func.count())
        .where(deliveries.c.id.in_(ids), deliveries.c.replay_id.is_not(None))
        .group_by(deliveries.c.replay_id, deliveries.c.state)
    )
    for replay_id, state, count in tx.execute(query).all():
        row = tx.execute(select(replays.c.tally, replays.c.settled).where(replays.c.id == replay_id)).one()
        if row.settled:
            continue
        tally: dict[str, int] = json.loads(row.tally)
        # One that another run takes over while it waits for a retry had failed in the run that it leaves.
        ended = DeliveryState.FAILED.value if state == DeliveryState.PENDING.value else state
        tally[ended] = tally.get(ended, 0) + count
        tx.execute(update(replays).where(replays.c.id == replay_id).values(tally=dump(tally)))


def _progress(tx: Connection, row: RowMapping) -> Progress:
    ended: dict[DeliveryState, int] = {DeliveryState(s): n for s, n in json.loads(row["tally"]).items()}
    if row["settled"]:
        return Progress(0, 0, ended)
    untried = retrying = 0
    counts = (
        select(deliveries.c.state, deliveries.c.trigger, func.count())
        .where(deliveries.c.replay_id == row["id"])
        .group_by(deliveries.c.state, deliveries.c.trigger)
    )
    for state, trigger, count in tx.execute(counts):
        if state != DeliveryState.PENDING.value:
            ended[DeliveryState(state)] = ended.get(DeliveryState(state), 0) + count
        elif trigger == Trigger.RETRY.value:
            retrying += count
        else:
            untried += count
    return Progress(untried, retrying, ended)


def _replay(row: RowMapping) -> Replay:
    since, until, chosen, states = json.loads(row["filters"])
    return Replay(
        id=ReplayId(row["id"]),
        source_id=SourceId(row["source_id"]),
        endpoint_id=EndpointId(row["endpoint_id"]),
        selection=Selection(
            kind=ReplayKind(row["kind"]),
            since=since,
            until=until,
            event_types=None if chosen is None else frozenset(chosen),
            states=frozenset(DeliveryState(state) for state in states),
        ),
        version_id=VersionId(row["version_id"]) if row["version_id"] else None,
        rate=row["rate"],
        total=row["total"],
        more=row["more"],
        begun=row["begun"],
        cursor=row["cursor"],
        state=ReplayState(row["state"]),
        user_name=row["user_name"],
        created_at=row["created_at"],
        ended_at=row["ended_at"],
        pinned=row["pinned"],
    )
