"""Work that waits: claimed under a lease, recorded with its attempt. A lease that runs out is the crash recovery."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, func, or_, select, update

from server.domain.endpoints import Endpoint
from server.domain.ids import DeliveryId, EndpointId, Millis
from server.domain.messages import Attempt, Delivery, DeliveryState, Message, Trigger
from server.domain.notices import of_attempt
from server.store import attempts as attempt_rows
from server.store import endpoints as endpoint_rows
from server.store import messages as message_rows
from server.store import notices
from server.store.schema import attempts, deliveries, endpoints


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery whose next attempt is ours to make until the lease runs out, with all it needs."""

    delivery: Delivery
    message: Message
    endpoint: Endpoint


def claim(
    tx: Connection,
    *,
    owner: str,
    now: Millis,
    lease_until: Millis,
    limit: int,
    passing_over: Collection[EndpointId] = (),
) -> list[Claimed]:
    """Take up to ``limit`` due deliveries, the longest due first, leaving out the endpoints in ``passing_over``.

    The same statement serves both databases: SQLite has one writer at a time, PostgreSQL skips rows others hold.
    """
    due = select(deliveries.c.id).where(
        deliveries.c.state == DeliveryState.PENDING.value,
        deliveries.c.due_at <= now,
        or_(deliveries.c.lease_until.is_(None), deliveries.c.lease_until <= now),
    )
    if passing_over:
        due = due.where(deliveries.c.endpoint_id.not_in(list(passing_over)))
    due = due.order_by(deliveries.c.due_at).limit(limit).with_for_update(skip_locked=True)
    taken = (
        tx.execute(
            update(deliveries)
            .where(deliveries.c.id.in_(due.scalar_subquery()))
            .values(lease_owner=owner, lease_until=lease_until)
            .returning(deliveries)
        )
        .mappings()
        .all()
    )
    if not taken:
        return []
    found = sorted((message_rows.delivery_from(row) for row in taken), key=lambda d: (d.due_at or 0, d.id))
    bodies = message_rows.by_ids(tx, {delivery.message_id for delivery in found})
    targets = endpoint_rows.by_ids(tx, {delivery.endpoint_id for delivery in found})
    return [Claimed(d, bodies[d.message_id], targets[d.endpoint_id]) for d in found if d.endpoint_id in targets]


def next_due(tx: Connection, *, passing_over: Collection[EndpointId] = ()) -> Millis | None:
    """When the next delivery that nobody holds is due. A lease that runs out is found by claiming, not here."""
    query = select(deliveries.c.due_at).where(
        deliveries.c.state == DeliveryState.PENDING.value, deliveries.c.lease_until.is_(None)
    )
    if passing_over:
        query = query.where(deliveries.c.endpoint_id.not_in(list(passing_over)))
    found: Millis | None = tx.execute(query.order_by(deliveries.c.due_at).limit(1)).scalar()
    return found


@dataclass(frozen=True, slots=True)
class Ended:
    """One attempt and what was decided after it."""

    owner: str
    attempt: Attempt
    state: DeliveryState
    step: int
    due_at: Millis | None
    """When the next attempt follows; only while ``state`` is pending."""


def record(tx: Connection, ended: Sequence[Ended]) -> list[bool]:
    """Keep attempts with their decisions. For ``Store.batch``; recording one twice changes nothing.

    An attempt is always kept. The delivery's own state changes only while the lease is still the owner's, so that a
    resend or a removal in between is not undone; the result says whether it did.
    """
    known = set(tx.execute(select(attempts.c.id).where(attempts.c.id.in_([e.attempt.id for e in ended]))).scalars())
    fresh = [e for e in ended if e.attempt.id not in known]
    if fresh:
        tx.execute(attempts.insert(), [attempt_rows.columns(e.attempt) for e in fresh])
    settled = [_settle(tx, e) for e in ended]
    _tell(tx, [e for e, ours in zip(ended, settled, strict=True) if ours and e.attempt.id not in known])
    return settled


