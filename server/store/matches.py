"""Which messages a replay is about, found in bounded steps on a reader: the same steps count them and send them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, literal_column, or_, select

from server.domain.conditions import Filter
from server.domain.endpoints import Endpoint
from server.domain.ids import DeliveryId, MessageId
from server.domain.messages import AttemptOutcome, DeliveryState, Origin, Trigger
from server.domain.payloads import Payload
from server.domain.replays import ReplayKind, Selection
from server.store.schema import attempts, deliveries, messages

SCANNED = 2_000
"""How many messages one step looks at."""

BODIES = 100
"""How many bodies one step loads, where an endpoint's conditions have to be looked at."""


@dataclass(frozen=True, slots=True)
class Match:
    """A message that the selection is about."""

    message_id: MessageId
    event_type: str
    delivery_id: DeliveryId | None
    """``None`` when the endpoint never had one."""
    state: DeliveryState | None
    delivered: bool
    """The destination accepted it before, so it will see the same ``webhook-id`` again."""


@dataclass(frozen=True, slots=True)
class Stretch:
    matches: Sequence[Match]
    """In the order of arrival."""
    cursor: str
    """Where to go on."""
    last: bool
    """There is nothing after it."""


def walk(tx: Connection, endpoint: Endpoint, selection: Selection, after: str, most: int) -> Stretch:
    """Up to ``most`` matches after the cursor ``after``. None found does not mean that none follow: see ``last``."""
    if selection.kind in (ReplayKind.FAILED, ReplayKind.PARKED):
        return _walk_deliveries(tx, endpoint, selection, after, most)
    return _walk_messages(tx, endpoint, selection, after, most)


def _walk_deliveries(tx: Connection, endpoint: Endpoint, selection: Selection, after: str, most: int) -> Stretch:
    """Those of one state, of which an index holds nothing else. What they are of is looked at afterwards, so that a
    choice of event types that fits hardly any does not make the step long."""
    [state] = selection.replayed
    query = (
        select(deliveries.c.message_id, messages.c.event_type, deliveries.c.id, deliveries.c.state, _DELIVERED)
        .join_from(deliveries, messages, messages.c.id == deliveries.c.message_id)
        .where(
            deliveries.c.endpoint_id == endpoint.id,
            _state(state),
            deliveries.c.message_id > after,
            deliveries.c.message_id < selection.end,
            deliveries.c.trigger != Trigger.EXAMPLE.value,
        )
        .order_by(deliveries.c.message_id)
        .limit(most)
    )
    found = [_match(row) for row in tx.execute(query)]
    wanted = selection.event_types
    matches = [match for match in found if wanted is None or match.event_type in wanted]
    last = len(found) < most
    return Stretch(matches, selection.end if last else found[-1].message_id, last)


def _walk_messages(tx: Connection, endpoint: Endpoint, selection: Selection, after: str, most: int) -> Stretch:
    """The next messages of the source, with the endpoint's delivery of each."""
    of_source = and_(messages.c.source_id == endpoint.source_id, messages.c.id > after, messages.c.id < selection.end)
    edge = select(messages.c.id).where(of_source).order_by(messages.c.id).offset(SCANNED - 1).limit(1)
    bound: str | None = tx.execute(edge).scalar()

    way = and_(deliveries.c.message_id == messages.c.id, deliveries.c.endpoint_id == endpoint.id)
    missing = selection.kind is ReplayKind.MISSING
    # What has a delivery fulfilled the endpoint's conditions when it came; what has none is held against today's.
    asked = Filter(endpoint.conditions) if missing and endpoint.conditions else None
    most = min(most, BODIES) if asked else most
    columns = [messages.c.id, messages.c.event_type, deliveries.c.id, deliveries.c.state, _DELIVERED]
    query = (
        select(*columns, *([messages.c.body] if asked else []))
        .join_from(messages, deliveries, way, isouter=missing)
        .where(of_source, messages.c.origin == Origin.RECEIVED.value, _wanted(endpoint, selection))
        .order_by(messages.c.id)
        .limit(most)
    )
    if bound is not None:
        query = query.where(messages.c.id <= bound)
    rows = tx.execute(query).all()
    matches = [_match(row[:5]) for row in rows if asked is None or asked.fits(Payload(bytes(row[5])))]
    if len(rows) == most:
        return Stretch(matches, rows[-1][0], False)
    return Stretch(matches, bound or selection.end, bound is None)


_DELIVERED = (
    # Only what was sent again after its schedule had ended can have succeeded before it failed.
    and_(
        or_(deliveries.c.state == DeliveryState.SUCCEEDED.value, deliveries.c.attempts > deliveries.c.step),
        exists()
        .where(attempts.c.delivery_id == deliveries.c.id, attempts.c.outcome == AttemptOutcome.SUCCEEDED.value)
        .correlate(deliveries),
    )
).label("delivered")


def _wanted(endpoint: Endpoint, selection: Selection) -> ColumnElement[bool]:
    if selection.kind is ReplayKind.MISSING:
        never_tried = and_(deliveries.c.state == DeliveryState.STOPPED.value, deliveries.c.attempts == 0)
        conditions: list[ColumnElement[bool]] = [or_(deliveries.c.id.is_(None), never_tried)]
        if endpoint.event_types is not None:
            conditions.append(messages.c.event_type.in_(sorted(endpoint.event_types)))
    else:
        conditions = [deliveries.c.state.in_(sorted(selection.replayed))]
    if selection.event_types is not None:
        conditions.append(messages.c.event_type.in_(sorted(selection.event_types)))
    return and_(*conditions)


def _state(state: DeliveryState) -> ColumnElement[bool]:
    """Written into the statement: only then does every database see that the index of this state will do."""
    return deliveries.c.state == literal_column(f"'{state.value}'")


def _match(row: Any) -> Match:
    message_id, event_type, delivery_id, state, delivered = row
    return Match(message_id, event_type, delivery_id, DeliveryState(state) if state else None, bool(delivered))


def parked(tx: Connection, endpoint_id: str, most: int = 1_000) -> int:
    """How many deliveries wait for a mended transformation, counted up to ``most`` + 1."""
    waiting = (
        select(deliveries.c.message_id)
        .where(
            deliveries.c.endpoint_id == endpoint_id,
            _state(DeliveryState.TRANSFORM_FAILED),
            deliveries.c.trigger != Trigger.EXAMPLE.value,
        )
        .limit(most + 1)
    )
    return tx.execute(select(func.count()).select_from(waiting.subquery())).scalar_one()
