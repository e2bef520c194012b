"""With a fixed clock, code reads the same time and random values in every run; without one, the real ones."""

import json
import time
from typing import Any

import pytest
from sandbox.asking import Run, returned

pytestmark = pytest.mark.asyncio(loop_scope="session")

CLOCK = 1_769_851_800_123  # 2026-01-31T09:30:00.123Z


async def fixed(run: Run, expression: str, **changes: Any) -> Any:
    code = f"const handler = w => ({{...w, payload: [({expression})]}})"
    result = await returned(run, code, **{"clock": CLOCK, **changes})
    return json.loads(result.payload)[0]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("Date.now()", CLOCK),
        ("new Date().getTime()", CLOCK),
        ("new Date", "2026-01-31T09:30:00.123Z"),
        ("Date()", "Sat Jan 31 2026 09:30:00 GMT+0000 (Coordinated Universal Time)"),
        ("new globalThis['Da' + 'te']().getTime()", CLOCK),
        ("new (class extends Date { later() { return this.getTime() + 1 } })().later()", CLOCK + 1),
        ("new Date('Feb 3, 2026').toISOString()", "2026-02-03T00:00:00.000Z"),
        ("new Date(0).getTime() + new Date(2026, 0).getFullYear()", 2026),
        ("new Date() instanceof Date && new Date().constructor === Date", True),
        ("Date.parse('2026-01-01T00:00:00Z')", 1_767_225_600_000),
        ("new Intl.DateTimeFormat('en', { timeZone: 'UTC' }).format()", "1/31/2026"),
        ("performance.now()", 0),
        ("(async () => 1, new Date().getTime())", CLOCK),
    ],
)
async def test_the_clock_stands_still(run: Run, expression: str, expected: Any) -> None:
    assert await fixed(run, expression) == expected


@pytest.mark.parametrize(
    "expression",
    ["Math.random()", "[Math.random(), Math.random()]", "crypto.randomUUID()", "[...new Set([Math.random()])]"],
)
async def test_random_values_are_the_same_in_every_run(run: Run, expression: str) -> None:
    first = await fixed(run, expression, owner="random")
    assert first == await fixed(run, expression, owner="random")
    assert first != await fixed(run, expression, owner="random", clock=None)


async def test_random_values_are_spread(run: Run) -> None:
    values = await fixed(run, "Array.from({ length: 1000 }, () => Math.random())")
    assert len(set(values)) == 1000 and 0 <= min(values) < 0.01 and 0.99 < max(values) < 1


async def test_only_the_runs_that_ask_have_it(run: Run) -> None:
    code = "const handler = w => ({...w, payload: [Date.now()]})"
    for clock in (CLOCK, None, 0, None):
        result = await returned(run, code, owner="turns", clock=clock)
        found = json.loads(result.payload)[0]
        assert found == clock if clock is not None else abs(found - time.time() * 1000) < 60_000


async def test_the_event_is_what_it_always_is(run: Run) -> None:
    keys = "Object.getOwnPropertyNames(w)"
    assert await fixed(run, keys) == await fixed(run, keys, clock=None)
