"""The walls around a worker, closed before it reads any code.

Each fence is closed by a function and tried by another, which a probe process runs with that fence alone: so that what
``hookbench doctor`` says was measured, not guessed. A machine that lacks one still gets the others.
Everything goes through ctypes, since Python offers no door to seccomp and Landlock.
"""

import contextlib
import ctypes
import errno
import os
import platform
import resource
import signal
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

STACK = 32 << 20
"""Bytes of native stack: recursion 3,000 frames deep is ordinary JavaScript."""

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP = 1, 4, 22
_PR_SET_NO_NEW_PRIVS, _PR_GET_NO_NEW_PRIVS = 38, 39
_SECCOMP_FILTER_MODE = 2

LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None, use_errno=True)
_base_pages = 0


class Unavailable(Exception):
    """This machine does not have the fence; ``errno`` says why."""

    def __init__(self, number: int) -> None:
        super().__init__(os.strerror(number))
        self.errno = number


class Fence(NamedTuple):
    name: str
    close: Callable[[], None]
    holds: Callable[[], bool]
    """Tries what the closed fence forbids; a fence that kills never returns from it."""


def note_memory() -> None:
    """Measure the memory this process has mapped, while /proc can still be read."""
    global _base_pages
    with contextlib.suppress(OSError):
        _base_pages = int(Path("/proc/self/statm").read_text().split()[0])


def close_all(memory: int) -> None:
    """Close every fence this machine has. ``memory`` in bytes comes on top of what is mapped already."""
    if LINUX:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        _prctl(_PR_SET_DUMPABLE, 0)
    _limit_memory(memory)
    for wall in WALLS:
        with contextlib.suppress(Unavailable):
            wall.close()


def try_out(number: int) -> int:
    """Close one fence in this process and try it: 0 it holds, 255 it does not, otherwise the errno of its absence."""
    wall = WALLS[number]
    try:
        wall.close()
    except Unavailable as unavailable:
        return unavailable.errno
    return 0 if wall.holds() else 255


# Resource limits


def _limit_memory(memory: int) -> None:
    _lower(resource.RLIMIT_STACK, STACK)
    if _base_pages:
        _lower(resource.RLIMIT_AS, _base_pages * resource.getpagesize() + memory + STACK + (64 << 20))


def _close_limits() -> None:
    for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC, resource.RLIMIT_NOFILE):
        _lower(limit, 0)


def _limits_hold() -> bool:
    try:
        os.close(os.open("/", os.O_RDONLY))
    except OSError as error:
        return error.errno == errno.EMFILE
    return False


def _lower(limit: int, value: int) -> None:
    """Set soft and hard, or as low as the system lets."""
    _, hard = resource.getrlimit(limit)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(limit, (value, value))


# No new privileges


def _close_privileges() -> None:
    if not LINUX:
        raise Unavailable(errno.ENOSYS)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def _privileges_hold() -> bool:
    return bool(_libc.prctl(_PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)


# Landlock: no path can be opened, no TCP port reached, no process outside signalled

_LANDLOCK_CREATE, _LANDLOCK_RESTRICT = 444, 446
_LANDLOCK_VERSION = 1
_LANDLOCK_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many rights the versions know; from version 5 on it is 16."""


def _close_landlock() -> None:
    if not LINUX:
        raise Unavailable(errno.ENOSYS)
    version = _libc.syscall(_LANDLOCK_CREATE, None, 0, _LANDLOCK_VERSION)
    if version < 1:
        raise Unavailable(ctypes.get_errno() or errno.ENOSYS)
    files = (1 << _LANDLOCK_FILE_RIGHTS.get(version, 16)) - 1
    ports = 0b11 if version >= 4 else 0
    scopes = 0b11 if version >= 6 else 0
    rules = struct.pack("=QQQ", files, ports, scopes)[: 8 if version < 4 else 16 if version < 6 else 24]
    ruleset = _libc.syscall(_LANDLOCK_CREATE, rules, len(rules), 0)
    if ruleset < 0:
        raise Unavailable(ctypes.get_errno())
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    refused = _libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0)
    number = ctypes.get_errno()
    os.close(ruleset)
    if refused:
        raise Unavailable(number)


def _landlock_holds() -> bool:
    try:
        os.close(os.open("/", os.O_RDONLY | os.O_DIRECTORY))
    except PermissionError:
        return True
    return False


# Seccomp: an allow-list of system calls; any other kills the process

_CALLS = {
    # read, write, mmap, mprotect, munmap, brk, rt_sigprocmask, rt_sigreturn, sched_yield, mremap, madvise, getpid,
    # exit, gettimeofday, getrusage, time, futex, restart_syscall, clock_gettime, clock_nanosleep, exit_group, getrandom
    "x86_64": (
        0xC000003E, 9, 10,
        (0, 1, 11, 12, 14, 15, 24, 25, 28, 39, 60, 96, 98, 201, 202, 219, 228, 230, 231, 318),
    ),
    "aarch64": (
        0xC00000B7, 222, 226,
        (63, 64, 215, 214, 135, 139, 124, 216, 233, 172, 93, 169, 165, 98, 128, 113, 115, 94, 278),
    ),
}  # fmt: skip
"""Machine → its number in the kernel's audit, its ``mmap``, its ``mprotect``, and what else is allowed."""

_LOAD, _EQUALS, _ABOVE, _HAS_BITS, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
_KILL, _ALLOW = 0x80000000, 0x7FFF0000
_AT_NUMBER, _AT_MACHINE, _AT_THIRD_ARGUMENT = 0, 4, 32
_EXECUTABLE = 4
_LAST_NUMBER = 0x3FFFFFFF  # above it x86_64 has a second numbering of the same calls


def seccomp_filter(machine: str) -> bytes:
    """The filter as the kernel reads it: instructions of (what, jump when true, jump when false, value)."""
    audit, mmap, mprotect, allowed = _CALLS[machine]
    steps = [(_LOAD, 0, 0, _AT_MACHINE), (_EQUALS, 1, 0, audit), (_RETURN, 0, 0, _KILL)]
    steps += [(_LOAD, 0, 0, _AT_NUMBER), (_ABOVE, 0, 1, _LAST_NUMBER), (_RETURN, 0, 0, _KILL)]
    for number in allowed:
        steps += [(_EQUALS, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    steps += [(_EQUALS, 2, 0, mmap), (_EQUALS, 1, 0, mprotect), (_RETURN, 0, 0, _KILL)]
    steps += [(_LOAD, 0, 0, _AT_THIRD_ARGUMENT), (_HAS_BITS, 1, 0, _EXECUTABLE)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _KILL)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def _close_seccomp() -> None:
    machine = platform.machine()
    if not LINUX or machine not in _CALLS:
        raise Unavailable(errno.ENOSYS)
    steps = seccomp_filter(machine)
    program = _FilterProgram(len(steps) // 8, steps)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if _libc.prctl(_PR_SET_SECCOMP, _SECCOMP_FILTER_MODE, ctypes.byref(program), 0, 0):
        raise Unavailable(ctypes.get_errno())


def _seccomp_holds() -> bool:
    socket.socketpair()
    return False


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0):
        raise Unavailable(ctypes.get_errno())


WALLS = (
    Fence("no new privileges", _close_privileges, _privileges_hold),
    Fence("landlock", _close_landlock, _landlock_holds),
    Fence("resource limits", _close_limits, _limits_hold),
    Fence("seccomp", _close_seccomp, _seccomp_holds),
)
"""In the order they are closed: the last takes away the system calls that the others need."""
