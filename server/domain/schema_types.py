"""JSON Schemas as TypeScript, for the editor: what an event holds, and what a destination accepts.

An own card's schema may be large or odd, so the text has a limit; what does not fit, or what TypeScript cannot say,
is ``any``. A type never refuses what its schema allows.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MAX_TEXT = 400_000
"""Characters of all interfaces together."""
MAX_DEPTH = 24
MAX_VARIANTS = 24
"""Alternatives of one schema; with more, its conditions are left out."""
MAX_NOTE = 600
"""Characters of a description."""

_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_REF = "#/$defs/"
_OBJECT_WORDS = ("properties", "required", "additionalProperties", "propertyNames", "minProperties", "maxProperties")
_ARRAY_WORDS = ("items", "prefixItems", "minItems", "maxItems", "contains")
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_LIMITS = ("pattern", "minLength", "maxLength", "maxBytes", "minimum", "maximum", "minItems", "maxItems", "format")

Schema = Mapping[str, Any] | bool


@dataclass(slots=True)
class SchemaTypes:
    """Writes interfaces; equal schemas share one."""

    words: Callable[[str], str] = str
    """Translates a description."""
    defs: Mapping[str, Any] = field(default_factory=dict)
    lenient: bool = False
    """Any scalar may stand for a text, as in a form-encoded body."""
    open: bool = True
    """Objects may have further properties, unless their schema forbids it."""
    declarations: list[str] = field(default_factory=list)
    _known: dict[str, str] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)
    _size: int = 0

    def of(self, schema: Schema, name: str, example: Any = None, depth: int = 0) -> str:
        """The type of what a schema allows. ``name``: what an interface is called if one is made."""
        if depth > MAX_DEPTH or self._size > MAX_TEXT:
            return "any"
        found = dict.fromkeys(
            one for variant in self._variants(schema, depth) for one in self._plain(variant, name, example, depth)
        )
        return "any" if "any" in found else " | ".join(found) or "never"

    def _plain(self, schema: Schema, name: str, example: Any, depth: int) -> list[str]:
        """The types of a schema without alternatives."""
        if isinstance(schema, bool):
            return ["any" if schema else "never"]
        if "enum" in schema:
            refused = schema.get("notEnum", ())
            return [_literal(one) for one in schema["enum"] if one not in refused]
        kinds = schema.get("type")
        if kinds is None:
            kinds = _kind_of(schema)
        if kinds is None:
            return ["any"]
        return [self._kind(kind, schema, name, example, depth) for kind in _listed(kinds)]

    def _kind(self, kind: str, schema: Mapping[str, Any], name: str, example: Any, depth: int) -> str:
        if kind == "object":
            return self._object(schema, name, example, depth)
        if kind == "array":
            first = example[0] if isinstance(example, list) and example else None
            items = schema.get("items", True) if "prefixItems" not in schema else True
            return f"Array<{self.of(items, name, first, depth + 1)}>"
        if self.lenient and kind in ("string", "integer", "number", "boolean"):
            return "string | number | boolean"
        return _PLAIN.get(kind, "any")

    def _object(self, schema: Mapping[str, Any], name: str, example: Any, depth: int) -> str:
        properties = schema.get("properties", {})
        others = schema.get("additionalProperties", schema.get("unevaluatedProperties", True))
        if not properties:
            inner = "never" if others is False else self.of(others, name, None, depth + 1)
            return f"{{ [name: string]: {inner} }}"
        key = json.dumps(schema, sort_keys=True, default=str)
        if key in self._known:
            return self._known[key]
        name = self._known[key] = self._free(name)
        required = set(schema.get("required", ()))
        values = example if isinstance(example, Mapping) else {}
        lines = []
        for each, inner in properties.items():
            typed = self.of(inner, name + _camel(each), values.get(each), depth + 1)
            mark = "" if each in required else "?"
            lines.append(f"{self._note(inner, values.get(each))}{property_name(each)}{mark}: {typed};")
        if self.open and others is not False:
            lines.append("[name: string]: any;")
        self._add(interface(name, lines))
        return name

    def _add(self, text: str) -> None:
        self._size += len(text)
        self.declarations.append(text)

    def _free(self, name: str) -> str:
        name = re.sub(r"\W", "", name)[:80] or "Value"
        number, wanted = 2, name
        while name in self._names:
            name, number = f"{wanted}{number}", number + 1
        self._names.add(name)
        return name

    def _note(self, schema: Schema, example: Any) -> str:
        """The comment of a property: its description or hint, its limits, an example."""
        if isinstance(schema, bool):
            return ""
        whole = self._with_refs(schema)
        lines = [self.words(whole[key]) for key in ("description", "hint") if isinstance(whole.get(key), str)]
        limits = [f"{key}: {whole[key]}" for key in _LIMITS if isinstance(whole.get(key), str | int)]
        if limits:
            lines.append(", ".join(limits))
        if example is not None and not isinstance(example, Mapping | list):
            lines.append("@example " + json.dumps(example, ensure_ascii=False))
        return comment(lines)

    def _with_refs(self, schema: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
        name = str(schema.get("$ref", "")).removeprefix(_REF)
        target = self.defs.get(name) if "$ref" in schema else None
        if not isinstance(target, Mapping) or depth > MAX_DEPTH:
            return {key: value for key, value in schema.items() if key != "$ref"}
        own = {key: value for key, value in schema.items() if key != "$ref"}
        return (
            {**self._with_refs(target, depth + 1), **own}
            if not own.keys() & target.keys()
            else {
                "allOf": [*own.get("allOf", ()), target],
                **{key: value for key, value in own.items() if key != "allOf"},
            }
        )

    def _variants(self, schema: Schema, depth: int) -> list[Schema]:
        """The alternatives of a schema, each without ``allOf``, ``anyOf``, ``oneOf``, ``if`` and references."""
        whole = self._expanded(schema, depth)
        if len(whole) <= MAX_VARIANTS:
            return whole
        return self._expanded(_without_conditions(schema), depth) if isinstance(schema, Mapping) else whole

    def _expanded(self, schema: Schema, depth: int) -> list[Schema]:
        if isinstance(schema, bool) or not isinstance(schema, Mapping):
            return [schema if isinstance(schema, bool) else True]
        if depth > MAX_DEPTH or schema.get("severity") == "warning":  # what it says is not refused
            return [True]
        schema = self._with_refs(schema)
        if schema.get("not") in ({}, True):
            return [False]
        base = {key: value for key, value in schema.items() if key not in _COMBINED}
        if "const" in base:
            base["enum"] = [base.pop("const")]
        found: list[Schema] = [base]
        for each in schema.get("allOf", ()):
            found = _crossed(found, self._expanded(each, depth + 1))
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                found = _crossed(found, [one for each in schema[keyword] for one in self._expanded(each, depth + 1)])
        if "if" in schema and (tests := _condition(schema["if"])) is not None:
            then = _crossed([tests[0]], self._expanded(schema.get("then", True), depth + 1))
            otherwise = _crossed([tests[1]], self._expanded(schema.get("else", True), depth + 1))
            found = _crossed(found, [*then, *otherwise])
        return found[: MAX_VARIANTS * 4]


_COMBINED = frozenset({"allOf", "anyOf", "oneOf", "if", "then", "else", "not", "$defs"})


def _crossed(left: Sequence[Schema], right: Sequence[Schema]) -> list[Schema]:
    both = [_merged(one, other) for one in left[: MAX_VARIANTS * 2] for other in right[: MAX_VARIANTS * 2]]
    return [one for one in both if not _is_impossible(one)] or [False]


def _merged(left: Schema, right: Schema) -> Schema:
    """What both schemas allow."""
    if isinstance(left, bool) or isinstance(right, bool):
        if left is False or right is False:
            return False
        return right if left is True else left
    made = {**right, **left}
    if "enum" in left and "enum" in right:
        made["enum"] = [one for one in left["enum"] if one in right["enum"]]
    if "notEnum" in left or "notEnum" in right:
        made["notEnum"] = [*left.get("notEnum", ()), *right.get("notEnum", ())]
    if "type" in left and "type" in right:
        made["type"] = [one for one in _listed(left["type"]) if one in _listed(right["type"])] or _listed(left["type"])
    if "required" in left or "required" in right:
        made["required"] = [*left.get("required", ()), *right.get("required", ())]
    for key in ("items", "additionalProperties", "unevaluatedProperties"):
        if key in left and key in right:
            made[key] = False if left[key] is False or right[key] is False else {"allOf": [left[key], right[key]]}
    if "properties" in left and "properties" in right:
        made["properties"] = dict(left["properties"])
        for name, schema in right["properties"].items():
            known = made["properties"].get(name)
            made["properties"][name] = schema if known is None else _both(known, schema)
    return made


def _both(left: Schema, right: Schema) -> Schema:
    if isinstance(left, bool) or isinstance(right, bool):
        return _merged(left, right)
    if _is_flat(left) and _is_flat(right):
        return _merged(_flat(left), _flat(right))
    return {"allOf": [left, right], **{key: one[key] for one in (right, left) for key in ("hint",) if key in one}}


def _is_flat(schema: Mapping[str, Any]) -> bool:
    return not schema.keys() & (_COMBINED | {"$ref"})


def _flat(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "const" not in schema:
        return schema
    return {**{key: value for key, value in schema.items() if key != "const"}, "enum": [schema["const"]]}


def _is_impossible(schema: Schema) -> bool:
    """Whether nothing fits, because a required property has no value left."""
    if isinstance(schema, bool):
        return not schema
    required = set(schema.get("required", ()))
    return any(name in required and _has_no_value(one) for name, one in schema.get("properties", {}).items())


def _has_no_value(schema: Schema) -> bool:
    if isinstance(schema, bool):
        return not schema
    if "enum" not in schema or not _is_flat(schema):
        return False
    return not [one for one in schema["enum"] if one not in schema.get("notEnum", ())]


def _condition(test: Any) -> tuple[Schema, Schema] | None:
    """What an ``if`` says when it holds and when not; ``None`` when TypeScript cannot say it."""
    if not isinstance(test, Mapping):
        return None
    if test.keys() == {"not"}:
        inner = _condition(test["not"])
        return None if inner is None else (inner[1], inner[0])
    if not test.keys() <= {"properties", "required"}:
        return None
    values = {name: _values(schema) for name, schema in test.get("properties", {}).items()}
    if any(one is None for one in values.values()):
        return None
    required = test.get("required", [])
    if not values and len(required) == 1:
        return {"required": required}, {"properties": {required[0]: False}}
    if len(values) != 1 or not set(required) <= values.keys():
        return None
    ((name, allowed),) = values.items()
    holds = {"required": required, "properties": {name: {"enum": allowed}}}
    return holds, {"properties": {name: {"notEnum": allowed}}}


def _values(schema: Any) -> list[Any] | None:
    if isinstance(schema, Mapping) and schema.keys() == {"const"}:
        return [schema["const"]]
    if isinstance(schema, Mapping) and schema.keys() == {"enum"}:
        return list(schema["enum"])
    return None


def _without_conditions(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in schema.items() if key not in ("allOf", "anyOf", "oneOf", "if")}


def _kind_of(schema: Mapping[str, Any]) -> str | None:
    if any(word in schema for word in _OBJECT_WORDS):
        return "object"
    return "array" if any(word in schema for word in _ARRAY_WORDS) else None


def _listed(kinds: Any) -> list[str]:
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _literal(value: Any) -> str:
    return "any" if isinstance(value, Mapping | list | float) else json.dumps(value)


def _camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"\W|_", name))


def property_name(name: str) -> str:
    return name if _IDENTIFIER.fullmatch(name) else json.dumps(name)


def interface(name: str, lines: Iterable[str], generic: str = "") -> str:
    return f"interface {name}{generic} {{\n" + "".join(f"{line}\n" for line in lines) + "}\n"


def comment(lines: Sequence[str]) -> str:
    """A JSDoc comment; nothing for no lines."""
    text = "\n".join(line[:MAX_NOTE] for line in lines).replace("\r", "").replace("*/", "* /")
    return f"/** {text} */\n" if text else ""
