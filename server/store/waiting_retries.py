"""What waits for a retry at an endpoint: how many deliveries, since when, and until when."""

from sqlalchemy import Connection, and_, func, literal_column, select

from server.domain.ids import EndpointId, Millis
from server.domain.messages import Trigger
from server.domain.retries import WaitingRetries
from server.store.schema import deliveries, endpoints

MAX_COUNTED = 1_000
"""``find`` counts no further, since it is read with every page of an endpoint."""

OLDEST_LOOKED_AT = 200
"""If more wait than are counted, the one that waits longest is searched among this many of the oldest."""


# The state is a literal: with a parameter, a database cannot tell that the partial index of pending rows applies.
_WAITS = deliveries.c.state == literal_column("'pending'")


def find(tx: Connection, endpoint_id: EndpointId, now: Millis, most: int = MAX_COUNTED) -> WaitingRetries | None:
    """What waits for a retry that is due after ``now``; ``None`` if nothing does. Reads at most ``most`` deliveries."""
    of_endpoint = and_(deliveries.c.endpoint_id == endpoint_id, _WAITS)
    later = and_(of_endpoint, deliveries.c.due_at > now)
    is_retry = deliveries.c.trigger == Trigger.RETRY.value
    soonest = (
        select(deliveries.c.trigger, deliveries.c.created_at, deliveries.c.due_at)
        .where(later)
        .order_by(deliveries.c.due_at)
        .limit(most + 1)
        .subquery()
    )
    due_at, created_at = soonest.c.due_at, soonest.c.created_at
    counts = select(func.count(), func.min(created_at), func.min(due_at), func.max(due_at))
    count, since, next_at, last_at = tx.execute(counts.where(soonest.c.trigger == Trigger.RETRY.value)).one()
    if not count:
        return None
    if more := count > most:
        oldest = (
            select(deliveries.c.trigger, deliveries.c.created_at, deliveries.c.due_at)
            .where(of_endpoint)
            .order_by(deliveries.c.id)
            .limit(OLDEST_LOOKED_AT)
            .subquery()
        )
        waits_longest = select(func.min(oldest.c.created_at)).where(
            oldest.c.trigger == Trigger.RETRY.value, oldest.c.due_at > now
        )
        since = min(since, tx.execute(waits_longest).scalar() or since)
        last = select(deliveries.c.due_at).where(later, is_retry).order_by(deliveries.c.due_at.desc()).limit(1)
        last_at = tx.execute(last).scalar() or last_at
    paused = tx.execute(select(endpoints.c.paused).where(endpoints.c.id == endpoint_id)).scalar()
    return WaitingRetries(min(count, most), more, since, next_at, last_at, bool(paused))
