"""Corrects code so that a value of its payload meets a contract: small edits of the source, to be tried and compared.

Where the value comes from is guessed from the syntax tree, so there are several candidates for each correction. Nothing
here runs code: the caller runs each candidate and keeps the first whose result is better (``actions/fixes.py``).
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

from server.domain.contract_schemas import Fix

MAX_CANDIDATES = 12
"""For one correction."""

_JAVASCRIPT = Language(tree_sitter_javascript.language())
_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_SIMPLE = frozenset({"identifier", "member_expression", "call_expression", "number", "string", "subscript_expression"})
_SECONDS = re.compile(rb"Math\.(?:floor|round|trunc)\((.+?)\s*/\s*1000\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class WrongValue:
    """A value in the finished payload that the contract refuses, and how the contract says to mend it."""

    path: tuple[str | int, ...]
    value: Any
    fix: Fix


@dataclass(frozen=True, slots=True)
class _Edit:
    """Replace the bytes from ``start`` to ``end``."""

    start: int
    end: int
    text: bytes


@dataclass(frozen=True, slots=True)
class _Place:
    """Code that gives the wrong property its value: ``{name: value}``, ``{name}`` or ``x.name = value``."""

    node: Node
    key: Node
    value: Node
    likely: int
    """The higher, the more likely this spot made the value."""

    @property
    def shorthand(self) -> bool:
        return self.key == self.value


def corrections(code: str, wrong: WrongValue) -> Iterator[str]:
    """Candidates of the corrected code, the most likely first; at most ``MAX_CANDIDATES``."""
    source = code.encode("utf-8", "replace")
    root = _parsed(source)
    name = next((part for part in reversed(wrong.path) if isinstance(part, str)), None)
    if name is None:
        return
    places = _places(root, source, wrong, name)
    edits = [found for place in places if (found := _edits(place, source, wrong.fix))]
    same = [found for place, found in zip(places, edits, strict=False) if place.likely >= _SAME_VALUE]
    sets = [*edits]
    if len(same) > 1:
        sets.insert(0, [edit for found in same for edit in found])
    sets += _before_returns(root, source, wrong)
    seen = {code}
    for chosen in sets[:MAX_CANDIDATES]:
        corrected = _applied(source, chosen).decode("utf-8", "replace")
        if corrected not in seen:
            seen.add(corrected)
            yield corrected


def cancelling_all_but(code: str, event_types: Sequence[str]) -> str | None:
    """The code with a first statement that cancels all other event types; ``None`` when there is no plain handler."""
    source = code.encode("utf-8", "replace")
    handler = _handler(_parsed(source))
    if handler is None:
        return None
    body, webhook = handler
    indent = _indent_inside(body, source)
    listed = ", ".join(json.dumps(name, ensure_ascii=False) for name in event_types)
    lines = [
        f"if (![{listed}].includes({webhook}.eventType)) {{",
        f"  {webhook}.cancel = true;",
        f"  return {webhook};",
        "}",
    ]
    text = "".join(f"\n{indent}{line}" for line in lines)
    return _applied(source, [_Edit(body.start_byte + 1, body.start_byte + 1, text.encode())]).decode("utf-8", "replace")


_SAME_VALUE = 4
_MAX_CLIMB = 4


def _places(root: Node, source: bytes, wrong: WrongValue, name: str) -> list[_Place]:
    found: list[_Place] = []
    for node in _every(root):
        match node.type:
            case "pair":
                key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
                if key and value and _name_of(key, source) == name:
                    found.append(_Place(node, key, value, _likely(node, value, source, wrong)))
            case "shorthand_property_identifier" if _text(node, source) == name:
                found.append(_Place(node, node, node, _likely(node, node, source, wrong)))
            case "assignment_expression":
                left, value = node.child_by_field_name("left"), node.child_by_field_name("right")
                key = left.child_by_field_name("property") if left else None
                if key and value and _name_of(key, source) == name:
                    found.append(_Place(node, key, value, _likely(node, value, source, wrong)))
    return sorted(found, key=lambda place: -place.likely)


def _likely(node: Node, value: Node, source: bytes, wrong: WrongValue) -> int:
    """How likely this spot made the wrong value: its literal is equal, and it lies in an object of the right name."""
    points = 0
    literal = _literal(value, source)
    if literal is not None:
        points += _SAME_VALUE if literal == wrong.value and type(literal) is type(wrong.value) else -2
    names = [part for part in wrong.path if isinstance(part, str)]
    around = _name_around(node, source)
    if len(names) > 1:
        points += 2 if around == names[-2] else 0
    elif around == "payload":
        points += 2
    return points


def _edits(place: _Place, source: bytes, fix: Fix) -> list[_Edit]:
    """The edits that carry out a fix at one spot; empty when it does not apply there."""
    value = _text(place.value, source)
    if fix.rename_to is not None:
        name = fix.rename_to if _IDENTIFIER.fullmatch(fix.rename_to) else json.dumps(fix.rename_to)
        renamed = f"{name}: {value}" if place.shorthand else name
        return [_Edit(place.key.start_byte, place.key.end_byte, renamed.encode())]
    if fix.remove:
        return [_removal(place.node, source)]
    if fix.convert is not None:
        converted = _converted(place.value, source, fix.convert)
        if converted is None:
            return []
        text = f"{_text(place.key, source)}: {converted}" if place.shorthand else converted
        return [_Edit(place.value.start_byte, place.value.end_byte, text.encode())]
    new = json.dumps(fix.value, ensure_ascii=False)
    edits = [
        _Edit(
            place.value.start_byte,
            place.value.end_byte,
            (f"{_text(place.key, source)}: {new}" if place.shorthand else new).encode(),
        )
    ]
    if fix.move_to and place.node.type != "assignment_expression" and not _has(place.node, fix.move_to, source):
        moved = fix.move_to if _IDENTIFIER.fullmatch(fix.move_to) else json.dumps(fix.move_to)
        between = _space_before(place.node, source) or " "
        edits.append(_Edit(place.node.end_byte, place.node.end_byte, f",{between}{moved}: {value}".encode()))
    return edits


def _converted(node: Node, source: bytes, kind: str) -> str | None:
    """The expression converted; ``None`` for a kind that is not known."""
    text, literal = _text(node, source), _literal(node, source)
    wrapped = text if node.type in _SIMPLE else f"({text})"
    match kind:
        case "string":
            return json.dumps(str(literal)) if isinstance(literal, int | float) else f"String({text})"
        case "integer":
            return f"Math.round(Number({text}))"
        case "array":
            return f"[{text}]"
        case "milliseconds":
            whole = _SECONDS.fullmatch(text.encode())
            return whole[1].decode() if whole else f"{wrapped} * 1000"
        case "lowercase":
            return json.dumps(literal.lower()) if isinstance(literal, str) else f"String({text}).toLowerCase()"
        case "underscores":
            if isinstance(literal, str):
                return json.dumps(re.sub(r"[^A-Za-z0-9_]", "_", literal))
            return f'String({text}).replace(/[^A-Za-z0-9_]/g, "_")'
        case _:
            return None


_STATEMENTS: dict[str, Callable[[str], str]] = {
    "string": lambda at: f"{at} = String({at});",
    "integer": lambda at: f"{at} = Math.round(Number({at}));",
    "array": lambda at: f"{at} = [{at}];",
    "milliseconds": lambda at: f"{at} = {at} * 1000;",
    "lowercase": lambda at: f"{at} = String({at}).toLowerCase();",
    "underscores": lambda at: f'{at} = String({at}).replace(/[^A-Za-z0-9_]/g, "_");',
}


def _before_returns(root: Node, source: bytes, wrong: WrongValue) -> list[list[_Edit]]:
    """A statement before each ``return webhook`` of the handler that mends the value, wherever it came from."""
    handler = _handler(root)
    names = [part for part in wrong.path if isinstance(part, str)]
    if handler is None or len(names) != len(wrong.path) or not all(_IDENTIFIER.fullmatch(name) for name in names):
        return []
    body, webhook = handler
    parent = ".".join([f"{webhook}.payload", *names[:-1]])
    at, fix = f"{parent}.{names[-1]}", wrong.fix
    if fix.rename_to is not None and _IDENTIFIER.fullmatch(fix.rename_to):
        statement = f"{parent}.{fix.rename_to} = {at}; delete {at};"
    elif fix.remove:
        statement = f"delete {at};"
    elif fix.convert in _STATEMENTS:
        statement = _STATEMENTS[fix.convert](at)
    elif fix.rename_to is None and fix.convert is None:
        moved = f"{parent}.{fix.move_to} ??= {at}; " if fix.move_to and _IDENTIFIER.fullmatch(fix.move_to) else ""
        statement = f"{moved}{at} = {json.dumps(fix.value, ensure_ascii=False)};"
    else:
        return []
    safe = "?.".join([f"{webhook}.payload", *names[:-1]])
    guarded = f"if ({safe}?.{names[-1]} !== undefined) {{ {statement} }}"
    returns = [
        node
        for node in _every(body)
        if node.type == "return_statement"
        and node.parent == body
        and _text(node, source).rstrip("; \n").removeprefix("return").strip() == webhook
    ]
    return [[_Edit(node.start_byte, node.start_byte, f"{guarded}{_space_before(node, source)}".encode())
             for node in returns]] if returns else []  # fmt: skip


def _handler(root: Node) -> tuple[Node, str] | None:
    """The body of the function ``handler`` and the name of its parameter."""
    for node in _every(root):
        function: Node | None = None
        if node.type == "function_declaration":
            name, function = node.child_by_field_name("name"), node
        elif node.type == "variable_declarator":
            name, function = node.child_by_field_name("name"), node.child_by_field_name("value")
        else:
            continue
        if function is None or name is None or name.text != b"handler":
            continue
        body = function.child_by_field_name("body")
        listed = function.child_by_field_name("parameters")
        parameter = function.child_by_field_name("parameter") or (listed.named_child(0) if listed else None)
        if body and body.type == "statement_block" and parameter and parameter.type == "identifier" and parameter.text:
            return body, parameter.text.decode("utf-8", "replace")
    return None


def _removal(node: Node, source: bytes) -> _Edit:
    """The deletion of a property with its comma and the space before it, or of the statement of an assignment."""
    if node.type == "assignment_expression" and node.parent and node.parent.type == "expression_statement":
        node = node.parent
    start, end = node.start_byte, node.end_byte
    space = len(_space_before(node, source))
    rest = re.match(rb"\s*,", source[end:])
    if rest:
        return _Edit(start - space, end + rest.end(), b"")
    before = re.search(rb",\s*\Z", source[:start])
    return _Edit(before.start() if before else start - space, end, b"")


def _has(node: Node, name: str, source: bytes) -> bool:
    """Whether the object around a property has another property of this name."""
    for other in node.parent.named_children if node.parent else ():
        key = other.child_by_field_name("key") if other.type == "pair" else other
        if key is not None and _name_of(key, source) == name:
            return True
    return False


def _name_around(node: Node, source: bytes) -> str:
    """The name that the object around a property is given: ``attributes: { … }`` or ``webhook.payload = { … }``."""
    if node.type == "assignment_expression":
        left = node.child_by_field_name("left")
        inner = left.child_by_field_name("object") if left else None
        last = inner.child_by_field_name("property") if inner and inner.type == "member_expression" else inner
        return _text(last, source) if last else ""
    outer = node.parent.parent if node.parent else None
    for _ in range(_MAX_CLIMB):  # each step to a parent searches from the root
        if outer is None or outer.type not in ("array", "parenthesized_expression", "ternary_expression"):
            break
        outer = outer.parent
    match outer.type if outer else "":
        case "pair":
            assert outer
            key = outer.child_by_field_name("key")
        case "assignment_expression":
            assert outer
            left = outer.child_by_field_name("left")
            key = left.child_by_field_name("property") if left and left.type == "member_expression" else left
        case "variable_declarator":
            assert outer
            key = outer.child_by_field_name("name")
        case _:
            return ""
    return _name_of(key, source) if key else ""


def _name_of(key: Node, source: bytes) -> str:
    text = _text(key, source)
    if key.type == "string":
        return text[1:-1]
    return text


def _literal(node: Node, source: bytes) -> Any:
    """The value of a plain literal; ``None`` for any other expression."""
    text = _text(node, source)
    match node.type:
        case "string":
            return text[1:-1] if "\\" not in text else None
        case "number":
            try:
                return json.loads(text)
            except ValueError:
                return None
        case "true" | "false":
            return node.type == "true"
        case _:
            return None


def _indent_inside(body: Node, source: bytes) -> str:
    first = body.named_child(0)
    space = _space_before(first, source) if first else ""
    return space.rpartition("\n")[2] if "\n" in space else "  "


def _space_before(node: Node, source: bytes) -> str:
    found = re.search(rb"\s*\Z", source[: node.start_byte])
    return found[0].decode() if found else ""


def _every(root: Node) -> Iterator[Node]:
    """All nodes in the order of the source. Without recursion, since code may be nested deeply."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.named_children))


def _parsed(source: bytes) -> Node:
    return Parser(_JAVASCRIPT).parse(source).root_node


def _text(node: Node, source: bytes) -> str:
    return source[node.start_byte : node.end_byte].decode("utf-8", "replace")


def _applied(source: bytes, edits: Sequence[_Edit]) -> bytes:
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end), reverse=True):
        source = source[: edit.start] + edit.text + source[edit.end :]
    return source
