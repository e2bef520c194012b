"""Locales: what V8 (Node 20, TZ=UTC) prints is the reference; the values here are its own."""

import pytest
from sandbox.asking import Run, value

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOMENT = "new Date('2026-02-03T04:05:06Z')"
SAID_BY_V8 = {
    f"{MOMENT}.toLocaleDateString()": "2/3/2026",
    f"{MOMENT}.toLocaleTimeString()": "4:05:06 AM",
    f"{MOMENT}.toLocaleString()": "2/3/2026, 4:05:06 AM",
    f"String({MOMENT})": "Tue Feb 03 2026 04:05:06 GMT+0000 (Coordinated Universal Time)",
    f"{MOMENT}.toLocaleDateString('en-GB')": "03/02/2026",
    f"{MOMENT}.toLocaleDateString('en-CA')": "2026-02-03",
    f"{MOMENT}.toLocaleDateString('de')": "3.2.2026",
    f"{MOMENT}.toLocaleDateString('ja')": "2026/2/3",
    f"{MOMENT}.toLocaleDateString('fr', {{dateStyle: 'full'}})": "mardi 3 février 2026",
    f"{MOMENT}.toLocaleDateString('es', {{year: 'numeric', month: 'long', day: 'numeric'}})": "3 de febrero de 2026",
    f"{MOMENT}.toLocaleDateString('zh-CN', {{year: 'numeric', month: 'long', day: 'numeric'}})": "2026年2月3日",
    f"{MOMENT}.toLocaleDateString('en-US', {{weekday: 'short', month: 'short', day: 'numeric'}})": "Tue, Feb 3",
    f"{MOMENT}.toLocaleString('en-US', {{dateStyle: 'long', timeStyle: 'short'}})": "February 3, 2026 at 4:05 AM",
    f"{MOMENT}.toLocaleTimeString([], {{hour: '2-digit', minute: '2-digit'}})": "04:05 AM",
    f"{MOMENT}.toLocaleString('en-US', {{timeZone: 'America/New_York', timeZoneName: 'short'}})":
        "2/2/2026, 11:05:06 PM EST",
    "new Date(1780091506000).toLocaleString('en-GB', {timeZone: 'Europe/Berlin'})": "29/05/2026, 23:51:46",
    "(1234567.891).toLocaleString()": "1,234,567.891",
    "(12.5).toLocaleString('en-US', {style: 'currency', currency: 'USD'})": "$12.50",
    "(-1234.5).toLocaleString('de', {style: 'currency', currency: 'EUR'})": "-1.234,50\u00a0€",
    "(1234.5).toLocaleString('ja', {style: 'currency', currency: 'JPY'})": "￥1,235",
    "(1234567).toLocaleString('hi')": "12,34,567",
    "(1234.5).toLocaleString('es')": "1234,5",
    "(1.005).toLocaleString(undefined, {maximumFractionDigits: 2})": "1.01",
    "(0.256).toLocaleString('tr', {style: 'percent'})": "%26",
    "new Intl.NumberFormat('en-US', {notation: 'compact'}).format(1234567)": "1.2M",
    "(12).toLocaleString('en-US', {style: 'currency', currency: 'USD', currencyDisplay: 'name'})": "12.00 US dollars",
    "Intl.DateTimeFormat().resolvedOptions().timeZone": "UTC",
    "new Intl.DateTimeFormat('en-US').formatToParts(new Date(0)).map(part => part.type).join()":
        "month,literal,day,literal,year",
    "['b', 'a', 'Z', 'é', 'e', 'ä', 'z', '1', '_'].sort((a, b) => a.localeCompare(b)).join('')": "_1aäbeézZ",
    "'iı'.toLocaleUpperCase('tr')": "İI",
    "new Date(NaN).toLocaleString()": "Invalid Date",
    "new Intl.PluralRules('pl').select(22)": "few",
    "new Intl.PluralRules('en', {type: 'ordinal'}).select(3)": "few",
    "new Intl.RelativeTimeFormat('de', {numeric: 'auto'}).format(-1, 'day')": "gestern",
    "new Intl.RelativeTimeFormat('en').format(3, 'months')": "in 3 months",
    "new Intl.ListFormat('fr').format(['A', 'B', 'C'])": "A, B et C",
    "new Intl.DisplayNames('es', {type: 'region'}).of('DE')": "Alemania",
    "(16).toLocaleString('de', {style: 'unit', unit: 'kilometer-per-hour'})": "16 km/h",
    "(12345).toLocaleString('en', {notation: 'engineering'})": "12.345E3",
    "(2.5).toLocaleString('en', {roundingMode: 'halfEven', maximumFractionDigits: 0})": "2",
    "['item10', 'item2'].sort(new Intl.Collator('en', {numeric: true}).compare).join()": "item2,item10",
    "['ñ', 'o', 'n'].sort((a, b) => a.localeCompare(b, 'es')).join('')": "nño",
    "'a'.localeCompare('Á', 'en', {sensitivity: 'base'})": 0,
}  # fmt: skip


@pytest.mark.parametrize("expression", SAID_BY_V8)
async def test_locales_speak_as_v8_does(run: Run, expression: str) -> None:
    assert await value(run, expression) == SAID_BY_V8[expression]


@pytest.mark.parametrize(("expression", "words"), [
    ("new Date(0).toLocaleString('en', {timeZone: 'Nope/Nope'})", "RangeError: Invalid time zone specified: Nope/Nope"),
    ("(1).toLocaleString('not a locale')", "RangeError: Incorrect locale information provided"),
    ("(1).toLocaleString('en', {style: 'currency'})", "TypeError: Currency code is required with currency style."),
])  # fmt: skip
async def test_wrong_options_are_refused_as_v8_does(run: Run, expression: str, words: str) -> None:
    caught = f"(() => {{ try {{ return {expression} }} catch (e) {{ return e.name + ': ' + e.message }} }})()"
    assert await value(run, caught) == words


async def test_an_unknown_language_falls_back_to_english(run: Run) -> None:
    assert await value(run, "(1234.5).toLocaleString('xx-XX')") == "1,234.5"


async def test_catching_the_errors_does_not_hide_that_data_are_needed(run: Run) -> None:
    caught = "(() => { try { return (1234.5).toLocaleString('pt-BR') } catch { return 'caught' } })()"
    assert await value(run, caught) == "1.234,5"
