"""The index of search terms: how terms come into it, and how they leave it. ``search`` reads it.

A message's terms come as one row of ``search_recent``, in the transaction that stores the message. A background step
moves ``SEGMENT`` messages at a time into a segment of ``search_terms``, sorted by term. So both tables only grow at
their end, however many messages are stored, and a search looks into each segment once. One big sorted table would
instead change a page somewhere in the file for each term: measured, 100 µs a message instead of 20.
A term names its message by a number. The segment has the ids in one value, each as wide as the others.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, delete, func, select, text

from server.domain.ids import MessageId, Millis, earliest
from server.store.compression import head_of, readable, size_of, up_to
from server.store.retention import DONE, PruneStep
from server.store.rows import insert, insert_new
from server.store.schema import messages, search_recent, search_segments, search_terms

SEGMENT = 1_000
"""Messages in a segment: few, so that moving them delays no other write; many, so that a search has few segments."""
ALL = MessageId("n")
"""After every message, in each database's order of characters."""
MAX_BODY_BYTES = 1024 * 1024
"""Larger bodies of older messages are not read again."""
MAX_BYTES = 4 * MAX_BODY_BYTES
"""Of bodies that are read at once."""

ID_WIDTH = 30
"""Characters of a message's id."""

_MOVE: Mapping[str, Sequence[str]] = {
    "sqlite": (
        """
        INSERT INTO search_terms (segment, term, number)
        SELECT :segment, one.value, recent.number FROM (
            SELECT terms, row_number() OVER (ORDER BY message_id) - 1 AS number FROM search_recent
            WHERE message_id <= :until AND edition = :edition
        ) AS recent, json_each(recent.terms) AS one ORDER BY one.value, recent.number
        """,
        """
        UPDATE search_segments SET message_ids = (
            SELECT CAST(group_concat(substr(message_id || :blanks, 1, :width), '') AS BLOB) FROM (
                SELECT message_id FROM search_recent WHERE message_id <= :until AND edition = :edition
                ORDER BY message_id
            )
        ) WHERE id = :segment
        """,
        "DELETE FROM search_recent WHERE message_id <= :until AND edition = :edition",
    ),
    "postgresql": (
        """
        WITH moved AS (
            DELETE FROM search_recent WHERE message_id IN (
                SELECT message_id FROM search_recent WHERE message_id <= :until AND edition = :edition
                FOR UPDATE SKIP LOCKED
            ) RETURNING message_id, terms
        ), numbered AS (
            SELECT message_id, terms, row_number() OVER (ORDER BY message_id) - 1 AS number FROM moved
        ), added AS (
            INSERT INTO search_terms (segment, term, number)
            SELECT :segment, term, number FROM numbered, json_array_elements_text(terms::json) AS one(term)
            ORDER BY term, number
        )
        UPDATE search_segments SET message_ids = (
            SELECT coalesce(convert_to(string_agg(rpad(message_id, :width), '' ORDER BY number), 'UTF8'), '')
            FROM numbered
        ) WHERE id = :segment
        """,
    ),
}
"""The databases spell these differently. In PostgreSQL it is one statement, since other processes add rows too."""


_ADD = "INSERT INTO search_recent (message_id, edition, terms) SELECT key, ?, value FROM json_each(?)"
"""Takes all messages as one value. With a value for each column of each row, ``sqlite3`` takes most of the time."""


class MessageTerms(NamedTuple):
    message_id: MessageId
    edition: int
    """The edition of ``SearchSettings`` under which the terms were found."""
    terms: tuple[str, ...]


def add(tx: Connection, found: Iterable[MessageTerms]) -> None:
    """Store the search terms of new messages. A message without terms needs no row."""
    if tx.dialect.name != "sqlite":
        insert(tx, search_recent, [_recent(one) for one in found if one.terms])
        return
    by_edition: dict[int, list[str]] = {}
    for message_id, edition, terms in found:
        if terms:
            by_edition.setdefault(edition, []).append(f'"{message_id}":{_json(terms)}')
    for edition, messages_of in by_edition.items():
        tx.exec_driver_sql(_ADD, (edition, f"{{{','.join(messages_of)}}}"))


def full_segment(tx: Connection) -> MessageId | None:
    """The last of the oldest messages that fill a segment; ``None`` while there are fewer."""
    oldest = select(search_recent.c.message_id).order_by(search_recent.c.message_id)
    return tx.execute(oldest.offset(SEGMENT - 1).limit(1)).scalar()


def move(tx: Connection, until: MessageId) -> int:
    """Move the terms of messages up to this one into a segment. Returns of how many messages.

    Only those of the earliest edition, if there are several; call it again for the others.
    """
    recent = search_recent.c
    ends = select(recent.edition, func.min(recent.message_id), func.max(recent.message_id))
    row = tx.execute(
        ends.where(recent.message_id <= until).group_by(recent.edition).order_by(recent.edition).limit(1)
    ).first()
    if row is None:
        return 0
    edition, first, last = row
    segment = _new_segment(tx, edition, first, last)
    parameters = {"segment": segment, "until": until, "edition": edition, "width": ID_WIDTH, "blanks": " " * ID_WIDTH}
    for each in _MOVE[tx.dialect.name]:
        tx.execute(text(each), parameters)
    mine = search_segments.c.id == segment
    moved = tx.execute(select(func.length(search_segments.c.message_ids)).where(mine)).scalar_one() // ID_WIDTH
    if not moved:  # another process was faster
        tx.execute(delete(search_segments).where(mine))
    return int(moved)


