"""Filters of endpoints: conditions on the payload such as ``data.currency = "EUR"``, evaluated before the code.

A path matches one value of the payload, none, or with ``*`` several. A condition holds when one of them fits;
``!=`` and ``not exists`` are the opposites of ``=`` and ``exists``, so ``!=`` holds when the path matches nothing.

The type in the payload decides the comparison: numbers compare by exact value, text character by character, and true,
false and null with those words. A value in double quotes is always text. ``>``, ``>=``, ``<`` and ``<=`` compare
numbers, including numbers in text, when the typed value is a number; otherwise they compare text in character order,
which suits ISO dates. ``contains`` searches a bounded part of a long text.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Any

from server.domain.payloads import Payload, Scalars, Values, number, steps_of
from server.domain.sentences import Sentence, say

MAX_CONDITIONS = 20
MAX_PATH = 256
MAX_STEPS = 16
"""Names in one path."""
MAX_VALUE = 500
MAX_CHOICES = 50
"""Values in a list for ``in``."""


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

_WORDS = {"true": True, "false": False, "null": None}
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_CHOICE = re.compile(rf'\s*(?:({_QUOTED})|([^,"\s][^,]*))\s*(?:,|$)')


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of an endpoint's filter. An endpoint gets the events for which all its conditions hold."""

    path: str
    """From the top of the payload, as ``payloads.steps_of`` reads it: ``data.customer.email``."""
    operator: Operator
    value: str
    """As typed: one value, a list for ``in`` (``EUR, USD``), or empty for ``exists`` and ``not exists``."""

    @property
    def line(self) -> Sentence:
        """The condition as a sentence for people."""
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


class Filter:
    """All conditions of an endpoint, prepared once and evaluated for many events."""

    __slots__ = ("_tests",)

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self._tests = [(condition, _test(condition)) for condition in conditions]

    def fits(self, payload: Payload) -> bool:
        """Whether all conditions hold for a payload. Never raises; without conditions the payload is not parsed."""
        return self.first_broken(payload) is None

    def first_broken(self, payload: Payload) -> Condition | None:
        """The first condition that does not hold; ``None`` when all hold."""
        for condition, holds in self._tests:
            if not holds(payload.at(condition.path)):
                return condition
        return None


@dataclass(frozen=True, slots=True)
class _Typed:
    """A value as typed, and what it can be besides text."""

    text: str
    number: Decimal | None = None
    word: bool = False
    """It is ``true``, ``false`` or ``null``."""


def path_problem(path: str) -> Sentence | None:
    """What is wrong with a path that a person typed; ``None`` if nothing is."""
    if not path:
        return say("Enter a field path, for example data.currency.")
    if len(path) > MAX_PATH:
        return say("The path is longer than {limit} characters.", limit=MAX_PATH)
    steps = steps_of(path)
    if steps is None:
        return say(
            "This is not a valid path. Separate names with dots, for example data.customer.email. items.0 is the "
            'first item of a list, items.* is any item, and metadata["a name"] quotes a name.'
        )
    if len(steps) > MAX_STEPS:
        return say("The path has more than {limit} fields.", limit=MAX_STEPS)
    return None


def value_problem(kind: Operator, value: str) -> Sentence | None:
    """What is wrong with the value that a person typed for an operator; ``None`` if nothing is."""
    if kind in VALUELESS:
        return None
    if not value:
        return say('Enter a value to compare with. "" is an empty text.')
    if len(value) > MAX_VALUE:
        return say("The value is longer than {limit} characters.", limit=MAX_VALUE)
    if kind is Operator.IN and _choices(value) is None:
        return say("Separate the values with commas, for example EUR, USD. At most {limit} values.", limit=MAX_CHOICES)
    return None


def _test(condition: Condition) -> Callable[[Values], bool]:
    """A function that says whether the condition holds for the values that its path matches."""
    typed = _typed(condition.value)
    match condition.operator:
        case Operator.EXISTS:
            return lambda values: bool(values.found)
        case Operator.MISSING:
            return lambda values: not values.found
        case Operator.IN:
            choices = _choices(condition.value) or _scalars()
            return lambda values: values.scalars.meets(choices)
        case Operator.EQUALS:
            wanted = _scalars(typed)
            return lambda values: values.scalars.meets(wanted)
        case Operator.DIFFERS:
            unwanted = _scalars(typed)
            return lambda values: not values.scalars.meets(unwanted)
        case Operator.CONTAINS:
            element = _scalars(typed)
            return lambda values: any(typed.text in text for text in values.searched) or values.elements.meets(element)
        case kind:
            return partial(_in_order, kind, typed)


def _in_order(kind: Operator, typed: _Typed, values: Values) -> bool:
    """Whether any value is above or below the typed one. Only the greatest or the least needs comparing."""
    ends: tuple[Any, Any] | None
    limit: Any
    ends, limit = (values.texts, typed.text) if typed.number is None else (values.numbers, typed.number)
    if ends is None:
        return False
    least, greatest = ends
    match kind:
        case Operator.ABOVE:
            return bool(greatest > limit)
        case Operator.AT_LEAST:
            return bool(greatest >= limit)
        case Operator.BELOW:
            return bool(least < limit)
        case _:
            return bool(least <= limit)


def _scalars(*typed: _Typed) -> Scalars:
    """All values that equal one of the typed ones."""
    return Scalars(
        frozenset(one.text for one in typed),
        frozenset(one.number for one in typed if one.number is not None),
        frozenset(_WORDS[one.text] for one in typed if one.word),
    )


def _typed(text: str) -> _Typed:
    if re.fullmatch(_QUOTED, text):
        try:
            return _Typed(json.loads(text))
        except ValueError:
            return _Typed(text)
    return _Typed(text, number(text), text in _WORDS)


def _choices(text: str) -> Scalars | None:
    """The values of a list; ``None`` when it cannot be read or is too long. A quoted value may contain commas."""
    choices: list[_Typed] = []
    at = 0
    while at < len(text):
        match = _CHOICE.match(text, at)
        if match is None or len(choices) == MAX_CHOICES:
            return None
        choices.append(_typed((match[1] or match[2]).strip()))
        at = match.end()
    return _scalars(*choices) if choices else None
