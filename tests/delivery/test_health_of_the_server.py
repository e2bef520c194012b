"""``/healthz``: whether events can be stored, and how each loop and the sandbox fare."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine, text
from working import until

from server.delivery import health as checking
from server.delivery.health import HealthCheck, Status
from server.delivery.supervised_loop import SupervisedLoop
from server.store import Store


@contextmanager
def held(url: str) -> Iterator[None]:
    """Nobody else can write to the database."""
    with closing(create_engine(url).connect()) as other:
        if other.dialect.name == "sqlite":
            other.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            other.execute(text("LOCK TABLE alembic_version"))
        yield
        other.rollback()
    other.engine.dispose()


@pytest.mark.parametrize("database", ["sqlite_url", "postgres_url"])
async def test_a_database_that_cannot_be_written_is_failing_until_it_can(
    database: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "WRITE_SECONDS", 0.2)
    monkeypatch.setattr(checking, "CHECK_EVERY_SECONDS", 0.01)
    url = request.getfixturevalue(database)
    store = Store.open(url)
    check = HealthCheck(store, SimpleNamespace(can_run=True), [])
    assert (await check.look()).status is Status.OK

    async def is_now(status: Status) -> bool:
        return (await check.look()).status is status

    with held(url):
        await until(lambda: is_now(Status.FAILING))
        assert (await check.look()).parts["database"] == "failing"
    await until(lambda: is_now(Status.OK))
    store.close()


async def test_the_database_is_asked_once_for_many_that_ask(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "CHECK_EVERY_SECONDS", 60.0)
    written = []
    monkeypatch.setattr(checking.probe, "write", written.append)
    check = HealthCheck(store, SimpleNamespace(can_run=True), [])
    for _ in range(3):
        await asyncio.gather(*(check.look() for _ in range(10)))
    assert len(written) == 1


async def test_a_loop_that_fails_degrades_and_one_that_is_stuck_is_failing(store: Store) -> None:
    goes_on = asyncio.Event()

    async def fails() -> None:
        raise ValueError

    async def hangs() -> None:
        await goes_on.wait()

    failing = SupervisedLoop("mails", fails, first_backoff_seconds=0.01, max_backoff_seconds=0.01)
    stuck = SupervisedLoop("replays", hangs, stuck_after_seconds=0.05)
    check = HealthCheck(store, SimpleNamespace(can_run=True), [failing, stuck])
    failing.start()
    await until(lambda: failing.health().failures >= 3)
    health = await check.look()
    assert (health.status, dict(health.parts)) == (
        Status.DEGRADED,
        {"database": "ok", "sandbox": "ok", "mails": "failing", "replays": "ok"},
    )
    stuck.start()
    await until(lambda: stuck.health().state == "stuck")
    health = await check.look()
    assert (health.status, health.parts["replays"]) == (Status.FAILING, "stuck")
    goes_on.set()
    await until(lambda: stuck.health().state == "ok")
    assert (await check.look()).status is Status.DEGRADED
    await failing.stop()
    await stuck.stop()


async def test_a_sandbox_that_cannot_run_degrades(store: Store) -> None:
    health = await HealthCheck(store, SimpleNamespace(can_run=False), []).look()
    assert (health.status, health.parts["sandbox"]) == (Status.DEGRADED, "failing")
