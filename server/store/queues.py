"""What waits for an endpoint: how much, which delivery is at its head, and ending one without sending it."""

from collections.abc import Iterable

from sqlalchemy import Connection, func, literal_column, select, update

from server.domain.ids import DeliveryId, EndpointId, Millis
from server.domain.messages import Delivery, StoppedBecause
from server.store import delivery_rows
from server.store.deliveries import stopped_values
from server.store.schema import deliveries

# Written into the statement, so that the index of what waits serves it: a value of a parameter would not do.
_WAITS = deliveries.c.state == literal_column("'pending'")


def waiting(tx: Connection, ids: Iterable[EndpointId]) -> dict[EndpointId, int]:
    """By endpoint, how many deliveries wait for an attempt; endpoints without any are left out."""
    query = select(deliveries.c.endpoint_id, func.count()).where(deliveries.c.endpoint_id.in_(list(ids)), _WAITS)
    return {EndpointId(of): count for of, count in tx.execute(query.group_by(deliveries.c.endpoint_id))}


def head(tx: Connection, endpoint_id: EndpointId) -> Delivery | None:
    """The oldest delivery that waits: the one that holds up the others where the order is kept."""
    query = select(deliveries).where(deliveries.c.endpoint_id == endpoint_id, _WAITS).order_by(deliveries.c.id)
    row = tx.execute(query.limit(1)).mappings().first()
    return delivery_rows.read(row) if row else None


def skip(tx: Connection, delivery_id: DeliveryId, now: Millis) -> bool:
    """End a delivery that waits, so that those behind it go on. False when it ended, or an attempt is under way."""
    skipped = tx.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery_id, _WAITS, deliveries.c.lease_owner.is_(None))
        .values(**stopped_values(StoppedBecause.PERSON, now))
    )
    return skipped.rowcount == 1
