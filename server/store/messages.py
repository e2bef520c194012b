"""Received messages: one for each source and webhook id, with one delivery for each endpoint that wants it."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, exists, or_, select

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
from server.domain.search_terms import DEFAULT_METADATA_KEYS, terms_in
from server.store import activity, delivery_rows, operational_events, options, search_terms, subscribers
from server.store import attempts as attempt_rows
from server.store.beginnings import begins_with
from server.store.columns import load_filter
from server.store.compression import Packed, pack
from server.store.options import Counted
from server.store.round_trips import ask
from server.store.rows import insert, insert_new, insert_statement
from server.store.schema import deliveries, endpoints, messages
from server.store.search_terms import MessageTerms
from server.store.subscribers import Subscriber

PAGE = 50
_UNIQUE = ("source_id", "webhook_id")


@dataclass(frozen=True, slots=True)
class InitialLease:
    """Deliveries created under this lease start immediately in this worker."""

    owner: ProcessId
    until: Millis
    excluding: frozenset[EndpointId] = frozenset()
    """Endpoints for which this worker has enough deliveries; any worker may claim theirs."""


@dataclass(frozen=True, slots=True)
class FilteredMessage:
    """A message with the filter results and search terms that were computed before the transaction."""

    message: Message
    fits: Mapping[str, bool]
    """Whether the payload matches, by the filter's text. The writer evaluates a filter that is missing here, for
    example one that was changed in the meantime."""
    terms: tuple[str, ...] = ()
    """Its search terms."""
    edition: int = 1
    """The edition of the search settings under which they were found."""
    packed: Packed | None = None
    """Its body in the form in which it is stored; ``None``: the writer compresses it."""


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

    Returns one ``Received`` for each message, in their order. Filter results and search terms come with the messages,
    because parsing bodies here would hold up all other writes. A plain ``Message`` is for tests.
    A delivery is due after the first wait of its endpoint's schedule, which is usually zero.
    With ``lease`` the worker holds the new deliveries and need not claim them. Endpoints that are paused, ordered or
    have a limit of their own are excepted, since only claiming enforces those.
    """
    came = [one.message if isinstance(one, FilteredMessage) else one for one in arrived]
    new, listeners, counted = _add_new(tx, arrived)
    known = _known(tx, [message for message in came if message.id not in new])
    results: list[Received] = []
    rows: list[dict[str, Any]] = []
    spoiled: list[tuple[dict[str, Any], Attempt]] = []
    terms: list[MessageTerms] = []
    for message, one in zip(came, arrived, strict=True):
        if message.id not in new:
            results.append(Received(known[message.source_id, message.webhook_id], True))
            continue
        terms.append(_terms(one))
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
    search_terms.add(tx, terms)
    activity.count_late(tx, [message for message in came if message.id in new], counted)
    attempt_rows.add(tx, [attempt for _, attempt in spoiled])
    for _, attempt in spoiled:
        if told := of_attempt(attempt, DeliveryState.TRANSFORM_FAILED):
            operational_events.add(tx, told)
    return results


def _add_new(
    tx: Connection, arrived: Sequence[Message | FilteredMessage]
) -> tuple[Collection[MessageId], Mapping[SourceId, Sequence[Subscriber]], Counted]:
    """Store the messages that are new.

    Returns their ids, the endpoints that listen to each source, and ``options.counted``.
    """
    rows = [
        _message_columns(one.message, one.packed) if isinstance(one, FilteredMessage) else _message_columns(one)
        for one in arrived
    ]
    source_ids = {SourceId(row["source_id"]) for row in rows}
    if tx.dialect.name == "sqlite":
        new = {row["id"] for row in rows}
        if insert_new(tx, messages, rows, _UNIQUE) < len(rows):
            new = set(tx.execute(select(messages.c.id).where(messages.c.id.in_(new))).scalars())
        return new, subscribers.of_sources(tx, source_ids), options.counted(tx)
    rows.sort(key=lambda row: str(row["webhook_id"]))  # of the same events, two processes store the same one first
    added, found, read = ask(
        tx,
        insert_statement(tx.dialect, messages, rows, _UNIQUE, returning="id"),
        subscribers.query(source_ids),
        options.COUNTED_QUERY,
    )
    new = {MessageId(id.decode()) for (id,) in added.rows}
    return new, subscribers.by_source(found), options.counted_in(tx, read)


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


def _terms(one: Message | FilteredMessage) -> MessageTerms:
    if isinstance(one, FilteredMessage):
        return MessageTerms(one.message.id, one.edition, one.terms)
    return MessageTerms(one.id, 1, terms_in(one.event_type, Payload(one.body), DEFAULT_METADATA_KEYS))


def send_example(tx: Connection, message: Message, endpoint_id: EndpointId) -> DeliveryId:
    """Store a message for this one endpoint, whatever its event types and filter. Its delivery is never retried."""
    tx.execute(messages.insert(), [_message_columns(message)])
    search_terms.add(tx, [_terms(message)])
    came_at = message.received_at
    row = delivery_rows.new(message.id, endpoint_id, Trigger.EXAMPLE, now=came_at, due_at=came_at)
    insert(tx, deliveries, [row])
    activity.count_late(tx, [message], options.counted(tx))
    return DeliveryId(row["id"])


def neighbours(tx: Connection, message: Message) -> tuple[MessageId | None, MessageId | None]:
    """The messages of the source before and after this one; ``None`` where there is none."""
    same = select(messages.c.id).where(messages.c.source_id == message.source_id)
    older = same.where(messages.c.id < message.id).order_by(messages.c.id.desc()).limit(1)
    newer = same.where(messages.c.id > message.id).order_by(messages.c.id).limit(1)
    return tx.execute(older).scalar(), tx.execute(newer).scalar()


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
        return self.endpoint_id in ("", delivery.endpoint_id) and self.state in ("", delivery.shown_state)


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


def row_of(tx: Connection, message: Message) -> Row:
    """The line of one message."""
    made = of_messages(tx, [message.id]).get(message.id, ())
    return Row(
        id=message.id,
        source_id=message.source_id,
        webhook_id=message.webhook_id,
        event_type=message.event_type,
        origin=message.origin,
        received_at=message.received_at,
        deliveries=tuple(made),
    )


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
            wanted.append(delivery_rows.shown_as(search.state))
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


def _begins(text: str) -> Any:
    """Messages whose id or webhook id begins with ``text``."""
    return or_(begins_with(messages.c.id, text), begins_with(messages.c.webhook_id, text))


def _message_columns(message: Message, packed: Packed | None = None) -> dict[str, Any]:
    return {
        "id": message.id,
        "source_id": message.source_id,
        "webhook_id": message.webhook_id,
        "event_type": message.event_type,
        "origin": message.origin.value,
        "received_at": message.received_at,
        "body": pack(message.body) if packed is None else packed,
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
