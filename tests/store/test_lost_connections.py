"""Writer and readers keep connections. A PostgreSQL that was started anew has ended them, and nobody should notice."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from builders import a_source
from sqlalchemy import create_engine, text

from server.store import Busy, Store, Transaction, sources
from server.store.database import READERS

_WHO = text("SELECT pg_backend_pid()")
_END = text("SELECT pg_terminate_backend(:pid, 5000)")


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    opened = Store.open(postgres_url)
    yield opened
    opened.close()


def who(tx: Transaction) -> int:
    found: int = tx.execute(_WHO).scalar_one()
    return found


def end(url: str, pid: int) -> None:
    """End a connection from the outside, as a restart does; returns when it is gone."""
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.execute(_END, {"pid": pid}).scalar_one()
    engine.dispose()


async def test_the_connection_is_the_same_for_all_writes(store: Store) -> None:
    assert await store.write(who) == await store.write(who)


async def test_one_that_was_ended_meanwhile_is_made_anew(store: Store, postgres_url: str) -> None:
    before = await store.write(who)
    await asyncio.to_thread(end, postgres_url, before)
    source = a_source()
    await store.write(lambda tx: sources.insert(tx, source))
    assert await store.write(who) != before
    assert [one.id for one in await store.read(sources.every)] == [source.id]


async def test_one_that_is_ended_in_a_transaction_is_tried_once_more(store: Store, postgres_url: str) -> None:
    source, pids = a_source(), list[int]()

    def insert(tx: Transaction) -> None:
        pids.append(who(tx))
        sources.insert(tx, source)
        if len(pids) == 1:
            end(postgres_url, pids[0])
        who(tx)

    await store.write(who)
    await store.write(insert)
    assert len(pids) == 2
    assert [one.id for one in await store.read(sources.every)] == [source.id]


async def test_a_database_that_goes_on_ending_them_is_busy(store: Store, postgres_url: str) -> None:
    def end_it(tx: Transaction) -> None:
        end(postgres_url, who(tx))
        who(tx)

    with pytest.raises(Busy):
        await store.write(end_it)
    await store.write(who)


async def test_all_readers_get_new_connections(store: Store, postgres_url: str) -> None:
    ready = threading.Barrier(READERS, timeout=10)

    def who_beside_others(tx: Transaction) -> int:
        ready.wait()
        return who(tx)

    before = await asyncio.gather(*(store.read(who_beside_others) for _ in range(READERS)))
    for pid in before:
        await asyncio.to_thread(end, postgres_url, pid)
    after = await asyncio.gather(*(store.read(who) for _ in range(2 * READERS)))
    assert len({*before}) == READERS
    assert not {*before} & {*after}


async def test_a_read_whose_connection_always_ends_is_busy(store: Store, postgres_url: str) -> None:
    pids: list[int] = []

    def end_it(tx: Transaction) -> None:
        pids.append(who(tx))
        end(postgres_url, pids[-1])
        who(tx)

    with pytest.raises(Busy):
        await store.read(end_it)
    assert len({*pids}) == 2
    await store.read(who)


async def test_a_write_that_failed_leaves_nothing_to_the_next(each_store: Store) -> None:
    source = a_source()

    def fail(tx: Transaction) -> None:
        sources.insert(tx, source)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await each_store.write(fail)
    await each_store.write(lambda tx: sources.insert(tx, a_source()))
    assert source.id not in [one.id for one in await each_store.read(sources.every)]
