"""Parses workers' replies without trusting them: the process that wrote a reply ran a stranger's code.

A reply that does not have the expected shape becomes a failure of kind ``crashed``. Text is cut to its limit, and NUL,
other control characters and lone surrogates are replaced, because databases and terminals do not accept them.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn

from server.domain.messages import AttemptError, ConsoleLine
from server.domain.reasons import REASONS, Cause, Reason, because
from server.domain.transformations import MAX_COUNTERS, Cancelled, FailureKind, Result, Returned, TransformFailed
from server.domain.warnings import FIELDS, MAX_WARNINGS, RunWarning, cut
from server.sandbox.limits import Limits

MAX_MESSAGE = 4_000
MAX_LINE = 400
MAX_HEADERS = 1_000
MAX_URL = 64 * 1024
CONSOLE_LINES = 2_000
MAX_PART_NAME = 160
MAX_PARTS = 4_000
"""Most parts of locale data that one event may request. The worker keeps parts, so few events need many."""
MAX_COUNT = 1 << 31
MAX_MEMORY = 1 << 48
MAX_TIMES = 1 << 53
"""Above the highest count that a counter can reach."""
LEVELS = ("log", "info", "warn", "error", "debug")

FOUND_INSIDE = frozenset(
    {
        "handler_missing",
        "handler_never_settles",
        "handler_returned",
        "result_not_text",
        "result_headers",
        "result_header_value",
        "result_payload",
        "result_too_large",
    }
)
"""Keys of the reasons that a worker may report."""

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def largest(limits: Limits) -> int:
    """The most bytes that a reply may have; a larger one is not read. JSON may escape one byte of console as six."""
    return 6 * (limits.console + limits.result) + 1024 * 1024


def parse(head: bytes, body: bytes, limits: Limits, within: float = math.inf) -> Result:
    """The result of an event from the worker's reply. The reported run time is capped at ``within`` milliseconds.

    Does not raise: a malformed reply becomes a failure of kind ``crashed``.
    """
    try:
        fields = _mapping(_read(_ANY, head.decode()))
        if fields["is"] == "needs":
            return failed(FailureKind.CRASHED, too_many_parts())
        return _result(fields, body, limits, within)
    except Exception as error:  # user code controls the reply, so any error here is the code's failure
        return failed(FailureKind.CRASHED, because("sandbox_reply", reason=type(error).__name__))


def process_of(head: bytes) -> int:
    """The process id from a new worker's first reply, sent before it runs any code; 0 if it has none."""
    try:
        return _count(_mapping(json.loads(head))["ready"])
    except (ValueError, KeyError, TypeError):
        return 0


def part_asked(head: bytes) -> str:
    """The name of the locale data that a run requests, such as ``locale:de``; empty if this is the event's result."""
    if not head.startswith(b'{"part"') or len(head) > 1_000:
        return ""
    try:
        return clean(_mapping(json.loads(head))["part"], MAX_PART_NAME)
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def is_spent(head: bytes) -> bool:
    """Whether the worker reports that it used so much memory that only its exit frees it."""
    return head.endswith(b',"spent":true}')


def parse_check(head: bytes) -> AttemptError | None:
    try:
        fields = _mapping(json.loads(head))
        return None if fields["is"] == "fine" else _error(fields, None)
    except Exception:  # as in ``parse``
        return AttemptError(FailureKind.CRASHED, because("sandbox_not_checked"))


def failed(kind: FailureKind, message: Cause, ms: float = 0.0) -> TransformFailed:
    return TransformFailed(AttemptError(kind, message), (), ms)


def our_fault(reason: str) -> TransformFailed:
    """The result of an event that failed because of a fault of Hookbench. ``reason`` is the type of the exception."""
    return failed(FailureKind.INTERNAL, because("sandbox_fault", reason=reason))


def no_part(part: str, reason: str) -> TransformFailed:
    """The result of an event whose locale data could not be prepared."""
    return failed(FailureKind.INTERNAL, because("sandbox_locale_fault", part=part, reason=reason))


def too_many_parts() -> Reason:
    return because("sandbox_too_many_parts", limit=MAX_PARTS)


def keeps_ending(times: int) -> TransformFailed:
    return failed(FailureKind.INTERNAL, because("sandbox_keeps_ending", times=times))


def time_limit(limits: Limits) -> Reason:
    return because("time_limit", seconds=f"{limits.run_time:g}")


def _result(fields: Mapping[str, Any], body: bytes, limits: Limits, within: float) -> Result:
    console = _console(fields["console"], limits.console)
    ms = min(_duration(fields["ms"]), within)
    memory = _count(fields["memory"], MAX_MEMORY) if "memory" in fields else None
    warnings = _warnings(fields["warnings"]) if "warnings" in fields else ()
    counts = _counts(fields["counts"]) if "counts" in fields else ()
    match fields["is"]:
        case "returned":
            returned = _returned(fields, body, limits, console, ms, memory, warnings)
            return replace(returned, counts=counts) if counts else returned
        case "cancelled":
            return Cancelled(console, ms, memory, warnings, counts)
        case _:
            return TransformFailed(_error(fields, limits), console, ms, memory, warnings, counts)


