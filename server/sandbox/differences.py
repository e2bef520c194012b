"""Where the sandbox differs from V8, and why: shown in the docs ("Transformation reference"); tests keep it.

V8 means Node 20 with TZ=UTC and en-US. A difference that is no longer one fails a test, and leaves this list.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    expression: str
    """JavaScript; ``caught(() => …)`` gives the error's text."""
    here: str
    v8: str
    why: str


_ENGINE = "The engine does it so."

DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        "new Date(0).toLocaleDateString('en', {calendar: 'hebrew', dateStyle: 'long'})",
        "January 1, 1970", "23 Tevet 5730",
        "The Gregorian, the Buddhist and the Persian calendar are there; the others are written as the locale's own.",
    ),
    Difference(
        "new Date(0).toLocaleDateString('en', {calendar: 'iso8601'})", "1/1/1970", "1970-01-01",
        "The calendar iso8601 is written as the Gregorian.",
    ),
    Difference(
        "new Date(0).toLocaleDateString('en', {calendar: 'buddhist', month: 'short', year: 'numeric'})",
        "M01 2513 BE", "Jan 2513 BE",
        "Months of the Buddhist calendar have no names of their own here.",
    ),
    Difference(
        "['ż', 'z'].sort(new Intl.Collator('mt').compare).join('')", "zż", "żz",
        "The order of languages without data of their own here is that of English.",
    ),
    Difference(
        "new Intl.DateTimeFormat('de', {month: 'long'}).formatRange(new Date(0), new Date('1970-03-01'))",
        "Januar–März", "Januar\u2009–\u2009März",
        "The spaces around the dash of a range may differ where months stand alone.",
    ),
    Difference(
        "(1234.5).toLocaleString('rw')", "1,234.5", "1.234,5",
        "Some 110 languages are there, those that CLDR knows well, with all their regions; others are as en-US.",
    ),
    Difference(
        "[...new Intl.Segmenter('ja', {granularity: 'word'}).segment('支払い完了')].length", "3", "2",
        "Words of Chinese, Japanese and Thai are told apart by their script, not by a dictionary.",
    ),
    Difference(
        "Intl.supportedValuesOf('currency').length", "307", "162",
        "Here it lists currencies that are no longer in use, too.",
    ),
    Difference(
        "['É', 'e'].sort(new Intl.Collator('zh').compare).join('')", "eÉ", "Ée",
        "Chinese, Japanese and Korean are sorted by code point, and Latin text as everywhere.",
    ),
    Difference(
        "(() => { try { const f = () => JSON.parse('5'), [a] = f.call() } catch (e) { return e.message } })()",
        "object is not iterable (cannot read property Symbol(Symbol.iterator))",
        "number 5 is not iterable (cannot read property Symbol(Symbol.iterator))",
        "Of a value that only running the code would tell, the text names undefined or an object.",
    ),
    Difference(
        "(() => { try { new Function('f() = 1'); return 'fine' } catch (e) { return e.message } })()",
        "invalid assignment left-hand side", "fine",
        "An assignment to what a call returns is refused when the code is saved; V8 refuses it when it runs.",
    ),
    Difference(
        "new Intl.Collator('de', {usage: 'search'}).compare('AE', 'Ä')", "1", "-1",
        "An order for searching is the order for sorting.",
    ),
    Difference(
        "(() => { let at = 'before'; return Object.keys({[{toString: () => at}]: at = 'after'})[0] })()",
        "after", "before",
        "An object that stands for the name of a property is made text a little later than in V8.",
    ),
    Difference(
        "(() => { const log = []; ({a: ({})[{toString: () => log.push('key')}]} = {get a() { log.push('value') }}); "
        "return log.join() })()",
        "key,value", "value,key",
        "The name of a property to write to is made text before the value is read.",
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
        "Some mistakes that nobody makes, such as a class named eval or ?. behind new, are let through.",
    ),
    Difference(
        "(() => { try { new Function('let a; let a') } catch (e) { return e.message } })()",
        "invalid redefinition of lexical identifier", "Identifier 'a' has already been declared",
        "What new Function cannot read is told in the engine's own words.",
    ),
    Difference(
        "Object.getOwnPropertyNames(new Error('x'))", "message", "stack,message",
        "An error inherits its stack, as the language says.",
    ),
    Difference(
        "(() => { try { atob('*') } catch (e) { return e.message } })()",
        "The string to be decoded is not correctly encoded", "Invalid character", _ENGINE,
    ),
    Difference(
        "(() => { const r = () => r(); try { r() } catch (e) { return /:\\d+:\\d+/.test(e.stack) } })()",
        "false", "true", "Where endless recursion began is not told: no stack is left to find out.",
    ),
    Difference(
        "1.01 ** 14", "1.1494742132376226", "1.1494742132376223",
        "The operator belongs to the engine: its last digit may differ. Math.pow gives V8's.",
    ),
    Difference(
        "Math.sin(2539219.708168478)", "0.7368704707427142", "0.7368704707427143",
        "The last digit of Math.sin, cos and tan may differ beyond 800,000, in about one of 1,000 values.",
    ),
    Difference("Object.isFrozen((strings => strings)`x`)", "false", "true", _ENGINE),
    Difference(
        "(() => { /(o)/.test('foo'); return RegExp.$1 })()", "undefined", "o",
        "What the last match found is not kept in RegExp.$1 and the like.",
    ),
    Difference(
        "JSON.stringify(new Intl.NumberFormat('ar-EG').formatToParts(-5)[0])",
        '{"type":"minusSign","value":"\u061c-"}', '{"type":"literal","value":"\u061c"}',
        "The mark of direction before an Arabic minus is part of the sign here, a part of its own in V8.",
    ),
    Difference(
        "(() => { try { return new TextDecoder('koi8-r').encoding } catch (e) { return e.message } })()",
        "The \"koi8-r\" encoding is not supported", "koi8-r",
        "TextDecoder reads UTF-8, UTF-16 and Latin-1, under all their labels.",
    ),
    Difference("typeof Error.prepareStackTrace", "function", "undefined", "It is how errors get V8's words here."),
    Difference(
        "typeof setTimeout", "function", "undefined",
        "Node has timers; a bare V8 has none. Here setTimeout, fetch and require exist to say why they cannot work.",
    ),
)  # fmt: skip
