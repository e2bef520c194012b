"""A realm is the engine by its own C functions: what goes in, what comes out, and what it says of what was thrown."""

import json
import time
from collections.abc import Iterator

import _quickjs
import pytest
from effort import effort

from server.sandbox.inside import engine
from server.sandbox.inside.engine import Fetch, Heap, Realm, Thrown

ECHO = "(function (fetch, a, b) { return { ask: (what, text) => what === 0 ? text : JSON.stringify([a, b]) } })"
ASKS = """(function (fetch) {
  const box = { name: "", part: undefined, ask(what, name) {
    box.name = name;
    return JSON.stringify([fetch(0), typeof box.part, box.part]);
  } };
  return box;
})"""


def started(script: str, *arguments: int, fetch: Fetch = lambda name: None) -> Iterator[Realm]:
    engine.set_deadline(time.process_time() + 5)
    heap = Heap(64 << 20, 1 << 20)
    realm = Realm(heap, fetch)
    realm.start(engine.compiled(script), *arguments)
    yield realm
    realm.close()
    assert heap.is_clean()
    heap.close()


def evaluate(realm: Realm, code: str) -> None:
    realm.evaluate(realm.compiled(code.encode()))


@pytest.fixture
def realm() -> Iterator[Realm]:
    yield from started(ECHO, 6, 7)


def test_a_compiled_script_gets_its_arguments(realm: Realm) -> None:
    assert realm.ask(1) == b"[6,7]"


@pytest.mark.parametrize("text", ["", "plain", "Ada 😀", "a\0b", "x" * 100_000])
def test_text_goes_in_and_out_unchanged(realm: Realm, text: str) -> None:
    assert realm.ask(0, text.encode()).decode() == text


def test_a_script_with_a_mistake_is_not_compiled() -> None:
    with pytest.raises(Thrown, match="SyntaxError"):
        engine.compiled("let a = ;")


def test_the_size_of_the_heap_is_what_the_engine_counts(realm: Realm) -> None:
    before = realm.heap.used()
    evaluate(realm, "globalThis.kept = new Array(100000).fill(1.5)")
    assert realm.heap._measured() == realm.heap.counted()
    assert realm.heap.used() - before > 100_000 * 8


LEFTOVERS = {
    "nothing": "1",
    "objects in a circle": "const a = {}; a.a = a; const b = new Map([[a, () => b]])",
    "many names": "const all = {}; for (let i = 0; i < 5000; i++) all['name_' + i] = i",
    "a symbol for everybody": "Symbol.for('shared')",
    "an open promise": "const open = new Promise(() => {}); open.then(() => 1); (async () => { await open })()",
    "a weak reference": "const weak = new WeakRef({}); new WeakMap([[{}, 1]])",
    "an error": "try { null.x } catch {}",
}


@pytest.mark.parametrize("name", LEFTOVERS)
def test_a_realm_leaves_a_clean_heap(name: str) -> None:
    for realm in started(ECHO):
        if "WeakRef" in LEFTOVERS[name]:
            realm.add_binary()
        if "Promise" in LEFTOVERS[name]:
            realm.add_promises()
        evaluate(realm, LEFTOVERS[name])


@pytest.mark.parametrize(
    "code", ["Promise.resolve().then(() => 1)", "globalThis.r = new FinalizationRegistry(() => {}); r.register({}, 1)"]
)
def test_a_heap_with_something_left_to_do_is_not_clean(code: str) -> None:
    heap = Heap(64 << 20, 1 << 20)
    realm = Realm(heap)
    realm.add_binary()
    realm.add_promises()
    evaluate(realm, code)
    realm.close()
    assert not heap.is_clean()
    heap.close()


ALL_NAMES = """(() => {
  const seen = new Map(), names = [];
  (function walk(path, value) {
    if (value === null || (typeof value !== "object" && typeof value !== "function") || seen.has(value)) return;
    seen.set(value, path);
    for (const key of Reflect.ownKeys(value)) {
      const { get, set, value: inner, ...how } = Object.getOwnPropertyDescriptor(value, key);
      const at = path + "." + String(key);
      names.push(at + " " + typeof inner + " " + JSON.stringify(how));
      walk(at, inner), walk(at + " get", get), walk(at + " set", set);
    }
    walk(path + ".__proto__", Object.getPrototypeOf(value));
  })("globalThis", globalThis);
  return JSON.stringify(names.sort());
})()"""


def test_a_realm_has_all_that_the_engine_has() -> None:
    """Built-ins are added one by one, and some only to a runtime's first context by themselves."""
    expected = json.loads(_quickjs.Context().eval(ALL_NAMES))
    heap = Heap(64 << 20, 1 << 20)
    for _ in range(2):
        realm = Realm(heap)
        realm.add_binary()
        realm.add_promises()
        realm.start(engine.compiled(f"(function () {{ return {{ ask: () => {ALL_NAMES} }} }})"))
        assert json.loads(realm.ask()) == expected
        realm.close()


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("throw new RangeError('no')", "RangeError: no"),
        ("throw 'a word'", "a word"),
        ("throw null", "null"),
        ("throw { toString() { throw 1 } }", "a value that cannot be shown"),
        ("throw Object.defineProperty(new Error('x'), 'stack', { get() { throw 1 } })", "Error: x"),
    ],
)
def test_what_is_thrown_comes_out_as_text(realm: Realm, code: str, text: str) -> None:
    with pytest.raises(Thrown) as caught:
        evaluate(realm, code)
    assert caught.value.text == text
    assert realm.ask(0, b"it goes on") == b"it goes on"


def test_what_is_thrown_has_its_stack(realm: Realm) -> None:
    with pytest.raises(Thrown) as caught:
        evaluate(realm, "function deep() {\n  throw new Error('x') }\ndeep()")
    assert "deep (<input>:2:" in caught.value.stack


@pytest.mark.parametrize("code", ["for (;;);", "throw { toString() { for (;;); } }", "/(a+)+b/.test('a'.repeat(40))"])
def test_code_ends_at_the_deadline(realm: Realm, code: str) -> None:
    with effort(at_most=2):
        engine.set_deadline(time.process_time() + 0.1)
        with pytest.raises(Thrown):
            evaluate(realm, code)


def test_compiling_does_not_run(realm: Realm) -> None:
    realm.compiled(b"for (;;);")
    with pytest.raises(Thrown, match="SyntaxError"):
        realm.compiled(b"let a; let a")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("script", [1, "function", None]),
        ("data", [1, "object", {"a": [1]}]),
        ("nothing", [0, "undefined", None]),
        ("broken data", [-1, "undefined", None]),
    ],
)
def test_a_script_fetches_scripts_and_data(name: str, found: object) -> None:
    known = {"script": engine.compiled("(function () {})"), "data": '{"a":[1]}', "broken data": "{"}
    for realm in started(ASKS, fetch=known.get):
        assert json.loads(realm.ask(0, name.encode())) == found
