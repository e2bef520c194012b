"""Finds the pattern for a skeleton such as ``yMMMd``: the algorithm of UTS 35 as in ICU, on the data of one locale.

If the locale lists the skeleton, its pattern is used; otherwise the nearest one, with its fields widened; otherwise
date and time are found separately and joined, with missing fields appended.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from server.sandbox.cldr import store

FIELDS = ("Era", "Year", "Quarter", "Month", "Week", "WeekOfMonth", "Day-Of-Week", "DayOfYear", "DayOfWeekInMonth",
          "Day", "DayPeriod", "Hour", "Minute", "Second", "Fraction", "Timezone")  # fmt: skip
ERA, YEAR, QUARTER, MONTH, WEEK, WEEK_OF_MONTH, WEEKDAY, DAY_OF_YEAR, WEEKDAY_IN_MONTH, DAY = range(10)
PERIOD, HOUR, MINUTE, SECOND, FRACTION, ZONE = range(10, 16)
DATE = (1 << PERIOD) - 1
NAMES = {ERA: "era", YEAR: "year", MONTH: "month", WEEKDAY: "weekday", DAY: "day", PERIOD: "dayperiod", HOUR: "hour",
         MINUTE: "minute", SECOND: "second", ZONE: "zone"}  # fmt: skip
"""Field → key of its display name, which appended fields need, such as ``(Tag: 3)``."""

_NUMERIC, _NARROW, _SHORTER, _SHORT, _LONG, _STEP = 0x100, -0x101, -0x102, -0x103, -0x104, 0x10
EXTRA, MISSING = 0x10000, 0x1000

_WIDE = {1: _SHORT, 2: _SHORT, 3: _SHORT, 4: _LONG, 5: _NARROW, 6: _SHORTER}
_LETTERS: dict[str, tuple[int, int, int]] = {
    # letter → field, distance from the field's usual letter, longest run that is a number
    "G": (ERA, 0, 0), "y": (YEAR, 0, 99), "Y": (YEAR, 1, 99), "u": (YEAR, 2, 99), "r": (YEAR, 3, 99), "U": (YEAR, 0, 0),
    "Q": (QUARTER, 0, 2), "q": (QUARTER, 1, 2), "M": (MONTH, 0, 2), "L": (MONTH, 1, 2), "w": (WEEK, 0, 99),
    "W": (WEEK_OF_MONTH, 0, 99), "E": (WEEKDAY, 0, 0), "c": (WEEKDAY, 2, 2), "e": (WEEKDAY, 1, 2), "d": (DAY, 0, 99),
    "g": (DAY, 1, 99), "D": (DAY_OF_YEAR, 0, 99), "F": (WEEKDAY_IN_MONTH, 0, 99), "a": (PERIOD, 0, 0),
    "b": (PERIOD, 1, 0), "B": (PERIOD, 3, 0), "H": (HOUR, 10, 99), "k": (HOUR, 11, 99), "h": (HOUR, 0, 99),
    "K": (HOUR, 1, 99), "m": (MINUTE, 0, 99), "s": (SECOND, 0, 99), "A": (SECOND, 1, 99), "S": (FRACTION, 0, 99),
    "z": (ZONE, 0, 0), "v": (ZONE, 2, 0), "O": (ZONE, 1, 0), "Z": (ZONE, 1, 0), "V": (ZONE, 1, 0), "X": (ZONE, 1, 0),
    "x": (ZONE, 1, 0),
}  # fmt: skip
_CANONICAL = ("G", "y", "Q", "M", "w", "W", "E", "d", "D", "F", "a", "H", "m", "s", "S", "v")
TOKEN = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+")


@dataclass
class Wish:
    """A skeleton, field by field: its letters, and a number for the kind of value (0: the field is not requested)."""

    original: dict[int, str] = field(default_factory=dict)
    kinds: list[int] = field(default_factory=lambda: [0] * len(FIELDS))
    adds_period: bool = False

    @classmethod
    def of(cls, text: str) -> "Wish":
        made = cls()
        for token in TOKEN.finditer(text):
            letter = token[1]
            if letter in _LETTERS:
                made._add(letter, len(token[0]))
        if MINUTE in made.original and FRACTION in made.original and SECOND not in made.original:
            made._add("s", 1)
        if hour := made.original.get(HOUR):
            if hour[0] in "hK":
                if PERIOD not in made.original:
                    made._add("a", 1)
                    made.adds_period = True
            elif PERIOD in made.original:
                del made.original[PERIOD]
                made.kinds[PERIOD] = 0
        return made

    def _add(self, letter: str, length: int) -> None:
        where, step, numeric = _LETTERS[letter]
        self.original[where] = letter * length
        if length <= numeric:
            self.kinds[where] = _NUMERIC + step * _STEP + length
        else:
            self.kinds[where] = _WIDE.get(length, _LONG) - step * _STEP

    @property
    def mask(self) -> int:
        return sum(1 << where for where, kind in enumerate(self.kinds) if kind)


@dataclass(frozen=True)
class Known:
    wish: Wish
    pattern: str
    explicit: bool
    """Whether the locale lists the pattern under this skeleton; otherwise the skeleton was derived from the pattern."""


class Generator:
    """Patterns of one locale and calendar."""

    def __init__(self, data: dict[str, Any], calendar: dict[str, Any], hour: str) -> None:
        self._data = data
        self._calendar = calendar
        self._hour = hour
        self._known: dict[str, list[Known]] = {}
        for letter in _CANONICAL:
            self._learn(letter, None, override=False)
        for style in ("full", "long", "medium", "short"):
            self._learn(calendar["timeFormats"][style], None, override=False)
        for style in ("full", "long", "medium", "short"):
            self._learn(_text(calendar["dateFormats"][style]), None, override=False)
        available = calendar["dateTimeFormats"]["availableFormats"]
        for skeleton, pattern in sorted(available.items()):
            if "-" not in skeleton:
                self._learn(_text(pattern), skeleton, override=True)

    def _learn(self, pattern: str, skeleton: str | None, *, override: bool) -> None:
        wish = Wish.of(skeleton or pattern)
        same_base = self._known.setdefault(_base(wish), [])
        if same_base and (not same_base[0].explicit) and not override:
            return
        for at, known in enumerate(same_base):
            if known.wish.original == wish.original:
                if override and not known.explicit:
                    same_base[at] = Known(wish, pattern, skeleton is not None)
                return
        same_base.append(Known(wish, pattern, skeleton is not None))

    def _all(self) -> list[Known]:
        """All known patterns in ICU's order: by first letter of the base, capitals first."""
        bases = sorted(self._known, key=lambda base: ord(base[0]) if base else 0)
        return [known for base in bases for known in self._known[base]]

    def best(self, skeleton: str) -> str:
        wish = Wish.of(skeleton)
        known, missing, extra = self._nearest(wish, -1)
        if not missing and not extra:
            return self._adjusted(known.pattern, known, wish)
        date, time = self._appending(wish, wish.mask & DATE), self._appending(wish, wish.mask & ~DATE)
        if not date or not time:
            return date or time
        return joined(self._calendar, self._style(wish), date, time)

    @staticmethod
    def _style(wish: Wish) -> str:
        month = wish.original.get(MONTH, "")
        if len(month) == 4:
            return "full" if WEEKDAY in wish.original else "long"
        return "medium" if len(month) == 3 else "short"

    def _nearest(self, wish: Wish, mask: int) -> tuple[Known, int, int]:
        """The nearest known pattern, and bit masks of the fields that it lacks and of those it has in excess."""
        best: tuple[Known, int, int] | None = None
        nearest = 1 << 30
        for known in self._all():
            distance = missing = extra = 0
            for where in range(len(FIELDS)):
                mine = wish.kinds[where] if mask & (1 << where) else 0
                theirs = known.wish.kinds[where]
                if mine == theirs:
                    continue
                if not mine:
                    distance += EXTRA
                    extra |= 1 << where
                elif not theirs:
                    distance += MISSING
                    missing |= 1 << where
                else:
                    distance += abs(mine - theirs)
            if distance < nearest or (best and distance == nearest and best[1] < missing):
                best, nearest = (known, missing, extra), distance
                if not distance:
                    break
        assert best
        return best

    def _appending(self, wish: Wish, fields: int) -> str:
        if not fields:
            return ""
        known, missing, _ = self._nearest(wish, fields)
        made = self._adjusted(known.pattern, known, wish)
        both = (1 << SECOND) | (1 << FRACTION)
        if missing & both == 1 << FRACTION and fields & both == both:
            made = self._adjusted(made, known, wish, fractions=True)
            missing &= ~(1 << FRACTION)
        if missing:
            made = self._append(made, missing, wish)
        return made

    def _append(self, made: str, missing: int, wish: Wish) -> str:
        """Append one more pattern. Fields that are missing even then stay missing, as in ICU."""
        known, left, _ = self._nearest(wish, missing)
        found = missing & ~left
        if not found:
            return made
        top = found.bit_length() - 1
        form = self._calendar["dateTimeFormats"]["appendItems"].get(FIELDS[top], "{0} ├{2}: {1}┤")
        name = self._data["fields"].get(NAMES.get(top, ""), {}).get("displayName", f"F{top}")
        more = self._adjusted(known.pattern, known, wish)
        return str(form).replace("{0}", made).replace("{1}", more).replace("{2}", f"'{name}'")

    def _adjusted(self, pattern: str, known: Known, wish: Wish, *, fractions: bool = False) -> str:
        """The pattern with its fields widened to the widths of the wish."""
        specified = known.wish if known.explicit else None
        made = []
        for token in TOKEN.finditer(pattern):
            letter = token[1]
            if letter not in _LETTERS:
                made.append(token[0])
                continue
            where = _LETTERS[letter][0]
            if fractions and where == SECOND:
                numbers = self._data["numbers"]
                mark = numbers[f"symbols-numberSystem-{numbers['defaultNumberingSystem']}"]["decimal"]
                made.append(f"{token[0]}{mark}{wish.original[FRACTION]}")
            elif wish.kinds[where] and where in wish.original:
                made.append(self._widened(token[0], where, wish, specified))
            else:
                made.append(token[0])
        return "".join(made)

    def _widened(self, run: str, where: int, wish: Wish, specified: Wish | None) -> str:
        asked = wish.original[where]
        letter, length = asked[0], len(asked)
        if letter == "E" and length < 3:
            length = 3
        step = _LETTERS[run[0]]
        is_number = len(run) <= step[2]
        if where in (MINUTE, SECOND):
            length = len(run)
        elif specified and letter not in "ce":
            listed = len(specified.original.get(where, ""))
            listed_number = specified.kinds[where] > 0
            if listed == len(asked) or (is_number and not listed_number) or (listed_number and not is_number):
                length = len(run)
        keeps = where in (HOUR, MONTH, WEEKDAY) or (where == YEAR and letter != "Y")
        made = run[0] if keeps else letter
        if made == "E" and length < 3:
            made = "e"
        if where == HOUR:
            made = {("h", "K"): "K", ("H", "k"): "k", ("k", "H"): "H", ("K", "h"): "h"}.get((letter, self._hour), made)
            if letter == self._hour:
                made = letter
        return made * length


