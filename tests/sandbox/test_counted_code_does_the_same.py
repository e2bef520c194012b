"""Code with counters at its branches gives the results of the code without, whatever its syntax."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from sandbox.asking import a_webhook

from server.delivery.counting import CountingSandbox
from server.domain.branch_counters import instrument
from server.domain.catalog import EVENT_TYPES, sample_json
from server.domain.transformations import Counting, FailureKind, Program, Result, Returned, TransformFailed, Webhook
from server.sandbox import Limits, Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

TESTS = Path(__file__).parent.parent
TRANSFORMS = TESTS.parent / "transforms"
CARDS = [*sorted(TRANSFORMS.glob("*/*.js")), *sorted(TRANSFORMS.glob("*/samples/*.js"))]
CORPUS = sorted((TESTS / "differential" / "corpus").glob("*.js"))
TELLS_OF_ERRORS = ("errors_", "console_errors", "console_every_kind", "throw_call_of_call")
"""Code that returns columns and texts of errors, which name the counters."""
NOT_PARSED = {
    "comments_everywhere.js",
    "nul_in_code.js",
    "syntax_double_comma.js",
    "syntax_missing_brace.js",
    "syntax_quote.js",
}
"""Code that is wrong, has a NUL, or comments as in HTML."""
EVERY = 12
"""Each code runs on every twelfth event type in the quick test; which ones differs from code to code."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    started = Sandbox(Limits(run_time=1.0, memory=64 << 20, result=1 << 20, console=64 << 10, workers=2))
    await started.start()
    yield started
    await started.close()


def sample(event_type: str) -> Webhook:
    payload, env = sample_json(event_type), {"API_KEY": "value"}
    return Webhook(event_type, payload, "https://destination.example/hook", "POST", {}, env, "msg_1", 1_770_091_506)


async def both(sandbox: Sandbox, code: str, *webhooks: Webhook) -> tuple[list[Result], list[Result]]:
    """The results without counters and with them, but for what is measured."""
    counting, program = CountingSandbox(sandbox, instrument(code)), Program("tests", code)
    plain, counted = await asyncio.gather(
        asyncio.gather(*(sandbox.run(program, webhook) for webhook in webhooks)),
        asyncio.gather(*(counting.run(program, webhook) for webhook in webhooks)),
    )
    assert counting.runs == len(webhooks)
    return [replace(each, ms=0.0, memory=None) for each in plain], [
        replace(each, ms=0.0, memory=None) for each in counted
    ]


async def same_for_cards(sandbox: Sandbox, every: int) -> None:
    for number, path in enumerate(CARDS):
        webhooks = [sample(name) for name in list(EVENT_TYPES)[number % every :: every]]
        plain, counted = await both(sandbox, path.read_text("utf-8"), *webhooks)
        assert plain == counted, path


async def test_code_of_cards_on_samples(sandbox: Sandbox) -> None:
    await same_for_cards(sandbox, EVERY)


@pytest.mark.slow
async def test_code_of_cards_on_every_sample(sandbox: Sandbox) -> None:
    await same_for_cards(sandbox, 1)


async def test_code_of_all_kinds(sandbox: Sandbox) -> None:
    codes = [
        path.read_text("utf-8")
        for path in CORPUS
        if not path.name.startswith(TELLS_OF_ERRORS) and path.name not in NOT_PARSED
    ]
    assert len(codes) > 100
    for code in codes:
        plain, counted = await both(sandbox, code, a_webhook())
        assert plain == counted, code


