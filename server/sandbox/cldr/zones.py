"""Time zones: when their clocks change, from the system's database, and what CLDR calls them."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.sandbox.cldr import store

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_YEAR = 1800
"""Before it every place had its own solar time."""
LAST_YEAR = 9000
"""Later decades are computed from the one that lies whole cycles earlier: Python's dates end with 9999."""
CYCLE_YEARS, CYCLE_SECONDS = 400, 146_097 * 86_400
"""After so long the calendar, and with it each rule for summer time, repeats to the day of the week."""
NAMES_END = 253_402_300_740
"""9999-12-31T23:59Z: from then on, and before 1970, CLDR's zones have no names, so that V8 writes their offset."""
WINTER_IS_STANDARD = {"Europe/Dublin", "Africa/Casablanca", "Africa/El_Aaiun"}
"""The database says that winter is their exception; CLDR names their summer as one."""

Change = tuple[int, int, bool]
"""From which second on, how many seconds from UTC, and whether that is summer time."""


@lru_cache(maxsize=1)
def _by_lower_case() -> dict[str, str]:
    aliases: dict[str, str] = store.shared()["zoneAliases"]
    return {name.lower(): first.partition("|")[0] for name, first in aliases.items()}


def canonical(name: str) -> str | None:
    """As V8 calls the zone: ``Asia/Calcutta``, whichever way it was asked for."""
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
    """The zone's name and its changes in the ten years from ``10 * number`` on; the first is how they begin."""
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
    """The second, in the week before ``moment``, from which on the zone is as it is now."""
    low, high = moment - timedelta(days=7), moment
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (low, middle) if _offset(zone, middle) == now else (middle, high)
    return high.replace(microsecond=0)


@lru_cache(maxsize=512)
def names(tag: str, zone: str, style: str) -> dict[str, Any]:
    """What a locale calls a zone: from which second on, its name in winter, in summer, and what ``_generic`` gives.

    ``None`` for a name means that the offset is written, with ``gmt``.
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
    """Without the marks that say that a name is not to be inherited."""
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
    """The name where clocks change; the one where they do not; another zone, and the name while that differs."""
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
    """Where a zone is, and whether it stands for the whole country."""
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
