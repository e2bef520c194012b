"""What a child could do if its JavaScript broke out: Python code tries it behind the fences, and dies or is refused."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sandbox.asking import LIMITS

from server.sandbox import Sandbox
from server.sandbox.inside import fences

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="seccomp and Landlock are Linux's")
FOLDER = Path(fences.__file__).parent.parent

BEHIND_THE_FENCES = """
import sys; sys.path.insert(0, sys.argv[1])
import ctypes, os, signal, socket, mmap, threading, resource, time
from inside import fences
libc = ctypes.CDLL(None)
parent = os.getppid()
fences.note_memory()
child = os.fork()  # the limits are for a child, as the zygote forks it
if not child:
    fences.close_all(64 << 20)
    {attempt}
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""

FORBIDDEN = {
    "open a file": "os.open('/etc/passwd', os.O_RDONLY)",
    "write a file": "os.open('/tmp/x', os.O_WRONLY | os.O_CREAT)",
    "list a folder": "os.listdir('/')",
    "look at a file": "os.stat('/etc/passwd')",
    "delete a file": "os.unlink('/tmp/nothing')",
    "make a socket": "socket.socket()",
    "make a pair of sockets": "socket.socketpair()",
    "fork": "os.fork()",
    "start a thread": "threading.Thread(target=print).start()",
    "execute": "os.execv('/bin/true', ['true'])",
    "signal the parent": "os.kill(parent, 0)",
    "trace the parent": "libc.ptrace(16, parent, 0, 0)",
    "read the parent's memory": "libc.syscall(310, parent, 0, 0, 0, 0, 0)",
    "make an io_uring": "libc.syscall(425, 8, 0)",
    "map executable memory": "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC)",
    "raise its limits": "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "change its user": "os.setuid(1)",
    "unshare": "libc.unshare(0x10000000)",
    "mount": "libc.mount(b'a', b'/mnt', b'tmpfs', 0, 0)",
    "duplicate a descriptor": "os.dup(1)",
    "load a kernel program": "libc.syscall(321, 0, 0, 0)",
    "ask who else is there": "os.getppid()",
    "take another numbering": "libc.syscall(0x40000000 + 39)",
}


def behind_the_fences(attempt: str) -> int:
    """The exit code of a fenced child that makes the attempt; negative: the signal that killed it."""
    command = [sys.executable, "-I", "-c", BEHIND_THE_FENCES.format(attempt=attempt), str(FOLDER)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout)


@linux_only
@pytest.mark.parametrize("what", FORBIDDEN)
def test_what_is_forbidden_kills(what: str) -> None:
    assert behind_the_fences(FORBIDDEN[what]) == -signal.SIGSYS


@linux_only
@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("what", ["open a file", "make a socket", "fork", "trace the parent"])
def test_the_fences_stand_for_an_unprivileged_user_too(what: str) -> None:
    script = BEHIND_THE_FENCES.replace("fences.close_all", "os.setgid(65534); os.setuid(65534); fences.close_all")
    command = [sys.executable, "-I", "-c", script.format(attempt=FORBIDDEN[what]), str(FOLDER)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
    assert int(ended) == -signal.SIGSYS


@linux_only
@pytest.mark.parametrize("attempt", ["os.read(0, 0)", "os.urandom(8)", "bytearray(8 << 20)", "time.time()"])
def test_what_running_code_needs_is_allowed(attempt: str) -> None:
    assert behind_the_fences(attempt) == 0


@linux_only
def test_memory_is_bounded_even_outside_the_javascript_heap() -> None:
    attempt = "\n    try: bytearray(1 << 30)\n    except MemoryError: os._exit(7)"
    assert behind_the_fences(attempt) == 7


@linux_only
@pytest.mark.parametrize("index", range(len(fences.WALLS)), ids=[wall.name for wall in fences.WALLS])
def test_each_fence_alone_forbids_what_it_is_there_for(index: int) -> None:
    attempt = f"pass\nif not os.fork(): os._exit(fences.try_out({index}))\nprint(os.wait()[1])"
    script = "import sys; sys.path.insert(0, sys.argv[1])\nimport os\nfrom inside import fences\n" + attempt
    ran = subprocess.run([sys.executable, "-I", "-c", script, str(FOLDER)], capture_output=True, text=True, check=True)
    assert os.waitstatus_to_exitcode(int(ran.stdout)) in (0, -signal.SIGSYS)


async def test_the_fences_are_measured_at_start() -> None:
    sandbox = Sandbox(LIMITS)
    assert sandbox.fences() == ()
    await sandbox.start()
    assert [fence.name for fence in sandbox.fences()] == [wall.name for wall in fences.WALLS]
    assert all(fence.detail for fence in sandbox.fences())
    await sandbox.close()


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_is_whole_instructions_and_ends_in_a_kill(machine: str) -> None:
    steps = fences.seccomp_filter(machine)
    assert len(steps) % 8 == 0
    assert steps[-4:] == (0x80000000).to_bytes(4, "little")
