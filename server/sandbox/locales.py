"""Data for ``Intl`` in JavaScript: locales from CLDR by way of Babel, time zones from the system's database.

A worker asks for a part when code first needs it, and runs the event again: so neither a start nor an event pays for
locales that nobody uses, and any locale that Babel knows can be had.
"""

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError, localedata
from babel.numbers import get_currency_precision

MAX_DATA = 256
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)

AT_TIME = {
    "en": "{1} 'at' {0}", "de": "{1} 'um' {0}", "fr": "{1} 'à' {0}", "es": "{1} 'a' 'las' {0}", "pt": "{1} 'às' {0}",
    "it": "{1} 'alle' 'ore' {0}", "hi": "{1} 'को' {0} 'बजे'", "ar": "{1} 'في' {0}", "nl": "{1} 'om' {0}",
    "sv": "{1} 'kl'. {0}",
}  # fmt: skip
"""How a long date and a time are joined; Babel keeps only the pattern without a preposition."""
GROUPS_FROM_FIVE = {"es", "it", "pt_PT", "pl", "bg", "lv", "et", "pt_AO"}
"""Locales that write 1234 without, but 12.345 with a separator; Babel does not keep it."""
GROUPED_ALWAYS = {"es_MX", "es_US", "es_419", "es_PR", "es_GT", "es_HN", "es_NI", "es_PA", "es_PE", "es_SV", "es_DO"}

NEWER_SKELETONS = {
    "en_CA": {"yMd": "y-MM-dd"},
}
OTHER_SYMBOLS = {"de_CH": {"group": "'"}}
NEWER_DIGITS = dict.fromkeys(
    (
        "AFN",
        "ALL",
        "BIF",
        "CLP",
        "COP",
        "DJF",
        "GNF",
        "HUF",
        "IDR",
        "IQD",
        "IRR",
        "ISK",
        "JPY",
        "KMF",
        "KPW",
        "KRW",
        "LAK",
        "LBP",
        "MGA",
        "MMK",
        "PKR",
        "PYG",
        "RWF",
        "SLL",
        "SOS",
        "SYP",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
        "YER",
    ),
    0,
)
NEWER_JOINED = {"pt_BR": {"medium": "{1}, {0}", "short": "{1}, {0}"}}
"""What the CLDR inside V8 has and Babel's does not, for the locales that merchants of Dodo use most."""


@lru_cache(maxsize=MAX_DATA)
def part(name: str) -> str:
    """JSON text for ``locale:<tag>`` (or words, names, units, currencies) and ``zone:<name>``; ``null`` for none."""
    kind, _, rest = name.partition(":")
    if kind != "zone" and _parsed(rest) is None:
        return "null"
    match kind:
        case "locale":
            return json.dumps(_locale(rest))
        case "words":
            return json.dumps(_words(rest))
        case "names":
            return json.dumps(_display_names(rest))
        case "units":
            return json.dumps(_units(rest))
        case "currencies":
            return json.dumps(_currency_names(rest))
        case "zone":
            return json.dumps(_zone(rest))
        case _:
            return "null"


@lru_cache(maxsize=MAX_DATA)
def _parsed(tag: str) -> Locale | None:
    """A locale that shares nothing with another one.

    Babel writes what an alias of the root leads to into data that every locale shares: after Japanese, the French
    month was 2月. So each locale here starts from files read anew.
    """
    try:
        locale = Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError, TypeError):
        return None
    localedata._cache.clear()
    data: Any = deepcopy(localedata.load(str(locale)))
    locale.__dict__["_Locale__data"] = localedata.LocaleDataDict(data)
    return locale


def _known(tag: str) -> Locale:
    locale = _parsed(tag)
    assert locale
    return locale


def _locale(tag: str) -> dict[str, Any] | None:
    locale = _parsed(tag)
    if locale is None:
        return None
    language = locale.language
    symbols = locale.number_symbols["latn"]
    return {
        "tag": str(locale).replace("_", "-"),
        "symbols": {
            key: symbols.get(key)
            for key in ("decimal", "group", "percentSign", "plusSign", "minusSign", "nan", "infinity")
        }
        | OTHER_SYMBOLS.get(str(locale), {}),
        "grouping": 2 if {language, str(locale)} & GROUPS_FROM_FIVE and str(locale) not in GROUPED_ALWAYS else 1,
        "patterns": {
            "decimal": locale.decimal_formats[None].pattern,
            "percent": locale.percent_formats[None].pattern,
            "currency": locale.currency_formats["standard"].pattern,
            "accounting": locale.currency_formats["accounting"].pattern,
        },
        "compact": {width: _compact(locale, width) for width in locale._data["compact_decimal_formats"]},
        "currencies": {code: sign for code, sign in locale.currency_symbols.items() if sign != code},
        "months": _names(locale.months),
        "days": _names(locale.days),
        "periods": [locale.day_periods["format"]["abbreviated"][half] for half in ("am", "pm")],
        "eras": {width: list(names.values()) for width, names in locale.eras.items()},
        "dates": {style: str(pattern.pattern) for style, pattern in locale.date_formats.items()},
        "times": {style: str(pattern.pattern) for style, pattern in locale.time_formats.items()},
        "joined": {style: str(pattern) for style, pattern in locale.datetime_formats.items()}
        | NEWER_JOINED.get(str(locale), {}),
        "atTime": AT_TIME.get(language),
        "skeletons": {key: str(pattern.pattern) for key, pattern in locale.datetime_skeletons.items()}
        | NEWER_SKELETONS.get(str(locale), {}),
        "digits": _currency_digits(),
    }


