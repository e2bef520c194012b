"""A run waits for locale data, and goes on: it is not begun again, and its time is its own."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

import pytest_asyncio
from sandbox.asking import LIMITS, a_webhook

from server.domain.transformations import FailureKind, Program, Returned, TransformFailed
from server.sandbox import Sandbox

TEN = """function handler(w) {
  const end = Date.now() + 300; while (Date.now() < end);
  globalThis.runs = (globalThis.runs ?? 0) + 1;
  w.payload = ["de","fr","es","it","nl","pl","sv","da","fi","pt"].map(
    (tag) => (1234.5).toLocaleString(tag, { style: "currency", currency: "EUR" }));
  return w;
}"""
ALWAYS_NEW = """function handler(w) {
  for (let i = 0; ; i++) {
    for (let j = 0; j < 1e5; j++);
    new Date(Date.UTC(1800 + 10 * i, 0)).toLocaleString("en", { timeZone: "Europe/Berlin" });
  }
}"""


@pytest_asyncio.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    started = Sandbox(LIMITS)
    await started.start()
    yield started
    await started.close()


async def test_busy_code_with_ten_locales_succeeds(sandbox: Sandbox) -> None:
    result = await sandbox.run(Program("ep", TEN), a_webhook())
    assert isinstance(result, Returned), result
    assert "1.234,50\u00a0\u20ac" in result.payload


async def test_code_that_asks_for_ever_more_gets_its_time_and_then_the_slow_lane(sandbox: Sandbox) -> None:
    program = Program("ep", ALWAYS_NEW)
    for _ in range(3):
        began = monotonic()
        result = await sandbox.run(program, a_webhook())
        assert isinstance(result, TransformFailed)
        assert result.error.kind == FailureKind.TIME_LIMIT, result.error
        assert monotonic() - began < 8  # 0.4 s of its own, and making the data
    assert sandbox.slow(program)


async def test_data_that_are_waited_for_do_not_mix_up_a_batch(sandbox: Sandbox) -> None:
    code = "const handler = w => ({...w, payload: [w.payload.n, (1.5).toLocaleString(w.payload.tag)]})"
    tags = ["de", "en", "fr", "ar", "hi", "ja"] * 5
    runs = (sandbox.run(Program("ep", code), a_webhook({"n": n, "tag": tag})) for n, tag in enumerate(tags))
    for n, result in enumerate(await asyncio.gather(*runs)):
        assert isinstance(result, Returned)
        assert result.payload.startswith(f"[{n},")


async def test_the_memory_of_a_run_is_its_most(sandbox: Sandbox) -> None:
    code = """function handler(w) {
      let rows = []; for (let i = 0; i < 100000; i++) rows.push({ i }); rows = null; w.payload = 1; return w }"""
    result = await sandbox.run(Program("ep", code), a_webhook())
    assert isinstance(result, Returned)
    assert result.memory is not None
    assert result.memory > 5 << 20
