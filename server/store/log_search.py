"""What the filters of the log mean: conditions on messages, deliveries and attempts, and indexes that lead to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, literal_column, or_, select, text, true

from server.domain.ids import MessageId, Millis, SourceId, as_stored
from server.domain.messages import FAULT, RETRYING, AttemptOutcome, DeliveryState
from server.domain.verdicts import Grade
from server.store.beginnings import begins_with
from server.store.delivery_rows import shown_as
from server.store.schema import RARE_STATES, attempts, deliveries, endpoints, messages


@dataclass(frozen=True, slots=True)
class LogSearch:
    """The filters of the log. An empty field does not filter."""

    source_id: SourceId
    event_type: str = ""
    """An event type, or the beginning of several: ``payment.*``."""
    endpoint_id: str = ""
    state: str = ""
    """The state of a delivery as pages show it; for messages."""
    outcomes: Sequence[AttemptOutcome] = ()
    """For attempts."""
    grades: Sequence[Grade] = ()
    version_id: str = ""
    statuses: tuple[int, int] | None = None
    """The least and the greatest status of the response."""
    slower_than: Millis | None = None
    without_cancelled: bool = False
    currency: str = ""
    """The currency that the row shows."""
    text: str = ""
    """What a person typed into the search box, see ``store.search.find``."""
    event_types: Sequence[str] = ()
    """The event types that the text stands for."""
    endpoint_ids: Sequence[str] = ()
    """The endpoints that the text stands for."""
    start: Millis | None = None
    end: Millis | None = None
    before: str = ""
    """Only rows older than this id."""
    after: str = ""
    """Only rows newer than this id."""

    @property
    def of_attempts(self) -> bool:
        """Whether an attempt must match, so that a message without one does not."""
        return bool(self.grades or self.version_id or self.statuses or self.slower_than is not None)


MAX_WAITING = 5_000
"""Deliveries that wait: if there are more, the log looks for them in windows."""


def waiting(tx: Connection, search: LogSearch) -> list[MessageId] | None:
    """The messages whose deliveries wait for an attempt, if that is what is searched for and they are not too many."""
    if search.state not in (DeliveryState.PENDING, RETRYING):
        return None
    mine = select(endpoints.c.id).where(endpoints.c.source_id == search.source_id)
    if search.endpoint_id:
        mine = mine.where(endpoints.c.id == search.endpoint_id)
    # A literal, for the partial index of what waits.
    waits = and_(deliveries.c.endpoint_id.in_(mine), literal_column("deliveries.state = 'pending'"))
    query = select(deliveries.c.message_id).where(waits, *delivery_fits(search)[bool(search.endpoint_id) :])
    ids = set(tx.execute(query.limit(MAX_WAITING + 1)).scalars())
    return sorted(ids, reverse=True) if len(ids) <= MAX_WAITING else None


def leading(search: LogSearch) -> ColumnElement[bool] | None:
    """The condition on deliveries whose index leads to the messages; ``None`` when only the source's order does."""
    state = DeliveryState.TRANSFORM_FAILED.value if search.state == FAULT else search.state
    one = search.endpoint_id or (search.endpoint_ids[0] if len(search.endpoint_ids) == 1 else "")
    if one:
        own = deliveries.c.endpoint_id == one
        if state in (DeliveryState.FAILED, DeliveryState.TRANSFORM_FAILED):
            return and_(own, deliveries.c.state == literal_column(f"'{state}'"))  # a literal: see the partial index
        return own
    if state in RARE_STATES:
        return and_(text(f"deliveries.{RARE}"), deliveries.c.state == literal_column(f"'{state}'"))
    return None


RARE = "state IN ({})".format(", ".join(f"'{state}'" for state in RARE_STATES))
"""The condition of the partial index of rare states, word for word."""


