"""Time zones: changes of their offset, from the system's database, and their names, from CLDR."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.sandbox.cldr import store

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_YEAR = 1800
"""Earlier decades use this year's offset; at that time every place had its own solar time."""
LAST_YEAR = 9000
"""Later years use the changes of an earlier year, whole cycles before, since Python's dates end with 9999."""
CYCLE_YEARS, CYCLE_SECONDS = 400, 146_097 * 86_400
"""Period after which the calendar, including weekdays, and so every rule for summer time repeats."""
NAMES_END = 253_402_300_740
"""9999-12-31T23:59Z. From then on, and before 1970, CLDR has no names of zones, so V8 writes the offset."""
WINTER_IS_STANDARD = {"Europe/Dublin", "Africa/Casablanca", "Africa/El_Aaiun"}
"""Zones whose winter time the database treats as the exception, while CLDR treats their summer time as such."""

Change = tuple[int, int, bool]
"""Start (epoch seconds), offset from UTC in seconds, and whether it is summer time."""


@lru_cache(maxsize=1)
def _by_lower_case() -> dict[str, str]:
    aliases: dict[str, str] = store.shared()["zoneAliases"]
    return {name.lower(): first.partition("|")[0] for name, first in aliases.items()}


def canonical(name: str) -> str | None:
    """V8's name of the zone, such as ``Asia/Calcutta`` for any of its aliases; None if the zone is unknown."""
    found = _by_lower_case().get(name.lower())
    return "UTC" if found in ("Etc/UTC", "Etc/GMT") else found


@lru_cache(maxsize=128)
def _zone(name: str) -> ZoneInfo | None:
    iana = store.shared()["zoneAliases"].get(name, name).rpartition("|")[2]
    for each in (name, iana):
        try:
            return ZoneInfo(each)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return None