def older(tx: Connection, before: str, limit: int) -> list[tuple[MessageId, str, bytes]]:
    """Id, event type and body of the newest messages before this id, newest first.

    Fewer than ``limit`` when their bodies would have more than ``MAX_BYTES``; none only when there are none. A very
    large or damaged body is empty.
    """
    id = messages.c.id
    last = _last_of(tx, select(id, _LENGTH, _HEAD).where(id < before).order_by(id.desc()).limit(limit))
    query = select(id, messages.c.event_type, _BODY).where(id < before, id >= last).order_by(id.desc())
    found = tx.execute(query.limit(limit)) if last else ()
    return [(MessageId(row.id), row.event_type, readable(row.body)) for row in found]


def newer(tx: Connection, after: str, end: str, limit: int) -> list[tuple[MessageId, bytes]]:
    """Id and body of the oldest messages after one id and before another, oldest first; limited as in ``older``."""
    id = messages.c.id
    last = _last_of(tx, select(id, _LENGTH, _HEAD).where(id > after, id < end).order_by(id).limit(limit))
    query = select(id, _BODY).where(id > after, id <= last).order_by(id)
    found = tx.execute(query.limit(limit)) if last else ()
    return [(MessageId(row.id), readable(row.body)) for row in found]


_LENGTH, _HEAD = func.length(messages.c.body), head_of(messages.c.body)
_BODY = up_to(messages.c.body, MAX_BODY_BYTES).label("body")


def _last_of(tx: Connection, lengths: Select[Any]) -> str:
    """The last of these messages whose bodies can be read at once; empty if there are none."""
    last, total = "", 0
    for id, stored, head in tx.execute(lengths):
        length = size_of(head, stored)
        total += length if length <= MAX_BODY_BYTES else 0
        if last and total > MAX_BYTES:
            break
        last = id
    return last


def end_of_older(tx: Connection, *, indexed: bool) -> str:
    """The id before which messages are to be indexed; empty if there are no messages.

    ``indexed``: the terms that wait to be moved are those of all messages since their oldest.
    """
    known = select(func.min(search_recent.c.message_id))
    if indexed and (first := tx.execute(known).scalar()):
        return str(first)
    newest = tx.execute(select(messages.c.id).order_by(messages.c.id.desc()).limit(1)).scalar()
    return f"{newest}~" if newest else ""


def add_older(tx: Connection, found: Iterable[MessageTerms]) -> None:
    """Store the search terms of older messages. One that is there already stays as it is."""
    insert_new(tx, search_recent, [_recent(one) for one in found if one.terms], ("message_id",))


def has_earlier(tx: Connection, edition: int) -> bool:
    """Whether terms of an earlier edition still wait to be moved."""
    earlier = select(search_recent.c.message_id).where(search_recent.c.edition < edition)
    return tx.execute(earlier.limit(1)).first() is not None


def outdated(tx: Connection, edition: int) -> int | None:
    """A segment of an earlier edition; ``None`` if there is none."""
    return tx.execute(select(search_segments.c.id).where(search_segments.c.edition < edition).limit(1)).scalar()


def shrink(tx: Connection, segment: int, limit: int) -> int:
    """Delete up to about ``limit`` terms of a segment, and the segment when none are left. Returns how many."""
    mine = search_terms.c.segment == segment
    end = select(search_terms.c.term).where(mine).order_by(search_terms.c.term).offset(limit).limit(1)
    term = tx.execute(end).scalar()
    if term is not None:
        # A term that very many messages share may be the first and the last: then it goes whole.
        upto = search_terms.c.term < term
        deleted = tx.execute(delete(search_terms).where(mine, upto)).rowcount
        return deleted or tx.execute(delete(search_terms).where(mine, search_terms.c.term == term)).rowcount
    deleted = tx.execute(delete(search_terms).where(mine)).rowcount
    tx.execute(delete(search_segments).where(search_segments.c.id == segment))
    return deleted


def prune(tx: Connection, before: Millis, *, cursor: str, limit: int) -> PruneStep:
    """Delete the terms of messages that were deleted. Looks at one segment older than that time, after ``cursor``.

    A segment goes as a whole, when none of its messages is left. The terms of a deleted message find nothing.
    """
    segments = search_segments.c
    end = earliest(MessageId, before)
    old = select(segments.id, segments.first_id, segments.last_id).where(
        segments.last_id >= cursor, segments.last_id < end
    )
    row = tx.execute(old.order_by(segments.last_id).limit(1)).first()
    if row is None:
        gone = delete(search_recent).where(
            search_recent.c.message_id < end,
            search_recent.c.message_id.not_in(select(messages.c.id).where(messages.c.id < end)),
        )
        return PruneStep(tx.execute(gone).rowcount, 0, DONE)
    mine = select(messages.c.id).where(messages.c.id.between(row.first_id, row.last_id))
    if tx.execute(mine.limit(1)).first():
        return PruneStep(0, 0, f"{row.last_id}~")
    return PruneStep(shrink(tx, row.id, 10 * limit), 0, row.last_id)


def _new_segment(tx: Connection, edition: int, first: str, last: str) -> int:
    values = {"edition": edition, "first_id": first, "last_id": last, "message_ids": b""}
    [segment] = tx.execute(search_segments.insert().values(values)).inserted_primary_key or (0,)
    return int(segment)


def _recent(one: MessageTerms) -> dict[str, Any]:
    return {"message_id": one.message_id, "edition": one.edition, "terms": _json(one.terms)}


def _json(terms: tuple[str, ...]) -> str:
    # Terms hold no character that JSON escapes: see ``domain.search_terms.normalised``.
    return '["' + '","'.join(terms) + '"]'
