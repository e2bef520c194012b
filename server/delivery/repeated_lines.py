"""Log lines that strangers can cause as often as they like: each kind is written once, then counted."""

import time
from typing import Any

import structlog

EVERY_SECONDS = 60.0
MAX_KINDS = 100

log = structlog.get_logger()


class RepeatedLines:
    """Writes a line the first time, then at most once in ``EVERY_SECONDS``, with the number left out since."""

    def __init__(self) -> None:
        self._kinds: dict[str, tuple[float, int]] = {}

    def info(self, event: str, **values: Any) -> None:
        """Write or count a line. ``event`` is its kind: lines of one event count as repeats, whatever their values."""
        left_out = self.left_out(event)
        if left_out is None:
            return
        if left_out:
            values["left_out"] = left_out
        log.info(event, **values)

    def left_out(self, kind: str) -> int | None:
        """Return how many lines of this kind were left out since the last; ``None`` when this one is left out, too."""
        now = time.monotonic()
        next_at, left_out = self._kinds.get(kind, (now, 0))
        if now < next_at:
            self._kinds[kind] = (next_at, left_out + 1)
            return None
        if len(self._kinds) >= MAX_KINDS and kind not in self._kinds:
            self._kinds.clear()
        self._kinds[kind] = (now + EVERY_SECONDS, 0)
        return left_out
