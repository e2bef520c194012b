"""Many threads together hold no more memory than a few: glibc would give each an arena of its own."""

import platform
import subprocess
import sys

import pytest

THREADS = """
import re, threading
from pathlib import Path
from server.allocator import limit_arenas
if {limited}:
    limit_arenas()
held = threading.Barrier(17)
def hold():
    some = [bytes(700 + n) for n in range(2000)]
    held.wait()
    held.wait()
threads = [threading.Thread(target=hold) for _ in range(16)]
for thread in threads: thread.start()
held.wait()
maps = Path("/proc/self/maps").read_text()
sizes = [int(end, 16) - int(start, 16) for start, end in re.findall("^(\\w+)-(\\w+) ---p", maps, re.M)]
print(sum(60 << 20 < size < 64 << 20 for size in sizes))
held.wait()
"""
"""Prints how many arenas of threads there are: each reserves 64 MB of addresses, of which it uses the beginning."""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_threads_share_arenas() -> None:
    def arenas(limited: bool) -> int:
        code = THREADS.replace("{limited}", str(limited))
        return int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)

    assert arenas(False) > 2
    assert arenas(True) <= 2
