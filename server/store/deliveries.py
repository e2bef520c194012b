"""Work that waits: claimed under a lease, recorded with its attempt. What the dead had leased: see ``owners``."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, RowMapping, Update, and_, bindparam, case, func, literal_column, or_, select, update

from server.domain.endpoints import Endpoint
from server.domain.ids import DeliveryId, EndpointId, MessageId, Millis, ProcessId
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
from server.store.rows import insert, parts
from server.store.schema import attempts, deliveries, endpoints

CLOCK_SLACK: Millis = 1_000
"""Clocks are set back by less than this every day, which moves nothing."""


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery whose next attempt is ours to make until the lease runs out, with all it needs."""

    delivery: Delivery
    message: Message
    endpoint: Endpoint


# The state is written into the statement: only then does every database see that an index of what waits will do.
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
"""The delivery that an endpoint in order is at: however long it takes, the later ones wait."""

_OPEN = and_(endpoints.c.disabled.is_(False), endpoints.c.paused.is_(False), endpoints.c.deleted_at.is_(None))


def due_endpoints(
    tx: Connection,
    now: Millis,
    *,
    excluding: Collection[EndpointId] = (),
    unreadable: dict[EndpointId, Exception] | None = None,
) -> list[Endpoint]:
    """The endpoints that have something due which nobody holds, without paused and disabled ones.

    One whose settings cannot be read is put into ``unreadable`` and holds up no other.
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
    """When the next delivery that nobody holds is due. A lease that runs out is found by claiming, not here."""
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
    """Take up to ``room`` due deliveries of each endpoint, the longest due first; of one in order only the first.

    Paused and disabled endpoints keep theirs. The same statements serve both databases: SQLite has one writer at a
    time, PostgreSQL skips rows that others hold. A delivery that cannot be read, or whose event cannot, is the owner's
    too but not in the result: it is put into ``unreadable`` and holds up no other.
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
            except Exception as error:  # whatever is in the row
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
    """One attempt and what was decided after it."""

    owner: ProcessId
    attempt: Attempt
    state: DeliveryState
    step: int
    due_at: Millis | None
    """When the next attempt follows; only while ``state`` is pending."""


class BatchConflict(Exception):
    """Of several attempts some were known already, or their deliveries are no longer the owner's, and a count does not
    say which. The store then writes each of them alone."""


def record(tx: Connection, ended: Sequence[AttemptRecord], *, tells: bool = True) -> list[bool]:
    """Keep attempts with their decisions. For ``Store.batch``; recording one twice changes nothing.

    An attempt is always kept and counted. The delivery's own state changes only while the lease is still the owner's,
    so that a resend or a removal in between is not undone; the result says whether it did.
    An attempt's number is settled here: where another owner's attempt of the same delivery was recorded since this one
    began, it gets the next one. Raises ``BatchConflict`` for several of which that or a lost lease is so for some.
    Without ``tells`` nothing becomes an operational event.
    """
    settled = _settle(tx, ended)
    if settled < len(ended):
        if len(ended) > 1:
            raise BatchConflict
        return [_record_late(tx, ended[0], tells=tells)]
    insert(tx, attempts, [attempt_rows.columns(e.attempt) for e in ended])
    if tells:
        _tell(tx, ended)
    return [True] * len(ended)


def renew(tx: Connection, owner: ProcessId, ids: Sequence[DeliveryId], until: Millis) -> None:
    """Extend the leases that are still the owner's, while its attempts take longer than was expected."""
    tx.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(list(ids)), deliveries.c.lease_owner == owner, _WAITS)
        .values(lease_until=until)
    )


def held_by(tx: Connection, owner: ProcessId, delivery_id: DeliveryId) -> bool:
    """Whether a delivery is still leased to this owner: nobody stopped it, and no other process took it over."""
    query = select(deliveries.c.lease_owner).where(deliveries.c.id == delivery_id, _WAITS)
    return tx.execute(query).scalar() == owner


def release(tx: Connection, owner: ProcessId, ids: Sequence[DeliveryId], due_at: Millis | None = None) -> None:
    """Give deliveries back untried: a failure before the send is ours and burns no attempt."""
    values: dict[str, Any] = {"lease_owner": None, "lease_until": None}
    if due_at is not None:
        values["due_at"] = due_at
    tx.execute(
        update(deliveries).where(deliveries.c.id.in_(list(ids)), deliveries.c.lease_owner == owner).values(**values)
    )


def keep_to_the_clock(tx: Connection, now: Millis) -> int:
    """Bring forward what a clock wrote that was ahead of this one, or it would wait until then. Returns how many.

    Each keeps the wait that was meant for it: from when it was last changed.
    """
    moved = tx.execute(
        update(deliveries)
        .where(_WAITS, deliveries.c.due_at > now, deliveries.c.updated_at > now + CLOCK_SLACK)
        .values(due_at=deliveries.c.due_at - (deliveries.c.updated_at - now), updated_at=now)
    )
    return moved.rowcount


