"""Where the sandbox differs from V8, and why. The docs show the list ("Transformation reference"); tests verify it.

V8 means Node 20 with TZ=UTC and en-US. A test fails when a difference no longer exists; then remove it from the list.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    expression: str
    """JavaScript; ``caught(() => …)`` gives the error's text."""
    here: str
    v8: str
    why: str


_ENGINE = "The engine works this way."

DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        "new Date(0).toLocaleDateString('en', {calendar: 'hebrew', dateStyle: 'long'})",
        "January 1, 1970", "23 Tevet 5730",
        "The Gregorian, Buddhist and Persian calendars are supported. Other calendars use the locale's default.",
    ),
    Difference(
        "new Date(0).toLocaleDateString('en', {calendar: 'iso8601'})", "1/1/1970", "1970-01-01",
        "The iso8601 calendar is formatted like the Gregorian one.",
    ),
    Difference(
        "new Date(0).toLocaleDateString('en', {calendar: 'buddhist', month: 'short', year: 'numeric'})",
        "M01 2513 BE", "Jan 2513 BE",
        "Months of the Buddhist calendar have no separate names.",
    ),
    Difference(
        "['ż', 'z'].sort(new Intl.Collator('mt').compare).join('')", "zż", "żz",
        "Languages without their own collation data sort like English.",
    ),
    Difference(
        "new Intl.DateTimeFormat('de', {month: 'long'}).formatRange(new Date(0), new Date('1970-03-01'))",
        "Januar–März", "Januar\u2009–\u2009März",
        "The spaces around the dash of a range may differ when months stand alone.",
    ),
    Difference(
        "(1234.5).toLocaleString('rw')", "1,234.5", "1.234,5",
        "About 110 languages that CLDR covers well are supported, with all their regions. Others behave like en-US.",
    ),
    Difference(
        "[...new Intl.Segmenter('ja', {granularity: 'word'}).segment('支払い完了')].length", "3", "2",
        "Chinese, Japanese and Thai words are separated by script, not by a dictionary.",
    ),
    Difference(
        "Intl.supportedValuesOf('currency').length", "307", "162",
        "Hookbench also lists currencies that are no longer in use.",
    ),
    Difference(
        "['É', 'e'].sort(new Intl.Collator('zh').compare).join('')", "eÉ", "Ée",
        "Chinese, Japanese and Korean sort by code point, and Latin text as in other locales.",
    ),
    Difference(
        "(() => { try { const f = () => JSON.parse('5'), [a] = f.call() } catch (e) { return e.message } })()",
        "object is not iterable (cannot read property Symbol(Symbol.iterator))",
        "number 5 is not iterable (cannot read property Symbol(Symbol.iterator))",
        "If only running the code would reveal a value, the message says undefined or names an object.",
    ),
    Difference(
        "(() => { try { new Function('f() = 1'); return 'fine' } catch (e) { return e.message } })()",
        "invalid assignment left-hand side", "fine",
        "An assignment to the result of a call is rejected when the code is saved. V8 rejects it at run time.",
    ),
    Difference(
        "new Intl.Collator('de', {usage: 'search'}).compare('AE', 'Ä')", "1", "-1",
        "The order for searching is the same as the order for sorting.",
    ),
    Difference(
        "(() => { let at = 'before'; return Object.keys({[{toString: () => at}]: at = 'after'})[0] })()",
        "after", "before",
        "An object used as a property name is converted to text slightly later than in V8.",
    ),
    Difference(
        "(() => { const log = []; ({a: ({})[{toString: () => log.push('key')}]} = {get a() { log.push('value') }}); "
        "return log.join() })()",
        "key,value", "value,key",
        "The name of a property to write is converted to text before the value is read.",
    ),
    Difference(
        "Object.getOwnPropertyDescriptor((pieces => pieces)``, 'length').writable", "true", "false", _ENGINE,
    ),
    Difference(
        "(() => { try { new Function('class A { get\\n*f() {} }'); return 'fine' } catch (e) { return e.message } })()",
        "invalid property name", "fine",
        "A field of a class named get or set needs a semicolon before a generator.",
    ),
    Difference(
        "(() => { try { new Function('new a?.b'); return 'fine' } catch (e) { return e.message } })()",
        "fine", "Invalid optional chain from new expression",
        "Some very rare mistakes are accepted, for example a class named eval or ?. after new.",
    ),
    Difference(
        "(() => { try { new Function('let a; let a') } catch (e) { return e.message } })()",
        "invalid redefinition of lexical identifier", "Identifier 'a' has already been declared",
        "When new Function cannot parse its code, the message is the engine's.",
    ),
    Difference(
        "Object.getOwnPropertyNames(new Error('x'))", "message", "stack,message",
        "An error inherits its stack, as the language specifies.",
    ),
    Difference(
        "(() => { try { atob('*') } catch (e) { return e.message } })()",
        "The string to be decoded is not correctly encoded", "Invalid character", _ENGINE,
    ),
    Difference(
        "(() => { const r = () => r(); try { r() } catch (e) { return /:\\d+:\\d+/.test(e.stack) } })()",
        "false", "true", "The origin of infinite recursion is not reported: there is no stack left to find it.",
    ),
    Difference(
        "1.01 ** 14", "1.1494742132376226", "1.1494742132376223",
        "The operator is part of the engine, and its last digit may differ. Math.pow gives V8's result.",
    ),
    Difference(
        "Math.sin(2539219.708168478)", "0.7368704707427142", "0.7368704707427143",
        "Beyond 800,000, the last digit of Math.sin, cos and tan may differ, in about one of 1,000 values.",
    ),
    Difference("Object.isFrozen((strings => strings)`x`)", "false", "true", _ENGINE),
    Difference(
        "(() => { /(o)/.test('foo'); return RegExp.$1 })()", "undefined", "o",
        "The result of the last match is not kept in RegExp.$1 and similar properties.",
    ),
    Difference(
        "JSON.stringify(new Intl.NumberFormat('ar-EG').formatToParts(-5)[0])",
        '{"type":"minusSign","value":"\u061c-"}', '{"type":"literal","value":"\u061c"}',
        "The direction mark before an Arabic minus is part of the sign here, and a separate part in V8.",
    ),
    Difference(
        "(() => { try { return new TextDecoder('koi8-r').encoding } catch (e) { return e.message } })()",
        "The \"koi8-r\" encoding is not supported", "koi8-r",
        "TextDecoder supports UTF-8, UTF-16 and Latin-1, under all their labels.",
    ),
    Difference("typeof Error.prepareStackTrace", "function", "undefined", "This is how errors get V8's messages "
                                                                          "here."),
    Difference(
        "typeof setTimeout", "function", "undefined",
        "Node has timers, but plain V8 does not. Here setTimeout, fetch and require exist only to explain why "
        "they do not work.",
    ),
)  # fmt: skip
