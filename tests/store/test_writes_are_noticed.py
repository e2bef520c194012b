"""A write of any process is noticed soon; a look at a quiet database always gives the same answer."""

import asyncio
from collections.abc import Iterator

import pytest

from server.store import Store, options, probe
from server.store import writes as module


class Told:
    """Counts how often it is called."""

    def __init__(self) -> None:
        self.times = 0
        self._called = asyncio.Event()

    def __call__(self) -> None:
        self.times += 1
        self._called.set()

    async def soon(self) -> None:
        await asyncio.wait_for(self._called.wait(), 10)


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.02)


@pytest.fixture
def another(quiet_store: Store, sqlite_url: str) -> Iterator[Store]:
    """The same database, as another process has it."""
    url = quiet_store._engine.url.render_as_string(hide_password=False)
    store = Store.open(sqlite_url if quiet_store.dialect == "sqlite" else url)
    yield store
    store.close()


async def test_only_a_write_changes_the_answer(quiet_store: Store, another: Store) -> None:
    for writer in (quiet_store, another):
        quiet = await quiet_store.writes.look()
        await writer.read(options.search_settings)
        await writer.write(options.search_settings)
        assert await quiet_store.writes.look() == quiet
        await writer.write(probe.write)
        assert await quiet_store.writes.look() != quiet


async def test_who_waits_is_told_once_of_a_write_by_another_process(quiet_store: Store, another: Store) -> None:
    told = Told()
    quiet_store.writes.tell(told, await quiet_store.writes.look())
    await asyncio.sleep(0.1)
    assert not told.times
    await another.write(probe.write)
    await told.soon()
    await another.write(probe.write)
    await asyncio.sleep(0.1)
    assert told.times == 1


async def test_a_jump_of_the_clock_is_told_like_a_write(quiet_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told()
    quiet_store.writes.tell(told, await quiet_store.writes.look())
    await asyncio.sleep(0.05)
    real = module.time.time
    monkeypatch.setattr(module.time, "time", lambda: real() - 60)
    await told.soon()


async def test_who_cannot_look_is_told_to_find_out_why(quiet_store: Store) -> None:
    told = Told()
    quiet_store.writes.tell(told, await quiet_store.writes.look())
    quiet_store.writes._let_go()
    quiet_store._reader.raw_connection = None  # type: ignore[assignment]
    await told.soon()
    del quiet_store._reader.raw_connection
    assert await quiet_store.writes.look() == await quiet_store.writes.look()
