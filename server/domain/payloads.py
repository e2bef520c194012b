"""An event's payload as rules look into it: read late, once and within bounds, and asked by path."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import islice
from typing import Any, NoReturn

MOST_LOOKED_AT = 1000
"""Elements that one ``*`` looks at, and values that a path with several of them leads to."""

LONGEST_SHOWN = 80

ANY = object()
"""The step ``*``: each element of a list."""

_STEP = re.compile(
    r'(?:^|(?<=.)\.)(?:(?P<name>[^.\[\]"\s*]+)|(?P<any>\*))'
    r'|\[(?:(?P<index>[0-9]+)|(?P<each>\*)|(?P<quoted>"(?:[^"\\]|\\.)*"))\]'
)
_HALF = re.compile("[\ud800-\udfff]")


class Number(str):
    """A number as its digits stand in the payload: reading a very long one takes long, and few are asked for."""

    __slots__ = ()


class Payload:
    """The body of an event. Numbers are ``Number``; of names that stand twice the last counts, as in ``JSON.parse``.

    A body that cannot be read is an empty object, so that no path leads anywhere.
    """

    __slots__ = ("_body", "_value")

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self._value: Any = None

    @property
    def value(self) -> Any:
        """The JSON value, read when it is first asked for."""
        if self._body is not None:
            self._value, self._body = _read(self._body), None
        return self._value

    def at(self, path: str) -> list[Any]:
        """What a path leads to: one value, none, or several where it has a ``*``."""
        found = [self.value]
        for step in steps_of(path) or (None,):
            found = list(islice((inner for value in found for inner in _inside(value, step)), MOST_LOOKED_AT))
        return found

    def shown_at(self, path: str) -> str | None:
        """The same as short JSON for people; ``None`` when the path leads nowhere."""
        found = self.at(path)
        return ", ".join([*map(_shown, found[:3]), *(["…"] if len(found) > 3 else [])]) if found else None


@lru_cache(4096)
def steps_of(path: str) -> tuple[Any, ...] | None:
    """The names along a path, and ``ANY``. ``None`` for text that is no path.

    Names are joined by dots; ``items.0`` or ``items[0]`` counts into a list, ``items.*`` or ``items[*]`` is each
    element of it, and ``metadata["a.b"]`` quotes an odd name. ``domain.changes`` writes paths like this, too.
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
    """A JSON number by its exact value; ``None`` for other text, and for exponents beyond 18 digits."""
    if not re.fullmatch(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", text):
        return None
    with suppress(InvalidOperation):
        return Decimal(text)
    return None


def paths_in(value: Any) -> Iterator[tuple[str, str]]:
    """(path, value as short JSON) of every field of a plain JSON object, in its order; lists by their first element."""
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


def _inside(value: Any, step: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        if step in value:
            yield value[step]
    elif isinstance(value, list):
        if step is ANY:
            yield from value[:MOST_LOOKED_AT]
        elif isinstance(step, str) and re.fullmatch("[0-9]{1,9}", step) and int(step) < len(value):
            yield value[int(step)]


def _read(body: bytes) -> Any:
    try:
        text = body.decode("utf-8").removeprefix("\ufeff")
        return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=_no_json)
    except (ValueError, RecursionError):
        return {}


def _no_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _shown(value: Any) -> str:
    match value:
        case dict() | list():
            text = "{…}" if isinstance(value, dict) else "[…]"
        case Number():
            text = str.__str__(value)
        case str():
            text = json.dumps(_HALF.sub("�", value[: LONGEST_SHOWN + 1]), ensure_ascii=False)
        case _:
            text = json.dumps(value)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
