"""Divides the file descriptors that this process may open.

Each connection takes one. Without shares, idle incoming connections could take them all, and events, deliveries and
the database would get none.
"""

import resource
from contextlib import suppress
from dataclasses import dataclass

WANTED = 8192
OWN = 128
"""For the database, the log, the sandbox's pipes, DNS look-ups and e-mails."""
PER_WORKER = 8
KEPT_BY_COURIER = 256
"""Idle connections to destinations in the pool; see ``delivery.transport.MAX_IDLE_CONNECTIONS``."""
MAX_CONNECTIONS = 2000
"""Incoming connections. Each costs about 10 KiB, and a reverse proxy needs a few hundred at most."""


@dataclass(frozen=True, slots=True)
class Descriptors:
    """``limit``: of this process. ``hard``: the most it may be raised to. The other fields are shares of ``limit``."""

    limit: int
    hard: int
    own: int
    deliveries: int
    connections: int

    @property
    def enough(self) -> bool:
        """Whether the limit covers all shares, with room for at least 256 incoming connections."""
        return self.own + self.deliveries + min(self.connections, 256) <= self.limit


def raised(concurrency: int, workers: int) -> Descriptors:
    """Raise this process's limit as far as allowed and useful, and return the shares."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # macOS has a lower limit besides the hard one
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return shared(soft if soft != resource.RLIM_INFINITY else 2**20, hard, concurrency, workers)


def shared(limit: int, hard: int, concurrency: int, workers: int) -> Descriptors:
    """The shares. Incoming connections get what is left, but at least a quarter."""
    own, deliveries = OWN + PER_WORKER * workers, concurrency + KEPT_BY_COURIER
    connections = min(MAX_CONNECTIONS, max(limit // 4, limit - own - deliveries))
    return Descriptors(limit, hard, own, deliveries, connections)
