"""Build ``data.zip`` from the packages in ``package.json``: ``npm install --legacy-peer-deps && python build.py``.

The archive has one file per language with its locales, each stored as its differences from its parent. ``root.json``
is the root locale; ``shared.json`` holds data that does not depend on a locale.
"""

import json
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PACKAGES = HERE / "node_modules"
OUT = HERE.parent / "data.zip"

_SIMPLE = """
acre bit byte celsius centimeter day degree fahrenheit fluid-ounce foot gallon gigabit gigabyte gram hectare hour inch
kilobit kilobyte kilogram kilometer liter megabit megabyte meter microsecond mile mile-scandinavian milliliter
millimeter millisecond minute month nanosecond ounce percent petabyte pound second stone terabit terabyte week yard year
"""
SIMPLE_UNITS = tuple(_SIMPLE.split())
COMPOUND_UNITS = ("meter-per-second", "kilometer-per-hour", "mile-per-hour", "mile-per-gallon", "liter-per-kilometer")
"""The units that ECMA-402 allows in ``Intl.NumberFormat``, and the compound units that CLDR names directly."""


def main() -> None:
    tags = _tags()
    whole = {tag: _locale(tag) for tag in ("und", *tags)}
    by_language: dict[str, dict[str, Any]] = {}
    for tag in tags:
        by_language.setdefault(tag.split("-")[0], {})[tag] = _without(whole[tag], whole[_parent(tag, whole)])
    with zipfile.ZipFile(OUT, "w", zipfile.ZIP_LZMA) as archive:
        _put(archive, "shared", _shared())
        _put(archive, "root", whole["und"])
        for language in sorted(by_language):
            _put(archive, language, by_language[language])


def _put(archive: zipfile.ZipFile, name: str, value: Any) -> None:
    entry = zipfile.ZipInfo(f"{name}.json")  # no time stamp, so that the same packages give the same file
    entry.compress_type = zipfile.ZIP_LZMA
    archive.writestr(entry, json.dumps(value, ensure_ascii=False, separators=(",", ":")))


@lru_cache(maxsize=1)
def _tags() -> list[str]:
    """The locales of languages whose CLDR coverage is modern or moderate; about 130 languages."""
    levels = _json("cldr-core/coverageLevels.json")["effectiveCoverageLevels"]
    known = {tag.split("-")[0] for tag, level in levels.items() if level in ("modern", "moderate")}
    tags = _json("cldr-core/availableLocales.json")["availableLocales"]["full"]
    return [tag for tag in tags if tag.split("-")[0] in known - {"und"}]


def _is_known(tag: str) -> bool:
    return tag.startswith("und") or tag.split("-")[0] in {known.split("-")[0] for known in _tags()}


@lru_cache(maxsize=64)
def _json(path: str) -> Any:
    file = PACKAGES / path
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def _main(package: str, tag: str, file: str) -> Any:
    found = _json(f"{package}/main/{tag}/{file}.json")
    return next(iter(found["main"].values())) if found else {}


def _supplemental(file: str) -> Any:
    return _json(f"cldr-core/supplemental/{file}.json")["supplemental"]


def _parent(tag: str, known: dict[str, Any]) -> str:
    said = _supplemental("parentLocales")["parentLocales"]["parentLocale"].get(tag)
    if said:
        return str(said) if said in known else "und"
    cut = tag.rpartition("-")[0]
    return cut if cut in known else _parent(cut, known) if cut else "und"


def _without(value: dict[str, Any], parent: dict[str, Any]) -> dict[str, Any]:
    """The differences of ``value`` from its parent; ``None`` marks a key that only the parent has."""
    changes: dict[str, Any] = {key: None for key in parent if key not in value}
    for key, mine in value.items():
        theirs = parent.get(key)
        if isinstance(mine, dict) and isinstance(theirs, dict):
            if inner := _without(mine, theirs):
                changes[key] = inner
        elif mine != theirs:
            changes[key] = mine
    return changes


def _locale(tag: str) -> dict[str, Any]:
    dates = _main("cldr-dates-full", tag, "ca-gregorian").get("dates", {}).get("calendars", {}).get("gregorian", {})
    generic = _main("cldr-dates-full", tag, "ca-generic").get("dates", {}).get("calendars", {}).get("generic", {})
    zones = _main("cldr-dates-full", tag, "timeZoneNames").get("dates", {}).get("timeZoneNames", {})
    numbers = _main("cldr-numbers-full", tag, "numbers").get("numbers", {})
    names = {
        kind: _main("cldr-localenames-full", tag, kind).get("localeDisplayNames", {}).get(kind, {})
        for kind in ("languages", "scripts", "territories")
    }
    patterns = _main("cldr-localenames-full", tag, "localeDisplayNames").get("localeDisplayNames", {})
    return {
        "gregorian": _calendar(dates),
        "generic": _calendar(generic),
        "persian": _other_calendar("persian", tag),
        "buddhist": _other_calendar("buddhist", tag),
        "fields": _fields(_main("cldr-dates-full", tag, "dateFields").get("dates", {}).get("fields", {})),
        "zones": _zones(zones),
        "numbers": {key: value for key, value in numbers.items() if not key.startswith(("minimalPairs", "rational"))},
        "currencies": _currencies(
            _main("cldr-numbers-full", tag, "currencies").get("numbers", {}).get("currencies", {})
        ),
        "units": _units(_main("cldr-units-full", tag, "units").get("units", {})),
        "lists": _main("cldr-misc-full", tag, "listPatterns").get("listPatterns", {}),
        "names": names
        | {"pattern": patterns.get("localeDisplayPattern", {}), "types": patterns.get("types", {}).get("calendar", {})},
    }


