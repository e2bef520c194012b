"""Scripts that want harm, by class. Each has its expected end, and after each a healthy transformation answers."""

import json

import pytest
from sandbox.asking import LIMITS, Run, returned

from server.domain.transformations import FailureKind, Returned, TransformFailed

pytestmark = pytest.mark.asyncio(loop_scope="session")

TIME, MEMORY, THREW, BAD = (
    FailureKind.TIME_LIMIT, FailureKind.MEMORY_LIMIT, FailureKind.THREW, FailureKind.BAD_RESULT,
)  # fmt: skip
CRASHED, SYNTAX, NONE = FailureKind.CRASHED, FailureKind.SYNTAX, FailureKind.NO_HANDLER
FINE = "returned"


def body(statements: str) -> str:
    return f"function handler(w) {{ {statements}; return w }}"


SCRIPTS: dict[str, tuple[str, set[str]]] = {
    # Processor time
    "a loop": (body("for (;;);"), {TIME}),
    "a loop at the top level": ("for (;;);", {TIME}),
    "a loop that catches": (body("for (;;) { try { for (;;); } catch {} }"), {TIME}),
    "a loop in finally": (body("try { for (;;); } finally { for (;;); }"), {TIME}),
    "a loop in a getter of the result": ("const handler = w => ({ get method() { for (;;); } })", {TIME}),
    "a loop in a comparator": (body("Array.from({length: 1e6}, (_, i) => i).sort(() => { for (;;); })"), {TIME}),
    "a loop in a generator": (body("for (const x of (function* () { for (;;) yield 1 })());"), {TIME}),
    "a loop while handler is looked up": (
        "Object.defineProperty(globalThis, 'handler', { get() { for (;;); } })",
        {TIME},
    ),
    "a regular expression that backtracks": (body("/^(a+)+$/.test('a'.repeat(40) + '!')"), {TIME}),
    "a sparse join": (body("new Array(4e8).join()"), {TIME, MEMORY, THREW}),
    "a sparse reverse": (body("const a = []; a[2 ** 32 - 2] = 1; a.reverse()"), {TIME, MEMORY, THREW}),
    "an array-like without end": (body("Array.prototype.indexOf.call({length: 2 ** 53 - 1}, 1)"), {TIME}),
    "a quadratic indexOf": (
        body("const s = 'a'.repeat(2e6); for (let i = 0; i < 50; i++) s.indexOf('a'.repeat(1e6) + 'b')"),
        {TIME, FINE},
    ),
    "huge numbers": (body("let n = 3n; for (;;) n **= 3n"), {TIME, MEMORY, THREW}),
    "a flood of microtasks": (body("(function tick() { queueMicrotask(tick) })()"), {TIME}),
    "a flood of promises": ("async function handler(w) { for (;;) await null }", {TIME}),
    "a promise that waits for itself": (
        body("(async function again() { await null; return again() })()"),
        {TIME, MEMORY, FINE},
    ),
    "a thenable without end": ("const handler = () => { const t = { then: r => r(t) }; return t }", {TIME, MEMORY}),
    "a blocking wait": (body("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)"), {THREW}),
    # Memory
    "an array that grows": (body("const a = []; for (;;) a.push(new Array(1000).fill(a.length))"), {MEMORY, TIME}),
    "a string that doubles": (body("let s = 'x'; for (;;) s += s"), {MEMORY, THREW}),
    "a buffer of a gibibyte": (body("new ArrayBuffer(2 ** 30)"), {MEMORY, THREW}),
    "buffers of a mebibyte": (body("const a = []; for (;;) a.push(new Uint8Array(2 ** 20).fill(1))"), {MEMORY}),
    "memory that is caught": (
        body("const a = []; for (;;) { try { for (;;) a.push('x'.repeat(1e5) + a.length) } catch {} }"),
        {TIME, MEMORY},
    ),
    "a closure chain": (body("let f = () => 1; for (;;) { const g = f; f = () => g }"), {TIME, MEMORY}),
    "a rope of ropes": (
        body("let s = 'ab'; for (let i = 0; i < 1e7; i++) s = s + 'c' + s.length"),
        {TIME, MEMORY, FINE, THREW},
    ),
    # Stack
    "recursion without end": (body("(function f() { f() })()"), {THREW}),
    "recursion through toString": (body("const o = { toString() { return '' + o } }; '' + o"), {THREW}),
    "recursion through JSON": (
        body("const o = { toJSON() { return JSON.stringify(o) } }; JSON.stringify(o)"),
        {THREW, TIME},
    ),
    "deeply nested source": ("const handler = w => " + "(" * 50_000 + "w" + ")" * 50_000, {SYNTAX, THREW}),
    "a deeply nested result": (
        body("let o = 1; for (let i = 0; i < 1e5; i++) o = [o]; w.payload = o"),
        {THREW, BAD, CRASHED, TIME},
    ),
    "a deeply nested pattern": (body("new RegExp('('.repeat(1e5) + ')'.repeat(1e5))"), {THREW}),
    "seventy thousand locals": (
        "function handler(w) {" + "".join(f"let v{i} = {i};" for i in range(20_000)) + "return w }",
        {FINE, SYNTAX, TIME},
    ),
    # Results
    "a huge result": (body("w.payload = 'x'.repeat(3e7)"), {BAD}),
    "a huge header": (body("w.headers.a = 'x'.repeat(2e7)"), {CRASHED, BAD, MEMORY}),
    "a million headers": (body("for (let i = 0; i < 3e5; i++) w.headers['h' + i] = 'v'"), {BAD, TIME, CRASHED}),
    "a proxy as the result": ("const handler = w => new Proxy(w, { get() { throw new Error('no') } })", {THREW}),
    "a proxy of headers": (body("w.headers = new Proxy({}, { ownKeys() { throw 1 } })"), {THREW}),
    "a toJSON that throws": (body("w.payload = { toJSON() { throw new Error('no') } }"), {THREW}),
    "a toJSON that loops": (body("w.payload = { toJSON() { for (;;); } }"), {TIME}),
    "a circular payload": (body("w.payload.self = w.payload"), {THREW}),
    "a revoked proxy": (
        "const handler = () => { const p = Proxy.revocable({}, {}); p.revoke(); return p.proxy }",
        {THREW, BAD},
    ),
    "a getter that changes its mind": (
        "let n = 0; const handler = w => ({ ...w, get url() { return n++ ? {} : 'https://a' } })",
        {FINE, BAD},
    ),
    # Thrown oddities
    "null is thrown": (body("throw null"), {THREW}),
    "a looping toString is thrown": (body("throw { toString() { for (;;); } }"), {THREW, TIME}),
    "a looping toString is thrown at the top level": ("throw { toString() { for (;;); } }", {THREW, TIME}),
    "a looping message is thrown": (
        body("throw Object.defineProperty(new Error, 'message', { get() { for (;;); } })"),
        {TIME},
    ),
    "a proxy is thrown": (body("throw new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 2 } })"), {THREW}),
    "a huge message is thrown": (body("throw new Error('x'.repeat(3e7))"), {THREW}),
    "a symbol is thrown": (body("throw Symbol('s')"), {THREW}),
    "an error without prototype is thrown": (
        body("const e = new Error; Object.setPrototypeOf(e, null); throw e"),
        {THREW},
    ),
    "a false limit is thrown": (body("throw new InternalError('interrupted')"), {THREW, TIME}),
    # Hooks
    "JSON.stringify is replaced": (body("JSON.stringify = () => '{'"), {FINE}),
    "JSON.stringify returns a huge BigInt": (
        body("const a = []; try { for (;;) a.push(Array(1e4).fill(1)) } catch {}; JSON.stringify = () => 9n ** 99999n"),
        {FINE, MEMORY, THREW, TIME},
    ),
    "String and Object are replaced": (body("String = Object = Array = Error = Promise = null"), {FINE}),
    "call and apply are replaced": (
        body("Function.prototype.call = Function.prototype.apply = () => { throw 1 }; w.headers.a = 1"),
        {FINE},
    ),
    "Object.prototype gets a toJSON": (body("Object.prototype.toJSON = () => 'hooked'"), {FINE}),
    "Object.prototype gets a setter": (
        body("Object.defineProperty(Object.prototype, 'is', { set() { throw 1 }, get() { throw 2 } })"),
        {FINE},
    ),
    "Array.prototype gets a getter": (
        body("Object.defineProperty(Array.prototype, 0, { get() { throw 1 }, set() { throw 2 } })"),
        {FINE, THREW},
    ),
    "the global is frozen": (body("Object.freeze(globalThis); console.log(1)"), {FINE, THREW}),
    "everything global is deleted": (
        body("for (const k of Object.getOwnPropertyNames(globalThis)) try { delete globalThis[k] } catch {}"),
        {FINE},
    ),
    "a console without end": (body("for (;;) console.log('x'.repeat(1000))"), {TIME, MEMORY}),
    # Ways out
    "import of a module": ("import fs from 'fs'; const handler = w => w", {SYNTAX}),
    "a dynamic import": ("async function handler(w) { await import('os'); return w }", {THREW}),
    "std and os of the engine": (body("std.open('/etc/passwd', 'r'); os.exec(['id'])"), {THREW}),
    "load scripts": (body("loadScript('/etc/passwd')"), {THREW}),
    "the constructor's constructor": (
        body("w.payload = typeof w.constructor.constructor('return this')().process"),
        {FINE},
    ),
    "a NUL in the code": ("const handler = w => w; // \0", {SYNTAX}),
    "nothing but openings": ("{" * 100_000, {SYNTAX, THREW}),
}

HEALTHY = "function handler(w) { return w }"


@pytest.mark.parametrize("name", SCRIPTS)
async def test_a_hostile_script_ends_as_expected_and_harms_nobody(run: Run, name: str) -> None:
    code, expected = SCRIPTS[name]
    result = await run(code, owner="hostile")
    found = result.error.kind if isinstance(result, TransformFailed) else FINE
    assert found in expected, result
    if isinstance(result, TransformFailed):
        assert len(result.error.message.encode()) <= 64 * 1024
        assert "Traceback" not in result.error.message
        assert "/server/" not in result.error.message
    assert sum(len(line.text.encode()) for line in result.console) <= LIMITS.console
    assert isinstance(await run(HEALTHY, owner="healthy"), Returned)


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
    result = await run(body("console.log('before'); for (;;);"))
    assert [line.text for line in result.console] == ["before"]
