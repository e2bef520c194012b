"""SIGTERM during deliveries: the server ends within 10 s, loses nothing, and repeats only deliveries that hung."""

import random
import socket
import time
from contextlib import closing

from running import wait_for

from faults.bench import RECOVERY_SECONDS, Bench, Figures, a_folder

SOME = 8
"""Fewest deliveries that must hang when the signal is sent."""


def terminated(times: int) -> Figures:
    figures = Figures("SIGTERM while deliveries are under way")
    with a_folder() as data, Bench(data, figures, answer_seconds=0.5) as bench:
        longest = 0.0
        for _ in range(times):
            time.sleep(random.random() * 0.5)
            longest = max(longest, bench.stop())
            bench.start()
        bench.sink.answer_seconds = 0.0
        bench.settle()
    return _judged(figures, longest)


def beside_one_that_hangs(times: int) -> Figures:
    """Every event also goes to a second destination that never responds: only what hangs there may be repeated. A
    sender that has sent half an event hangs as well."""
    figures = Figures("SIGTERM beside a destination that hangs")
    with a_folder() as data, Bench(data, figures, rate=50, hanging=True) as bench:
        hanging = bench.hanging
        assert hanging
        longest = 0.0
        for _ in range(times):
            wait_for(lambda: len(hanging.unanswered) >= SOME, what="deliveries that hang")
            with closing(_half_an_event(bench)):
                longest = max(longest, bench.stop())
            hanging.unanswered.clear()
            bench.start()
        hanging.answer_seconds = 0.0
        bench.settle()
    figures.notes.append("every event goes to both, so it is delivered twice as often as acknowledged")
    return _judged(figures, longest)


def _half_an_event(bench: Bench) -> socket.socket:
    """A connection on which half an event was sent; the rest never comes."""
    connection = socket.create_connection(("127.0.0.1", bench.hookbench.port))
    connection.sendall(f"POST /in/{bench.source.token} HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n{{".encode())
    return connection


def _judged(figures: Figures, longest: float) -> Figures:
    figures.check(longest <= RECOVERY_SECONDS, f"it took {longest:.1f} s to end")
    figures.notes.append(f"longest {longest:.1f} s to end")
    return figures
