"""What a world costs is paid by every event: it holds no more than its code may touch, and reads that code once."""

import json
from collections.abc import Iterator

import pytest

from server.sandbox.inside import engine, syntax, worker
from server.sandbox.inside.worker import Code, Limits, Prelude, World

LIMITS = Limits(run_time=5.0, memory=64 << 20, result=1 << 20, console=1 << 16)
EVENT = b'{"eventType":"","payload":null,"url":"http://a","method":"POST","headers":{},"env":{}}'


@pytest.fixture(scope="module", autouse=True)
def _prelude() -> Iterator[None]:
    worker.warm_up()
    yield
    Prelude.scripts, Prelude.sources = {}, {}
    engine.set_deadline(float("inf"))


def answers(code: Code, times: int = 1) -> list[dict[str, object]]:
    heap = worker.new_heap(LIMITS)
    found = []
    for _ in range(times):
        world = World(LIMITS, code, heap)
        head, body = worker.run(world, EVENT, b"{}")
        found.append({**json.loads(head), "body": body.decode()})
        world.close()
        assert heap.is_clean()
    heap.close()
    return found


def handler(body: str) -> Code:
    return Code(f"function handler(webhook) {{ {body} }}")


@pytest.mark.parametrize(
    "body",
    [
        "return webhook",
        "webhook.payload = [Math.PI, Math.round(1.5), Math.max(1, 2)]; return webhook",
        "webhook.payload = [Math . floor(1.5), Math.random() < 1]; return webhook",
        "webhook.payload = (5).toString() + String(1); return webhook",
        "// any of these\n return webhook",
    ],
)
def test_code_that_needs_nothing_of_ours_runs_in_the_plain_world(body: str) -> None:
    assert handler(body).base() is Prelude.scripts["base"]


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("return Math.pow(2, 3)", {"math": ["Math.pow"]}),
        ("return Math.sin(1) + Math.PI", {"math": ["Math.sin"]}),
        ("return Date.now() + Date.UTC(2026, 1)", {"intl": ["Date.toString", "Date.toTimeString"]}),
        ("return new Date().getTime()", {"intl": ["Date.toString", "Date.toTimeString"]}),
    ],
)
def test_what_is_named_is_all_that_is_added(body: str, wanted: dict[str, list[str]]) -> None:
    assert worker.wanted(handler(body).text) == wanted


@pytest.mark.parametrize(
    "body",
    [
        "const { sin } = Math; webhook.payload = sin(0.7)",
        "const m = Math; webhook.payload = m.sin(0.7)",
        "webhook.payload = Math['si' + 'n'](0.7)",
        "webhook.payload = Math?.sin(0.7)",
        "webhook.payload = globalThis['Ma' + 'th'].sin(0.7)",
    ],
)
def test_a_function_of_math_is_ours_however_it_is_reached(body: str) -> None:
    (answer,) = answers(handler(f"{body}; return webhook"))
    assert answer["body"] == "0.644217687237691"


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("const d = new Date(); webhook.payload = new d.constructor('12 March 2024').getUTCDate()", "12"),
        ("const D = Date; webhook.payload = new D('foo 2024').getTime()", "1704067200000"),
        ("webhook.payload = [new Date] instanceof Array && new Date('12 March 2024').getUTCDate()", "12"),
        ("webhook.payload = (typeof Date()) + Date.parse('x')", "stringNaN"),
    ],
)
def test_a_date_that_reads_a_text_is_ours(body: str, written: str) -> None:
    (answer,) = answers(handler(f"{body}; return webhook"))
    assert answer["body"] == written


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        ("[Math.pow(10, 2), Math.pow(-2, 3), Math.pow(2, 53), Math.pow(7, 0)]", "[100,-8,9007199254740992,1]"),
        ("[Math.pow(1.01, 14), Math.pow(10, -5), Math.pow(0, -1), Math.pow(-8, 1 / 3)]",
         "[1.1494742132376223,0.000009999999999999999,null,null]"),
        ("[(255).toString(16), (-7).toString(2), (0.5).toString(2), (1e21).toString(36)]",
         '["ff","-111","0.1","5v1j4f4ds7c000"]'),
        ("[Math.pow.name, Math.pow.length, Math.hypot.length, Object.keys(Math).length]", '["pow",2,2,0]'),
    ],
)  # fmt: skip
def test_short_ways_give_what_the_long_ones_give(expression: str, written: str) -> None:
    (answer,) = answers(handler(f"webhook.payload = {expression}; return webhook"))
    assert answer["body"] == written


def test_failing_code_is_read_once_for_all_its_events(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    ask = syntax._ask
    monkeypatch.setattr(syntax, "_ask", lambda scripts, way, code: asked.append(way) or ask(scripts, way, code))
    found = answers(handler("return webhook.payload.missing()"), times=3)
    assert [answer["message"] for answer in found] == ["TypeError: webhook.payload.missing is not a function"] * 3
    assert len(asked) == len(set(asked)) == 2


def test_what_code_changes_does_not_reach_how_it_is_read() -> None:
    spoils = "Array.prototype.toJSON = Object.prototype.toJSON = () => 'spoilt';"
    (answer,) = answers(Code(f"{spoils} function handler(webhook) {{ return webhook.missing() }}"))
    assert answer["message"] == "TypeError: webhook.missing is not a function"
    assert answer["column"] == len(f"{spoils} function handler(webhook) {{ return webhook.") + 1


def test_objects_are_logged_without_errors_put_into_words(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    fetch = World._fetch
    monkeypatch.setattr(World, "_fetch", lambda world, name: fetched.append(name) or fetch(world, name))
    (answer,) = answers(handler("console.log(webhook, [1], new Map(), null); return webhook"))
    assert answer["is"] == "returned"
    assert fetched == ["console", "inspect"]
