"""The rows before and after one of the log, as its filters list them."""

import time
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select

from server.domain.ids import AttemptId, MessageId
from server.store.log_search import LogSearch, attempt_fits, message_fits
from server.store.logs import FIRST_WINDOW, LAST_WINDOW, attempt_page, bounds_of, message_page, of_currency
from server.store.schema import attempts, messages

BUDGET_SECONDS = 0.01
"""How long each look takes, of up to three."""
LISTED = 100
"""Rows that are listed to find the nearest of them."""
CANDIDATES = 50
"""Rows of a window whose payloads are read."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    message_id: MessageId
    attempt_id: AttemptId | None = None


def neighbours(
    tx: Connection, search: LogSearch, message_id: MessageId, attempt_id: AttemptId | None
) -> tuple[Neighbour | None, Neighbour | None]:
    """The next older and the next newer row of another message; ``None`` where none is, or none was found in time.

    ``attempt_id``: look among attempts, around this one; otherwise among messages.
    """
    return _older(tx, search, message_id, attempt_id), _newer(tx, search, message_id, attempt_id)


def _older(tx: Connection, search: LogSearch, message_id: MessageId, attempt_id: AttemptId | None) -> Neighbour | None:
    older = replace(search, before=attempt_id or message_id)
    found, _ = _listed(tx, older, attempt_id, LISTED if attempt_id else 1)
    return next((each for each in found if each.message_id != message_id), None)


def _newer(tx: Connection, search: LogSearch, message_id: MessageId, attempt_id: AttemptId | None) -> Neighbour | None:
    """Searches upwards first: where many rows match, the next one is near. Of a few, all are listed."""
    newer = replace(search, after=attempt_id or message_id)
    if not search.text and (found := _upwards(tx, newer, message_id, attempt_id)):
        return found
    listed, whole = _listed(tx, newer, attempt_id, LISTED)
    return next((each for each in reversed(listed) if each.message_id != message_id), None) if whole else None


def _listed(
    tx: Connection, search: LogSearch, attempt_id: AttemptId | None, limit: int
) -> tuple[list[Neighbour], bool]:
    """The newest matching rows, and whether these are all."""
    if attempt_id:
        made = attempt_page(tx, search, limit, BUDGET_SECONDS)
        rows = [Neighbour(row.message_id, row.id) for row in made.rows]
        return rows, made.searched_to is None and len(rows) < limit
    found = message_page(tx, search, limit, BUDGET_SECONDS)
    return [Neighbour(row.id) for row in found.rows], found.searched_to is None and len(found.rows) < limit


def _upwards(
    tx: Connection, search: LogSearch, message_id: MessageId, attempt_id: AttemptId | None
) -> Neighbour | None:
    """The next newer match, if it is found in time."""
    until = time.monotonic() + BUDGET_SECONDS
    table: Any = attempts if attempt_id else messages
    of = attempts.c.message_id if attempt_id else messages.c.id
    fits = attempt_fits(search) if attempt_id else message_fits(search)
    own = table.c.source_id == search.source_id
    _, before = bounds_of(search, AttemptId if attempt_id else MessageId)
    after: str = search.after
    size = FIRST_WINDOW
    while True:
        bound = (own, table.c.id > after, *([table.c.id < before] if before else []))
        last = tx.execute(select(table.c.id).where(*bound).order_by(table.c.id).limit(1).offset(size - 1)).scalar()
        match = select(of, table.c.id).where(*bound, fits, of != message_id).order_by(table.c.id)
        if last is not None:
            match = match.where(table.c.id <= last)
        rows = tx.execute(match.limit(CANDIDATES if search.currency else 1)).all()
        kept = of_currency(tx, [MessageId(row[0]) for row in rows], search.currency) if search.currency else None
        for found, id in rows:
            if kept is None or found in kept:
                return Neighbour(MessageId(found), AttemptId(id) if attempt_id else None)
        if last is None or time.monotonic() >= until or len(rows) == CANDIDATES:
            return None
        after, size = last, min(2 * size, LAST_WINDOW)
