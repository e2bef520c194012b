"""Received messages: one for each source and webhook id, with one delivery for each endpoint that wants it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, bindparam, exists, or_, select

from server.domain.conditions import Filter
from server.domain.faults import KIND, filter_failed
from server.domain.ids import AttemptId, DeliveryId, EndpointId, MessageId, Millis, ProcessId, SourceId, mint
from server.domain.messages import (
    Attempt,
    AttemptError,
    AttemptOutcome,
    Delivery,
    DeliveryState,
    Message,
    Origin,
    Trigger,
)
from server.domain.operational_events import of_attempt
from server.domain.payloads import Payload
from server.domain.reasons import dump_cause
from server.store import attempts as attempt_rows
from server.store import delivery_rows, operational_events
from server.store.columns import load_filter
from server.store.rows import insert, insert_new
from server.store.schema import attempts, deliveries, endpoints, messages

PAGE = 50


@dataclass(frozen=True, slots=True)
class InitialLease:
    """Deliveries created under this lease start immediately in this worker."""

    owner: ProcessId
    until: Millis
    excluding: frozenset[EndpointId] = frozenset()
    """Endpoints for which this worker has enough deliveries; any worker may claim theirs."""


@dataclass(frozen=True, slots=True)
class FilteredMessage:
    """A message with the filter results that were computed before the transaction."""

    message: Message
    fits: Mapping[str, bool]
    """Whether the payload matches, by the filter's text. The writer evaluates a filter that is missing here, for
    example one that was changed in the meantime."""


@dataclass(frozen=True, slots=True)
class EndpointFilter:
    """The event types and filter of an enabled endpoint."""

    event_types: frozenset[str] | None
    text: str
    """The filter as stored, for ``FilteredMessage.fits``."""
    filter: Filter


@dataclass(frozen=True, slots=True)
class Received:
    message_id: MessageId
    duplicate: bool
    """The source had already sent this webhook id, so nothing was stored."""
    waiting: tuple[EndpointId, ...] = ()
    """The endpoints with a new delivery that waits to be claimed."""
    leased: tuple[Delivery, ...] = ()
    """The new deliveries that the worker holds already."""

    @property
    def endpoints(self) -> tuple[EndpointId, ...]:
        """The endpoints with a new delivery."""
        return (*(delivery.endpoint_id for delivery in self.leased), *self.waiting)


def receive(
    tx: Connection, arrived: Sequence[Message | FilteredMessage], lease: InitialLease | None = None
) -> list[Received]:
    """Store each new message with a delivery for each endpoint that wants it. For ``Store.batch``.

    Returns one ``Received`` for each message, in their order. Filter results come with the messages, because parsing
    bodies here would hold up all other writes.
    A delivery is due after the first wait of its endpoint's schedule, which is usually zero.
    With ``lease`` the worker holds the new deliveries and need not claim them. Endpoints that are paused, ordered or
    have a limit of their own are excepted, since only claiming enforces those.
    """
    came = [one.message if isinstance(one, FilteredMessage) else one for one in arrived]
    added = insert_new(tx, messages, [_message_columns(message) for message in came], ("source_id", "webhook_id"))
    new = {message.id for message in came}
    if added < len(came):
        new = set(tx.execute(select(messages.c.id).where(messages.c.id.in_(new))).scalars())
    known = _known(tx, [message for message in came if message.id not in new])
    listeners = _listeners(tx, {message.source_id for message in came})
    results: list[Received] = []
    rows: list[dict[str, Any]] = []
    spoiled: list[tuple[dict[str, Any], Attempt]] = []
    for message, one in zip(came, arrived, strict=True):
        if message.id not in new:
            results.append(Received(known[message.source_id, message.webhook_id], True))
            continue
        fits = dict(one.fits) if isinstance(one, FilteredMessage) else {}
        payload = Payload(message.body)
        waiting, leased = [], []
        for listener in listeners.get(message.source_id, ()):
            try:
                wanted = listener.wants(message.event_type, payload, fits)
            except Exception as error:  # whether the event matches is unknown, so a person decides
                spoiled.append(_parked(message, listener.id, error))
                rows.append(spoiled[-1][0])
                continue
            if not wanted:
                continue
            came_at = message.received_at
            row = delivery_rows.new(
                message.id, listener.id, Trigger.EVENT, now=came_at, due_at=came_at + listener.first_wait
            )
            if lease and listener.unpaced and not listener.first_wait and listener.id not in lease.excluding:
                row |= {"lease_owner": lease.owner, "lease_until": lease.until}
                leased.append(delivery_rows.read(row))
            else:
                waiting.append(listener.id)
            rows.append(row)
        results.append(Received(message.id, False, tuple(waiting), tuple(leased)))
    insert(tx, deliveries, rows)
    for _, attempt in spoiled:
        insert(tx, attempts, [attempt_rows.columns(attempt)])
        if told := of_attempt(attempt, DeliveryState.TRANSFORM_FAILED):
            operational_events.add(tx, told)
    return results


def _parked(message: Message, endpoint_id: EndpointId, error: Exception) -> tuple[dict[str, Any], Attempt]:
    """The row of a delivery that a fault of Hookbench parks at once, and the attempt that records the fault."""
    fault = filter_failed(error).reason
    came_at = message.received_at
    row = delivery_rows.new(message.id, endpoint_id, Trigger.EVENT, now=came_at, due_at=came_at)
    row |= {"state": DeliveryState.TRANSFORM_FAILED.value, "due_at": None, "attempts": 1, "fault": dump_cause(fault)}
    attempt = Attempt(
        id=mint(AttemptId),
        delivery_id=row["id"],
        message_id=message.id,
        endpoint_id=endpoint_id,
        source_id=message.source_id,
        event_type=message.event_type,
        number=1,
        trigger=Trigger.EVENT,
        outcome=AttemptOutcome.FAULT,
        version_id=None,
        request=None,
        response=None,
        error=AttemptError(KIND, fault),
        console=(),
        transform_ms=None,
        duration_ms=0.0,
        started_at=message.received_at,
        next_at=None,
    )
    return row, attempt


def filters(tx: Connection) -> dict[SourceId, list[EndpointFilter]]:
    """The filters of all enabled endpoints, by the source that they listen to; the same filter once."""
    query = select(endpoints.c.source_id, endpoints.c.event_types, endpoints.c.conditions).where(
        endpoints.c.conditions != "[]", endpoints.c.disabled.is_(False), endpoints.c.deleted_at.is_(None)
    )
    found: dict[SourceId, list[EndpointFilter]] = {}
    for source_id, event_types, text in tx.execute(query.distinct()):
        with suppress(Exception):  # the writer meets what cannot be read again, and handles it for each event
            wanted = None if event_types is None else frozenset(json.loads(event_types))
            found.setdefault(source_id, []).append(EndpointFilter(wanted, text, load_filter(text)))
    return found


def send_example(tx: Connection, message: Message, endpoint_id: EndpointId) -> DeliveryId:
    """Store a message for this one endpoint, whatever its event types and filter. Its delivery is never retried."""
    tx.execute(messages.insert(), [_message_columns(message)])
    came_at = message.received_at
    row = delivery_rows.new(message.id, endpoint_id, Trigger.EXAMPLE, now=came_at, due_at=came_at)
    insert(tx, deliveries, [row])
    return DeliveryId(row["id"])


def get(tx: Connection, message_id: MessageId) -> Message | None:
    row = tx.execute(select(messages).where(messages.c.id == message_id)).mappings().first()
    return read(row) if row else None


def by_ids(
    tx: Connection, ids: Iterable[MessageId], *, unreadable: dict[MessageId, Exception] | None = None
) -> dict[MessageId, Message]:
    """The messages that exist, by id. One that cannot be read goes into ``unreadable``; without it, this raises."""
    found: dict[MessageId, Message] = {}
    for row in tx.execute(select(messages).where(messages.c.id.in_(list(ids)))).mappings():
        try:
            found[MessageId(row["id"])] = read(row)
        except Exception as error:
            if unreadable is None:
                raise
            unreadable[MessageId(row["id"])] = error
    return found


@dataclass(frozen=True, slots=True)
class Search:
    """The filters of the message log. An empty field does not filter."""

    source_id: SourceId
    event_type: str = ""
    endpoint_id: str = ""
    state: str = ""
    """As pages show it: a value of ``DeliveryState``, ``captured`` or ``fault``."""
    text: str = ""
    """The beginning of a message id or webhook id."""
    before: str = ""
    """Only messages older than this message id, the last one on the previous page."""

    def fits(self, delivery: Delivery) -> bool:
        """Whether a delivery matches the endpoint and state that were searched for."""
        shown = "pending" if delivery.shown_state == "retrying" else delivery.shown_state
        return self.endpoint_id in ("", delivery.endpoint_id) and self.state in ("", shown)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the message log."""

    id: MessageId
    source_id: SourceId
    webhook_id: str
    event_type: str
    origin: Origin
    received_at: int
    deliveries: tuple[Delivery, ...]


