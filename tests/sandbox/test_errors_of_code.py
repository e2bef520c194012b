"""What a failure tells: kind, V8's words, and the place in the user's own code."""

import pytest
from sandbox.asking import Run

from server.domain.transformations import Cancelled, FailureKind, TransformFailed

pytestmark = pytest.mark.asyncio(loop_scope="session")

PLACES = {
    "at the top level": ("let a = 1;\n  nope();", 2, 3, "ReferenceError: nope is not defined"),
    "in handler": (
        "function handler(w) {\r\n  return w.payload.nope.deep;\r\n}",
        2,
        25,
        "TypeError: Cannot read properties of undefined (reading 'deep')",
    ),
    "in a nested function": (
        "const f = o => o.x.y;\nfunction handler(w) {\n  return f(w);\n}",
        1,
        20,
        "TypeError: Cannot read properties of undefined (reading 'y')",
    ),
    "after an await": (
        "async function handler(w) {\n  await null;\n  null.x;\n}",
        3,
        8,
        "TypeError: Cannot read properties of null (reading 'x')",
    ),
    "where eval was called": (
        "function handler(w) {\n  eval('\\n\\n\\n nope')\n}",
        2,
        3,
        "ReferenceError: nope is not defined",
    ),
    "where JSON was parsed": (
        "function handler(w) {\n  return JSON.parse('');\n}",
        2,
        15,
        "SyntaxError: Unexpected end of JSON input",
    ),
    "where a URL was made": ("function handler(w) {\n  new URL('x');\n}", 2, 3, "TypeError: Invalid URL"),
    "after a character of two units": (
        "function handler(w) { '😀é'; nope }",
        1,
        30,
        "ReferenceError: nope is not defined",
    ),
    "what was called": (
        "function handler(w) {\n  w.payload.nope(1);\n}",
        2,
        13,
        "TypeError: w.payload.nope is not a function",
    ),
    "a constant": ("const a = 1;\nfunction handler(w) { a = 2 }", 2, 23, "TypeError: Assignment to constant variable."),
    "thrown by the code": (
        "function handler(w) {\n  throw new RangeError('too much');\n}",
        2,
        9,
        "RangeError: too much",
    ),
}


@pytest.mark.parametrize("name", PLACES)
async def test_an_error_names_the_place_in_the_users_code(run: Run, name: str) -> None:
    code, line, column, message = PLACES[name]
    result = await run(code)
    assert isinstance(result, TransformFailed)
    assert (result.error.kind, result.error.message) == (FailureKind.THREW, message)
    assert (result.error.line, result.error.column) == (line, column)
    assert result.error.source_line == code.split("\n")[line - 1].rstrip("\r")


@pytest.mark.parametrize(("code", "line", "message"), [
    ("let a = ;", 1, "SyntaxError: Unexpected token ';'"),
    ("function handler(w) {\n  return w", 2, "SyntaxError: Unexpected end of input"),
    ("\n\nexport default w => w", 3, "SyntaxError: Unexpected token 'export'"),
])  # fmt: skip
async def test_code_that_does_not_compile_is_a_syntax_error(run: Run, code: str, line: int, message: str) -> None:
    result = await run(code)
    assert isinstance(result, TransformFailed)
    assert (result.error.kind, result.error.line) == (FailureKind.SYNTAX, line)
    assert result.error.message.startswith(message)


@pytest.mark.parametrize(("thrown", "message"), [
    ("'just text'", "just text"), ("{ a: 1 }", "{ a: 1 }"), ("null", "null"), ("undefined", "undefined"), ("42", "42"),
])  # fmt: skip
async def test_what_is_no_error_can_be_thrown(run: Run, thrown: str, message: str) -> None:
    result = await run(f"function handler() {{ throw {thrown} }}")
    assert isinstance(result, TransformFailed)
    assert result.error.message == message


CAUGHT = {
    "w.payload.nope.deep": "Cannot read properties of undefined (reading 'deep')",
    "w.a.b()": "Cannot read properties of undefined (reading 'b')",
    "w.payload.trim()": "w.payload.trim is not a function",
    "[...w.payload]": "w.payload is not iterable",
    "(() => { const { email } = w.payload.customer })()": (
        "Cannot destructure property 'email' of 'w.payload.customer' as it is undefined."
    ),
    "JSON.parse('<html>')": "Unexpected token '<', \"<html>\" is not valid JSON",
    "JSON.parse('[1,')": "Unexpected end of JSON input",
    "'x'.repeat(-1)": "Invalid count value: -1",
}


@pytest.mark.parametrize("expression", CAUGHT)
async def test_code_that_catches_an_error_reads_the_words_of_v8(run: Run, expression: str) -> None:
    code = f"const handler = w => {{ try {{ {expression} }} catch (e) {{ throw e.message + '|' + e.stack }} }}"
    result = await run(code)
    assert isinstance(result, TransformFailed)
    message, _, stack = result.error.message.partition("|")
    assert message == CAUGHT[expression]
    assert f": {message}\n    at " in stack
    assert "handler (transform.js:1:" in stack


@pytest.mark.parametrize(("call", "advice"), [
    ("fetch('https://a')", "Hookbench sends the request"),
    ("require('crypto')", "Paste the code you need into the transformation"),
    ("setTimeout(() => {}, 1)", "retries"),
    ("setInterval(() => {}, 1)", "once for each event"),
    ("process.env.KEY", "webhook.env"),
    ("module.exports = 1", "nothing needs to be exported"),
])  # fmt: skip
async def test_what_is_missing_says_why_and_what_to_do(run: Run, call: str, advice: str) -> None:
    result = await run(f"function handler(w) {{ {call}; return w }}")
    assert isinstance(result, TransformFailed)
    assert advice in result.error.message


async def test_a_dynamic_import_says_why_not(run: Run) -> None:
    result = await run("async function handler(w) { await import('lodash'); return w }")
    assert isinstance(result, TransformFailed)
    assert "There is no import()" in result.error.message


async def test_a_limit_says_which_and_where(run: Run) -> None:
    result = await run("function handler(w) {\n  for (;;);\n}")
    assert isinstance(result, TransformFailed)
    assert result.error.message == "The code ran longer than 0.4 s and was stopped."
    result = await run("function handler(w) { const a = []; for (;;) a.push(new Uint8Array(1e6)) }")
    assert isinstance(result, TransformFailed)
    assert result.error.message == "The code used more than 64 MiB of memory and was stopped."


@pytest.mark.parametrize("sign", ["[", "(", "{", "a=>", "!", "`${", "new ", "f(", "[{a:"])
async def test_code_nested_too_deep_to_be_read_is_a_syntax_error_too(run: Run, sign: str) -> None:
    result = await run(sign * 5_000)
    assert isinstance(result, TransformFailed)
    assert result.error.kind == FailureKind.SYNTAX
    assert isinstance(await run("const handler = w => null"), Cancelled)


@pytest.mark.parametrize(("payload", "said"), [
    ("{ order: { id: 5n } }", "serialize a BigInt. webhook.payload.order.id is a BigInt and needs String(…)."),
    ("[{ 'a b': [5n] }]", "webhook.payload[0][\"a b\"][0] is a BigInt and needs String(…)."),
    ("{ self: w }", "closes the circle\nwebhook.payload.self.payload leads back to webhook.payload."),
])  # fmt: skip
async def test_a_payload_that_cannot_be_json_names_the_place_in_it(run: Run, payload: str, said: str) -> None:
    result = await run(f"async function handler(w) {{ w.payload = {payload}; return w }}")
    assert isinstance(result, TransformFailed)
    assert said in result.error.message
