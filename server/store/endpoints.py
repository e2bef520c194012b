"""Endpoints with the active version of their code. Deleted ones are omitted here: see ``deleted_endpoints``."""

import json
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

import structlog
from sqlalchemy import Column, ColumnElement, Connection, RowMapping, and_, func, select, update

from server.domain.audit import AuditAction
from server.domain.cards import Card
from server.domain.endpoint_names import generated_name
from server.domain.endpoints import (
    Controls,
    Destination,
    DisabledBecause,
    Endpoint,
    FormerSecret,
    UnreadableEndpoint,
)
from server.domain.health import HEALTHY, Health
from server.domain.ids import CodeDraftId, EndpointId, Millis, ShadowId, SourceId
from server.domain.schedules import DODO_SCHEDULE
from server.domain.versions import RunningShadow, Version
from server.store import audit
from server.store import versions as version_rows
from server.store.changes import endpoint_changed
from server.store.columns import dump, dump_conditions, load_conditions, load_strings
from server.store.schema import endpoints, shadows, versions
from server.store.vault import seal, seal_optional, unseal

log = structlog.get_logger()

T = TypeVar("T")

_active, _shadowing = versions.alias("active"), versions.alias("shadowing")
_OF_VERSION = ("id", "endpoint_id", "number", "code", "created_at", "author", "note", "origin", "variable_names")
ANY = select(
    endpoints,
    *(_active.c[name].label(f"active_{name}") for name in _OF_VERSION),
    *(_shadowing.c[name].label(f"shadowing_{name}") for name in _OF_VERSION),
    shadows.c.until.label("shadow_until"),
).select_from(
    endpoints.outerjoin(_active, endpoints.c.version_id == _active.c.id)
    .outerjoin(shadows, endpoints.c.shadow_id == shadows.c.id)
    .outerjoin(_shadowing, shadows.c.version_id == _shadowing.c.id)
)
"""Selects endpoints as ``read_row`` reads them, deleted ones too. Only for this package."""
_WITH_CODE = ANY.where(endpoints.c.deleted_at.is_(None))

_URL, _SECRET, _FORMER_SECRET = endpoints.c.url, endpoints.c.secret, endpoints.c.former_secret
STRINGS = _CREDENTIALS, _HEADERS, _VARIABLES = endpoints.c.credentials, endpoints.c.headers, endpoints.c.variables
"""Columns of names and values, each encrypted as one text."""

_HEALTH = (
    endpoints.c.first_failure_at,
    endpoints.c.last_failure_at,
    endpoints.c.failing_since,
    endpoints.c.warned_at,
)


def insert(tx: Connection, endpoint: Endpoint) -> None:
    """Store a new endpoint, and its code, if any, as version 1."""
    endpoint_changed(tx, endpoint.id)
    tx.execute(endpoints.insert().values(id=endpoint.id, created_at=endpoint.created_at, **_columns(tx, endpoint)))
    if endpoint.version:
        version_rows.insert(tx, endpoint.version)


def change(tx: Connection, endpoint: Endpoint) -> None:
    """Store a changed endpoint; which version serves too, but not its code, which ``versions.insert`` stores.

    Unreadable columns stay as they are.
    """
    endpoint_changed(tx, endpoint.id)
    columns = {name: value for name, value in _columns(tx, endpoint).items() if name not in endpoint.unreadable}
    tx.execute(update(endpoints).where(endpoints.c.id == endpoint.id).values(**columns))


def get(tx: Connection, endpoint_id: EndpointId) -> Endpoint | None:
    """The endpoint, even if parts of it cannot be read: see ``Endpoint.unreadable``. ``None`` if it does not exist."""
    row = tx.execute(_WITH_CODE.where(endpoints.c.id == endpoint_id)).mappings().first()
    return read_row(tx, row) if row else None


def get_whole(tx: Connection, endpoint_id: EndpointId) -> Endpoint | None:
    """Like ``get``, for sending. Raises ``UnreadableEndpoint`` if a part cannot be read."""
    return _whole(get(tx, endpoint_id))


def hold(tx: Connection, endpoint_id: EndpointId) -> Endpoint | None:
    """Like ``get``, and locked until the transaction ends, so that no other process changes the endpoint meanwhile."""
    tx.execute(select(endpoints.c.id).where(endpoints.c.id == endpoint_id).with_for_update())
    return get(tx, endpoint_id)


