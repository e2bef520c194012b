"""The life of the processes: who serves whom, who ends when, and that nobody stays behind."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from sandbox.asking import LIMITS, a_webhook, eventually

from server.domain.transformations import FailureKind, Program, Returned, TransformFailed
from server.sandbox import Limits, Sandbox, Unavailable, idle_workers

FINE = "const handler = w => w"
LOOP = "const handler = () => { for (;;); }"
STUCK = "const handler = () => new Array(4e9).join()"


Start = Callable[..., Awaitable[Sandbox]]


def is_ours(process: psutil.Process) -> bool:
    try:
        return "inside" in " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False


def children() -> list[psutil.Process]:
    """The zygotes and workers of this test process."""
    return [child for child in psutil.Process().children(recursive=True) if is_ours(child)]


@pytest.fixture
def before() -> set[int]:
    return {child.pid for child in children()}


def ours(before: set[int]) -> list[psutil.Process]:
    return [child for child in children() if child.pid not in before]


@pytest_asyncio.fixture
async def start() -> AsyncIterator[Callable[..., Awaitable[Sandbox]]]:
    """Starts sandboxes, which are closed at the end of the test."""
    async with AsyncExitStack() as stack:

        async def one(limits: Limits = LIMITS) -> Sandbox:
            sandbox = Sandbox(limits)
            stack.push_async_callback(sandbox.close)
            await sandbox.start()
            return sandbox

        yield one


async def test_nothing_runs_after_close(start: Start, before: set[int]) -> None:
    sandbox = await start()
    await asyncio.gather(*(sandbox.run(Program(f"ep_{n}", FINE), a_webhook()) for n in range(4)))
    under_way = asyncio.create_task(sandbox.run(Program("ep_loop", LOOP), a_webhook()))
    await eventually(lambda: len(ours(before)) == 6)
    await sandbox.close()
    with pytest.raises(Unavailable):  # so that it is known that the code had no part in it
        await under_way
    await eventually(lambda: not ours(before))


async def test_a_worker_never_serves_two_owners(start: Start, before: set[int]) -> None:
    sandbox = await start()
    served: list[set[int]] = []
    for owner in ("ep_a", "ep_b", "ep_a", "ep_b"):
        assert isinstance(await sandbox.run(Program(owner, FINE), a_webhook()), Returned)
        served.append({child.pid for child in ours(before)})
    assert len(served[0]) == 2  # the zygote and the worker of ep_a
    assert len(served[1]) == 3
    assert served[1] == served[2] == served[3]


async def test_changed_code_of_an_owner_runs_in_its_place(start: Start) -> None:
    sandbox = await start()
    await sandbox.run(Program("ep", FINE), a_webhook())
    changed = await sandbox.run(Program("ep", "const handler = w => ({...w, payload: 'new'})"), a_webhook())
    assert isinstance(changed, Returned)
    assert changed.payload == "new"


async def test_a_killed_worker_is_replaced_and_the_others_work_is_kept(start: Start) -> None:
    sandbox = await start()
    stuck = asyncio.create_task(sandbox.run(Program("ep_stuck", STUCK), a_webhook()))
    others = await asyncio.gather(*(sandbox.run(Program(f"ep_{n % 3}", FINE), a_webhook()) for n in range(30)))
    assert all(isinstance(result, Returned) for result in others)
    assert not stuck.done()
    result = await stuck
    assert isinstance(result, TransformFailed)
    assert result.error.kind == FailureKind.TIME_LIMIT
    assert isinstance(await sandbox.run(Program("ep_stuck", FINE), a_webhook()), Returned)


async def test_one_owner_that_always_times_out_holds_one_slot(start: Start) -> None:
    sandbox = await start()
    slow = [asyncio.create_task(sandbox.run(Program("ep_slow", STUCK), a_webhook())) for _ in range(3)]
    await asyncio.sleep(0)  # the slow ones are first in the queue
    assert isinstance(await sandbox.run(Program("ep_fine", FINE), a_webhook()), Returned)
    assert not any(task.done() for task in slow)
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)


async def test_a_cancelled_run_frees_its_slot_and_its_worker(start: Start, before: set[int]) -> None:
    sandbox = await start(
        Limits(run_time=20, memory=64 << 20, result=1 << 20, console=1 << 16, kill_after=30, workers=1)
    )
    task = asyncio.create_task(sandbox.run(Program("ep_slow", LOOP), a_webhook()))
    await eventually(lambda: len(ours(before)) == 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert isinstance(await sandbox.run(Program("ep_fine", FINE), a_webhook()), Returned)
    await eventually(lambda: len(ours(before)) == 2)


async def test_a_sandbox_whose_processes_were_all_killed_starts_again(start: Start, before: set[int]) -> None:
    sandbox = await start()
    await sandbox.run(Program("ep", FINE), a_webhook())
    for child in ours(before):
        os.kill(child.pid, signal.SIGKILL)
    await eventually(lambda: not ours(before))
    assert isinstance(await sandbox.run(Program("ep", FINE), a_webhook()), Returned)


async def test_idle_workers_end(start: Start, before: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle_workers, "IDLE_SECONDS", 0.2)
    sandbox = await start()
    await sandbox.run(Program("ep", FINE), a_webhook())
    await eventually(lambda: len(ours(before)) == 1)
    assert isinstance(await sandbox.run(Program("ep", FINE), a_webhook()), Returned)


async def test_the_processes_inherit_neither_variables_nor_descriptors(
    start: Start, before: set[int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECRET", "hunter2")
    with (tmp_path / "secret").open("w"):
        sandbox = await start()
        await sandbox.run(Program("ep", FINE), a_webhook())
        zygote, worker = ours(before)
        assert "SECRET" not in zygote.environ()
        targets = [os.readlink(f"/proc/{worker.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{worker.pid}/fd")]
        assert [target.split(":")[0] for target in targets] == ["socket"]


async def test_checking_code_does_not_run_it(start: Start) -> None:
    sandbox = await start()
    assert await sandbox.check("for (;;);") is None
    assert await sandbox.check("'use strict';\nnever_defined()") is None
    error = await sandbox.check("function handler(w) {\r\n  return w.;\r\n}")
    assert error is not None
    assert (error.kind, error.line, error.source_line) == (FailureKind.SYNTAX, 2, "  return w.;")


@pytest.mark.parametrize(
    "code", ["#!/usr/bin/env node\nlet a = 1", "\ufefflet a = 1", "let a = 1; // }", "'use strict'; let a"]
)
async def test_code_that_compiles_passes_the_check(start: Start, code: str) -> None:
    sandbox = await start()
    assert await sandbox.check(code) is None


@pytest.mark.parametrize("code", ["'use strict'; with (a) {}", "let a; let a", "let a\0", "return 1"])
async def test_code_that_does_not_compile_fails_the_check(start: Start, code: str) -> None:
    sandbox = await start()
    error = await sandbox.check(code)
    assert error is not None
    assert (error.kind, error.line) == (FailureKind.SYNTAX, 1)
