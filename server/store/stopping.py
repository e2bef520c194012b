"""Stops or reschedules pending deliveries after an endpoint changed, and stops one by hand. Nothing here commits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, and_, case, func, select, update

from server.domain.conditions import Filter
from server.domain.endpoints import Endpoint
from server.domain.ids import DeliveryId, EndpointId, MessageId, Millis
from server.domain.messages import DeliveryState, RetryReason, StoppedBecause, Trigger
from server.domain.payloads import Payload
from server.domain.retries import MIN_WAIT_AFTER_429_MS
from server.store.changes import endpoint_changed
from server.store.compression import Damaged, readable
from server.store.deliveries import stopped_values
from server.store.schema import attempts, deliveries, messages

BODIES = 50
"""Bodies loaded at a time."""
IDS = 500
"""Ids in one statement."""

Item = TypeVar("Item")

_LEFT_ALONE = (Trigger.EXAMPLE.value,)
"""A person sent these to this endpoint regardless of its event types and filter."""


@dataclass(frozen=True, slots=True)
class ScheduleChange:
    """How many pending deliveries a change of their endpoint affected."""

    stopped: int = 0
    """Stopped because they no longer match its event types or filter."""
    rescheduled: int = 0
    """Their next attempt moved to another time."""
    ended: int = 0
    """Failed because they had already made as many attempts as the new schedule has."""


def survey(tx: Connection, endpoint: Endpoint, after: str) -> tuple[dict[MessageId, bool], str]:
    """Whether pending deliveries match the endpoint's filter, by message id, and the id of the last one looked at.

    Looks at the next few after the id ``after``; the returned id is empty when none are left. Run it on a reader before
    ``follow_change``: loading many bodies in the writer would delay all other writes.
    """
    query = (
        select(deliveries.c.id, messages.c.id, messages.c.body)
        .join(messages, messages.c.id == deliveries.c.message_id)
        .where(_waits(endpoint.id), deliveries.c.id > after)
        .order_by(deliveries.c.id)
        .limit(BODIES)
    )
    rows = tx.execute(query).all()
    asked = Filter(endpoint.conditions)
    return {MessageId(of): _fits(asked, body) for _, of, body in rows}, rows[-1][0] if rows else ""


def follow_change(
    tx: Connection, before: Endpoint, after: Endpoint, known: Mapping[MessageId, bool], now: Millis
) -> ScheduleChange:
    """Stop pending deliveries that no longer match the endpoint, and move the others to its new schedule.

    Run it in the transaction that changes the endpoint. ``known``: the results of ``survey`` for the new filter. A
    lease does not protect a delivery: an attempt under way is recorded when it ends, but no other follows.
    """
    stopped = 0
    if (before.event_types, before.conditions) != (after.event_types, after.conditions):
        stopped = _stop(tx, _unmatched(tx, after, known), StoppedBecause.UNMATCHED, now)
    if before.controls.schedule == after.controls.schedule:
        return ScheduleChange(stopped)
    ended = _end_beyond(tx, after, now)
    return ScheduleChange(stopped, _reschedule(tx, before, after, now), ended)


def stop_one(tx: Connection, delivery_id: DeliveryId, endpoint_id: EndpointId, now: Millis) -> bool:
    """Stop a pending delivery; an attempt under way is its last. False when it had already ended."""
    endpoint_changed(tx, endpoint_id, listening=False)  # makes a process that holds it in a queue drop it
    return _stop(tx, [delivery_id], StoppedBecause.PERSON, now) == 1


def _waits(endpoint_id: EndpointId) -> ColumnElement[bool]:
    return and_(
        deliveries.c.endpoint_id == endpoint_id,
        deliveries.c.state == DeliveryState.PENDING.value,
        deliveries.c.trigger.not_in(_LEFT_ALONE),
    )


def _unmatched(tx: Connection, endpoint: Endpoint, known: Mapping[MessageId, bool]) -> list[DeliveryId]:
    query = (
        select(deliveries.c.id, messages.c.id, messages.c.event_type)
        .join(messages, messages.c.id == deliveries.c.message_id)
        .where(_waits(endpoint.id))
    )
    found: list[DeliveryId] = []
    unknown: list[tuple[DeliveryId, MessageId]] = []
    for delivery_id, message_id, event_type in tx.execute(query):
        if endpoint.event_types is not None and event_type not in endpoint.event_types:
            found.append(delivery_id)
        elif not endpoint.conditions:
            continue
        elif message_id not in known:
            unknown.append((delivery_id, message_id))
        elif not known[message_id]:
            found.append(delivery_id)
    asked = Filter(endpoint.conditions)
    for part in _parts(unknown, BODIES):
        ids = [message_id for _, message_id in part]
        bodies = dict(tx.execute(select(messages.c.id, messages.c.body).where(messages.c.id.in_(ids))).tuples())
        found += [one for one, of in part if not _fits(asked, bodies[of])]
    return found


def _fits(asked: Filter, body: object) -> bool:
    """Whether a body as it was read matches. One that cannot be read does: its delivery goes on, and is then parked."""
    return isinstance(body, Damaged) or asked.fits(Payload(readable(body)))


def _stop(tx: Connection, ids: Sequence[DeliveryId], because: StoppedBecause, now: Millis) -> int:
    stopped = 0
    for part in _parts(ids, IDS):
        chosen = and_(deliveries.c.id.in_(part), deliveries.c.state == DeliveryState.PENDING.value)
        # A delivery that a replay made due, and that is not tried yet, returns to its state before the replay.
        # One whose retry a run only brought forward was pending before, and is stopped like any other.
        replayed = and_(
            chosen,
            deliveries.c.trigger == Trigger.REPLAY.value,
            deliveries.c.former_state != DeliveryState.PENDING.value,
        )
        values = stopped_values(because, now)
        given_back = values | {"state": deliveries.c.former_state, "stopped_because": None, "former_state": None}
        given_back |= {"version_id": None}
        stopped += tx.execute(update(deliveries).where(replayed).values(**given_back)).rowcount
        stopped += tx.execute(update(deliveries).where(chosen).values(**values)).rowcount
        tx.execute(
            update(attempts)
            .where(attempts.c.delivery_id.in_(part), attempts.c.next_at > now, _is_last())
            .values(next_at=None, because=RetryReason.STOPPED.value)
        )
    return stopped


def _is_last() -> ColumnElement[bool]:
    """Condition on attempts: it is the latest of its delivery."""
    made = select(deliveries.c.attempts).where(deliveries.c.id == attempts.c.delivery_id)
    return attempts.c.number == made.correlate(attempts).scalar_subquery()


def _retries(endpoint_id: EndpointId) -> ColumnElement[bool]:
    """Deliveries that wait for a retry. When an attempt under way ends, the new schedule applies anyway."""
    return and_(
        deliveries.c.endpoint_id == endpoint_id,
        deliveries.c.state == DeliveryState.PENDING.value,
        deliveries.c.trigger == Trigger.RETRY.value,
        deliveries.c.lease_owner.is_(None),
    )


def _end_beyond(tx: Connection, endpoint: Endpoint, now: Millis) -> int:
    """Fail the deliveries that have made as many attempts as the new schedule has. Returns how many."""
    beyond = and_(_retries(endpoint.id), deliveries.c.step >= len(endpoint.controls.schedule))
    chosen = select(deliveries.c.id).where(beyond)
    tx.execute(
        update(attempts)
        .where(attempts.c.delivery_id.in_(chosen), attempts.c.next_at.is_not(None), _is_last())
        .values(next_at=None, because=RetryReason.SHORTENED.value)
    )
    ended = tx.execute(
        update(deliveries).where(beyond).values(state=DeliveryState.FAILED.value, due_at=None, updated_at=now)
    )
    return ended.rowcount


def _reschedule(tx: Connection, before: Endpoint, after: Endpoint, now: Millis) -> int:
    """Make waiting deliveries due by the new schedule, counted from their last attempt. Returns how many moved.

    None becomes due in the past, or before the time that the destination asked for. A wait keeps its share of jitter.
    """
    old, new = before.controls.schedule, after.controls.schedule
    moved = 0
    steps = tx.execute(select(deliveries.c.step).where(_retries(after.id)).distinct()).scalars().all()
    for step in steps:
        was, wait = old[min(step, len(old) - 1)], new[step]
        if step < len(old) and was == wait:
            continue
        base = deliveries.c.updated_at
        due = base + (deliveries.c.due_at - base) * wait // was if was else base + wait
        asked = _because_is(RetryReason.RETRY_AFTER, RetryReason.RETRY_AFTER_CUT)
        earliest = case(
            (asked, deliveries.c.due_at), (_because_is(RetryReason.REST), base + MIN_WAIT_AFTER_429_MS), else_=now
        )
        latest = case((due > earliest, due), else_=earliest)
        chosen = and_(_retries(after.id), deliveries.c.step == step)
        # Only those due in the future; the others are due already.
        chosen = and_(chosen, deliveries.c.due_at > now)
        values = {"due_at": case((latest > now, latest), else_=now)}
        moved += tx.execute(update(deliveries).where(chosen).values(**values)).rowcount
    first = and_(
        deliveries.c.endpoint_id == after.id,
        deliveries.c.state == DeliveryState.PENDING.value,
        deliveries.c.trigger == Trigger.EVENT.value,
        deliveries.c.lease_owner.is_(None),
        deliveries.c.due_at > now,
        deliveries.c.attempts == 0,
    )
    if old[0] != new[0]:
        due = deliveries.c.created_at + new[0]
        values = {"due_at": case((due > now, due), else_=now)}
        moved += tx.execute(update(deliveries).where(first).values(**values)).rowcount
    if moved:
        due_at = select(deliveries.c.due_at).where(deliveries.c.id == attempts.c.delivery_id).correlate(attempts)
        waiting = select(deliveries.c.id).where(_retries(after.id))
        tx.execute(
            update(attempts)
            .where(attempts.c.delivery_id.in_(waiting), attempts.c.next_at.is_not(None), _is_last())
            .values(next_at=due_at.scalar_subquery())
        )
    return moved


def _because_is(*because: RetryReason) -> ColumnElement[bool]:
    """Condition on deliveries: the time of the next attempt has one of these reasons."""
    return (
        select(func.count())
        .where(
            attempts.c.delivery_id == deliveries.c.id,
            attempts.c.number == deliveries.c.attempts,
            attempts.c.because.in_([each.value for each in because]),
        )
        .correlate(deliveries)
        .scalar_subquery()
        > 0
    )


def _parts(items: Sequence[Item], size: int) -> Iterable[Sequence[Item]]:
    return (items[at : at + size] for at in range(0, len(items), size))
