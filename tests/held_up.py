"""How long other work had to wait while something ran."""

import gc
from time import monotonic, process_time


class Gaps:
    """The longest time, in seconds, between two calls of ``step`` in which this process computed.

    On a busy machine a step also waits for other processes, so the smaller of waiting and computing time counts. What
    thousands of tests before have left is not looked through for garbage meanwhile: a server has none of it, and
    freezes what it loaded at its start.
    """

    def __init__(self) -> None:
        gc.collect()
        gc.freeze()
        self.longest = 0.0
        self._last = monotonic(), process_time()

    def step(self) -> None:
        now = monotonic(), process_time()
        self.longest = max(self.longest, min(now[0] - self._last[0], now[1] - self._last[1]))
        self._last = now
