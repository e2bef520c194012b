"""Errors as users of V8 know them: its words, and the place in the user's own code."""

import re

from .frames import Head

MAX_MESSAGE = 4_000
MAX_LINE = 400

_LINE_END = re.compile("\r\n|[\n\r\u2028\u2029]")
_FRAME = re.compile(r"^    at (?:.* \()?transform\.js:(?P<line>\d+):(?P<column>\d+)\)?$", re.MULTILINE)
_COMPILING = re.compile(r"\s*at <input>:(?P<line>\d+):(?P<column>\d+)\s*$")
_TOKEN = re.compile(r"\s*([\w$]+|\S)")

_SYNTAX: tuple[tuple[str, str], ...] = (
    (r"unexpected token in expression: ''", "Unexpected end of input"),
    (r"unexpected token(?: in expression)?: '(.*)'", r"Unexpected token '\1'"),
    (r"unsupported keyword: (\w+)", r"Unexpected token '\1'"),
    (r"unexpected end of regexp", "Invalid regular expression: missing /"),
    (r"unexpected end of string|invalid number literal", "Invalid or unexpected token"),
    (r"return not in a function", "Illegal return statement"),
    (r"function name expected", "Function statements require a function name"),
    (r"invalid assignment left-hand side", "Invalid left-hand side in assignment"),
    (r"missing initializer for variable", "Missing initializer in const declaration"),
    (r"'super' is only valid in a method", "'super' keyword unexpected here"),
    (r"'let' is not a valid lexical identifier", "let is disallowed as a lexically bound name"),
    (r"unexpected character", "Invalid or unexpected token"),
    (r"invalid increment/decrement operand", "Invalid left-hand side expression in postfix operation"),
    (r"break must be inside loop or switch", "Illegal break statement"),
    (r"expected '}' after template expression", "Missing } in template expression"),
    (r"property constructor appears more than once", "A class may only have one constructor"),
    (r"duplicate default", "More than one default clause in switch statement"),
    (r"invalid keyword: with", "Strict mode code may not include a with statement"),
    (r"cannot delete a direct reference in strict mode", "Delete of an unqualified identifier in strict mode."),
    (r"line terminator not allowed after throw", "Illegal newline after throw"),
    (r"expecting catch or finally", "Missing catch or finally after try"),
    (r"continue must be inside loop", "Illegal continue statement: no surrounding iteration statement"),
)
"""The parser's words → V8's, by pattern."""

HINTS = {
    "process": "The variables of this endpoint are in webhook.env.",
    "Buffer": "Use TextEncoder, btoa and atob instead.",
    "module": "Declare function handler(webhook) at the top level; nothing needs to be exported.",
    "exports": "Declare function handler(webhook) at the top level; nothing needs to be exported.",
    "window": "Code here runs on a server; globalThis is its global object.",
    "document": "Code here runs on a server, without a page.",
}
EXPORT_HINT = "Declare function handler(webhook) at the top level, without export or import."
_NO_IMPORT = "There is no import(): packages cannot be loaded. Paste what you need into the code."


def failure(code: str, name: str, message: str, stack: str) -> Head:
    """The reply for an error: kind, message, and where known line, column and the line itself, counted from 1.

    What happens while code runs was worded and placed by ``prelude/errors.js``; what keeps it from compiling is worded
    here.
    """
    compiling = _COMPILING.match(stack)
    place = _parsed_place(code, compiling) if compiling else _place(code, stack)
    if name == "InternalError" and message.startswith("interrupted"):
        return {"is": "time limit", "message": "", **place}
    if name == "InternalError" and message.startswith("out of memory"):
        return {"is": "memory limit", "message": ""}
    if name == "SyntaxError" and not stack and (words := _REGEX.get(message)):
        return _bad_regex(code, message, words)
    syntax = name == "SyntaxError" and compiling is not None
    words = _syntax(message, place) if syntax else _hinted(name, message)
    text = f"{name}: {words}" if name and words else name or words
    return {"is": "syntax" if syntax else "threw", "message": text[:MAX_MESSAGE], **place}


_REGEX = {
    "invalid regular expression flags": "flags",
    "expecting ')'": "Unterminated group",
    "nothing to repeat": "Nothing to repeat",
    "invalid class range": "Range out of order in character class",
    "invalid repetition count": "numbers out of order in {} quantifier",
    "duplicate group name": "Duplicate capture group name",
    "extraneous characters at the end": "Unmatched ')'",
    "unexpected end": "\\ at end of pattern",
}
"""What is wrong with a literal regular expression, in the engine's words → in V8's."""
_LITERAL = re.compile(r"(?<![\w)\]$/*])\s*/(?![/*])((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+)/([a-z]*)")


def _bad_regex(code: str, message: str, words: str) -> Head:
    """A literal that the parser let through and the compiler did not: it does not say where, so they are looked for."""
    found = [literal for literal in _LITERAL.finditer(code) if _is_bad(literal[1], literal[2], message)]
    said = "Invalid regular expression flags"
    if words != "flags":
        said = f"Invalid regular expression: /{found[0][1] if found else ''}/: {words}"
    if not found:
        return {"is": "syntax", "message": f"SyntaxError: {said}"[:MAX_MESSAGE]}
    line = len(_LINE_END.split(code[: found[0].start(1)]))
    source = _LINE_END.split(code)[line - 1]
    return {
        "is": "syntax",
        "message": f"SyntaxError: {said}"[:MAX_MESSAGE],
        "line": line,
        "column": 1,
        "source": source[:MAX_LINE],
    }


