"""Data for the smaller parts of ``Intl``: plural rules, lists, relative times, display names, locale information."""

import re
from functools import lru_cache
from typing import Any

from server.sandbox.cldr import store

_RELATION = re.compile(r"^(\w+)(?: % (\d+))? (!?=) (.+)$")
LISTS = {"conjunction": "standard", "disjunction": "or", "unit": "unit"}


@lru_cache(maxsize=128)
def plurals(tag: str) -> dict[str, Any]:
    """Plural rules. ``cardinal`` and ``ordinal`` map a form to alternatives: lists of relations that must all hold.

    A relation is ``[operand, modulus or 0, negated, ranges]``. ``ranges`` maps the forms of two ends to the form of
    the range.
    """
    language = store.subtags(tag)[0]
    made: dict[str, Any] = {}
    for kind, name in (("cardinal", "plurals"), ("ordinal", "ordinals")):
        rules = store.shared()[name]
        found = rules.get(tag) or rules.get(language) or {}
        made[kind] = {
            form: [[_relation(each) for each in all_of.split(" and ")] for all_of in rule.split(" or ")]
            for form, rule in found.items()
        }
    ranges = store.shared()["pluralRanges"].get(language, {})
    made["ranges"] = {re.sub(r"pluralRange-start-(\w+)-end-(\w+)", r"\1-\2", key): form for key, form in ranges.items()}
    return made


def _relation(text: str) -> list[Any]:
    found = _RELATION.match(text.strip())
    assert found, text
    ranges = [[int(end) for end in each.split("..")] for each in found[4].split(",")]
    return [found[1], int(found[2] or 0), found[3] == "!=", [[each[0], each[-1]] for each in ranges]]


@lru_cache(maxsize=128)
def list_format(tag: str, kind: str, style: str) -> dict[str, str]:
    lists = store.locale(tag)["lists"]
    name = LISTS[kind] + ("" if style == "long" else f"-{style}")
    found: dict[str, str] = lists.get(f"listPattern-type-{name}") or lists["listPattern-type-standard"]
    return found


@lru_cache(maxsize=256)
def relative(tag: str, unit: str, style: str) -> dict[str, Any]:
    """Relative time. ``auto``: distance → word, as *yesterday*; ``past`` and ``future``: plural form → pattern."""
    fields = store.locale(tag)["fields"]
    found = fields.get(unit if style == "long" else f"{unit}-{style}") or fields[unit]

    def forms(key: str) -> dict[str, str]:
        return {form.rpartition("-")[2]: pattern for form, pattern in found.get(key, {}).items()}

    return {
        "auto": {
            key.removeprefix("relative-type-"): word for key, word in found.items() if key.startswith("relative-type-")
        },
        "past": forms("relativeTime-type-past"),
        "future": forms("relativeTime-type-future"),
    }


@lru_cache(maxsize=1024)
def name(tag: str, kind: str, style: str, code: str) -> str | None:
    """The locale's name of a region, language, script, currency, calendar or date field; None if it has none."""
    data = store.locale(tag)
    names = data["names"]
    match kind:
        case "region":
            return _variant(names["territories"], code, style)
        case "script":
            return _variant(names["scripts"], code, style)
        case "currency":
            found = data["currencies"].get(code, {}).get("displayName")
            return str(found) if found else None
        case "calendar":
            found = names["types"].get({"gregory": "gregorian"}.get(code, code))
            return str(found) if found else None
        case "dateTimeField":
            return _field(data["fields"], code, style)
        case _:
            return _language(tag, code, style, kind == "standard")


def _variant(names: dict[str, str], code: str, style: str) -> str | None:
    return (names.get(f"{code}-alt-short") if style != "long" else None) or names.get(code)


def _field(fields: dict[str, Any], code: str, style: str) -> str | None:
    key = {"weekOfYear": "week", "dayPeriod": "dayperiod", "timeZoneName": "zone"}.get(code, code)
    found = fields.get(key if style == "long" else f"{key}-{style}") or fields.get(key, {})
    name = found.get("displayName")
    return str(name) if name else None


def _language(tag: str, code: str, style: str, standard: bool) -> str | None:
    """The name of a language tag: a whole name if there is one (*British English*), else with parts in brackets."""
    names = store.locale(tag)["names"]
    languages = names["languages"]
    if not standard and (whole := _variant(languages, code, style)):
        return whole
    language, script, region = store.subtags(code)
    base = _variant(languages, language, style)
    if not base:
        return None
    rest = [names["scripts"].get(script, script)] if script else []
    if region:
        rest.append(_variant(names["territories"], region, style) or region)
    if not rest:
        return base
    pattern = names["pattern"]
    inside = rest[0]
    for more in rest[1:]:
        inside = pattern["localeSeparator"].replace("{0}", inside).replace("{1}", more)
    return str(pattern["localePattern"]).replace("{0}", base).replace("{1}", inside.replace("(", "[").replace(")", "]"))


def about(tag: str) -> dict[str, Any]:
    """Data for ``Intl.Locale``: likely subtags, calendars, hour cycles, numbering systems, time zones, week."""
    shared = store.shared()
    region = store.region_of(tag)
    weeks = shared["weeks"]
    number = {day: at for at, day in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), start=1)}

    def of(kind: str) -> int:
        return number[weeks[kind].get(region) or weeks[kind]["001"]]

    first, last = of("weekendStart"), of("weekendEnd")
    stored = store.stored(tag) or store.stored(store.subtags(tag)[0])
    calendars = shared["calendars"].get(region, shared["calendars"]["001"])
    calendars = calendars if isinstance(calendars, list) else calendars.split()
    regions: dict[str, str] = shared["zoneRegions"]
    return {
        "max": store.maximized(tag),
        "min": store.minimized(tag),
        "calendars": ["gregory" if each == "gregorian" else each for each in calendars],
        "hourCycles": [{"K": "h11", "h": "h12", "H": "h23", "k": "h24"}[store.hour_letter(tag)]],
        "numberingSystems": [store.locale(stored)["numbers"]["defaultNumberingSystem"]] if stored else ["latn"],
        "timeZones": sorted(zone for zone, where in regions.items() if where == region and "/" in zone),
        "direction": "rtl"
        if store.subtags(store.maximized(tag))[1] in ("Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm", "Rohg")
        else "ltr",
        "week": {
            "firstDay": of("firstDay"),
            "weekend": [
                day for day in range(1, 8) if (first <= day <= last if first <= last else day >= first or day <= last)
            ],
            "minimalDays": int(weeks["minDays"].get(region) or weeks["minDays"]["001"]),
        },
    }