TRICKY = {
    "a directive with no semicolon": """"use strict"
function handler(w) {
  "use strict"
  return { ...w, payload: { t: String(this) } }
}""",
    "a function of a directive only": """
const f = () => { "use strict" }
const handler = (w) => ({ ...w, payload: { t: String(f()) } })""",
    "no semicolons": """
let log = []
const add = (x) => log.push(x)
const handler = function (w) {
  let i = 0
  i
  ++i
  if (i) add(1)
  else add(2)
  for (const x of [1, 2]) add(x)
  do add(i--)
  while (i > 0)
  if (w) if (!w) add(3); else add(4)
  while (i < 2) i++
  const f = add
  ;[1, 2].forEach((x) => add(x))
  ;`t${i ? 1 : 2}`.length
  switch (i) { case 0: case 2: add("two"); case 3: add("three"); break }
  return { ...w, payload: { log } }
}""",
    "comments behind statements": """
function handler(w) {
  if (w.x) return null // never
  else w.payload.a = 1 // always
  if (w.y) w.payload.b = 1 /* a */ /* b */
  for (;;) break // out
  return w // done
}""",
    "names of functions": """
const handler = (w, a = () => 1, { b = function () {}, c = class {} } = {}) => {
  let d; d ??= () => 1; let e = w.x || function () {}; let f; f ||= (class {}); let g = 0; g &&= (() => 2)
  return { ...w, payload: { n: [a, b, c, d, e, f].map((x) => x.name), l: handler.length, g } }
}""",
    "generators, labels, getters, classes": """
class A {
  static n = 0; #p = 1
  static { A.n = A.n || 2 }
  get p() { return this.#p ?? 0 }
  set p(v) { if (v) this.#p = v; else { this.#p = -1 } }
  static async *each() { for (let i = 0; i < 3; i++) { if (i === 1) continue; yield i } }
  *[Symbol.iterator]() { "use strict"; yield* [1, 2]; return 3 }
  async late(x = 1) { return x > 1 ? await x : await null }
}
class B extends A { constructor() { super(); this.q = super.p?.x ?? "none" } }
async function handler(w) {
  const b = new B(), list = [...b]
  for await (const i of A.each()) list.push(i)
  out: for (const x of [1, 2, 3]) {
    for (const y of [1, 2]) { if (y === 2) continue out; if (x === 3) break out; list.push(x * y) }
  }
  b.p = 0
  return { ...w, payload: { list, p: b.p, q: b.q, n: A.n, late: await Promise.all([b.late(), b.late(5)]) } }
}""",
    "optional chains": """
function handler(w) {
  const n = null, o = { f() { return this === o }, a: { b: [1] }, u: undefined }
  const got = [n?.a, n?.a.b.c, n?.[w.x()], o?.f(), o.f?.(), o?.["f"]?.(), o.u?.b?.c, o?.a?.b?.[0], n?.a?.b(),
    (o?.a).b.length, o.a?.zz?.yy.xx]
  delete o?.u
  return { ...w, payload: { got: got.map((x) => x === undefined ? "none" : x), keys: Object.keys(o) } }
}""",
    "regular expressions and templates": """
function handler(w) {
  const r = /[/"'`]+?\\/(?<n>a|b)/giu, t = (s, ...v) => s.raw.join("|") + v.join(",")
  const a = w.payload.data ? /x/.test("x") ? 1 : 2 : 3
  return { ...w, payload: { r: r.source, a, t: t`a\\n${w ? 1 : 2}b${`in${w && "ner"}`}` } }
}""",
    "scopes": """
var x = "outer"; let y = 1
function handler(w) {
  try { throw 1 } catch { x += "!" } finally { y++ }
  try { null.x } catch ({ name, message = "m" }) { x += name }
  if (true) { function inner() { return 1 } }
  if (w) function old() { return 2 }
  switch (y) { case 2: let z = 5; x += z }
  switch (w.none) { case 1: case 2: x += "no" }
  { let x = 3; { let x = 4; y += x } y += x }
  return { ...w, payload: { x, y, inner: typeof inner, old: typeof old } }
}""",
    "it throws at a place": """
function handler(w) {
  if (w) w.payload.list = w.payload.nothing?.list || w.payload.nothing.list
}""",
    "it throws below a comment in other letters": "function handler(w) {\n  /* 支付 😀 */ if (w.payload) zahlung()\n}",
    "with CRLF and BOM": '\ufeff"use strict"\r\nfunction handler(w) {\r\n  if (w.x) return 1\r\n  w.no.where\r\n}\r\n',
}


THROWS = {"it throws at a place", "it throws below a comment in other letters", "with CRLF and BOM"}


@pytest.mark.parametrize("name", TRICKY)
async def test_tricky_syntax(name: str, sandbox: Sandbox) -> None:
    plain, counted = await both(sandbox, TRICKY[name], a_webhook())
    assert plain == counted
    assert isinstance(plain[0], TransformFailed) == (name in THROWS)


async def test_code_can_change_only_its_own_numbers(sandbox: Sandbox) -> None:
    code = """
Array.prototype.join = Array.prototype.toString = () => "forged"
Object.defineProperty(Array.prototype, 0, { set() { throw 1 }, get: () => 99, configurable: true })
Number.prototype.toString = String.prototype.concat = () => "forged"
function handler(w) {
  $n("x"); $n(-1); $n({}); $n(0.5); $n(1e9); $n(1); $n(1)
  try { $n = 5 } catch {}
  $n(2)
  return { ...w, payload: Object.keys(globalThis).includes("$n") }
}"""
    result = await sandbox.run(Program("tests", code, Counting("$n", 4)), a_webhook())
    assert isinstance(result, Returned)
    assert result.counts == (0, 2, 1, 0)
    assert result.payload == "false"


async def test_counts_outlast_a_time_limit(sandbox: Sandbox) -> None:
    code = "function handler(w) { while (w) w.payload.n = 1 }"
    counting = CountingSandbox(sandbox, instrument(code))
    result = await counting.run(Program("tests", code), a_webhook())
    assert isinstance(result, TransformFailed) and result.error.kind == FailureKind.TIME_LIMIT
    assert counting.coverage.branches() == (2, 2)


async def test_ordinary_code_has_no_counts(sandbox: Sandbox) -> None:
    code = "function handler(w) { return { ...w, payload: { n: typeof $n } } }"
    result = await sandbox.run(Program("tests", code), a_webhook())
    assert result.counts == ()
    assert '"undefined"' in result.payload  # type: ignore[union-attr]
