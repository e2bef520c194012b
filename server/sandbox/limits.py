"""What code may use, and what keeps it in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one run. Only ``kill_after`` is a limit that nothing inside can dodge; the others give better sentences."""

    run_time: float
    """Seconds of processor time."""
    memory: int
    """Bytes of the JavaScript heap."""
    result: int
    """Bytes of the returned payload."""
    console: int
    """Bytes of console output that are kept."""
    kill_after: float = 2.0
    """Seconds of wall-clock time until the process is killed from outside."""
    workers: int = 2
    """Runs under way at once."""


@dataclass(frozen=True, slots=True)
class Fence:
    """One wall around the processes that run code, as it was measured at start inside a real one."""

    name: str
    stands: bool
    detail: str