def _currency_names(tag: str) -> dict[str, Any]:
    """``names``: code → plural form → name; ``patterns``: plural form → how number and name are joined."""
    locale = _known(tag)
    plural = locale._data["currency_names_plural"]
    names = {str(code): {"other": name} for code, name in locale.currencies.items()}
    names |= {str(code): dict(forms) for code, forms in plural.items()}
    return {"names": names, "patterns": dict(locale._data["currency_unit_patterns"])}


def _words(tag: str) -> dict[str, Any]:
    """Plural rules in CLDR's own notation, how lists are joined, and how distances in time are said."""
    locale = _known(tag)
    ago = {
        unit: {way: dict(forms) for way, forms in ways.items()} for unit, ways in locale._data["date_fields"].items()
    }
    return {
        "cardinal": dict(locale.plural_form.rules),
        "ordinal": dict(locale.ordinal_form.rules),
        "lists": {style: dict(patterns) for style, patterns in locale.list_patterns.items()},
        "ago": ago,
        "auto": _relative_words().get(locale.language, {}),
    }


@lru_cache(maxsize=1)
def _relative_words() -> dict[str, Any]:
    """*Yesterday* and its kind, as CLDR has them; Babel does not keep them."""
    words: dict[str, Any] = json.loads(Path(__file__).with_name("relative_words.json").read_text(encoding="utf-8"))
    return words


def _display_names(tag: str) -> dict[str, dict[str, str]]:
    locale = _known(tag)
    return {
        "regions": {str(code): str(name) for code, name in locale.territories.items()},
        "languages": {str(code).replace("_", "-"): str(name) for code, name in locale.languages.items()},
        "scripts": {str(code): str(name) for code, name in locale.scripts.items()},
        "currencies": {str(code): str(name) for code, name in locale.currencies.items()},
    }


def _units(tag: str) -> dict[str, Any]:
    """Unit without its family → width → plural form → pattern, such as ``{0} km``."""
    patterns = _known(tag)._data["unit_patterns"]
    per = _known(tag)._data["compound_unit_patterns"].get("per", {})
    units = {
        name.partition("-")[2]: {width: dict(forms) for width, forms in widths.items()}
        for name, widths in patterns.items()
    }
    return {"units": units, "per": {width: str(forms.get("compound", forms)) for width, forms in per.items()}}


def _names(names: Any) -> dict[str, dict[str, list[str]]]:
    return {
        context: {width: [by_number[number] for number in sorted(by_number)] for width, by_number in widths.items()}
        for context, widths in names.items()
    }


def _compact(locale: Locale, width: str) -> dict[str, dict[str, str]]:
    """Plural form → power of ten → pattern, such as ``other`` → ``10000`` → ``00K``."""
    forms = locale._data["compact_decimal_formats"][width]
    return {form: {power: str(pattern.pattern) for power, pattern in by.items()} for form, by in forms.items()}


def _currency_digits() -> dict[str, int]:
    """Currencies that do not have two digits after the point."""
    codes = [str(code) for code in Locale.parse("en_US").currencies]
    return {code: digits for code in codes if (digits := get_currency_precision(code)) != 2} | NEWER_DIGITS


def _zone(name: str) -> dict[str, Any] | None:
    """``changes``: from which second on, how many minutes from UTC, and what it is called then."""
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    changes: list[tuple[int, int, str]] = []
    step = timedelta(days=7)
    moment, known = FIRST, None
    while moment < LAST:
        if (now := _offset(zone, moment)) != known:
            exact = _first(zone, moment, now) if known else moment
            changes.append((int(exact.timestamp()), *now))
            known = now
        moment += step
    return {"name": zone.key, "changes": changes}


def _offset(zone: ZoneInfo, moment: datetime) -> tuple[int, str]:
    local = moment.astimezone(zone)
    offset = local.utcoffset() or timedelta()
    return int(offset.total_seconds() // 60), local.tzname() or ""


def _first(zone: ZoneInfo, moment: datetime, now: tuple[int, str]) -> datetime:
    """The second, in the week before ``moment``, from which on the zone is as it is now."""
    low, high = moment - timedelta(days=7), moment
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (low, middle) if _offset(zone, middle) == now else (middle, high)
    return high.replace(microsecond=0)
