"""Inserts many rows with one statement.

``executemany`` runs one statement for each row, with its full overhead in the interpreter and the database. SQLAlchemy
can build multi-row statements, but builds their text each time. This module builds the text once for each of a few
batch sizes.

Rows are counted and not returned (no RETURNING): ``sqlite3`` releases the interpreter's lock for each row that it
fetches, and beside a busy event loop it waits milliseconds to get the lock back.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect, Insert, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite

MAX_ROWS_PER_STATEMENT = 32
LENGTHS = (MAX_ROWS_PER_STATEMENT, 24, 16, 12, 8, 6, 4, 3, 2, 1)
"""The batch sizes: few enough to cache, and most numbers of rows take two or three statements."""

Row = TypeVar("Row")


def insert(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows. A column that a row does not name becomes NULL; the database's defaults do not apply."""
    for part in parts(rows):
        _execute(tx, table, part, ())


def insert_new(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]], unique: tuple[str, ...]) -> int:
    """Insert the rows whose ``unique`` columns do not exist yet. Returns how many were inserted."""
    return sum(_execute(tx, table, part, unique) for part in parts(rows))


def parts(rows: Sequence[Row]) -> list[Sequence[Row]]:
    """The rows in their order, cut into batches whose sizes are in ``LENGTHS``."""
    found: list[Sequence[Row]] = []
    at = 0
    while at < len(rows):
        size = next(length for length in LENGTHS if length <= len(rows) - at)
        found.append(rows[at : at + size])
        at += size
    return found


def _execute(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]], unique: tuple[str, ...]) -> int:
    text, columns, names = _statement(tx.dialect, table, len(rows), unique)
    values = [row.get(column) for row in rows for column in columns]
    parameters = tuple(values) if names is None else dict(zip(names, values, strict=True))
    return tx.exec_driver_sql(text, parameters).rowcount


@lru_cache(maxsize=64)
def _statement(
    dialect: Dialect, table: Table, size: int, unique: tuple[str, ...]
) -> tuple[str, list[str], list[str] | None]:
    """The SQL text, the columns of a row, and the names of the parameters if the driver takes them by name."""
    columns = [column.name for column in table.columns]
    names = [f"{column}_{number}" for number in range(size) for column in columns]
    rows: list[dict[str, Any]] = [
        {column: bindparam(f"{column}_{number}") for column in columns} for number in range(size)
    ]
    compiled = _insert(dialect, table, rows, unique).compile(dialect=dialect)
    return str(compiled), columns, None if compiled.positional else names


def _insert(dialect: Dialect, table: Table, rows: list[dict[str, Any]], unique: tuple[str, ...]) -> Insert:
    if not unique:
        return table.insert().values(rows)
    if dialect.name == "sqlite":
        return sqlite.insert(table).values(rows).on_conflict_do_nothing(index_elements=unique)
    return postgresql.insert(table).values(rows).on_conflict_do_nothing(index_elements=unique)
