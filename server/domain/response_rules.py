"""How a destination's responses read: which are a success, which reject the event, and what they say.

A status alone does not tell. Some destinations respond 200 and reject the event in the body; a Google Apps Script
responds 302 after it did its work.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from server.domain.contract_schemas import MalformedContract, Pattern, Patterns, Schema, compiled
from server.domain.ids import Millis
from server.domain.messages import ReceivedResponse
from server.domain.readings import Reading, Reads
from server.domain.sentences import say

MAX_RULES = 50
MAX_WAITS = 10
MAX_MESSAGES = 10
MAX_MESSAGE = 300
"""Characters kept of the destination's own message."""
TOO_MANY = 429
WHOLE = "text"
"""Stands for the whole body among the places of a message."""

_MAX_PARTS = 5
"""Messages of one response that are joined."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\s]+")


class Unit(StrEnum):
    """The unit of a wait; ``epoch_…``: it is a time."""

    SECONDS = "s"
    MILLISECONDS = "ms"
    EPOCH_SECONDS = "epoch_s"
    EPOCH_MILLISECONDS = "epoch_ms"


@dataclass(frozen=True, slots=True)
class Statuses:
    """A set of statuses, such as 302, "2xx" or a list of them."""

    single: frozenset[int]
    classes: frozenset[int]

    def __contains__(self, status: int) -> bool:
        return status in self.single or status // 100 in self.classes


@dataclass(frozen=True, slots=True)
class Rule:
    statuses: Statuses | None
    headers: tuple[tuple[str, Pattern], ...]
    json: Schema | None
    text: Pattern | None
    reads: Reads
    retry: bool
    limited: bool
    message: tuple[str, ...]
    """Where the message is: JSON pointers, of which ``*`` stands for every entry, or ``text``."""
    meaning: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Where a response says how long to wait: in a header or in the body."""

    header: str
    pointer: str
    unit: Unit


@dataclass(slots=True)
class _Body:
    """The body of a response, parsed when a rule needs it."""

    response: ReceivedResponse
    _text: str | None = None
    _parsed: tuple[object] | None = field(default=None)

    @property
    def text(self) -> str:
        if self._text is None:
            self._text = self.response.body.decode("utf-8", "replace")
        return self._text

    @property
    def json(self) -> tuple[object] | None:
        """The parsed body in a tuple; ``None`` if it is no JSON."""
        if self._parsed is None:
            try:
                self._parsed = (json.loads(self.text.encode("utf-8", "replace")),)
            except (ValueError, RecursionError):
                self._parsed = ()  # type: ignore[assignment]
        return self._parsed or None


@dataclass(frozen=True, slots=True)
class ResponseRules:
    rules: tuple[Rule, ...] = ()
    waits: tuple[Wait, ...] = ()

    def read(self, response: ReceivedResponse, now: Millis, mask: Callable[[str], str] = str) -> Reading:
        """What a response means. The first rule that matches counts; without one, 2xx is a success.

        ``now`` is when it arrived, which a wait until a time needs; ``mask`` masks secrets in the message.
        """
        body, headers = _Body(response), _lower(response)
        rule = next((one for one in self.rules if _matches(one, response.status, headers, body)), None)
        if rule is None:
            limited = response.status == TOO_MANY
            reads = Reads.SUCCESS if 200 <= response.status < 300 else Reads.REJECTED
            return Reading(reads, limited=limited, wait_ms=self._wait(headers, body, now) if limited else None)
        if rule.reads is Reads.SUCCESS:
            return Reading(Reads.SUCCESS)
        limited = rule.limited or response.status == TOO_MANY
        return Reading(
            Reads.REJECTED,
            retry=rule.retry or limited,
            limited=limited,
            message=_message(rule.message, body, mask),
            meaning=rule.meaning,
            wait_ms=self._wait(headers, body, now) if limited else None,
        )

    def _wait(self, headers: Mapping[str, str], body: _Body, now: Millis) -> Millis | None:
        """The longest wait that the response asks for; ``None`` if it asks for none."""
        waits = [_asked(wait, headers, body, now) for wait in self.waits]
        return max((wait for wait in waits if wait is not None), default=None)


