"""Sources and the count of what each refused."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from server.domain.endpoints import FormerSecret
from server.domain.ids import Millis, SourceId
from server.domain.sources import IntakeRefusal, Mode, Source
from server.store.schema import refusals, sources


def insert(tx: Connection, source: Source) -> None:
    tx.execute(
        sources.insert().values(
            id=source.id,
            name=source.name,
            mode=source.mode.value,
            token=source.token,
            secret=source.secret,
            created_at=source.created_at,
            former_secret=source.former_secret.secret if source.former_secret else None,
            former_secret_until=source.former_secret.until if source.former_secret else None,
        )
    )


def every(tx: Connection) -> list[Source]:
    """All sources, oldest first."""
    rows = tx.execute(select(sources).order_by(sources.c.created_at, sources.c.id)).mappings()
    return [_source(row) for row in rows]


def get(tx: Connection, source_id: str) -> Source | None:
    row = tx.execute(select(sources).where(sources.c.id == source_id)).mappings().first()
    return _source(row) if row else None


def set_secret(tx: Connection, source_id: SourceId, secret: str | None, former: FormerSecret | None = None) -> None:
    """``former`` proves events, too, until its time is over."""
    kept = {"former_secret": former.secret if former else None, "former_secret_until": former.until if former else None}
    tx.execute(update(sources).where(sources.c.id == source_id).values(secret=secret, **kept))


def set_token(tx: Connection, source_id: SourceId, token: str) -> None:
    """Gives the source a new ingest address; the old one stops at once."""
    tx.execute(update(sources).where(sources.c.id == source_id).values(token=token))


def count_refusals(tx: Connection, counts: Mapping[tuple[SourceId, IntakeRefusal], int], now: Millis) -> None:
    """Add to the counters of refused requests."""
    for (source_id, reason), count in counts.items():
        known = tx.execute(
            update(refusals)
            .where(refusals.c.source_id == source_id, refusals.c.reason == reason.value)
            .values(count=refusals.c.count + count, last_at=now)
        )
        if known.rowcount == 0:
            row = {"source_id": source_id, "reason": reason.value, "count": count, "last_at": now}
            tx.execute(refusals.insert().values(row))


def refused(tx: Connection, source_id: str) -> Mapping[IntakeRefusal, tuple[int, Millis]]:
    """By reason: how many requests were refused, and when the last one was."""
    rows: Sequence[Any] = tx.execute(
        select(refusals.c.reason, refusals.c.count, refusals.c.last_at).where(refusals.c.source_id == source_id)
    ).all()
    return {IntakeRefusal(reason): (count, last_at) for reason, count, last_at in rows}


def _source(row: RowMapping) -> Source:
    return Source(
        id=SourceId(row["id"]),
        name=row["name"],
        mode=Mode(row["mode"]),
        token=row["token"],
        secret=row["secret"],
        created_at=row["created_at"],
        former_secret=FormerSecret(row["former_secret"], row["former_secret_until"]) if row["former_secret"] else None,
    )
