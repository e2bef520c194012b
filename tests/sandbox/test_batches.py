"""Events of one owner that wait at the same time travel together; each has its own fate."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sandbox.asking import LIMITS, a_webhook

from server.domain.transformations import FailureKind, Program, Result, Returned, TransformFailed
from server.sandbox import Sandbox, pool, worker

CODE = """
globalThis.count = (globalThis.count ?? 0) + 1;
function handler(w) {
  if (w.payload.poison === "hang") new Array(4e9).join();
  if (w.payload.poison === "loop") for (;;);
  if (w.payload.poison === "crash") { let s = "x"; for (;;) s += s; }
  if (w.payload.locale) w.payload.text = (1234.5).toLocaleString(w.payload.locale);
  w.payload.count = count;
  return w;
}
"""


@pytest_asyncio.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    started = Sandbox(LIMITS)
    await started.start()
    await started.run(Program("ep", CODE), a_webhook())  # so that it is known to be quick
    yield started
    await started.close()


async def all_of(sandbox: Sandbox, payloads: list[dict[str, object]]) -> list[Result]:
    return await asyncio.gather(*(sandbox.run(Program("ep", CODE), a_webhook(each)) for each in payloads))


def payload(result: Result) -> dict[str, object]:
    assert isinstance(result, Returned), result
    found: dict[str, object] = json.loads(result.payload)
    return found


async def test_each_event_of_a_batch_gets_its_own_result_in_a_fresh_world(sandbox: Sandbox) -> None:
    results = await all_of(sandbox, [{"n": n} for n in range(100)])
    assert [payload(result) for result in results] == [{"n": n, "count": 1} for n in range(100)]


async def test_waiting_events_share_messages(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    send = worker.Worker.send
    monkeypatch.setattr(
        worker.Worker,
        "send",
        lambda worker, code, all_, *rest: (sizes.append(len(all_)), send(worker, code, all_, *rest))[1],
    )
    await all_of(sandbox, [{"n": n} for n in range(64)])
    assert sum(sizes) == 64
    assert 1 < max(sizes) <= 32


@pytest.mark.parametrize("poison", ["hang", "loop", "crash"])
async def test_a_poisoned_event_costs_only_itself(sandbox: Sandbox, poison: str) -> None:
    payloads: list[dict[str, object]] = [{"n": n} for n in range(12)]
    payloads[5]["poison"] = poison
    results = await all_of(sandbox, payloads)
    assert isinstance(results[5], TransformFailed)
    assert [payload(result)["n"] for result in results if result is not results[5]] == [
        0,
        1,
        2,
        3,
        4,
        6,
        7,
        8,
        9,
        10,
        11,
    ]


async def test_events_of_a_batch_get_the_locales_they_need(sandbox: Sandbox) -> None:
    results = await all_of(sandbox, [{"locale": locale} for locale in ("de", "en-US", "de", "fr", "en-US")])
    texts = [str(payload(result)["text"]).replace("\u202f", " ") for result in results]
    assert texts == ["1.234,5", "1,234.5", "1.234,5", "1 234,5", "1,234.5"]


async def test_different_code_of_one_owner_is_never_mixed(sandbox: Sandbox) -> None:
    codes = ["const handler = w => ({...w, payload: 'one'})", "const handler = w => ({...w, payload: 'two'})"] * 8
    results = await asyncio.gather(*(sandbox.run(Program("ep", code), a_webhook()) for code in codes))
    assert [result.payload for result in results if isinstance(result, Returned)] == ["one", "two"] * 8


async def test_a_batch_that_takes_longer_than_expected_leaves_its_slot(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "MAX_BATCH_SECONDS", 0.01)
    waits = (
        "function handler(w) { if (w.payload.n) { const end = Date.now() + 30; while (Date.now() < end); } return w }"
    )
    program = Program("ep_waits", waits)
    for _ in range(20):
        await sandbox.run(program, a_webhook({"n": 0}))
    results = await asyncio.gather(*(sandbox.run(program, a_webhook({"n": n})) for n in range(8)))
    assert [payload(result)["n"] for result in results] == list(range(8))


async def test_an_abandoned_event_of_a_batch_does_not_hurt_the_others(sandbox: Sandbox) -> None:
    tasks = [asyncio.create_task(sandbox.run(Program("ep", CODE), a_webhook({"n": n}))) for n in range(10)]
    await asyncio.sleep(0)
    tasks[3].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [n for n, result in enumerate(results) if isinstance(result, Returned)] == [0, 1, 2, 4, 5, 6, 7, 8, 9]


async def test_a_timeout_in_a_batch_says_so(sandbox: Sandbox) -> None:
    results = await all_of(sandbox, [{"n": 1}, {"poison": "loop"}, {"n": 2}])
    assert isinstance(results[1], TransformFailed)
    assert results[1].error.kind == FailureKind.TIME_LIMIT
