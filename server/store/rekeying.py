"""Rotates the key that encrypts secrets, while servers run on the database.

An interruption after any step is safe; the next run continues from there. First the new key goes into the key file,
where running servers find it and encrypt with it from then on. Then all rows are encrypted again, one transaction a
batch. The old key stays in the file, for backups of the database, until ``forget``.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy import Column, Connection, Engine, Table, inspect, or_, select, update

from server.store.database_check import Unusable
from server.store.keys import FROM_ENVIRONMENT, HOW_TO_MAKE, KeyRing, UnknownKey
from server.store.sealing import BACKUP, key_of_backup
from server.store.vault import PREFIX, SEALED, Unreadable, Vault, key_id_of, place_of, vault_of, wait_for_sealing

ROWS_AT_ONCE = 20
"""Rows per transaction. Few, so that a running server does not wait long for its own writes."""


def usage(engine: Engine) -> Counter[str]:
    """The number of encrypted values by key id."""
    found: Counter[str] = Counter()
    with engine.connect() as connection:
        for table, names in _sealed(connection):
            for row in connection.execute(select(*(table.c[name] for name in names))):
                found.update(key_id_of(value) or "none" for value in row if value)
    return found


def unreadable(engine: Engine) -> list[str]:
    """The places of the values that cannot be decrypted, such as ``endpoints.url:ep_…``."""
    found: list[str] = []
    with engine.connect() as connection:
        vault = vault_of(connection)
        for table, names in _sealed(connection):
            [key] = table.primary_key
            for row in connection.execute(select(key, *(table.c[name] for name in names))).mappings():
                for name in names:
                    place = place_of(table.c[name], row[key.name])
                    if row[name] and not _opens(vault, place, row[name]):
                        found.append(place)
    return found


def rotate(engine: Engine, keys: KeyRing) -> Iterator[int]:
    """Encrypt everything with a new key; yields after each batch how many rows are done. Raises ``Unusable``.

    A value that cannot be decrypted stays as it is; ``unreadable`` lists it.
    If a rotation was interrupted, this finishes it with the key that it had added.
    """
    with keys.changing():
        if keys.file is not None:
            keys.reload()
        if not _is_unfinished(engine, keys.ids[-1]):
            if not keys.ours:
                raise Unusable(_ask_for_key(keys))
            keys.add()
        with engine.begin() as tx:
            wait_for_sealing(tx)
        with engine.connect() as connection:
            tables = _sealed(connection)
        done = 0
        for table, names in tables:
            damaged: set[str] = set()
            while rows := _reseal(engine, table, [table.c[name] for name in names], keys.ids[-1], damaged):
                done += rows
                yield done
    if engine.dialect.name == "sqlite":
        _write_back(engine)


def forget(engine: Engine, keys: KeyRing, key_id: str, folder: Path) -> None:
    """Remove an old key from the file. Raises ``Unusable`` while a value or a backup still needs it."""
    with keys.changing():
        if not keys.ours:
            raise Unusable(f"The keys come from {keys.where}, which is yours to change.")
        keys.reload()
        if key_id not in keys.ids:
            raise Unusable(f"There is no key {key_id} in {keys.where}. There are: {', '.join(keys.ids)}")
        if key_id == keys.ids[-1]:
            raise Unusable(f"The key {key_id} is the one that encrypts. First: hookbench keys rotate")
        with engine.begin() as tx:
            wait_for_sealing(tx)
        if used := usage(engine)[key_id]:
            raise Unusable(f"The key {key_id} is still needed by {used} values. First: hookbench keys rotate")
        for backup in folder.glob(f"*.{BACKUP}"):
            if key_of_backup(backup) == key_id:
                raise Unusable(f"The backup {backup} needs the key {key_id}. Delete the backup first.")
        keys.forget(key_id)


def _reseal(engine: Engine, table: Table, columns: list[Column[str]], key_id: str, damaged: set[str]) -> int:
    """Encrypt the next rows that use another key. Returns how many; 0 when none is left.

    ``damaged`` collects the ids of rows with values that cannot be decrypted; later calls skip them.
    """
    [key] = table.primary_key
    ours = f"{PREFIX}{key_id}:%"
    wanted = or_(*(column.is_not(None) & (column != "") & column.not_like(ours) for column in columns))
    wanted &= key.not_in(sorted(damaged))
    with engine.begin() as tx:
        if tx.dialect.name == "sqlite":
            tx.exec_driver_sql("PRAGMA secure_delete=ON")
        vault = vault_of(tx)
        rows = tx.execute(select(key, *columns).where(wanted).limit(ROWS_AT_ONCE).with_for_update()).mappings().all()
        for row in rows:
            places = {column.name: place_of(column, row[key.name]) for column in columns if row[column.name]}
            readable = {name: place for name, place in places.items() if _opens(vault, place, row[name])}
            if len(readable) < len(places):
                damaged.add(row[key.name])
            sealed = {name: vault.seal(place, vault.open(place, row[name])) for name, place in readable.items()}
            if sealed:
                tx.execute(update(table).where(key == row[key.name]).values(sealed))
    return len(rows)


def _sealed(connection: Connection) -> list[tuple[Table, tuple[str, ...]]]:
    """The tables with secrets that exist: an older Hookbench may have made the database."""
    known = set(inspect(connection).get_table_names())
    return [(table, names) for table, names in SEALED.items() if table.name in known]


def _is_unfinished(engine: Engine, key_id: str) -> bool:
    """Whether some readable value is encrypted with another key than ``key_id``."""
    with engine.connect() as connection:
        vault = vault_of(connection)
        for table, names in _sealed(connection):
            [key] = table.primary_key
            for row in connection.execute(select(key, *(table.c[name] for name in names))).mappings():
                others = (name for name in names if row[name] and key_id_of(row[name]) != key_id)
                if any(_opens(vault, place_of(table.c[name], row[key.name]), row[name]) for name in others):
                    return True
    return False


def _opens(vault: Vault, place: str, value: str) -> bool:
    try:
        vault.open(place, value)
    except (Unreadable, UnknownKey):
        return False
    return True


def _write_back(engine: Engine) -> None:
    """Empty SQLite's write-ahead log, as far as readers allow: it still holds values that the old key encrypted."""
    raw = engine.raw_connection()
    with closing(raw):
        try:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error:
            return  # the running server does it later


def _ask_for_key(keys: KeyRing) -> str:
    if keys.where == FROM_ENVIRONMENT:
        return (
            f"The key comes from {FROM_ENVIRONMENT}. Put a new one behind it, after a comma ({HOW_TO_MAKE}), start "
            "Hookbench again with both, and then run this command again with both."
        )
    return f"The key comes from {keys.where}. Put a new one below it ({HOW_TO_MAKE}), then run this command again."
