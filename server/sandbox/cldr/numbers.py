"""Data for ``Intl.NumberFormat``: a locale's symbols and patterns, and its names of currencies and units."""

from functools import lru_cache
from typing import Any

from server.sandbox.cldr import store

SIGNS_OF_ARABIC = {
    "arab": {
        "decimal": "\u066b", "group": "\u066c", "percentSign": "\u066a\u061c", "plusSign": "\u061c+",
        "minusSign": "\u061c-", "exponential": "\u0627\u0633",
    },
    "arabext": {
        "decimal": "\u066b", "group": "\u066c", "percentSign": "\u066a", "plusSign": "\u200e+\u200e",
        "minusSign": "\u200e-\u200e", "exponential": "\u00d7\u06f1\u06f0^",
    },
}  # fmt: skip
"""Symbols for these digits in languages that define none, from CLDR's root locale."""
SIGNS = (
    "decimal",
    "group",
    "percentSign",
    "plusSign",
    "minusSign",
    "nan",
    "infinity",
    "exponential",
    "approximatelySign",
)


def numbering(tag: str, wish: str) -> str:
    """The numbering system: the requested one if it consists of ten digits, otherwise the locale's default."""
    if wish in store.shared()["digits"]:
        return wish
    return str(store.locale(tag)["numbers"]["defaultNumberingSystem"])


@lru_cache(maxsize=256)
def number_format(tag: str, wish: str) -> dict[str, Any]:
    system = numbering(tag, wish)
    numbers = store.locale(tag)["numbers"]

    def of(kind: str) -> Any:
        return numbers.get(f"{kind}-numberSystem-{system}") or numbers[f"{kind}-numberSystem-latn"]

    signs, currencies = of("symbols"), of("currencyFormats")
    if f"symbols-numberSystem-{system}" not in numbers:
        signs = {**signs, **SIGNS_OF_ARABIC.get(system, {})}
    return {
        "system": system,
        "digits": store.shared()["digits"].get(system, "0123456789"),
        "symbols": {name: signs[name] for name in SIGNS if name in signs},
        "money": {
            "decimal": signs.get("currencyDecimal", signs["decimal"]),
            "group": signs.get("currencyGroup", signs["group"]),
        },
        "grouping": int(numbers.get("minimumGroupingDigits", 1)),
        "patterns": {
            "decimal": of("decimalFormats")["standard"],
            "percent": of("percentFormats")["standard"],
            "currency": currencies["standard"],
            "accounting": currencies["accounting"],
        },
        "gap": currencies.get("currencySpacing", {}).get("beforeCurrency", {}).get("insertBetween", "\u00a0"),
        "range": of("miscPatterns"),
    }


@lru_cache(maxsize=1024)
def currency(tag: str, code: str) -> dict[str, Any]:
    """A currency's symbols, its names by plural form, patterns that join name and number, and number of decimals."""
    data = store.locale(tag)
    found = data["currencies"].get(code, {})
    fractions = store.shared()["currencies"]
    numbers = data["numbers"]
    system = numbers["defaultNumberingSystem"]
    formats = numbers.get(f"currencyFormats-numberSystem-{system}") or numbers["currencyFormats-numberSystem-latn"]
    symbol = found.get("symbol", code)
    names = {form: name for form, name in found.items() if form in ("zero", "one", "two", "few", "many", "other")}
    return {
        "symbol": symbol,
        "narrow": found.get("symbol-alt-narrow", symbol),
        "names": names or {"other": found.get("displayName", code)},
        "patterns": {
            key.removeprefix("unitPattern-count-"): pattern
            for key, pattern in formats.items()
            if key.startswith("unitPattern-count-")
        },
        "digits": int(fractions.get(code, fractions["DEFAULT"])["_digits"]),
        "own": {name: found[name] for name in ("decimal", "group") if name in found},
    }


def digits(code: str) -> int:
    fractions = store.shared()["currencies"]
    return int(fractions.get(code, fractions["DEFAULT"])["_digits"])


@lru_cache(maxsize=128)
def compact(tag: str, wish: str, width: str, *, money: bool) -> dict[str, dict[str, str]]:
    """Compact patterns: power of ten → plural form → pattern, such as ``10000`` → ``other`` → ``00K``."""
    system = numbering(tag, wish)
    numbers = store.locale(tag)["numbers"]
    kind = "currencyFormats" if money else "decimalFormats"
    made: dict[str, dict[str, str]] = {}
    for each in (system, "latn"):
        formats = numbers.get(f"{kind}-numberSystem-{each}", {})
        found = formats.get("short", {}).get("standard") if money else formats.get(width, {}).get("decimalFormat")
        for key, pattern in (found or {}).items():
            power, _, form = key.partition("-count-")
            if "-" not in form:
                made.setdefault(power, {}).setdefault(form, pattern)
        if made:
            break
    return made


@lru_cache(maxsize=256)
def unit(tag: str, name: str, width: str) -> dict[str, Any] | None:
    """Patterns of a unit; None if the locale has none.

    ``forms``: plural form → pattern; ``over``, for a compound such as ``liter-per-day``: pattern that adds the "per".
    """
    units = store.locale(tag)["units"][width]
    if name in units:
        return {"forms": _forms(units[name])}
    what, per, by = name.partition("-per-")
    if not per or what not in units or by not in units:
        return None
    over = units[by].get("perUnitPattern")
    if not over:
        one = _forms(units[by]).get("one") or _forms(units[by])["other"]
        over = units["per"].replace("{1}", one.replace("{0}", "").strip())
    return {"forms": _forms(units[what]), "over": over}


def _forms(patterns: dict[str, str]) -> dict[str, str]:
    return {form: pattern for form, pattern in patterns.items() if "-" not in form and form != "perUnitPattern"}
