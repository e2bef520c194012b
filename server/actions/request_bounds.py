"""Bounds what one person can make the server do on demand, such as sending requests that are no deliveries."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from server.domain.ids import Millis
from server.domain.sentences import Invalid, Problem, say

WINDOW_MS = 60_000
MAX_COUNTED_KEYS = 1000


@dataclass(frozen=True, slots=True)
class RequestBounds:
    """At most ``most`` for each person in a minute, and one at a time."""

    most: int = 10
    _recent: OrderedDict[str, list[Millis]] = field(default_factory=OrderedDict)
    _running: set[str] = field(default_factory=set)

    def take(self, key: str, now: Millis) -> bool:
        """Count one more; ``False`` when there were too many in the last minute."""
        recent = [at for at in self._recent.pop(key, []) if at > now - WINDOW_MS]
        allowed = len(recent) < self.most
        self._recent[key] = [*recent, now] if allowed else recent
        if len(self._recent) > MAX_COUNTED_KEYS:
            self._recent.popitem(last=False)
        return allowed

    @contextmanager
    def one(self, key: str, now: Millis) -> Iterator[None]:
        """Count one that ends with the block. Raises ``Invalid`` when it is too many, or another one still runs."""
        if key in self._running:
            raise Invalid(Problem("", say("Another request of yours is still running. Wait until it has ended.")))
        if not self.take(key, now):
            text = say("At most {count} such requests are sent in a minute. Try again later.", count=self.most)
            raise Invalid(Problem("", text))
        self._running.add(key)
        try:
            yield
        finally:
            self._running.discard(key)
