"""Deleting what is old, a few rows at a time. Ids sort by time, so what is old stands together at the beginning."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, delete, exists, select

from server.domain.ids import MessageId, Millis, NoticeId, ReplayId, earliest
from server.domain.messages import DeliveryState
from server.store.condition import file_of
from server.store.schema import attempts, deliveries, messages, notices, notifications, replays

DONE = "~"
"""A cursor behind every id."""


@dataclass(frozen=True, slots=True)
class PruneStep:
    """One step: how many went, how many stay because they wait for a delivery, and where the next step begins."""

    deleted: int
    kept: int
    cursor: str

    @property
    def done(self) -> bool:
        return self.cursor == DONE


def prune_messages(tx: Connection, before: Millis, *, cursor: str, limit: int) -> PruneStep:
    """Look at up to ``limit`` messages received before that moment; delete each with its deliveries and attempts.

    One that still waits for a delivery, of a paused endpoint perhaps, is left for a later time.
    """
    old = (
        select(messages.c.id)
        .where(messages.c.id > cursor, messages.c.id < earliest(MessageId, before))
        .order_by(messages.c.id)
        .limit(limit)
    )
    # Locked, so that nobody makes one due again in between: with SQLite nobody can, with PostgreSQL somebody might.
    found = list(tx.execute(old.with_for_update()).scalars())
    if not found:
        return PruneStep(0, 0, DONE)
    on_the_way = select(deliveries.c.message_id, deliveries.c.state).where(deliveries.c.message_id.in_(found))
    states = tx.execute(on_the_way.with_for_update()).all()
    waiting = {message_id for message_id, state in states if state == DeliveryState.PENDING.value}
    ids = [each for each in found if each not in waiting]
    tx.execute(delete(attempts).where(attempts.c.message_id.in_(ids)))
    tx.execute(delete(deliveries).where(deliveries.c.message_id.in_(ids)))
    tx.execute(delete(messages).where(messages.c.id.in_(ids)))
    return PruneStep(len(ids), len(waiting), DONE if len(found) < limit else found[-1])


def prune_notices(tx: Connection, before: Millis, *, cursor: str, limit: int) -> PruneStep:
    """Operational events that last happened before that moment, with what was sent of them."""
    found = _oldest(tx, notices.c.id, earliest(NoticeId, before), cursor, limit)
    ids = list(tx.execute(select(notices.c.id).where(notices.c.id.in_(found), notices.c.updated_at < before)).scalars())
    tx.execute(delete(notifications).where(notifications.c.notice_id.in_(ids)))
    tx.execute(delete(notices).where(notices.c.id.in_(ids)))
    return PruneStep(len(ids), len(found) - len(ids), found[-1] if len(found) == limit else DONE)


def prune_replays(tx: Connection, before: Millis, *, cursor: str, limit: int) -> PruneStep:
    """The history of replays that ended before that moment, once no delivery refers to them any more."""
    found = _oldest(tx, replays.c.id, earliest(ReplayId, before), cursor, limit)
    unused = select(replays.c.id).where(
        replays.c.id.in_(found),
        replays.c.ended_at < before,
        ~exists().where(deliveries.c.replay_id == replays.c.id),
    )
    ids = list(tx.execute(unused).scalars())
    tx.execute(delete(replays).where(replays.c.id.in_(ids)))
    return PruneStep(len(ids), len(found) - len(ids), found[-1] if len(found) == limit else DONE)


def _oldest(tx: Connection, column: Column[Any], before: str, cursor: str, limit: int) -> list[str]:
    return list(
        tx.execute(select(column).where(column > cursor, column < before).order_by(column).limit(limit)).scalars()
    )


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes of a SQLite file, and how many of them are in pages that were freed and are used next."""

    size: int
    free: int


def file_usage(url: str) -> Usage | None:
    """``None`` for a database server, and before there is a file."""
    path = file_of(url)
    if path is None or not path.exists():
        return None
    # With no log beside it nobody has it open, and nothing but the file is opened.
    mode = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "immutable=1"
    with closing(sqlite3.connect(f"{path.as_uri()}?{mode}", uri=True)) as connection:
        [(page,)] = connection.execute("PRAGMA page_size")
        [(pages,)] = connection.execute("PRAGMA page_count")
        [(free,)] = connection.execute("PRAGMA freelist_count")
    return Usage(page * pages, page * free)
