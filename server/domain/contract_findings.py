"""What a contract finds in a request, in sentences: one builder for each keyword of JSON Schema and of ours.

A finding is stored with the attempt, so it holds no more of the request than a short, masked piece of a value.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from jsonschema_rs import ValidationError

from server.domain.contract_schemas import Fix, Schema, bytes_of, depth_of, moment_of, present
from server.domain.ids import Millis
from server.domain.reasons import Reason, because
from server.domain.shortened import shortened
from server.domain.verdicts import MAX_FINDINGS, Finding, Step

MAX_SHOWN = 80
"""Characters shown of a value."""
MAX_ALLOWED = 20
"""Allowed values that are listed."""
_MAX_ERRORS = 500
"""Errors of the schema that are looked at."""

Mask = Callable[[str], str]


def found_in(
    schema: Schema,
    value: object,
    *,
    now: Millis = 0,
    mask: Mask = str,
    name: Callable[[Sequence[Step]], str] | None = None,
) -> list[Finding]:
    """The findings of a value that the schema refuses, errors first and in the order of their paths.

    ``name`` gives the path of a finding from its steps; otherwise they are joined by dots.
    """
    shown = _Shown(mask, now, name or _dotted)
    found: list[Finding] = []
    for count, error in enumerate(schema.errors(value, now)):
        if count >= _MAX_ERRORS:
            break
        found += _findings(schema, error, value, shown)
    return ordered(_one_for_each_cause(found))


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """Errors first, each in the order of their paths; numbers count as numbers."""
    return sorted(findings, key=lambda one: (one.warning, [(isinstance(s, str), s) for s in one.steps]))


@dataclass(frozen=True, slots=True)
class _Shown:
    """How parts of the request are shown."""

    mask: Mask
    now: Millis
    path: Callable[[Sequence[Step]], str]

    def field(self, steps: Sequence[Step]) -> str | Reason:
        path = self.path(steps)
        if path.startswith("header:"):
            return because("contract_the_header", name=path.removeprefix("header:"))
        return self.mask(path)[:MAX_SHOWN] if steps else because("contract_the_body")

    def value(self, value: object) -> str:
        """The value as JSON, masked before it is cut, so that no half of a secret is left."""
        if isinstance(value, str):
            value = value[:10_000]
        text = self.mask(json.dumps(value, ensure_ascii=False)[:20_000])
        return shortened(text, MAX_SHOWN)


@dataclass(frozen=True, slots=True)
class _Error:
    """An error of the schema with what its sentence needs."""

    steps: tuple[Step, ...]
    value: Any
    node: Any
    """The schema with the keyword that failed."""
    data: Mapping[str, Any]
    shown: _Shown

    def said(self, key: str, **values: str | int | Reason) -> Reason:
        return because(key, field=self.shown.field(self.steps), **values)

    def with_value(self, key: str, **values: str | int | Reason) -> Reason:
        return self.said(key, value=self.shown.value(self.value), **values)


_OTHERS = ("additionalProperties", "unevaluatedProperties")
"""Keywords about the fields that a schema does not name."""


def _findings(schema: Schema, error: ValidationError, whole: object, shown: _Shown) -> Iterator[Finding]:
    keyword, path = error.kind.name, error.evaluation_path
    notes, node = schema.annotations(error), schema.node(path)
    steps = tuple(error.instance_path)
    place = "/" + "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in path)
    data = error.kind.as_dict()
    known = _Error(steps, error.instance, node, data, shown)

    def finding(steps: Sequence[Step], cause: Reason, allowed: tuple[str, ...] = (), own: Any = None) -> Finding:
        beside = own if isinstance(own, dict) else {}
        return Finding(
            path=shown.mask(shown.path(steps))[:200],
            warning=notes.warning,
            cause=cause,
            allowed=allowed,
            hint=notes.hint or str(beside.get("hint", "")),
            fix=notes.fix if tuple(steps) == known.steps else (Fix.of(beside["fix"]) if "fix" in beside else None),
            place=place[:300],
            steps=tuple(steps),
        )

    match keyword:
        case "required":
            name = str(data["property"])
            at = (*steps, name)
            properties = node.get("properties", {}) if isinstance(node, dict) else {}
            yield finding(at, because("contract_missing", field=shown.field(at)), own=properties.get(name))
        case "additionalProperties" | "unevaluatedProperties" | "falseSchema" if path[-1] in _OTHERS:
            for name in list(data["unexpected"] if "unexpected" in data else _at(whole, steps))[:MAX_FINDINGS]:
                at = (*steps, str(name))
                yield finding(at, because("contract_unknown", field=shown.field(at)))
        case "propertyNames":
            yield from (finding((*steps, key), cause) for key, cause in _wrong_names(known, data["error"], shown))
        case "enum" | "const":
            options = list(data["options"]) if keyword == "enum" else [data["expected_value"]]
            allowed = tuple(_written(option) for option in options[:MAX_ALLOWED])
            yield finding(steps, known.with_value("contract_enum", allowed=", ".join(_plain(options))), allowed)
        case _:
            yield finding(steps, _sentence(keyword, known))


def _sentence(keyword: str, error: _Error) -> Reason:
    value, data = error.value, error.data
    match keyword:
        case "type":
            types = error.node["type"] if isinstance(error.node["type"], list) else [error.node["type"]]
            kind = because(f"kind_{_kind(value)}")
            return error.said("contract_type", types=_either([because(f"kind_{one}") for one in types]), kind=kind)
        case "false_schema" | "falseSchema":
            return error.said("contract_forbidden")
        case "not":
            return (
                error.said("contract_forbidden")
                if data["schema"] in ({}, True) or _only_notes(data["schema"])
                else (error.with_value("contract_refused_value"))
            )
        case "minLength" if not value:
            return error.said("contract_empty")
        case "maxLength" | "minLength":
            key = "contract_too_long" if keyword == "maxLength" else "contract_too_short"
            return error.said(key, length=_number(len(value)), limit=_number(data["limit"]))
        case "maxItems" | "minItems":
            key = "contract_too_many_entries" if keyword == "maxItems" else "contract_too_few_entries"
            return error.said(key, length=_number(len(value)), limit=_number(data["limit"]))
        case "maxProperties" | "minProperties":
            key = "contract_too_many_fields" if keyword == "maxProperties" else "contract_too_few_fields"
            return error.said(key, length=_number(len(value)), limit=_number(data["limit"]))
        case "pattern":
            return error.with_value("contract_pattern")
        case "format":
            return error.with_value(f"contract_format_{str(data['format']).replace('-', '_')}")
        case "maximum" | "minimum":
            return error.with_value(f"contract_{keyword}", limit=_number(data["limit"]))
        case "exclusiveMaximum" | "exclusiveMinimum":
            key = "contract_below" if keyword == "exclusiveMaximum" else "contract_above"
            return error.with_value(key, limit=_number(data["limit"]))
        case "multipleOf":
            return error.with_value("contract_multiple", limit=_number(data["multiple_of"]))
        case "uniqueItems":
            return error.said("contract_repeated")
        case "contains":
            return error.said("contract_contains")
        case "anyOf" | "oneOf":
            several = keyword == "oneOf" and any(not errors for errors in data["context"])
            return error.said("contract_two_forms" if several else "contract_no_form")
        case _ if isinstance(error.node, dict) and keyword in error.node:
            return _of_ours(keyword, error.node[keyword], error)
        case _:
            return error.said("contract_not_accepted")


def _of_ours(keyword: str, setting: Any, error: _Error) -> Reason:
    """The sentence for one of our own keywords."""
    value = error.value
    match keyword:
        case "maxBytes":
            return error.said("contract_bytes", length=_number(bytes_of(value)), limit=_number(setting))
        case "maxDepth":
            return error.said("contract_depth", length=_number(depth_of(value)), limit=_number(setting))
        case "exactlyOneOf":
            found = present(value, setting)
            if not found:
                return because("contract_one_of_none", names=_names(error, setting))
            return because("contract_one_of_several", names=_names(error, setting), found=_names(error, found))
        case "atLeastOneOf":
            return because("contract_one_at_least", names=_names(error, setting))
        case "uniqueBy":
            return error.said("contract_repeated_by", name=str(setting))
        case "timeWithin":
            moment = moment_of(value, setting["unit"])
            if moment is None:
                return error.with_value("contract_no_time")
            now, past = error.shown.now, setting.get("past")
            if past is not None and moment < now - past * 1000:
                return error.with_value("contract_too_old", limit=_duration(past))
            return error.with_value("contract_too_early", limit=_duration(setting.get("future", 0)))
        case _:
            return error.said("contract_not_accepted")


def _wrong_names(known: _Error, inner: ValidationError, shown: _Shown) -> Iterator[tuple[str, Reason]]:
    """The name that a schema for names refuses, with its sentence."""
    name = str(inner.instance)
    if inner.kind.name == "maxLength":
        limit = _number(inner.kind.as_dict()["limit"])
        yield name, known.said("contract_key_too_long", value=shown.value(name), limit=limit)
    else:
        yield name, known.said("contract_key", value=shown.value(name))


_FIRST = {"required": 0, "type": 1, "enum": 2, "const": 2}
"""Keywords whose problem hides all others of the same value, the strongest first."""


def _one_for_each_cause(findings: list[Finding]) -> list[Finding]:
    """Without repetitions, and without what follows from another finding.

    A value of the wrong type or outside a list of values has only that problem. A field that is missing because it has
    another name is told once, at the field with the wrong name.
    """
    renamed = {(one.steps[:-1], one.fix.rename_to) for one in findings if one.fix and one.fix.rename_to}
    first: dict[tuple[Step, ...], Finding] = {}
    for one in sorted(findings, key=lambda one: _FIRST.get(_keyword(one), 9)):
        if _keyword(one) in _FIRST and not one.warning:
            first.setdefault(one.steps, one)
    kept: dict[tuple[tuple[Step, ...], str], Finding] = {}
    for one in findings:
        if _keyword(one) == "required" and one.steps and (one.steps[:-1], one.steps[-1]) in renamed:
            continue
        if first.get(one.steps, one) is not one:
            continue
        kept.setdefault((one.steps, str(one.cause)), one)
    return list(kept.values())


def _keyword(finding: Finding) -> str:
    return finding.place.rpartition("/")[2]


def _at(value: Any, steps: Sequence[Step]) -> Any:
    for step in steps:
        value = value[step]
    return value


def _only_notes(schema: object) -> bool:
    return isinstance(schema, dict) and schema.keys() <= {"hint", "severity", "fix", "title", "description", "$comment"}


def _names(error: _Error, names: Sequence[str]) -> str:
    return ", ".join(error.shown.mask(error.shown.path((*error.steps, name))) for name in names[:MAX_ALLOWED])


def _dotted(steps: Sequence[Step]) -> str:
    return ".".join(str(step) for step in steps)


def _plain(options: Sequence[object]) -> list[str]:
    """The options as they are listed in a sentence."""
    words = [option if isinstance(option, str) and option else _written(option) for option in options[:MAX_ALLOWED]]
    return words if len(options) <= MAX_ALLOWED else [*words, "…"]


def _written(value: object) -> str:
    return shortened(json.dumps(value, ensure_ascii=False), MAX_SHOWN)


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _either(reasons: Sequence[Reason]) -> Reason:
    return reduce(lambda before, one: because("contract_or", first=before, rest=one), reasons)


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _duration(seconds: int) -> Reason:
    if seconds % 86_400 == 0 and seconds >= 2 * 86_400:
        return because("contract_days", number=seconds // 86_400)
    if seconds % 3_600 == 0 and seconds:
        return because("contract_hours", number=seconds // 3_600)
    return because("contract_seconds", number=seconds)
