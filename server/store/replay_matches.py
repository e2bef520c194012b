"""The messages that a replay selects, found in bounded steps on a reader. Counting and sending share the conditions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, literal_column, or_, select

from server.domain.conditions import Filter
from server.domain.endpoints import Endpoint
from server.domain.ids import DeliveryId, EndpointId, MessageId, Millis
from server.domain.messages import AttemptOutcome, DeliveryState, Origin, StoppedBecause, Trigger
from server.domain.payloads import Payload
from server.domain.replays import ReplayKind, Selection
from server.store.compression import readable
from server.store.schema import attempts, deliveries, messages

SCANNED = 2_000
"""Messages that one step scans."""

BODIES = 100
"""Bodies that one step loads when it has to evaluate an endpoint's filter."""

BODIES_COUNTED = 20
"""The same for counting. Few, because parsing them holds the interpreter's lock and delays incoming events."""

BY_STATE = (ReplayKind.FAILED, ReplayKind.PARKED)


@dataclass(frozen=True, slots=True)
class Match:
    """A message that the selection matches."""

    message_id: MessageId
    event_type: str
    delivery_id: DeliveryId | None
    """``None`` if the message has no delivery to the endpoint."""
    state: DeliveryState | None
    delivered: bool
    """The destination has accepted it before, so it will see the same ``webhook-id`` again."""


@dataclass(frozen=True, slots=True)
class MatchPage:
    matches: Sequence[Match]
    """In order of arrival."""
    cursor: str
    """Where the next page starts."""
    last: bool
    """No page follows."""


@dataclass(frozen=True, slots=True)
class MatchCounts:
    """The number of matches that one step found, by event type, state, and whether the destination accepted them
    before."""

    by: Mapping[tuple[str, DeliveryState | None, bool], int]
    cursor: str
    last: bool


def walk(tx: Connection, endpoint: Endpoint, selection: Selection, after: str, most: int) -> MatchPage:
    """Up to ``most`` matches after the cursor ``after``. A page may be empty although more follow: see ``last``."""
    if selection.kind is ReplayKind.WAITING:
        return _walk_waiting(tx, endpoint, selection, after, most)
    if selection.kind in BY_STATE:
        return _walk_deliveries(tx, endpoint, selection, after, most)
    return _walk_messages(tx, endpoint, selection, after, most)


def count(tx: Connection, endpoint: Endpoint, selection: Selection, after: str) -> MatchCounts:
    """Count the next matches after the cursor ``after``, by the same conditions as ``walk``.

    The database counts, because it does not hold the interpreter's lock meanwhile; fetching row after row would delay
    incoming events. Only a filter on payloads, which the database cannot evaluate, makes this fetch bodies, and few.
    """
    if _filter(endpoint, selection):
        stretch = _walk_messages(tx, endpoint, selection, after, BODIES_COUNTED)
        by = Counter((match.event_type, match.state, match.delivered) for match in stretch.matches)
        return MatchCounts(by, stretch.cursor, stretch.last)
    if selection.kind is ReplayKind.WAITING:
        place, query = deliveries.c.id, _of_waiting(endpoint, selection, after)
        scanned = select(place).where(_pending(endpoint, selection, after))
    elif selection.kind in BY_STATE:
        place, query = deliveries.c.message_id, _of_deliveries(endpoint, selection, after)
        if selection.event_types is not None:
            query = query.where(messages.c.event_type.in_(sorted(selection.event_types)))
        scanned = select(place).where(_in_state(endpoint, selection, after))
    else:
        place, query = messages.c.id, _of_messages(endpoint, selection, after)
        scanned = select(place).where(_of_source(endpoint, selection, after))
    bound = _edge(tx, scanned, place)
    if bound is not None:
        query = query.where(place <= bound)
    found = query.subquery()
    kinds = (found.c.event_type, found.c.state, found.c.delivered)
    rows = tx.execute(select(*kinds, func.count()).group_by(*kinds))
    by = Counter({(kind, DeliveryState(state) if state else None, bool(again)): n for kind, state, again, n in rows})
    return MatchCounts(by, bound or selection.end, bound is None)


