"""Pending deliveries: claimed under a lease, recorded with their attempts. ``owners`` frees the leases of the dead."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    RowMapping,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    text,
    update,
)

from server.domain.endpoints import Endpoint
from server.domain.ids import DeliveryId, EndpointId, MessageId, Millis, ProcessId, VersionId
from server.domain.messages import (
    ACCEPTED,
    Attempt,
    AttemptOutcome,
    Delivery,
    DeliveryState,
    Message,
    StoppedBecause,
    Trigger,
)
from server.domain.operational_events import of_attempt
from server.store import attempts as attempt_rows
from server.store import delivery_rows, operational_events, replays
from server.store import endpoints as endpoint_rows
from server.store import messages as message_rows
from server.store.attempts import PackedContent
from server.store.log_search import RARE
from server.store.schema import attempts, deliveries, endpoints
from server.store.settling import settle
from server.store.writer import leave_to_thread

MAX_COUNTED = 10_000
"""Pages count no further what waits: a destination that is down for days may leave hundreds of thousands."""
CLOCK_SLACK: Millis = 1_000
"""Clocks are often set back by less than this; such a step moves no delivery."""


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery leased to this process for its next attempt, with its message and endpoint."""

    delivery: Delivery
    message: Message
    endpoint: Endpoint


# The state is a literal: with a parameter, a database cannot tell that the partial index of pending rows applies.
_WAITS = deliveries.c.state == literal_column("'pending'")
_FREE = or_(deliveries.c.lease_until.is_(None), deliveries.c.lease_until <= bindparam("now"))
_DUE = and_(_WAITS, deliveries.c.due_at <= bindparam("now"), _FREE)
_OF_ENDPOINT = deliveries.c.endpoint_id == endpoints.c.id

_first = deliveries.alias("first")
_FIRST = (
    select(func.min(_first.c.id))
    .where(_first.c.endpoint_id == endpoints.c.id, _first.c.state == literal_column("'pending'"))
    .correlate(endpoints)
    .scalar_subquery()
)
"""The oldest pending delivery of an ordered endpoint; the later ones wait for it."""

_OPEN = and_(endpoints.c.disabled.is_(False), endpoints.c.paused.is_(False), endpoints.c.deleted_at.is_(None))


def due_endpoints(
    tx: Connection,
    now: Millis,
    *,
    excluding: Collection[EndpointId] = (),
    unreadable: dict[EndpointId, Exception] | None = None,
) -> list[Endpoint]:
    """The endpoints with a due delivery that nobody holds; paused and disabled ones are left out.

    One with unreadable settings goes into ``unreadable``, so that it does not delay the others.
    """
    any_due = select(deliveries.c.id).where(_OF_ENDPOINT, _DUE).correlate(endpoints).exists()
    first_due = select(deliveries.c.id).where(deliveries.c.id == _FIRST, _DUE).correlate(endpoints).exists()
    wanted = and_(
        _OPEN,
        or_(and_(endpoints.c.ordered.is_(False), any_due), and_(endpoints.c.ordered, first_due)),
    )
    if excluding:
        wanted = and_(wanted, endpoints.c.id.not_in(list(excluding)))
    return endpoint_rows.which(tx, wanted, {"now": now}, unreadable=unreadable)


def next_due(tx: Connection, *, excluding: Collection[EndpointId] = ()) -> Millis | None:
    """When the next delivery without a lease is due; ``None`` if there is none. Claiming finds expired leases."""
    unheld = and_(_WAITS, deliveries.c.lease_until.is_(None))
    soonest = select(deliveries.c.due_at).where(_OF_ENDPOINT, unheld).order_by(deliveries.c.due_at).limit(1)
    of_first = select(deliveries.c.due_at).where(deliveries.c.id == _FIRST, unheld)
    query = select(
        case(
            (endpoints.c.ordered, of_first.correlate(endpoints).scalar_subquery()),
            else_=soonest.correlate(endpoints).scalar_subquery(),
        )
    ).where(_OPEN)
    if excluding:
        query = query.where(endpoints.c.id.not_in(list(excluding)))
    return min((due_at for due_at in tx.execute(query).scalars() if due_at is not None), default=None)


