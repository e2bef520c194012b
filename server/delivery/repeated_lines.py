"""Log lines that strangers can cause as often as they like: written once, then counted."""

import time
from typing import Any

import structlog

EVERY_SECONDS = 60.0
MAX_KINDS = 100

log = structlog.get_logger()


class RepeatedLines:
    """Writes a line the first time, then at most once in ``EVERY_SECONDS``, with how many were left out since."""

    def __init__(self) -> None:
        self._kinds: dict[str, tuple[float, int]] = {}

    def info(self, event: str, **values: Any) -> None:
        """``event`` is the kind: lines of one event count as repeats, whatever their values."""
        now = time.monotonic()
        next_at, left_out = self._kinds.get(event, (now, 0))
        if now < next_at:
            self._kinds[event] = (next_at, left_out + 1)
            return
        if len(self._kinds) < MAX_KINDS or event in self._kinds:
            self._kinds[event] = (now + EVERY_SECONDS, 0)
        if left_out:
            values["left_out"] = left_out
        log.info(event, **values)
