"""A database that another process holds answers «busy» once for all that waits, and works again when it is let go."""

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from builders import a_message, a_source
from sqlalchemy.exc import IntegrityError

from server.store import Busy, Store, Transaction, database, messages, sources, writer
from server.store.schema import refusals


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> float:
    """The store waits for others only so many seconds."""
    monkeypatch.setattr(database, "BUSY_MS", 200)
    return 0.2


@contextmanager
def held(file: Path, how: str = "IMMEDIATE") -> Iterator[None]:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute(f"BEGIN {how}")
        yield


async def test_all_that_waits_hears_it_together_and_can_be_stored_afterwards(
    impatient: float, store: Store, tmp_path: Path
) -> None:
    source = a_source()
    await store.write(lambda tx: sources.insert(tx, source))
    waiting = [a_message(source) for _ in range(2 * writer.MAX_WRITES_PER_TRANSACTION)]
    with held(tmp_path / "hookbench.db"):
        before = time.monotonic()
        heard = await asyncio.gather(*(store.batch(messages.receive, one) for one in waiting), return_exceptions=True)
        took = time.monotonic() - before
    assert {type(one) for one in heard} == {Busy}
    assert "database is locked" in str(heard[0])
    assert took < 50 * impatient  # one after another they would take a thousand times as long
    kept = await asyncio.gather(*(store.batch(messages.receive, one) for one in waiting))
    assert not any(one.duplicate for one in kept)


async def test_reading_a_file_that_cannot_be_read_is_busy_too(store: Store, tmp_path: Path) -> None:
    def look(tx: Transaction) -> int:
        return len(sources.every(tx))

    file = tmp_path / "hookbench.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = file.read_bytes()
    file.write_bytes(b"\0" * len(whole))
    with pytest.raises(Busy, match=r"not a database|malformed"):
        await store.read(look)
    file.write_bytes(whole)
    assert await store.read(look) == 0


async def test_a_write_that_fails_by_itself_fails_alone(store: Store) -> None:
    source = a_source()
    twice = [store.write(lambda tx: sources.insert(tx, source)) for _ in range(2)]
    first, second = await asyncio.gather(*twice, return_exceptions=True)
    assert first is None
    assert "UNIQUE constraint failed" in str(second)


def test_closing_during_an_outage_answers_everybody(impatient: float, sqlite_url: str, tmp_path: Path) -> None:
    async def leave() -> list[object]:
        store = Store.open(sqlite_url)
        with held(tmp_path / "hookbench.db"):
            writes = [asyncio.ensure_future(store.write(sources.every)) for _ in range(3)]
            await asyncio.sleep(0)
            await asyncio.to_thread(store.close)
            return await asyncio.gather(*writes, return_exceptions=True)

    assert {type(one) for one in asyncio.run(leave())} == {Busy}


async def test_after_closing_everything_is_in_the_one_file(sqlite_url: str, tmp_path: Path) -> None:
    store = Store.open(sqlite_url)
    await store.write(lambda tx: sources.insert(tx, a_source()))
    await store.read(sources.every)
    store.close()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["hookbench.db", "hookbench.key"]


async def test_a_commit_that_fails_leaves_no_transaction_open(store: Store) -> None:
    source = a_source()

    def orphan(tx: Transaction) -> None:
        tx.exec_driver_sql("PRAGMA defer_foreign_keys = ON")  # so that the commit fails, not the statement
        tx.execute(refusals.insert().values(source_id="none", reason="clock", count=1, last_at=1))

    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        await store.write(orphan)
    await store.write(lambda tx: sources.insert(tx, source))
    assert await store.read(lambda tx: sources.get(tx, source.id))
