"""Many rows in one statement.

A driver takes each row of ``executemany`` as an execution of its own, with all that the interpreter and the database do
around one. SQLAlchemy can write statements with many rows, but builds their text anew each time. Here the text is made
once for each number of rows, a power of two.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Dialect, Insert, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite

MOST_AT_ONCE = 32

Row = TypeVar("Row")


def insert(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows; a column that a row does not name is left empty, so defaults of the database do not count."""
    for part in parts(rows):
        _execute(tx, table, part, (), returning=False)


def insert_new(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]], unique: tuple[str, ...]) -> set[str]:
    """Add the rows that are not there yet, judged by the columns in ``unique``. Returns the ids of those added."""
    added: set[str] = set()
    for part in parts(rows):
        several = len(part) > 1
        done = _execute(tx, table, part, unique, returning=several)
        if several:
            added |= set(done.scalars())
        elif done.rowcount == 1:  # of one row a count says it all, at half the cost
            added.add(part[0]["id"])
    return added


def parts(rows: Sequence[Row]) -> list[Sequence[Row]]:
    """All rows in their order, cut so that there are few lengths: powers of two, at most ``MOST_AT_ONCE``."""
    found: list[Sequence[Row]] = []
    at = 0
    while at < len(rows):
        size = min(MOST_AT_ONCE, 1 << (len(rows) - at).bit_length() - 1)
        found.append(rows[at : at + size])
        at += size
    return found


def _execute(
    tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]], unique: tuple[str, ...], *, returning: bool
) -> CursorResult[Any]:
    text, columns, names = _statement(tx.dialect, table, len(rows), unique, returning)
    values = [row.get(column) for row in rows for column in columns]
    parameters = tuple(values) if names is None else dict(zip(names, values, strict=True))
    return tx.exec_driver_sql(text, parameters)


@lru_cache(maxsize=64)
def _statement(
    dialect: Dialect, table: Table, size: int, unique: tuple[str, ...], returning: bool
) -> tuple[str, list[str], list[str] | None]:
    """The text, the columns of a row, and the parameters' names where the driver wants them by name."""
    columns = [column.name for column in table.columns]
    names = [f"{column}_{number}" for number in range(size) for column in columns]
    rows: list[dict[str, Any]] = [
        {column: bindparam(f"{column}_{number}") for column in columns} for number in range(size)
    ]
    statement = _insert(dialect, table, rows, unique)
    compiled = (statement.returning(table.c.id) if returning else statement).compile(dialect=dialect)
    return str(compiled), columns, None if compiled.positional else names


def _insert(dialect: Dialect, table: Table, rows: list[dict[str, Any]], unique: tuple[str, ...]) -> Insert:
    if not unique:
        return table.insert().values(rows)
    if dialect.name == "sqlite":
        return sqlite.insert(table).values(rows).on_conflict_do_nothing(index_elements=unique)
    return postgresql.insert(table).values(rows).on_conflict_do_nothing(index_elements=unique)
