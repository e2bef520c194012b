"""What an event did to its world is gone with it; what it logged is kept. Hostile scripts are in tests/hostile."""

import json

import pytest
from sandbox.asking import Run, returned

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_event_leaves_nothing_for_the_next(run: Run) -> None:
    spy = """
        globalThis.seen = (globalThis.seen ?? 0) + 1;
        const parse = JSON.parse; JSON.parse = text => { globalThis.stolen = text; return parse(text) };
        Object.prototype.polluted = 'yes';
        const handler = w => ({ ...w, payload: [seen, globalThis.stolen ?? null, Object.keys(w)] });
    """
    for _ in range(3):
        result = await returned(run, spy, owner="spy")
        assert json.loads(result.payload)[:2] == [1, None]


async def test_what_was_logged_before_the_limit_is_kept(run: Run) -> None:
    result = await run("function handler(w) { console.log('before'); for (;;); }")
    assert [line.text for line in result.console] == ["before"]
