"""Whose leases are in a database, and which of the owners are dead: what those held need not wait until it runs out.

A SQLite file is for one server at a time, which locks a file beside it: what it finds leased at its start was a dead
one's.

A PostgreSQL is for many. Each says that it lives by a lock that belongs to its connection, and the database frees it
when the connection breaks, however the process ended. A lock and no heartbeat, because then no clock decides, and a
process that is slow or was suspended keeps what it has under way. It is on the connection that records: whoever cannot
record does not count as alive. A machine that vanishes without a word keeps its lock for as long as the database
believes in the connection; its leases run out meanwhile, as all do.
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
from server.store.condition import Unusable, file_of
from server.store.schema import deliveries

HELD = "owner"
"""Under this name a connection notes for whom it holds the lock; one made after the old one broke has no such note."""

_OURS = 0x486F6F6B
"""The first of each lock's two numbers says that it is ours: other programs may use locks in the same database."""
_HOLD = text("SELECT pg_advisory_lock_shared(:ours, :number)")
_TRY_ALONE = text("SELECT pg_try_advisory_xact_lock(:ours, :number)")
_LIVING = text(
    "SELECT CAST(objid AS bigint) FROM pg_locks "
    "WHERE locktype = 'advisory' AND objsubid = 2 AND granted AND CAST(classid AS bigint) = :ours "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)

# Only what waits is ever leased, and of that there is an index: with a million deliveries the table would take long.
_LEASED = (deliveries.c.state == literal_column("'pending'")) & deliveries.c.lease_owner.is_not(None)
_FREE = update(deliveries).where(_LEASED).values(lease_owner=None, lease_until=None)


@contextmanager
def only_here(url: str) -> Iterator[None]:
    """Hold a SQLite file for one server; another one would deliver everything twice. Raises ``Unusable``.

    Nothing is held of a database server.
    """
    if file := file_of(url):
        with _locked(file):
            yield
    else:
        yield


def living(tx: Connection, owner: ProcessId) -> frozenset[int]:
    """Say that ``owner`` lives, and return the numbers of all that do. For the writer of a database server."""
    if tx.info.get(HELD) != owner:
        tx.execute(_HOLD, {"ours": _OURS, "number": number_of(owner)})
        tx.info[HELD] = owner
    return frozenset(tx.execute(_LIVING, {"ours": _OURS}).scalars())


def leases(tx: Connection) -> list[tuple[DeliveryId, ProcessId]]:
    """Each leased delivery with its owner, dead or alive. Looks at everything that waits."""
    query = select(deliveries.c.id, deliveries.c.lease_owner).where(_LEASED)
    return [(DeliveryId(delivery_id), ProcessId(owner)) for delivery_id, owner in tx.execute(query)]


def free(tx: Connection, owners: Collection[ProcessId]) -> int:
    """Free the leases of these owners, unless one lives after all. Returns how many there were."""
    dead = [owner for owner in owners if _is_dead(tx, owner)]
    return tx.execute(_FREE.where(deliveries.c.lease_owner.in_(dead))).rowcount if dead else 0


def free_all(tx: Connection) -> int:
    """Free every lease: for the start of a server that has the database to itself. Returns how many there were."""
    return tx.execute(_FREE).rowcount


def number_of(owner: ProcessId) -> int:
    """Of its lock. Should two owners have the same, each counts as alive as long as either is."""
    return crc32(owner.encode()) & 0x7FFF_FFFF


def _is_dead(tx: Connection, owner: ProcessId) -> bool:
    """Whether nobody holds its lock. Nobody gets it until our commit: one that comes back finds its leases freed."""
    return bool(tx.execute(_TRY_ALONE, {"ours": _OURS, "number": number_of(owner)}).scalar_one())


def _locked(file: Path) -> TextIO:
    """The lock file beside it, locked for as long as it is open, however the process ends."""
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
