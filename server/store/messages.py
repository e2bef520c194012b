"""Received messages: kept once by source and webhook id, with one delivery for each endpoint that listens."""

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
    """A worker's word that it will at once begin what is made for a message."""

    owner: ProcessId
    until: Millis
    excluding: frozenset[EndpointId] = frozenset()
    """Endpoints that it has enough for; their deliveries wait for anybody."""


@dataclass(frozen=True, slots=True)
class FilteredMessage:
    """A message with what filters said of it ahead of the transaction."""

    message: Message
    fits: Mapping[str, bool]
    """By the filter's text. The writer looks itself at one that is not here, as when it was changed meanwhile."""


@dataclass(frozen=True, slots=True)
class EndpointFilter:
    """What an enabled endpoint asks of an event."""

    event_types: frozenset[str] | None
    text: str
    """The filter as it is kept, for ``FilteredMessage.fits``."""
    filter: Filter


@dataclass(frozen=True, slots=True)
class Received:
    message_id: MessageId
    duplicate: bool
    """The source had sent this webhook id before; nothing was stored."""
    waiting: tuple[EndpointId, ...] = ()
    """The endpoints for which a delivery was made that waits to be claimed."""
    leased: tuple[Delivery, ...] = ()
    """The deliveries that are the worker's already."""

    @property
    def endpoints(self) -> tuple[EndpointId, ...]:
        """The endpoints that a delivery was made for."""
        return (*(delivery.endpoint_id for delivery in self.leased), *self.waiting)


def receive(
    tx: Connection, arrived: Sequence[Message | FilteredMessage], lease: InitialLease | None = None
) -> list[Received]:
    """Keep each new message, with a delivery for each endpoint that wants it. For ``Store.batch``.

    Reading bodies would hold up everything else that is written, so what filters say of one comes with it.
    A delivery is due after the first wait of its endpoint's schedule, mostly at once.
    With a lease a delivery is the worker's from its first moment, which spares claiming it; unless its endpoint sets a
    pace or an order of its own, which only claiming keeps.
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
            except Exception as error:  # nobody knows whether it fits, so a person decides
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
    """A delivery that is parked from its first moment by a fault of Hookbench, with the attempt that says so."""
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
        with suppress(Exception):  # what cannot be read is met again by the writer, event by event
            wanted = None if event_types is None else frozenset(json.loads(event_types))
            found.setdefault(source_id, []).append(EndpointFilter(wanted, text, load_filter(text)))
    return found


def send_example(tx: Connection, message: Message, endpoint_id: EndpointId) -> DeliveryId:
    """Keep a message that goes to this one endpoint, whatever it listens to, and is not retried."""
    tx.execute(messages.insert(), [_message_columns(message)])
    came_at = message.received_at
    row = delivery_rows.new(message.id, endpoint_id, Trigger.EXAMPLE, now=came_at, due_at=came_at)
    insert(tx, deliveries, [row])
    return DeliveryId(row["id"])


def get(tx: Connection, message_id: MessageId) -> Message | None:
    row = tx.execute(select(messages).where(messages.c.id == message_id)).mappings().first()
    return _message(row) if row else None


def by_ids(
    tx: Connection, ids: Iterable[MessageId], *, unreadable: dict[MessageId, Exception] | None = None
) -> dict[MessageId, Message]:
    """The messages that exist; one that cannot be read is put into ``unreadable``, or raises without that."""
    found: dict[MessageId, Message] = {}
    for row in tx.execute(select(messages).where(messages.c.id.in_(list(ids)))).mappings():
        try:
            found[MessageId(row["id"])] = _message(row)
        except Exception as error:
            if unreadable is None:
                raise
            unreadable[MessageId(row["id"])] = error
    return found


@dataclass(frozen=True, slots=True)
class Search:
    """What the log shows. Empty fields do not narrow it."""

    source_id: SourceId
    event_type: str = ""
    endpoint_id: str = ""
    state: str = ""
    """As pages name it: a value of ``DeliveryState``, ``captured`` or ``fault``."""
    text: str = ""
    """A message id or webhook id, or the beginning of one."""
    before: str = ""
    """Only messages older than this message id: the last one of the page before."""

    def fits(self, delivery: Delivery) -> bool:
        """Whether a delivery is one that was searched for."""
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
    """The newest messages that fit, newest first, with their deliveries."""
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
        each.sort(key=lambda delivery: not search.fits(delivery))  # a stable sort: those that fit come first
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
    """The deliveries that pages name so: ``Delivery.shown_state``, for the database."""
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
    """The deliveries of each message, in the order they were made."""
    grouped: dict[MessageId, list[Delivery]] = {}
    query = select(deliveries).where(deliveries.c.message_id.in_(ids)).order_by(deliveries.c.id)
    for row in tx.execute(query).mappings():
        grouped.setdefault(MessageId(row["message_id"]), []).append(delivery_rows.read(row))
    return grouped


def _known(tx: Connection, arrived: Sequence[Message]) -> dict[tuple[SourceId, str], MessageId]:
    """Those that are stored already. One look-up a source: SQLite scans the whole table for pairs of values."""
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
    """What of an enabled endpoint decides whether it gets an event."""

    id: EndpointId
    event_types: frozenset[str] | None
    filter: str
    """Its conditions as they are kept."""
    unpaced: bool
    """It is not paused and sets no pace or order."""
    first_wait: Millis
    """How long after an event came its first attempt is due; mostly at once."""

    def wants(self, event_type: str, payload: Payload, known: dict[str, bool]) -> bool:
        """By what is ``known`` of its filter already; a filter that was not looked at is, and is known then."""
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
"""For one source: a statement that is always the same costs a fifth of one that is made for a list of sources."""


def _listeners(tx: Connection, source_ids: Iterable[SourceId]) -> dict[SourceId, list[_Subscriber]]:
    return {
        source_id: [_listener(*row) for row in tx.execute(_LISTENING, {"of": source_id})] for source_id in source_ids
    }


@lru_cache(maxsize=2048)
def _listener(
    endpoint_id: EndpointId, event_types: str | None, conditions: str, unpaced: bool, schedule: str | None
) -> _Subscriber:
    """Read once for as long as nobody changes the endpoint."""
    try:
        wanted = None if event_types is None else frozenset(json.loads(event_types))
        first_wait = json.loads(schedule)[0] if schedule else 0  # Dodo's own, and most others, begin at once
        load_filter(conditions)
    except Exception:  # its deliveries are made, and parked when nobody can read it: see ``deliveries.due_endpoints``
        return _Subscriber(endpoint_id, None, "[]", False, 0)
    return _Subscriber(endpoint_id, wanted, conditions, bool(unpaced), first_wait)


def _begins(text: str) -> Any:
    """Ids are compared as ranges, not with LIKE: that uses the index, and nothing in the text is a pattern."""
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


def _message(row: RowMapping) -> Message:
    return Message(
        id=MessageId(row["id"]),
        source_id=SourceId(row["source_id"]),
        webhook_id=row["webhook_id"],
        event_type=row["event_type"],
        origin=Origin(row["origin"]),
        body=bytes(row["body"]),
        received_at=row["received_at"],
    )
