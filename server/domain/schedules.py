"""Retry schedules: the wait before each attempt, including the first; read from text and written as text."""

import re
from collections.abc import Sequence

from server.domain.ids import Millis
from server.domain.sentences import Sentence, say

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000

DODO_SCHEDULE: tuple[Millis, ...] = (
    0, 5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR,
)  # fmt: skip
"""8 attempts in about 27½ hours.

Dodo's page says "a maximum of 8 retries", yet its own example of three failures and a success 35 minutes and 5 seconds
after the first attempt only fits 8 attempts in all.
"""

MAX_ATTEMPTS = 20
MAX_WAIT_MS: Millis = 7 * DAY
MAX_TOTAL_MS: Millis = 30 * DAY
MIN_RETRY_MS: Millis = SECOND
"""The shortest wait before a retry; only the first attempt may be immediate."""

MAX_TEXT_CHARACTERS = 500
"""The longest text that is read as a schedule."""

_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_SEPARATORS = re.compile(r"[,;，；、\n]")  # Chinese ones too, because Chinese input methods type them
_WAIT = re.compile(r"(?:\d{1,9}[smhd])+")
_PART = re.compile(r"(\d{1,9})([smhd])")


def read(text: str) -> tuple[Millis, ...] | Sentence:
    """The schedule in a text such as ``0s, 5s, 5m, 1h30m``, or a sentence that says what is wrong with it."""
    if len(text) > MAX_TEXT_CHARACTERS:
        return say("The schedule is longer than {limit} characters.", limit=MAX_TEXT_CHARACTERS)
    words = [word for part in _SEPARATORS.split(text) if (word := "".join(part.split()).lower())]
    if not 1 <= len(words) <= MAX_ATTEMPTS:
        return say("Enter 1 to {limit} delays, one for each attempt, separated by commas.", limit=MAX_ATTEMPTS)
    waits: list[Millis] = []
    for number, word in enumerate(words, 1):
        wait = _wait(word)
        if wait is None:
            return say(
                "“{word}” is not a delay. Enter a number and a unit, for example 5s, 5m, 2h, 1d or 1h30m.",
                word=word[:40],
            )
        if wait > MAX_WAIT_MS:
            return say(
                "The delay before attempt {number} is longer than {days} days.", number=number, days=MAX_WAIT_MS // DAY
            )
        if number > 1 and wait < MIN_RETRY_MS:
            return say(
                "The delay before attempt {number} must be at least 1 s. Only the first attempt can be immediate.",
                number=number,
            )
        waits.append(wait)
    if sum(waits) > MAX_TOTAL_MS:
        return say("The delays add up to more than {days} days.", days=MAX_TOTAL_MS // DAY)
    return tuple(waits)


def written(schedule: Sequence[Millis]) -> str:
    """The schedule as text for ``read``: ``0s, 5s, 5m, 30m, 2h, 5h, 10h, 10h``."""
    return ", ".join(written_wait(wait) for wait in schedule)


def written_wait(wait: Millis) -> str:
    """A wait as text, in whole seconds: 5,400,000 becomes ``1h30m``, 0 becomes ``0s``."""
    parts, left = [], wait
    for unit in reversed(_UNITS):
        count, left = divmod(left, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _wait(word: str) -> Millis | None:
    if word == "0":
        return 0
    if not _WAIT.fullmatch(word):
        return None
    return sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(word))
