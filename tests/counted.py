"""Activity as it must be, counted from the stored attempts and messages, and as it is stored."""

from collections.abc import Iterable

from sqlalchemy import Connection, RowMapping, Table, select

from server.domain.activity import ENDINGS, Cell, Counts, Key, Size, cell_of, load_durations, rolled_up
from server.domain.messages import AttemptOutcome, Origin
from server.store import options
from server.store.schema import activity, activity_batches, attempts, messages


def fresh(tx: Connection, now: int) -> dict[Key, Counts]:
    """What the stored attempts and messages add up to."""
    cells: list[tuple[Cell, Counts]] = []
    names = ("source_id", "endpoint_id", "event_type", "started_at", "outcome", "duration_us")
    for row in tx.execute(select(*(attempts.c[name] for name in names))):
        counts = Counts()
        counts.count(AttemptOutcome(row.outcome), row.duration_us)
        cells.append((cell_of(row.source_id, row.endpoint_id, row.event_type, row.started_at), counts))
    cells += _received(tx, "")
    return rolled_up(cells, now)


def stored(tx: Connection, now: int) -> dict[Key, Counts]:
    """What activity holds: what is added up, and what waits for it. Without a lock, ``tx`` must read one snapshot."""
    waiting = [(_cell(row), _batch(row)) for row in _rows(tx, activity_batches)]
    found = rolled_up([*waiting, *_received(tx, options.counted_until(tx) or "")], now)
    for row in _rows(tx, activity):
        key = Key(row["source_id"], Size(row["size"]), row["endpoint_id"], row["event_type"], row["starts_at"])
        found.setdefault(key, Counts()).add(_counts(row))
    return found


def miscounted(tx: Connection, now: int) -> list[Key]:
    """The rows of activity that differ from a fresh count."""
    wanted, found = fresh(tx, now), stored(tx, now)
    keys = {*wanted, *found}
    return sorted(key for key in keys if wanted.get(key, Counts()) != found.get(key, Counts()))


def _received(tx: Connection, after: str) -> list[tuple[Cell, Counts]]:
    columns = (messages.c.source_id, messages.c.event_type, messages.c.received_at)
    newer = select(*columns).where(messages.c.id > after, messages.c.origin == Origin.RECEIVED.value)
    return [(cell_of(source_id, "", kind, at), Counts(received=1)) for source_id, kind, at in tx.execute(newer)]


def _rows(tx: Connection, table: Table) -> Iterable[RowMapping]:
    return tx.execute(select(table)).mappings()


def _cell(row: RowMapping) -> Cell:
    return Cell(row["source_id"], row["endpoint_id"], row["event_type"], row["starts_at"])


def _batch(row: RowMapping) -> Counts:
    """A batch without an endpoint counts messages that came late."""
    return _counts(row) if row["endpoint_id"] else Counts(received=row["succeeded"])


def _counts(row: RowMapping) -> Counts:
    numbers = {name: row[name] for name in ("received", *ENDINGS) if name in row}
    return Counts(**numbers, durations=load_durations(row["durations"]))
