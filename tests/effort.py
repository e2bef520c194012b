"""How much computing a piece of work takes."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from time import thread_time


@contextmanager
def effort(at_most: float) -> Iterator[None]:
    """Fail where the block computes for more than ``at_most`` seconds.

    For work that takes minutes when it is done the wrong way. Neither what other threads and processes do nor the
    garbage that thousands of tests before have left is counted.
    """
    gc.collect()
    gc.disable()
    began = thread_time()
    try:
        yield
        spent = thread_time() - began
    finally:
        gc.enable()
    assert spent < at_most, f"computed for {spent:.2f} s"
