"""How real events differ from the event catalog: fields, types and event types that it does not know.

Only names of fields and JSON types are looked at, never values. Names that may be values, such as the keys of
``metadata``, count as ``*``.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from server.domain.catalog import EVENT_TYPES
from server.domain.ids import Millis

MAX_PATHS = 2_000
"""Most paths that are kept of an event type."""
MAX_EVENT_TYPES = 300
"""Most event types that are kept."""
MAX_VALUES = 5_000
"""Most values that are looked at in one event."""
MAX_DEPTH = 12
MAX_KEYS = 200
"""An object with more keys has no fields, but names in their place."""
ANY_KEY = "*"

_FIELD_NAME = re.compile(r"(?!.*[0-9]{4})[A-Za-z_$][A-Za-z0-9_$-]{0,63}")
"""A key that is no id, e-mail address or the like."""
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}

Fields = Mapping[str, frozenset[str]]
"""Path, such as ``data.product_cart[].sku`` → JSON types; ``integer`` is a type of its own."""


@dataclass(frozen=True, slots=True)
class ObservedField:
    """A field that real events had."""

    types: frozenset[str]
    events: int
    """In how many of the observed events."""
    first_at: Millis


@dataclass(frozen=True, slots=True)
class Observation:
    """What the observed events of one type had."""

    event_type: str
    events: int
    fields: Mapping[str, ObservedField]
    first_at: Millis
    last_at: Millis


class DriftKind(StrEnum):
    """What differs. A new field is information, the others are warnings."""

    NEW_FIELD = "new field"
    CHANGED_TYPE = "changed type"
    NEW_EVENT_TYPE = "new event type"


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference."""

    kind: DriftKind
    event_type: str
    path: str
    """Empty for an event type."""
    types: tuple[str, ...]
    """The JSON types that were seen and that the catalog does not have for this path."""
    expected: tuple[str, ...]
    """Those that it has; empty for a new field."""
    events: int
    """In how many of the observed events the field was."""
    first_at: Millis

    @property
    def is_warning(self) -> bool:
        return self.kind is not DriftKind.NEW_FIELD


def fields_of(event_type: str, body: bytes) -> Fields | None:
    """The fields of one event; ``None`` when it is no JSON object."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    known = EVENT_TYPES.get(event_type)
    found: dict[str, set[str]] = {}
    waiting: list[tuple[str, Any, Mapping[str, Any] | None, int]] = [("", value, known.schema if known else None, 0)]
    left = MAX_VALUES
    while waiting and left > 0:
        path, each, schema, depth = waiting.pop()
        left -= 1
        if path:
            if path not in found and len(found) >= MAX_PATHS:
                continue
            found.setdefault(path, set()).add("null" if each is None else _TYPES[type(each)])
        if depth >= MAX_DEPTH or not isinstance(each, dict | list):
            continue
        if isinstance(each, list):
            items = schema.get("items") if schema else None
            waiting.extend((f"{path}[]", item, items, depth + 1) for item in each[:MAX_KEYS])
            continue
        is_map = len(each) > MAX_KEYS or _is_map(schema)
        fields = (schema or {}).get("properties", {})
        for key in list(each)[:MAX_KEYS]:
            name = key if key in fields or (not is_map and _FIELD_NAME.fullmatch(key)) else ANY_KEY
            waiting.append((f"{path}.{name}" if path else name, each[key], fields.get(name), depth + 1))
    return {path: frozenset(types) for path, types in found.items()}


def added(before: Observation | None, event_type: str, events: Iterable[Fields], now: Millis) -> Observation:
    """The observation with further events."""
    fields = dict(before.fields) if before else {}
    count = before.events if before else 0
    for each in events:
        count += 1
        for path, types in each.items():
            known = fields.get(path)
            if known:
                fields[path] = ObservedField(known.types | types, known.events + 1, known.first_at)
            elif len(fields) < MAX_PATHS:
                fields[path] = ObservedField(types, 1, now)
    return Observation(event_type, count, fields, before.first_at if before else now, now)


def drifts(observation: Observation) -> tuple[Drift, ...]:
    """What the catalog does not know, warnings first."""
    name = observation.event_type
    event_type = EVENT_TYPES.get(name)
    if event_type is None:
        new = Drift(DriftKind.NEW_EVENT_TYPE, name, "", (), (), observation.events, observation.first_at)
        return (new,)
    known = _known_fields(name)
    found: list[Drift] = []
    for path, field in sorted(observation.fields.items()):
        expected = known.get(path)
        if expected is None:
            if ANY_KEY not in path:
                kind, types = DriftKind.NEW_FIELD, tuple(sorted(field.types))
                found.append(Drift(kind, name, path, types, (), field.events, field.first_at))
        elif strange := field.types - expected:
            kind, types = DriftKind.CHANGED_TYPE, tuple(sorted(strange))
            allowed = tuple(sorted(expected - {"integer"} if "number" in expected else expected))
            found.append(Drift(kind, name, path, types, allowed, field.events, field.first_at))
    return tuple(sorted(found, key=lambda drift: not drift.is_warning))


@dataclass(frozen=True, slots=True)
class DriftCounts:
    """How many fields of an event type are new or have another type."""

    new: int = 0
    changed: int = 0


def counts(found: Iterable[Drift]) -> dict[str, DriftCounts]:
    """By event type; those without a difference, and those that the catalog lacks, are left out."""
    made: dict[str, DriftCounts] = {}
    for drift in found:
        before = made.get(drift.event_type, DriftCounts())
        match drift.kind:
            case DriftKind.NEW_FIELD:
                made[drift.event_type] = DriftCounts(before.new + 1, before.changed)
            case DriftKind.CHANGED_TYPE:
                made[drift.event_type] = DriftCounts(before.new, before.changed + 1)
    return made


@cache
def _known_fields(event_type: str) -> Mapping[str, frozenset[str]]:
    """Every path that the catalog has of an event type, with its JSON types. Keys of maps have no path."""
    found: dict[str, frozenset[str]] = {}
    waiting: list[tuple[str, Mapping[str, Any]]] = [("", EVENT_TYPES[event_type].schema)]
    while waiting:
        path, each = waiting.pop()
        if path:
            types = {each["type"]} if isinstance(each["type"], str) else set(each["type"])
            found[path] = frozenset(types | {"integer"} if "number" in types else types)
        waiting.extend((f"{path}.{name}" if path else name, one) for name, one in each.get("properties", {}).items())
        if "items" in each:
            waiting.append((f"{path}[]", each["items"]))
    return found


def _is_map(schema: Mapping[str, Any] | None) -> bool:
    return bool(schema and "additionalProperties" in schema)
