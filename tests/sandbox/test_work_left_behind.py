"""Jobs of promises that handler does not wait for: they run before the result is read, and their failures are told."""

import json

import pytest
from sandbox.asking import Run, failed, returned

from server.domain.transformations import Cancelled, FailureKind
from server.domain.warnings import RunWarning, WarningKind

pytestmark = pytest.mark.asyncio(loop_scope="session")

DEEP = "await null; " * 5


@pytest.mark.parametrize("code", [
    "function handler(w) { w.payload = []; [1, 2].map(async n => { await null; w.payload.push(n) }); return w }",
    f"function handler(w) {{ w.payload = []; [1, 2].map(async n => {{ {DEEP} w.payload.push(n) }}); return w }}",
    f"async function handler(w) {{ w.payload = []; [1, 2].map(async n => {{ {DEEP} w.payload.push(n) }}); return w }}",
    "function handler(w) { w.payload = []; [1, 2].forEach(n => Promise.resolve(n).then(n => w.payload.push(n)));"
    " return w }",
    "function handler(w) { const list = []; [1, 2].map(async n => { await null; list.push(n) });"
    " return {...w, payload: {toJSON: () => list}} }",
    "const handler = w => { w.payload = []; (async () => { for await (const n of [1, 2]) w.payload.push(n) })();"
    " return w }",
    "function handler(w) { w.payload = []; globalThis['queueMicro' + 'task'](() => w.payload.push(1, 2)); return w }",
    "function handler(w) { w.payload = []; const later = async () => { await null; return [1, 2] };"
    " later().then(found => { w.payload = found }); return w }",
])  # fmt: skip
async def test_what_was_still_to_do_is_done_before_the_result_is_read(run: Run, code: str) -> None:
    result = await returned(run, code)
    assert json.loads(result.payload) == [1, 2]
    assert result.warnings == ()


async def test_such_work_may_still_cancel(run: Run) -> None:
    code = "function handler(w) { (async () => { await null; w.cancel = true })(); return w }"
    assert isinstance(await run(code), Cancelled)


async def test_such_work_may_need_a_locale(run: Run) -> None:
    code = "function handler(w) { (async () => { await null; w.payload = (1.5).toLocaleString('de') })(); return w }"
    assert (await returned(run, code)).payload == "1,5"


async def test_such_work_is_under_the_time_limit(run: Run) -> None:
    code = "function handler(w) { (async () => { for (;;) await null })(); return w }"
    await failed(run, code, FailureKind.TIME_LIMIT)


@pytest.mark.parametrize("code", [
    "function handler(w) {\n  [1].map(async n => {\n    await null; throw new TypeError('no') }); return w }",
    "async function handler(w) {\n\n  Promise.reject(new TypeError('no')); return w }",
    "function handler(w) {\n const f = async () => 1; f().then(\n() => { throw new TypeError('no') }); return w }",
])  # fmt: skip
async def test_a_rejection_that_nothing_handles_is_a_warning_with_its_line(run: Run, code: str) -> None:
    result = await returned(run, code)
    assert result.warnings == (RunWarning(WarningKind.REJECTION_AT, {"line": "3", "message": "TypeError: no"}),)
    assert "at line 3" in str(result.warnings[0].sentence())


@pytest.mark.parametrize(("thrown", "message"), [("'no'", "no"), ("{a: 1}", "{ a: 1 }"), ("undefined", "undefined")])
async def test_a_rejection_with_anything_is_told(run: Run, thrown: str, message: str) -> None:
    result = await returned(run, f"function handler(w) {{ Promise.reject({thrown}); return w }}")
    assert result.warnings == (RunWarning(WarningKind.REJECTION, {"message": message}),)


@pytest.mark.parametrize("code", [
    "async function handler(w) { try { await Promise.reject(1) } catch {} return w }",
    "async function handler(w) { const p = Promise.reject(1); await null; p.catch(() => 0); return w }",
    "function handler(w) { Promise.reject(1).catch(() => 0); return w }",
    "async function handler(w) { await Promise.allSettled([Promise.reject(1), Promise.reject(2)]); return w }",
])  # fmt: skip
async def test_a_rejection_that_is_handled_is_none(run: Run, code: str) -> None:
    assert (await returned(run, code)).warnings == ()


async def test_a_failure_and_a_cancelled_event_keep_their_warnings(run: Run) -> None:
    for code in ("async () => { Promise.reject(1); throw 2 }", "async () => { Promise.reject(1); return null }"):
        result = await run(f"const handler = {code}")
        assert result.warnings == (RunWarning(WarningKind.REJECTION, {"message": "1"}),)


async def test_five_hundred_rejections_are_five_warnings(run: Run) -> None:
    result = await returned(run, "function handler(w) { for (let i = 0; i < 500; i++) Promise.reject(i); return w }")
    assert [warning.values["message"] for warning in result.warnings] == ["0", "1", "2", "3", "4"]


async def test_a_reason_that_loops_is_stopped(run: Run) -> None:
    code = "function handler(w) { Promise.reject({get message() { for (;;); }, toString() { for (;;); }}); return w }"
    result = await run(code)
    assert result.warnings or result.error.kind == FailureKind.TIME_LIMIT


async def test_one_event_does_not_hear_of_anothers_rejections(run: Run) -> None:
    first = "function handler(w) { if (w.payload.fails) Promise.reject(1); return w }"
    assert (await returned(run, first, owner="ep_rejects", payload={"fails": True})).warnings
    assert (await returned(run, first, owner="ep_rejects", payload={})).warnings == ()


async def test_a_handler_that_never_resolves_is_told_so_though_other_work_ended(run: Run) -> None:
    code = "async function handler(w) { Promise.resolve().then(() => w.done = 1); await new Promise(() => {}) }"
    assert "never settles" in await failed(run, code, FailureKind.BAD_RESULT)


async def test_promise_any_says_in_the_words_of_v8_that_all_failed(run: Run) -> None:
    code = """async function handler(w) {
      const all = [Promise.reject(1), Promise.reject(2)];
      const failed = await Promise.any(all).catch(e => [e.name, e.message, e.errors]);
      return {...w, payload: [failed, await Promise.any([Promise.reject(1), 2]), Promise.any.length]};
    }"""
    result = await returned(run, code)
    assert json.loads(result.payload) == [["AggregateError", "All promises were rejected", [1, 2]], 2, 1]
