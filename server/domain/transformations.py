"""The input and the result of ``handler(webhook)``, as the sandbox takes and reports them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from server.domain.ids import Millis
from server.domain.messages import AttemptError, ConsoleLine
from server.domain.warnings import RunWarning

MAX_CODE_BYTES = 256 * 1024
MAX_COUNTERS = 10_000
"""Most counters in a program."""


@dataclass(frozen=True, slots=True)
class Counting:
    """The code calls a function of this name with the number of a counter, from 0 to below ``counters``."""

    name: str
    counters: int


@dataclass(frozen=True, slots=True)
class Program:
    """Code and its owner. A worker process never runs code of two owners."""

    owner: str
    """An endpoint's id, or a draft's own unique name."""
    code: str
    counting: Counting | None = None
    """Set when the result is to tell how often the code called its counters; see ``domain.branch_counters``."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """The object that ``handler`` is called with. ``payload`` is JSON text exactly as it was received."""

    event_type: str
    payload: str
    url: str
    method: str
    headers: Mapping[str, str]
    env: Mapping[str, str]
    id: str = ""
    """The ``webhook-id``: the same whenever the event is sent again."""
    timestamp: int = 0
    """When the event came, in Unix seconds. Code reads it as text, as the header of this name has it."""
    clock: Millis | None = None
    """The time that code reads while it runs, and random values are always the same; ``None`` for the real ones."""


class FailureKind(StrEnum):
    SYNTAX = "syntax"
    THREW = "threw"
    NO_HANDLER = "no handler"
    BAD_RESULT = "bad result"
    TIME_LIMIT = "time limit"
    MEMORY_LIMIT = "memory limit"
    CRASHED = "crashed"
    INTERNAL = "internal"
    """A fault of Hookbench prevented the result; the code may be correct."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The handler returned a request. Its types are checked, but not yet the rules of ``domain.requests``.

    ``ms`` is how long the code ran; ``memory`` is the largest observed heap size in bytes, if known; ``counts`` are
    those of the program's counters, empty if it has none or they could not be read.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    payload: str
    """JSON text, or the string itself if ``payload_is_text``."""
    payload_is_text: bool
    console: tuple[ConsoleLine, ...]
    ms: float
    memory: int | None = None
    warnings: tuple[RunWarning, ...] = ()
    counts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The code decided to send nothing: ``webhook.cancel = true`` or ``return null``."""

    console: tuple[ConsoleLine, ...]
    ms: float
    memory: int | None = None
    warnings: tuple[RunWarning, ...] = ()
    counts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TransformFailed:
    """The run failed. ``error.kind`` is a value of ``FailureKind``."""

    error: AttemptError
    console: tuple[ConsoleLine, ...]
    ms: float
    memory: int | None = None
    warnings: tuple[RunWarning, ...] = ()
    counts: tuple[int, ...] = ()


Result = Returned | Cancelled | TransformFailed
