"""Look-up of values in an event's payload by path. The payload is parsed once, on first use, and within limits."""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property, lru_cache
from itertools import chain, islice
from typing import Any, NoReturn

MAX_ELEMENTS = 1000
"""The most elements that a ``*`` visits, and the most values that a path with several ``*`` matches."""

MAX_SEARCHED_CHARACTERS = 65_536
"""The most characters at one path that ``contains`` searches."""

MAX_SHOWN_CHARACTERS = 80

ANY = object()
"""The step ``*``: each element of a list."""

_STEP = re.compile(
    r'(?:^|(?<=.)\.)(?:(?P<name>[^.\[\]"\s*]+)|(?P<any>\*))'
    r'|\[(?:(?P<index>[0-9]+)|(?P<each>\*)|(?P<quoted>"(?:[^"\\]|\\.)*"))\]'
)
_HALF = re.compile("[\ud800-\udfff]")


class Number(str):
    """A number as written in the payload. It is converted only when needed, because a very long one takes long."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Scalars:
    """Texts, numbers by value, and true, false and null, kept apart: ``"1"``, ``1`` and true all differ."""

    texts: frozenset[str]
    numbers: frozenset[Decimal]
    words: frozenset[bool | None]

    def meets(self, other: "Scalars") -> bool:
        """Whether the two have a value in common."""
        return not (
            self.texts.isdisjoint(other.texts)
            and self.numbers.isdisjoint(other.numbers)
            and self.words.isdisjoint(other.words)
        )


class Values:
    """The values that a path matches, prepared for comparisons, so that several conditions share one look-up.

    Each form is computed on first use.
    """

    def __init__(self, found: list[Any]) -> None:
        self.found = found

    @cached_property
    def scalars(self) -> Scalars:
        return _scalars(self.found)

    @cached_property
    def elements(self) -> Scalars:
        """The elements of the lists among the values."""
        lists = (value for value in self.found if isinstance(value, list))
        return _scalars(element for each in lists for element in each[:MAX_ELEMENTS])

    @cached_property
    def texts(self) -> tuple[str, str] | None:
        """The first and last text in character order; ``None`` without texts."""
        texts = self.scalars.texts
        return (min(texts), max(texts)) if texts else None

    @cached_property
    def numbers(self) -> tuple[Decimal, Decimal] | None:
        """The least and greatest number, including numbers in texts; ``None`` without numbers."""
        known = [read for text in self.scalars.texts if (read := number(text)) is not None]
        known += self.scalars.numbers
        return (min(known), max(known)) if known else None

    @cached_property
    def searched(self) -> list[str]:
        """The texts, cut to ``MAX_SEARCHED_CHARACTERS`` characters in total."""
        texts, left = [], MAX_SEARCHED_CHARACTERS
        for value in self.found:
            if isinstance(value, str) and not isinstance(value, Number):
                texts.append(value[:left])
                left -= len(texts[-1])
        return texts


class _Spelled(dict[str, Number]):
    """The numbers of a body, one object for each spelling, because a body may hold half a million numbers."""

    def __missing__(self, digits: str) -> Number:
        made = self[digits] = Number(digits)
        return made


class Payload:
    """The body of an event. Numbers are ``Number``; the last of duplicate names counts, as in ``JSON.parse``.

    A body that cannot be parsed counts as an empty object, so that no path matches. With ``numbers=False`` every number
    is ``None``, which parses faster when no one needs them.
    """

    __slots__ = ("_body", "_known", "_numbers", "_value")

    def __init__(self, body: bytes, *, numbers: bool = True) -> None:
        self._body: bytes | None = body
        self._numbers = numbers
        self._value: Any = None
        self._known: dict[str, Values] = {}

    @property
    def value(self) -> Any:
        """The JSON value, parsed on first use."""
        if self._body is not None:
            decoder = _with_numbers() if self._numbers else _WITHOUT_NUMBERS
            self._value, self._body = _read(self._body, decoder), None
        return self._value

    def at(self, path: str) -> Values:
        """The values that a path matches: one, none, or several if it has a ``*``. Cached."""
        known = self._known.get(path)
        if known is None:
            steps = steps_of(path)
            known = self._known[path] = Values(_walk(self.value, steps) if steps else [])
        return known

    def shown_at(self, path: str) -> str | None:
        """The values that a path matches as short JSON for people; ``None`` when there are none."""
        found = self.at(path).found
        return ", ".join([*map(_shown, found[:3]), *(["…"] if len(found) > 3 else [])]) if found else None


@lru_cache(4096)
def steps_of(path: str) -> tuple[Any, ...] | None:
    """The steps of a path: names, and ``ANY`` for ``*``. ``None`` for text that is not a path.

    Names are joined by dots; ``items.0`` or ``items[0]`` is an element of a list, ``items.*`` or ``items[*]`` is every
    element, and ``metadata["a.b"]`` quotes a name. ``domain.payload_diff`` writes paths in this syntax too.
    """
    steps: list[Any] = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            return None
        try:
            steps.append(_step(match))
        except ValueError:
            return None
        at = match.end()
    return tuple(steps) or None


def number(text: str) -> Decimal | None:
    """The exact value of a JSON number; ``None`` for other text and for exponents beyond 18 digits."""
    if not re.fullmatch(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", text):
        return None
    with suppress(InvalidOperation):
        return Decimal(text)
    return None


def paths_in(value: Any) -> Iterator[tuple[str, str]]:
    """(path, value as short JSON) for every field of a JSON object, in its order; of a list only the first element."""
    yield from _paths("", value)


def _paths(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _paths(_joined(path, name), inner)
    elif isinstance(value, list) and value:
        yield from _paths(f"{path}.*", value[0])
    elif path:
        yield path, _shown(value)


def _joined(path: str, name: str) -> str:
    if steps_of(name) == (name,):
        return f"{path}.{name}" if path else name
    return f"{path}[{json.dumps(name, ensure_ascii=False)}]"


def _step(match: re.Match[str]) -> Any:
    if match["any"] or match["each"]:
        return ANY
    return json.loads(match["quoted"]) if match["quoted"] else match["name"] or match["index"]


def _walk(value: Any, steps: tuple[Any, ...]) -> list[Any]:
    found = [value]
    for step in steps:
        if step is ANY:
            lists = (each for each in found if isinstance(each, list))
            found = list(islice(chain.from_iterable(lists), MAX_ELEMENTS))
            continue
        index = _index(step)
        found = [
            each[step] if isinstance(each, dict) else each[index]
            for each in found
            if (step in each if isinstance(each, dict) else isinstance(each, list) and index < len(each))
        ]
    return found


@lru_cache(4096)
def _index(step: str) -> int:
    """The list index of a step; one beyond the end of any list when the step is not a number."""
    return int(step) if re.fullmatch("[0-9]{1,9}", step) else sys.maxsize


def _scalars(values: Iterable[Any]) -> Scalars:
    texts: set[str] = set()
    numbers: set[Decimal] = set()
    words: set[bool | None] = set()
    for value in values:
        match value:
            case Number():
                if (known := number(value)) is not None:
                    numbers.add(known)
            case str():
                texts.add(value)
            case None | bool():
                words.add(value)
    return Scalars(frozenset(texts), frozenset(numbers), frozenset(words))


def _read(body: bytes, decoder: json.JSONDecoder) -> Any:
    try:
        return decoder.decode(body.decode("utf-8").removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return {}


def _unread(number: str) -> None:
    """``None`` in place of a number."""


def _no_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _with_numbers() -> json.JSONDecoder:
    number = _Spelled().__getitem__
    return json.JSONDecoder(parse_int=number, parse_float=number, parse_constant=_no_json)


# Created once, because creating a decoder costs as much as parsing a small body.
_WITHOUT_NUMBERS = json.JSONDecoder(parse_int=_unread, parse_float=_unread, parse_constant=_no_json)


def _shown(value: Any) -> str:
    match value:
        case dict() | list():
            text = "{…}" if isinstance(value, dict) else "[…]"
        case Number():
            text = str.__str__(value)
        case str():
            text = json.dumps(_HALF.sub("�", value[: MAX_SHOWN_CHARACTERS + 1]), ensure_ascii=False)
        case _:
            text = json.dumps(value)
    return text if len(text) <= MAX_SHOWN_CHARACTERS else text[:MAX_SHOWN_CHARACTERS] + "…"
