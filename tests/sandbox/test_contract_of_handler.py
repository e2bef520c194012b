"""What goes in, what comes out: the contract of ``handler(webhook)``, sentence by sentence."""

import json
from typing import Any

import pytest
from sandbox.asking import PAYMENT, SEED, Run, failed, returned

from server.domain.transformations import Cancelled, FailureKind

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("sample", sorted(SEED.glob("*.js")), ids=lambda path: path.stem)
async def test_the_samples_of_the_documentation_run_unchanged(run: Run, sample: Any) -> None:
    await returned(run, sample.read_text())


async def test_the_payment_sample_makes_the_documented_request(run: Run) -> None:
    (sample,) = [path for path in SEED.glob("*.js") if "payment_completed" in path.read_text()]
    result = await returned(run, sample.read_text())
    assert result.url == "https://track.customer.io/api/v2/entity"
    assert json.loads(result.payload)["attributes"] == {
        "email": "ada@example.com",
        "name": "Ada 😀",
        "payment_amount": "1234.56",
        "payment_method": "unknown",
        "payment_id": "pay_1",
        "currency": "USD",
    }


async def test_an_untouched_webhook_comes_back_as_it_was(run: Run) -> None:
    result = await returned(run, "function handler(webhook) { return webhook }")
    assert (result.method, result.url, dict(result.headers)) == ("POST", "https://example.com/hook", {})
    assert json.loads(result.payload) == PAYMENT
    assert not result.payload_is_text


async def test_the_properties_come_in_with_their_documented_values(run: Run) -> None:
    seen = "[w.eventType, w.url, w.method, w.headers, w.env, 'cancel' in w]"
    code = f"function handler(w) {{ return {{...w, payload: {seen}}} }}"
    result = await returned(run, code)
    assert json.loads(result.payload) == [
        "payment.succeeded", "https://example.com/hook", "POST", {}, {"KEY": "value"}, False,
    ]  # fmt: skip


async def test_changes_of_what_only_comes_in_are_ignored(run: Run) -> None:
    await returned(run, "function handler(w) { w.eventType = 5; w.env = null; w.id = 7; w.timestamp = {}; return w }")


async def test_an_event_has_its_id_and_its_time_as_texts(run: Run) -> None:
    code = "function handler(w) { return {...w, payload: [w.id, w.timestamp]} }"
    result = await returned(run, code, id='msg_"1"', timestamp=1_767_225_600)
    assert json.loads(result.payload) == ['msg_"1"', "1767225600"]


@pytest.mark.parametrize(
    "listed",
    [
        "Object.keys(w)",
        "Object.entries(w).map(([name]) => name)",
        "Object.keys(JSON.parse(JSON.stringify(w)))",
        "Object.keys({...w})",
        "Object.keys(structuredClone(w))",
        "(() => { const all = []; for (const name in w) all.push(name); return all })()",
    ],
)
async def test_code_that_goes_through_the_webhook_finds_what_it_always_found(run: Run, listed: str) -> None:
    result = await returned(run, f"function handler(w) {{ return {{...w, payload: {listed}}} }}", id="msg_1")
    assert sorted(json.loads(result.payload)) == ["env", "eventType", "headers", "method", "payload", "url"]


@pytest.mark.parametrize("value", ["null", "1.5", "true", "[1, [2]]", '{"a": {"b": []}}'])
async def test_any_json_value_becomes_the_body(run: Run, value: str) -> None:
    result = await returned(run, f"function handler(w) {{ w.payload = {value}; return w }}")
    assert json.loads(result.payload) == json.loads(value)
    assert not result.payload_is_text


async def test_a_string_is_sent_as_it_is(run: Run) -> None:
    result = await returned(run, "function handler(w) { w.payload = 'a=1&b=ü'; return w }")
    assert (result.payload, result.payload_is_text) == ("a=1&b=ü", True)


async def test_header_values_become_strings(run: Run) -> None:
    result = await returned(run, "function handler(w) { w.headers = {a: 'x', b: 2, c: true}; return w }")
    assert dict(result.headers) == {"a": "x", "b": "2", "c": "true"}


@pytest.mark.parametrize("value", ["null", "undefined", "{}", "[]", "() => 1", "Symbol()"])
async def test_a_header_of_another_type_is_named(run: Run, value: str) -> None:
    message = await failed(
        run, f"function handler(w) {{ w.headers['X-Key'] = {value}; return w }}", FailureKind.BAD_RESULT
    )
    assert "X-Key" in message


@pytest.mark.parametrize("code", [
    "function handler(w) { w.cancel = true; return w }",
    "function handler(w) { return null }",
    "async function handler(w) { return null }",
])  # fmt: skip
async def test_cancel_and_null_send_nothing(run: Run, code: str) -> None:
    assert isinstance(await run(code), Cancelled)


