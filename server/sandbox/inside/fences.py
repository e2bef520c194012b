"""The fences around a worker, closed before it reads any code.

One function closes a fence; another one tries what it forbids, in a child process that has closed only this fence. So
``hookbench doctor`` reports what was tested. A system that lacks one fence still gets the others.
System calls go through ctypes, since Python has no interface to seccomp and Landlock.
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
    """This system does not support the fence; ``errno`` says why."""

    def __init__(self, number: int) -> None:
        super().__init__(os.strerror(number))
        self.errno = number


class Fence(NamedTuple):
    name: str
    close: Callable[[], None]
    holds: Callable[[], bool]
    """Tries what the closed fence forbids. Returns whether that failed, unless the fence kills the process."""


def note_memory() -> None:
    """Record how much memory this process has mapped, while it can still read /proc."""
    global _base_pages
    with contextlib.suppress(OSError):
        _base_pages = int(Path("/proc/self/statm").read_text().split()[0])


def close_all(memory: int) -> None:
    """Close every fence that this system supports. ``memory`` (bytes) is allowed on top of what is mapped already."""
    if LINUX:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        _prctl(_PR_SET_DUMPABLE, 0)
    _limit_memory(memory)
    for wall in WALLS:
        with contextlib.suppress(Unavailable):
            wall.close()


def try_out(number: int) -> int:
    """Close one fence in this process and try it. Returns 0 if it holds, 255 if not, or the errno if unsupported."""
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
    """Lower the soft and the hard limit to ``value``, or to as little as the system allows."""
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


# Landlock: the process cannot open paths, use TCP ports, or signal processes outside

_LANDLOCK_CREATE, _LANDLOCK_RESTRICT = 444, 446
_LANDLOCK_VERSION = 1
_LANDLOCK_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
"""Landlock version → number of file access rights it knows; 16 from version 5 on."""


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


# Seccomp: a list of allowed system calls; any other call kills the process

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
"""Machine → audit architecture number, numbers of ``mmap`` and ``mprotect``, and the other allowed calls."""

_LOAD, _EQUALS, _ABOVE, _HAS_BITS, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
_KILL, _ALLOW = 0x80000000, 0x7FFF0000
_AT_NUMBER, _AT_MACHINE, _AT_THIRD_ARGUMENT = 0, 4, 32
_EXECUTABLE = 4
_LAST_NUMBER = 0x3FFFFFFF  # above it, x86_64 numbers the same calls a second time (x32)


def seccomp_filter(machine: str) -> bytes:
    """The filter as BPF instructions: (operation, jump if true, jump if false, value).

    ``mmap`` and ``mprotect`` are allowed unless they request executable memory.
    """
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
"""In closing order: seccomp comes last because it forbids the system calls that close the others."""
