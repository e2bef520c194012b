"""An owner whose code runs out of time three times in a row gets a lane of its own, and slows nobody."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sandbox.asking import a_webhook

from server.domain.messages import AttemptError
from server.domain.transformations import Cancelled, FailureKind, Program, Returned, TransformFailed
from server.sandbox import Limits, Sandbox, run_queues
from server.sandbox.run_queues import MAX_PAUSE_SECONDS, TimeoutCounts

LOOP = "function handler(w) { if (w.payload.fine) return w; for (;;); }"
FINE = "const handler = w => w"
QUICK = Limits(run_time=0.05, memory=64 << 20, result=1 << 20, console=64 << 10, kill_after=1.0, workers=1)
TIMED_OUT = TransformFailed(AttemptError(FailureKind.TIME_LIMIT, ""), (), 0)
GOOD = Cancelled((), 0)


@pytest_asyncio.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    started = Sandbox(QUICK)
    await started.start()
    yield started
    await started.close()


async def time_out(sandbox: Sandbox, times: int) -> None:
    for _ in range(times):
        assert isinstance(await sandbox.run(Program("ep", LOOP), a_webhook({})), TransformFailed)


async def test_the_third_time_out_in_a_row_leads_to_the_slow_lane(sandbox: Sandbox) -> None:
    await time_out(sandbox, 2)
    assert sandbox.slow(Program("ep", LOOP)) is None
    await time_out(sandbox, 1)
    slow = sandbox.slow(Program("ep", LOOP))
    assert slow is not None
    assert slow.timeouts == 3


async def test_a_slow_owner_holds_no_slot(sandbox: Sandbox) -> None:
    """There is one slot. While slow code is under way or pauses, others run."""
    await time_out(sandbox, 3)
    slow = asyncio.create_task(sandbox.run(Program("ep", LOOP), a_webhook({})))
    for n in range(20):
        assert isinstance(await sandbox.run(Program(f"ep_{n % 3}", FINE), a_webhook()), Returned)
    assert not slow.done()
    slow.cancel()


async def test_new_code_runs_at_once(sandbox: Sandbox) -> None:
    await time_out(sandbox, 3)
    waits = asyncio.create_task(sandbox.run(Program("ep", LOOP), a_webhook({})))
    assert isinstance(await sandbox.run(Program("ep", FINE), a_webhook()), Returned)
    assert not waits.done()
    waits.cancel()


async def test_a_good_run_leads_out(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_queues, "MAX_PAUSE_SECONDS", 0.01)
    await time_out(sandbox, 3)
    assert isinstance(await sandbox.run(Program("ep", LOOP), a_webhook({"fine": True})), Returned)
    assert sandbox.slow(Program("ep", LOOP)) is None


def test_the_pause_doubles_up_to_half_a_minute() -> None:
    counted, program = TimeoutCounts(), Program("ep", LOOP)
    pauses = [slow.pause if (slow := counted.note(program, TIMED_OUT, 0)) else 0 for _ in range(10)]
    assert pauses == [0, 0, 1, 2, 4, 8, 16, MAX_PAUSE_SECONDS, MAX_PAUSE_SECONDS, MAX_PAUSE_SECONDS]


def test_a_good_run_between_begins_the_count_anew() -> None:
    counted, program = TimeoutCounts(), Program("ep", LOOP)
    for result in (TIMED_OUT, TIMED_OUT, GOOD, TIMED_OUT, TIMED_OUT):
        assert counted.note(program, result, 0) is None


def test_other_failures_are_no_time_outs() -> None:
    counted, program = TimeoutCounts(), Program("ep", LOOP)
    threw = TransformFailed(AttemptError(FailureKind.THREW, ""), (), 0)
    for result in (TIMED_OUT, TIMED_OUT, threw, TIMED_OUT):
        assert counted.note(program, result, 0) is None
