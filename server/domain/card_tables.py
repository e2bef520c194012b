"""Reads the tables of a card's ``card.toml``, each key by its kind and within its bounds.

What is wrong is told with the file and the key.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from server.domain import linear_patterns

MAX_TEXT = 600
"""Characters of one text of a card."""
MAX_LIST = 40
"""Entries of one list of a card."""
MAX_PATTERN = 300
_LONGEST = {"json": 4000, "body": 4000}
"""Characters of texts that are not sentences."""

_KINDS: dict[type, str] = {
    str: "text", bool: "true or false", int: "a whole number", list: "a list", dict: "a table"
}  # fmt: skip

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class MalformedCard(ValueError):
    """A card cannot be used. The text names the file and the key: ``slack/card.toml: fields[0].label is missing``."""


class CardTable:
    """A TOML table whose keys are removed as they are read, so that any key left at the end is a misspelling."""

    def __init__(self, file: str, content: Mapping[str, Any], path: str = "") -> None:
        self.content = dict(content)
        self.taken: set[str] = set()
        self._file = file
        self._path = path

    def need(self, key: str, kind: type[T]) -> T:
        if key not in self.content:
            raise self.wrong(key, "is missing")
        value = self._typed(key, kind)
        if value == "":
            raise self.wrong(key, "is empty")
        return value

    def take(self, key: str, kind: type[T], default: T) -> T:
        return self._typed(key, kind) if key in self.content else default

    def one_of(self, key: str, choices: type[E]) -> E:
        value = self.need(key, str)
        try:
            return choices(value)
        except ValueError:
            raise self.wrong(key, f"is {value[:40]!r} and not one of {', '.join(choices)}") from None

    def pattern(self, key: str) -> str:
        """A regular expression of bounded length."""
        text = self.take(key, str, "")
        if len(text) > MAX_PATTERN:
            raise self.wrong(key, f"is longer than {MAX_PATTERN} characters")
        try:
            re.compile(text)
        except (re.error, RecursionError, OverflowError) as error:
            raise self.wrong(key, f"is not a regular expression: {error}") from error
        if not linear_patterns.is_pattern(text):
            raise self.wrong(key, "may have no look-around and no back-references, and must not be too large")
        if "(?P<" in text and not linear_patterns.has_cheap_groups(text):
            raise self.wrong(key, "has named groups, so it may have at most three repeats, and none of a group")
        return text

    def texts(self, key: str) -> list[str]:
        values = self.take(key, list, [])
        if len(values) > MAX_LIST or not all(isinstance(each, str) and 0 < len(each) <= MAX_TEXT for each in values):
            raise self.wrong(key, f"must be a list of at most {MAX_LIST} texts")
        return values

    def table(self, key: str) -> "CardTable":
        return CardTable(self._file, self.take(key, dict, {}), f"{self._path}{key}.")

    def tables(self, key: str) -> list["CardTable"]:
        values = self.take(key, list, [])
        if len(values) > MAX_LIST or not all(isinstance(value, dict) for value in values):
            raise self.wrong(key, f"must be a list of at most {MAX_LIST} tables")
        return [CardTable(self._file, value, f"{self._path}{key}[{index}].") for index, value in enumerate(values)]

    def refuse_the_rest(self) -> None:
        if self.content:
            raise self.wrong(next(iter(self.content))[:80], "is not a key that a card knows")

    def wrong(self, key: str, sentence: str) -> MalformedCard:
        return MalformedCard(f"{self._file}: {self._path}{key} {sentence}")

    def _typed(self, key: str, kind: type[T]) -> T:
        value = self.content.pop(key)
        self.taken.add(key)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.wrong(key, f"must be {_KINDS[kind]}")
        if isinstance(value, str) and len(value) > _LONGEST.get(key, MAX_TEXT):
            raise self.wrong(key, f"is longer than {_LONGEST.get(key, MAX_TEXT)} characters")
        return value
