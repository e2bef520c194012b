"""Owners of leases, and which of them are dead. A dead owner's leases are freed before they expire.

A SQLite file serves one server at a time, which locks a file beside it: every lease it finds at start belonged to a
dead process.

A PostgreSQL database serves many. Each process holds an advisory lock that belongs to its connection; the database
releases the lock when the connection breaks, however the process ended. A lock instead of a heartbeat, because then
no clock decides, and a slow or suspended process keeps its leases. The lock is on the connection that writes: a
process that cannot write does not count as alive. If a machine vanishes without closing its connection, the lock stays
until the database drops the connection; meanwhile its leases expire as usual.
"""

import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO
from zlib import crc32

from sqlalchemy import Connection, literal_column, select, text, update

from server.domain.ids import DeliveryId, ProcessId
from server.store.database_check import Unusable, file_of
from server.store.schema import deliveries

HELD = "owner"
"""The key in a connection's ``info`` for the owner whose lock it holds; a new connection has no such entry."""

_OURS = 0x486F6F6B
"""The first of each lock's two numbers, which sets our locks apart from other programs' in the same database."""
_HOLD = text("SELECT pg_advisory_lock_shared(:ours, :number)")
_TRY_ALONE = text("SELECT pg_try_advisory_xact_lock(:ours, :number)")
_LIVING = text(
    "SELECT CAST(objid AS bigint) FROM pg_locks "
    "WHERE locktype = 'advisory' AND objsubid = 2 AND granted AND CAST(classid AS bigint) = :ours "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)

# Only pending deliveries are ever leased, and they have an index; scanning the table is slow with a million rows.
_LEASED = (deliveries.c.state == literal_column("'pending'")) & deliveries.c.lease_owner.is_not(None)
_FREE = update(deliveries).where(_LEASED).values(lease_owner=None, lease_until=None)


@contextmanager
def only_here(url: str) -> Iterator[None]:
    """Lock a SQLite file for this server, since a second one would deliver everything twice. Raises ``Unusable``.

    Does nothing for a database server.
    """
    if file := file_of(url):
        with _locked(file):
            yield
    else:
        yield


def living(tx: Connection, owner: ProcessId) -> frozenset[int]:
    """The lock numbers of all living owners, after making sure that ``owner`` holds its lock.

    Only for a database server, on the writer's connection.
    """
    if tx.info.get(HELD) != owner:
        tx.execute(_HOLD, {"ours": _OURS, "number": number_of(owner)})
        tx.info[HELD] = owner
    return frozenset(tx.execute(_LIVING, {"ours": _OURS}).scalars())


def any_living(tx: Connection) -> bool:
    """Whether any process announced itself as an owner. Only for a database server."""
    return tx.execute(_LIVING, {"ours": _OURS}).first() is not None


def leases(tx: Connection) -> list[tuple[DeliveryId, ProcessId]]:
    """Each leased delivery with its owner, dead or alive. Reads all pending deliveries."""
    query = select(deliveries.c.id, deliveries.c.lease_owner).where(_LEASED)
    return [(DeliveryId(delivery_id), ProcessId(owner)) for delivery_id, owner in tx.execute(query)]


def free(tx: Connection, owners: Collection[ProcessId]) -> int:
    """Free the leases of those owners that are dead. Returns how many leases that were."""
    dead = [owner for owner in owners if _is_dead(tx, owner)]
    return tx.execute(_FREE.where(deliveries.c.lease_owner.in_(dead))).rowcount if dead else 0


def free_all(tx: Connection) -> int:
    """Free every lease, at the start of a server that has the database to itself. Returns how many there were."""
    return tx.execute(_FREE).rowcount


def number_of(owner: ProcessId) -> int:
    """The number of an owner's lock. If two owners share one, both count as alive while either is."""
    return crc32(owner.encode()) & 0x7FFF_FFFF


def _is_dead(tx: Connection, owner: ProcessId) -> bool:
    """Whether nobody holds an owner's lock. The lock is ours until commit, so an owner that returns finds its leases
    freed."""
    return bool(tx.execute(_TRY_ALONE, {"ours": _OURS, "number": number_of(owner)}).scalar_one())


def _locked(file: Path) -> TextIO:
    """The open lock file beside ``file``, locked until it is closed or the process ends. Raises ``Unusable``."""
    os.umask(0o077)  # the database holds secrets
    file = file.resolve()
    lock = file.with_name(f"{file.name}-lock")
    try:
        held = lock.open("w")
    except OSError as error:
        raise Unusable(
            f"The file {lock} cannot be written: {error.strerror}. It belongs beside the database."
        ) from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        held.close()
        if isinstance(error, BlockingIOError):
            raise Unusable(f"Another Hookbench is running on the database file {file}.") from None
        raise Unusable(f"The file {lock} cannot be locked: {error.strerror}.") from error
    return held
