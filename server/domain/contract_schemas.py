"""The JSON Schemas of a contract: which keywords they may use, how they are compiled, and what stands beside a keyword.

A person's own card may be hostile, so a schema is refused before it is compiled if it could take long: keywords are
from a list, references lead to ``$defs`` and never in a circle, and both the nodes and the regular expressions are
counted. Regular expressions run in linear time.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from jsonschema_rs import Draft202012Validator, EmailOptions, RegexOptions, ValidationError

from server.domain.ids import Millis
from server.domain.sentences import Sentence, say

MAX_PATTERN = 1000
"""Characters of a regular expression."""
MAX_PATTERNS = 500
MAX_NODES = 20_000
"""Nodes of a schema, with each reference counted as what it leads to."""
MAX_DEPTH = 48

_PATTERN_BYTES = 256 * 1024
"""The most memory that a compiled regular expression takes."""

_ONE = frozenset(
    {
        "items", "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "contains", "propertyNames",
        "not", "if", "then", "else",
    }
)  # fmt: skip
"""Keywords whose value is a schema."""
_NAMED = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs"})
"""Keywords whose value is an object of schemas."""
_LISTED = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
"""Keywords whose value is a list of schemas."""
_PLAIN = frozenset(
    {
        "type", "enum", "const", "required", "dependentRequired", "minProperties", "maxProperties", "minContains",
        "maxContains", "minItems", "maxItems", "uniqueItems", "minLength", "maxLength", "pattern", "format", "minimum",
        "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "$ref", "$schema", "$comment", "title",
        "description", "default", "examples", "severity", "hint", "fix",
    }
)  # fmt: skip
FORMATS = ("email", "uri", "date-time", "date", "uuid")
CONVERSIONS = ("string", "integer", "array", "milliseconds", "lowercase", "underscores")
UNITS = {"s": 1_000, "ms": 1, "us": 0.001}
_REF = "#/$defs/"


class MalformedContract(ValueError):
    """A contract cannot be used. ``path`` is the key, such as ``calls[0].body``; ``sentence`` says what is wrong."""

    def __init__(self, path: str, sentence: Sentence) -> None:
        super().__init__(f"{path} {sentence}" if path else str(sentence))
        self.path = path
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Fix:
    """How a wrong property is mended: ``fix`` in ``contract.json``."""

    value: Any = None
    """Set the property to this, unless one of the other fields says otherwise."""
    move_to: str = ""
    """With ``value``: the old value goes to this sibling, if the object has none."""
    rename_to: str | None = None
    remove: bool = False
    convert: str | None = None
    """One of ``CONVERSIONS``."""

    def as_data(self) -> dict[str, Any]:
        """The fix as it is written in a contract."""
        written = {
            "value": self.value, "move_to": self.move_to, "rename_to": self.rename_to, "remove": self.remove,
            "convert": self.convert,
        }  # fmt: skip
        return {name: value for name, value in written.items() if value not in (None, "", False)}

    @staticmethod
    def of(data: object) -> "Fix":
        """The fix from its data. Raises ``ValueError``."""
        if not isinstance(data, dict) or not data:
            raise ValueError("fix")
        if data.keys() - {"value", "move_to", "rename_to", "remove", "convert"}:
            raise ValueError("fix")
        fix = Fix(**data)
        texts = all(isinstance(text, str) for text in (fix.move_to, fix.rename_to or "", fix.convert or ""))
        if not texts or not isinstance(fix.remove, bool) or (fix.convert and fix.convert not in CONVERSIONS):
            raise ValueError("fix")
        return fix


@dataclass(frozen=True, slots=True)
class Annotations:
    """What stands beside the keyword that failed, or at the nodes around it."""

    warning: bool = False
    hint: str = ""
    fix: Fix | None = None


@dataclass(slots=True)
class Clock:
    """The time that ``timeWithin`` compares with. Set before each use of a schema."""

    now: Millis = 0


@dataclass(frozen=True)
class Schema:
    """A schema that is known to be valid, and is compiled when it is first used."""

    root: Any
    """The schema as data, ``$defs`` included."""
    compile: Callable[[], Draft202012Validator]
    clock: Clock

    @cached_property
    def validator(self) -> Draft202012Validator:
        return self.compile()

    def is_valid(self, value: object, now: Millis = 0) -> bool:
        self.clock.now = now or _now()
        return self.validator.is_valid(value)

    def errors(self, value: object, now: Millis = 0) -> Iterator[ValidationError]:
        self.clock.now = now or _now()
        return self.validator.iter_errors(value)

    def node(self, path: Sequence[str | int]) -> Any:
        """The schema that contains the keyword at the end of an error's ``evaluation_path``."""
        return self._nodes(path)[-1][0]

    def annotations(self, error: ValidationError) -> Annotations:
        """The severity of the innermost node that has one; the hint and the fix of the nodes for the same value.

        A hint of a list counts for its entries too, but a hint of an object does not count for its fields.
        """
        warning, hint, fix = False, "", None
        for node, enters in self._nodes(error.evaluation_path):
            if enters:
                hint, fix = (hint if enters == "item" else ""), None
            if isinstance(node, dict):
                warning = node["severity"] == "warning" if "severity" in node else warning
                hint = node.get("hint", hint)
                fix = Fix.of(node["fix"]) if "fix" in node else fix
        return Annotations(warning, hint, fix)

    def _nodes(self, path: Sequence[str | int]) -> list[tuple[Any, str]]:
        """The schemas along a path, and whether each enters a field or an item of the value."""
        node, found, steps = self.root, [(self.root, "")], iter(path)
        for step in steps:
            if step == "$ref" and isinstance(node, dict):
                node, enters = self.root["$defs"][node["$ref"].removeprefix(_REF)], ""
            elif step in _NAMED and isinstance(node, dict):
                node, enters = node[step][next(steps)], "" if step == "dependentSchemas" else "field"
            elif step in _LISTED and isinstance(node, dict):
                index = next(steps, None)
                if index is None:  # the error of anyOf or oneOf itself
                    break
                node, enters = node[step][index], "item" if step == "prefixItems" else ""
            elif step in _ONE and isinstance(node, dict) and step in node:
                inner = node[step]
                if step in ("not", "contains") or (step.endswith("Properties") and inner is False):
                    break  # the error is the keyword's own
                node, enters = inner, _ENTERS.get(str(step), "")
            else:
                break
            found.append((node, enters))
        return found


