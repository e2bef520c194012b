"""Turns the engine's errors into what users of V8 know: V8's messages, and the position in the user's code."""

import re

from .frames import Head
from .syntax import SyntaxProblem

MAX_MESSAGE = 4_000
MAX_LINE = 400

_LINE_END = re.compile("\r\n|[\n\r\u2028\u2029]")
_FRAME = re.compile(r"^    at (?:.* \()?transform\.js:(?P<line>\d+):(?P<column>\d+)\)?$", re.MULTILINE)
_COMPILING = re.compile(r"\s*at <input>:(?P<line>\d+):(?P<column>\d+)\s*$")

HINTS = {
    "process": "The variables of this endpoint are in webhook.env.",
    "Buffer": "Use TextEncoder, btoa and atob instead.",
    "module": "Declare function handler(webhook) at the top level; nothing needs to be exported.",
    "exports": "Declare function handler(webhook) at the top level; nothing needs to be exported.",
    "window": "Code here runs on a server; globalThis is its global object.",
    "document": "Code here runs on a server, without a page.",
}
EXPORT_HINT = "Declare function handler(webhook) at the top level, without export or import."
_NO_IMPORT = "There is no import(): packages cannot be loaded. Paste the code you need into the transformation."


def failure(code: str, name: str, message: str, stack: str, fault: SyntaxProblem | None = None) -> Head:
    """The reply's head for an error: kind, message and, if known, line and column (from 1) and the line's text.

    ``prelude/errors/errors.js`` has already set message and position of errors at run time. ``fault`` is the error that
    keeps the code from compiling; without it, such an error keeps the engine's message.
    """
    if fault:
        message = f"SyntaxError: {_advised(fault.words)}"[:MAX_MESSAGE]
        return {"is": "syntax", "message": message} | _at(code, fault.line, fault.column)
    compiling = _COMPILING.match(stack)
    place = _parsed_place(code, compiling) if compiling else _place(code, stack)
    if name == "InternalError" and message.startswith("interrupted"):
        return {"is": "time limit", "message": "", **place}
    if name == "InternalError" and message.startswith("out of memory"):
        return {"is": "memory limit", "message": ""}
    syntax = name == "SyntaxError" and compiling is not None
    words = _ENGINE_ONLY.get(message, message) if syntax else _hinted(name, message)
    text = f"{name}: {words}" if name and words else name or words
    return {"is": "syntax" if syntax else "threw", "message": text[:MAX_MESSAGE], **place}


_ENGINE_ONLY = {
    "unexpected token in expression: ''": "Unexpected end of input",
    "invalid assignment left-hand side": "Invalid left-hand side in assignment",
    "invalid increment/decrement operand": "Invalid left-hand side expression in postfix operation",
}
"""Messages for code in which ``read_again`` finds no error: V8 rejects ``total() = 5`` only at run time, and code
may be nested too deeply to parse again."""


def _advised(words: str) -> str:
    is_module = words.startswith("Cannot use import statement") or words == "Unexpected token 'export'"
    return f"{words}. {EXPORT_HINT}" if is_module else words


def _at(code: str, line: int, column: int) -> Head:
    lines = _LINE_END.split(code)
    if not 0 < line <= len(lines):
        return {}
    return {"line": line, "column": max(column, 1), "source": lines[line - 1][:MAX_LINE]}


def _place(code: str, stack: str) -> Head:
    frame = _FRAME.search(stack)
    return _at(code, int(frame["line"]), int(frame["column"])) if frame else {}


def _parsed_place(code: str, frame: re.Match[str]) -> Head:
    """The position with its column converted: the parser counts UTF-8 bytes, JavaScript and editors UTF-16 units."""
    lines, line = _LINE_END.split(code), int(frame["line"])
    if line > len(lines):
        return {}
    before = lines[line - 1].encode("utf-8", "replace")[: max(int(frame["column"]) - 1, 0)].decode("utf-8", "ignore")
    return _at(code, line, len(before) + sum(sign > "\uffff" for sign in before) + 1)


def _hinted(name: str, message: str) -> str:
    if name == "ReferenceError" and message.endswith(" is not defined"):
        hint = HINTS.get(message.removesuffix(" is not defined"))
        return f"{message}. {hint}" if hint else message
    return _NO_IMPORT if message.startswith("could not load module '") else message
