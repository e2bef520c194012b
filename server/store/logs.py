"""Pages of the log: the messages or attempts that match filters, newest first, found within a bounded time.

Filters that few rows match could read the whole table. So the rows are read in windows, newest first, until the page is
full, everything was searched, or the time is up; then the page says how far it came (``Found.searched_to``) and the
reader continues from there. Where an index leads to the few rows that matter (an endpoint, a rare state, a contract's
findings, what the search box found), the windows go over that index instead of over the source's rows.
"""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    false,
    func,
    select,
    text,
)

from server.domain.ids import PREFIXES, AttemptId, MessageId, Millis, SourceId, as_stored, earliest
from server.domain.messages import Attempt, Origin
from server.domain.payload_summary import MAX_READ_BYTES, PayloadSummary, is_in_currency, summary_of
from server.domain.verdicts import Grade
from server.store import attempts as attempt_rows
from server.store import options, stretches
from server.store.beginnings import begins_with
from server.store.compression import readable, up_to
from server.store.log_search import (
    LogSearch,
    attempt_fits,
    begins,
    delivery_fits,
    leading,
    message_fits,
    of_types,
    waiting,
)
from server.store.schema import attempts, deliveries, messages
from server.store.search import find, leads_to_messages

PAGE = 50
BUDGET_SECONDS = 0.015
"""How long a page searches. A window that has begun is finished, so that it may take a little longer."""
FIRST_WINDOW, LAST_WINDOW = 256, 4096
"""Rows of the first window and of the largest one; each is twice as large as the one before."""
READ_WINDOW = 512
"""The largest window in which payloads are read, which takes longer than the rest of a row."""
MAX_IDS = 500
"""The most messages that a search by id leads to directly; a beginning that more have is looked for in windows."""
MAX_EVERY, EVERY_SECONDS = 5_000, 0.035
"""A page of attempts looks at up to so many messages that the search box finds, and may take so much longer for it."""
MAX_ATTEMPTS = 25_000
"""The most attempts of these whose ids are read."""
FEW_ATTEMPTS = 5_000
"""Attempts of messages of a rare event type; of more, windows are better."""
MAX_RARE, MAX_FRESH = 1_000, 20_000
"""Attempts of an event type, and messages of it at an endpoint, are found among all messages of the type if these are
few, beside those not counted yet, which are read one by one."""
RARE_SECONDS = 0.1
"""How long that takes at most; longer where many messages were deleted, whose stretches are there still."""
READ_AT_ONCE = 60
"""Messages of a stretch."""
LOOKS_AT_ONCE = 20
"""Looks into stretches between which the time is not checked: each page comes further."""
IDS_AT_ONCE = 200
MESSAGES, ATTEMPTS = f"{PREFIXES[MessageId]}_", f"{PREFIXES[AttemptId]}_"

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Found(Generic[R]):
    """A page of rows. ``searched_to``: the id at which the time was up; ``None`` when everything was searched."""

    rows: Sequence[R]
    searched_to: str | None = None


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message of the log."""

    id: MessageId
    source_id: SourceId
    webhook_id: str
    event_type: str
    origin: Origin
    received_at: Millis
    summary: PayloadSummary


def message_page(
    tx: Connection, search: LogSearch, limit: int = PAGE, budget_seconds: float = BUDGET_SECONDS
) -> Found[MessageRow]:
    """The newest messages that match, newest first."""
    until = time.monotonic() + budget_seconds
    bounds = bounds_of(search, MessageId)
    search, ids, searched_to = _resolved(tx, search, bounds[1], until)
    columns = [column for column in messages.c if column.name != "body"]
    query = select(*columns, _short_body()).where(message_fits(search))

    def rows(wanted: ColumnElement[bool], most: int) -> list[MessageRow]:
        narrowed = query.where(wanted).order_by(messages.c.id.desc())
        if not search.currency:
            return [_message_row(row) for row in tx.execute(narrowed.limit(most)).mappings()]
        found = (row for row in tx.execute(narrowed).mappings() if _in_currency(row, search.currency))
        return [_message_row(row) for row in islice(found, most)]

    led_by = leading(search)
    if ids is None:
        ids = waiting(tx, search)
    if ids is None and led_by is not None:
        ids = _of_rare_types(tx, search)
    if ids is not None:
        return _cut_off(_among(ids, messages.c.id, bounds, rows, limit), limit, searched_to)
    if led_by is not None:
        return _by_deliveries(tx, search, led_by, rows, limit, until)
    own = messages.c.source_id == search.source_id
    if event_types := _types(tx, search):
        return _by_stretches(tx, search, event_types, rows, limit, until)
    whole = search == LogSearch(search.source_id, before=search.before, after=search.after)
    largest = 0 if whole else READ_WINDOW if search.currency else LAST_WINDOW
    return _in_windows(tx, messages.c.id, own, bounds, rows, limit, until, largest)


def attempt_page(
    tx: Connection, search: LogSearch, limit: int = PAGE, budget_seconds: float = BUDGET_SECONDS
) -> Found[Attempt]:
    """The newest attempts that match, newest first, without their bodies."""
    until = time.monotonic() + budget_seconds
    bounds = bounds_of(search, AttemptId)
    beginning = as_stored(search.text)
    by_id = begins_with(attempts.c.id, beginning) if beginning.startswith(ATTEMPTS) else None
    search, ids, searched_to = _resolved_for_attempts(tx, search if by_id is None else replace(search, text=""), until)
    query = attempt_rows.selected(bodies=False).where(attempt_fits(search))

    def rows(wanted: ColumnElement[bool], most: int) -> list[Attempt]:
        narrowed = query.where(wanted).order_by(attempts.c.id.desc())
        if not search.currency:
            return [attempt_rows.read(row) for row in tx.execute(narrowed.limit(most)).mappings()]
        made = tx.execute(narrowed).mappings().all()
        kept = of_currency(tx, {row["message_id"] for row in made}, search.currency)
        return [attempt_rows.read(row) for row in made if row["message_id"] in kept][:most]

    if ids is None and not search.text and by_id is None:
        ids = _of_rare_types(tx, search)
        ids = ids if ids is not None and _has_few_attempts(tx, ids) else None
    if ids is not None:
        found = _of_messages(tx, query, ids, bounds, search.currency, limit)
        return found if found.searched_to else _cut_off(found, limit, searched_to.replace(MESSAGES, ATTEMPTS))
    own: ColumnElement[bool] = attempts.c.source_id == search.source_id
    if by_id is not None:
        own = and_(own, by_id)
    elif search.text:
        query = query.join(messages, messages.c.id == attempts.c.message_id).where(begins(search.text))
    elif search.endpoint_id:
        own = attempts.c.endpoint_id == search.endpoint_id
    elif search.grades and Grade.FITS not in search.grades:
        own = and_(own, text("attempts.verdict >= 1"))  # the condition of the partial index
    plain = LogSearch(search.source_id, endpoint_id=search.endpoint_id, before=search.before, after=search.after)
    largest = 0 if search == plain else READ_WINDOW if search.currency else LAST_WINDOW
    return _in_windows(tx, attempts.c.id, own, bounds, rows, limit, until, largest)


def _resolved_for_attempts(
    tx: Connection, search: LogSearch, until: float
) -> tuple[LogSearch, list[MessageId] | None, str]:
    """Like ``_resolved``, with the messages of all pages: an attempt may be made long after its message came.

    Where these are too many, only messages that came before what the page begins with: an attempt comes after its
    message, so late attempts of messages further back are missing.
    """
    before, end = (
        bounds_of(each, AttemptId)[1].replace(ATTEMPTS, MESSAGES) for each in (search, replace(search, before=""))
    )
    resolved = _resolved(tx, search, end, until + EVERY_SECONDS, MAX_EVERY)
    return _resolved(tx, search, before, until) if resolved[2] and before != end else resolved


def _resolved(
    tx: Connection, search: LogSearch, before: str, until: float, most: int | None = None
) -> tuple[LogSearch, list[MessageId] | None, str]:
    """What the text in the search box stands for: other filters, or messages, newest first. And the id at which looking
    for these was cut off; empty when it was not. ``before``: the message that they are older than, or empty.

    If very many messages have an id with this beginning, the text stays, to be looked for in windows.
    """
    if not search.text:
        return search, None, ""
    beginning = as_stored(search.text)
    if beginning in (MESSAGES, ATTEMPTS):  # half an id: every row has it
        return replace(search, text=""), None, ""
    own = messages.c.source_id == search.source_id
    by_id = select(messages.c.id).where(own, begins_with(messages.c.id, beginning)).limit(MAX_IDS + 1)
    by_event = select(messages.c.id).where(own, begins_with(messages.c.webhook_id, search.text)).limit(MAX_IDS + 1)
    ids = {*tx.execute(by_id).scalars(), *tx.execute(by_event).scalars()}
    if len(ids) > MAX_IDS:
        return search, None, ""
    found = find(tx, search.source_id, search.text, before=before, limit=most, until=until)
    if found.event_types:
        return replace(search, text="", event_types=found.event_types), None, ""
    if found.endpoint_ids and not (ids or found.message_ids or found.searched_to or _is_earlier(tx, search, before)):
        return replace(search, text="", endpoint_ids=found.endpoint_ids), None, ""
    kept = {id for id in (*ids, *found.message_ids) if id >= found.searched_to}
    return replace(search, text=""), sorted(kept, reverse=True), found.searched_to


def _is_earlier(tx: Connection, search: LogSearch, before: str) -> bool:
    """Whether the text leads to messages on other pages, so that it is no filter by endpoint on this one."""
    return bool(before) and leads_to_messages(tx, search.source_id, search.text)


def _cut_off(found: Found[R], limit: int, searched_to: str) -> Found[R]:
    """The page, which says where the search was cut off unless it is full."""
    return Found(found.rows, searched_to) if searched_to and len(found.rows) < limit else found


def summaries(tx: Connection, ids: Sequence[MessageId]) -> dict[MessageId, PayloadSummary]:
    """What rows show of the payloads of these messages."""
    known: dict[MessageId, PayloadSummary] = {}
    for part in _parts(sorted(set(ids))):
        query = select(messages.c.id, messages.c.event_type, _short_body()).where(messages.c.id.in_(part))
        for id, event_type, body in tx.execute(query):
            known[MessageId(id)] = summary_of(event_type, readable(body) or None)
    return known


Bounds = tuple[str, str]
"""The id that rows are newer than or equal to, and the id that they are older than; empty texts for no bound."""

Rows = Callable[[ColumnElement[bool], int], list[R]]
"""Returns the matching rows for which a condition holds, at most so many."""


def _in_windows(
    tx: Connection,
    id: Any,
    own: ColumnElement[bool],
    bounds: Bounds,
    rows: Rows[R],
    limit: int,
    until: float,
    largest: int,
) -> Found[R]:
    """Search the rows of a condition that has an index ending in their id, in windows of up to ``largest`` rows.

    With 0 every row matches, so that there is nothing to search.
    """
    least, before = bounds
    if not largest:
        return Found(rows(and_(own, _within(id, bounds)), limit))
    found: list[R] = []
    size = FIRST_WINDOW
    while True:
        bound = _within(id, (least, before))
        last = tx.execute(select(id).where(own, bound).order_by(id.desc()).limit(1).offset(size - 1)).scalar()
        found += rows(and_(own, _within(id, (last or least, before))), limit - len(found))
        if len(found) >= limit or last is None:
            return Found(found)
        if time.monotonic() >= until:
            return Found(found, last)
        before, size = last, min(2 * size, largest)


def _by_deliveries(
    tx: Connection, search: LogSearch, led_by: ColumnElement[bool], rows: Rows[R], limit: int, until: float
) -> Found[R]:
    """Search the messages of deliveries with a condition that has an index ending in the message, in windows."""
    least, before = bounds_of(search, MessageId)
    of = deliveries.c.message_id
    wanted = and_(led_by, *delivery_fits(search))
    found: list[R] = []
    size = FIRST_WINDOW
    while True:
        bound = _within(of, (least, before))
        last = tx.execute(select(of).where(led_by, bound).order_by(of.desc()).limit(1).offset(size - 1)).scalar()
        ids = tx.execute(
            select(of).where(wanted, _within(of, (last or least, before))).order_by(of.desc()).limit(size)
        ).scalars()
        for part in _parts(list(dict.fromkeys(ids))):
            found += rows(messages.c.id.in_(part), limit - len(found))
            if len(found) >= limit:
                return Found(found)
        if last is None:
            return Found(found)
        if time.monotonic() >= until:
            return Found(found, last)
        before, size = last, min(2 * size, READ_WINDOW if search.currency else LAST_WINDOW)


def _types(tx: Connection, search: LogSearch) -> list[str]:
    """The event types that are searched for; none if all are, or if windows are better: for many types, and while
    nothing says which messages are in stretches."""
    if options.counted_until(tx) in (None, options.AFTER_ALL):
        return []
    if search.event_type.endswith(".*"):
        types = stretches.types_like(tx, search.source_id, search.event_type[:-1])
        types = types or [search.event_type]
    else:
        types = [search.event_type] if search.event_type else list(search.event_types)
    return types if len(types) <= stretches.MAX_TYPES else []


def _by_stretches(
    tx: Connection, search: LogSearch, event_types: Sequence[str], rows: Rows[R], limit: int, until: float
) -> Found[R]:
    """Search the newest messages in windows, and those that are in stretches where the event types are."""
    own = messages.c.source_id == search.source_id
    least, before = bounds_of(search, MessageId)
    counted = options.counted_until(tx) or ""
    largest = READ_WINDOW if search.currency else LAST_WINDOW
    fresh = f"{counted}0"  # the next id after it
    found: list[R] = []
    if not before or before > fresh:
        newest = _in_windows(tx, messages.c.id, own, (max(least, fresh), before), rows, limit, until, largest)
        found += newest.rows
        if len(found) >= limit or newest.searched_to:
            return Found(found, newest.searched_to)
        before = fresh
    ids: list[MessageId] = []
    size = min(limit, IDS_AT_ONCE)
    for looked, (some, reached) in enumerate(_ids_of_types(tx, search, event_types, least, before), 1):
        ids += some
        over = time.monotonic() >= until
        if len(ids) < size and (looked % LOOKS_AT_ONCE or not over):
            continue
        found += rows(messages.c.id.in_(ids), limit - len(found)) if ids else []
        if len(found) >= limit:
            return Found(found)
        if over:
            return Found(found, reached)
        ids, size = [], min(2 * size, IDS_AT_ONCE)
    found += rows(messages.c.id.in_(ids), limit - len(found)) if ids else []
    return Found(found)


def _ids_of_types(
    tx: Connection, search: LogSearch, event_types: Sequence[str], least: str, before: str
) -> Iterator[tuple[list[MessageId], str]]:
    """The messages in stretches of the event types, newest first, read as they are asked for; some may be deleted.

    Each time a few of them, or none, and the id down to which there are no more.
    """
    while not before or least < before:
        part, ends = stretches.newest(tx, search.source_id, event_types, least, before)
        for first, last in part:
            if first == last:
                yield [MessageId(first)], first
                continue
            below = before
            while below > first or not below:
                own = and_(messages.c.source_id == search.source_id, _within(messages.c.id, (first, below)))
                query = select(messages.c.id).where(own, messages.c.id <= last, of_types(search))
                ids = list(tx.execute(query.order_by(messages.c.id.desc()).limit(READ_AT_ONCE)).scalars())
                below = MessageId(first) if len(ids) < READ_AT_ONCE else ids[-1]
                yield ids, below
        if not ends:
            return
        before = ends


def _of_rare_types(tx: Connection, search: LogSearch) -> list[MessageId] | None:
    """All messages of the event types, newest first, if they are few and found in time."""
    event_types = _types(tx, search)
    counted = options.counted_until(tx)
    if not event_types or not counted or stretches.count(tx, search.source_id, event_types, MAX_RARE) > MAX_RARE:
        return None
    own = and_(messages.c.source_id == search.source_id, messages.c.id > counted)
    fresh = tx.execute(select(messages.c.id, of_types(search)).where(own).limit(MAX_FRESH + 1)).all()
    if len(fresh) > MAX_FRESH:
        return None
    found = {MessageId(id) for id, fits in fresh if fits}
    until = time.monotonic() + RARE_SECONDS
    for ids, _ in _ids_of_types(tx, search, event_types, "", f"{counted}0"):
        found.update(ids)
        if time.monotonic() >= until:
            return None
    return sorted(found, reverse=True)


def _has_few_attempts(tx: Connection, ids: Sequence[MessageId]) -> bool:
    made = select(func.count()).select_from(attempts)
    return (
        sum(tx.execute(made.where(attempts.c.message_id.in_(part))).scalar_one() for part in _parts(ids)) < FEW_ATTEMPTS
    )


def _among(ids: Sequence[str], id: Any, bounds: Bounds, rows: Rows[R], limit: int) -> Found[R]:
    """The rows among some with known ids, newest first."""
    least, before = bounds
    kept = [each for each in ids if each >= least and (not before or each < before)]
    found: list[R] = []
    for part in _parts(kept):
        found += rows(id.in_(part), limit - len(found))
        if len(found) >= limit:
            break
    return Found(found)


def _of_messages(
    tx: Connection, query: Select[Any], ids: Sequence[MessageId], bounds: Bounds, currency: str, limit: int
) -> Found[Attempt]:
    """The attempts of some messages, given newest first, newest first; of very many, those of the newest messages.

    First only their ids: beside other conditions, SQLite does not choose the index of messages, and with an order it
    walks all attempts.
    """
    least, before = bounds
    came = [id for id in ids if not before or id < before.replace(ATTEMPTS, MESSAGES)]  # before their attempts
    made: list[str] = []
    searched_to: str | None = None
    for part in _parts(sorted(of_currency(tx, came, currency), reverse=True) if currency else came):
        of_part = tx.execute(select(attempts.c.id).where(attempts.c.message_id.in_(part))).scalars()
        made += [id for id in of_part if id >= least and (not before or id < before)]
        if len(made) >= MAX_ATTEMPTS and part[-1] != came[-1]:
            searched_to = part[-1].replace(MESSAGES, ATTEMPTS)
            break
    found: list[Attempt] = []
    for newest in _parts(sorted(made, reverse=True)):
        narrowed = query.where(attempts.c.id.in_(newest)).order_by(attempts.c.id.desc()).limit(limit - len(found))
        found += [attempt_rows.read(row) for row in tx.execute(narrowed).mappings()]
        if len(found) >= limit:
            return Found(found)
    return Found(found, searched_to)


def of_currency(tx: Connection, ids: Collection[MessageId], currency: str) -> set[MessageId]:
    """The messages among these whose rows show an amount in a currency."""
    kept: set[MessageId] = set()
    for part in _parts(sorted(ids)):
        query = select(messages.c.id, messages.c.event_type, _short_body()).where(messages.c.id.in_(part))
        kept |= {MessageId(row["id"]) for row in tx.execute(query).mappings() if _in_currency(row, currency)}
    return kept


def _in_currency(row: RowMapping, currency: str) -> bool:
    return is_in_currency(row["event_type"], readable(row["short_body"]) or None, currency)


def bounds_of(search: LogSearch, kind: Callable[[str], Any]) -> Bounds:
    """The bounds of ids: an id begins with the moment at which it was minted, so a time needs no index of its own."""
    least = [str(earliest(kind, search.start))] if search.start is not None else []
    before = [search.before] if search.before else []
    before += [str(earliest(kind, search.end))] if search.end is not None else []
    newer = [f"{search.after}0"] if search.after else []  # the next id after it: ids have one length
    return max([*least, *newer], default=""), min(before, default="")


def _within(id: Any, bounds: Bounds) -> ColumnElement[bool]:
    least, before = bounds
    wanted = ([id >= least] if least else []) + ([id < before] if before else [])
    return and_(*wanted) if wanted else ~false()


def _short_body() -> ColumnElement[Any]:
    """The body, if it is short enough to be read for a list."""
    return up_to(messages.c.body, MAX_READ_BYTES).label("short_body")


def _message_row(row: RowMapping) -> MessageRow:
    return MessageRow(
        id=MessageId(row["id"]),
        source_id=SourceId(row["source_id"]),
        webhook_id=row["webhook_id"],
        event_type=row["event_type"],
        origin=Origin(row["origin"]),
        received_at=row["received_at"],
        summary=summary_of(row["event_type"], readable(row["short_body"]) or None),
    )


def _parts(ids: Sequence[R]) -> list[Sequence[R]]:
    return [ids[at : at + IDS_AT_ONCE] for at in range(0, len(ids), IDS_AT_ONCE)]
