"""Compares what two codes make of the same event, and sums up many such comparisons in a report of bounded size.

Used by backtests and shadows. *Before* is what the active code makes, *after* what the other code makes.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

from server.domain.messages import AttemptError
from server.domain.reasons import Reason
from server.domain.requests import FORM, FinishedRequest
from server.domain.transformations import Cancelled, FailureKind, TransformFailed
from server.domain.verdicts import Finding

MAX_PATHS = 24
"""Changed paths of one event; a group with more says so by ``MORE_PATHS``."""
MAX_PATH_CHARACTERS = 120
MAX_SHAPE_CHARACTERS = 300
DEEPEST = 32
"""Values nested deeper than this are compared as a whole."""
_SCALARS = frozenset({str, int, float, bool})

METHOD, URL, BODY, ORDER, HEADER, MORE_PATHS = "@method", "@url", "@body", "@order", "@header:", "@more"
"""Paths of what is not a field of the body. ``ORDER``: only the order or spelling of equal JSON changed."""

Made = FinishedRequest | Cancelled | TransformFailed
"""What a code made of an event."""

Judge = Callable[[FinishedRequest], Sequence[Finding]]
"""Returns the errors that the card's contract finds in a request."""


class Difference(StrEnum):
    """How the outcome of an event differs with the other code."""

    SAME = "same"
    CHANGED = "changed"
    NEWLY_CANCELLED = "newly_cancelled"
    NEWLY_SENT = "newly_sent"
    THROWS = "throws"
    BREAKS_CONTRACT = "breaks_contract"
    """It makes a request with errors against the contract which the active code's request does not have."""
    STILL_THROWS = "still_throws"
    NO_LONGER_THROWS = "no_longer_throws"
    NOT_RUN = "not_run"
    """A fault of Hookbench kept one of the codes from running."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The comparison of one event."""

    difference: Difference
    paths: tuple[str, ...] = ()
    """What changed, sorted: paths such as ``data.items[].price``, or the constants ``METHOD``, ``URL``, …"""
    error: AttemptError | None = None
    """Why the other code fails, or the first error that the contract finds."""


SAME = Compared(Difference.SAME)


def no_errors(request: FinishedRequest) -> Sequence[Finding]:
    """The judge of a card without a contract."""
    return ()


def compare(before: Made, after: Made, judge: Judge = no_errors) -> Compared:
    """How ``after`` differs from ``before``. ``judge`` is called only for requests that differ."""
    if _is_fault(before) or _is_fault(after):
        return Compared(Difference.NOT_RUN)
    if isinstance(after, TransformFailed):
        failed_before = isinstance(before, TransformFailed)
        return Compared(Difference.STILL_THROWS if failed_before else Difference.THROWS, (), after.error)
    if isinstance(after, Cancelled):
        if isinstance(before, Cancelled):
            return SAME
        failed_before = isinstance(before, TransformFailed)
        return Compared(Difference.NO_LONGER_THROWS if failed_before else Difference.NEWLY_CANCELLED)
    if isinstance(before, FinishedRequest) and before == after:
        return SAME
    if broken := _newly_broken(before, after, judge):
        return broken
    if isinstance(before, TransformFailed):
        return Compared(Difference.NO_LONGER_THROWS)
    if isinstance(before, Cancelled):
        return Compared(Difference.NEWLY_SENT)
    return Compared(Difference.CHANGED, changed_paths(before, after))


def _is_fault(made: Made) -> bool:
    return isinstance(made, TransformFailed) and made.error.kind == FailureKind.INTERNAL


def _newly_broken(before: Made, after: FinishedRequest, judge: Judge) -> Compared | None:
    errors = judge(after)
    if not errors:
        return None
    known = {_finding_key(one) for one in judge(before)} if isinstance(before, FinishedRequest) else set()
    new = [one for one in errors if _finding_key(one) not in known]
    if not new:
        return None
    paths = _bounded({_general(one) for one in new})
    return Compared(Difference.BREAKS_CONTRACT, paths, AttemptError("contract", new[0].cause))


