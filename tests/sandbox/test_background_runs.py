"""Background runs have slots, workers and a priority of their own, and cost live runs neither time nor standing."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest_asyncio
from sandbox.asking import a_webhook

from server.domain.transformations import FailureKind, Program, Returned, TransformFailed
from server.sandbox import Limits, Sandbox
from server.sandbox.pool import BACKGROUND_WORKERS
from server.sandbox.worker import LOW_PRIORITY

LOOP = "function handler(w) { for (;;); }"
FINE = "const handler = w => w"
QUICK = Limits(run_time=0.1, memory=64 << 20, result=1 << 20, console=64 << 10, kill_after=1.0, workers=1)


@pytest_asyncio.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    started = Sandbox(QUICK)
    await started.start()
    yield started
    await started.close()


async def test_many_events_return_in_their_order(sandbox: Sandbox) -> None:
    events = [a_webhook({"n": n}) for n in range(100)]
    results = await sandbox.run_all(Program("backtest:1:new", FINE), events, background=True)
    assert [one.payload for one in results if isinstance(one, Returned)] == [f'{{"n":{n}}}' for n in range(100)]
    assert await sandbox.run_all(Program("backtest:1:new", FINE), [], background=True) == []


async def test_its_worker_has_a_low_priority(sandbox: Sandbox) -> None:
    await sandbox.run(Program("backtest:1:new", FINE), a_webhook(), background=True)
    await sandbox.run(Program("ep", FINE), a_webhook())
    (background,), (live,) = sandbox._idle_background.all(), sandbox._idle.all()
    assert os.getpriority(os.PRIO_PROCESS, background._process) == LOW_PRIORITY
    assert os.getpriority(os.PRIO_PROCESS, live._process) == 0


async def test_code_that_loops_takes_no_slot_of_live_runs(sandbox: Sandbox) -> None:
    """There is one slot for live runs, and more looping background code than slots for it."""
    looping = [
        asyncio.create_task(sandbox.run(Program(f"backtest:{n}:new", LOOP), a_webhook(), background=True))
        for n in range(2 * BACKGROUND_WORKERS + 1)
    ]
    for n in range(10):
        assert isinstance(await sandbox.run(Program(f"ep_{n % 2}", FINE), a_webhook()), Returned)
    assert not looping[-1].done()
    for task in looping:
        task.cancel()
    await asyncio.gather(*looping, return_exceptions=True)


async def test_live_code_that_loops_delays_no_background_run_for_good(sandbox: Sandbox) -> None:
    live = asyncio.create_task(sandbox.run(Program("ep", LOOP), a_webhook()))
    assert isinstance(await sandbox.run(Program("backtest:1:new", FINE), a_webhook(), background=True), Returned)
    assert not live.done()
    live.cancel()


async def test_time_outs_count_against_nobody(sandbox: Sandbox) -> None:
    told: list[Program] = []
    sandbox.watch_slow(lambda program, slow: told.append(program))
    program = Program("backtest:1:new", LOOP)
    results = await sandbox.run_all(program, [a_webhook()] * 5, background=True)
    assert all(isinstance(one, TransformFailed) and one.error.kind == FailureKind.TIME_LIMIT for one in results)
    assert not told
    assert sandbox.slow(program) is None
    assert sandbox.slow(Program("ep", LOOP)) is None


async def test_failing_events_leave_the_others_as_they_are(sandbox: Sandbox) -> None:
    code = "function handler(w) { if (w.payload.bad) throw new Error('bad'); return w }"
    events = [a_webhook({"bad": n % 3 == 0}) for n in range(60)]
    results = await sandbox.run_all(Program("backtest:1:new", code), events, background=True)
    assert [isinstance(one, TransformFailed) for one in results] == [n % 3 == 0 for n in range(60)]


async def test_two_background_owners_share_the_slots(sandbox: Sandbox) -> None:
    """While one loops through many events, another one's run ends."""
    looping = [
        asyncio.create_task(sandbox.run_all(Program(f"backtest:{n}:new", LOOP), [a_webhook()] * 50, background=True))
        for n in range(BACKGROUND_WORKERS)
    ]
    async with asyncio.timeout(10):
        result = await sandbox.run(Program("shadow:1", FINE), a_webhook(), background=True)
    assert isinstance(result, Returned)
    assert not any(task.done() for task in looping)
    for task in looping:
        task.cancel()
    await asyncio.gather(*looping, return_exceptions=True)


async def test_a_cancelled_run_ends_its_worker(sandbox: Sandbox) -> None:
    run = asyncio.create_task(sandbox.run_all(Program("backtest:1:new", LOOP), [a_webhook()] * 50, background=True))
    await asyncio.sleep(0.05)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    async with asyncio.timeout(5):
        while sandbox._lanes:
            await asyncio.sleep(0.01)
    assert not sandbox._idle_background.all()


async def test_idle_background_workers_push_out_no_live_one(sandbox: Sandbox) -> None:
    await sandbox.run(Program("ep", FINE), a_webhook())
    for n in range(30):
        await sandbox.run(Program(f"backtest:{n}:new", FINE), a_webhook(), background=True)
    assert len(sandbox._idle.all()) == 1
    assert len(sandbox._idle_background.all()) == BACKGROUND_WORKERS
