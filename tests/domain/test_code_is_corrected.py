"""Corrections of code: each kind of fix, wherever the value comes from, and what is left alone."""

from pathlib import Path
from typing import Any

import pytest

from server.domain.code_fixes import MAX_CANDIDATES, WrongValue, cancelling_all_but, corrections
from server.domain.contract_schemas import Fix


def first(code: str, *path: str | int, value: Any = None, fix: Fix) -> str:
    return next(corrections(code, WrongValue(path, value, fix)))


ACTION = Fix(value="event", move_to="name")


def test_a_literal_is_replaced_and_moves_to_the_sibling_that_was_missing() -> None:
    code = 'webhook.payload = {\n  type: "person",\n  action: "paid"\n};'
    corrected = first(code, "action", value="paid", fix=ACTION)
    assert corrected == 'webhook.payload = {\n  type: "person",\n  action: "event",\n  name: "paid"\n};'


def test_a_sibling_that_exists_keeps_its_value() -> None:
    code = 'webhook.payload = { action: "paid", name: "Paid" };'
    assert first(code, "action", value="paid", fix=ACTION) == 'webhook.payload = { action: "event", name: "Paid" };'


def test_the_literal_with_the_wrong_value_is_chosen_among_several() -> None:
    code = 'const a = { action: "identify" }; const b = { action: "paid", name: "x" };'
    assert first(code, "action", value="paid", fix=ACTION).startswith('const a = { action: "identify" };')


def test_the_same_wrong_literal_is_corrected_everywhere_at_once() -> None:
    code = "const a = { ts: 5 }; const b = { ts: 5 };"
    corrected = first(code, "ts", value=5, fix=Fix(convert="string"))
    assert corrected == 'const a = { ts: "5" }; const b = { ts: "5" };'


def test_an_object_of_the_right_name_comes_first() -> None:
    code = "webhook.payload = { data: { ts: f(1) }, user: { ts: f(2) } };"
    corrected = first(code, "user", "ts", value=2, fix=Fix(convert="string"))
    assert corrected == "webhook.payload = { data: { ts: f(1) }, user: { ts: String(f(2)) } };"


@pytest.mark.parametrize(
    ("code", "fix", "corrected"),
    [
        ("x = { properties: { a } };", Fix(rename_to="eventProperties"), "x = { eventProperties: { a } };"),
        ("x = { properties };", Fix(rename_to="eventProperties"), "x = { eventProperties: properties };"),
        ("x = { properties };", Fix(rename_to="event-properties"), 'x = { "event-properties": properties };'),
        ("x = { a: 1, properties: 2, b: 3 };", Fix(remove=True), "x = { a: 1, b: 3 };"),
        ("x = { a: 1, properties: 2 };", Fix(remove=True), "x = { a: 1 };"),
        ("x.properties = 2; y();", Fix(remove=True), " y();"),
        ("x.properties = 2;", Fix(rename_to="traits"), "x.traits = 2;"),
        ("x.properties = a + b;", Fix(convert="milliseconds"), "x.properties = (a + b) * 1000;"),
        (
            "x = { properties: Math.floor(Date.now() / 1000) };",
            Fix(convert="milliseconds"),
            "x = { properties: Date.now() };",
        ),
        ('x = { "properties": p.a };', Fix(convert="integer"), 'x = { "properties": Math.round(Number(p.a)) };'),
        ("x = { properties: p.a };", Fix(convert="array"), "x = { properties: [p.a] };"),
        ('x = { properties: "Month" };', Fix(convert="lowercase"), 'x = { properties: "month" };'),
        ('x = { properties: "a.b" };', Fix(convert="underscores"), 'x = { properties: "a_b" };'),
        ("x = { properties };", Fix(convert="string"), "x = { properties: String(properties) };"),
    ],
)  # fmt: skip
def test_each_kind_of_fix_edits_the_source(code: str, fix: Fix, corrected: str) -> None:
    assert first(code, "properties", fix=fix) == corrected


def test_a_value_from_elsewhere_is_mended_before_the_handler_returns() -> None:
    code = "function handler(webhook) {\n  webhook.payload = build();\n  return webhook;\n}"
    corrected = first(code, "ts", value=1, fix=Fix(convert="milliseconds"))
    assert corrected == (
        "function handler(webhook) {\n  webhook.payload = build();\n"
        "  if (webhook.payload?.ts !== undefined) { webhook.payload.ts = webhook.payload.ts * 1000; }\n"
        "  return webhook;\n}"
    )


@pytest.mark.parametrize("code", ["", "function (", "const handler = (w) => w;", "/* action: 1 */", "`action: ${1}`"])
def test_code_without_the_property_has_no_correction(code: str) -> None:
    assert list(corrections(code, WrongValue(("action",), "paid", ACTION))) == []


def test_there_are_only_so_many_candidates() -> None:
    code = "x = [" + ", ".join("{ action: f() }" for _ in range(500)) + "];"
    assert len(list(corrections(code, WrongValue(("action",), "paid", ACTION)))) <= MAX_CANDIDATES


def test_deeply_nested_code_is_read() -> None:
    code = "x = " + "[" * 20_000 + "{ action: 'paid' }" + "]" * 20_000
    assert '"event"' in first(code, "action", value="paid", fix=ACTION)


@pytest.mark.parametrize(
    "head", ["function handler(event) {", "const handler = (event) => {", "const handler = event => {"]
)
def test_other_event_types_are_cancelled_by_a_first_statement(head: str) -> None:
    code = f"{head}\n    return event;\n}}"
    assert cancelling_all_but(code, ["payment.succeeded"]) == (
        f'{head}\n    if (!["payment.succeeded"].includes(event.eventType)) {{\n      event.cancel = true;\n'
        "      return event;\n    }\n    return event;\n}"
    )


def test_a_handler_without_a_plain_parameter_is_left_alone() -> None:
    assert cancelling_all_but("const handler = ({ payload }) => { return null; }", ["payment.succeeded"]) is None


def test_other_characters_keep_their_places() -> None:
    code = 'const 名 = "😀"; x = { action: "paid", name: "é" };'
    assert first(code, "action", value="paid", fix=ACTION) == 'const 名 = "😀"; x = { action: "event", name: "é" };'


def test_the_seeds_sample_is_corrected(seed: Path = Path(__file__).parent.parent / "fixtures") -> None:
    code = next(seed.rglob("track_payments.js")).read_text(encoding="utf-8")
    corrected = first(code, "action", value="payment_completed", fix=ACTION)
    assert corrected == code.replace('action: "payment_completed"', 'action: "event"')