def resend(tx: Connection, delivery_id: DeliveryId, now: Millis) -> bool:
    """Make the delivery due now with a fresh schedule. False when it or its endpoint is gone, or it is on its way."""
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
        )
    )
    return changed.rowcount == 1


def stop_endpoint(tx: Connection, endpoint_id: EndpointId, now: Millis) -> int:
    """End what waits for an endpoint that was disabled or removed. Returns how many deliveries that were.

    What a replay made due and nobody has tried is as it was before the replay, so that it can be recovered later.
    """
    replays.stop_endpoint(tx, endpoint_id, now)
    stopped = tx.execute(
        update(deliveries)
        .where(deliveries.c.endpoint_id == endpoint_id, deliveries.c.state == DeliveryState.PENDING.value)
        .values(**stopped_values(StoppedBecause.DISABLED, now))
    )
    return stopped.rowcount


def stopped_values(because: StoppedBecause, now: Millis) -> dict[str, Any]:
    """What a delivery's row holds once it was stopped."""
    return {
        "state": DeliveryState.STOPPED.value,
        "stopped_because": because.value,
        "due_at": None,
        "lease_owner": None,
        "lease_until": None,
        "updated_at": now,
    }


def _take(chosen: Any) -> Any:
    """The statement that puts chosen deliveries under a lease."""
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


def waiting(tx: Connection, endpoint_id: EndpointId) -> int:
    """How many deliveries of an endpoint wait for an attempt."""
    query = select(func.count()).where(deliveries.c.endpoint_id == endpoint_id, _WAITS)
    return tx.execute(query).scalar_one()


@lru_cache
def _settling(size: int) -> Update:
    """The statement for so many deliveries that ended alike: one that stays the same is made once."""
    return (
        update(deliveries)
        .where(
            deliveries.c.id.in_([bindparam(f"id_{number}") for number in range(size)]),
            deliveries.c.lease_owner == bindparam("owner"),
            # Another owner may have recorded an attempt since: its number must not be given twice.
            deliveries.c.attempts == bindparam("number") - literal_column("1"),
        )
        .values(
            state=bindparam("new_state"),
            trigger=bindparam("new_trigger"),
            step=bindparam("new_step"),
            attempts=bindparam("number"),
            due_at=bindparam("new_due_at"),
            updated_at=bindparam("at"),
            faults=0,
            fault=None,
            captured=bindparam("new_captured"),
            lease_owner=None,
            lease_until=None,
        )
    )


def _settle(tx: Connection, ended: Sequence[AttemptRecord]) -> int:
    """How many deliveries were still their owner's, and are now as decided. Those that ended alike go together."""
    alike: dict[tuple[Any, ...], list[Attempt]] = {}
    for e in ended:
        trigger = Trigger.RETRY if e.state is DeliveryState.PENDING else e.attempt.trigger
        captured = e.attempt.outcome is AttemptOutcome.CAPTURED
        decided = (e.owner, e.state.value, trigger.value, e.step, e.attempt.number, e.due_at, captured)
        alike.setdefault(decided, []).append(e.attempt)
    settled = 0
    for (owner, state, trigger, step, number, due_at, captured), all_made in alike.items():
        values = {"owner": owner, "new_state": state, "new_trigger": trigger, "new_step": step, "new_due_at": due_at}
        values["new_captured"] = captured
        for made in parts(all_made):
            at = max(attempt.started_at + round(attempt.duration_ms) for attempt in made)
            ids = {f"id_{index}": attempt.delivery_id for index, attempt in enumerate(made)}
            settled += tx.execute(_settling(len(made)), {**values, **ids, "number": number, "at": at}).rowcount
    return settled


def _record_late(tx: Connection, ended: AttemptRecord, *, tells: bool) -> bool:
    """Keep an attempt whose delivery was taken over, stopped or attempted by another owner since it began.

    It gets the next number. The delivery follows its decision only while the lease is the owner's. An attempt that was
    accepted ends the delivery, whoever made it, unless another owner or a person has it in hand.
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
    insert(tx, attempts, [attempt_rows.columns(decided.attempt)])
    tx.execute(update(deliveries).where(deliveries.c.id == row["id"]).values(values))
    if ours and tells:
        _tell(tx, [decided])
    return ours


def _may_end(row: RowMapping) -> bool:
    """Whether an accepted attempt of a former owner ends the delivery."""
    if row["lease_owner"] is not None:
        return False
    match row["state"]:
        case DeliveryState.PENDING.value:
            return bool(row["trigger"] == Trigger.RETRY.value)
        case DeliveryState.STOPPED.value:
            return bool(row["stopped_because"] in (StoppedBecause.PERSON.value, StoppedBecause.UNMATCHED.value))
        case state:
            ended: bool = state in (DeliveryState.FAILED.value, DeliveryState.TRANSFORM_FAILED.value)
            return ended


def _tell(tx: Connection, settled: Sequence[AttemptRecord]) -> None:
    """Keep what a person should know of; nothing, as long as all goes well."""
    happened = [told for e in settled if (told := of_attempt(e.attempt, e.state))]
    if happened:
        operational_events.add_all(tx, happened)
