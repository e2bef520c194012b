"""What happens at start for secrets at rest: back up before encrypting, check the keys, remove leftover plaintext.

Each step can be repeated after an interruption at any point: the backup is replaced as a whole; encryption is one
transaction, which also notes that freed pages may still hold plaintext; cleaning repeats until that note is deleted.
"""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import structlog
from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection, Engine, delete, inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from server.store.database_check import REVISION, Unusable
from server.store.keys import KeyRing, UnknownKey, open_privately, sync_folder
from server.store.schema import options
from server.store.vault import NONCE_BYTES, SEALED, Unreadable, Vault, seal, vault_of

REVISION_OF_SEALING = "0004"
BACKUP = "before-encryption"
MAGIC = b"hookbench backup 1 "
CHUNK = 1024 * 1024

CHECK, CHECKED = "key_check", "hookbench"
"""The option whose value shows whether the keys are the right ones, before anything else is decrypted."""
PLAINTEXT_LEFT = "plaintext_left"
"""The option that exists until freed pages are clean."""

log = structlog.get_logger()


def needs_sealing(connection: Connection) -> bool:
    """Whether the database has our tables from a version that did not encrypt secrets."""
    if REVISION not in inspect(connection).get_table_names():
        return False
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision is not None and revision < REVISION_OF_SEALING


def is_sealed(connection: Connection) -> bool:
    """Whether a version that encrypts secrets has opened this database."""
    return _check_of(connection) is not None


def check_keys(connection: Connection, keys: KeyRing) -> None:
    """Create the first key if nothing is encrypted yet. Raises ``Unusable`` if values are and their key is missing."""
    sealed = _check_of(connection)
    if keys.missing:
        if sealed is not None:
            raise Unusable(
                f"The secrets in the database are encrypted, and their key, {keys.where}, is missing. Put it back from "
                "a backup, or name it with HOOKBENCH_KEY_FILE. Nothing else can read the secrets; to go on without "
                "them, begin with an empty database."
            )
        keys.make()
        log.warning(
            "keys.made",
            file=str(keys.file),
            advice="Secrets are encrypted with it. Keep a copy, apart from backups of the database.",
        )
    if sealed is None:
        return
    try:
        good = Vault(keys).open(f"options.value:{CHECK}", sealed) == CHECKED
    except UnknownKey as error:
        raise Unusable(
            f"The secrets in the database are encrypted with another key. {error} It holds: {', '.join(keys.ids)}. Put "
            "the right key back, or name it with HOOKBENCH_KEY or HOOKBENCH_KEY_FILE."
        ) from error
    except Unreadable as error:
        raise Unusable(f"The keys cannot be checked. {error} Put a backup of the database in its place.") from error
    if not good:
        raise Unusable("The keys cannot be checked: the value for it in the database is not ours.")


def keep_check(engine: Engine) -> None:
    """Store the value by which later starts check their keys, and check them now. Raises ``Unusable``."""
    try:
        with engine.begin() as tx:
            if tx.execute(select(options.c.name).where(options.c.name == CHECK)).first() is None:
                sealed = seal(tx, options.c.value, CHECK, CHECKED)
                tx.execute(options.insert().values(name=CHECK, value=sealed, updated_at=0))
    except IntegrityError:
        pass  # another process stored it first
    with engine.begin() as tx:
        keys = vault_of(tx).keys
        check_keys(tx, keys)