def _walk_deliveries(tx: Connection, endpoint: Endpoint, selection: Selection, after: str, most: int) -> MatchPage:
    """The next matches among deliveries in one state, which has its own index.

    Event types are compared after the query, so that a rare type does not make the query scan far.
    """
    query = _of_deliveries(endpoint, selection, after).order_by(deliveries.c.message_id).limit(most)
    found = [_match(row) for row in tx.execute(query)]
    wanted = selection.event_types
    matches = [match for match in found if wanted is None or match.event_type in wanted]
    last = len(found) < most
    return MatchPage(matches, selection.end if last else found[-1].message_id, last)


def _walk_waiting(tx: Connection, endpoint: Endpoint, selection: Selection, after: str, most: int) -> MatchPage:
    """The next matches among pending deliveries. Others of them may be due already, so a step has a bound."""
    bound = _edge(tx, select(deliveries.c.id).where(_pending(endpoint, selection, after)), deliveries.c.id)
    query = _of_waiting(endpoint, selection, after).order_by(deliveries.c.id).limit(most)
    if bound is not None:
        query = query.where(deliveries.c.id <= bound)
    matches = [_match(row) for row in tx.execute(query)]
    if len(matches) == most and matches[-1].delivery_id:
        return MatchPage(matches, matches[-1].delivery_id, False)
    return MatchPage(matches, bound or selection.end, bound is None)


def _walk_messages(tx: Connection, endpoint: Endpoint, selection: Selection, after: str, most: int) -> MatchPage:
    """The next matches among the source's messages, each with its delivery to the endpoint."""
    bound = _edge(tx, select(messages.c.id).where(_of_source(endpoint, selection, after)), messages.c.id)
    asked = _filter(endpoint, selection)
    most = min(most, BODIES) if asked else most
    query = _of_messages(endpoint, selection, after).order_by(messages.c.id).limit(most)
    if asked:
        query = query.add_columns(messages.c.body)
    if bound is not None:
        query = query.where(messages.c.id <= bound)
    rows = tx.execute(query).all()
    matches = [_match(row[:5]) for row in rows if asked is None or asked.fits(Payload(readable(row[5])))]
    if len(rows) == most:
        return MatchPage(matches, rows[-1][0], False)
    return MatchPage(matches, bound or selection.end, bound is None)


def _edge(tx: Connection, scanned: Select[Any], place: ColumnElement[str]) -> str | None:
    """The last id of a step that scans ``SCANNED`` rows; ``None`` if fewer are left."""
    edge: str | None = tx.execute(scanned.order_by(place).offset(SCANNED - 1).limit(1)).scalar()
    return edge


def _filter(endpoint: Endpoint, selection: Selection) -> Filter | None:
    """The filter to evaluate, if any. Only messages without a delivery need it: the others passed it on arrival."""
    return Filter(endpoint.conditions) if selection.kind is ReplayKind.MISSING and endpoint.conditions else None


def _of_deliveries(endpoint: Endpoint, selection: Selection, after: str) -> Select[Any]:
    of = messages.c.id == deliveries.c.message_id
    return select(*_COLUMNS).join_from(deliveries, messages, of).where(_in_state(endpoint, selection, after))


def _in_state(endpoint: Endpoint, selection: Selection, after: str) -> ColumnElement[bool]:
    [state] = selection.replayed
    return and_(
        deliveries.c.endpoint_id == endpoint.id,
        _state(state),
        deliveries.c.message_id > after,
        deliveries.c.message_id < selection.end,
        deliveries.c.trigger != Trigger.EXAMPLE.value,
    )


def _of_waiting(endpoint: Endpoint, selection: Selection, after: str) -> Select[Any]:
    of = messages.c.id == deliveries.c.message_id
    query = (
        select(*_COLUMNS)
        .join_from(deliveries, messages, of)
        .where(_pending(endpoint, selection, after), waits_for_retry(selection, selection.until))
    )
    if selection.event_types is not None:
        query = query.where(messages.c.event_type.in_(sorted(selection.event_types)))
    return query