def _base(wish: Wish) -> str:
    return "".join(text[0] * _least(text[0], len(text)) for _, text in sorted(wish.original.items()))


def _least(letter: str, length: int) -> int:
    """The width that represents its class: one digit, a short name, a long name or a narrow name."""
    numeric = _LETTERS[letter][2]
    if length <= numeric:
        return 1
    if length < 4:
        return 3 if numeric else 1
    return length


def joined(calendar: dict[str, Any], style: str, date: str, time: str) -> str:
    """Date and time joined as the locale does, with its word for *at* if it has one."""
    form = (
        calendar.get("dateTimeFormats-atTime", {}).get("standard", {}).get(style) or calendar["dateTimeFormats"][style]
    )
    return str(_text(form)).replace("{1}", date, 1).replace("{0}", time, 1)


def _text(pattern: Any) -> str:
    """The pattern's text; some patterns are objects because they name their own numbering system."""
    return str(pattern["_value"]) if isinstance(pattern, dict) else str(pattern)


@lru_cache(maxsize=128)
def generator(stored: str, calendar: str) -> Generator:
    data = store.locale(stored)
    return Generator(data, calendar_of(data, calendar), store.hour_letter(stored))


def calendar_of(data: dict[str, Any], calendar: str) -> dict[str, Any]:
    """Patterns and names of a calendar. Calendars other than the Gregorian use CLDR's generic date patterns."""
    if calendar == "gregory":
        found: dict[str, Any] = data["gregorian"]
        return found
    made: dict[str, Any] = {**data["gregorian"], **data["generic"], **data.get(calendar, {})}
    made["timeFormats"] = data["gregorian"]["timeFormats"]
    generic = data["generic"]["dateTimeFormats"]
    own = data.get(calendar, {}).get("dateTimeFormats", {}).get("availableFormats", {})
    own = {skeleton: pattern for skeleton, pattern in own.items() if skeleton.startswith("y")}
    made["dateTimeFormats"] = {**generic, "availableFormats": {**generic["availableFormats"], **own}}
    made["dateTimeFormats-atTime"] = data["gregorian"].get("dateTimeFormats-atTime", {})
    return made