def release(tx: Connection, owner: str, ids: Sequence[DeliveryId], due_at: Millis | None = None) -> None:
    """Give deliveries back untried: a failure before the send is ours and burns no attempt."""
    values: dict[str, Any] = {"lease_owner": None, "lease_until": None}
    if due_at is not None:
        values["due_at"] = due_at
    tx.execute(
        update(deliveries).where(deliveries.c.id.in_(list(ids)), deliveries.c.lease_owner == owner).values(**values)
    )


def release_all(tx: Connection) -> int:
    """Free every lease: for the start of a program that is alone on its database. Returns how many there were."""
    freed = tx.execute(
        update(deliveries).where(deliveries.c.lease_owner.is_not(None)).values(lease_owner=None, lease_until=None)
    )
    return freed.rowcount


def resend(tx: Connection, delivery_id: DeliveryId, now: Millis) -> bool:
    """Make the delivery due now with a fresh schedule. False when it or its endpoint is gone, or it is on its way."""
    changed = tx.execute(
        update(deliveries)
        .where(
            deliveries.c.id == delivery_id,
            deliveries.c.lease_owner.is_(None),
            deliveries.c.endpoint_id.in_(select(endpoints.c.id).where(endpoints.c.deleted_at.is_(None))),
        )
        .values(state=DeliveryState.PENDING.value, trigger=Trigger.RESEND.value, step=0, due_at=now, updated_at=now)
    )
    return changed.rowcount == 1


def stop_endpoint(tx: Connection, endpoint_id: EndpointId, now: Millis) -> int:
    """End what waits for an endpoint that was disabled or removed. Returns how many deliveries that were."""
    stopped = tx.execute(
        update(deliveries)
        .where(deliveries.c.endpoint_id == endpoint_id, deliveries.c.state == DeliveryState.PENDING.value)
        .values(state=DeliveryState.STOPPED.value, due_at=None, lease_owner=None, lease_until=None, updated_at=now)
    )
    return stopped.rowcount


def get(tx: Connection, delivery_id: str) -> Delivery | None:
    row = tx.execute(select(deliveries).where(deliveries.c.id == delivery_id)).mappings().first()
    return message_rows.delivery_from(row) if row else None


def waiting(tx: Connection, endpoint_id: str) -> int:
    """How many deliveries of an endpoint wait for an attempt."""
    query = select(func.count()).where(
        deliveries.c.endpoint_id == endpoint_id, deliveries.c.state == DeliveryState.PENDING.value
    )
    return tx.execute(query).scalar_one()


_SETTLE = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("of"), deliveries.c.lease_owner == bindparam("owner"))
    .values(
        state=bindparam("new_state"),
        trigger=bindparam("new_trigger"),
        step=bindparam("new_step"),
        attempts=bindparam("number"),
        due_at=bindparam("new_due_at"),
        updated_at=bindparam("now"),
        lease_owner=None,
        lease_until=None,
    )
)


def _settle(tx: Connection, ended: Ended) -> bool:
    attempt = ended.attempt
    pending = ended.state is DeliveryState.PENDING
    settled = tx.execute(
        _SETTLE,
        {
            "of": attempt.delivery_id,
            "owner": ended.owner,
            "new_state": ended.state.value,
            "new_trigger": (Trigger.RETRY if pending else attempt.trigger).value,
            "new_step": ended.step,
            "number": attempt.number,
            "new_due_at": ended.due_at,
            "now": attempt.started_at + round(attempt.duration_ms),
        },
    )
    return settled.rowcount == 1


def _tell(tx: Connection, settled: Sequence[Ended]) -> None:
    """Keep what a person should know of; nothing, as long as all goes well."""
    happened = [told for e in settled if (told := of_attempt(e.attempt, e.state))]
    if happened:
        notices.add_all(tx, happened)
