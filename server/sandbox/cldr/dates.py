"""Data for ``Intl.DateTimeFormat``: the pattern for one kind of date, and the names that occur in it."""

from functools import lru_cache
from typing import Any

from server.sandbox.cldr import store
from server.sandbox.cldr.skeletons import TOKEN, calendar_of, generator, joined

CALENDARS = {"gregory", "buddhist", "persian"}
LETTERS = {"h11": "K", "h12": "h", "h23": "H", "h24": "k"}
CYCLES = {letter: cycle for cycle, letter in LETTERS.items()}
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
WIDTHS = {1: "abbreviated", 2: "abbreviated", 3: "abbreviated", 4: "wide", 5: "narrow", 6: "short"}


def default_calendar(tag: str) -> str:
    """The locale's calendar, as in V8: Persian in Iran and Afghanistan, Buddhist in Thailand, otherwise Gregorian."""
    calendars: dict[str, list[str]] = store.shared()["calendars"]
    first = calendars.get(store.region_of(tag), calendars["001"])
    name = (first if isinstance(first, list) else first.split())[0]
    return "gregory" if name == "gregorian" else name


def cycle_of(tag: str, wish: str) -> str:
    """The hour cycle, such as ``h23``. ``wish`` is a cycle, ``12`` or ``24`` (the option hour12), or empty."""
    usual = CYCLES[store.hour_letter(tag)]
    if wish == "12":
        return "h11" if usual in ("h11", "h23") else "h12"
    if wish == "24":
        return "h23" if usual in ("h11", "h23") else "h24"
    return wish if wish in LETTERS else usual


@lru_cache(maxsize=512)
def date_format(
    tag: str, asked: str, calendar: str, cycle: str, skeleton: str, date_style: str, time_style: str
) -> dict[str, Any]:
    """The calendar, hour cycle, pattern (in CLDR's letters) and names for a kind of date.

    ``tag`` is the stored locale; ``asked`` is the requested tag, which may name a region that decides calendar and
    hours. ``skeleton`` contains ``j`` for the hour. ``cycle`` is ``None`` if the pattern has no hour.
    """
    calendar = calendar if calendar in CALENDARS else default_calendar(asked)
    letter = LETTERS[cycle_of(asked, cycle)]
    data = calendar_of(store.locale(tag), calendar)
    if date_style or time_style:
        pattern = _styled(tag, data, calendar, letter, date_style, time_style)
    else:
        pattern = _with_hours(generator(tag, calendar).best(skeleton.replace("j", letter)), letter)
    return {
        "calendar": calendar,
        "cycle": CYCLES[letter] if any(each[1] in tuple("hHkK") for each in TOKEN.finditer(pattern)) else None,
        "pattern": pattern,
        "names": names_in(tag, data, pattern),
    }


def _styled(tag: str, data: dict[str, Any], calendar: str, letter: str, date_style: str, time_style: str) -> str:
    date = _text(data["dateFormats"][date_style]) if date_style else ""
    time = _text(data["timeFormats"][time_style]) if time_style else ""
    pattern = joined(data, date_style, date, time) if date and time else date or time
    hours = [each[1] for each in TOKEN.finditer(pattern) if each[1] in tuple("hHkK")]
    if not hours or hours[0] == letter:
        return pattern
    skeleton = "".join(
        letter * len(each[0]) if each[1] in "hHkK" else each[0]
        for each in TOKEN.finditer(pattern)
        if each[1] and each[1] not in "abB"
    )
    return _with_hours(generator(tag, calendar).best(skeleton), letter)


def _text(pattern: Any) -> str:
    return str(pattern["_value"]) if isinstance(pattern, dict) else str(pattern)


def _with_hours(pattern: str, letter: str) -> str:
    """The pattern with its hour in the requested cycle. As V8 does, separates it from a day right before it."""
    made: list[str] = []
    for each in TOKEN.finditer(pattern):
        if each[1] and each[1] in "hHkK":
            if made and made[-1].endswith("d") and not made[-1].startswith("'"):
                made.append(" ")
            made.append(letter * len(each[0]))
        else:
            made.append(each[0])
    return "".join(made)


def names_in(tag: str, data: dict[str, Any], pattern: str) -> dict[str, Any]:
    """Field and width in the pattern, such as ``M4`` → all names that the field can have."""
    made: dict[str, Any] = {}
    for each in TOKEN.finditer(pattern):
        letter, length = each[1], len(each[0])
        if not letter:
            continue
        key = f"{letter}{length}"
        context = "stand-alone" if letter in "Lc" else "format"
        if letter in "ML" and length > 2:
            by_number = _wide(data["months"], context, length)
            made[key] = [by_number[str(number)] for number in range(1, len(by_number) + 1)]
        elif letter in "Ec":
            by_day = _wide(data["days"], context, max(length, 3))
            made[key] = [by_day[day] for day in DAYS]
        elif letter == "a":
            periods = _wide(data["dayPeriods"], context, length)
            made[key] = [periods["am"], periods["pm"]]
        elif letter in "bB":
            made[key] = _periods(tag, _wide(data["dayPeriods"], context, length))
        elif letter == "G":
            kind = {4: "eraNames", 5: "eraNarrow"}.get(length, "eraAbbr")
            made[key] = data["eras"].get(kind) or data["eras"].get("eraAbbr")
    return made


def _wide(names: dict[str, Any], context: str, length: int) -> dict[str, str]:
    width = WIDTHS.get(length, "wide")
    found: dict[str, str] = names[context].get(width) or names["format"].get(width) or names["format"]["wide"]
    return found


def _periods(tag: str, names: dict[str, str]) -> list[str]:
    """Names of the day periods of the 24 hours, followed by the name of noon (empty if the language has none)."""
    rules = store.shared()["dayPeriods"].get(store.subtags(tag)[0], {})
    hours = []
    for hour in range(24):
        name = "am" if hour < 12 else "pm"
        for period, rule in rules.items():
            if "_at" in rule:
                continue
            start, end = int(rule["_from"][:2]), int(rule["_before"][:2])
            if start <= hour < end or (start > end and (hour >= start or hour < end)):
                name = period
        hours.append(names.get(name) or names["am" if hour < 12 else "pm"])
    return [*hours, names.get("noon", "") if "noon" in rules else ""]
