"""A loop that found nothing to do rests until something is written, and misses nothing by that."""

import asyncio
import time

import pytest
from builders import a_message
from receivers import receiving
from sqlalchemy import update
from test_supervised_loop import Step
from working import until, working

from server.delivery import worker as worker_module
from server.delivery.supervised_loop import AtRest, SupervisedLoop
from server.store import Store, Transaction, messages, probe
from server.store import writes as module
from server.store.schema import deliveries


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(worker_module, "IDLE_SECONDS", 0.02)


async def at_rest(step: Step) -> int:
    """How often it had run when it did not for many times its pause. Fails where it never rests."""
    async with asyncio.timeout(30):
        while True:
            runs = len(step.runs)
            await asyncio.sleep(0.25)
            if len(step.runs) == runs:
                return runs


async def test_it_rests_until_a_write_or_a_wake(quiet_store: Store) -> None:
    step = Step()
    step.pause_seconds = AtRest(0.01)
    loop = SupervisedLoop("tested", step, store=quiet_store)
    loop.start()
    await until(lambda: len(step.runs) >= 2)
    rested = await at_rest(step)
    await quiet_store.write(probe.write)
    await until(lambda: len(step.runs) > rested)
    rested = await at_rest(step)
    loop.wake()
    await until(lambda: len(step.runs) > rested)
    await at_rest(step)
    async with asyncio.timeout(30):  # it has a minute
        await loop.stop(60.0)
    assert not loop.is_running


async def test_it_looks_until_what_was_written_is_settled(quiet_store: Store) -> None:
    step = Step()
    step.pause_seconds = AtRest(0.02, settled=0.5)
    loop = SupervisedLoop("tested", step, store=quiet_store)
    loop.start()
    await until(lambda: len(step.runs) >= 2)
    await at_rest(step)
    await quiet_store.write(probe.write)
    written = time.monotonic()
    await until(lambda: step.runs[-1] > written + 0.5)
    await at_rest(step)
    await loop.stop(1.0)


async def test_what_is_due_by_the_clock_ends_the_rest(quiet_store: Store) -> None:
    step = Step()
    step.pause_seconds = AtRest(0.01, latest=0.1)
    loop = SupervisedLoop("tested", step, store=quiet_store)
    loop.start()
    await until(lambda: len(step.runs) >= 6)
    await loop.stop(1.0)
    assert all(later - sooner > 0.09 for sooner, later in zip(step.runs[3:], step.runs[4:], strict=False))


async def test_a_worker_at_rest_sends_on_time_what_another_process_stored_or_will_be_due(
    quiet_store: Store,
) -> None:
    async with receiving() as receiver, working(quiet_store) as b:
        await b.endpoint(receiver.url())
        await asyncio.sleep(0.3)
        asked: list[object] = []
        real = quiet_store.read
        quiet_store.read = lambda work: (asked.append(work), real(work))[1]  # type: ignore[method-assign, assignment]
        await asyncio.sleep(0.3)
        assert not asked
        stored = a_message(b.source, received_at=b.now())
        await quiet_store.batch(messages.receive, stored)  # without a word to the worker
        [at_once] = await b.attempted(stored)
        assert at_once.started_at >= stored.received_at
        later = a_message(b.source, received_at=b.now())
        due_at = later.received_at + 700

        def store(tx: Transaction) -> None:
            messages.receive(tx, [later])
            tx.execute(update(deliveries).where(deliveries.c.message_id == later.id).values(due_at=due_at))

        await quiet_store.write(store)
        [on_time] = await b.attempted(later)
        assert on_time.started_at >= due_at