_ENTERS = {
    "items": "item",
    "unevaluatedItems": "item",
    "additionalProperties": "field",
    "unevaluatedProperties": "field",
}


def compiled(schema: Any, path: str, patterns: "Patterns", *, defs: Mapping[str, Any] | None = None) -> Schema:
    """The schema, ready for use. ``defs``: definitions besides its own. Raises ``MalformedContract``."""
    if not isinstance(schema, dict | bool):
        raise MalformedContract(path, say("is not a JSON Schema."))
    if defs and isinstance(schema, dict):
        schema = {**schema, "$defs": {**defs, **schema.get("$defs", {})}}
    clock = Clock()
    compile_ = partial(_validator, schema, clock)
    if patterns.trusted:
        return Schema(schema, compile_, clock)
    _Checked(schema, path, patterns).check()
    try:
        compile_()
    except ValidationError as error:
        place = ".".join(str(step) for step in error.instance_path)
        raise MalformedContract(
            f"{path}.{place}" if place else path, say("is not valid: {reason}", reason=error.message[:200])
        ) from error
    return Schema(schema, compile_, clock)


def _validator(schema: Any, clock: Clock) -> Draft202012Validator:
    return Draft202012Validator(
        schema,
        validate_formats=True,
        pattern_options=RegexOptions(size_limit=_PATTERN_BYTES, dfa_size_limit=_PATTERN_BYTES),
        email_options=EmailOptions(allow_display_text=False),
        keywords={name: _with(clock, keyword) for name, keyword in _KEYWORDS.items()},
        offline=True,
    )