def page(tx: Connection, search: Search, limit: int = PAGE) -> list[Row]:
    """The newest messages that match, newest first, each with its deliveries; matching deliveries come first."""
    columns = [column for column in messages.c if column.name != "body"]
    query = select(*columns).where(messages.c.source_id == search.source_id)
    if search.event_type:
        query = query.where(messages.c.event_type == search.event_type)
    if search.text:
        query = query.where(_begins(search.text))
    if search.before:
        query = query.where(messages.c.id < search.before)
    if search.endpoint_id or search.state:
        wanted = [deliveries.c.message_id == messages.c.id]
        if search.endpoint_id:
            wanted.append(deliveries.c.endpoint_id == search.endpoint_id)
        if search.state:
            wanted.append(_shown_as(search.state))
        query = query.where(exists().where(and_(*wanted)))
    found = tx.execute(query.order_by(messages.c.id.desc()).limit(limit)).mappings().all()
    on_the_way = of_messages(tx, [row["id"] for row in found])
    for each in on_the_way.values():
        each.sort(key=lambda delivery: not search.fits(delivery))  # stable: matching ones come first
    return [
        Row(
            id=MessageId(row["id"]),
            source_id=SourceId(row["source_id"]),
            webhook_id=row["webhook_id"],
            event_type=row["event_type"],
            origin=Origin(row["origin"]),
            received_at=row["received_at"],
            deliveries=tuple(on_the_way.get(MessageId(row["id"]), ())),
        )
        for row in found
    ]