def _calendar(calendar: dict[str, Any]) -> dict[str, Any]:
    """The calendar without unused parts: quarters, and ASCII variants for systems without narrow spaces."""
    unused = ("quarters", "dateSkeletons", "timeSkeletons")
    return {key: _plain(value) for key, value in calendar.items() if key not in unused}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if not key.endswith(("-alt-ascii", "-alt-variant"))}
    return value


def _other_calendar(name: str, tag: str) -> dict[str, Any]:
    """Names of months and eras; also the patterns for languages whose speakers use this calendar by default."""
    found = _main(f"cldr-cal-{name}-full", tag, f"ca-{name}").get("dates", {}).get("calendars", {}).get(name, {})
    native = tag.split("-")[0] in {"persian": ("fa", "ps"), "buddhist": ("th",)}[name]
    kept = ("months", "eras", *(("dateFormats", "dateTimeFormats", "dateTimeFormats-atTime") if native else ()))
    if name == "buddhist" and not native:
        kept = ("eras",)
    return {key: _plain(found[key]) for key in kept if key in found}


def _fields(fields: dict[str, Any]) -> dict[str, Any]:
    units = ("era", "year", "quarter", "month", "week", "weekOfMonth", "day", "dayOfYear", "weekday", "weekdayOfMonth",
             "dayperiod", "hour", "minute", "second", "zone")  # fmt: skip
    return {key: value for key, value in fields.items() if key.partition("-")[0] in units}


def _zones(zones: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}

    def walk(prefix: str, inner: dict[str, Any]) -> None:
        for key, value in inner.items():
            if not isinstance(value, dict):
                continue
            if "exemplarCity" in value or "long" in value or "short" in value:
                flat[f"{prefix}{key}"] = {
                    name: value[name] for name in ("exemplarCity", "long", "short") if name in value
                }
            else:
                walk(f"{prefix}{key}/", value)

    walk("", zones.get("zone", {}))
    return {**{key: value for key, value in zones.items() if key != "zone"}, "zone": flat}


def _currencies(currencies: dict[str, Any]) -> dict[str, Any]:
    return {
        code: {
            key.replace("displayName-count-", ""): value
            for key, value in each.items()
            if not key.startswith("symbol-alt-v")
        }
        for code, each in currencies.items()
    }


def _units(units: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for width in ("long", "short", "narrow"):
        wide = units.get(width, {})
        by_name = {key.partition("-")[2]: value for key, value in wide.items() if "-" in key}
        wanted = (*SIMPLE_UNITS, *COMPOUND_UNITS)
        made[width] = {
            name: {
                key.replace("unitPattern-count-", ""): value
                for key, value in by_name[name].items()
                if key.startswith("unitPattern-count") or key == "perUnitPattern"
            }
            for name in wanted
            if name in by_name
        }
        made[width]["per"] = wide.get("per", {}).get("compoundUnitPattern", "{0}/{1}")
    return made


def _shared() -> dict[str, Any]:
    numbering = _supplemental("numberingSystems")["numberingSystems"]
    zones = _json("cldr-bcp47/bcp47/timezone.json")["keyword"]["u"]["tz"]
    meta = _supplemental("metaZones")["metaZones"]
    aliases = _supplemental("aliases")["metadata"]["alias"]
    return {
        "locales": _tags(),
        "parents": _supplemental("parentLocales")["parentLocales"]["parentLocale"],
        "likely": {
            key: value for key, value in _supplemental("likelySubtags")["likelySubtags"].items() if _is_known(key)
        },
        "aliases": {
            "language": {key: value["_replacement"] for key, value in aliases["languageAlias"].items()},
            "territory": {key: value["_replacement"] for key, value in aliases["territoryAlias"].items()},
        },
        "digits": {name: each["_digits"] for name, each in numbering.items() if each["_type"] == "numeric"},
        "currencies": _supplemental("currencyData")["currencyData"]["fractions"],
        "hours": {
            region: [each["_preferred"], each["_allowed"]]
            for region, each in _supplemental("timeData")["timeData"].items()
        },
        "calendars": _supplemental("calendarPreferenceData")["calendarPreferenceData"],
        "weeks": _supplemental("weekData")["weekData"],
        "dayPeriods": _supplemental("dayPeriods")["dayPeriodRuleSet"],
        "plurals": _rules(_supplemental("plurals")["plurals-type-cardinal"]),
        "ordinals": _rules(_supplemental("ordinals")["plurals-type-ordinal"]),
        "pluralRanges": _supplemental("pluralRanges")["plurals"],
        "zoneAliases": _zone_aliases(zones),
        "metaZones": meta["metazoneInfo"]["timezone"],
        "metaZoneHomes": [each["mapZone"] for each in meta["metazones"]],
        "primaryZones": _supplemental("primaryZones")["primaryZones"],
        "zoneRegions": {
            value["_alias"].split()[0]: key[:2].upper()
            for key, value in zones.items()
            if isinstance(value, dict) and "_alias" in value
        },
    }


def _rules(by_language: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Plural rules by language and form, without the examples after each rule."""
    return {
        language: {
            name.replace("pluralRule-count-", ""): rule.partition("@")[0].strip()
            for name, rule in rules.items()
            if not name.endswith("other")
        }
        for language, rules in by_language.items()
    }


def _zone_aliases(zones: dict[str, Any]) -> dict[str, str]:
    """Every name of a time zone → the name that CLDR uses, followed by ``|`` and the IANA name if that differs."""
    made: dict[str, str] = {}
    for each in zones.values():
        if isinstance(each, dict) and "_alias" in each:
            first, *others = each["_alias"].split()
            for other in (first, *others):
                made[other] = f"{first}|{each['_iana']}" if "_iana" in each else first
    return made


if __name__ == "__main__":
    main()
