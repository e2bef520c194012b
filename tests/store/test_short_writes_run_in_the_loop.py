"""On SQLite the event loop runs the statements of a few short writes itself; the thread makes them durable."""

import asyncio
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from builders import a_source
from sqlalchemy import text

from server.domain.ids import SourceId
from server.domain.sources import Source
from server.store import Store, Transaction, sources, writer
from server.store.schema import refusals

IN_LOOP = threading.main_thread()


class Kept:
    """Work that stores sources and notes in which threads it ran. A source with the name «wrong» cannot be stored."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []

    def __call__(self, tx: Transaction, items: Sequence[Source]) -> list[SourceId]:
        self.threads.append(threading.current_thread())
        for source in items:
            if source.name == "wrong":
                raise ValueError("wrong")
            sources.insert(tx, source)
        return [source.id for source in items]


async def stored(store: Store) -> set[SourceId]:
    return {source.id for source in await store.read(sources.every)}


async def test_a_short_write_runs_in_the_loop_in_a_file_only(each_store: Store) -> None:
    kept, source = Kept(), a_source()
    assert await each_store.batch(kept, source) == source.id
    assert (kept.threads == [IN_LOOP]) == (each_store.dialect == "sqlite")
    assert await stored(each_store) == {source.id}


async def test_of_many_each_transaction_gets_a_part(store: Store) -> None:
    kept, many = Kept(), [a_source() for _ in range(3 * writer.MAX_WRITES_IN_LOOP)]
    await asyncio.gather(*(store.batch(kept, source) for source in many))
    assert set(kept.threads) == {IN_LOOP}
    assert 3 <= len(kept.threads) <= 6
    assert await stored(store) == {source.id for source in many}


async def test_a_write_of_unknown_length_runs_in_the_thread(store: Store) -> None:
    assert await store.write(lambda tx: threading.current_thread()) is not IN_LOOP


async def test_what_comes_while_the_thread_writes_follows_it(store: Store) -> None:
    kept, source, began, go_on = Kept(), a_source(), threading.Event(), threading.Event()

    def slow(tx: Transaction) -> None:
        began.set()
        assert go_on.wait(10)

    writing = asyncio.ensure_future(store.write(slow))
    await asyncio.to_thread(began.wait, 10)
    following = asyncio.ensure_future(store.batch(kept, source))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert kept.threads == []
    other = asyncio.ensure_future(store.write(lambda tx: kept.threads[:]))
    go_on.set()
    await asyncio.gather(writing, following)
    assert await other == [IN_LOOP]
    assert kept.threads == [IN_LOOP]


async def test_the_loop_does_not_wait_for_a_file_that_another_process_has_locked(store: Store, tmp_path: Path) -> None:
    kept, source, turns = Kept(), a_source(), 0
    with closing(sqlite3.connect(tmp_path / "hookbench.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.ensure_future(store.batch(kept, source))
        while turns < 100:  # the loop goes on
            await asyncio.sleep(0.001)
            turns += 1
        assert not writing.done()
        other.execute("ROLLBACK")
    assert await writing == source.id
    assert IN_LOOP not in kept.threads  # the thread waited
    again = a_source()
    await store.batch(kept, again)
    assert kept.threads[-1] is IN_LOOP
    assert await stored(store) == {source.id, again.id}


async def test_of_writes_together_only_the_wrong_one_fails(store: Store) -> None:
    kept, good, wrong = Kept(), [a_source(), a_source()], a_source(name="wrong")
    answers = await asyncio.gather(
        *(store.batch(kept, source) for source in (good[0], wrong, good[1])), return_exceptions=True
    )
    assert kept.threads[0] is IN_LOOP
    assert [str(answer) for answer in answers] == [good[0].id, "wrong", good[1].id]
    assert await stored(store) == {source.id for source in good}


async def test_a_commit_that_fails_is_told_and_the_next_write_succeeds(store: Store) -> None:
    def orphan(tx: Transaction, items: Sequence[str]) -> list[None]:
        tx.execute(text("PRAGMA defer_foreign_keys = ON"))
        tx.execute(refusals.insert().values(source_id="none", reason="clock", count=1, last_at=1))
        return [None for _ in items]

    with pytest.raises(Exception, match="FOREIGN KEY"):
        await store.batch(orphan, "x")
    kept, source = Kept(), a_source()
    await store.batch(kept, source)
    assert await stored(store) == {source.id}


async def test_closing_finishes_what_the_loop_has_begun(store: Store, tmp_path: Path) -> None:
    kept, source = Kept(), a_source()
    writing = asyncio.ensure_future(store.batch(kept, source))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    store.close()
    assert kept.threads == [IN_LOOP]
    assert await writing == source.id
    with closing(sqlite3.connect(tmp_path / "hookbench.db")) as file:
        assert file.execute("SELECT count(*) FROM sources").fetchone() == (1,)


async def test_what_may_take_long_is_left_to_the_thread(each_store: Store) -> None:
    kept, source = Kept(), a_source()

    def long(tx: Transaction, items: Sequence[Source]) -> list[SourceId]:
        ids = kept(tx, items)
        writer.leave_to_thread(tx)
        return ids

    assert await each_store.batch(long, source) == source.id
    assert kept.threads[-1] is not IN_LOOP
    assert await stored(each_store) == {source.id}


def test_a_loop_that_closed_meanwhile_ends_no_later_write(store: Store) -> None:
    """The results of its writes have nowhere to go, but the thread lives on."""
    kept, first, second, began, go_on = Kept(), a_source(), a_source(), threading.Event(), threading.Event()

    def slow(tx: Transaction) -> None:
        began.set()
        assert go_on.wait(10)

    async def leave() -> None:
        writing = asyncio.ensure_future(store.write(slow))
        await asyncio.to_thread(began.wait, 10)
        following = asyncio.ensure_future(store.batch(kept, first))
        await asyncio.sleep(0.01)
        writing.cancel()
        following.cancel()

    asyncio.run(leave())
    go_on.set()

    async def go_ahead() -> set[SourceId]:
        await store.batch(kept, second)
        return await stored(store)

    assert asyncio.run(go_ahead()) == {first.id, second.id}