def _finding_key(finding: Finding) -> tuple[str, str]:
    return _general(finding), finding.cause.key if isinstance(finding.cause, Reason) else str(finding.cause)


def _general(finding: Finding) -> str:
    """The path of a finding, in the spelling of ``changed_paths``."""
    match finding.path:
        case "":
            return BODY
        case "method":
            return METHOD
        case "url":
            return URL
        case path if path.startswith("header:"):
            return HEADER + path.removeprefix("header:")
    path = ""
    for step in finding.steps or finding.path.split("."):
        path = f"{path}[]" if isinstance(step, int) or step.isdecimal() else _member(path, step)
    return path


def changed_paths(before: FinishedRequest, after: FinishedRequest) -> tuple[str, ...]:
    """What differs between two requests, sorted, with every index of a list written as ``[]``; at most ``MAX_PATHS``.

    Empty when they are equal.
    """
    found: set[str] = set()
    if before.method != after.method:
        found.add(METHOD)
    if before.url != after.url:
        found.add(URL)
    if before.headers != after.headers:
        found |= _changed_headers(before, after)
    if before.body != after.body:
        found |= _changed_fields(before, after)
    return _bounded(found)


def _changed_headers(before: FinishedRequest, after: FinishedRequest) -> set[str]:
    old = {name.lower(): value for name, value in before.headers.items()}
    new = {name.lower(): value for name, value in after.headers.items()}
    return {HEADER + name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


def _changed_fields(before: FinishedRequest, after: FinishedRequest) -> set[str]:
    try:
        old, new = _parsed(before), _parsed(after)
        found: set[str] = set()
        _collect("", old, new, DEEPEST, found)
    except (ValueError, RecursionError):
        return {BODY}
    return found or {ORDER}


def _parsed(request: FinishedRequest) -> Any:
    """The fields of a body. Raises ``ValueError`` if it is neither JSON nor a form."""
    if request.header("content-type").partition(";")[0].strip().lower() == FORM:
        return dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    return json.loads(request.body)


def _collect(path: str, before: Any, after: Any, depth: int, found: set[str]) -> None:
    """Add the paths of all differences to ``found``, until it has more than ``MAX_PATHS``."""
    if len(found) > MAX_PATHS:
        return
    kind = type(before)
    if kind is type(after) and kind in _SCALARS:  # the usual case, and Python says True == 1
        if before != after:
            found.add(path or BODY)
    elif depth and kind is dict and type(after) is dict and (not path or before.keys() & after.keys()):
        for name in before.keys() ^ after.keys():
            found.add(_member(path, name))
        for name in before.keys() & after.keys():
            _collect(_member(path, name), before[name], after[name], depth - 1, found)
    elif depth and kind is list and type(after) is list:
        inner = f"{path}[]"
        if len(before) != len(after):
            found.add(inner)
        for old, new in zip(before, after, strict=False):
            _collect(inner, old, new, depth - 1, found)
    elif isinstance(before, bool) is not isinstance(after, bool) or before != after:
        found.add(path or BODY)


def _member(path: str, name: str) -> str:
    if not name.isidentifier():
        return f"{path}[{json.dumps(name)}]"
    return f"{path}.{name}" if path else name


def _bounded(paths: set[str]) -> tuple[str, ...]:
    shown = sorted({path[:MAX_PATH_CHARACTERS] for path in paths})
    return tuple(shown) if len(shown) <= MAX_PATHS else (*shown[:MAX_PATHS], MORE_PATHS)


_QUOTED = re.compile(r'"[^"]*"')
_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w.-]+")
_IDENTIFIER = re.compile(r"(?<![\w-])(?=[\w-]*\d)[\w-]{6,}\b")
_DIGITS = re.compile(r"\d+")


def shape(text: str) -> str:
    """An error's text without what differs from event to event: quoted values, addresses, ids and numbers.

    Names in single quotes stay, since V8 writes those of properties so.
    """
    for pattern in (_QUOTED, _ADDRESS, _IDENTIFIER, _DIGITS):
        text = pattern.sub("…", text)
    return text[:MAX_SHAPE_CHARACTERS]