def _pending(endpoint: Endpoint, selection: Selection, after: str) -> ColumnElement[bool]:
    return and_(
        deliveries.c.endpoint_id == endpoint.id,
        _state(DeliveryState.PENDING),
        deliveries.c.id > after,
        deliveries.c.id < selection.end,
    )


def waits_for_retry(selection: Selection, now: Millis) -> ColumnElement[bool]:
    """Condition on pending deliveries: the next retry is due after ``now``, and none was made since the selection.

    One that became due by itself, and failed again meanwhile, has had the attempt that a run would give it.
    """
    return and_(
        deliveries.c.trigger == Trigger.RETRY.value,
        deliveries.c.due_at > now,
        deliveries.c.updated_at <= selection.until,
        deliveries.c.lease_owner.is_(None),
    )


def _of_messages(endpoint: Endpoint, selection: Selection, after: str) -> Select[Any]:
    way = and_(deliveries.c.message_id == messages.c.id, deliveries.c.endpoint_id == endpoint.id)
    return (
        select(*_COLUMNS)
        .join_from(messages, deliveries, way, isouter=selection.kind is ReplayKind.MISSING)
        .where(
            _of_source(endpoint, selection, after),
            messages.c.origin == Origin.RECEIVED.value,
            _wanted(endpoint, selection),
        )
    )


def _of_source(endpoint: Endpoint, selection: Selection, after: str) -> ColumnElement[bool]:
    return and_(messages.c.source_id == endpoint.source_id, messages.c.id > after, messages.c.id < selection.end)


_DELIVERED = (
    # Only a delivery that was resent after its schedule ended can be unsuccessful now with an earlier success.
    and_(
        or_(deliveries.c.state == DeliveryState.SUCCEEDED.value, deliveries.c.attempts > deliveries.c.step),
        exists()
        .where(attempts.c.delivery_id == deliveries.c.id, attempts.c.outcome == AttemptOutcome.SUCCEEDED.value)
        .correlate(deliveries),
    )
).label("delivered")

_BY_DISABLING = (StoppedBecause.DISABLED.value, StoppedBecause.DELETED.value)
"""They waited for a retry, and no other kind of replay but one by states finds them."""

_COLUMNS = (messages.c.id, messages.c.event_type, deliveries.c.id, deliveries.c.state, _DELIVERED)


def _wanted(endpoint: Endpoint, selection: Selection) -> ColumnElement[bool]:
    if selection.kind is ReplayKind.MISSING:
        by_disabling = deliveries.c.stopped_because.in_(_BY_DISABLING)
        not_sent = or_(deliveries.c.attempts == 0, by_disabling)
        stopped = and_(deliveries.c.state == DeliveryState.STOPPED.value, not_sent)
        conditions: list[ColumnElement[bool]] = [or_(deliveries.c.id.is_(None), stopped)]
        if endpoint.event_types is not None:
            conditions.append(messages.c.event_type.in_(sorted(endpoint.event_types)))
    else:
        conditions = [deliveries.c.state.in_(sorted(selection.replayed))]
    if selection.event_types is not None:
        conditions.append(messages.c.event_type.in_(sorted(selection.event_types)))
    return and_(*conditions)


def _state(state: DeliveryState) -> ColumnElement[bool]:
    """The state as a literal: with a parameter, a database cannot tell that the partial index of this state applies."""
    return deliveries.c.state == literal_column(f"'{state.value}'")


def _match(row: Any) -> Match:
    message_id, event_type, delivery_id, state, delivered = row
    return Match(message_id, event_type, delivery_id, DeliveryState(state) if state else None, bool(delivered))


def parked(tx: Connection, endpoint_id: EndpointId, most: int = 1_000) -> int:
    """The number of an endpoint's parked deliveries, counted up to ``most`` + 1."""
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
