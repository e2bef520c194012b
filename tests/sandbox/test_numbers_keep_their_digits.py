"""Numbers that code passes on untouched go out as they came; where that cannot be, a warning names the path."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox.asking import Run, returned

from server.domain.warnings import WarningKind
from server.sandbox.inside import digits

NUMBERS = (
    "8202522731445525542", "-9007199254740993", "1e400", "-1e400", "1.0", "1.10", "100.00", "-0", "0.0", "1E5", "1e-7",
    "12345678901234567890.123", "0.00000010", "0.1000000000000000055", "123456789012345678901234567890", "1e21",
    "9" * 5000, "1e+2", "5e-324", "1e-400", "0.30000000000000004000",
)  # fmt: skip
KEEPING = {
    "untouched": "function handler(w) { return w }",
    "spread": "function handler(w) { return {...w, payload: {...w.payload}} }",
    "assigned": "const handler = w => Object.assign({}, w, {payload: Object.assign({}, w.payload)})",
    "list": "const handler = w => ({...w, payload: {n: w.payload.n, a: w.payload.a.map(x => x).filter(() => true)}})",
    "slice": "const handler = w => ({...w, payload: {n: w.payload.n, a: [...w.payload.a.slice(0), ]}})",
    "json": "const handler = w => ({...w, payload: JSON.parse(JSON.stringify(w.payload))})",
    "text": "const handler = w => ({...w, payload: JSON.stringify(w.payload)})",
    "clone": "const handler = w => ({...w, payload: structuredClone(w.payload)})",
    "entries": "const handler = w => ({...w, payload: Object.fromEntries(Object.entries(w.payload))})",
    "async": "async function handler(w) { const {payload} = w; await null; w.payload = {...payload}; return w }",
    "changed elsewhere": "function handler(w) { w.payload.b = 'x'; delete w.payload.b; return w }",
    "destructured": "const handler = w => { const {n, ...rest} = w.payload; return {...w, payload: {n, ...rest}} }",
}


@pytest.mark.asyncio(loop_scope="session")
class TestOfRuns:
    @pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:30])
    @pytest.mark.parametrize("code", KEEPING.values(), ids=KEEPING)
    async def test_a_number_that_is_passed_on_keeps_its_digits(self, run: Run, code: str, number: str) -> None:
        payload = f'{{"n":{number},"a":[{number}]}}'
        result = await returned(run, code, payload=payload)
        assert result.payload == payload
        assert result.warnings == ()

    @pytest.mark.parametrize("number", ["8202522731445525542", "1e400", "12.50", "12345.0", "1e21"])
    async def test_so_does_one_under_another_name(self, run: Run, number: str) -> None:
        code = "const handler = w => ({...w, payload: {other: [w.payload.n]}})"
        result = await returned(run, code, payload=f'{{"n":{number}}}')
        assert result.payload == f'{{"other":[{number}]}}'

    async def test_numbers_that_are_one_to_javascript_are_told_apart_by_their_objects(self, run: Run) -> None:
        payload = '{"items":[{"id":9007199254740993},{"id":9007199254740992}],"a":1.0,"b":1}'
        code = "function handler(w) { w.payload.items.reverse(); return w }"
        result = await returned(run, code, payload=payload)
        assert result.payload == '{"items":[{"id":9007199254740992},{"id":9007199254740993}],"a":1.0,"b":1}'
        assert result.warnings == ()

    async def test_where_they_cannot_be_the_path_is_named(self, run: Run) -> None:
        payload = '{"items":[{"id":9007199254740993},{"id":9007199254740992}]}'
        code = "function handler(w) { w.payload['my list'] = [w.payload.items[0].id]; return w }"
        result = await returned(run, code, payload=payload)
        (warning,) = result.warnings
        assert warning.kind == WarningKind.NUMBER_CHANGED
        assert warning.values == {
            "path": 'webhook.payload["my list"][0]',
            "before": "9007199254740993 / 9007199254740992",
            "after": "9007199254740992",
        }

    async def test_what_code_counts_or_writes_out_is_not_the_payloads(self, run: Run) -> None:
        code = "const handler = w => ({...w, payload: {rate: w.payload.rate, count: [0].length, one: 1}})"
        result = await returned(run, code, payload='{"rate":1.0}')
        assert result.payload == '{"rate":1.0,"count":1,"one":1}'
        assert result.warnings == ()

    async def test_a_result_computed_from_a_large_number_is_told(self, run: Run) -> None:
        code = "function handler(w) { w.payload.data.amount /= 7; return w }"
        result = await returned(run, code, payload='{"data":{"amount":123456789012345678}}')
        (warning,) = result.warnings
        assert (warning.kind, warning.values["path"]) == (WarningKind.NUMBER_COMPUTED, "webhook.payload.data.amount")
        assert warning.values["before"] == "123456789012345678"

    @pytest.mark.parametrize(("code", "path"), [
        ("w.payload.text = `order ${w.payload.id}`", "webhook.payload.text"),
        ("w.payload = 'id=' + w.payload.id", "webhook.payload"),
        ("w.headers.x = 'id ' + w.payload.id", 'webhook.headers["x"]'),
        ("w.url += '?id=' + w.payload.id", "webhook.url"),
    ])  # fmt: skip
    async def test_a_number_that_became_part_of_a_text_is_told(self, run: Run, code: str, path: str) -> None:
        code = f"function handler(w) {{ {code}; return w }}"
        result = await returned(run, code, payload='{"id":8202522731445525542}')
        (warning,) = result.warnings
        assert (warning.kind, warning.values["path"]) == (WarningKind.NUMBER_IN_TEXT, path)

    async def test_a_header_that_is_the_number_keeps_its_digits(self, run: Run) -> None:
        code = "function handler(w) { w.headers.x = w.payload.id; return w }"
        result = await returned(run, code, payload='{"id":8202522731445525542}')
        assert (result.headers, result.warnings) == ({"x": "8202522731445525542"}, ())

    async def test_json_in_a_text_of_the_payload_keeps_its_numbers_too(self, run: Run) -> None:
        payload = json.dumps({"meta": '{"id": 8202522731445525542, "price": 1.10}'})
        code = "const handler = w => ({...w, payload: JSON.parse(w.payload.meta)})"
        result = await returned(run, code, payload=payload)
        assert result.payload == '{"id":8202522731445525542,"price":1.10}'

    @pytest.mark.parametrize(("code", "body"), [
        ("JSON.stringify(w.payload, null, 1)", '{\n "n": 1.10\n}'),
        ("JSON.stringify(w.payload, ['n'])", '{"n":1.1}'),
        ("JSON.stringify(w.payload, (k, v) => k === 'n' ? v * 2 : v)", '{"n":2.2}'),
        ("JSON.parse('[1, 2]', (k, v) => k === '0' ? 5 : v)", "[5,2]"),
        ("`${JSON.stringify(undefined)} ${JSON.stringify.length} ${JSON.parse.length}`", "undefined 3 2"),
    ])  # fmt: skip
    async def test_json_works_as_ever_beside_such_numbers(self, run: Run, code: str, body: str) -> None:
        result = await returned(run, f"const handler = w => ({{...w, payload: {code}}})", payload='{"n":1.10}')
        assert result.payload == body

    async def test_errors_of_json_keep_their_words(self, run: Run) -> None:
        result = await run("const handler = w => JSON.parse('{')", payload='{"n":1.10}')
        assert "Expected property name or '}' in JSON at position 1" in result.error.message

    async def test_code_that_spoils_the_language_gets_no_other_answer(self, run: Run) -> None:
        code = "Map.prototype.get = () => 5; JSON.rawJSON = () => 5; function handler(w) { return w }"
        assert (await returned(run, code, payload='{"n":1.10}')).payload == '{"n":1.10}'

    async def test_javascript_writes_numbers_as_we_foresee(self, run: Run) -> None:
        doubles = [0.1, 1e21, 1e20, 123456789.125, 1e-6, 1e-7, 5e-324, 1.7976931348623157e308, -2.5e-9, 100.0, 2.0**63]
        listed = ",".join(f"Number('{value!r}')" for value in doubles)
        result = await returned(run, f"const handler = w => ({{...w, payload: [{listed}]}})")
        assert result.payload == f"[{','.join(map(digits.js_text, doubles))}]"


NUMBER = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers().map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=6).map(lambda value: format(value, "f")),
    st.from_regex(r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
)


@given(NUMBER, st.sampled_from(['{{"a":{}}}', "[{} ]", "{}", '{{"a" : [0,{}\n,1]}}']))
def test_the_fast_look_misses_no_number(number: str, around: str) -> None:
    payload = around.format(number).encode()
    if digits.rows(payload, ""):
        assert digits.may_change(payload)


@given(NUMBER)
def test_rows_have_every_number_that_would_change(number: str) -> None:
    found = digits.rows(f'{{"a":{{"b\\"":[true,{number}]}}}}'.encode(), "")
    changes = digits.js_text(float(number)) != number
    assert bool(found) == changes
    if found:
        assert json.loads(found)["numbers"] == [[["a", 'b"', 1], number]]


def test_numbers_that_only_look_different_are_not_called_inexact() -> None:
    assert digits.js_text(math.inf) == "null"
    for literal in ("1.0", "1e5", "100.00", "1E-7"):
        assert json.loads(digits.rows(b'{"a":%b}' % literal.encode(), ""))["names"] == []
    assert json.loads(digits.rows(b'{"a":8202522731445525542}', ""))["names"] == ["a"]
    assert json.loads(digits.rows(b'{"a":8202522731445525542,"b":{"a":5}}', ""))["names"] == []