def back_up_file(file: Path, keys: KeyRing) -> Path:
    """Write an encrypted copy of a SQLite file that no other process has open. Returns its path. Raises ``Unusable``.

    The copy is encrypted because the file holds secrets in the clear.
    """
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        [(busy, _, _)] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    # Not before the connection is closed: closing a file that SQLite has open in the same process drops its locks.
    before = file.stat()
    with file.open("rb") as plain:
        made = _write(file.with_name(f"{file.name}.{BACKUP}"), iter(lambda: plain.read(CHUNK), b""), keys)
    after = file.stat()
    if busy or (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
        raise Unusable(f"Another program holds the database file {file}. End it, then start Hookbench again.")
    return made


def back_up_columns(connection: Connection, folder: Path, keys: KeyRing) -> Path:
    """Write the columns that will be encrypted to one encrypted JSON file; for a database server. Returns its path."""
    tables = set(inspect(connection).get_table_names())
    found = {}
    for table, columns in SEALED.items():
        if table.name in tables:
            [key] = [column.name for column in table.primary_key]
            known = {column["name"] for column in inspect(connection).get_columns(table.name)}
            names = ", ".join([key, *(name for name in columns if name in known)])
            rows = connection.execute(text(f"SELECT {names} FROM {table.name}")).mappings()  # noqa: S608  our own names
            found[table.name] = [dict(row) for row in rows]
    content = json.dumps(found, indent=1).encode()
    parts = (content[at : at + CHUNK] for at in range(0, len(content), CHUNK))
    return _write(folder / f"postgresql.{BACKUP}", parts, keys)


def open_backup(file: Path, to: Path, keys: KeyRing) -> None:
    """Decrypt a backup into the new file ``to``. Raises ``Unusable``."""
    try:
        with file.open("rb") as sealed, open_privately(to) as out:
            for part in _opened(sealed, file, keys):
                out.write(part)
    except UnknownKey as error:
        to.unlink()
        raise Unusable(f"{file} was encrypted with another key. {error}") from error
    except (Unreadable, InvalidTag) as error:
        to.unlink()
        raise Unusable(f"{file} is not a backup of Hookbench, or is damaged.") from error
    except OSError as error:
        raise Unusable(f"{error.filename} cannot be used: {error.strerror}.") from error


def clean(engine: Engine) -> None:
    """Rewrite the tables, so that freed pages hold no plaintext. Each start tries again until it succeeds.

    The operator has to remove what a database server stores outside its tables: its log and its own backups.
    """
    with engine.connect() as connection:
        if connection.execute(select(options.c.name).where(options.c.name == PLAINTEXT_LEFT)).first() is None:
            return
    try:
        if engine.dialect.name == "sqlite":
            _vacuum(engine)
        else:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                for table in SEALED:
                    connection.execute(text(f"VACUUM FULL {table.name}"))
        with engine.begin() as tx:
            tx.execute(delete(options).where(options.c.name == PLAINTEXT_LEFT))
    except (DBAPIError, sqlite3.Error) as error:
        log.warning(
            "keys.not_cleaned",
            error=str(error),
            advice="Secrets are encrypted, but freed pages of the database may still hold them in the clear. "
            "It is tried again at the next start.",
        )
    else:
        log.info("keys.cleaned")


def _vacuum(engine: Engine) -> None:
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw.cursor().execute("VACUUM")
        [(busy, _, _)] = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if busy:
            raise sqlite3.OperationalError("another program reads the database")
    finally:
        raw.close()


def _check_of(connection: Connection) -> str | None:
    """The stored value that checks the keys; ``None`` while nothing is encrypted."""
    if "options" not in inspect(connection).get_table_names():
        return None
    found: str | None = connection.execute(select(options.c.value).where(options.c.name == CHECK)).scalar()
    return found


def _write(target: Path, parts: Iterator[bytes], keys: KeyRing) -> Path:
    """Encrypt part by part; the file appears complete or not at all."""
    written = target.with_name(f"{target.name}.new")
    with suppress(FileNotFoundError):
        written.unlink()
    key = keys.current()
    try:
        with open_privately(written) as out:
            out.write(MAGIC + key.id.encode() + b"\n")
            for number, part, last in _numbered(parts):
                nonce = os.urandom(NONCE_BYTES)
                sealed = nonce + key.cipher.encrypt(nonce, part, _place(number, last))
                out.write(len(sealed).to_bytes(4, "big") + sealed)
            out.flush()
            os.fsync(out.fileno())
        written.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        with suppress(OSError):
            written.unlink()
        raise Unusable(f"The backup {target} cannot be written: {error.strerror}.") from error
    return target


def _opened(sealed, file: Path, keys: KeyRing) -> Iterator[bytes]:  # type: ignore[no-untyped-def]  # a binary file
    head = sealed.readline(len(MAGIC) + 64)
    if not head.startswith(MAGIC):
        raise Unreadable(f"{file} is not a backup of Hookbench.")
    cipher = keys.get(head[len(MAGIC) :].strip().decode("ascii", "replace")).cipher
    number, length = 0, sealed.read(4)
    while length:
        part, following = sealed.read(int.from_bytes(length, "big")), sealed.read(4)
        yield cipher.decrypt(part[:NONCE_BYTES], part[NONCE_BYTES:], _place(number, not following))
        number, length = number + 1, following
    if not number:
        raise Unreadable(f"{file} is cut off.")


def _place(number: int, last: bool) -> bytes:
    """What the encryption binds a part to: its number and whether it is the last, so that a missing part is noticed."""
    return f"backup:{number}:{'last' if last else 'more'}".encode()


def _numbered(parts: Iterator[bytes]) -> Iterator[tuple[int, bytes, bool]]:
    number, held = 0, next(parts, b"")
    for following in parts:
        yield number, held, False
        number, held = number + 1, following
    yield number, held, True


def key_of_backup(file: Path) -> str | None:
    """The id of the key that a backup is encrypted with; ``None`` for a file that is not a backup."""
    try:
        with file.open("rb") as sealed:
            head = sealed.readline(len(MAGIC) + 64)
    except OSError:
        return None
    return head[len(MAGIC) :].strip().decode("ascii", "replace") if head.startswith(MAGIC) else None
