"""Statements that share a round trip to a PostgreSQL server.

A driver waits for the response to each statement, and to BEGIN and COMMIT. In a thread beside a busy event loop a wait
costs more than most statements, because the interpreter is handed over twice. Here several statements go out at once,
BEGIN with the first and COMMIT with the last ones of a transaction. SQLAlchemy and the driver's cursors cannot do that,
so these statements go to libpq directly, prepared, with parameters and results in the database's binary format.

All other code uses the same transaction as ever: what waits is sent before its next statement.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

KEY = "round_trips.link"
"""The key in a connection's ``info`` for its ``Link``."""

MAX_WAITING = 16
"""With so many statements, what waits is sent at once: it takes memory."""


class Statement(NamedTuple):
    """One statement of SQL, with each parameter as ``$1::type``."""

    text: bytes
    parameters: Sequence[bytes | None] = ()
    """In the binary format of their types; see ``arrays``."""


class Result(NamedTuple):
    number: int
    """How many rows were changed or returned."""
    rows: list[tuple[Any, ...]]
    """What was returned, as bytes in the binary format, or ``None``."""


@dataclass(slots=True)
class Link:
    """What was prepared on one connection, and what waits to be sent."""

    names: dict[bytes, bytes] = field(default_factory=dict)
    """The names of prepared statements by their text."""
    stale: list[bytes] = field(default_factory=list)
    """Names that the driver may have dropped."""
    prepared: int = 0
    waiting: list[Statement] = field(default_factory=list)

    def roll_back(self) -> None:
        """Drop what waits in a transaction that is rolled back."""
        self.waiting.clear()
        self.prepare_anew()

    def prepare_anew(self) -> None:
        """Prepare all statements when they are next sent."""
        self.stale += self.names.values()
        self.names.clear()


_DROPS_PREPARED = re.compile(r"\s*(DROP|ALTER|ROLLBACK|DISCARD|DEALLOCATE)\b", re.IGNORECASE)
"""After these, and after each rollback, psycopg drops all prepared statements: its own plans could be out of date."""

_BEGIN, _COMMIT = Statement(b"BEGIN"), Statement(b"COMMIT")


def attach(engine: Engine) -> None:
    """Let transactions of this engine use ``ask`` and ``tell``."""

    @event.listens_for(engine, "before_cursor_execute")
    def send_before_others(tx: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if link := _link(tx):
            if link.waiting:
                _send(tx, ())
            if _DROPS_PREPARED.match(statement):
                link.prepare_anew()

    @event.listens_for(engine, "commit")
    def send_with_commit(tx: Connection) -> None:
        if not (link := _link(tx)) or not link.waiting:
            return
        try:
            _send(tx, (_COMMIT,))
        except DBAPIError:
            if not tx.invalidated:
                tx.connection.rollback()  # SQLAlchemy does it for no commit that fails, since other commits end anyway
            raise

    @event.listens_for(engine, "rollback")
    def roll_back(tx: Connection) -> None:
        if link := _link(tx):
            link.roll_back()

    @event.listens_for(engine, "reset")
    def reset(_driver: Any, record: Any, _state: Any) -> None:
        if link := record.info.get(KEY):
            link.roll_back()


def ask(tx: Connection, *statements: Statement) -> list[Result]:
    """The results of these statements, after one round trip. What waits is sent before them."""
    return _send(tx, statements)


def tell(tx: Connection, *statements: Statement) -> None:
    """Send these statements together with what is sent next; at the latest with the commit, which fails if they do."""
    link: Link = tx.info.setdefault(KEY, Link())
    link.waiting += statements
    if len(link.waiting) >= MAX_WAITING:
        _send(tx, ())


def _link(tx: Connection) -> Link | None:
    """``None`` also when the connection was lost."""
    return None if tx.invalidated else tx.info.get(KEY)


def _send(tx: Connection, statements: Sequence[Statement]) -> list[Result]:
    from psycopg import Connection as Driver
    from psycopg import Error, pq

    from server.store import libpq

    driver = tx.connection.driver_connection
    assert isinstance(driver, Driver)
    link: Link = tx.info.setdefault(KEY, Link())
    together, link.waiting = [*link.waiting, *statements], []
    if driver.pgconn.transaction_status == pq.TransactionStatus.IDLE:
        together.insert(0, _BEGIN)
    try:
        results = libpq.exchange(driver.pgconn, link, together)
    except Error as error:
        in_between = driver.pgconn.pipeline_status != pq.PipelineStatus.OFF
        if lost := in_between or tx.dialect.is_disconnect(error, tx.connection, None):  # type: ignore[arg-type]
            tx.invalidate(error)
        raise DBAPIError.instance(
            None, None, error, Error, hide_parameters=True, connection_invalidated=lost, dialect=tx.dialect
        ) from error
    return results[len(together) - len(statements) :]