def of_source(tx: Connection, source_id: SourceId) -> list[Endpoint]:
    """A source's endpoints, oldest first, including those with unreadable parts."""
    rows = tx.execute(_WITH_CODE.where(endpoints.c.source_id == source_id).order_by(endpoints.c.id)).mappings()
    return _readable(tx, rows)


def ids_of_source(tx: Connection, source_id: SourceId, limit: int) -> dict[EndpointId, bool]:
    """The ids of a source's endpoints, newest first; ``False`` for those that were deleted."""
    query = select(endpoints.c.id, endpoints.c.deleted_at).where(endpoints.c.source_id == source_id)
    rows = tx.execute(query.order_by(endpoints.c.id.desc()).limit(limit))
    return {EndpointId(row.id): row.deleted_at is None for row in rows}


def count(tx: Connection, source_id: SourceId) -> int:
    """The number of a source's endpoints."""
    query = select(func.count()).where(endpoints.c.source_id == source_id, endpoints.c.deleted_at.is_(None))
    return tx.execute(query).scalar_one()


def by_ids(tx: Connection, ids: Iterable[EndpointId]) -> dict[EndpointId, Endpoint]:
    """The endpoints that exist, by id; removed ones are left out. Some may have unreadable parts."""
    rows = tx.execute(_WITH_CODE.where(endpoints.c.id.in_(list(ids)))).mappings().all()
    return {endpoint.id: endpoint for endpoint in _readable(tx, rows)}


def which(
    tx: Connection,
    wanted: ColumnElement[bool],
    values: Mapping[str, Any],
    *,
    unreadable: dict[EndpointId, Exception] | None = None,
) -> list[Endpoint]:
    """The endpoints that match an SQL condition; ``values`` are its parameters. Only for this package.

    Endpoints with unreadable parts go into ``unreadable`` instead of the result.
    """
    found: list[Endpoint] = []
    for endpoint in _readable(tx, tx.execute(_WITH_CODE.where(wanted), values).mappings(), unreadable):
        if endpoint.unreadable and unreadable is not None:
            unreadable[endpoint.id] = UnreadableEndpoint(endpoint.unreadable)
        elif not endpoint.unreadable:
            found.append(endpoint)
    return found


def _readable(
    tx: Connection, rows: Iterable[RowMapping], unreadable: dict[EndpointId, Exception] | None = None
) -> list[Endpoint]:
    """The endpoints of the rows that can be read. Errors of damaged rows go into ``unreadable``, or else to the log."""
    found: list[Endpoint] = []
    for row in rows:
        try:
            found.append(read_row(tx, row))
        except Exception as error:
            if unreadable is None:
                log.warning("endpoint.unreadable", endpoint_id=row["id"], error=type(error).__name__)
            else:
                unreadable[EndpointId(row["id"])] = error
    return found


def _whole(endpoint: Endpoint | None) -> Endpoint | None:
    if endpoint is not None and endpoint.unreadable:
        raise UnreadableEndpoint(endpoint.unreadable)
    return endpoint


def names(
    tx: Connection, cards: Mapping[str, Card], ids: Iterable[EndpointId], known: Mapping[EndpointId, str] | None = None
) -> dict[EndpointId, str]:
    """The name that pages show for each endpoint, including removed ones and ones with an unreadable URL.

    Those in ``known`` are not read again.
    """
    known, wanted = known or {}, set(ids)
    unknown = wanted - known.keys()
    found = _names(tx, cards, endpoints.c.id.in_(unknown)) if unknown else {}
    return found | {endpoint_id: known[endpoint_id] for endpoint_id in wanted - unknown}


def names_of_source(tx: Connection, cards: Mapping[str, Card], source_id: SourceId) -> dict[EndpointId, str]:
    """The names of a source's endpoints that were not removed, oldest first. Reads no more of them than that."""
    return _names(tx, cards, and_(endpoints.c.source_id == source_id, endpoints.c.deleted_at.is_(None)))