def parse_rules(contract: Mapping[str, Any], patterns: Patterns) -> ResponseRules:
    """The rules in a contract. Raises ``MalformedContract``."""
    rules = _items(contract, "responses", MAX_RULES)
    waits = _items(contract, "waits", MAX_WAITS)
    return ResponseRules(
        tuple(_rule(one, f"responses[{index}]", patterns) for index, one in enumerate(rules)),
        tuple(_wait(one, f"waits[{index}]") for index, one in enumerate(waits)),
    )


def statuses(value: object, path: str) -> Statuses:
    """A status, a class of them such as "2xx", or a list. Raises ``MalformedContract``."""
    single, classes = set(), set()
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, int) and not isinstance(one, bool) and 100 <= one <= 599:
            single.add(one)
        elif isinstance(one, str) and re.fullmatch(r"[1-5]xx", one):
            classes.add(int(one[0]))
        else:
            raise MalformedContract(path, say("must be a status, such as 400 or 2xx, or a list of them."))
    return Statuses(frozenset(single), frozenset(classes))


def at_pointer(value: object, pointer: str) -> Iterator[object]:
    """The values at a JSON pointer, in which ``*`` stands for every entry of a list or an object."""
    found = [value]
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        found = [inner for one in found for inner in _inner(one, name)][:1000]
    yield from found


def _inner(value: object, name: str) -> Iterator[object]:
    match value:
        case dict() if name in value:
            yield value[name]
        case dict() if name == "*":
            yield from value.values()
        case list() if name == "*":
            yield from value
        case list() if name.isascii() and name.isdecimal() and len(name) < 6 and int(name) < len(value):
            yield value[int(name)]


def one_line(text: str) -> str:
    """The text without control characters and line breaks, at most ``MAX_MESSAGE`` characters."""
    line = _CONTROL.sub(" ", text[: MAX_MESSAGE * 20]).strip()
    return line if len(line) <= MAX_MESSAGE else line[: MAX_MESSAGE - 1].rstrip() + "…"


def _matches(rule: Rule, status: int, headers: Mapping[str, str], body: _Body) -> bool:
    if rule.statuses is not None and status not in rule.statuses:
        return False
    if any(name not in headers or not pattern.matches(headers[name]) for name, pattern in rule.headers):
        return False
    if rule.text is not None and not rule.text.matches(body.text):
        return False
    if rule.json is None:
        return True
    parsed = body.json
    return parsed is not None and is_valid(rule.json, parsed[0])


def is_valid(schema: Schema, value: object) -> bool:
    """Whether a schema accepts a value that came from outside, in which anything may be."""
    try:
        return schema.is_valid(value)
    except (UnicodeEncodeError, ValueError, RecursionError):
        return False  # a lone surrogate, for example, which no text of a contract can mean


def _message(places: tuple[str, ...], body: _Body, mask: Callable[[str], str]) -> str:
    for place in places:
        if place == WHOLE:
            found = [body.text]
        else:
            parsed = body.json
            found = [_as_text(one) for one in at_pointer(parsed[0], place)] if parsed else []
        # Mask before cutting, so that no half of a secret is left.
        lines = [one_line(mask(text)) for text in dict.fromkeys(found) if text.strip()][:_MAX_PARTS]
        if any(lines):
            return one_line("; ".join(line for line in lines if line))
    return ""


def _as_text(value: object) -> str:
    match value:
        case str():
            return value
        case None | bool():
            return ""
        case int() | float():
            return str(value)
        case list():
            return "; ".join(
                text for one in value[:_MAX_PARTS] if not isinstance(one, list) and (text := _as_text(one))
            )
        case _:
            return json.dumps(value, ensure_ascii=False)


