"""Our scripts come as bytecode where the engine has a door for it, and as text elsewhere: code sees no difference."""

import json
from collections.abc import Iterator

import _quickjs
import pytest

from server.sandbox.inside import bytecode, worker
from server.sandbox.inside.worker import Limits, Prelude

LIMITS = Limits(run_time=1.0, memory=64 << 20, result=1 << 20, console=1 << 16)
EVENT = '{"eventType":"","payload":null,"url":"https://example.com","method":"POST","headers":{},"env":{}}'
CODE = """function handler(w) {
  console.log(new URL("https://example.com/a").pathname);
  w.payload = [typeof hookbench, "hookbench" in globalThis, Object.keys(globalThis)];
  return w;
}"""


@pytest.fixture
def warm() -> Iterator[None]:
    worker.warm_up()
    yield
    Prelude.compiled, Prelude.learned = {}, frozenset()


def run(code: str) -> tuple[dict[str, object], bytes]:
    reply, body = worker.run(worker._World(LIMITS, code), EVENT, b"{}")
    return {name: found for name, found in reply.items() if name not in ("ms", "memory")}, body


def test_a_compiled_script_has_its_value() -> None:
    code = bytecode.compiled("(function (a, b) { return a * b })")
    assert code is not None
    assert bytecode.value_of(_quickjs.Context(), code)(6, 7) == 42


def test_a_script_with_a_mistake_is_not_compiled() -> None:
    assert bytecode.compiled("let a = ;") is None


def test_code_sees_no_difference_between_bytecode_and_text(warm: None) -> None:
    assert Prelude.compiled
    first = run(CODE)
    assert {"console", "url"} <= Prelude.learned
    learned = run(CODE)
    Prelude.compiled, Prelude.learned = {}, frozenset()
    as_text = run(CODE)
    assert first == learned == as_text
    assert json.loads(first[1])[:2] == ["undefined", False]


def test_places_of_errors_are_the_same_in_both(warm: None) -> None:
    code = "function handler(w) {\n  return [1].map(() => w.nothing.here);\n}"
    compiled = run(code)
    Prelude.compiled, Prelude.learned = {}, frozenset()
    assert run(code) == compiled
    assert compiled[0]["line"] == 2