def claim(
    tx: Connection,
    *,
    owner: ProcessId,
    now: Millis,
    lease_until: Millis,
    room: Mapping[EndpointId, int],
    unreadable: dict[DeliveryId, Exception] | None = None,
) -> list[ClaimedDelivery]:
    """Lease up to ``room`` due deliveries of each endpoint, longest due first; of an ordered endpoint only the oldest.

    Nothing is claimed for paused and disabled endpoints. The same statements serve both databases: SQLite has one
    writer at a time, PostgreSQL skips locked rows. A delivery that cannot be read, or whose message cannot, is leased
    too but goes into ``unreadable`` instead of the result, so that it does not delay the others.
    """
    spoiled: dict[DeliveryId, Exception] = {} if unreadable is None else unreadable
    taken: list[tuple[Delivery, Endpoint]] = []
    for endpoint in endpoint_rows.by_ids(tx, room).values():
        if endpoint.paused or endpoint.disabled or endpoint.unreadable:
            continue
        values = {"of": endpoint.id, "now": now, "owner": owner, "until": lease_until}
        if endpoint.controls.ordered:
            rows = tx.execute(_CLAIM_FIRST, values)
        else:
            rows = tx.execute(_CLAIM, values | {"most": room[endpoint.id]})
        for row in rows.mappings().all():
            try:
                taken.append((delivery_rows.read(row), endpoint))
            except Exception as error:  # the row may hold anything
                spoiled[DeliveryId(row["id"])] = error
    if not taken:
        return []
    taken.sort(key=lambda one: (one[0].due_at or 0, one[0].id))
    bad: dict[MessageId, Exception] = {}
    bodies = message_rows.by_ids(tx, {delivery.message_id for delivery, _ in taken}, unreadable=bad)
    for delivery, _ in taken:
        if delivery.message_id not in bodies:
            spoiled[delivery.id] = bad.get(delivery.message_id, KeyError())
    return [
        ClaimedDelivery(delivery, bodies[delivery.message_id], endpoint)
        for delivery, endpoint in taken
        if delivery.message_id in bodies
    ]


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One attempt and the decision after it."""

    owner: ProcessId
    attempt: Attempt
    state: DeliveryState
    step: int
    due_at: Millis | None
    """When the next attempt is due; only while ``state`` is pending."""
    content: PackedContent | None = None
    """What the attempt sent and got back, compressed; ``None``: the writer does it."""


class BatchConflict(Exception):
    """Some attempts of a batch are already recorded, or the owner no longer holds their deliveries, and the row count
    does not say which. The store then writes each attempt alone."""


def record(tx: Connection, ended: Sequence[AttemptRecord], *, tells: bool = True) -> list[bool]:
    """Store attempts with their decisions. For ``Store.batch``; recording one twice changes nothing.

    An attempt is always stored and counted. Its delivery changes state only while the owner still holds the lease, so
    that a resend or a removal in between is not undone; the result says, for each attempt, whether it did.
    The number of an attempt is final only here: if another owner recorded an attempt of the same delivery since this
    one began, it gets the next number. Raises ``BatchConflict`` when that, or a lost lease, affects one of several.
    With ``tells=False`` no operational event is created.
    """
    settled = settle(tx, ended)
    if settled < len(ended):
        if len(ended) > 1:
            raise BatchConflict
        return [_record_late(tx, ended[0], tells=tells)]
    attempt_rows.add(tx, [e.attempt for e in ended], [e.content for e in ended])
    if tells:
        _tell(tx, ended)
    return [True] * len(ended)


def renew(tx: Connection, owner: ProcessId, ids: Sequence[DeliveryId], until: Millis) -> None:
    """Extend the leases that the owner still holds, while its attempts take longer than expected."""
    tx.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(list(ids)), deliveries.c.lease_owner == owner, _WAITS)
        .values(lease_until=until)
    )


def held_by(tx: Connection, owner: ProcessId, ids: Collection[DeliveryId]) -> set[DeliveryId]:
    """Those of some thousand deliveries that this owner still holds: nobody stopped them, and no process took them."""
    query = select(deliveries.c.id).where(deliveries.c.id.in_(list(ids)), deliveries.c.lease_owner == owner, _WAITS)
    return set(tx.execute(query).scalars())


def release(tx: Connection, owner: ProcessId, ids: Sequence[DeliveryId], due_at: Millis | None = None) -> None:
    """Give up leases without an attempt: a failure before the send is ours and must not use up an attempt."""
    values: dict[str, Any] = {"lease_owner": None, "lease_until": None}
    if due_at is not None:
        values["due_at"] = due_at
    tx.execute(
        update(deliveries).where(deliveries.c.id.in_(list(ids)), deliveries.c.lease_owner == owner).values(**values)
    )


def keep_to_the_clock(tx: Connection, now: Millis) -> int:
    """Correct due times written while the clock was ahead, which would be too late now. Returns how many.

    Each delivery keeps its intended wait: the time between its last change and its due time.
    """
    moved = tx.execute(
        update(deliveries)
        .where(_WAITS, deliveries.c.due_at > now, deliveries.c.updated_at > now + CLOCK_SLACK)
        .values(due_at=deliveries.c.due_at - (deliveries.c.updated_at - now), updated_at=now)
    )
    return moved.rowcount


def resend(tx: Connection, delivery_id: DeliveryId, now: Millis, version_id: VersionId | None = None) -> bool:
    """Make the delivery due now, at the start of its schedule. False if it or its endpoint is gone or it is leased.

    With ``version_id`` this and all retries run that version of the code, otherwise the one that is active then.
    """
    changed = tx.execute(
        update(deliveries)
        .where(
            deliveries.c.id == delivery_id,
            deliveries.c.lease_owner.is_(None),
            deliveries.c.endpoint_id.in_(select(endpoints.c.id).where(endpoints.c.deleted_at.is_(None))),
        )
        .values(
            state=DeliveryState.PENDING.value,
            trigger=Trigger.RESEND.value,
            step=0,
            due_at=now,
            updated_at=now,
            faults=0,
            fault=None,
            stopped_because=None,
            captured=False,
            version_id=version_id,
        )
    )
    return changed.rowcount == 1


def stop_all_of_endpoint(
    tx: Connection, endpoint_id: EndpointId, now: Millis, because: StoppedBecause = StoppedBecause.DISABLED
) -> int:
    """Stop the pending deliveries of an endpoint that was disabled or removed. Returns how many.

    Deliveries that a replay made due, and that are not tried yet, return to their earlier state, so that a person can
    recover them later; they are not counted.
    """
    leave_to_thread(tx)  # hundreds of thousands may wait
    replays.stop_all_of_endpoint(tx, endpoint_id, now)
    stopped = tx.execute(
        update(deliveries)
        .where(deliveries.c.endpoint_id == endpoint_id, deliveries.c.state == DeliveryState.PENDING.value)
        .values(**stopped_values(because, now), former_due_at=deliveries.c.due_at)
    )
    return stopped.rowcount


def resume_all_of_restored(tx: Connection, endpoint_id: EndpointId, now: Millis) -> int:
    """Make the deliveries pending again that the endpoint's deletion stopped. Returns how many.

    Each is due at its former time, so that the oldest goes out first. Those whose messages are deleted are gone too.
    """
    leave_to_thread(tx)  # hundreds of thousands may have waited
    resumed = tx.execute(
        update(deliveries)
        .where(
            text(f"deliveries.{RARE}"),  # this and a literal, for the partial index
            deliveries.c.state == literal_column("'stopped'"),
            deliveries.c.endpoint_id == endpoint_id,
            deliveries.c.stopped_because == StoppedBecause.DELETED.value,
        )
        .values(
            state=DeliveryState.PENDING.value,
            stopped_because=None,
            due_at=func.coalesce(deliveries.c.former_due_at, now),
            former_due_at=None,
            updated_at=now,
        )
    )
    return resumed.rowcount


def stopped_values(because: StoppedBecause, now: Millis) -> dict[str, Any]:
    """The column values of a stopped delivery."""
    return {
        "state": DeliveryState.STOPPED.value,
        "stopped_because": because.value,
        "due_at": None,
        "lease_owner": None,
        "lease_until": None,
        "updated_at": now,
    }


def _take(chosen: Any) -> Any:
    """The statement that leases the chosen deliveries."""
    return (
        update(deliveries)
        .where(deliveries.c.id.in_(chosen))
        .values(lease_owner=bindparam("owner"), lease_until=bindparam("until"))
        .returning(deliveries)
    )


_CLAIM = _take(
    select(deliveries.c.id)
    .where(deliveries.c.endpoint_id == bindparam("of"), _DUE)
    .order_by(deliveries.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .scalar_subquery()
)
_CLAIM_FIRST = _take(
    select(deliveries.c.id)
    .where(
        deliveries.c.id
        == select(func.min(_first.c.id))
        .where(_first.c.endpoint_id == bindparam("of"), _first.c.state == literal_column("'pending'"))
        .scalar_subquery(),
        _DUE,
    )
    .with_for_update(skip_locked=True)
    .scalar_subquery()
)


def get(tx: Connection, delivery_id: DeliveryId) -> Delivery | None:
    row = tx.execute(select(deliveries).where(deliveries.c.id == delivery_id)).mappings().first()
    return delivery_rows.read(row) if row else None


def waiting(tx: Connection, endpoint_id: EndpointId, most: int = MAX_COUNTED) -> int:
    """The number of an endpoint's pending deliveries, counted up to ``most`` + 1."""
    some = select(literal_column("1", Integer)).where(deliveries.c.endpoint_id == endpoint_id, _WAITS).limit(most + 1)
    return tx.execute(select(func.count()).select_from(some.subquery())).scalar_one()


