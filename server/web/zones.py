"""The reader's time zone: the one that was chosen on Settings, else the browser's, else UTC.

Scripts tell the browser's (``times.js``) in a cookie, so that pages show it from the second one on. In cookies, ``~``
stands for the ``/`` of a name such as ``Asia/Tokyo``, and ``.`` for its ``+``, so that no value needs quotes.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

CHOSEN_COOKIE, BROWSER_COOKIE = "zone", "browser_zone"
UTC_ZONE = ZoneInfo("UTC")
REGIONS = (
    *("Africa", "America", "Antarctica", "Arctic", "Asia"),
    *("Atlantic", "Australia", "Europe", "Indian", "Pacific"),
)

current: ContextVar[ZoneInfo] = ContextVar("zone", default=UTC_ZONE)


def choose(cookies: Mapping[str, str]) -> ZoneInfo:
    """The time zone of a request."""
    return chosen(cookies) or known(of_browser(cookies)) or UTC_ZONE


def of_browser(cookies: Mapping[str, str]) -> str:
    """The name of the browser's zone; empty when it is not known."""
    name = _name(cookies.get(BROWSER_COOKIE, ""))
    return name if known(name) else ""


def chosen(cookies: Mapping[str, str]) -> ZoneInfo | None:
    """The zone that was chosen on Settings; ``None``: the browser's."""
    return known(_name(cookies.get(CHOSEN_COOKIE, "")))


def for_cookie(name: str) -> str:
    return name.replace("/", "~").replace("+", ".")


def _name(value: str) -> str:
    return value.replace("~", "/").replace(".", "+")


@lru_cache(512)
def known(name: str) -> ZoneInfo | None:
    """The zone of this name; ``None`` when there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (OSError, ValueError, LookupError):
        return None


def local(millis: int) -> datetime:
    """A moment in the reader's time zone."""
    return datetime.fromtimestamp(millis / 1000, UTC).astimezone(current.get())


def offset_text(at: datetime) -> str:
    """``UTC``, ``UTC+8`` or ``UTC-3:30``. Names such as CST mean three zones."""
    minutes = (at.utcoffset() or timedelta()) // timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    return "UTC" + (f"{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "") if minutes else "")


def every_zone(now: datetime) -> list[tuple[str, str]]:
    """Each zone of a place, by name, with its name and present offset as they are shown."""
    names = sorted(name for name in available_zones() if name.partition("/")[0] in REGIONS)
    offsets = ((name, offset_text(now.astimezone(ZoneInfo(name)))) for name in names)
    return [("UTC", "UTC"), *((name, f"{name.replace('_', ' ')} ({offset})") for name, offset in offsets)]


@lru_cache(1)
def available_zones() -> frozenset[str]:
    return frozenset(available_timezones())
