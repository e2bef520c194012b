"""Errors as users of V8 know them: its words, and the place in the user's own code."""

import re

from .frames import Head

MAX_MESSAGE = 4_000
MAX_LINE = 400

_LINE_END = re.compile("\r\n|[\n\r\u2028\u2029]")
_FRAME = re.compile(r"^\s+at (?:(?P<name>.*) )?\(?<input>:(?P<line>\d+):(?P<column>\d+)\)?$")

_WORDS: tuple[tuple[str, str], ...] = (
    (r"cannot (read|set) property '(.*)' of (undefined|null)", r"Cannot \1 properties of \3 (\1ing '\2')"),
    (r"'(.*)' is read-only", "Assignment to constant variable."),
    (r"(\S+) is not initialized", r"Cannot access '\1' before initialization"),
    (r"class constructors must be invoked with 'new'", "Class constructor cannot be invoked without 'new'"),
    (r"cannot convert symbol to string", "Cannot convert a Symbol value to a string"),
    (r"cannot convert symbol to number", "Cannot convert a Symbol value to a number"),
    (r"cannot convert BigInt to number", "Cannot mix BigInt and other types, use explicit conversions"),
    (r"BigInt are forbidden in JSON.stringify", "Do not know how to serialize a BigInt"),
    (r"circular reference", "Converting circular structure to JSON"),
    (r"invalid array length", "Invalid array length"),
    (r"invalid repeat count", "Invalid count value"),
    (r"invalid number of digits", "toFixed() digits argument must be between 0 and 100"),
    (r"Date value is NaN", "Invalid time value"),
    (r"expecting hex digit", "URI malformed"),
    (r"empty array", "Reduce of empty array with no initial value"),
    (r"object is not extensible", "Cannot add property, object is not extensible"),
    (r"could not delete property", "Cannot delete property"),
    (r"not an object", "Value is not an object"),
    (r"invalid 'instanceof' right operand", "Right-hand side of 'instanceof' is not callable"),
    (r"invalid 'in' operand", "Cannot use 'in' operator to search for a key in a value that is not an object"),
    (r"unexpected token in expression: ''", "Unexpected end of input"),
    (r"unexpected token in expression: '(.*)'", r"Unexpected token '\1'"),
    (r"unsupported keyword: (\w+)", r"Unexpected token '\1'"),
    (r"unexpected end of (string|regexp)", "Invalid or unexpected token"),
    (r"return not in a function", "Illegal return statement"),
    (r"function name expected", "Function statements require a function name"),
    (r"invalid redefinition of lexical identifier", "Identifier has already been declared"),
    (r"unexpected token: '(.*)'", r"Unexpected token '\1'"),
    (r"could not load module '.*'",
     "There is no import(): packages cannot be loaded. Paste what you need into the code."),
)  # fmt: skip
"""The engine's words → V8's, by pattern."""

_HINTS = {
    "process": "The variables of this endpoint are in webhook.env.",
    "Buffer": "Use TextEncoder, btoa and atob instead.",
    "module": "Declare function handler(webhook) at the top level; nothing needs to be exported.",
    "exports": "Declare function handler(webhook) at the top level; nothing needs to be exported.",
    "window": "Code here runs on a server; globalThis is its global object.",
    "document": "Code here runs on a server, without a page.",
}
_EXPORT_HINT = "Declare function handler(webhook) at the top level, without export or import."


def failure(code: str, name: str, message: str, stack: str, shift: int = 0) -> Head:
    """The reply for an error: kind, message, and where known line, column and the line itself, counted from 1.

    ``shift`` is the number of columns that something of ours took before the user's first line.
    """
    if name == "InternalError" and message.startswith("interrupted"):
        return {"is": "time limit", "message": "", **_place(code, stack, shift)}
    if name == "InternalError" and message.startswith("out of memory"):
        return {"is": "memory limit", "message": ""}
    place = _place(code, stack, shift)
    kind = "syntax" if name == "SyntaxError" and _while_compiling(stack) else "threw"
    words = _v8(name, message, place)
    text = f"{name}: {words}" if name and words else name or words
    return {"is": kind, "message": text[:MAX_MESSAGE], **_at_property(place, words)}


def _while_compiling(stack: str) -> bool:
    """Only an error of the parser names a place without a function around it."""
    return stack.count("\n    at ") == 0 and "(" not in stack and stack.strip().startswith("at <input>:")


def _place(code: str, stack: str, shift: int) -> Head:
    lines = _LINE_END.split(code)
    stacked = stack.split("\n")
    for number, frame in enumerate(map(_FRAME.match, stacked)):
        if not frame or int(frame["line"]) > len(lines):
            continue  # the engine's own, or the prelude's, which is numbered after the user's last line
        if not frame["name"] and not _while_compiling(stack):
            continue  # counted in a text that was parsed, such as JSON
        if frame["name"] == "<eval>" and stacked[number + 1 : number + 2] == ["    at eval (native)"]:
            continue  # counted in the text given to eval; the next frame is where eval was called
        line = int(frame["line"])
        text = lines[line - 1]
        column = int(frame["column"]) - (shift if line == 1 else 0)
        before = _as_v8_points(text.encode("utf-8", "replace")[: max(column - 1, 0)].decode("utf-8", "ignore"))
        return {"line": line, "column": len(before.encode("utf-16-le")) // 2 + 1, "source": text[:MAX_LINE]}
    return {}


def _as_v8_points(before: str) -> str:
    """The engine points after ``new``, V8 at it."""
    return re.sub(r"\bnew\s+$", "", before)


def _at_property(place: Head, message: str) -> Head:
    """The engine points at the start of ``a.b.c``, V8 at the name that could not be read."""
    read = re.search(r"\((?:read|sett)ing '([\w$]+)'\)$", message)
    if not read or "source" not in place:
        return place
    found = re.compile(rf"[.\[]\s*['\"]?({re.escape(read[1])})(?![\w$])").search(
        _units(place["source"]), place["column"] - 1
    )
    return place | {"column": found.start(1) + 1} if found else place


def _units(text: str) -> str:
    """One character for each UTF-16 unit, so that positions are those of JavaScript and of editors."""
    return re.sub("[\U00010000-\U0010ffff]", "__", text)


def _v8(name: str, message: str, place: Head) -> str:
    if name == "TypeError" and message == "not a function":
        return _not_a_function(place)
    if name == "TypeError" and message == "value is not iterable":
        return "value is not iterable"
    if name == "ReferenceError" and message.endswith(" is not defined"):
        hint = _HINTS.get(message.removesuffix(" is not defined"))
        return f"{message}. {hint}" if hint else message
    for pattern, words in _WORDS:
        if re.fullmatch(pattern, message):
            said = re.sub(pattern, words, message).replace("seting", "setting")
            return f"{said}. {_EXPORT_HINT}" if "'export'" in said else said
    return message


_CALLEE = re.compile(r"(?:new\s+)?([\w$]+(?:\s*\??\.\s*[\w$]+|\[[^\[\]]*\])*)\s*\(")


def _not_a_function(place: Head) -> str:
    """The engine does not say what was called; the source line does: the call at, or nearest after, the column."""
    if "source" not in place:
        return "value is not a function"
    column = place["column"] - 1
    for call in _CALLEE.finditer(place["source"]):
        if call.end() > column:
            return f"{call[1]} is not a function"
    return "value is not a function"