def _shown_as(state: str) -> ColumnElement[bool]:
    """``Delivery.shown_state`` as an SQL condition."""
    of_state = deliveries.c.state
    match state:
        case "captured":
            return and_(of_state == DeliveryState.SUCCEEDED.value, deliveries.c.captured)
        case DeliveryState.SUCCEEDED.value:
            return and_(of_state == state, deliveries.c.captured.is_(False))
        case "fault":
            return and_(of_state == DeliveryState.TRANSFORM_FAILED.value, deliveries.c.fault.is_not(None))
        case DeliveryState.TRANSFORM_FAILED.value:
            return and_(of_state == state, deliveries.c.fault.is_(None))
        case _:
            return of_state == state


def of_messages(tx: Connection, ids: Sequence[str]) -> dict[MessageId, list[Delivery]]:
    """The deliveries of each message, oldest first."""
    grouped: dict[MessageId, list[Delivery]] = {}
    query = select(deliveries).where(deliveries.c.message_id.in_(ids)).order_by(deliveries.c.id)
    for row in tx.execute(query).mappings():
        grouped.setdefault(MessageId(row["message_id"]), []).append(delivery_rows.read(row))
    return grouped


def _known(tx: Connection, arrived: Sequence[Message]) -> dict[tuple[SourceId, str], MessageId]:
    """The ids of messages that are stored already, by source and webhook id.

    One query for each source, because SQLite scans the whole table for a list of pairs.
    """
    by_source: dict[SourceId, list[str]] = {}
    for message in arrived:
        by_source.setdefault(message.source_id, []).append(message.webhook_id)
    found: dict[tuple[SourceId, str], MessageId] = {}
    for source_id, webhook_ids in by_source.items():
        query = select(messages.c.webhook_id, messages.c.id).where(
            messages.c.source_id == source_id, messages.c.webhook_id.in_(webhook_ids)
        )
        found |= {(source_id, webhook_id): MessageId(known) for webhook_id, known in tx.execute(query)}
    return found


