"""What goes into ``handler(webhook)`` and what comes out of it, as the sandbox reports it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from server.domain.messages import AttemptError, ConsoleLine
from server.domain.warnings import RunWarning

MAX_CODE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Program:
    """Code and whose it is: a worker process never serves two owners in one life."""

    owner: str
    """An endpoint's id, or a draft's own unique name."""
    code: str


@dataclass(frozen=True, slots=True)
class Webhook:
    """The object that ``handler`` is called with. ``payload`` is JSON text exactly as it was received."""

    event_type: str
    payload: str
    url: str
    method: str
    headers: Mapping[str, str]
    env: Mapping[str, str]


class FailureKind(StrEnum):
    SYNTAX = "syntax"
    THREW = "threw"
    NO_HANDLER = "no handler"
    BAD_RESULT = "bad result"
    TIME_LIMIT = "time limit"
    MEMORY_LIMIT = "memory limit"
    CRASHED = "crashed"
    INTERNAL = "internal"
    """A fault of Hookbench's own kept this event from its result; the code may be fine."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The handler returned a request. Types are checked already; the rules of ``domain.requests`` are not.

    ``ms`` is how long the code ran, ``memory`` the most bytes that its heap was seen to have, where that is known.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    payload: str
    """JSON text; when ``payload_is_text`` is set, the string itself."""
    payload_is_text: bool
    console: tuple[ConsoleLine, ...]
    ms: float
    memory: int | None = None
    warnings: tuple[RunWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class Cancelled:
    """``webhook.cancel = true`` or ``return null``."""

    console: tuple[ConsoleLine, ...]
    ms: float
    memory: int | None = None
    warnings: tuple[RunWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class TransformFailed:
    """``error.kind`` is a value of ``FailureKind``."""

    error: AttemptError
    console: tuple[ConsoleLine, ...]
    ms: float
    memory: int | None = None
    warnings: tuple[RunWarning, ...] = ()


Result = Returned | Cancelled | TransformFailed
