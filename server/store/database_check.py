"""Checks whether a database is ours and undamaged, before anything opens it for writing: even opening changes a file.

A file that is not ours, or is damaged, stays as it is, byte for byte.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, inspect, make_url, text
from sqlalchemy.exc import ArgumentError

from server.store.migrate import revisions as known_revisions

OURS = frozenset({"sources", "endpoints", "messages", "deliveries", "attempts"})
REVISION = "alembic_version"
REVISIONS = "SELECT * FROM alembic_version"
MAGIC = b"SQLite format 3\0"

CHECKED_AT_START = 64 * 1024 * 1024
"""Files up to this many bytes are checked for damage at every start; for larger ones it would take too long."""

ELSEWHERE = "Put a backup in its place, or name another folder with HOOKBENCH_DATA."


class Unusable(Exception):
    """The database cannot be used. The text tells the operator what is wrong and what to do."""


def file_of(url: str) -> Path | None:
    """The SQLite file that a URL names; ``None`` for a database server or an invalid URL."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return None
    return Path(parsed.database).absolute() if parsed.get_backend_name() == "sqlite" and parsed.database else None


def look_at_file(path: Path, *, whole: bool = False) -> str:
    """A short description of the file at ``path``. Raises ``Unusable`` unless it is ours or does not exist yet.

    ``whole``: check all of it for damage, however long that takes.
    """
    log = path.with_name(f"{path.name}-wal")
    try:
        changes_wait = log.exists() and log.stat().st_size > 0
        size = path.stat().st_size if path.exists() else 0
        if not size:
            return _to_be_made(path, log, changes_wait)
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise Unusable(f"The file {path} is not a SQLite database, and is left as it is. {ELSEWHERE}")
        if not (
            os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
        ):  # SQLite would find out at the first event
            raise _not_writable(path)
        # Without a log no process has it open; ``immutable`` then takes no locks and creates no files beside it.
        address = f"{path.as_uri()}?{'mode=ro' if log.exists() else 'immutable=1'}"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
            found = {row[0] for row in connection.execute(REVISIONS)} if REVISION in tables else set()
            revision = _judged(f"The database file {path}", {t for t in tables if not t.startswith("sqlite_")}, found)
            if whole or size <= CHECKED_AT_START:
                [(problem,)] = connection.execute("PRAGMA quick_check(1)")
                if problem != "ok":
                    raise _damaged(path, problem)
    except sqlite3.Error as error:
        raise trouble_with(path, error) from error
    except OSError as error:
        raise Unusable(f"The database file {path} cannot be read: {error.strerror}.") from error
    return f"SQLite, {path}, {revision}"


def look_at_server(connection: Connection, name: str) -> str:
    """Like ``look_at_file``, for a database server, which may hold other programs' tables beside ours."""
    tables = {*inspect(connection).get_table_names()}
    if not tables & (OURS | {REVISION}):
        return f"{connection.dialect.name}, tables will be made at the first start"
    found = connection.execute(text(REVISIONS)).scalars() if REVISION in tables else ()
    return f"{connection.dialect.name}, {_judged(f'The database {name}', tables, {*found})}"


def trouble_with(path: Path, error: sqlite3.Error) -> Unusable:
    """``Unusable`` for an SQLite error, with a text that says what to do."""
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_NOTADB:
            return Unusable(f"The file {path} is not a SQLite database, and is left as it is. {ELSEWHERE}")
        case sqlite3.SQLITE_CORRUPT:
            return _damaged(path, str(error))
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return Unusable(f"Another program holds the database file {path}. End it, then start Hookbench again.")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return _not_writable(path)
        case sqlite3.SQLITE_CANTOPEN:
            return Unusable(f"The database file {path} cannot be opened. May this user read and write its folder?")
        case sqlite3.SQLITE_FULL:
            return Unusable(f"The disk with the database file {path} is full. Make room, then start Hookbench again.")
        case _:
            return Unusable(f"The database file {path} cannot be used: {error}. Is its disk in order?")


def _to_be_made(path: Path, log: Path, changes_wait: bool) -> str:
    if changes_wait:  # SQLite would delete the log
        raise Unusable(
            f"The database file {path} is missing or empty, yet {log.name} beside it holds changes to it. Put the file "
            f"back that they belong to, or move {log.name} away to begin with an empty database."
        )
    return f"SQLite, {path} will be made at the first start"


def _judged(name: str, tables: set[str], revisions: set[str]) -> str:
    """A description of the tables' revision, or that they will be created. Raises ``Unusable`` if they are not ours."""
    if not tables:
        return "tables will be made at the first start"
    if not tables >= OURS or not revisions:
        some = ", ".join(sorted(tables)[:3])
        raise Unusable(f"{name} belongs to another program (tables: {some}), and is left as it is. {ELSEWHERE}")
    known = known_revisions()
    [revision, *_] = sorted(revisions)
    if revision not in known:
        raise Unusable(
            f"{name} was written by a newer Hookbench: its tables are at revision {revision}, this version knows them "
            f"up to {known[0]}. Install the newer version again, or put a backup from before it in its place."
        )
    return f"revision {revision}" if revision == known[0] else f"revision {revision}, to be updated to {known[0]}"


def _not_writable(path: Path) -> Unusable:
    return Unusable(
        f"The database file {path} cannot be written. It and its folder must be writable for the user that runs "
        "Hookbench."
    )


def _damaged(path: Path, problem: str) -> Unusable:
    return Unusable(
        f"The database file {path} is damaged ({problem.splitlines()[0]}), and is left as it is. {ELSEWHERE} "
        f"What can be read of it comes out with: sqlite3 {path.name} .recover"
    )