def message_fits(search: LogSearch) -> ColumnElement[bool]:
    wanted: list[ColumnElement[bool]] = [messages.c.source_id == search.source_id]
    if search.event_type or search.event_types:
        wanted.append(of_types(search))
    if search.text:
        wanted.append(begins(search.text))
    on_way = delivery_fits(search)
    of_message = deliveries.c.message_id == messages.c.id
    if on_way:
        wanted.append(exists().where(of_message, *on_way))
    elif search.without_cancelled:
        cancelled = deliveries.c.state == DeliveryState.CANCELLED.value
        others = exists().where(of_message, deliveries.c.state != DeliveryState.CANCELLED.value)
        wanted.append(or_(others, ~exists().where(of_message, cancelled)))
    if search.of_attempts:
        made = [attempts.c.message_id == messages.c.id, *_tried(search)]
        if search.endpoint_id:
            # Changed a little, so that SQLite takes the index of messages and not the one of endpoints.
            made.append(attempts.c.endpoint_id.concat("") == search.endpoint_id)
        wanted.append(exists().where(*made))
    return and_(*wanted)


def delivery_fits(search: LogSearch) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if search.endpoint_id:
        wanted.append(deliveries.c.endpoint_id == search.endpoint_id)
    if search.endpoint_ids:
        wanted.append(deliveries.c.endpoint_id.in_(search.endpoint_ids))
    if search.state:
        wanted.append(shown_as(search.state))
    if wanted and search.without_cancelled:
        wanted.append(deliveries.c.state != DeliveryState.CANCELLED.value)
    return wanted


def attempt_fits(search: LogSearch) -> ColumnElement[bool]:
    wanted = [attempts.c.source_id == search.source_id, *_tried(search)]
    if search.event_type:
        wanted.append(_of_type(attempts.c.event_type, search.event_type))
    if search.event_types:
        wanted.append(attempts.c.event_type.in_(search.event_types))
    if search.endpoint_ids:
        wanted.append(attempts.c.endpoint_id.in_(search.endpoint_ids))
    if search.endpoint_id:
        wanted.append(attempts.c.endpoint_id == search.endpoint_id)
    if search.outcomes:
        wanted.append(attempts.c.outcome.in_([outcome.value for outcome in search.outcomes]))
        if set(search.outcomes) == {AttemptOutcome.CAPTURED}:
            # The condition of the partial index, which a parameter would hide.
            wanted.append(attempts.c.outcome == literal_column("'captured'"))
    if search.without_cancelled:
        wanted.append(attempts.c.outcome != AttemptOutcome.CANCELLED.value)
    return and_(*wanted)


def _tried(search: LogSearch) -> list[ColumnElement[bool]]:
    """The conditions that only an attempt can meet."""
    wanted: list[ColumnElement[bool]] = []
    if search.grades:
        wanted.append(attempts.c.verdict.in_([int(grade) for grade in search.grades]))
    if search.version_id:
        wanted.append(attempts.c.version_id == search.version_id)
    if search.statuses:
        wanted.append(attempts.c.response_status.between(*search.statuses))
    if search.slower_than is not None:
        wanted.append(attempts.c.duration_us > search.slower_than * 1000)
    return wanted


def of_types(search: LogSearch) -> ColumnElement[bool]:
    """The condition on the event type of a message."""
    wanted = [_of_type(messages.c.event_type, search.event_type)] if search.event_type else []
    wanted += [messages.c.event_type.in_(search.event_types)] if search.event_types else []
    return and_(true(), *wanted)


def _of_type(column: Any, wanted: str) -> ColumnElement[bool]:
    if wanted.endswith(".*"):
        return column.startswith(wanted[:-1], autoescape=True)  # type: ignore[no-any-return]
    return column == wanted  # type: ignore[no-any-return]


def begins(beginning: str) -> ColumnElement[bool]:
    """Whether the id of a message begins so, in any case, or its webhook id, which is somebody else's."""
    return or_(begins_with(messages.c.id, as_stored(beginning)), begins_with(messages.c.webhook_id, beginning))