def _returned(
    fields: Mapping[str, Any],
    body: bytes,
    limits: Limits,
    console: tuple[ConsoleLine, ...],
    ms: float,
    memory: int | None,
    warnings: tuple[RunWarning, ...],
) -> Returned | TransformFailed:
    if len(body) > limits.result:
        too_large = because("result_too_large", limit=limits.result // 1024)
        return TransformFailed(AttemptError(FailureKind.BAD_RESULT, too_large), console, ms, memory, warnings)
    payload = body.decode()
    is_text = fields["text"] is True
    if not is_text:
        try:
            _must_be_json(payload)
        except RecursionError:
            too_deep = because("result_too_deep")
            return TransformFailed(AttemptError(FailureKind.BAD_RESULT, too_deep), console, ms, memory, warnings)
    headers = _mapping(fields["headers"])
    if len(headers) > MAX_HEADERS:
        too_many = because("result_headers_too_many", limit=MAX_HEADERS)
        return TransformFailed(AttemptError(FailureKind.BAD_RESULT, too_many), console, ms, memory, warnings)
    return Returned(
        method=_whole(fields["method"], 100),
        url=_whole(fields["url"], MAX_URL),
        headers={_whole(name, MAX_URL): _whole(value, MAX_URL) for name, value in headers.items()},
        payload=payload,
        payload_is_text=is_text,
        console=console,
        ms=ms,
        memory=memory,
        warnings=warnings,
    )


def _must_be_json(text: str) -> None:
    """Raises ``ValueError`` if the text is not JSON, ``RecursionError`` if it is nested too deeply."""
    _read(_JSON, text)


def _read(decoder: json.JSONDecoder, text: str) -> object:
    """Decode a JSON text. Most texts have no surrounding white space, so this first tries without looking for it."""
    try:
        value, end = decoder.raw_decode(text)
    except json.JSONDecodeError:
        return decoder.decode(text)
    return value if end == len(text) else decoder.decode(text)


def _no_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(name, "", 0)  # Python accepts NaN and Infinity, but JSON does not have them


_ANY = json.JSONDecoder()
_JSON = json.JSONDecoder(parse_int=str, parse_constant=_no_constant)
"""Keeps whole numbers as text, because Python refuses to convert those of more than 4,300 digits."""


def _error(fields: Mapping[str, Any], limits: Limits | None) -> AttemptError:
    kind = FailureKind(fields["is"])
    if kind is FailureKind.INTERNAL:
        raise ValueError("kind")  # a worker must not report a fault of Hookbench
    message: Cause
    if kind is FailureKind.TIME_LIMIT and limits:
        message = time_limit(limits)
    elif kind is FailureKind.MEMORY_LIMIT and limits:
        message = because("memory_limit", limit=limits.memory // (1024 * 1024))
    elif "reason" in fields:
        message = _reason(fields["reason"], _mapping(fields["values"]))
    else:
        message = clean(fields["message"], MAX_MESSAGE)
    if "line" not in fields:
        return AttemptError(kind, message)
    source = clean(fields["source"], MAX_LINE)
    return AttemptError(kind, message, _count(fields["line"]), _count(fields["column"]), source)


def _reason(key: object, values: Mapping[str, Any]) -> Reason:
    """The reason that ``prelude/trouble.js`` reports. Raises if it does not write such a key or such values."""
    if key not in FOUND_INSIDE:
        raise ValueError("reason")
    said = {name: clean(value, MAX_MESSAGE) for name, value in values.items()}
    reason = because(str(key), **{name: _kind(value) if name == "kind" else value for name, value in said.items()})
    str(reason)  # raises where a value is missing
    return reason


def _kind(name: str) -> str | Reason:
    """Words for a type of value: ``array`` becomes "an array"; ``null`` and ``undefined`` stay as they are."""
    key = f"kind_{name}"
    return because(key) if key in REASONS else name


def _console(lines: object, room: int) -> tuple[ConsoleLine, ...]:
    """The console lines, at most ``room`` bytes in all. The line that exceeds the limit is cut and is the last."""
    if not isinstance(lines, list):
        raise TypeError("console")
    kept: list[ConsoleLine] = []
    for level, text in lines[:CONSOLE_LINES]:
        if level not in LEVELS or room <= 0:
            break
        shown = clean(text, room).encode()[:room].decode(errors="ignore")
        room -= len(shown.encode()) + 1
        kept.append(ConsoleLine(level, shown))
    return tuple(kept)


def _warnings(found: object) -> tuple[RunWarning, ...]:
    if not isinstance(found, list):
        raise TypeError("warnings")
    return tuple([_warning(_mapping(each)) for each in found[:MAX_WARNINGS]])


def _warning(fields: Mapping[str, Any]) -> RunWarning:
    kind = fields["kind"]
    return RunWarning(kind, {name: cut(clean(str(fields[name]), 2 * MAX_MESSAGE)) for name in FIELDS[kind]})


def _counts(found: object) -> tuple[int, ...]:
    if not isinstance(found, list) or len(found) > MAX_COUNTERS:
        raise TypeError("counts")
    return tuple([_count(each, MAX_TIMES) if each else 0 for each in found])


def clean(text: object, limit: int) -> str:
    if not isinstance(text, str):
        raise TypeError("text")
    return _UNPRINTABLE.sub("\ufffd", text[:limit])


def _whole(text: object, limit: int) -> str:
    """The text unchanged. It becomes part of the request, so text that is too long is an error instead of being cut.

    Raises ``ValueError``. Other code checks which characters are allowed.
    """
    if not isinstance(text, str) or len(text) > limit:
        raise ValueError("text")
    text.encode()  # raises on halves of surrogate pairs
    return text


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("object")
    return value


def _count(value: object, limit: int = MAX_COUNT) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < limit:
        raise ValueError("count")
    return value


def _duration(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < MAX_COUNT:
        raise ValueError("duration")
    return float(value)
