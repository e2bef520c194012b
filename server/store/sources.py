"""Sources, and the counts of the requests that each refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, RowMapping, select, update

from server.domain.endpoints import FormerSecret
from server.domain.ids import Millis, SourceId
from server.domain.sources import IntakeRefusal, Mode, Source
from server.store.changes import source_changed
from server.store.schema import attempts, deliveries, endpoints, messages, notices, refusals, replays, sources
from server.store.vault import seal_optional, unseal


def insert(tx: Connection, source: Source) -> None:
    source_changed(tx, source.id)
    tx.execute(
        sources.insert().values(
            id=source.id,
            name=source.name,
            mode=source.mode.value,
            token=source.token,
            created_at=source.created_at,
            **_secrets(tx, source.id, source.secret, source.former_secret),
        )
    )


def every(tx: Connection) -> list[Source]:
    """All sources, oldest first."""
    rows = tx.execute(select(sources).order_by(sources.c.created_at, sources.c.id)).mappings()
    return [_source(tx, row) for row in rows]


def get(tx: Connection, source_id: SourceId) -> Source | None:
    row = tx.execute(select(sources).where(sources.c.id == source_id)).mappings().first()
    return _source(tx, row) if row else None


_OWNED = {"ep": endpoints, "msg": messages, "att": attempts, "rpl": replays, "ntc": notices}


def owning(tx: Connection, thing_id: str) -> SourceId | None:
    """The source of the endpoint, message, delivery, attempt, replay or operational event with this id, if known."""
    prefix = thing_id.partition("_")[0]
    if prefix == "dlv":
        joined = deliveries.join(messages, deliveries.c.message_id == messages.c.id)
        query = select(messages.c.source_id).select_from(joined).where(deliveries.c.id == thing_id)
    elif prefix in _OWNED:
        table = _OWNED[prefix]
        query = select(table.c.source_id).where(table.c.id == thing_id)
    else:
        return None
    found = tx.execute(query).scalar()
    return SourceId(found) if found else None


def set_secret(tx: Connection, source_id: SourceId, secret: str | None, former: FormerSecret | None = None) -> None:
    """Store a new signing secret. ``former`` verifies events too, until it expires."""
    source_changed(tx, source_id)
    tx.execute(update(sources).where(sources.c.id == source_id).values(_secrets(tx, source_id, secret, former)))


def set_token(tx: Connection, source_id: SourceId, token: str) -> None:
    """Give the source a new ingest address; the old one stops working at once."""
    source_changed(tx, source_id)
    tx.execute(update(sources).where(sources.c.id == source_id).values(token=token))


@dataclass(frozen=True, slots=True)
class Refusals:
    """How often a source refused requests for one reason."""

    count: int
    last_at: Millis
    clock_off_ms: Millis | None = None
    """How far the last sender's clock was ahead of ours; negative when it was behind."""


def count_refusals(
    tx: Connection,
    counts: Mapping[tuple[SourceId, IntakeRefusal], int],
    now: Millis,
    clocks: Mapping[SourceId, Millis] | None = None,
) -> None:
    """Add to the counters of refused requests. ``clocks``: how far the senders' clocks are ahead of ours, by source."""
    for (source_id, reason), count in counts.items():
        off = (clocks or {}).get(source_id) if reason is IntakeRefusal.CLOCK else None
        known = tx.execute(
            update(refusals)
            .where(refusals.c.source_id == source_id, refusals.c.reason == reason.value)
            .values(count=refusals.c.count + count, last_at=now, clock_off_ms=off)
        )
        if known.rowcount == 0:
            row = {"source_id": source_id, "reason": reason.value, "count": count, "last_at": now, "clock_off_ms": off}
            tx.execute(refusals.insert().values(row))


def refused(tx: Connection, source_id: SourceId) -> Mapping[IntakeRefusal, Refusals]:
    """How many requests were refused, and when the last one was, by reason."""
    columns = (refusals.c.reason, refusals.c.count, refusals.c.last_at, refusals.c.clock_off_ms)
    rows: Sequence[Any] = tx.execute(select(*columns).where(refusals.c.source_id == source_id)).all()
    return {IntakeRefusal(reason): Refusals(count, last_at, off) for reason, count, last_at, off in rows}


def _secrets(tx: Connection, source_id: SourceId, secret: str | None, former: FormerSecret | None) -> dict[str, Any]:
    return {
        "secret": seal_optional(tx, sources.c.secret, source_id, secret),
        "former_secret": seal_optional(tx, sources.c.former_secret, source_id, former.secret if former else None),
        "former_secret_until": former.until if former else None,
    }


def _source(tx: Connection, row: RowMapping) -> Source:
    secret, lost = _opened(tx, sources.c.secret, row)
    former, former_lost = _opened(tx, sources.c.former_secret, row)
    return Source(
        id=SourceId(row["id"]),
        name=row["name"],
        mode=Mode(row["mode"]),
        token=row["token"],
        secret=secret,
        created_at=row["created_at"],
        former_secret=FormerSecret(former, row["former_secret_until"]) if former else None,
        unreadable=lost,
        former_unreadable_until=row["former_secret_until"] if former_lost else None,
    )


def _opened(tx: Connection, column: Column[str], row: RowMapping) -> tuple[str | None, bool]:
    """A secret, and whether it is unreadable (then it is ``None``). One bad value must not hide the other sources."""
    kept = row[column.name]
    try:
        return (unseal(tx, column, row["id"], kept) if kept else None), False
    except Exception:  # the column may hold anything
        return None, True
