"""What the language's own functions give, to the last digit: the values are Node 20's."""

from typing import Any

import pytest
from sandbox.asking import Run, value

pytestmark = pytest.mark.asyncio(loop_scope="session")

DATES = {
    "12 March 2024 10:00 CET": None,
    "12 March 2024 10:00 CEST": None,
    "2026-02-03T04:05:06,789Z": None,
    "12 March 2024 10:00 GMT": "2024-03-12T10:00:00.000Z",
    "12 March 2024 10:00 EST": "2024-03-12T15:00:00.000Z",
    "March 7, 2024 10:15 PM 2026": "2024-03-07T22:15:00.000Z",
    "2020-01-01T00:00-08": None,
    "2020-01-01T00:00-0800": "2020-01-01T08:00:00.000Z",
    "2020-01-01 00:00-08": "2020-01-01T08:00:00.000Z",
    "1/2/49": "2049-01-02T00:00:00.000Z",
    "1/2/50": "1950-01-02T00:00:00.000Z",
    "2024/4/22": "2024-04-22T00:00:00.000Z",
    "22.4.2024": None,
    "4.5.2024": "2024-04-05T00:00:00.000Z",
    "Mon, 25 Dec 1995 13:30:00 +0430": "1995-12-25T09:00:00.000Z",
    "Thu Jan 01 1970 (comment (in it)) 00:00:01 UTC": "1970-01-01T00:00:01.000Z",
    "on March 7": "2001-03-07T00:00:00.000Z",
    "March 7th 2024": None,
    "2024-02-30": "2024-03-01T00:00:00.000Z",
    "2024-02-30T00:00:00Z": "2024-03-01T00:00:00.000Z",
    "2024-03-07T24:00:00Z": "2024-03-08T00:00:00.000Z",
    "2024-03-07T10:00:00.123456789Z": "2024-03-07T10:00:00.123Z",
    "": None,
    "tomorrow": None,
    "12": "2001-12-01T00:00:00.000Z",
    "10:00": None,
}


@pytest.mark.parametrize(("text", "moment"), DATES.items())
async def test_dates_are_read_as_v8_reads_them(run: Run, text: str, moment: str | None) -> None:
    shown = f"(d => [isNaN(d) ? null : d.toISOString(), Date.parse({text!r}) === +d || isNaN(d)])(new Date({text!r}))"
    assert await value(run, shown) == [moment, True]


