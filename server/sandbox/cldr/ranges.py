"""Patterns for ranges of dates: the algorithm of ICU's DateIntervalFormat on CLDR's data."""

import re
from functools import lru_cache
from typing import Any

from server.sandbox.cldr import store
from server.sandbox.cldr.dates import LETTERS, cycle_of, default_calendar, names_in
from server.sandbox.cldr.skeletons import TOKEN, calendar_of, generator, joined

ORDER = "GyMdahms"
_RUN = re.compile(r"([A-Za-z])\1*")


@lru_cache(maxsize=512)
def date_range(tag: str, asked: str, calendar: str, cycle: str, skeleton: str, field: str) -> dict[str, Any]:
    """How to write a range of two dates. ``field`` is the largest field in which they differ.

    ``pattern``: the pattern's two halves and ``names``. Without it, both ends are written in full (as ``whole``, if
    given) and joined by ``fallback``. ``same``: the ends differ only in fields that are not shown.
    """
    calendar = calendar or default_calendar(asked)
    data = calendar_of(store.locale(tag), calendar)
    intervals = data["dateTimeFormats"]["intervalFormats"]
    runs = [found[0] for found in _RUN.finditer(skeleton)]
    date = "".join(_plain(run) for run in sorted(runs, key=_rank) if run[0] in "GyMLEcd")
    letter = LETTERS[cycle_of(asked, cycle)]
    time = "".join(run for run in sorted(runs, key=_rank) if run[0] in "hHkKmsvzO")
    shown = [each[0] for each in date + time] + (["a"] if letter in "hK" and "h" in time.lower() else [])
    if not _differs(field, shown):
        return {"same": True}
    fallback = intervals.get("intervalFormatFallback", "{0} – {1}")
    if (more := _with_difference(date, time, field)) != date:
        if not time and (pattern := _interval(intervals, more, field)):
            pattern = _as_wide(pattern, more)
            return {"pattern": _halves(pattern), "names": names_in(tag, data, pattern)}
        whole = generator(tag, calendar).best(more + time)
        return {"fallback": fallback, "whole": {"pattern": whole, "names": names_in(tag, data, whole)}}
    if date and time and field in "GyMd":
        return {"fallback": fallback}
    wanted, wish = (date, "") if not time else (time.replace("K", "h").replace("k", "H"), date)
    pattern = _interval(intervals, wanted, field)
    if not pattern:
        return {"fallback": fallback}
    pattern = _as_wide(pattern, wanted)
    if wish:
        alone = generator(tag, calendar).best(date)
        style = {4: "medium", 3: "medium"}.get(max((len(run) for run in runs if run[0] in "ML"), default=1), "short")
        pattern = joined(data, style, alone, pattern)
    halves = _halves(pattern)
    return {"pattern": halves, "names": names_in(tag, data, pattern)}


def _with_difference(date: str, time: str, field: str) -> str:
    """The date's fields, plus those needed to tell the ends apart, such as the year in “Jan 10 – Jan 1”."""
    if field not in "yMd":
        return date
    if not date:
        return "yMd" if time else date
    if "d" not in date or field in date:
        return date
    if date == "d":
        return ORDER[ORDER.index(field) : ORDER.index("d") + 1]
    missing = [letter for letter in ORDER[ORDER.index("y") : ORDER.index(field) + 1] if letter not in date]
    return "".join(missing[-1:]) + date


def _plain(run: str) -> str:
    return {"L": "M", "c": "E"}.get(run[0], run[0]) * (len(run) if run[0] not in "Ec" or len(run) > 3 else 1)


def _rank(run: str) -> int:
    return "GyMLEcdahHkKmsSvzO".index(run[0])


def _differs(field: str, shown: list[str]) -> bool:
    below = ORDER[ORDER.index(field) :]
    return any({"H": "h", "K": "h", "k": "h", "E": "d"}.get(each, each) in below for each in shown)


def _interval(intervals: dict[str, Any], wanted: str, field: str) -> str | None:
    """The interval pattern of the skeleton with the same fields and the nearest widths; None if there is none."""
    letters = [run[0] for run in _RUN.finditer(wanted)]
    lengths = [len(run[0]) for run in _RUN.finditer(wanted)]
    best: tuple[int, Any] | None = None
    for skeleton, patterns in intervals.items():
        runs = [run[0] for run in _RUN.finditer(skeleton)]
        if not isinstance(patterns, dict) or [run[0] for run in runs] != [each[0] for each in letters]:
            continue
        distance = sum(
            abs(len(run) - length) + (0x100 if (len(run) > 2) != (length > 2) and run[0] == "M" else 0)
            for run, length in zip(runs, lengths, strict=True)
        )
        if best is None or distance < best[0]:
            best = (distance, patterns)
    if not best:
        return None
    patterns = best[1]
    names = [field, *({"h": ["H", "a"], "a": ["h", "H"]}.get(field, []))]
    found = next((patterns[name] for name in names if name in patterns), None)
    return str(found) if found else None


def _as_wide(pattern: str, wanted: str) -> str:
    lengths = {run[0][0]: len(run[0]) for run in _RUN.finditer(wanted)}

    def widened(found: re.Match[str]) -> str:
        letter = found[1]
        if not letter or letter not in "yMLEcdG":
            return found[0]
        asked = lengths.get({"L": "M", "c": "E"}.get(letter, letter), 0)
        return letter * asked if (asked > 2 and len(found[0]) > 2) or (asked > 2 and letter in "EcG") else found[0]

    return TOKEN.sub(widened, pattern)


def _halves(pattern: str) -> list[str]:
    """Split the pattern into its two dates: the second begins where a field occurs for the second time."""
    seen: set[str] = set()
    for token in TOKEN.finditer(pattern):
        letter = {"L": "M", "c": "E", "K": "h", "k": "H"}.get(token[1] or "", token[1])
        if not letter:
            continue
        if letter in seen:
            return [pattern[: token.start()], pattern[token.start() :]]
        seen.add(letter)
    return [pattern, ""]
