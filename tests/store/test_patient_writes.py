"""Writes that may wait for company are made together, in their order, and hold up nobody."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from server.store import Busy, Store, Transaction, database, writer

LONG = 60.0
"""Seconds of linger that no test waits for."""


class Kept:
    """Work that notes which items came together."""

    def __init__(self) -> None:
        self.together: list[list[int]] = []

    def __call__(self, tx: Transaction, items: Sequence[int]) -> list[int]:
        if 0 in items:
            raise ValueError("0 cannot be kept")
        self.together.append(list(items))
        return [10 * item for item in items]

    @property
    def items(self) -> list[int]:
        return [item for group in self.together for item in group]


def patiently(store: Store, kept: Kept, items: Sequence[int], linger: float = LONG) -> "list[asyncio.Task[int]]":
    return [asyncio.ensure_future(store.batch(kept, item, linger=linger)) for item in items]


async def test_they_are_made_together_when_the_time_is_over(each_store: Store) -> None:
    kept = Kept()
    assert await asyncio.gather(*patiently(each_store, kept, [1, 2, 3], 0.01)) == [10, 20, 30]
    assert await asyncio.gather(*patiently(each_store, kept, [4, 5], 0.01)) == [40, 50]
    assert kept.together == [[1, 2, 3], [4, 5]]


async def test_others_do_not_wait_for_them(each_store: Store) -> None:
    kept, others = Kept(), Kept()
    waiting = patiently(each_store, kept, [1, 2])
    assert await each_store.batch(others, 3) == 30
    assert await each_store.write(lambda tx: "written") == "written"
    assert not any(one.done() for one in waiting)
    await each_store.batch(kept, 3)
    await asyncio.gather(*waiting)


async def test_what_does_not_wait_goes_with_what_comes_in_the_same_turn_of_the_loop(each_store: Store) -> None:
    kept = Kept()
    assert await asyncio.gather(*patiently(each_store, kept, [1, 2, 3], 0)) == [10, 20, 30]
    assert kept.together == [[1, 2, 3]]


async def test_enough_of_them_wait_no_longer(each_store: Store) -> None:
    kept = Kept()
    await asyncio.gather(*patiently(each_store, kept, range(1, writer.MAX_BATCH + 1)))
    assert kept.together == [[*range(1, writer.MAX_BATCH + 1)]]


async def test_one_in_a_hurry_takes_along_those_that_came_before_it(each_store: Store) -> None:
    kept = Kept()
    waiting = patiently(each_store, kept, [1, 2])
    await asyncio.sleep(0)
    assert await each_store.batch(kept, 3) == 30
    assert await asyncio.gather(*waiting) == [10, 20]
    assert kept.together == [[1, 2, 3]]


async def test_thousands_from_many_sides_are_each_made_once_and_in_order(each_store: Store) -> None:
    kept, others = Kept(), Kept()

    async def side(first: int) -> list[int]:
        found = []
        for number in range(first, 3001, 60):
            found.append(await each_store.batch(kept, number, linger=0.002 if number % 7 else 0.0))
            await each_store.batch(others, number)
        return found

    sides = await asyncio.gather(*(side(first) for first in range(1, 61)))
    assert sorted(kept.items) == sorted(others.items) == list(range(1, 3001))
    assert sides == [[10 * number for number in range(first, 3001, 60)] for first in range(1, 61)]
    for first in range(1, 61):
        assert [item for item in kept.items if item % 60 == first % 60] == list(range(first, 3001, 60))


async def test_a_caller_that_is_gone_changes_nothing_for_the_others(each_store: Store) -> None:
    kept = Kept()
    first, gone, last = patiently(each_store, kept, [1, 2, 3], 0.01)
    await asyncio.sleep(0)
    gone.cancel()
    assert await asyncio.gather(first, last) == [10, 30]
    assert gone.cancelled()
    assert kept.items == [1, 2, 3]


async def test_one_that_fails_fails_alone(each_store: Store) -> None:
    kept = Kept()
    first, bad, last = await asyncio.gather(*patiently(each_store, kept, [1, 0, 2], 0.01), return_exceptions=True)
    assert (first, last) == (10, 20)
    assert str(bad) == "0 cannot be kept"
    assert kept.items == [1, 2]


async def test_all_of_them_hear_that_the_database_is_held(
    monkeypatch: pytest.MonkeyPatch, sqlite_url: str, tmp_path: Path
) -> None:
    monkeypatch.setattr(database, "BUSY_MS", 200)
    store, kept = Store.open(sqlite_url), Kept()
    with closing(sqlite3.connect(tmp_path / "hookbench.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        heard = await asyncio.gather(*patiently(store, kept, range(1, 100), 0.01), return_exceptions=True)
    assert {type(one) for one in heard} == {Busy}
    assert await asyncio.gather(*patiently(store, kept, [1], 0.01)) == [10]
    store.close()


async def test_closing_waits_for_none_of_them(sqlite_url: str) -> None:
    store, kept = Store.open(sqlite_url), Kept()
    waiting = patiently(store, kept, [1, 2])
    await asyncio.sleep(0)
    await asyncio.to_thread(store.close)
    assert await asyncio.gather(*waiting) == [10, 20]


def test_what_a_loop_left_behind_holds_up_no_other(sqlite_url: str) -> None:
    store, kept = Store.open(sqlite_url), Kept()

    async def leave() -> None:
        patiently(store, kept, [1])
        await asyncio.sleep(0)

    async def come_after() -> None:
        assert await asyncio.gather(*patiently(store, kept, [2], 0.01)) == [20]
        assert kept.items == [2]

    asyncio.run(leave())
    asyncio.run(come_after())
    store.close()
    assert kept.items == [2, 1]


async def test_others_that_go_on_coming_do_not_hold_them_up(each_store: Store) -> None:
    kept = Kept()

    async def go_on() -> None:
        while True:
            await each_store.write(lambda tx: None)

    others = [asyncio.ensure_future(go_on()) for _ in range(3)]
    [waiting] = patiently(each_store, kept, [1], 0.01)
    assert await asyncio.wait_for(waiting, 10) == 10
    for other in others:
        other.cancel()
    await asyncio.gather(*others, return_exceptions=True)