VALUES = {
    "Math.hypot(1, 1, 2)": 2.449489742783178,
    "Math.cbrt(27)": 3,
    "Math.pow(1.01, 14)": 1.1494742132376223,
    "Math.pow(709.78, 3)": 357578397.08135194,
    "((pow, x) => pow(x, -0.5))(globalThis['Ma' + 'th'].pow, 1e22)": 1e-11,
    "[Math.pow.name, Math.pow.length, Math.hypot.length, Math.sin.length, Object.keys(Math).length, String(Math)]": [
        "pow", 2, 2, 1, 0, "[object Math]",
    ],
    "[Math.sin(-0), Math.atan2(0, -0), Math.pow(-0, -3), Math.cbrt(-0), Math.hypot()].map(x => 1 / x)": [
        None, 0.3183098861837907, 0, None, None,
    ],
    "Error.stackTraceLimit": 10,
    "JSON.stringify(Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit'))":
        '{"value":10,"writable":true,"enumerable":true,"configurable":true}',
    "(Error.stackTraceLimit = 3, function f(n) { try { return n ? f(n - 1) : null.x } catch (e) { return e.stack } })"
    "(20)"
    ".split('\\n').length": 4,
    "(0.1 + 0.2).toString(36)": "0.asssssssssv",
    "(0.333333333333).toString(36)": "0.bzzzzzzz25d",
    "(1e21).toString(36)": "5v1j4f4ds7c000",
    "(255).toString(16) + (-255).toString(2)": "ff-11111111",
    "(0.5).toString(2) + ' ' + (1/3).toString(3) + ' ' + (64238726334644220).toString(17)": "0.1 0.1 6846943b037gb8",
    "Number.prototype.toString.call(0.1, 3).slice(0, 12) + Number.prototype.toString.length": "0.00220022001",
    "[typeof Date(), Date.name, Date.length, new Date(5).constructor === Date, new Date() instanceof Date]": [
        "string", "Date", 7, True, True,
    ],
    "new (class Day extends Date { day() { return this.getUTCDate() } })('12 March 2024').day()": 12,
    "'Ήλιος ή Μαΐου Άυλος'.toLocaleUpperCase('el')": "ΗΛΙΟΣ Ή ΜΑΪΟΥ ΑΫΛΟΣ",
    "'I\\u0307'.toLocaleLowerCase('tr').length": 1,
    "'I\\u0323\\u0307'.toLocaleLowerCase('tr')": "i\u0323",
    "'Ì'.toLocaleLowerCase('lt').length": 3,
    "new TextDecoder('cp1252').decode(new Uint8Array([0x80, 0xe9]))": "\x80é",
    "new TextDecoder('ucs-2').encoding": "utf-16le",
    "String(new URLSearchParams(null))": "",
    "(() => { try { Date.prototype.toString.call({}) } catch (e) { return e.message } })()":
        "Method Date.prototype.toString called on incompatible receiver #<Object>",
    "(() => { try { ''.localeCompare.call(null) } catch (e) { return e.message } })()":
        "String.prototype.localeCompare called on null or undefined",
    "JSON.stringify(Object.getOwnPropertyDescriptor(Date.prototype, 'toLocaleString'))":
        '{"writable":true,"enumerable":false,"configurable":true}',
    "[''.localeCompare.length, ''.toLocaleUpperCase.length, [].toLocaleString.length, ''.localeCompare.name]": [
        1, 0, 0, "localeCompare",
    ],
    "new Intl.DateTimeFormat('en', {month: 'short', day: 'numeric'})"
    ".formatRange(new Date('2024-01-10'), new Date('2025-01-01'))": "Jan 10, 2024\u2009–\u2009Jan 1, 2025",
    "new Intl.DateTimeFormat('en', {hour: 'numeric'})"
    ".formatRange(new Date('2024-01-10T10:00Z'), new Date('2024-01-12T12:00Z'))":
        "1/10/2024, 10\u202fAM\u2009–\u20091/12/2024, 12\u202fPM",
    "new Intl.DateTimeFormat('de', {hour: 'numeric', minute: '2-digit'})"
    ".formatRange(new Date('2024-01-10T10:00Z'), new Date('2024-01-12T12:00Z'))":
        "10.1.2024, 10:00\u2009–\u200912.1.2024, 12:00",
    "new Intl.DateTimeFormat('en', {weekday: 'long'}).formatRange(new Date(0), new Date(864e5))":
        "Thursday\u2009–\u2009Friday",
    "new Intl.DateTimeFormat('en', {hour: 'numeric'}).formatRange(new Date(0), new Date(0)).charCodeAt(2)": 32,
    "new Intl.NumberFormat('en', {maximumFractionDigits: 20}).format('0.1234567890123456789')": "0.1234567890123456789",
    "new Intl.NumberFormat('en', {roundingIncrement: 2, maximumFractionDigits: 1, minimumFractionDigits: 1})"
    ".format(1.25)":
        "1.2",
    "new Intl.NumberFormat('en', {style: 'unit', unit: 'percent'}).formatToParts(5)[1].type": "unit",
    "new Intl.NumberFormat('en', {notation: 'compact'}).resolvedOptions().maximumFractionDigits": 0,
}  # fmt: skip


@pytest.mark.parametrize(("expression", "result"), VALUES.items())
async def test_values_are_those_of_node(run: Run, expression: str, result: Any) -> None:
    assert await value(run, expression) == result
