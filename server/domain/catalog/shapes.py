"""How the catalogue is written: a field is named once, and its JSON Schema and its sample value come from that line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

BUSINESS = "bus_K7mQ2vXw9LtRzYc4HdNpB"


@dataclass(frozen=True, slots=True)
class EventType:
    name: str
    """Such as ``payment.succeeded``."""
    group: str
    """The part before the dot, such as ``payment``."""
    description: str
    """One English sentence that says when the event is sent."""
    payload_type: str
    """What ``data.payload_type`` holds, such as ``Payment``."""
    schema: Mapping[str, Any]
    """JSON Schema 2020-12 of the whole body. Objects are open, since Dodo adds fields."""
    sample: Mapping[str, Any]
    """A whole body: ``{business_id, type, timestamp, data}``. Parts are shared between samples: never change one."""


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    title: str
    description: str
    event_types: tuple[EventType, ...]


@dataclass(frozen=True, slots=True)
class Field:
    schema: Mapping[str, Any]
    example: Any
    """The value in the family's base sample."""
    required: bool = True

    def or_null(self) -> "Field":
        """The same field, which may also be ``null`` or missing."""
        schema = dict(self.schema)
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
        return Field(schema, self.example, required=False)

    def usually_null(self) -> "Field":
        """Like ``or_null``, and ``null`` in the family's base sample."""
        return replace(self.or_null(), example=None)

    def or_missing(self) -> "Field":
        """The same field, which some bodies lack."""
        return replace(self, required=False)


Fields = Mapping[str, Field]


def text(description: str, example: str | None = None, **rules: Any) -> Field:
    """Any string. ``rules`` are further keywords of JSON Schema, such as ``pattern``."""
    return Field({"type": "string", "description": description, **rules}, example)


def one_of(choices: Sequence[str], description: str, example: str | None = None) -> Field:
    return text(description, example, enum=list(choices))


def moment(description: str, example: str | None = None) -> Field:
    """A moment in UTC as ISO 8601 text, such as ``2026-02-03T04:05:06.789012Z``."""
    return text(description, example, format="date-time")


def currency(description: str, example: str | None = "USD") -> Field:
    """A currency by its three capitals. A pattern, since Dodo takes 145 of them and adds more."""
    return text(description, example, pattern="^[A-Z]{3}$")


def country(description: str, example: str | None = "US") -> Field:
    """A country by its two capitals."""
    return text(description, example, pattern="^[A-Z]{2}$")


def decimal(description: str, example: str | None = None) -> Field:
    """A number written as text, so that no digit is lost."""
    return text(description, example, pattern=r"^-?[0-9]+(\.[0-9]+)?$")


def integer(description: str, example: int | None = None) -> Field:
    return Field({"type": "integer", "description": description}, example)


def money(description: str, example: int | None = None) -> Field:
    """An amount in the smallest unit of its currency: cents for USD, yen for JPY, fils for KWD."""
    return integer(description, example)


def boolean(description: str, example: bool | None = None) -> Field:
    return Field({"type": "boolean", "description": description}, example)


def metadata(description: str, example: Mapping[str, str | float | bool]) -> Field:
    values = {"type": ["string", "number", "boolean"]}
    return Field({"type": "object", "description": description, "additionalProperties": values}, dict(example))


def nested(description: str, fields: Fields, /, **changes: Any) -> Field:
    """An object inside the body. ``changes`` replace values of its base sample."""
    return Field({**object_schema(fields), "description": description}, sample_of(fields, **changes))


def list_of(description: str, fields: Fields, examples: Sequence[Mapping[str, Any]] | None = ()) -> Field:
    """A list of objects; ``examples`` are the objects in the base sample, ``None`` for no list at all."""
    items = None if examples is None else list(examples)
    return Field({"type": "array", "description": description, "items": object_schema(fields)}, items)


def texts(description: str, examples: Sequence[str] = ()) -> Field:
    return Field({"type": "array", "description": description, "items": {"type": "string"}}, list(examples))


def object_schema(fields: Fields) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: field.schema for name, field in fields.items()},
        "required": [name for name, field in fields.items() if field.required],
    }


def sample_of(fields: Fields, /, **changes: Any) -> dict[str, Any]:
    """The base sample with some values replaced. Raises ValueError for a change that names no field."""
    if unknown := changes.keys() - fields.keys():
        raise ValueError(f"no such field: {', '.join(sorted(unknown))}")
    return {name: changes.get(name, field.example) for name, field in fields.items()}


@dataclass(frozen=True, slots=True)
class Payload:
    """What ``data`` looks like in one family of events."""

    type: str
    fields: Fields

    def event(self, name: str, description: str, at: str, /, **changes: Any) -> EventType:
        """One event type of the family. ``at`` is the sample's timestamp; ``changes`` replace values of its data."""
        data = {"payload_type": text("What the data describes.", self.type, const=self.type), **self.fields}
        envelope = {
            "business_id": text("The business that the event belongs to.", BUSINESS),
            "type": text("The event type.", name, const=name),
            "timestamp": moment("When the event happened.", at),
            "data": nested("What the event is about, as it stood when the event was sent.", data, **changes),
        }
        schema = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": name,
            "description": description,
            **object_schema(envelope),
        }
        return EventType(name, name.partition(".")[0], description, self.type, schema, sample_of(envelope))