def _asked(wait: Wait, headers: Mapping[str, str], body: _Body, now: Millis) -> Millis | None:
    if wait.header:
        value: object = headers.get(wait.header, "").strip()
    else:
        parsed = body.json
        value = next(at_pointer(parsed[0], wait.pointer), None) if parsed else None
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        return None
    if number is None or not 0 < number < 1e15:
        return None
    match wait.unit:
        case Unit.SECONDS:
            asked = number * 1000
        case Unit.MILLISECONDS:
            asked = number
        case Unit.EPOCH_SECONDS:
            asked = number * 1000 - now
        case Unit.EPOCH_MILLISECONDS:
            asked = number - now
    return -int(-asked // 1) if asked > 0 else None


def _lower(response: ReceivedResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in reversed(response.headers)}  # the first of a name counts


def _items(contract: Mapping[str, Any], key: str, limit: int) -> list[Any]:
    items = contract.get(key, [])
    if not isinstance(items, list):
        raise MalformedContract(key, say("must be a list."))
    if len(items) > limit:
        raise MalformedContract(key, say("has more than {limit} entries.", limit=limit))
    return items


_RULE = frozenset({"status", "header", "json", "text", "is", "retry", "limited", "message", "say", "$comment"})


def _rule(rule: object, path: str, patterns: Patterns) -> Rule:
    if not isinstance(rule, dict):
        raise MalformedContract(path, say("must be an object."))
    for key in rule.keys() - _RULE:
        raise MalformedContract(f"{path}.{key}", say("is not a key that contracts know."))
    if rule.get("is") not in list(Reads):
        raise MalformedContract(f"{path}.is", say("must be success or rejected."))
    for key in ("retry", "limited"):
        if not isinstance(rule.get(key, False), bool):
            raise MalformedContract(f"{path}.{key}", say("must be true or false."))
    headers = rule.get("header", {})
    if not isinstance(headers, dict):
        raise MalformedContract(f"{path}.header", say("must be an object."))
    messages = rule.get("message", [])
    if not isinstance(messages, list) or len(messages) > MAX_MESSAGES or not all(_is_place(one) for one in messages):
        raise MalformedContract(f"{path}.message", say("must be a list of JSON pointers, or text."))
    if not isinstance(rule.get("say", ""), str):
        raise MalformedContract(f"{path}.say", say("must be text."))
    return Rule(
        statuses=statuses(rule["status"], f"{path}.status") if "status" in rule else None,
        headers=tuple(
            (name.lower(), patterns.compiled(pattern, f"{path}.header.{name}")) for name, pattern in headers.items()
        ),
        json=compiled(rule["json"], f"{path}.json", patterns) if "json" in rule else None,
        text=patterns.compiled(rule["text"], f"{path}.text") if "text" in rule else None,
        reads=Reads(rule["is"]),
        retry=rule.get("retry", True),
        limited=rule.get("limited", False),
        message=tuple(messages),
        meaning=rule.get("say", ""),
    )


def _wait(wait: object, path: str) -> Wait:
    if not isinstance(wait, dict) or wait.keys() - {"header", "json", "unit", "$comment"}:
        raise MalformedContract(path, say("must have header or json, and unit."))
    header, pointer = wait.get("header", ""), wait.get("json", "")
    if not isinstance(header, str) or not isinstance(pointer, str) or bool(header) is bool(pointer):
        raise MalformedContract(path, say("must have header or json, and unit."))
    if pointer and not _is_place(pointer):
        raise MalformedContract(f"{path}.json", say("must be a JSON pointer."))
    if wait.get("unit") not in list(Unit):
        raise MalformedContract(f"{path}.unit", say("must be one of {units}.", units=", ".join(Unit)))
    return Wait(header.lower(), pointer, Unit(wait["unit"]))


def _is_place(place: object) -> bool:
    return isinstance(place, str) and len(place) <= 300 and (place == WHOLE or place.startswith("/"))
