"""What the rows of the log show of deliveries: the first few of each message, and how many there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, func, not_, select

from server.domain.ids import DeliveryId, MessageId
from server.domain.messages import AttemptOutcome, Delivery
from server.store import delivery_rows
from server.store.delivery_rows import shown_as
from server.store.log_search import LogSearch
from server.store.schema import attempts, deliveries

MAX_SHOWN = 8
"""The most deliveries of a message that a row shows. With 200 endpoints there may be 200."""


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """The deliveries of a message: the matching and the most urgent ones first; and how many there are in all."""

    shown: Sequence[Delivery] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class LastAttempt:
    """How the last attempt of a delivery ended."""

    outcome: AttemptOutcome
    status: int | None
    duration_ms: float


def of_messages(tx: Connection, ids: Sequence[MessageId], search: LogSearch) -> dict[MessageId, OnTheWay]:
    """The deliveries of each message that has any. Reads only a few of a message with many."""
    number = func.count()
    of = deliveries.c.message_id
    counts: dict[MessageId, int] = {
        MessageId(id): count for id, count in tx.execute(select(of, number).where(of.in_(list(ids))).group_by(of))
    }
    few = [id for id, count in counts.items() if count <= MAX_SHOWN]
    grouped: dict[MessageId, list[Delivery]] = {id: [] for id in few}
    for delivery in _read(tx, of.in_(few), len(few) * MAX_SHOWN) if few else ():
        grouped[delivery.message_id].append(delivery)
    fits = _fits(search)
    for id in counts.keys() - grouped.keys():
        first = _read(tx, and_(of == id, fits), MAX_SHOWN) if fits is not None else []
        others = of == id if fits is None else and_(of == id, not_(fits))
        room = MAX_SHOWN - len(first)
        grouped[id] = first + (_read(tx, others, room) if room else [])
    return {id: OnTheWay(_matching_first(grouped[id], search), count) for id, count in counts.items()}


def last_attempts(tx: Connection, ids: Sequence[DeliveryId]) -> Mapping[DeliveryId, LastAttempt]:
    """The last attempt of each delivery that has one."""
    last = and_(attempts.c.delivery_id == deliveries.c.id, attempts.c.number == deliveries.c.attempts)
    query = (
        select(deliveries.c.id, attempts.c.outcome, attempts.c.response_status, attempts.c.duration_us)
        .join_from(deliveries, attempts, last)
        .where(deliveries.c.id.in_(list(ids)))
    )
    return {
        DeliveryId(id): LastAttempt(AttemptOutcome(outcome), status, duration_us / 1000)
        for id, outcome, status, duration_us in tx.execute(query)
    }


def _read(tx: Connection, wanted: Any, limit: int) -> list[Delivery]:
    query = select(deliveries).where(wanted).order_by(deliveries.c.message_id, deliveries.c.id).limit(limit)
    return [delivery_rows.read(row) for row in tx.execute(query).mappings()]


def _fits(search: LogSearch) -> Any:
    """The condition on deliveries that the reader looks for; ``None`` when they look for none in particular."""
    wanted = [deliveries.c.endpoint_id == search.endpoint_id] if search.endpoint_id else []
    wanted += [shown_as(search.state)] if search.state else []
    return and_(*wanted) if wanted else None


def _matching_first(found: list[Delivery], search: LogSearch) -> Sequence[Delivery]:
    def rank(delivery: Delivery) -> tuple[bool, int]:
        other = search.endpoint_id not in ("", delivery.endpoint_id)
        other |= search.state not in ("", delivery.shown_state)
        return other, delivery.urgency

    return sorted(found, key=rank)  # stable: among equals the oldest come first
