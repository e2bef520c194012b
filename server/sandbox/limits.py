"""Limits of one run, and the fences that confine the processes that run code."""

from dataclasses import dataclass

from server.domain.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one run.

    Only ``kill_after`` is enforced from outside, so code cannot evade it. The others are checked inside the process
    and exist for precise error messages.
    """

    run_time: float
    """Seconds of processor time."""
    memory: int
    """Bytes of the JavaScript heap."""
    result: int
    """Bytes of the returned payload."""
    console: int
    """Bytes of console output that are kept; the rest is dropped."""
    kill_after: float = 2.0
    """Seconds of wall-clock time until the process is killed from outside."""
    workers: int = 2
    """How many runs may be in progress at the same time."""


@dataclass(frozen=True, slots=True)
class Fence:
    """One fence around the processes that run code, with the result of the check at start.

    ``stands`` says whether the fence held when a child process tried what it forbids; ``detail`` explains.
    """

    name: str
    stands: bool
    detail: Sentence
