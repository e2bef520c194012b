"""Stretches: where in a source's messages those of one event type are, so that rare ones are found without reading all.

A stretch goes from one message of the type to another, with at most ``MAX_GAP`` messages between two of them. The step
that counts messages for the page Activity writes the stretches of those it counts, so receiving costs nothing more.
Messages that came since are not in a stretch yet.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, func, or_, select

from server.domain.ids import MessageId, Millis, SourceId, earliest
from server.store.retention import DONE, PruneStep
from server.store.rows import insert
from server.store.schema import messages, stretches

MAX_GAP = 100
"""Messages of other types between two of a stretch: as few as are read at once, so that stretches stay few."""
MAX_STRETCHES = 200
"""Stretches of a type that are read at once."""
MAX_TYPES = 20
"""The most event types that are looked for together."""
ALL = "n"
"""After the ids of all messages, in each database's order of characters."""

Piece = tuple[str, str]
"""The first and the last id of a part of a source's messages."""


def add(tx: Connection, came: Iterable[tuple[MessageId, SourceId, str]]) -> None:
    """Store the stretches of messages, given as (id, source, event type) by growing id, that none was stored of yet."""
    rows: list[dict[str, Any]] = []
    open_ones: dict[tuple[SourceId, str], tuple[dict[str, Any], int]] = {}
    place = 0
    for place, (id, source_id, event_type) in enumerate(came):
        row, last_place = open_ones.get((source_id, event_type), ({}, 0))
        if not row or place - last_place > MAX_GAP:
            row = {"source_id": source_id, "event_type": event_type, "first_id": id, "count": 0}
            rows.append(row)
        row |= {"last_id": id, "count": row["count"] + 1}
        open_ones[source_id, event_type] = row, place
    if rows:
        insert(tx, stretches, rows)


def clear(tx: Connection) -> None:
    tx.execute(delete(stretches))


def types_like(tx: Connection, source_id: SourceId, beginning: str) -> list[str]:
    """The event types of a source's messages that begin so; at most ``MAX_TYPES`` + 1."""
    kind = stretches.c.event_type
    found: list[str] = []
    after = beginning
    while len(found) <= MAX_TYPES:
        following = kind > after if found else kind >= after
        one = tx.execute(select(func.min(kind)).where(stretches.c.source_id == source_id, following)).scalar()
        if one is None or not one.startswith(beginning):
            break
        found.append(one)
        after = one
    return found


def newest(
    tx: Connection, source_id: SourceId, event_types: Sequence[str], least: str, before: str
) -> tuple[list[Piece], str]:
    """Where the newest messages of these types between two ids are, newest first, and the id before which there may be
    more; empty if there are none. ``least`` is itself between them, ``before`` is not; empty texts are no bounds."""
    found: list[Piece] = []
    ends = least
    more = False
    for event_type in event_types:
        query = _of(source_id, event_type, stretches.c.first_id, stretches.c.last_id)
        if before:
            query = query.where(stretches.c.first_id < before)
        rows = tx.execute(query.order_by(stretches.c.first_id.desc()).limit(MAX_STRETCHES)).all()
        if len(rows) == MAX_STRETCHES and rows[-1].first_id > ends:
            ends, more = rows[-1].first_id, True
        found += [(row.first_id, row.last_id) for row in rows]
    return _apart((max(first, ends), last) for first, last in found if last >= ends), ends if more else ""


def count(tx: Connection, source_id: SourceId, event_types: Sequence[str], most: int) -> int:
    """How many messages of these types are in stretches. Of more than ``most``, it says only that they are more."""
    total = 0
    for event_type in event_types:
        several = _of(source_id, event_type, stretches.c.count).limit(most + 1).subquery()
        total += tx.execute(select(func.sum(several.c.count))).scalar() or 0
    return total


def _of(source_id: SourceId, event_type: str, *columns: Any) -> Select[Any]:
    return select(*columns).where(stretches.c.source_id == source_id, stretches.c.event_type == event_type)


def _apart(found: Iterable[Piece]) -> list[Piece]:
    """The same pieces, newest first; those that overlap become one."""
    apart: list[Piece] = []
    for first, last in sorted(found, key=lambda piece: piece[1], reverse=True):
        if apart and last >= apart[-1][0]:
            apart[-1] = min(first, apart[-1][0]), apart[-1][1]
        else:
            apart.append((first, last))
    return apart


def prune(tx: Connection, before: Millis, *, cursor: str, limit: int) -> PruneStep:
    """Delete stretches that ended before that time and in which no message is left. Looks at up to ``limit`` of one
    event type; the cursor is the source, the type, and the first id of the last one that was looked at."""
    source_id, event_type, after = cursor.split("\n") if cursor else ("", "", ALL)
    of_source, kind, first = stretches.c.source_id, stretches.c.event_type, stretches.c.first_id
    if after == ALL:
        others = or_(of_source > source_id, and_(of_source == source_id, kind > event_type))
        row = tx.execute(select(of_source, kind).where(others).order_by(of_source, kind).limit(1)).first()
        if row is None:
            return PruneStep(0, 0, DONE)
        source_id, event_type, after = row.source_id, row.event_type, ""
    mine = and_(of_source == source_id, kind == event_type)
    old = select(first, stretches.c.last_id).where(mine, first > after, first < earliest(MessageId, before))
    rows = tx.execute(old.order_by(first).limit(limit)).all()
    ended = [row for row in rows if row.last_id < earliest(MessageId, before)]
    gone = [row.first_id for row in ended if not _has_messages(tx, source_id, (row.first_id, row.last_id))]
    for start in range(0, len(gone), 500):
        tx.execute(delete(stretches).where(mine, first.in_(gone[start : start + 500])))
    reached = rows[-1].first_id if len(rows) == limit else ALL
    return PruneStep(len(gone), len(rows) - len(gone), f"{source_id}\n{event_type}\n{reached}")


def _has_messages(tx: Connection, source_id: str, piece: Piece) -> bool:
    mine = select(messages.c.id).where(messages.c.source_id == source_id, messages.c.id.between(*piece))
    return tx.execute(mine.limit(1)).first() is not None
