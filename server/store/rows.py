"""Many rows in one statement.

A driver takes each row of ``executemany`` as an execution of its own, with all that the interpreter and the database do
around one. SQLAlchemy can write statements with many rows, but builds their text anew each time. Here the text is made
once for each of a few numbers of rows.

Nothing is returned, only counted: ``sqlite3`` lets go of the interpreter for each row that it fetches, and beside a
busy event loop it takes up to milliseconds to get it back.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect, Insert, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite

MAX_ROWS_PER_STATEMENT = 32
LENGTHS = (MAX_ROWS_PER_STATEMENT, 24, 16, 12, 8, 6, 4, 3, 2, 1)
"""How many rows a statement has: any number is then two or three statements."""

Row = TypeVar("Row")


def insert(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows; a column that a row does not name is left empty, so defaults of the database do not count."""
    for part in parts(rows):
        _execute(tx, table, part, ())


def insert_new(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]], unique: tuple[str, ...]) -> int:
    """Add the rows that are not there yet, judged by the columns in ``unique``. Returns how many were added."""
    return sum(_execute(tx, table, part, unique) for part in parts(rows))


def parts(rows: Sequence[Row]) -> list[Sequence[Row]]:
    """All rows in their order, cut so that there are few lengths."""
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
    """The text, the columns of a row, and the parameters' names where the driver wants them by name."""
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
