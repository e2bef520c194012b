"""Keeps the memory of many threads together.

glibc gives a thread an arena of its own, of which what was freed serves no other thread. Here threads come and go, and
hold the interpreter by turns, so that they need no more than two.
"""

import ctypes
from contextlib import suppress

ARENAS = 2
M_ARENA_MAX = -8
"""From glibc's ``malloc.h``."""


def limit_arenas() -> None:
    """Limit the arenas of this process. Call it before the first thread. It does nothing with another C library."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)
