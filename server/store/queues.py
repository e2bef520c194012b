"""The queue of an endpoint: its length, its first delivery, and how to skip one."""

from collections.abc import Iterable

from sqlalchemy import Connection, Integer, func, literal_column, select, update

from server.domain.ids import DeliveryId, EndpointId, Millis
from server.domain.messages import Delivery, StoppedBecause
from server.store import delivery_rows
from server.store.deliveries import stopped_values
from server.store.schema import deliveries, endpoints

# The state is a literal: with a parameter, a database cannot tell that the partial index of pending rows applies.
_WAITS = deliveries.c.state == literal_column("'pending'")


MAX_COUNTED_EACH = 1_000
"""Lists count no further at each of their endpoints; ``deliveries.MAX_COUNTED`` is for pages of one."""


def waiting(tx: Connection, ids: Iterable[EndpointId], most: int = MAX_COUNTED_EACH) -> dict[EndpointId, int]:
    """The number of pending deliveries by endpoint, each counted up to ``most`` + 1; those without any are left out."""
    if not (wanted := list(ids)):
        return {}
    some = (
        select(literal_column("1", Integer)).where(deliveries.c.endpoint_id == endpoints.c.id, _WAITS).limit(most + 1)
    )
    counted = select(func.count()).select_from(some.correlate(endpoints).subquery()).scalar_subquery()
    query = select(endpoints.c.id, counted).where(endpoints.c.id.in_(wanted))
    return {EndpointId(of): count for of, count in tx.execute(query).all() if count}


def head(tx: Connection, endpoint_id: EndpointId) -> Delivery | None:
    """The oldest pending delivery, for which the later ones of an ordered endpoint wait; ``None`` if there is none."""
    query = select(deliveries).where(deliveries.c.endpoint_id == endpoint_id, _WAITS).order_by(deliveries.c.id)
    row = tx.execute(query.limit(1)).mappings().first()
    return delivery_rows.read(row) if row else None


def skip(tx: Connection, delivery_id: DeliveryId, now: Millis) -> bool:
    """Stop a pending delivery, so that those behind it proceed. False if it has ended or an attempt is under way."""
    skipped = tx.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery_id, _WAITS, deliveries.c.lease_owner.is_(None))
        .values(**stopped_values(StoppedBecause.PERSON, now))
    )
    return skipped.rowcount == 1
