"""Deliveries and their rows: the only place that builds a delivery's row, and the only one that reads it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_

from server.domain.ids import DeliveryId, EndpointId, MessageId, Millis, ReplayId, VersionId, mint
from server.domain.messages import CAPTURED, FAULT, RETRYING, Delivery, DeliveryState, StoppedBecause, Trigger
from server.domain.reasons import load_cause
from server.store.schema import deliveries


def new(
    message_id: MessageId,
    endpoint_id: EndpointId,
    trigger: Trigger,
    *,
    now: Millis,
    due_at: Millis,
    replay_id: ReplayId | None = None,
    version_id: VersionId | None = None,
) -> dict[str, Any]:
    """The row of a delivery that waits for its first attempt, for ``rows.insert``. Missing columns stay NULL."""
    return {
        "id": mint(DeliveryId),
        "message_id": message_id,
        "endpoint_id": endpoint_id,
        "state": DeliveryState.PENDING.value,
        "trigger": trigger.value,
        "attempts": 0,
        "step": 0,
        "due_at": due_at,
        "replay_id": replay_id,
        "created_at": now,
        "updated_at": now,
        "faults": 0,
        "fault": None,
        "stopped_because": None,
        "captured": False,
        "version_id": version_id,
    }


def read(row: RowMapping | Mapping[str, Any]) -> Delivery:
    return Delivery(
        id=DeliveryId(row["id"]),
        message_id=MessageId(row["message_id"]),
        endpoint_id=EndpointId(row["endpoint_id"]),
        state=DeliveryState(row["state"]),
        trigger=Trigger(row["trigger"]),
        attempts=row["attempts"],
        step=row["step"],
        due_at=row["due_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        faults=row["faults"],
        fault=load_cause(row["fault"]) if row["fault"] else None,
        stopped_because=StoppedBecause(row["stopped_because"]) if row["stopped_because"] else None,
        captured=row["captured"],
        version_id=VersionId(row["version_id"]) if row["version_id"] else None,
    )


def shown_as(state: str) -> ColumnElement[bool]:
    """``Delivery.shown_state`` as an SQL condition."""
    of_state = deliveries.c.state
    match state:
        case _ if state == CAPTURED:
            return and_(of_state == DeliveryState.SUCCEEDED.value, deliveries.c.captured)
        case DeliveryState.SUCCEEDED.value:
            return and_(of_state == state, deliveries.c.captured.is_(False))
        case _ if state == FAULT:
            return and_(of_state == DeliveryState.TRANSFORM_FAILED.value, deliveries.c.fault.is_not(None))
        case DeliveryState.TRANSFORM_FAILED.value:
            return and_(of_state == state, deliveries.c.fault.is_(None))
        case _ if state == RETRYING:
            return and_(of_state == DeliveryState.PENDING.value, deliveries.c.trigger == Trigger.RETRY.value)
        case DeliveryState.PENDING.value:
            return and_(of_state == state, deliveries.c.trigger != Trigger.RETRY.value)
        case _:
            return of_state == state
