"""A worker's reply, believed in nothing: the process that wrote it ran a stranger's code.

Whatever does not fit the expected shape is the kind ``crashed``. Text is cut to its bounds and loses what no database
or terminal wants: NUL, other control characters and halves of surrogate pairs.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from server.domain.messages import AttemptError, ConsoleLine
from server.domain.reasons import REASONS, Cause, Reason, because
from server.domain.transformations import Cancelled, FailureKind, Result, Returned, TransformFailed
from server.domain.warnings import FIELDS, MAX_WARNINGS, RunWarning, cut
from server.sandbox.limits import Limits

MAX_MESSAGE = 4_000
MAX_LINE = 400
MAX_HEADERS = 1_000
MAX_URL = 64 * 1024
CONSOLE_LINES = 2_000
MAX_PART_NAME = 160
MAX_PARTS = 4_000
"""Pieces of locale data that one event may ask for; a worker keeps what it has."""
MAX_COUNT = 1 << 31
MAX_MEMORY = 1 << 48
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
"""Reasons that the worker gives by their keys."""

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def largest(limits: Limits) -> int:
    """Bytes that a reply may have before it is not even read. A console line's quotes may cost six for one."""
    return 6 * (limits.console + limits.result) + 1024 * 1024


def parse(head: bytes, body: bytes, limits: Limits, within: float = math.inf) -> Result:
    """What the worker says its event came to. It cannot have run for longer than ``within`` milliseconds."""
    try:
        fields = _mapping(_read(_ANY, head.decode()))
        if fields["is"] == "needs":
            return failed(FailureKind.CRASHED, too_many_parts())
        return _result(fields, body, limits, within)
    except Exception as error:  # whatever the reply was, it is of no use, and nobody else's fault
        return failed(FailureKind.CRASHED, because("sandbox_reply", reason=type(error).__name__))


def process_of(head: bytes) -> int:
    """The process id in a new worker's first message, before it has run anything; 0 when there is none."""
    try:
        return _count(_mapping(json.loads(head))["ready"])
    except (ValueError, KeyError, TypeError):
        return 0


def part_asked(head: bytes) -> str:
    """The locale data that a run waits for, such as ``locale:de``; empty when this is the reply."""
    if not head.startswith(b'{"part"') or len(head) > 1_000:
        return ""
    try:
        return clean(_mapping(json.loads(head))["part"], MAX_PART_NAME)
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def is_spent(head: bytes) -> bool:
    """The worker says that it has used much memory, which only its end gives back."""
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
    """The result of an event that a fault of ours kept from its own. ``reason`` is the kind of the error."""
    return failed(FailureKind.INTERNAL, because("sandbox_fault", reason=reason))


def no_part(part: str, reason: str) -> TransformFailed:
    """The result of an event whose locale data could not be made."""
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
    match fields["is"]:
        case "returned":
            return _returned(fields, body, limits, console, ms, memory, warnings)
        case "cancelled":
            return Cancelled(console, ms, memory, warnings)
        case _:
            return TransformFailed(_error(fields, limits), console, ms, memory, warnings)


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
    """Raises ``ValueError``, or ``RecursionError`` for what is nested too deeply."""
    _read(_JSON, text)


def _read(decoder: json.JSONDecoder, text: str) -> object:
    """What ``decoder`` reads in a text. Most have no space around them, which is not looked for then."""
    try:
        value, end = decoder.raw_decode(text)
    except json.JSONDecodeError:
        return decoder.decode(text)
    return value if end == len(text) else decoder.decode(text)


def _no_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(name, "", 0)  # Python reads NaN and Infinity; JSON does not know them


_ANY = json.JSONDecoder()
_JSON = json.JSONDecoder(parse_int=str, parse_constant=_no_constant)
"""Python reads no whole number of more than 4,300 digits; this one does not read whole numbers as such at all."""


def _error(fields: Mapping[str, Any], limits: Limits | None) -> AttemptError:
    kind = FailureKind(fields["is"])
    if kind is FailureKind.INTERNAL:
        raise ValueError("kind")  # only we may say that it was us
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
    """What prelude/trouble.js found wrong. Raises for a key or values that it does not write."""
    if key not in FOUND_INSIDE:
        raise ValueError("reason")
    said = {name: clean(value, MAX_MESSAGE) for name, value in values.items()}
    reason = because(str(key), **{name: _kind(value) if name == "kind" else value for name, value in said.items()})
    str(reason)  # raises where a value is missing
    return reason


def _kind(name: str) -> str | Reason:
    """A kind of value by its type: ``array`` is "an array"; ``null`` and ``undefined`` are named as they are."""
    key = f"kind_{name}"
    return because(key) if key in REASONS else name


def _console(lines: object, room: int) -> tuple[ConsoleLine, ...]:
    """At most ``room`` bytes; the line that does not fit is cut and is the last."""
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


def clean(text: object, limit: int) -> str:
    if not isinstance(text, str):
        raise TypeError("text")
    return _UNPRINTABLE.sub("\ufffd", text[:limit])


def _whole(text: object, limit: int) -> str:
    """Text that means something to the request is not cut: too long is wrong. Its characters are judged later."""
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
