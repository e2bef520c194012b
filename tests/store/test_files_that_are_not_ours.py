"""A database that is foreign, newer or damaged is refused with what to do, and not one byte of it is changed."""

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from builders import a_message, a_source
from sqlalchemy import create_engine, text

from server.store import Store, Unusable, look, messages, sources

Spoil = Callable[[Path], None]


def an_older_one(file: Path, revision: str = "0001") -> None:
    run(file, f"UPDATE alembic_version SET version_num = '{revision}'")


def run(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


async def a_hookbench(file: Path) -> None:
    """With enough in it that damage in the middle hits something."""
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


@pytest.mark.parametrize("spoil", REFUSED, ids=lambda spoil: spoil.__name__)
async def test_it_is_refused_and_left_alone(spoil: Spoil, tmp_path: Path) -> None:
    file = tmp_path / "hookbench.db"
    await a_hookbench(file)
    spoil(file)
    before = sums(tmp_path)
    for opening in (Store.open, look):
        with pytest.raises(Unusable, match=REFUSED[spoil]) as refusal:
            opening(f"sqlite:///{file}")
        assert str(file) in str(refusal.value)
        assert sums(tmp_path) == before


@pytest.mark.parametrize("database", ["sqlite_url", "postgres_url"])
def test_a_newer_database_is_refused_wherever_it_is(database: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue(database)
    Store.open(url).close()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    engine.dispose()
    with pytest.raises(Unusable, match="newer Hookbench"):
        Store.open(url)


def test_tables_of_others_beside_ours_are_no_reason_on_a_server(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE albums (name TEXT)"))
    Store.open(postgres_url).close()
    Store.open(postgres_url).close()
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM albums")).scalar_one() == 0
    engine.dispose()


def test_a_table_of_others_with_a_name_of_ours_is_left_alone_on_a_server(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE messages (subject TEXT)"))
    with pytest.raises(Unusable, match="belongs to another program"):
        Store.open(postgres_url)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM messages")).scalar_one() == 0
    engine.dispose()


async def test_a_look_says_what_is_there_and_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "hookbench.db"
    assert look(f"sqlite:///{file}") == f"SQLite, {file} will be made at the first start"
    assert not file.exists()
    await a_hookbench(file)
    assert look(f"sqlite:///{file}").startswith(f"SQLite, {file}, revision 0")
    an_older_one(file)
    before = sums(tmp_path)
    assert "revision 0001, to be updated to 0" in look(f"sqlite:///{file}")
    assert sums(tmp_path) == before


async def test_a_database_in_use_can_be_looked_at(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'hookbench.db'}"
    store = Store.open(url)
    await store.write(lambda tx: sources.insert(tx, a_source()))
    assert "revision" in look(url)
    Store.open(url).close()
    assert len(await store.read(sources.every)) == 1
    store.close()


def sums(folder: Path) -> dict[str, str]:
    """What every file holds. The index beside a write-ahead log is left out: SQLite makes it anew for each reader."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.is_file() and not path.name.endswith("-shm")
    }
