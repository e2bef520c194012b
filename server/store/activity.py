"""Activity: counts of attempts and received messages by time, endpoint and event type.

The transaction that records attempts also adds one row for each endpoint and event type in it to
``activity_batches``: a plain insert, which waits for no other process. ``add_up`` moves these rows into ``activity`` in
the background. So at each moment every attempt is counted exactly once, in one of the two tables, and what is read here
is the sum of both.

Received messages cost their transaction nothing: ``add_up`` counts them in the order of their ids, up to
``options.counted_until``; what is read here adds the newer ones. The same steps store ``stretches``. Only a message
that comes with an id before that is counted by its own transaction.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    RowMapping,
    Select,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    text,
)

from server.domain.activity import (
    ENDINGS,
    KEPT_MS,
    Cell,
    Counts,
    Key,
    Size,
    Tally,
    cell_of,
    dump_durations,
    load_durations,
    rolled_up,
    rows_of,
    spans,
)
from server.domain.ids import EndpointId, MessageId, Millis, SourceId, earliest
from server.domain.messages import Attempt, AttemptOutcome, Message, Origin
from server.store import options, stretches
from server.store.rows import delete_all, insert, replace_all, stored
from server.store.schema import activity, activity_batches, attempts, messages

MAX_BATCHES = 20_000
"""Most rows of ``activity_batches`` that a page adds up. There are more only while the counter fails."""
MAX_GROUPS = 500
"""Most event types of one list."""

STRETCHED = 5_000
"""Messages whose stretches are stored together."""
MAX_MESSAGES = 20_000
"""Most messages that a page counts because ``add_up`` did not yet."""
COMMITTED_MS: Millis = 30_000
"""A message whose id is older than this is committed, or finds when it is stored that it was passed: ``count_late``."""
OUTDATED_MS: Millis = 15_000
"""On PostgreSQL a transaction that stores a message with an id as old as this, by the database's clock, keeps
``add_up`` from passing it meanwhile. That happens where a clock is wrong or the load is far too high."""
REBUILT_MS: Millis = 600_000
"""As ``COMMITTED_MS`` for ``rebuild``, which is too long to keep anybody waiting."""

COUNTED = ("received", *ENDINGS)
"""The columns of numbers."""

_WRONG = activity.c.failed + activity.c.transform_failed
_ATTEMPTS = activity.c.succeeded + activity.c.captured + activity.c.cancelled + _WRONG
"""``Counts.wrong`` and ``Counts.attempts``, in SQL."""

_LOCK = 0x486F6F6B_41637476
"""The number of the advisory lock of whoever writes ``activity``."""
_PASSING = 0x486F6F6B_50617373
"""That of whoever moves ``counted_until``, and of those who share it while they store messages with outdated ids."""


def count_attempts(tx: Connection, ended: Iterable[Attempt]) -> None:
    """Count attempts in the transaction that stores them."""
    found: dict[Cell, Counts] = {}
    for attempt in ended:
        cell = cell_of(attempt.source_id, attempt.endpoint_id, attempt.event_type, attempt.started_at)
        counts = found.get(cell)
        if counts is None:
            counts = found[cell] = Counts()
        counts.count(attempt.outcome, round(attempt.duration_ms * 1000))
    _insert(tx, found)


def count_late(tx: Connection, came: Sequence[Message], counted: options.Counted) -> None:
    """Count messages whose ids ``add_up`` has passed already, in the transaction that stores them.

    There are such when a clock was set back, or the clocks of two machines differ. ``counted``: read in this
    transaction. On PostgreSQL ``add_up`` could pass an outdated id between that and the commit, so what was passed is
    read again under a lock; other ids it passes only if this transaction takes 15 s. While ``rebuild`` runs, one that
    is 10 minutes old may be missed; the next ``rebuild`` finds it.
    """
    until = counted.until
    if counted.clock is not None and _has_outdated(came, counted.clock):
        tx.execute(text("SELECT pg_advisory_xact_lock_shared(:number)"), {"number": _PASSING})
        until = options.counted_until(tx)
    if until is None or until == options.AFTER_ALL:
        return
    late = sorted((message for message in came if message.id <= until), key=lambda message: message.id)
    stretches.add(tx, [(one.id, one.source_id, one.event_type) for one in late])
    _insert(tx, {cell: Counts(succeeded=counts.received) for cell, counts in _cells((), late).items()})


def _has_outdated(came: Sequence[Message], clock: Millis) -> bool:
    outdated = earliest(MessageId, clock - OUTDATED_MS)
    return any(message.id < outdated for message in came)


def add_up(tx: Connection, now: Millis, limit: int) -> int:
    """Move up to ``limit`` rows of ``activity_batches`` into ``activity``, and count as many messages there.

    Returns how many of either, whichever is more; 0 when there are none, and while another process does it.
    """
    if not _try_lock(tx):
        return 0
    if tx.dialect.name != "sqlite":
        tx.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _PASSING})
    return _add_up(tx, now, limit, _before(tx, now, COMMITTED_MS))


def _before(tx: Connection, now: Millis, age: Millis) -> MessageId:
    """The id before which messages are that old, by the clock of this process and by that of the database."""
    clock = options.clock(tx)
    return earliest(MessageId, (now if clock is None else min(now, clock)) - age)


def _add_up(tx: Connection, now: Millis, limit: int, before: MessageId) -> int:
    rows = tx.execute(select(activity_batches).order_by(activity_batches.c.id).limit(limit)).mappings().all()
    after = options.counted_until(tx) or ""
    came = _messages(tx, limit, messages.c.id > after, messages.c.id < before)
    if not rows and not came:
        return 0
    _add(tx, rolled_up(_cells(rows, came).items(), now))
    stretches.add(tx, [(one.id, one.source_id, one.event_type) for one in came])
    if came:
        options.set_counted_until(tx, came[-1].id, now)
    for start in range(0, len(rows), 500):
        ids = [row["id"] for row in rows[start : start + 500]]
        tx.execute(delete(activity_batches).where(activity_batches.c.id.in_(ids)))
    return max(len(rows), len(came))


def prune(tx: Connection, now: Millis, limit: int) -> int:
    """Delete up to ``limit`` rows that are kept no longer. Returns how many."""
    if not _try_lock(tx):
        return 0
    old = select(*activity.primary_key).where(activity.c.kept_until < now).order_by(activity.c.kept_until).limit(limit)
    keys = tx.execute(old).all()
    delete_all(tx, activity, keys)
    return len(keys)


def is_uncounted(tx: Connection) -> bool:
    """Whether nothing was counted yet: in a new database, and in one of a Hookbench that did not count."""
    return options.counted_until(tx) is None


def rebuild(tx: Connection, now: Millis) -> tuple[int, Millis]:
    """Count all stored attempts and messages anew, in this transaction. Returns how many attempts, and since when.

    Days from which messages were deleted keep their counts, because their attempts are stored no longer. Reads every
    attempt, without its bodies. Where others record meanwhile it must read one snapshot: see ``rebuild_alone``.
    """
    _lock(tx)
    until = _all_added_up(tx, now)
    since = _countable_since(tx)
    tx.execute(delete(activity_batches))
    tx.execute(delete(activity).where(activity.c.starts_at >= since))
    cells: dict[Cell, Counts] = {}
    made = _stream(
        tx,
        select(
            *(attempts.c[name] for name in ("source_id", "endpoint_id", "event_type", "started_at", "outcome")),
            attempts.c.duration_us,
        ).where(attempts.c.started_at >= since),
    )
    count = 0
    for source_id, endpoint_id, event_type, started_at, outcome, duration_us in made:
        cell = cell_of(source_id, endpoint_id, event_type, started_at)
        cells.setdefault(cell, Counts()).count(AttemptOutcome(outcome), duration_us)
        count += 1
    received = select(messages.c.source_id, messages.c.event_type, messages.c.received_at)
    received = received.where(
        messages.c.origin == Origin.RECEIVED.value, messages.c.received_at >= since, messages.c.id <= until
    )
    for source_id, event_type, received_at in _stream(tx, received):
        cells.setdefault(cell_of(source_id, "", event_type, received_at), Counts()).received += 1
    _add(tx, rolled_up(cells.items(), now))
    stretches.clear(tx)
    typed = select(messages.c.id, messages.c.source_id, messages.c.event_type).where(messages.c.id <= until)
    every = _stream(tx, typed.order_by(messages.c.id))
    while part := list(islice(every, STRETCHED)):
        stretches.add(tx, part)
    options.set_counted_until(tx, until, now)
    return count, since


def rebuild_alone(engine: Engine, now: Millis, *, unless_counted: bool = False) -> tuple[int, Millis] | None:
    """``rebuild`` in a transaction of its own, exact although others record attempts and add up meanwhile.

    An attempt is stored together with its batch, so a snapshot has both or neither. The lock comes before the snapshot:
    whoever added up before has committed. With ``unless_counted`` it returns ``None`` when counts are there already.
    """
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            with connection.begin():
                return None if unless_counted and not is_uncounted(connection) else rebuild(connection, now)
        connection = connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            connection.execute(text("SELECT pg_advisory_lock(:number)"), {"number": _LOCK})
        try:
            with connection.begin():
                return None if unless_counted and not is_uncounted(connection) else rebuild(connection, now)
        finally:
            with connection.begin():
                connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": _LOCK})


def series(
    tx: Connection,
    source_id: SourceId,
    size: Size,
    since: Millis,
    until: Millis,
    *,
    endpoint_id: str = "",
    event_type: str = "",
) -> dict[Millis, Counts]:
    """Counts by the start of each period in which something happened, from ``since`` to before ``until``."""
    # As plain tuples, all at once: 30 days have 720 of these rows.
    query = select(activity.c.starts_at, activity.c.durations, *(activity.c[name] for name in COUNTED)).where(
        *_of(source_id, size, since, until),
        activity.c.endpoint_id == endpoint_id,
        activity.c.event_type == event_type,
    )
    found = {
        starts_at: Counts(**dict(zip(COUNTED, counted, strict=True)), durations=load_durations(durations))
        for starts_at, durations, *counted in tx.execute(query).all()
    }
    for key, counts in _waiting(tx, source_id, size, since, until):
        if (key.endpoint_id, key.event_type) == (endpoint_id, event_type):
            found.setdefault(key.starts_at, Counts()).add(counts)
    return found


def of_endpoints(
    tx: Connection, source_id: SourceId, endpoint_ids: Collection[EndpointId], size: Size, since: Millis, until: Millis
) -> dict[EndpointId, dict[Millis, Tally]]:
    """The tally of each period of each of these endpoints; one at which nothing happened has an empty mapping."""
    found: dict[EndpointId, dict[Millis, Tally]] = {endpoint_id: {} for endpoint_id in endpoint_ids}
    # As plain tuples, all at once: a list of endpoints reads more than a thousand of these rows.
    query = select(activity.c.endpoint_id, activity.c.starts_at, _ATTEMPTS, _WRONG).where(
        *_of(source_id, size, since, until),
        activity.c.endpoint_id.in_(list(endpoint_ids)),
        activity.c.event_type == "",
    )
    for endpoint_id, starts_at, attempts_of, wrong in tx.execute(query).all():
        found[endpoint_id][starts_at] = (attempts_of, wrong)
    for key, counts in _waiting(tx, source_id, size, since, until):
        if not key.event_type and key.endpoint_id in found:
            of = found[EndpointId(key.endpoint_id)]
            attempts_of, wrong = of.get(key.starts_at, (0, 0))
            of[key.starts_at] = (attempts_of + counts.attempts, wrong + counts.wrong)
    return found


def by_endpoint(
    tx: Connection,
    source_id: SourceId,
    endpoint_ids: Collection[EndpointId],
    size: Size,
    since: Millis,
    until: Millis,
    *,
    event_type: str = "",
) -> dict[EndpointId, Counts]:
    """Sums of each of these endpoints, without durations. One of which nothing happened is left out."""
    found: dict[EndpointId, Counts] = {}
    for span in spans(size, since, until):
        query = _sums(activity.c.endpoint_id).where(
            *_of(source_id, *span),
            activity.c.endpoint_id.in_(list(endpoint_ids)),
            activity.c.event_type == event_type,
        )
        _add_sums(found, tx.execute(query).all())
    for key, counts in _waiting(tx, source_id, size, since, until):
        if key.event_type == event_type and key.endpoint_id in endpoint_ids:
            found.setdefault(EndpointId(key.endpoint_id), Counts()).add(counts)
    return found


def by_event_type(
    tx: Connection, source_id: SourceId, size: Size, since: Millis, until: Millis, *, endpoint_id: str = ""
) -> dict[str, Counts]:
    """Sums by event type, without durations. Of more than ``MAX_GROUPS``, those with the most attempts."""
    found: dict[str, Counts] = {}
    for span in spans(size, since, until):
        query = _sums(activity.c.event_type).where(
            *_of(source_id, *span), activity.c.endpoint_id == endpoint_id, activity.c.event_type != ""
        )
        query = query.order_by(text("attempts DESC"), activity.c.event_type).limit(MAX_GROUPS)
        _add_sums(found, tx.execute(query).all())
    for key, counts in _waiting(tx, source_id, size, since, until):
        if key.event_type and key.endpoint_id == endpoint_id:
            found.setdefault(key.event_type, Counts()).add(counts)
    return found


def last_received(tx: Connection, source_id: SourceId) -> tuple[Millis, str] | None:
    """The last day on which the source received a signed event, and the type of one of that day."""
    query = select(activity.c.starts_at, activity.c.event_type).where(*_days(source_id), activity.c.received > 0)
    day = tx.execute(query.where(activity.c.event_type == "").order_by(activity.c.starts_at.desc())).first()
    if day is None:
        return None
    of_day = query.where(activity.c.event_type != "", activity.c.starts_at == day.starts_at)
    return day.starts_at, tx.execute(of_day).scalars(1).first() or ""


def was_accepted(tx: Connection, source_id: SourceId) -> bool:
    """Whether an endpoint of the source accepted an event on one of the counted days."""
    accepted = or_(activity.c.succeeded > 0, activity.c.captured > 0)
    query = select(activity.c.starts_at).where(*_days(source_id), activity.c.event_type == "", accepted)
    return tx.execute(query.limit(1)).first() is not None


def _days(source_id: SourceId) -> list[ColumnElement[bool]]:
    """Conditions for the days of a source, all its endpoints together."""
    return [activity.c.source_id == source_id, activity.c.size == int(Size.DAY), activity.c.endpoint_id == ""]


def _of(source_id: SourceId, size: Size, since: Millis, until: Millis) -> list[ColumnElement[bool]]:
    return [
        activity.c.source_id == source_id,
        activity.c.size == int(size),
        activity.c.starts_at >= since,
        activity.c.starts_at < until,
    ]


def _sums(group: ColumnElement[str]) -> Select[Any]:
    sums = {name: func.sum(activity.c[name]) for name in COUNTED}
    attempts_of = sum((each for name, each in sums.items() if name != "received"), start=literal(0))
    named = [cast(each, BigInteger).label(name) for name, each in sums.items()]
    columns: list[ColumnElement[Any]] = [group, *named, attempts_of.label("attempts")]
    return select(*columns).group_by(group)


def _add_sums(found: dict[Any, Counts], rows: Iterable[Any]) -> None:
    """Add rows of ``_sums`` to the counts of their groups."""
    for group, *sums, _ in rows:
        counts = Counts(**dict(zip(COUNTED, sums, strict=True)))
        if group in found:
            found[group].add(counts)
        else:
            found[group] = counts


def _waiting(
    tx: Connection, source_id: SourceId, size: Size, since: Millis, until: Millis
) -> Iterator[tuple[Key, Counts]]:
    """What is recorded and not yet added up, for each row of this size that it counts in."""
    query = (
        select(activity_batches)
        .where(activity_batches.c.source_id == source_id)
        .order_by(activity_batches.c.id)
        .limit(MAX_BATCHES)
    )
    rows = tx.execute(query).mappings().all()
    after = options.counted_until(tx) or ""
    came = _messages(tx, MAX_MESSAGES, messages.c.source_id == source_id, messages.c.id > after)
    for cell, counts in _cells(rows, came).items():
        for key in rows_of(cell):
            if key.size is size and since <= key.starts_at < until:
                yield key, counts


def _messages(tx: Connection, limit: int, *which: ColumnElement[bool]) -> Sequence[Any]:
    columns = (messages.c.id, messages.c.source_id, messages.c.event_type, messages.c.received_at, messages.c.origin)
    return tx.execute(select(*columns).where(*which).order_by(messages.c.id).limit(limit)).all()


def _cells(rows: Iterable[RowMapping], came: Iterable[Any]) -> dict[Cell, Counts]:
    """What rows of ``activity_batches`` and messages add up to; examples were not received."""
    found: dict[Cell, Counts] = {}
    for row in rows:
        cell = _cell(row)
        found.setdefault(cell, Counts()).add(_batch(row))
    for message in came:
        if message.origin == Origin.RECEIVED.value:
            cell = cell_of(message.source_id, "", message.event_type, message.received_at)
            found.setdefault(cell, Counts()).received += 1
    return found


def _insert(tx: Connection, found: dict[Cell, Counts]) -> None:
    rows = [
        {
            "source_id": cell.source_id,
            "endpoint_id": cell.endpoint_id,
            "event_type": cell.event_type,
            "starts_at": cell.starts_at,
        }
        | _columns(counts)
        for cell, counts in found.items()
    ]
    insert(tx, activity_batches, rows)


def _add(tx: Connection, found: dict[Key, Counts]) -> None:
    """Add counts to the stored rows. Only under the lock: it reads what it then replaces."""
    for row in stored(tx, activity, [_key(key) for key in found]):
        key = Key(row["source_id"], Size(row["size"]), row["endpoint_id"], row["event_type"], row["starts_at"])
        found[key].add(_counts(row))
    rows = [
        {
            "source_id": key.source_id,
            "size": int(key.size),
            "endpoint_id": key.endpoint_id,
            "event_type": key.event_type,
            "starts_at": key.starts_at,
            "kept_until": key.kept_until,
        }
        | _columns(counts)
        for key, counts in found.items()
    ]
    replace_all(tx, activity, rows)


def _all_added_up(tx: Connection, now: Millis) -> str:
    """The id up to which messages are counted, after adding up all that waits: it may be of days that stay."""
    until = options.counted_until(tx)
    before = _before(tx, now, REBUILT_MS)
    if until is None or until == options.AFTER_ALL:
        return tx.execute(select(func.max(messages.c.id)).where(messages.c.id < before)).scalar() or ""
    while _add_up(tx, now, MAX_BATCHES, before):
        pass
    return options.counted_until(tx) or ""


def _countable_since(tx: Connection) -> Millis:
    """From when on every attempt is stored: when counts go further back than messages, from the day after the oldest.

    The attempts of messages that were deleted are gone.
    """
    oldest = tx.execute(select(func.min(messages.c.id))).scalar()
    first_counted = tx.execute(select(func.min(activity.c.starts_at)).where(activity.c.size == int(Size.DAY))).scalar()
    if oldest is None:
        return 0 if first_counted is None else first_counted + KEPT_MS[Size.DAY]
    received_at = tx.execute(select(messages.c.received_at).where(messages.c.id == oldest)).scalar_one()
    day = Size.DAY.start_of(received_at)
    return 0 if first_counted is None or first_counted >= day else day + Size.DAY.ms


def _try_lock(tx: Connection) -> bool:
    """Whether this transaction alone may write ``activity``. SQLite has one writer at a time anyway."""
    if tx.dialect.name == "sqlite":
        return True
    return bool(tx.execute(text("SELECT pg_try_advisory_xact_lock(:number)"), {"number": _LOCK}).scalar())


def _lock(tx: Connection) -> None:
    if tx.dialect.name != "sqlite":
        tx.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})


def _stream(tx: Connection, query: Select[Any]) -> Iterator[Any]:
    """The rows, of which only a few thousand are in memory at a time."""
    with tx.execute(query.execution_options(stream_results=True, max_row_buffer=5000)) as result:
        yield from result


def _key(key: Key) -> tuple[Any, ...]:
    return (key.source_id, int(key.size), key.endpoint_id, key.event_type, key.starts_at)


def _cell(row: RowMapping) -> Cell:
    return Cell(row["source_id"], row["endpoint_id"], row["event_type"], row["starts_at"])


def _counts(row: RowMapping) -> Counts:
    counted = {name: row[name] for name in COUNTED if name in row}
    return Counts(**counted, durations=load_durations(row["durations"]))


def _batch(row: RowMapping) -> Counts:
    """What a row of ``activity_batches`` counts. One without an endpoint has no attempts, but late messages instead."""
    counts = _counts(row)
    return counts if row["endpoint_id"] else Counts(received=counts.succeeded)


def _columns(counts: Counts) -> dict[str, Any]:
    return {name: getattr(counts, name) for name in COUNTED} | {"durations": dump_durations(counts.durations)}
