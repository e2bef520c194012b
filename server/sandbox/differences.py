"""Where the sandbox does not give what V8 gives, and why: shown on the page "What your code can use", held by tests.

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


_CLDR = "Locale data here and in V8 are of different CLDR versions."
_ENGINE = "The engine does it so."

DIFFERENCES: tuple[Difference, ...] = (
    Difference("(1234567).toLocaleString('en-GB', {notation: 'compact'})", "1.2M", "1.2m", _CLDR),
    Difference("(1234).toLocaleString('it', {notation: 'compact'})", "1234", "1,2K", _CLDR),
    Difference(
        "(5).toLocaleString('tr', {style: 'currency', currency: 'TRY', currencyDisplay: 'name'})",
        "5,00 Türk lirası", "₺5,00 Türk lirası", "V8 writes the sign and the name; here it is the name alone.",
    ),
    Difference(
        "new Date(0).toLocaleString('de', {month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit'})",
        "1. Jan., 00:00", "1. Jan., 0:00", "V8 takes hour: 'numeric' literally beside the name of a month.",
    ),
    Difference(
        "new Intl.DateTimeFormat('en', {dateStyle: 'medium'}).formatRange(0, 864e5)",
        "Jan 1, 1970\u2009–\u2009Jan 2, 1970", "Jan 1\u2009–\u20092, 1970", "Both ends of a range are written in full.",
    ),
    Difference(
        "new Date(0).toLocaleTimeString('en', {timeZone: 'Asia/Singapore', timeZoneName: 'long'})",
        "7:30:00 AM GMT+07:30", "7:30:00 AM Singapore Standard Time",
        "Long names are there for the zones of the Americas and Europe and a dozen more; the rest are offsets.",
    ),
    Difference(
        "['É', 'e'].sort(new Intl.Collator('zh').compare).join('')", "eÉ", "Ée",
        "Chinese, Japanese and Korean are sorted by code point, and Latin text as everywhere.",
    ),
    Difference(
        "new Date('2060-07-01T00:00:00Z').toLocaleTimeString('en', {timeZone: 'America/New_York'})",
        "7:00:00 PM", "8:00:00 PM", "Changes of clocks are known until the end of 2049.",
    ),
    Difference(
        "new Date(0).toLocaleDateString('ja', {year: 'numeric', month: '2-digit', day: '2-digit', weekday: 'long'})",
        "1970/01/01(木曜日)", "1970/01/01木曜日",
        "A weekday beside a short or numeric month is joined as CLDR says it, not always as V8 does.",
    ),
    Difference(
        "new Date(0).toLocaleTimeString('en', {hour: 'numeric', dayPeriod: 'short'})", "12 AM", "12 in the morning",
        "The option dayPeriod is ignored.",
    ),
    Difference(
        "(() => { try { (5).toLocaleString('en', {style: 'nope'}) } catch (e) { return e.message } })()",
        "Value nope out of range for Intl options property style",
        "Value nope out of range for Number.prototype.toLocaleString options property style",
        "A wrong option is refused with other words.",
    ),
    Difference(
        "(() => { try { return (5).toLocaleString('en-') } catch (e) { return e.message } })()",
        "Incorrect locale information provided", "Invalid language tag: en-",
        "A wrong option is refused with other words.",
    ),
    Difference(
        "(() => { try { [null].map(({a}) => a) } catch (e) { return e.message } })()",
        "Cannot destructure property 'a' of 'undefined' as it is undefined.",
        "Cannot destructure property 'a' of 'object null' as it is null.",
        "The engine does not say which value could not be taken apart, or which callback was no function.",
    ),
    Difference("Math.cbrt(27)", "3.0000000000000004", "3", _ENGINE),
    Difference("typeof Error.prepareStackTrace", "function", "undefined", "It is how errors get V8's words here."),
    Difference(
        "typeof setTimeout", "function", "undefined",
        "Node has timers; a bare V8 has none. Here setTimeout, fetch and require exist to say why they cannot work.",
    ),
)  # fmt: skip
