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


async def test_it_rests_until_a_write_or_a_wake(each_store: Store) -> None:
    step = Step()
    step.pause_seconds = AtRest(0.01)
    loop = SupervisedLoop("tested", step, store=each_store)
    loop.start()
    await until(lambda: len(step.runs) >= 2)
    await asyncio.sleep(0.2)
    rested = len(step.runs)
    await asyncio.sleep(0.2)
    assert len(step.runs) == rested <= 4
    await each_store.write(probe.write)
    await until(lambda: len(step.runs) >= rested + 1)
    await asyncio.sleep(0.2)
    rested = len(step.runs)
    loop.wake()
    await until(lambda: len(step.runs) > rested)
    await asyncio.sleep(0.1)
    began = time.monotonic()
    await loop.stop(5.0)
    assert time.monotonic() - began < 4
    assert not loop.is_running


async def test_it_looks_until_what_was_written_is_settled(each_store: Store) -> None:
    step = Step()
    step.pause_seconds = AtRest(0.02, settled=0.3)
    loop = SupervisedLoop("tested", step, store=each_store)
    loop.start()
    await asyncio.sleep(0.6)
    await each_store.write(probe.write)
    written = time.monotonic()
    await asyncio.sleep(0.6)
    assert any(run > written + 0.3 for run in step.runs)
    rested = len(step.runs)
    await asyncio.sleep(0.2)
    assert len(step.runs) == rested
    await loop.stop(1.0)


async def test_what_is_due_by_the_clock_ends_the_rest(each_store: Store) -> None:
    step = Step()
    step.pause_seconds = AtRest(0.01, latest=0.1)
    loop = SupervisedLoop("tested", step, store=each_store)
    loop.start()
    await until(lambda: len(step.runs) >= 6)
    await loop.stop(1.0)
    assert all(0.09 < later - sooner < 0.5 for sooner, later in zip(step.runs[3:], step.runs[4:], strict=False))


async def test_a_worker_at_rest_sends_on_time_what_another_process_stored_or_will_be_due(
    each_store: Store,
) -> None:
    async with receiving() as receiver, working(each_store) as b:
        await b.endpoint(receiver.url())
        await asyncio.sleep(0.3)
        asked: list[object] = []
        real = each_store.read
        each_store.read = lambda work: (asked.append(work), real(work))[1]  # type: ignore[method-assign, assignment]
        await asyncio.sleep(0.3)
        assert not asked
        stored = a_message(b.source, received_at=b.now())
        await each_store.batch(messages.receive, stored)  # without a word to the worker
        [at_once] = await b.attempted(stored)
        assert at_once.started_at - stored.received_at < 1000
        later = a_message(b.source, received_at=b.now())
        due_at = later.received_at + 700

        def store(tx: Transaction) -> None:
            messages.receive(tx, [later])
            tx.execute(update(deliveries).where(deliveries.c.message_id == later.id).values(due_at=due_at))

        await each_store.write(store)
        [on_time] = await b.attempted(later)
        assert 0 <= on_time.started_at - due_at < 900
