"""The access to the database: one writer that groups waiting writes into transactions, and readers beside it."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from server.store import activity, round_trips, sealing
from server.store.changes import Changes
from server.store.database_check import Unusable, look_at_file, look_at_server, trouble_with
from server.store.keys import KeyRing
from server.store.migrate import is_current, migrate
from server.store.vault import VAULT, Vault
from server.store.writer import Writer, for_caller
from server.store.writes import Writes

T = TypeVar("T")
Item = TypeVar("Item")

BUSY_MS = 4_000
"""How long to wait for a file that another process has locked. Then a sender of events gets the response «busy»."""
READERS = 4
CHECKPOINT_PAGES = 4_000
"""16 MB of write-ahead log before a checkpoint, so that pages that change often are written to the file once."""

_WRITERS_SETTINGS = """
SET client_encoding = 'UTF8'; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off
"""
"""PostgreSQL plans a prepared statement once, and keeps the plan while a table grows: where it was empty, to read the
whole table each time, also to check a foreign key. What is written always finds its rows by an index."""

_READERS_SETTINGS = "SET jit = off"
"""Pages read a few rows by an index. PostgreSQL takes some for many, and compiling costs more than it could save."""

NOT_CURRENT = "The tables in this database are not those of this Hookbench: its next start brings them up to date."
URL_WANTED = "The database URL cannot be read. One that can: postgresql+psycopg://user@host/name"


class Store:
    """Open with ``Store.open(url)``, use from asyncio, close with ``close()``.

    A function given to ``write``, ``batch`` or ``read`` runs with an open transaction, in another thread; one given to
    ``batch`` may run in the event loop. It must be repeatable: when a write in a group fails, the group is rolled back
    and its writes run again in smaller groups.
    """

    def __init__(self, writer: Engine, reader: Engine) -> None:
        self._engine = writer
        self._reader = reader
        self._watching: list[tuple[asyncio.AbstractEventLoop, Callable[[Changes], None]]] = []
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._writer = Writer(writer, self._changed, BUSY_MS)
        self.writes = Writes(reader, self._readers)
        """Whether anything was written, by whichever process."""

    @classmethod
    def open(cls, url: str, keys: KeyRing | None = None, *, folder: Path | None = None) -> "Store":
        """A store that is connected and migrated, with its writer running. Raises ``Unusable`` with a sentence.

        ``keys`` encrypt the secrets; the default is ``KeyRing.beside``. ``folder`` gets the backup of a database server
        that is made before its secrets are encrypted.
        """
        keys = keys or KeyRing.beside(url)
        parsed = _parsed(url)
        on_disk = parsed.get_backend_name() == "sqlite"
        if on_disk:
            look_at_file(_file(parsed))  # before the first connection that writes
            _prepare_file(_file(parsed), keys)
        writer, reader = _sqlite_engines(_file(parsed)) if on_disk else _server_engines(parsed)
        # Reads and writes find the keys through their connection.
        writer, reader = (engine.execution_options(**{VAULT: Vault(keys)}) for engine in (writer, reader))
        try:
            if not on_disk:
                with reader.connect() as connection:
                    look_at_server(connection, parsed.render_as_string())
                    sealing.check_keys(connection, keys)
                    if folder and sealing.needs_sealing(connection):
                        sealing.back_up_columns(connection, folder, keys)
            migrate(writer)
            sealing.keep_check(writer)
            sealing.clean(writer)
            _count_what_is_stored(writer)
        except DBAPIError as error:
            trouble = _unusable(parsed, error)
        except Unusable as error:
            trouble = error
        else:
            return cls(writer, reader)
        writer.dispose()
        reader.dispose()
        raise trouble

    @classmethod
    def beside(cls, url: str, keys: KeyRing) -> "Store":
        """A store on an existing database, on which a server may be running. Raises ``Unusable``.

        It migrates nothing, because a server of another version may be using the tables.
        """
        parsed = _parsed(url)
        on_disk = parsed.get_backend_name() == "sqlite"
        if on_disk:
            look_at_file(_file(parsed))
        writer, reader = _sqlite_engines(_file(parsed)) if on_disk else _server_engines(parsed)
        writer, reader = (engine.execution_options(**{VAULT: Vault(keys)}) for engine in (writer, reader))
        try:
            with reader.connect() as connection:
                if not on_disk:
                    look_at_server(connection, parsed.render_as_string())
                _check_current(connection)
                sealing.check_keys(connection, keys)
        except DBAPIError as error:
            trouble = _unusable(parsed, error)
        except Unusable as error:
            trouble = error
        else:
            return cls(writer, reader)
        writer.dispose()
        reader.dispose()
        raise trouble

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a transaction; returns after the commit is durable."""

        def alone(connection: Connection, items: Sequence[None]) -> list[T]:
            return [work(connection)]

        result: T = await self._writer.put(alone, None, 0.0)
        return result

    async def batch(
        self, work: Callable[[Connection, Sequence[Item]], Sequence[T]], item: Item, *, linger: float = 0.0
    ) -> T:
        """Like ``write``, but ``work`` gets all waiting items with the same ``work`` as one list.

        ``work`` returns one result for each item, in their order. ``linger``: seconds that the first item waits for
        others with the same work, because many rows in one transaction cost far less than a transaction each. It delays
        no other write.
        """
        # The write continues when its caller is cancelled; it is stored completely or not at all.
        result: T = await self._writer.put(work, item, linger, short=True)
        return result

    async def read(self, work: Callable[[Connection], T]) -> T:
        """The result of ``work``, run on a read-only connection with a stable snapshot of the data."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    def watch(self, changed: Callable[[Changes], None]) -> None:
        """Call ``changed`` in this event loop whenever a commit of this store changes sources or endpoints.

        It runs before the caller of that commit continues. Several watchers run in the order in which they registered.
        """
        self._watching.append((asyncio.get_running_loop(), changed))

    def close(self) -> None:
        """Finish the waiting writes, then close every connection."""
        self._writer.close()
        self._readers.shutdown()
        self.writes.close()
        self._reader.dispose()
        self._engine.dispose()  # last: SQLite moves its log into the file when the last connection closes

    def _read(self, work: Callable[[Connection], T]) -> T:
        """The result of ``work``. It runs again when its connection turns out to be lost, as after a restart of the
        server: that costs readers nothing, where a question before each use costs them a round trip."""
        try:
            try:
                return self._read_once(work)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
            return self._read_once(work)  # on a new connection: SQLAlchemy has dropped all that it kept
        except DBAPIError as error:
            raise for_caller(error) from error.orig

    def _read_once(self, work: Callable[[Connection], T]) -> T:
        with self._reader.connect() as connection:
            return work(connection)

    def _changed(self, changes: Changes) -> None:
        for loop, tell in self._watching:
            if not loop.is_closed():
                loop.call_soon_threadsafe(tell, changes)


def _prepare_file(file: Path, keys: KeyRing) -> None:
    """Check the keys of a SQLite file, and back it up if its secrets are in the clear, before anything is written."""
    sealed_later = False
    if file.exists() and file.stat().st_size:
        engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True))
        try:
            with engine.connect() as connection:
                sealing.check_keys(connection, keys)
                sealed_later = sealing.needs_sealing(connection)
        except DBAPIError as error:
            assert isinstance(error.orig, sqlite3.Error)
            raise trouble_with(file, error.orig) from error
        finally:
            engine.dispose()
    elif keys.missing:
        keys.make()
    if sealed_later:
        sealing.back_up_file(file, keys)


@contextmanager
def connected(url: str, keys: KeyRing) -> Iterator[Engine]:
    """An engine for an existing, migrated database, on which a server may be running. Raises ``Unusable``."""
    look(url)
    parsed = _parsed(url)
    on_disk = parsed.get_backend_name() == "sqlite"
    writer, reader = _sqlite_engines(_file(parsed)) if on_disk else _server_engines(parsed)
    engine = writer.execution_options(**{VAULT: Vault(keys)})
    try:
        with reader.connect() as connection:
            if not sealing.is_sealed(connection):
                raise Unusable(
                    "The secrets in this database are not encrypted yet: the next start of Hookbench does it."
                )
            sealing.check_keys(connection, keys)
        yield engine
    except DBAPIError as error:
        raise _unusable(parsed, error) from error
    finally:
        reader.dispose()
        writer.dispose()


def _count_what_is_stored(writer: Engine) -> None:
    """Count in activity what was stored before activity was counted. Another process may be faster, and serve."""
    with writer.begin() as tx:
        uncounted = activity.is_uncounted(tx)
    if uncounted:
        activity.rebuild_alone(writer, time.time_ns() // 1_000_000, unless_counted=True)


def _check_current(connection: Connection) -> None:
    if not is_current(connection):
        raise Unusable(NOT_CURRENT)


def look(url: str) -> str:
    """A short description of the database at ``url``. Changes nothing; reads a whole file. Raises ``Unusable``."""
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        return look_at_file(_file(parsed), whole=True)
    engines = _server_engines(parsed)
    try:
        with engines[1].connect() as connection:
            return look_at_server(connection, parsed.render_as_string())
    except DBAPIError as error:
        raise _unusable(parsed, error) from error
    finally:
        for engine in engines:
            engine.dispose()


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:
        raise Unusable(URL_WANTED) from error


def _file(url: URL) -> Path:
    if not url.database:
        raise Unusable("A SQLite database needs a file: sqlite:////folder/hookbench.db")
    return Path(url.database).absolute()


def _unusable(url: URL, error: DBAPIError) -> Unusable:
    if isinstance(error.orig, sqlite3.Error):
        return trouble_with(_file(url), error.orig)
    return Unusable(f"The database {url.render_as_string()} cannot be used: {error.orig}")


def _sqlite_engines(path: Path) -> tuple[Engine, Engine]:
    def connect_to_write() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        return connection

    def connect_to_read() -> sqlite3.Connection:
        address = f"{path.as_uri()}?mode=ro"
        return sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000)

    writer = create_engine(
        "sqlite://", creator=connect_to_write, poolclass=QueuePool, pool_size=1, max_overflow=0, hide_parameters=True
    )
    reader = create_engine(
        "sqlite://",
        creator=connect_to_read,
        poolclass=QueuePool,
        pool_size=READERS + 1,  # and one for ``Writes``
        max_overflow=0,
        hide_parameters=True,
    )

    # The driver's implicit transactions are off; these two functions begin them, each of its kind.
    @event.listens_for(writer, "begin")
    def begin_to_write(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(reader, "begin")
    def begin_to_read(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return writer, reader


def _server_engines(url: URL) -> tuple[Engine, Engine]:
    try:
        writer = create_engine(url, pool_size=1, max_overflow=0, pool_pre_ping=True, hide_parameters=True)
        reader = create_engine(
            url,
            pool_size=READERS + 1,  # and one for ``Writes``
            max_overflow=0,
            hide_parameters=True,
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
        )
    except (ArgumentError, NoSuchModuleError) as error:
        raise Unusable(URL_WANTED) from error
    except ModuleNotFoundError as error:
        raise Unusable(
            f"The driver {error.name} is not installed. It comes with: pip install 'hookbench[postgres]'"
        ) from error

    for engine, settings in ((writer, _WRITERS_SETTINGS), (reader, _READERS_SETTINGS)):
        event.listen(engine, "connect", partial(_set, settings))
    round_trips.attach(writer)
    return writer, reader


def _set(settings: str, driver: Any, _: object) -> None:
    with driver.cursor() as cursor:
        cursor.execute(settings)
    driver.commit()
