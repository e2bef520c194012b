"""Which events an endpoint wants beyond their type: ``data.currency = "EUR"``, looked at ahead of the code.

A path leads to one value of the payload, to none, or with ``*`` to several. An operator holds when one of them fits;
``!=`` and ``not exists`` are the opposites of ``=`` and ``exists``, so ``!=`` holds where the path leads nowhere.

What the payload holds decides how it is compared: a number with a number, by value and to the last digit; text with the
typed text, letter by letter; true, false and null with those words. A value in double quotes is text and nothing else.
``>`` and its siblings compare numbers, also those that stand in texts, when the typed value is a number, and otherwise
texts in the order of their characters, which suits ISO dates.
"""

import json
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from server.domain.payloads import MOST_LOOKED_AT, Number, Payload, number, steps_of
from server.domain.sentences import Sentence, say

MAX_CONDITIONS = 20
MAX_PATH = 256
MAX_VALUE = 500
MAX_CHOICES = 50
"""Values in the list of ``in``."""


class Operator(StrEnum):
    EQUALS = "="
    DIFFERS = "!="
    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="
    CONTAINS = "contains"
    IN = "in"
    EXISTS = "exists"
    MISSING = "not exists"


VALUELESS = frozenset({Operator.EXISTS, Operator.MISSING})

_ORDERS: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.ABOVE: operator.gt,
    Operator.AT_LEAST: operator.ge,
    Operator.BELOW: operator.lt,
    Operator.AT_MOST: operator.le,
}
_WORDS = {"true": True, "false": False, "null": None}
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_CHOICE = re.compile(rf'\s*(?:({_QUOTED})|([^,"\s][^,]*))\s*(?:,|$)')


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of an endpoint's filter. An event is wanted when all of them hold."""

    path: str
    """From the top of the payload, as ``payloads.steps_of`` reads it: ``data.customer.email``."""
    operator: Operator
    value: str
    """As typed: a value, for ``in`` several of them (``EUR, USD``), empty for ``exists`` and ``not exists``."""

    @property
    def line(self) -> Sentence:
        """The line as a person reads it."""
        match self.operator:
            case Operator.CONTAINS:
                return say("{path} contains {value}", path=self.path, value=self.value)
            case Operator.IN:
                return say("{path} is one of {value}", path=self.path, value=self.value)
            case Operator.EXISTS:
                return say("{path} exists", path=self.path)
            case Operator.MISSING:
                return say("{path} does not exist", path=self.path)
            case sign:
                return say("{path} {sign} {value}", path=self.path, sign=sign.value, value=self.value)


@dataclass(frozen=True, slots=True)
class _Typed:
    """A value as a person typed it, and what else than text it can be."""

    text: str
    number: Decimal | None = None
    word: bool = False
    """It is ``true``, ``false`` or ``null``."""


def holds(conditions: Sequence[Condition], payload: Payload) -> bool:
    """Whether a payload fulfils all of them. Never raises; without conditions the payload is not read."""
    return first_broken(conditions, payload) is None


def first_broken(conditions: Sequence[Condition], payload: Payload) -> Condition | None:
    """The line of a filter that keeps the event away; ``None`` when all hold."""
    return next((condition for condition in conditions if not _holds(condition, payload)), None)


def path_problem(path: str) -> Sentence | None:
    """What is wrong with a path that a person typed."""
    if not path:
        return say("Enter the path of a field, such as data.currency.")
    if len(path) > MAX_PATH:
        return say("The path is longer than {limit} characters.", limit=MAX_PATH)
    if steps_of(path) is None:
        return say(
            "This is not a path. Join names by dots, as in data.customer.email. items.0 is the first of a list, "
            'items.* any of it, and metadata["a name"] quotes a name.'
        )
    return None


def value_problem(kind: Operator, value: str) -> Sentence | None:
    """What is wrong with the value that a person typed beside an operator."""
    if kind in VALUELESS:
        return None
    if not value:
        return say('Enter a value to compare with; "" is an empty text.')
    if len(value) > MAX_VALUE:
        return say("The value is longer than {limit} characters.", limit=MAX_VALUE)
    if kind is Operator.IN and not _choices(value):
        return say("Write the values with commas between them, such as EUR, USD; at most {limit}.", limit=MAX_CHOICES)
    return None


def _holds(condition: Condition, payload: Payload) -> bool:
    found, kind = payload.at(condition.path), condition.operator
    match kind:
        case Operator.EXISTS:
            return bool(found)
        case Operator.MISSING:
            return not found
        case Operator.IN:
            choices = _choices(condition.value)
            return any(_among(value, choices) for value in found)
    typed = _typed(condition.value)
    match kind:
        case Operator.EQUALS:
            return any(_equal(value, typed) for value in found)
        case Operator.DIFFERS:
            return not any(_equal(value, typed) for value in found)
        case Operator.CONTAINS:
            return any(_contains(value, typed) for value in found)
        case _:
            return any(_in_order(_ORDERS[kind], value, typed) for value in found)


def _equal(value: Any, typed: _Typed) -> bool:
    match value:
        case Number():
            return typed.number is not None and number(value) == typed.number
        case str():
            return value == typed.text
        case None | bool():
            return typed.word and value is _WORDS[typed.text]
        case _:
            return False


def _among(value: Any, choices: Sequence[_Typed]) -> bool:
    if isinstance(value, Number):  # read once, not for each choice: it may be long
        known = number(value)
        return known is not None and any(typed.number == known for typed in choices)
    return any(_equal(value, typed) for typed in choices)


def _contains(value: Any, typed: _Typed) -> bool:
    match value:
        case Number():
            return False
        case str():
            return typed.text in value
        case list():
            return any(_equal(element, typed) for element in value[:MOST_LOOKED_AT])
        case _:
            return False


def _in_order(compare: Callable[[Any, Any], bool], value: Any, typed: _Typed) -> bool:
    if not isinstance(value, str):
        return False
    if typed.number is None:
        return not isinstance(value, Number) and compare(value, typed.text)
    known = number(value)
    return known is not None and compare(known, typed.number)


@lru_cache(4096)
def _typed(text: str) -> _Typed:
    if re.fullmatch(_QUOTED, text):
        try:
            return _Typed(json.loads(text))
        except ValueError:
            return _Typed(text)
    return _Typed(text, number(text), text in _WORDS)


@lru_cache(1024)
def _choices(text: str) -> tuple[_Typed, ...]:
    """The values of a list; none when it cannot be read as one or is too long. A quoted value may hold commas."""
    choices: list[_Typed] = []
    at = 0
    while at < len(text):
        match = _CHOICE.match(text, at)
        if match is None or len(choices) == MAX_CHOICES:
            return ()
        choices.append(_typed((match[1] or match[2]).strip()))
        at = match.end()
    return tuple(choices)