@pytest.mark.parametrize("value", ["1", "'true'", "{}", "false"])
async def test_only_true_cancels(run: Run, value: str) -> None:
    await returned(run, f"function handler(w) {{ w.cancel = {value}; return w }}")


@pytest.mark.parametrize("value", ["undefined", "[]", "5", "'x'", "true", "() => 1", "Symbol()", "1n"])
async def test_anything_else_is_told_to_return_webhook(run: Run, value: str) -> None:
    message = await failed(run, f"function handler() {{ return {value} }}", FailureKind.BAD_RESULT)
    assert "return webhook" in message


@pytest.mark.parametrize("value", ["undefined", "() => 1", "Symbol()"])
async def test_a_payload_that_is_no_json_is_refused(run: Run, value: str) -> None:
    message = await failed(run, f"function handler(w) {{ w.payload = {value}; return w }}", FailureKind.BAD_RESULT)
    assert "webhook.payload" in message


@pytest.mark.parametrize(("name", "value"), [("method", "5"), ("url", "{}"), ("url", "null"), ("headers", "[]")])
async def test_a_property_of_the_wrong_type_is_named(run: Run, name: str, value: str) -> None:
    message = await failed(run, f"function handler(w) {{ w.{name} = {value}; return w }}", FailureKind.BAD_RESULT)
    assert f"webhook.{name}" in message


@pytest.mark.parametrize("code", [
    "async function handler(w) { await null; return w }",
    "function handler(w) { return Promise.resolve(w) }",
    "function handler(w) { return new Promise(r => queueMicrotask(() => r(w))) }",
    "function handler(w) { return { then(resolve) { resolve(w) } } }",
    "const handler = (w) => w",
    "const handler = async (w) => w",
    "let handler = function (w) { return w }",
    "var handler = w => w",
    "globalThis.handler = w => w",
    "'use strict'; const handler = w => w",
    "\ufefffunction handler(w) { return w }",
    "function handler(w) {\r\n  // a comment\r\n  return w\r\n}\r\n",
    "// }); a comment that would end a wrapper\nfunction handler(w) { return w } // `",
    "function handler(w) { return w }\n/* the end */ //",
])  # fmt: skip
async def test_every_way_to_write_handler_works(run: Run, code: str) -> None:
    assert json.loads((await returned(run, code)).payload) == PAYMENT


async def test_a_promise_that_never_settles_gets_a_sentence(run: Run) -> None:
    message = await failed(run, "const handler = () => new Promise(() => {})", FailureKind.BAD_RESULT)
    assert "never settles" in message


@pytest.mark.parametrize("code", ["", "const x = 1", "function Handler(w) { return w }", "const handler = {}"])
async def test_code_without_handler_is_told_so(run: Run, code: str) -> None:
    assert "handler" in await failed(run, code, FailureKind.NO_HANDLER)


async def test_numbers_are_read_as_javascript_reads_them(run: Run) -> None:
    code = "const handler = w => ({...w, payload: Object.values(w.payload).map(String)})"
    result = await returned(run, code, payload='{"a":1e400,"b":1.0,"c":9007199254740993,"d":-0}')
    assert json.loads(result.payload) == ["Infinity", "1", "9007199254740992", "0"]


async def test_a_payload_of_a_mebibyte_passes(run: Run) -> None:
    text = json.dumps({"text": "x" * (1 << 20)}, separators=(",", ":"))[: (1 << 20) - 2] + '"}'
    assert (await returned(run, "const handler = w => w", payload=text)).payload == text


async def test_a_larger_result_is_refused(run: Run) -> None:
    message = await failed(run, "const handler = w => ({...w, payload: 'ü'.repeat(600000)})", FailureKind.BAD_RESULT)
    assert "1024 KiB" in message


async def test_odd_characters_come_back_whole(run: Run) -> None:
    text = json.dumps({"s": "\u0000\u2028é😀\ufeff"})
    result = await returned(run, "const handler = w => w", payload=text)
    assert json.loads(result.payload) == json.loads(text)


async def test_halves_of_surrogate_pairs_do_no_harm(run: Run) -> None:
    code = "function handler(w) { console.log('\\ud800'); w.payload = '\\ud800'; w.headers.a = '\\udc00'; return w }"
    result = await returned(run, code)
    assert (result.payload, result.headers["a"], result.console[0].text) == ("\ufffd", "\ufffd", "\ufffd")


async def test_three_thousand_frames_are_fine(run: Run) -> None:
    code = "const deep = n => n ? deep(n - 1) + 1 : 0; const handler = w => ({...w, payload: deep(3000)})"
    assert (await returned(run, code)).payload == "3000"


async def test_the_zone_is_utc_and_the_clock_is_real(run: Run) -> None:
    code = "const handler = w => ({...w, payload: [new Date().getTimezoneOffset(), Date.now()]})"
    offset, now = json.loads((await returned(run, code)).payload)
    assert offset == 0
    assert now > 1_700_000_000_000
