"""The endpoints that get a source's events: enabled ones as the writer reads them for each batch of events, and all of
them as a page compares them with one event."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Connection, and_, bindparam, select

from server.domain.cards import Card
from server.domain.conditions import Filter
from server.domain.ids import EndpointId, Millis, SourceId
from server.domain.payloads import Payload
from server.store.arrays import texts
from server.store.columns import load_filter
from server.store.endpoints import names_of_source
from server.store.round_trips import Result, Statement
from server.store.schema import endpoints


@dataclass(frozen=True, slots=True)
class Subscriber:
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


@dataclass(frozen=True, slots=True)
class Candidate:
    """What decides whether an endpoint, disabled or not, would get an event."""

    id: EndpointId
    name: str
    """As pages show it."""
    event_types: frozenset[str] | None
    filter: Filter
    disabled: bool
    created_at: Millis


def candidates(tx: Connection, cards: Mapping[str, Card], source_id: SourceId) -> list[Candidate]:
    """All endpoints of a source, oldest first, without their code and credentials.

    Event types and filters that cannot be read reject nothing.
    """
    names = names_of_source(tx, cards, source_id)
    columns = (endpoints.c.id, endpoints.c.event_types, endpoints.c.conditions, endpoints.c.disabled)
    query = select(*columns, endpoints.c.created_at).where(
        endpoints.c.source_id == source_id, endpoints.c.deleted_at.is_(None)
    )
    return [
        Candidate(endpoint_id, names[endpoint_id], *_wanted(event_types, conditions), disabled, created_at)
        for endpoint_id, event_types, conditions, disabled, created_at in tx.execute(
            query.order_by(endpoints.c.id)
        ).all()
    ]


@lru_cache(2048)
def _wanted(event_types: str | None, conditions: str) -> tuple[frozenset[str] | None, Filter]:
    wanted, fits = None, Filter(())
    with suppress(Exception):  # the columns may hold anything
        wanted = None if event_types is None else frozenset(json.loads(event_types))
    with suppress(Exception):
        fits = load_filter(conditions)
    return wanted, fits


_SUBSCRIBED = (
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


def of_sources(tx: Connection, source_ids: Iterable[SourceId]) -> dict[SourceId, list[Subscriber]]:
    """The subscribers of each source."""
    return {
        source_id: [_subscriber(*row) for row in tx.execute(_SUBSCRIBED, {"of": source_id})] for source_id in source_ids
    }


@lru_cache(maxsize=2048)
def _subscriber(
    endpoint_id: EndpointId, event_types: str | None, conditions: str, unpaced: bool, schedule: str | None
) -> Subscriber:
    """The parsed settings of an endpoint, cached until they change."""
    try:
        wanted = None if event_types is None else frozenset(json.loads(event_types))
        first_wait = json.loads(schedule)[0] if schedule else 0  # no schedule: Dodo's, which starts at once
        load_filter(conditions)
    except Exception:  # create its deliveries all the same; they are parked later, see ``deliveries.due_endpoints``
        return Subscriber(endpoint_id, None, "[]", False, 0)
    return Subscriber(endpoint_id, wanted, conditions, bool(unpaced), first_wait)


_SUBSCRIBED_TO_ANY = b"""
SELECT source_id, id, event_types, conditions,
    NOT paused AND NOT ordered AND rate_limit IS NULL AND concurrency IS NULL, schedule
FROM endpoints WHERE source_id = ANY ($1::text[]) AND NOT disabled AND deleted_at IS NULL ORDER BY id
"""
"""``_SUBSCRIBED`` for PostgreSQL, for a list of sources."""


@lru_cache(maxsize=2048)
def _subscriber_in(
    endpoint_id: bytes, event_types: bytes | None, conditions: bytes, unpaced: bytes, schedule: bytes | None
) -> Subscriber:
    """The endpoint of a row in the database's binary format."""
    return _subscriber(
        EndpointId(endpoint_id.decode()),
        None if event_types is None else event_types.decode(),
        conditions.decode(),
        unpaced == b"\1",
        None if schedule is None else schedule.decode(),
    )


def query(source_ids: Iterable[SourceId]) -> Statement:
    """What finds the subscribers of these sources in PostgreSQL, for ``by_source``."""
    return Statement(_SUBSCRIBED_TO_ANY, [texts(list(source_ids))])


def by_source(found: Result) -> dict[SourceId, list[Subscriber]]:
    """The subscribers of each source that ``query`` found."""
    grouped: dict[SourceId, list[Subscriber]] = {}
    for source_id, *columns in found.rows:
        grouped.setdefault(SourceId(source_id.decode()), []).append(_subscriber_in(*columns))
    return grouped