def _is_bad(pattern: str, flags: str, message: str) -> bool:
    plain = re.sub(r"\\.|\[(?:\\.|[^\]\\])*\]", "", pattern)
    match message:
        case "invalid regular expression flags":
            return len(set(flags)) < len(flags) or bool(set(flags) - set("dgimsuvy"))
        case "expecting ')'":
            return plain.count("(") > plain.count(")")
        case "extraneous characters at the end":
            return plain.count(")") > plain.count("(")
        case "nothing to repeat":
            return bool(re.search(r"(?:^|[(|])[*+?]|[*+]{2}", plain))
        case _:
            return True


def _place(code: str, stack: str) -> Head:
    frame = _FRAME.search(stack)
    lines = _LINE_END.split(code)
    if not frame or not 0 < int(frame["line"]) <= len(lines):
        return {}
    line = int(frame["line"])
    return {"line": line, "column": max(int(frame["column"]), 1), "source": lines[line - 1][:MAX_LINE]}


def _parsed_place(code: str, frame: re.Match[str]) -> Head:
    """The parser counts bytes of UTF-8, JavaScript and editors units of UTF-16."""
    lines, line = _LINE_END.split(code), int(frame["line"])
    if line > len(lines):
        return {}
    text = lines[line - 1]
    before = text.encode("utf-8", "replace")[: max(int(frame["column"]) - 1, 0)].decode("utf-8", "ignore")
    return {"line": line, "column": len(before.encode("utf-16-le")) // 2 + 1, "source": text[:MAX_LINE]}


def _hinted(name: str, message: str) -> str:
    if name == "ReferenceError" and message.endswith(" is not defined"):
        hint = HINTS.get(message.removesuffix(" is not defined"))
        return f"{message}. {hint}" if hint else message
    return _NO_IMPORT if message.startswith("could not load module '") else message


def _syntax(message: str, place: Head) -> str:
    """The parser says little of what it found, so the line at the place is asked."""
    source, at = place.get("source", ""), place.get("column", 1) - 1
    found = _TOKEN.match(source, at)
    word = found[1] if found else ""
    before = source[:at].rstrip()
    if re.match(r"\s*import\b", source):
        return f"Cannot use import statement outside a module. {EXPORT_HINT}"
    if word == "@":
        return "Invalid or unexpected token"
    if word == "enum":
        return "Unexpected reserved word"
    if message == "duplicate label name" and (label := re.match(r"\s*(\w+)", source[at:]) or _LABEL.search(before)):
        return f"Label '{label[1]}' has already been declared"
    if message == "invalid number literal" and re.search(r"\d_\W*$", source[: at + 3]):
        return "Numeric separators are not allowed at the end of numeric literals"
    if message == "invalid redefinition of lexical identifier" or message.startswith("invalid redefinition"):
        declared = re.search(r"([\w$]+)\W*$", source[: at + 1]) if not word.isidentifier() else None
        return f"Identifier '{declared[1] if declared else word}' has already been declared"
    if message in ("variable name expected", "invalid property name") and word:
        return f"Unexpected token '{word}'"
    if word and word in "|&?" and word * 2 == source[at : at + 2]:
        return f"Unexpected token '{word * 2}'"
    if message == "Unexpected number" and re.search(r"[\w$]\([^(){}\[\]]*$", before) and not _HEADED.search(before):
        return "missing ) after argument list"
    if message == "expecting catch or finally":
        return "Missing catch or finally after try"
    if message.startswith("expecting"):
        return _expecting(message, word, before)
    if message == "unexpected end of string" and word == "`":
        return "Unexpected end of input"
    for pattern, words in _SYNTAX:
        if re.fullmatch(pattern, message):
            said = re.sub(pattern, words, message)
            return f"{said}. {EXPORT_HINT}" if "'export'" in said else said
    return message


_LABEL = re.compile(r"(\w+)\s*:?\s*$")
_HEADED = re.compile(r"\b(?:if|while|for|switch|catch|function)\s*[\w$]*\s*\([^()]*$")
_KEYWORD = re.compile(
    "const|var|function|class|return|if|for|while|do|switch|case|default|throw|try|catch|new|delete|typeof"
)


def _expecting(message: str, word: str, before: str) -> str:
    if re.search(r"\bawait$", before):
        return "await is only valid in async functions and the top level bodies of modules"
    if not word:
        return "Unexpected end of input"
    if word.isdigit() and re.search(r"[\w$]\([^(){}\[\]]*$", before) and not _HEADED.search(before):
        return "missing ) after argument list"
    if (
        message[:13] in ("expecting ')'", "expecting ','")
        and re.search(r"[\w$]\([^(){}\[\]]*$", before)
        and not _HEADED.search(before)
    ):
        return "missing ) after argument list"
    if _KEYWORD.fullmatch(word):
        return f"Unexpected token '{word}'"
    if word.isidentifier():
        return f"Unexpected identifier '{word}'"
    if word.isdigit():
        return "Unexpected number"
    if word in "'\"":
        return "Unexpected string"
    return f"Unexpected token '{word}'"
