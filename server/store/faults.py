"""Faults of Hookbench, counted on the delivery that they delay; after a few, it is parked with an attempt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from server.domain.faults import KIND, MAX_TRIES, Fault, pause
from server.domain.ids import AttemptId, DeliveryId, EndpointId, MessageId, Millis, ProcessId, SourceId
from server.domain.messages import Attempt, AttemptError, AttemptOutcome, DeliveryState, Trigger
from server.domain.operational_events import waiting_for_us
from server.domain.reasons import dump_cause
from server.store import operational_events
from server.store.deliveries import AttemptRecord, record
from server.store.schema import deliveries, messages

NOBODY = ProcessId("nobody")
"""The lease owner recorded while a delivery without a lease is parked."""


@dataclass(frozen=True, slots=True)
class FailedDelivery:
    """A delivery whose attempt failed because of a fault of Hookbench."""

    delivery_id: DeliveryId
    owner: ProcessId | None
    """The owner that must hold its lease; ``None``: nobody may hold one."""
    attempt_id: AttemptId
    """The id of the attempt that is stored if the delivery is parked. Fixed in advance, so that recording it twice
    stores it once."""
    fault: Fault
    started_at: Millis
    at: Millis
    """When it failed."""
    parks: bool = False
    """Park it at once, because another try would not help."""


@dataclass(frozen=True, slots=True)
class FaultRecord:
    """What was decided about a failed delivery."""

    attempt: Attempt | None
    """The attempt with which it was parked; ``None`` while it is tried again."""
    due_at: Millis | None
    source_id: SourceId
    message_id: MessageId
    endpoint_id: EndpointId


def keep(tx: Connection, failed: Sequence[FailedDelivery]) -> list[FaultRecord | None]:
    """Count each fault on its delivery, and park deliveries with too many. For ``Store.batch``.

    Returns one record for each, in order; ``None`` for a delivery that the owner no longer holds. Reads plain columns
    only, so that a delivery with an unreadable part can be parked too.
    """
    return [_keep_one(tx, one) for one in failed]


def due_of(tx: Connection, endpoint_id: EndpointId, now: Millis, most: int) -> list[DeliveryId]:
    """Up to ``most`` due deliveries without a lease, of an endpoint whose settings cannot be read."""
    query = (
        select(deliveries.c.id)
        .where(
            deliveries.c.endpoint_id == endpoint_id,
            deliveries.c.state == DeliveryState.PENDING.value,
            deliveries.c.due_at <= now,
            deliveries.c.lease_owner.is_(None) | (deliveries.c.lease_until <= now),
        )
        .order_by(deliveries.c.due_at)
        .limit(most)
    )
    return [DeliveryId(each) for each in tx.execute(query).scalars()]


def _keep_one(tx: Connection, failed: FailedDelivery) -> FaultRecord | None:
    row = _locked(tx, failed)
    if row is None:
        return None
    count, fault = row["faults"] + 1, failed.fault
    message_id, endpoint_id = MessageId(row["message_id"]), EndpointId(row["endpoint_id"])
    kept = FaultRecord(None, failed.at + pause(count), SourceId(row["source_id"]), message_id, endpoint_id)
    values: dict[str, Any] = {"faults": count, "fault": dump_cause(fault.reason)}
    if fault.outage or (count < MAX_TRIES and not failed.parks):
        values |= {"due_at": kept.due_at, "lease_owner": None, "lease_until": None}
        if fault.outage:
            operational_events.add(
                tx, waiting_for_us(kept.source_id, endpoint_id, message_id, row["event_type"], fault, failed.at)
            )
    else:
        attempt = _attempt(row, failed)
        if failed.owner:
            parked = AttemptRecord(failed.owner, attempt, DeliveryState.TRANSFORM_FAILED, row["step"], None)
        else:
            tx.execute(update(deliveries).where(deliveries.c.id == failed.delivery_id).values(lease_owner=NOBODY))
            parked = AttemptRecord(NOBODY, attempt, DeliveryState.TRANSFORM_FAILED, row["step"], None)
        record(tx, [parked])
        kept = replace(kept, attempt=attempt, due_at=None)
    tx.execute(update(deliveries).where(deliveries.c.id == failed.delivery_id).values(values))
    return kept


def _locked(tx: Connection, failed: FailedDelivery) -> RowMapping | None:
    """The delivery with its source and event type, if the owner still holds it; ``None`` otherwise.

    The row is locked until the transaction ends.
    """
    mine = deliveries.c.lease_owner == failed.owner
    if not failed.owner:
        mine = deliveries.c.lease_owner.is_(None) | (deliveries.c.lease_until <= failed.at)
    query = (
        select(deliveries, messages.c.source_id, messages.c.event_type)
        .join(messages, messages.c.id == deliveries.c.message_id)
        .where(deliveries.c.id == failed.delivery_id, deliveries.c.state == DeliveryState.PENDING.value, mine)
        .with_for_update(of=deliveries)
    )
    return tx.execute(query).mappings().first()


def _attempt(row: RowMapping, failed: FailedDelivery) -> Attempt:
    try:
        trigger = Trigger(row["trigger"])
    except ValueError:
        trigger = Trigger.RETRY
    return Attempt(
        id=failed.attempt_id,
        delivery_id=failed.delivery_id,
        message_id=MessageId(row["message_id"]),
        endpoint_id=EndpointId(row["endpoint_id"]),
        source_id=SourceId(row["source_id"]),
        event_type=row["event_type"],
        number=row["attempts"] + 1,
        trigger=trigger,
        outcome=AttemptOutcome.FAULT,
        version_id=None,
        request=None,
        response=None,
        error=AttemptError(KIND, failed.fault.reason),
        console=(),
        transform_ms=None,
        duration_ms=float(max(0, failed.at - failed.started_at)),
        started_at=failed.started_at,
        next_at=None,
    )