@dataclass(slots=True)
class Patterns:
    """Counts and compiles the regular expressions of one contract."""

    count: int = 0
    trusted: bool = False
    """Whether the contract is ours, so that tests have checked its schemas: no start needs to."""

    def check(self, text: object, path: str) -> str:
        if not isinstance(text, str):
            raise MalformedContract(path, say("must be text."))
        if len(text) > MAX_PATTERN:
            raise MalformedContract(path, say("is longer than {limit} characters.", limit=MAX_PATTERN))
        self.count += 1
        if self.count > MAX_PATTERNS:
            raise MalformedContract(
                path, say("is one regular expression too many: at most {limit} are allowed.", limit=MAX_PATTERNS)
            )
        return text

    def compiled(self, text: object, path: str, *, whole: bool = False) -> "Pattern":
        """The regular expression; ``whole``: it must match the whole text. Raises MalformedContract."""
        checked = self.check(text, path)
        try:
            validator = Draft202012Validator(
                {"pattern": f"^(?:{checked})$" if whole else checked},
                pattern_options=RegexOptions(size_limit=_PATTERN_BYTES, dfa_size_limit=_PATTERN_BYTES),
            )
        except ValidationError as error:
            raise MalformedContract(
                path, say("is not a regular expression without look-around and back-references.")
            ) from error
        return Pattern(validator, str(text))


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression that takes time in proportion to the text, whoever wrote it."""

    validator: Draft202012Validator
    text: str = ""
    """As the contract has it."""

    def matches(self, text: str) -> bool:
        return self.validator.is_valid(text)


def present(value: object, names: Sequence[str]) -> list[str]:
    """Those of the names that an object has with a value other than null."""
    return [name for name in names if value.get(name) is not None] if isinstance(value, dict) else []


def bytes_of(value: object) -> int:
    """UTF-8 bytes of a string, or of the compact JSON of anything else."""
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return len(text.encode("utf-8", "surrogatepass"))


def depth_of(value: object) -> int:
    """How deeply objects and lists are nested: 0 for a plain value, 1 for ``{}`` or a list of plain values."""
    depth, level = 0, [value]
    while level := [each for each in level if isinstance(each, dict | list)]:
        depth += 1
        level = [inner for each in level for inner in (each.values() if isinstance(each, dict) else each)]
    return depth


def moment_of(value: object, unit: str) -> Millis | None:
    """The time in a value; ``None`` when it is none."""
    if unit == "iso":
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            return None
        return round(moment.timestamp() * 1000) if moment and moment.tzinfo else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return round(value * UNITS[unit])


class _Keyword:
    """A keyword of ours. jsonschema-rs makes one for each use in a schema and asks it about each value there."""

    clock: Clock

    def __init__(self, parent: dict[str, Any], setting: Any, path: list[str | int]) -> None:
        self.setting = setting
        if not self.is_setting():
            raise ValueError(f"{path[-1] if path else ''} {setting!r}"[:200])

    def is_setting(self) -> bool:
        """Whether what the contract says is of the right kind."""
        return isinstance(self.setting, int) and not isinstance(self.setting, bool) and self.setting >= 0

    def fits(self, value: Any) -> bool:
        raise NotImplementedError

    def validate(self, value: Any) -> None:
        if not self.fits(value):
            raise ValueError


class _MaxBytes(_Keyword):
    def fits(self, value: Any) -> bool:
        return bytes_of(value) <= int(self.setting)


class _MaxDepth(_Keyword):
    def fits(self, value: Any) -> bool:
        return depth_of(value) <= int(self.setting)


class _OfNames(_Keyword):
    def is_setting(self) -> bool:
        names = self.setting
        return isinstance(names, list) and len(names) > 1 and all(isinstance(name, str) for name in names)


class _ExactlyOneOf(_OfNames):
    def fits(self, value: Any) -> bool:
        return not isinstance(value, dict) or len(present(value, self.setting)) == 1


class _AtLeastOneOf(_OfNames):
    def fits(self, value: Any) -> bool:
        return not isinstance(value, dict) or len(present(value, self.setting)) > 0


class _UniqueBy(_Keyword):
    def is_setting(self) -> bool:
        return isinstance(self.setting, str)

    def fits(self, value: Any) -> bool:
        if not isinstance(value, list):
            return True
        found = [json.dumps(each[self.setting]) for each in value if isinstance(each, dict) and self.setting in each]
        return len(set(found)) == len(found)


class _TimeWithin(_Keyword):
    def is_setting(self) -> bool:
        within = self.setting
        return (
            isinstance(within, dict)
            and within.keys() <= {"past", "future", "unit"}
            and within.get("unit") in ("iso", *UNITS)
            and all(isinstance(within.get(name, 0), int) for name in ("past", "future"))
        )

    def fits(self, value: Any) -> bool:
        if not isinstance(value, str if self.setting["unit"] == "iso" else int | float):
            return True  # ``type`` judges that
        moment = moment_of(value, self.setting["unit"])
        if moment is None:
            return False
        after = moment - self.clock.now
        past, future = self.setting.get("past"), self.setting.get("future")
        return (past is None or after >= -past * 1000) and (future is None or after <= future * 1000)


_KEYWORDS: Mapping[str, type[_Keyword]] = {
    "maxBytes": _MaxBytes,
    "maxDepth": _MaxDepth,
    "exactlyOneOf": _ExactlyOneOf,
    "atLeastOneOf": _AtLeastOneOf,
    "uniqueBy": _UniqueBy,
    "timeWithin": _TimeWithin,
}


def _with(clock: Clock, keyword: type[_Keyword]) -> type[_Keyword]:
    return type(keyword.__name__, (keyword,), {"clock": clock})


def _now() -> Millis:
    return time.time_ns() // 1_000_000


@dataclass(slots=True)
class _Checked:
    """Looks at every node of a schema before it is compiled."""

    root: Any
    path: str
    patterns: Patterns
    sizes: dict[str, int] = field(default_factory=dict)
    """The nodes behind each reference that is known already."""
    within: list[str] = field(default_factory=list)
    """The references that are being followed."""

    def check(self) -> None:
        size = self._size(self.root, self.path, 0)
        if isinstance(self.root, dict):
            for name in self.root.get("$defs", {}):
                size += self._behind(f"{_REF}{name}", f"{self.path}.$defs.{name}", 0)
        if size > MAX_NODES:
            raise MalformedContract(self.path, say("is too large: at most {limit} parts are allowed.", limit=MAX_NODES))

    def _size(self, node: Any, path: str, depth: int) -> int:
        """How many nodes the schema has, with its references followed. Raises MalformedContract."""
        if isinstance(node, bool):
            return 1
        if not isinstance(node, dict):
            raise MalformedContract(path, say("is not a JSON Schema."))
        if depth > MAX_DEPTH:
            raise MalformedContract(path, say("is nested too deeply."))
        self._annotations(node, path)
        size = 1
        for keyword, value in node.items():
            place = f"{path}.{keyword}"
            if keyword in _ONE:
                size += self._size(value, place, depth + 1)
            elif keyword in _NAMED:
                if not isinstance(value, dict):
                    raise MalformedContract(place, say("must be an object."))
                if keyword == "patternProperties":
                    for pattern in value:
                        self.patterns.check(pattern, place)
                if keyword != "$defs":
                    size += sum(self._size(inner, f"{place}.{name}", depth + 1) for name, inner in value.items())
                elif node is not self.root:
                    raise MalformedContract(place, say("belongs to the outermost schema."))
            elif keyword in _LISTED:
                if not isinstance(value, list):
                    raise MalformedContract(place, say("must be a list."))
                size += sum(self._size(inner, f"{place}[{index}]", depth + 1) for index, inner in enumerate(value))
            elif keyword == "$ref":
                size += self._behind(value, place, depth + 1)
            elif keyword == "pattern":
                self.patterns.check(value, place)
            elif keyword not in _PLAIN and keyword not in _KEYWORDS:
                raise MalformedContract(place, say("is not a keyword that contracts know."))
            if size > MAX_NODES:
                raise MalformedContract(path, say("is too large: at most {limit} parts are allowed.", limit=MAX_NODES))
        return size

    def _behind(self, reference: Any, path: str, depth: int) -> int:
        name = reference.removeprefix(_REF) if isinstance(reference, str) and reference.startswith(_REF) else ""
        definitions = self.root.get("$defs") if isinstance(self.root, dict) else None
        if not isinstance(definitions, dict) or name not in definitions:
            raise MalformedContract(path, say("must be one of the contract's own definitions, such as #/$defs/name."))
        if name in self.within:
            raise MalformedContract(path, say("leads back to itself."))
        if name not in self.sizes:
            self.within.append(name)
            self.sizes[name] = self._size(definitions[name], f"{self.path}.$defs.{name}", depth)
            self.within.pop()
        return self.sizes[name]

    def _annotations(self, node: dict[str, Any], path: str) -> None:
        if node.get("severity", "error") not in ("error", "warning"):
            raise MalformedContract(f"{path}.severity", say("must be error or warning."))
        if not isinstance(node.get("hint", ""), str):
            raise MalformedContract(f"{path}.hint", say("must be text."))
        if node.get("format", FORMATS[0]) not in FORMATS:
            raise MalformedContract(f"{path}.format", say("must be one of {formats}.", formats=", ".join(FORMATS)))
        if "fix" in node:
            try:
                Fix.of(node["fix"])
            except (ValueError, TypeError):
                raise MalformedContract(f"{path}.fix", say("is not a fix that contracts know.")) from None
