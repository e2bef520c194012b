"""Foreign, newer or damaged database files, and the error message expected for each."""

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from builders import a_message, a_source

from server.store import Store, messages, sources

Spoil = Callable[[Path], None]


def an_older_one(file: Path, revision: str = "0001") -> None:
    run(file, f"UPDATE alembic_version SET version_num = '{revision}'")


def run(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


async def a_hookbench(file: Path) -> None:
    """Make a database with enough rows that damage in the middle of the file hits data."""
    store, source = Store.open(f"sqlite:///{file}"), a_source()
    await store.write(lambda tx: sources.insert(tx, source))
    await store.write(lambda tx: messages.receive(tx, [a_message(source) for _ in range(500)]))
    store.close()


def pictures(file: Path) -> None:
    file.write_bytes(b"my holiday pictures" * 100)


def of_music(file: Path) -> None:
    file.unlink()
    run(file, "CREATE TABLE albums (name TEXT)", "CREATE TABLE artists (name TEXT)")


def of_music_with_our_migrations_tool(file: Path) -> None:
    of_music(file)
    run(file, "CREATE TABLE alembic_version (version_num TEXT)", "INSERT INTO alembic_version VALUES ('0001')")


def of_music_in_wal_mode(file: Path) -> None:
    of_music(file)
    run(file, "PRAGMA journal_mode=WAL", "CREATE TABLE songs (name TEXT)")


def newer(file: Path) -> None:
    an_older_one(file, "0999")


def cut_short(file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])


def cut_to_less_than_a_page(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:1000])


def overwritten_in_the_middle(file: Path) -> None:
    whole = bytearray(file.read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 8192] = b"\xa5" * 8192
    file.write_bytes(whole)


def emptied_with_changes_beside_it(file: Path) -> None:
    file.write_bytes(b"")
    file.with_name("hookbench.db-wal").write_bytes(b"changes" * 1000)


def taken_away_without_its_changes(file: Path) -> None:
    file.unlink()
    file.with_name("hookbench.db-wal").write_bytes(b"changes" * 1000)


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


REFUSED: dict[Spoil, str] = {
    pictures: "is not a SQLite database, and is left as it is. Put a backup in its place, or name another folder",
    of_music: r"belongs to another program \(tables: albums, artists\), and is left as it is",
    of_music_with_our_migrations_tool: r"belongs to another program \(tables: albums, alembic_version, artists\)",
    of_music_in_wal_mode: "belongs to another program",
    newer: "was written by a newer Hookbench: its tables are at revision 0999, this version knows them up to 0",
    cut_short: r"is damaged \(database disk image is malformed\), and is left as it is",
    cut_to_less_than_a_page: "is damaged|is not a SQLite database",
    overwritten_in_the_middle: r"is damaged .*comes out with: sqlite3 hookbench\.db \.recover",
    emptied_with_changes_beside_it: "is missing or empty, yet hookbench.db-wal beside it holds changes to it",
    taken_away_without_its_changes: "is missing or empty, yet hookbench.db-wal beside it holds changes to it",
    a_folder: "cannot be read: Is a directory",
}


def sums(folder: Path) -> dict[str, str]:
    """File name → hash of its content. Leaves out the ``-shm`` index, which SQLite rebuilds for each reader."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.is_file() and not path.name.endswith("-shm")
    }