@lru_cache(maxsize=512)
def decade(name: str, number: int) -> dict[str, Any] | None:
    """The zone's name and its changes in the ten years from ``10 * number``. The first entry is the initial offset."""
    known = canonical(name)
    zone = _zone(known) if known else None
    if not zone or not known:
        return None
    year = max(number * 10, FIRST_YEAR)
    cycles = max(0, -(-(year - LAST_YEAR) // CYCLE_YEARS))
    year -= cycles * CYCLE_YEARS
    changes = _changes(zone, datetime(year, 1, 1, tzinfo=UTC), datetime(year + 9, 12, 31, 23, 59, tzinfo=UTC))
    return {"name": known, "changes": [(second + cycles * CYCLE_SECONDS, *then) for second, *then in changes]}


def _changes(zone: ZoneInfo, start: datetime, end: datetime) -> list[Change]:
    changes: list[Change] = []
    moment, known = start, None
    while moment < end:
        if (now := _offset(zone, moment)) != known:
            exact = _first(zone, moment, now) if known else moment
            changes.append((int((exact - EPOCH).total_seconds()), *now))
            known = now
        moment += timedelta(days=7)
    return changes


def _offset(zone: ZoneInfo, moment: datetime) -> tuple[int, bool]:
    local = moment.astimezone(zone)
    offset = local.utcoffset() or timedelta()
    summer = bool(local.dst())
    if zone.key in WINTER_IS_STANDARD:
        summer = offset > timedelta() and moment.year > 1971
    return int(offset.total_seconds()), summer


def _first(zone: ZoneInfo, moment: datetime, now: tuple[int, bool]) -> datetime:
    """The second in the week before ``moment`` at which the offset changed to ``now``."""
    low, high = moment - timedelta(days=7), moment
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (low, middle) if _offset(zone, middle) == now else (middle, high)
    return high.replace(microsecond=0)


@lru_cache(maxsize=512)
def names(tag: str, zone: str, style: str) -> dict[str, Any]:
    """A locale's names of a zone. ``names`` lists ``[start, standard name, summer name, *_generic(…)]``.

    ``start`` is in epoch seconds. If a name is ``None``, the offset is written with the patterns ``gmt``.
    """
    data = store.locale(tag)["zones"]
    width = "long" if style.startswith("long") else "short"
    made: dict[str, Any] = {"gmt": [data["gmtFormat"], data["hourFormat"]]}
    if "Offset" in style or not canonical(zone):
        return made
    known = "Etc/UTC" if zone == "UTC" else zone
    own = _known(data["zone"].get(known, {}).get(width, {}))
    made["names"] = []
    for start, meta in _meta_zones(known):
        theirs = _known(data.get("metazone", {}).get(meta, {}).get(width, {}))
        found = {**theirs, **own}
        entry: list[Any] = [start, found.get("standard"), found.get("daylight")]
        if "Generic" in style:
            entry += _generic(tag, known, meta, own, theirs)
        made["names"].append(entry)
    return made


def _known(names: dict[str, str]) -> dict[str, str]:
    """The names without CLDR's marks (∅∅∅) for names that must not be inherited."""
    return {kind: name for kind, name in names.items() if name != "∅∅∅"}


def _meta_zones(zone: str) -> list[tuple[int, str]]:
    entry: Any = store.shared()["metaZones"]
    for step in zone.split("/"):
        entry = entry.get(step, {}) if isinstance(entry, dict) else {}
    if not isinstance(entry, list):
        return [(-(10**13), "")]
    made = []
    for each in entry:
        used = each["usesMetazone"]
        start = datetime.strptime(used["_from"], "%Y-%m-%d %H:%M").replace(tzinfo=UTC) if "_from" in used else None
        made.append((int((start - EPOCH).total_seconds()) if start else 0, used["_mzone"]))
    return [(-(10**13), ""), *made, (NAMES_END, "")]


def _generic(tag: str, zone: str, meta: str, own: dict[str, str], theirs: dict[str, str]) -> list[str | None]:
    """Four generic names or ``None``.

    The name if the zone has summer time; the name if it does not; the metazone's home zone; and the name to use while
    the home zone's offset differs.
    """
    location = _location(tag, zone)
    if "generic" in own:
        return [own["generic"], own["generic"], None, None]
    if not meta:
        return [location, location, None, None]
    generic = theirs.get("generic")
    standard = own.get("standard") or theirs.get("standard")
    constant = standard if standard and standard.lower() != (generic or "").lower() else None
    home = _home(meta, store.region_of(tag))
    partial = _partial(tag, zone, meta, generic) if generic and home and home != zone else None
    return [generic or location, constant or generic or location, home if partial else None, partial]


def _home(meta: str, region: str) -> str | None:
    homes = [each for each in store.shared()["metaZoneHomes"] if each["_other"] == meta]
    for wanted in (region, "001"):
        for each in homes:
            if each["_territory"] == wanted:
                return str(each["_type"])
    return None


def _country(zone: str) -> tuple[str | None, bool]:
    """The zone's country, and whether the zone stands for the whole country."""
    regions: dict[str, str] = store.shared()["zoneRegions"]
    country = regions.get(zone)
    if not country or country in ("UT", "GM", "EU") or zone.startswith("Etc/"):
        return None, False
    primary = store.shared()["primaryZones"].get(country)
    alone = sum(1 for name, region in regions.items() if region == country and "/" in name) == 1
    return country, alone or primary == zone


def _city(tag: str, zone: str) -> str:
    named = store.locale(tag)["zones"]["zone"].get(zone, {}).get("exemplarCity")
    return str(named or zone.rpartition("/")[2].replace("_", " "))


def _location(tag: str, zone: str) -> str | None:
    data = store.locale(tag)
    country, whole = _country(zone)
    if not country:
        return None
    place = data["names"]["territories"].get(country, country) if whole else _city(tag, zone)
    return str(data["zones"]["regionFormat"]).replace("{0}", place)


def _partial(tag: str, zone: str, meta: str, name: str) -> str:
    data = store.locale(tag)
    country, _ = _country(zone)
    stands_for_all = country and _home(meta, country) == zone
    place = data["names"]["territories"].get(country, country) if stands_for_all else _city(tag, zone)
    return str(data["zones"]["fallbackFormat"]).replace("{1}", name).replace("{0}", str(place))
