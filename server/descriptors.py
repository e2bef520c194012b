"""File descriptors: how many this process may have open, and who gets which part of them.

Each connection takes one. Without shares, idle connections from outside take them all, and then neither an event nor a
delivery nor the database gets its own.
"""

import resource
from contextlib import suppress
from dataclasses import dataclass

WANTED = 8192
OWN = 128
"""For the database, the log, the sandbox's pipes, name look-ups and mails."""
PER_WORKER = 8
KEPT_BY_COURIER = 256
"""Connections to destinations that are kept for the next delivery; see ``delivery.transport.MOST_IDLE``."""
MAX_CONNECTIONS = 2000
"""From outside. Each costs some 10 KiB, and a reverse proxy needs a few hundred at most."""


@dataclass(frozen=True, slots=True)
class Descriptors:
    """``limit``: of this process; ``hard``: what it may raise that to; the rest are its shares."""

    limit: int
    hard: int
    own: int
    deliveries: int
    connections: int

    @property
    def enough(self) -> bool:
        """Whether nobody's share had to be cut."""
        return self.own + self.deliveries + min(self.connections, 256) <= self.limit


def raised(concurrency: int, workers: int) -> Descriptors:
    """Raise this process's limit as far as it is allowed and useful, and share it out."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # macOS has a lower limit of its own
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return shared(soft if soft != resource.RLIM_INFINITY else 2**20, hard, concurrency, workers)


def shared(limit: int, hard: int, concurrency: int, workers: int) -> Descriptors:
    """The shares. Connections from outside get what is left, but a quarter at least."""
    own, deliveries = OWN + PER_WORKER * workers, concurrency + KEPT_BY_COURIER
    connections = min(MAX_CONNECTIONS, max(limit // 4, limit - own - deliveries))
    return Descriptors(limit, hard, own, deliveries, connections)
