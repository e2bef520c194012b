"""Sources, and the counts of the requests that each refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, RowMapping, select, text, union_all, update

from server.domain.endpoints import FormerSecret
from server.domain.ids import Millis, SourceId
from server.domain.sources import IntakeRefusal, Mode, Source, slug_for
from server.store.changes import source_changed
from server.store.rows import insert_new
from server.store.schema import (
    attempts,
    deliveries,
    endpoints,
    messages,
    notices,
    refusals,
    removed_slugs,
    replays,
    sources,
)
from server.store.vault import seal_optional, unseal

_LOCK = 0x486F6F6B_53726373
"""The number of the advisory lock of whoever adds, renames or removes sources."""


def hold(tx: Connection) -> None:
    """Keep other processes from adding, renaming and removing sources until the end of this transaction.

    What is read after this is what they left. SQLite has one writer at a time anyway.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})


def insert(tx: Connection, source: Source) -> None:
    """Store a new source. Without a slug it gets one that no other source has, or had before it was removed.

    ``hold`` comes first where another process may add one too.
    """
    source_changed(tx, source.id)
    tx.execute(
        sources.insert().values(
            id=source.id,
            name=source.name,
            mode=source.mode.value,
            token=source.token,
            created_at=source.created_at,
            slug=source.slug or slug_for(source.name, source.mode, taken_slugs(tx)),
            demo=source.demo,
            steps_hidden=source.steps_hidden,
            **_secrets(tx, source.id, source.secret, source.former_secret),
        )
    )


def taken_slugs(tx: Connection) -> set[str]:
    """The slugs of all sources, and of those that were removed."""
    of_all = union_all(select(sources.c.slug).where(sources.c.slug.is_not(None)), select(removed_slugs.c.slug))
    return set(tx.execute(of_all).scalars())


def reserve_slug(tx: Connection, source_id: SourceId) -> None:
    """Keep the slug of a source that is about to be removed, so that no other source gets it."""
    slug = tx.execute(select(sources.c.slug).where(sources.c.id == source_id)).scalar()
    if slug:
        insert_new(tx, removed_slugs, [{"slug": slug}], ("slug",))


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


def rename(tx: Connection, source_id: SourceId, name: str) -> None:
    """Give the source another name; its addresses stay."""
    source_changed(tx, source_id)
    tx.execute(update(sources).where(sources.c.id == source_id).values(name=name))


def hide_steps(tx: Connection, source_id: SourceId) -> None:
    """Show the source's first steps no more."""
    source_changed(tx, source_id)
    tx.execute(update(sources).where(sources.c.id == source_id).values(steps_hidden=True))


@dataclass(frozen=True, slots=True)
class Refusals:
    """How often a source refused requests for one reason."""

    count: int
    last_at: Millis
    clock_off_ms: Millis | None = None
    """How far the last sender's clock was ahead of ours; negative when it was behind."""
    detail: str = ""
    """For ``HEADERS`` the names of the missing ones; for ``SIGNATURE`` the id of a source whose secret fits."""


@dataclass(frozen=True, slots=True)
class RefusalDetail:
    """What is known of the last refused request besides the reason."""

    clock_off_ms: Millis | None = None
    detail: str = ""


def count_refusals(
    tx: Connection,
    counts: Mapping[tuple[SourceId, IntakeRefusal], int],
    now: Millis,
    details: Mapping[tuple[SourceId, IntakeRefusal], RefusalDetail] | None = None,
) -> None:
    """Add to the counters of refused requests, with what is known of the last one of each kind."""
    for (source_id, reason), count in counts.items():
        last = (details or {}).get((source_id, reason), RefusalDetail())
        off, detail = last.clock_off_ms, last.detail or None
        known = tx.execute(
            update(refusals)
            .where(refusals.c.source_id == source_id, refusals.c.reason == reason.value)
            .values(count=refusals.c.count + count, last_at=now, clock_off_ms=off, detail=detail)
        )
        if known.rowcount == 0:
            row: dict[str, Any] = {"source_id": source_id, "reason": reason.value, "count": count, "last_at": now}
            row |= {"clock_off_ms": off, "detail": detail}
            tx.execute(refusals.insert().values(row))


def refused(tx: Connection, source_id: SourceId) -> Mapping[IntakeRefusal, Refusals]:
    """How many requests were refused, and when the last one was, by reason."""
    columns = (refusals.c.reason, refusals.c.count, refusals.c.last_at, refusals.c.clock_off_ms, refusals.c.detail)
    rows: Sequence[Any] = tx.execute(select(*columns).where(refusals.c.source_id == source_id)).all()
    known = [row for row in rows if row.reason in list(IntakeRefusal)]
    return {IntakeRefusal(reason): Refusals(n, last_at, off, detail or "") for reason, n, last_at, off, detail in known}


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
        slug=row["slug"] or "",
        demo=row["demo"],
        steps_hidden=row["steps_hidden"],
    )


def _opened(tx: Connection, column: Column[str], row: RowMapping) -> tuple[str | None, bool]:
    """A secret, and whether it is unreadable (then it is ``None``). One bad value must not hide the other sources."""
    kept = row[column.name]
    try:
        return (unseal(tx, column, row["id"], kept) if kept else None), False
    except Exception:  # the column may hold anything
        return None, True
