"""Inserts many rows with one statement.

``executemany`` runs one statement for each row, with its full overhead in the interpreter and the database. SQLAlchemy
can build multi-row statements, but builds their text each time. This module builds the text once: for PostgreSQL, which
takes a column of any length as an array, and for SQLite for each of a few batch sizes. Into PostgreSQL, rows that are
not counted are sent with the next statements or the commit; see ``round_trips``.

In SQLite rows are counted and not returned (no RETURNING): ``sqlite3`` releases the interpreter lock for each row that
it fetches, and beside a busy event loop it waits milliseconds to get the lock back.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    CursorResult,
    Dialect,
    RowMapping,
    Table,
    and_,
    bindparam,
    delete,
    or_,
    select,
)

from server.store.arrays import Encode, kind_of
from server.store.round_trips import Statement, ask, tell

MAX_ROWS_PER_STATEMENT = 32
LENGTHS = (MAX_ROWS_PER_STATEMENT, 24, 16, 12, 8, 6, 4, 3, 2, 1)
"""The batch sizes: few enough to cache, and most numbers of rows take two or three statements."""

REPLACES = ("*",)
"""Instead of the unique columns of ``insert_new``: a row takes the place of a stored one."""

Row = TypeVar("Row")


def insert(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows. A column that a row does not name becomes NULL; the database's defaults do not apply.

    A primary key that the database counts up is left to it.
    """
    _write(tx, table, rows, ())


def insert_new(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]], unique: tuple[str, ...]) -> int:
    """Insert the rows whose ``unique`` columns do not exist yet. Returns how many were inserted."""
    if tx.dialect.name != "sqlite":
        return ask(tx, insert_statement(tx.dialect, table, rows, unique))[0].number
    return sum(_execute(tx, table, part, unique) for part in parts(rows))


def replace_all(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows. A row with the primary key of a stored one takes its place."""
    _write(tx, table, rows, REPLACES)


def stored(tx: Connection, table: Table, keys: Sequence[Sequence[Any]]) -> list[RowMapping]:
    """The rows that exist with these primary keys, each a value for every column of the key."""
    return [row for part in parts(keys) for row in _by_key(tx, "select", table, part).mappings()]


def delete_all(tx: Connection, table: Table, keys: Sequence[Sequence[Any]]) -> None:
    """Delete the rows with these primary keys."""
    for part in parts(keys):
        _by_key(tx, "delete", table, part)


def insert_statement(
    dialect: Dialect,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    unique: tuple[str, ...] = (),
    *,
    returning: str = "",
) -> Statement:
    """The statement for PostgreSQL that inserts rows; ``unique`` as in ``insert_new``. It may return a column."""
    text, columns = _insert_text(dialect, table, unique, returning)
    return Statement(text, [encode([row.get(column) for row in rows]) for column, encode in columns])


def parts(rows: Sequence[Row]) -> list[Sequence[Row]]:
    """The rows in their order, cut into batches whose sizes are in ``LENGTHS``."""
    found: list[Sequence[Row]] = []
    at = 0
    while at < len(rows):
        size = next(length for length in LENGTHS if length <= len(rows) - at)
        found.append(rows[at : at + size])
        at += size
    return found


def _write(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]], unique: tuple[str, ...]) -> None:
    if tx.dialect.name != "sqlite":
        if rows:
            tell(tx, insert_statement(tx.dialect, table, rows, unique))
        return
    for part in parts(rows):
        _execute(tx, table, part, unique)


def _execute(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]], unique: tuple[str, ...]) -> int:
    text, columns = _statement(tx.dialect, table, len(rows), unique)
    return tx.exec_driver_sql(text, tuple(row.get(column) for row in rows for column in columns)).rowcount


@lru_cache(maxsize=512)
def _statement(dialect: Dialect, table: Table, size: int, unique: tuple[str, ...]) -> tuple[str, list[str]]:
    """The SQL text for SQLite, and the columns of a row. SQLAlchemy takes tens of milliseconds to make a long one."""
    columns = [column.name for column in table.columns if column is not table.autoincrement_column]
    row = f"({', '.join('?' * len(columns))})"
    text = f"{_insert_into(dialect, table, columns)} VALUES {', '.join([row] * size)}"
    return text + _on_conflict(dialect, table, columns, unique), columns


@lru_cache
def _insert_text(
    dialect: Dialect, table: Table, unique: tuple[str, ...], returning: str
) -> tuple[bytes, list[tuple[str, Encode]]]:
    """The SQL text, and each column with the function that makes an array of its values."""
    columns = [column for column in table.columns if column is not table.autoincrement_column]
    kinds = [kind_of(column.type) for column in columns]
    arrays = ", ".join(f"${number}::{kind}[]" for number, (kind, _) in enumerate(kinds, 1))
    names = [column.name for column in columns]
    text = f"{_insert_into(dialect, table, names)} SELECT * FROM unnest({arrays})"  # noqa: S608
    text += _on_conflict(dialect, table, names, unique)
    if returning:
        text += f" RETURNING {dialect.identifier_preparer.quote(returning)}"
    return text.encode(), [(column.name, encode) for column, (_, encode) in zip(columns, kinds, strict=True)]


def _insert_into(dialect: Dialect, table: Table, columns: Sequence[str]) -> str:
    quote = dialect.identifier_preparer.quote
    return f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, columns))})"


def _on_conflict(dialect: Dialect, table: Table, columns: Sequence[str], unique: tuple[str, ...]) -> str:
    """What happens to a row with the unique columns of a stored one: nothing unless they are given."""
    quote = dialect.identifier_preparer.quote
    if not unique:
        return ""
    if unique != REPLACES:
        return f" ON CONFLICT ({', '.join(map(quote, unique))}) DO NOTHING"
    key = [column.name for column in table.primary_key]
    values = ", ".join(f"{quote(name)} = excluded.{quote(name)}" for name in columns if name not in key)
    return f" ON CONFLICT ({', '.join(map(quote, key))}) DO UPDATE SET {values}"


def _by_key(tx: Connection, verb: str, table: Table, keys: Sequence[Sequence[Any]]) -> CursorResult[Any]:
    text, names = _keyed(tx.dialect, verb, table, len(keys))
    values = [value for key in keys for value in key]
    return tx.exec_driver_sql(text, tuple(values) if names is None else dict(zip(names, values, strict=True)))


@lru_cache(maxsize=512)
def _keyed(dialect: Dialect, verb: str, table: Table, size: int) -> tuple[str, list[str] | None]:
    """The SQL text, and the names of the parameters if the driver takes them by name.

    Alternatives instead of a list of keys, for which SQLite would scan the whole table.
    """
    keys = list(table.primary_key)
    names = [f"{key.name}_{number}" for number in range(size) for key in keys]
    each = [and_(*(key == bindparam(f"{key.name}_{number}") for key in keys)) for number in range(size)]
    statement = select(table).where(or_(*each)) if verb == "select" else delete(table).where(or_(*each))
    compiled = statement.compile(dialect=dialect)
    return str(compiled), None if compiled.positional else names