def _names(tx: Connection, cards: Mapping[str, Card], wanted: ColumnElement[bool]) -> dict[EndpointId, str]:
    columns = (endpoints.c.id, endpoints.c.name, endpoints.c.card, endpoints.c.description, endpoints.c.url)
    rows = tx.execute(select(*columns).where(wanted).order_by(endpoints.c.id)).all()
    return {
        EndpointId(id): name or generated_name(cards, card, description, url_or_nothing(tx, id, url))
        for id, name, card, description, url in rows
    }


def names_in(tx: Connection, source_id: SourceId, apart_from: EndpointId | None = None) -> set[str]:
    """The names of a source's endpoints, but for one."""
    query = select(endpoints.c.name).where(
        endpoints.c.source_id == source_id, endpoints.c.deleted_at.is_(None), endpoints.c.id != (apart_from or "")
    )
    return set(tx.execute(query).scalars())


def url_or_nothing(tx: Connection, endpoint_id: EndpointId, kept: str) -> str:
    try:
        return _text(tx, endpoints.c.url, endpoint_id, kept)
    except Exception:  # the endpoint's page reports it
        return ""


def states(tx: Connection, ids: Iterable[EndpointId]) -> dict[EndpointId, tuple[Health, bool]]:
    """The health of each endpoint and whether it is disabled, by id. Removed endpoints are left out.

    The rows are locked until the transaction ends.
    """
    columns = (endpoints.c.id, endpoints.c.disabled, *_HEALTH)
    query = select(*columns).where(endpoints.c.id.in_(list(ids)), endpoints.c.deleted_at.is_(None)).with_for_update()
    return {EndpointId(row["id"]): (_health(row), row["disabled"]) for row in tx.execute(query).mappings()}


def keep_health(tx: Connection, endpoint_id: EndpointId, before: Health, health: Health) -> None:
    """Store an endpoint's health. Notifies watchers only if it becomes or stops being ``HEALTHY``."""
    if HEALTHY in (before, health):
        endpoint_changed(tx, endpoint_id, listening=False)
    tx.execute(update(endpoints).where(endpoints.c.id == endpoint_id).values(**_health_columns(health)))


def disable(tx: Connection, endpoint_id: EndpointId, because: DisabledBecause, now: Millis) -> None:
    """Disable an endpoint on behalf of Hookbench. ``deliveries.stop_endpoint`` stops its pending deliveries."""
    endpoint_changed(tx, endpoint_id)
    tx.execute(
        update(endpoints)
        .where(endpoints.c.id == endpoint_id)
        .values(disabled=True, disabled_because=because.value, updated_at=now)
    )
    audit.add(tx, endpoint_id, AuditAction.DISABLED, "", now, {"because": because.value})


def _columns(tx: Connection, endpoint: Endpoint) -> dict[str, Any]:
    controls, former, health = endpoint.controls, endpoint.former_secret, endpoint.health
    strings = {"credentials": endpoint.credentials, "headers": endpoint.headers, "variables": endpoint.variables}
    sealed_strings = {c.name: seal(tx, c, endpoint.id, dump(dict(strings[c.name]))) for c in STRINGS}
    return {
        "source_id": endpoint.source_id,
        "card": endpoint.card,
        "name": endpoint.name,
        "description": endpoint.description,
        "url": seal(tx, endpoints.c.url, endpoint.id, endpoint.url),
        "destination": endpoint.destination.value,
        **sealed_strings,
        "event_types": None if endpoint.event_types is None else dump(sorted(endpoint.event_types)),
        "transforming": endpoint.transforming,
        "version_id": endpoint.version.id if endpoint.version else None,
        "draft_id": endpoint.draft_id,
        "shadow_id": endpoint.shadow.id if endpoint.shadow else None,
        "secret": seal(tx, endpoints.c.secret, endpoint.id, endpoint.secret),
        "disabled": endpoint.disabled,
        "updated_at": endpoint.updated_at,
        "schedule": None if controls.schedule == DODO_SCHEDULE else dump(list(controls.schedule)),
        "rate_limit": controls.rate_limit,
        "concurrency": controls.concurrency,
        "ordered": controls.ordered,
        "enforce_contract": controls.enforce_contract,
        "paused": endpoint.paused,
        "conditions": dump_conditions(endpoint.conditions),
        "former_secret": seal_optional(tx, endpoints.c.former_secret, endpoint.id, former.secret if former else None),
        "former_secret_until": former.until if former else None,
        "disabled_because": endpoint.disabled_because.value if endpoint.disabled_because else None,
        **_health_columns(health),
    }