def _record_late(tx: Connection, ended: AttemptRecord, *, tells: bool) -> bool:
    """Store an attempt whose delivery was claimed, stopped or attempted by another owner since it began.

    It gets the next number. Its decision applies only while the owner holds the lease. An accepted attempt ends the
    delivery regardless of who made it, unless another owner holds it or a person has made it due again. Returns whether
    the decision was applied.
    """
    if tx.execute(select(attempts.c.id).where(attempts.c.id == ended.attempt.id)).first():
        return False
    known = tx.execute(select(deliveries).where(deliveries.c.id == ended.attempt.delivery_id).with_for_update())
    row = known.mappings().first()
    if row is None:
        return False
    query = select(attempts.c.number, attempts.c.outcome).where(attempts.c.delivery_id == row["id"])
    made = [(number, AttemptOutcome(outcome)) for number, outcome in tx.execute(query)]
    number = max([ended.attempt.number, row["attempts"] + 1, *(number + 1 for number, _ in made)])
    accepted = ended.attempt.outcome in ACCEPTED
    meanwhile = [outcome for before, outcome in made if before >= ended.attempt.number and outcome in ACCEPTED]

    values: dict[str, Any] = {"attempts": number}
    ours = bool(row["lease_owner"] == ended.owner and row["state"] == DeliveryState.PENDING.value)
    if ours:
        decided = replace(ended, attempt=replace(ended.attempt, number=number))
        if meanwhile and not accepted:
            attempt = replace(decided.attempt, next_at=None, because=None)
            decided = replace(decided, attempt=attempt, state=DeliveryState.SUCCEEDED, due_at=None)
        trigger = Trigger.RETRY if decided.state is DeliveryState.PENDING else ended.attempt.trigger
        values |= {"state": decided.state.value, "trigger": trigger.value, "step": ended.step, "due_at": decided.due_at}
        values |= {"lease_owner": None, "lease_until": None, "faults": 0, "fault": None}
        values["captured"] = AttemptOutcome.CAPTURED in (ended.attempt.outcome, *meanwhile)
        values["updated_at"] = ended.attempt.started_at + round(ended.attempt.duration_ms)
    else:
        decided = replace(ended, attempt=replace(ended.attempt, number=number, next_at=None, because=None))
        if accepted and _may_end(row):
            values |= {"state": DeliveryState.SUCCEEDED.value, "due_at": None, "stopped_because": None, "fault": None}
            values["captured"] = ended.attempt.outcome is AttemptOutcome.CAPTURED
    attempt_rows.add(tx, [decided.attempt], [decided.content])
    tx.execute(update(deliveries).where(deliveries.c.id == row["id"]).values(values))
    if ours and tells:
        _tell(tx, [decided])
    return ours


def _may_end(row: RowMapping) -> bool:
    """Whether an accepted attempt of a former lease owner ends the delivery."""
    if row["lease_owner"] is not None:
        return False
    match row["state"]:
        case DeliveryState.PENDING.value:
            brought_forward = row["former_state"] == DeliveryState.PENDING.value  # a retry, made due earlier by a run
            return bool(row["trigger"] in (Trigger.RETRY.value, *([Trigger.REPLAY.value] if brought_forward else [])))
        case state:
            # Also of one that was stopped meanwhile, for whatever reason: it must not be offered for a replay.
            unsuccessful = (DeliveryState.STOPPED, DeliveryState.FAILED, DeliveryState.TRANSFORM_FAILED)
            return DeliveryState(state) in unsuccessful


def _tell(tx: Connection, settled: Sequence[AttemptRecord]) -> None:
    """Create the operational events that the attempts call for; usually none."""
    happened = [told for e in settled if (told := of_attempt(e.attempt, e.state))]
    if happened:
        operational_events.add_all(tx, happened)