@dataclass(frozen=True, slots=True)
class _Subscriber:
    """The settings of an enabled endpoint that decide whether it gets an event, and when."""

    id: EndpointId
    event_types: frozenset[str] | None
    filter: str
    """Its conditions as stored."""
    unpaced: bool
    """It is not paused, not ordered, and has no rate or concurrency limit."""
    first_wait: Millis
    """The wait between an event's arrival and its first attempt; usually zero."""

    def wants(self, event_type: str, payload: Payload, known: dict[str, bool]) -> bool:
        """Whether it wants an event.

        ``known`` holds filter results by the filter's text; a missing one is evaluated and added.
        """
        if self.event_types is not None and event_type not in self.event_types:
            return False
        fits = known.get(self.filter)
        if fits is None:
            fits = known[self.filter] = load_filter(self.filter).fits(payload)
        return fits


_LISTENING = (
    select(
        endpoints.c.id,
        endpoints.c.event_types,
        endpoints.c.conditions,
        and_(
            endpoints.c.paused.is_(False),
            endpoints.c.ordered.is_(False),
            endpoints.c.rate_limit.is_(None),
            endpoints.c.concurrency.is_(None),
        ).label("unpaced"),
        endpoints.c.schedule,
    )
    .where(endpoints.c.source_id == bindparam("of"), endpoints.c.disabled.is_(False), endpoints.c.deleted_at.is_(None))
    .order_by(endpoints.c.id)
)
"""For one source: SQLAlchemy compiles a constant statement once, but one with a list of sources each time."""


def _listeners(tx: Connection, source_ids: Iterable[SourceId]) -> dict[SourceId, list[_Subscriber]]:
    return {
        source_id: [_listener(*row) for row in tx.execute(_LISTENING, {"of": source_id})] for source_id in source_ids
    }


@lru_cache(maxsize=2048)
def _listener(
    endpoint_id: EndpointId, event_types: str | None, conditions: str, unpaced: bool, schedule: str | None
) -> _Subscriber:
    """The parsed settings of an endpoint, cached until they change."""
    try:
        wanted = None if event_types is None else frozenset(json.loads(event_types))
        first_wait = json.loads(schedule)[0] if schedule else 0  # no schedule: Dodo's, which starts at once
        load_filter(conditions)
    except Exception:  # create its deliveries all the same; they are parked later, see ``deliveries.due_endpoints``
        return _Subscriber(endpoint_id, None, "[]", False, 0)
    return _Subscriber(endpoint_id, wanted, conditions, bool(unpaced), first_wait)


def _begins(text: str) -> Any:
    """Messages whose id or webhook id begins with ``text``.

    A range instead of LIKE: it uses the index, and no character of ``text`` acts as a wildcard.
    """
    end = text + "\uffff"
    return or_(
        and_(messages.c.id >= text, messages.c.id < end),
        and_(messages.c.webhook_id >= text, messages.c.webhook_id < end),
    )


def _message_columns(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "source_id": message.source_id,
        "webhook_id": message.webhook_id,
        "event_type": message.event_type,
        "origin": message.origin.value,
        "received_at": message.received_at,
        "body": message.body,
    }


def read(row: RowMapping) -> Message:
    """The message of a row. Raises when it cannot be read."""
    return Message(
        id=MessageId(row["id"]),
        source_id=SourceId(row["source_id"]),
        webhook_id=row["webhook_id"],
        event_type=row["event_type"],
        origin=Origin(row["origin"]),
        body=bytes(row["body"]),
        received_at=row["received_at"],
    )