def _health_columns(health: Health) -> dict[str, Any]:
    return {
        "first_failure_at": health.first_failure_at,
        "last_failure_at": health.last_failure_at,
        "failing_since": health.failing_since,
        "warned_at": health.warned_at,
    }


def _health(row: RowMapping) -> Health:
    return Health(row["first_failure_at"], row["last_failure_at"], row["failing_since"], row["warned_at"])


def _strings(tx: Connection, column: Column[str], row_id: str, kept: str) -> Mapping[str, str]:
    found = load_strings(unseal(tx, column, row_id, kept))
    if not isinstance(found, dict):
        raise ValueError("not names and values")  # noqa: TRY004  it is about what is stored, as all else here
    "".join((*found, *found.values())).encode()  # raises for anything that is not text
    return found


def _text(tx: Connection, column: Column[str], row_id: str, kept: str) -> str:
    found = unseal(tx, column, row_id, kept)
    found.encode()  # raises for a lone surrogate, which no page can show
    return found


@lru_cache(2048)
def _event_types(kept: str | None) -> frozenset[str] | None:
    if kept is None:
        return None
    found = json.loads(kept)
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise ValueError("not a list of event types")
    return frozenset(found)


@lru_cache(2048)
def _schedule(kept: str | None) -> tuple[Millis, ...]:
    if kept is None:
        return DODO_SCHEDULE
    found = json.loads(kept)
    if not found or not isinstance(found, list) or not all(type(each) is int and each >= 0 for each in found):
        raise ValueError("not a list of waits")
    return tuple(found)


def read_row(tx: Connection, row: RowMapping) -> Endpoint:
    """The endpoint in a row. Parts that cannot be read are empty and named in ``unreadable``."""
    endpoint_id = EndpointId(row["id"])
    unreadable: set[str] = set()

    def part(name: str, read: Callable[[], T], instead: T) -> T:
        try:
            return read()
        except Exception:  # the column may hold anything
            unreadable.add(name)
            return instead

    def opened(column: Column[str]) -> str:
        kept = row[column.name]
        return part(column.name, lambda: _text(tx, column, endpoint_id, kept), "") if kept else ""

    def strings(column: Column[str]) -> Mapping[str, str]:
        return part(column.name, lambda: _strings(tx, column, endpoint_id, row[column.name]), {})

    shadowing = _version(row, "shadowing")
    former, because = opened(_FORMER_SECRET), row["disabled_because"]
    return Endpoint(
        id=endpoint_id,
        source_id=SourceId(row["source_id"]),
        card=row["card"],
        name=row["name"],
        description=row["description"],
        url=opened(_URL),
        # Capture, so that nothing is sent by mistake while the setting is unknown.
        destination=part("destination", lambda: Destination(row["destination"]), Destination.CAPTURE),
        credentials=strings(_CREDENTIALS),
        headers=strings(_HEADERS),
        event_types=part("event_types", lambda: _event_types(row["event_types"]), None),
        variables=strings(_VARIABLES),
        transforming=row["transforming"],
        version=_version(row, "active"),
        secret=opened(_SECRET),
        disabled=row["disabled"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        controls=Controls(
            schedule=part("schedule", lambda: _schedule(row["schedule"]), DODO_SCHEDULE),
            rate_limit=row["rate_limit"],
            concurrency=row["concurrency"],
            ordered=row["ordered"],
            enforce_contract=row["enforce_contract"],
        ),
        paused=row["paused"],
        conditions=part("conditions", lambda: load_conditions(row["conditions"]), ()),
        former_secret=FormerSecret(former, row["former_secret_until"]) if former else None,
        disabled_because=part("disabled_because", lambda: DisabledBecause(because) if because else None, None),
        health=_health(row),
        draft_id=CodeDraftId(row["draft_id"]) if row["draft_id"] else None,
        shadow=RunningShadow(ShadowId(row["shadow_id"]), shadowing, row["shadow_until"]) if shadowing else None,
        unreadable=frozenset(unreadable),
    )


def _version(row: RowMapping, which: str) -> Version | None:
    if row[f"{which}_id"] is None:
        return None
    return version_rows.read({name: row[f"{which}_{name}"] for name in _OF_VERSION})
