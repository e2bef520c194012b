"""The loop of all work in the background: woken early, slower after failures, stopped in time, its health known."""

import asyncio
from time import monotonic

import pytest
from structlog.testing import capture_logs
from working import until

from server.delivery import repeated_lines, supervised_loop
from server.delivery.supervised_loop import LoopState, SupervisedLoop
from server.store import Busy

HERE = "in delivery/supervised_loop.py"


class Step:
    """Counts its runs and does what it is told."""

    def __init__(self) -> None:
        self.runs: list[float] = []
        self.raises: BaseException | None = None
        self.hangs = False
        self.pause_seconds: float | None = None

    async def __call__(self) -> float | None:
        self.runs.append(monotonic())
        if self.hangs:
            await asyncio.Event().wait()
        if self.raises:
            raise self.raises
        return self.pause_seconds


@pytest.fixture
def step() -> Step:
    return Step()


async def test_it_runs_again_when_its_pause_is_over_and_sooner_when_woken(step: Step) -> None:
    loop = SupervisedLoop("tested", step)
    loop.start()
    await until(lambda: len(step.runs) == 1)
    step.pause_seconds = 0.01
    loop.wake()
    await until(lambda: len(step.runs) > 3)
    await loop.stop(1.0)


async def test_a_wake_during_a_step_is_not_lost(step: Step) -> None:
    loop = SupervisedLoop("tested", step)
    waits = asyncio.Event()

    async def waiting() -> float | None:
        await step()
        await waits.wait()
        return None

    loop = SupervisedLoop("tested", waiting)
    loop.start()
    await until(lambda: step.runs)
    loop.wake()
    waits.set()
    await until(lambda: len(step.runs) == 2)
    await loop.stop(1.0)


async def test_it_outlives_failures_slows_down_and_says_each_kind_once(step: Step) -> None:
    loop = SupervisedLoop("tested", step, first_backoff_seconds=0.02, max_backoff_seconds=0.08)
    step.raises = ValueError("secret")
    with capture_logs() as lines:
        loop.start()
        await until(lambda: len(step.runs) >= 6)
        health = loop.health()
        for _ in range(3):
            loop.wake()
        step.raises, step.pause_seconds = Busy("locked"), None
        await until(lambda: loop.health().last_error == f"Busy {HERE}")
        step.raises = None
        await until(lambda: loop.health().state is LoopState.OK)
    pauses = [later - earlier for earlier, later in zip(step.runs, step.runs[1:], strict=False)]
    for pause, least in zip(pauses, (0.02, 0.04, 0.08, 0.08), strict=False):
        assert pause >= least * 0.95
    assert (health.state, health.last_error, health.last_success_at) == (LoopState.FAILING, f"ValueError {HERE}", None)
    assert loop.health().last_success_at
    assert [line["event"] for line in lines] == ["loop.failed", "loop.failed", "loop.recovered"]
    assert [line.get("reason") for line in lines] == [f"ValueError {HERE}", f"Busy {HERE}", None]
    assert lines[2]["failures"] >= 7
    await loop.stop(1.0)


async def test_a_line_that_comes_again_says_how_many_were_left_out(step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeated_lines, "EVERY_SECONDS", 0.1)
    loop = SupervisedLoop("tested", step, first_backoff_seconds=0.01, max_backoff_seconds=0.01)
    step.raises = ValueError("secret")
    with capture_logs() as lines:
        loop.start()
        await until(lambda: len(lines) >= 2)
        await loop.stop()
    assert "left_out" not in lines[0]
    assert lines[1]["left_out"] == lines[1]["failures"] - 2 > 0


async def test_waking_does_not_shorten_the_pause_after_a_failure(step: Step) -> None:
    loop = SupervisedLoop("tested", step, first_backoff_seconds=0.2)
    step.raises = Busy("locked")
    loop.start()
    await until(lambda: step.runs)
    loop.wake()
    await until(lambda: len(step.runs) == 2)
    assert step.runs[1] - step.runs[0] >= 0.19
    await loop.stop()


async def test_something_cancelled_within_a_step_is_a_failure_like_any_other(step: Step) -> None:
    loop = SupervisedLoop("tested", step, first_backoff_seconds=0.01)
    step.raises = asyncio.CancelledError()
    loop.start()
    await until(lambda: len(step.runs) == 2)
    assert loop.health().last_error == f"CancelledError {HERE}"
    await loop.stop()
    assert not loop.is_running


async def test_a_step_that_hangs_is_stuck_and_a_stop_does_not_wait_for_it(step: Step) -> None:
    loop = SupervisedLoop("tested", step, stuck_after_seconds=0.05)
    step.hangs = True
    loop.start()
    await until(lambda: step.runs)
    assert loop.health().state is LoopState.OK
    loop.progress()
    await until(lambda: loop.health().state is LoopState.STUCK)
    loop.progress()
    assert loop.health().state is LoopState.OK
    began = monotonic()
    await loop.stop(0.05)
    assert 0.04 < monotonic() - began < supervised_loop.CANCEL_SECONDS
    assert not loop.is_running


async def test_one_that_ended_by_itself_says_so(step: Step) -> None:
    class Ends(BaseException):
        pass

    loop = SupervisedLoop("tested", step)
    step.raises = Ends()
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    loop.start()
    await until(lambda: loop.health().state is LoopState.ENDED)
    await loop.stop()
