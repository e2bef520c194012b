"""What the language says of every built-in: how long it is, what it reads of its options and when, what it refuses."""

import pytest
from sandbox.asking import Run, returned, value

pytestmark = pytest.mark.asyncio(loop_scope="session")

CAUGHT = "(f => { try { return f() } catch (e) { return e.name } })"

AS_NODE = [
    # A constructor is there at once, as a plain property.
    ("Object.getOwnPropertyDescriptor(Intl, 'NumberFormat').writable", True),
    ("['Collator', 'NumberFormat', 'Segmenter', 'Locale', 'DisplayNames'].map(n => Intl[n].length)", [0, 0, 0, 1, 2]),
    ("Object.keys(Intl).length", 0),
    ("'prototype' in Intl.supportedValuesOf", False),
    ("class A extends Intl.NumberFormat {}; new A('de').format(1.5)", "1,5"),
    # What was made by a call on an old object stands behind it.
    ("(o => [Intl.NumberFormat.call(o, 'de') === o, o.format(1.5)])(Object.create(Intl.NumberFormat.prototype))",
     [True, "1,5"]),
    # Options that are not given come from nowhere else; each is read once, and as text.
    ("(Object.prototype.style = 'percent', new Intl.NumberFormat('en').format(1))", "1"),
    ("(Object.prototype.sensitivity = 'base', new Intl.Collator('en').resolvedOptions().sensitivity)", "variant"),
    ("(n => (new Intl.NumberFormat('en', {get maximumSignificantDigits() { n++; return 2 }}), n))(0)", 1),
    (f"{CAUGHT}(() => new Intl.Segmenter('en', {{granularity: Symbol()}}))", "TypeError"),
    (f"{CAUGHT}(() => new Intl.ListFormat('en', 5))", "TypeError"),
    (f"{CAUGHT}(() => new Intl.Collator('en', {{get collation() {{ throw new EvalError() }}}}))", "EvalError"),
    (f"{CAUGHT}(() => Intl.PluralRules.supportedLocalesOf('en', {{localeMatcher: 'x'}}))", "RangeError"),
    (f"{CAUGHT}(() => Intl.PluralRules.supportedLocalesOf('en', null))", "TypeError"),
    (f"{CAUGHT}(() => Intl.ListFormat.prototype.format.call({{}}))", "TypeError"),
    (f"{CAUGHT}(() => new Intl.NumberFormat('en', {{roundingIncrement: 5, maximumSignificantDigits: 2}}))",
     "TypeError"),
    ("(n => { try { new Intl.ListFormat('en').format(function* () { try { yield 1 } finally { n = 7 } }()) }"
     " catch { return n } })(0)", 7),
    # The more and the less precise of two roundings.
    ("['morePrecision', 'lessPrecision'].map(roundingPriority => new Intl.NumberFormat('en',"
     " {roundingPriority, maximumFractionDigits: 2, maximumSignificantDigits: 2}).format(1.625))", ["1.63", "1.6"]),
    ("new Intl.NumberFormat('en', {style: 'currency', currency: 'USD', signDisplay: 'always'}).formatRange(2.9, 3.1)",
     "+$2.90–3.10"),
    ("new Intl.NumberFormat('en').formatRange(-5, -3)", "-5 – -3"),
    ("new Intl.NumberFormat('en', {style: 'unit', unit: 'meter'}).formatRange(-5, -3)", "-5 – -3 m"),
    ("new Intl.NumberFormat('en-u-nu-arab').format(1234.5)", "١٬٢٣٤٫٥"),
    ("new Float64Array([1234.5, 2]).toLocaleString('de', {minimumFractionDigits: 1})", "1.234,5,2,0"),
    ("'ɉ\u0307'.toLocaleUpperCase('lt') + 'I\u0304'.toLocaleLowerCase('lt')", "Ɉi\u0307\u0304"),
    # Tags are written in one way, and what is none is refused.
    ("Intl.getCanonicalLocales(['EN-us', 'ru-SU', 'sh', 'sl-rozaj-biske-1994', 'art-lojban', 'aar-x-private'])",
     ["en-US", "ru-RU", "sr-Latn", "sl-1994-biske-rozaj", "jbo", "aa-x-private"]),
    ("Intl.getCanonicalLocales(['en-x-u-foo', 'da-u-attr-co-search', 'en-t-iw', 'und-u-ca-islamicc'])",
     ["en-x-u-foo", "da-u-attr-co-search", "en-t-he", "und-u-ca-islamic-civil"]),
    ("['de_DE', 'de-u', 'en-u-c0', 'en-emodeng-emodeng', 'en-u-ca-gregory-u-nu-latn', 'x-foo', 'en-t-a'].map(tag =>"
     f" {CAUGHT}(() => Intl.getCanonicalLocales(tag)))", ["RangeError"] * 7),
    ("new Intl.Locale('en-fonipa').maximize().toString()", "en-Latn-US-fonipa"),
    ("new Intl.Locale('en', {region: '554', calendar: 'islamicc'}).toString()", "en-NZ-u-ca-islamic-civil"),
    (f"{CAUGHT}(() => new Intl.Locale('en', {{region: ''}}))", "RangeError"),
    # Dates and pieces of text.
    ("new Intl.DateTimeFormat('en', {minute: 'numeric', second: 'numeric', fractionalSecondDigits: 1})"
     ".formatRange(123234, 123567)", "02:03.2\u2009–\u200902:03.5"),
    ("new Intl.DateTimeFormat('en-u-hc-h11').resolvedOptions().locale", "en-u-hc-h11"),
    ("Intl.supportedValuesOf('timeZone').includes('Etc/GMT+1')", False),
    ("[...new Intl.Segmenter('ko').segment('\\u1162\\u1162')].length", 1),
    ("new Intl.Segmenter('en').segment('abc').containing(-0.5).index", 0),
    (f"{CAUGHT}(() => new Intl.Segmenter('en').segment('abc').containing(1n))", "TypeError"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "expected"), AS_NODE)
async def test_it_is_as_in_node(run: Run, expression: str, expected: object) -> None:
    text = expression if ";" not in expression or "=>" in expression else f"eval({expression!r})"
    assert await value(run, text) == expected


async def test_a_setter_of_the_code_is_not_met_by_our_own_work(run: Run) -> None:
    """What happens here when an error gets its words goes past the methods of arrays."""
    code = """
    function handler(webhook) {
      let met = 0;
      Object.defineProperty(Array.prototype, "0", { set() { met++ } });
      try { null.x } catch (e) { webhook.payload = { met, is: e instanceof TypeError } }
      return webhook;
    }"""
    assert (await returned(run, code)).payload == '{"met":0,"is":true}'
