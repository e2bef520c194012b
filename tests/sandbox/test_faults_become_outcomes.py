"""A fault of Hookbench's own ends in an outcome of the one event that met it, and harms no other."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sandbox.asking import LIMITS, a_webhook

from server.domain.transformations import FailureKind, Program, Result, Returned, TransformFailed
from server.sandbox import Sandbox, locales, worker

GERMAN = "const handler = w => { if (w.payload.tag) w.payload.text = (1234.5).toLocaleString(w.payload.tag); return w }"
F02 = Path(__file__).parent / "f02_large_heap_and_locale.js"


@pytest_asyncio.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    started = Sandbox(LIMITS)
    await started.start()
    await started.run(Program("ep", GERMAN), a_webhook({}))  # so that it is known to be quick, and batches are long
    yield started
    await started.close()


async def all_of(sandbox: Sandbox, *payloads: dict[str, object]) -> list[Result]:
    return await asyncio.gather(*(sandbox.run(Program("ep", GERMAN), a_webhook(each)) for each in payloads))


def kinds(results: list[Result]) -> list[str]:
    return [result.error.kind if isinstance(result, TransformFailed) else "returned" for result in results]


async def test_code_that_uses_much_memory_and_then_locale_data_returns(sandbox: Sandbox) -> None:
    """Its worker ends itself to give the memory back; while it does, nothing may be sent to it."""
    for _ in range(3):
        result = await sandbox.run(Program("ep_f02", F02.read_text()), a_webhook())
        assert isinstance(result, Returned), result
        assert '"when":"3. Februar 2026"' in result.payload


@pytest.mark.parametrize("error", [OverflowError, AttributeError, MemoryError, OSError, RecursionError])
async def test_locale_data_that_cannot_be_built_cost_one_event(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def part(name: str) -> str:
        if name == "locale:fr":
            raise error
        return build(name)

    build = locales.part
    monkeypatch.setattr(locales, "part", part)
    results = await all_of(sandbox, {"tag": "de"}, {"tag": "fr"}, {"tag": "de"}, {})
    assert kinds(results) == ["returned", "internal", "returned", "returned"]


async def test_processes_that_keep_ending_are_told_as_our_fault(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(worker: worker.Worker) -> worker.WorkerDied:
        worker.stop()
        return worker.WorkerDied(None)

    monkeypatch.setattr(worker.Worker, "answer", answer)
    (result,) = await all_of(sandbox, {})
    assert isinstance(result, TransformFailed)
    assert result.error.kind == FailureKind.INTERNAL
    monkeypatch.undo()
    assert kinds(await all_of(sandbox, {})) == ["returned"]
