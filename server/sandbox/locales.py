"""Locale data for ``Intl`` in JavaScript, one part at a time: ``date:de||…|yMMMd``, ``currency:de|EUR``, ``zone:…``.

A worker requests a part when code first needs it, so neither a start nor an event pays for data that nobody uses.
Parts are prepared here, down to the one pattern for a kind of date, so that the worker has little to read.
"""

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from server.sandbox.cldr import dates, numbers, ranges, store, tags, words, zones

MAX_DATA = 4096
_TAG = re.compile(r"[a-z]{2,8}(-[A-Za-z0-9]{1,8}){0,8}")


@lru_cache(maxsize=MAX_DATA)
def part(name: str) -> str:
    """The JSON text of the part ``kind:field|field…``; ``null`` if there is no such part."""
    kind, _, rest = name.partition(":")
    fields = rest.split("|")
    answer = _ANSWERS.get(kind)
    if not answer:
        return "null"
    try:
        return json.dumps(answer(*fields), ensure_ascii=False)
    except (TypeError, ValueError, KeyError, AssertionError):
        return "null"  # our prelude never sends such a name; user code forged it


def _locale(tag: str, system: str = "") -> dict[str, Any] | None:
    """The nearest available locale: the tag itself, or the tag with fewer subtags. None if there is none."""
    at = tag if _TAG.fullmatch(tag) else ""
    while at:
        if found := store.stored(at):
            return {
                "tag": at,
                "stored": found,
                "calendar": dates.default_calendar(at),
                **numbers.number_format(found, system),
            }
        at = at.rpartition("-")[0]
    return None


def _date(tag: str, calendar: str, cycle: str, skeleton: str, date_style: str, time_style: str) -> dict[str, Any]:
    return dates.date_format(_stored(tag), tag, calendar, cycle, skeleton, date_style, time_style)


def _stored(tag: str) -> str:
    found = store.stored(tag)
    if not found:
        raise KeyError(tag)
    return found


_ANSWERS: dict[str, Callable[..., Any]] = {
    "locale": _locale,
    "date": _date,
    "range": lambda tag, *wish: ranges.date_range(_stored(tag), tag, *wish),
    "zone": lambda name, number: zones.decade(name, int(number)),
    "zonename": lambda tag, zone, style: zones.names(_stored(tag), zone, style),
    "currency": lambda tag, code: numbers.currency(_stored(tag), code),
    "digits": numbers.digits,
    "compact": lambda tag, system, width, money: numbers.compact(_stored(tag), system, width, money=money == "money"),
    "unit": lambda tag, name, width: numbers.unit(_stored(tag), name, width),
    "plural": lambda tag: words.plurals(_stored(tag)),
    "list": lambda tag, kind, style: words.list_format(_stored(tag), kind, style),
    "relative": lambda tag, unit, style: words.relative(_stored(tag), unit, style),
    "name": lambda tag, kind, style, code: words.name(_stored(tag), kind, style, code),
    "canonical": tags.canonical,
    "about": words.about,
    "values": lambda kind: _values(kind),
}


def _values(kind: str) -> list[str]:
    """All values of one kind, for ``Intl.supportedValuesOf``."""
    match kind:
        case "currency":
            return sorted(store.locale("en")["currencies"])
        case "numberingSystem":
            return sorted(store.shared()["digits"])
        case "timeZone":
            names = {first.partition("|")[0] for first in store.shared()["zoneAliases"].values()}
            return sorted(name for name in names if not name.startswith("Etc/"))
        case "calendar":
            return sorted(dates.CALENDARS)
        case "unit":
            return sorted(name for name in store.locale("en")["units"]["long"] if "-per-" not in name and name != "per")
        case _:
            return ["emoji", "eor"]
