"""Containers and plain users: the fences that can stand do, and the others are reported as they are."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or platform.machine() != "x86_64", reason="the parent's filter is for x86_64"
)
ROOT = Path(__file__).parent.parent.parent

REPORT = """
import asyncio, ctypes, json, os, struct
from sandbox.asking import LIMITS, a_webhook
from server.domain.transformations import Program
from server.sandbox import Sandbox

def refuse(*rules):
    '''Refuse system calls from now on, as a container's own filter may: (number, first argument or None, errno).'''
    steps = []
    for number, argument, errno in rules:
        steps += [(0x20, 0, 0, 0), (0x15, 0, 3 if argument is not None else 1, number)]
        steps += [(0x20, 0, 0, 16), (0x15, 0, 1, argument)] if argument is not None else []
        steps += [(0x06, 0, 0, 0x50000 | errno)]
    steps += [(0x06, 0, 0, 0x7FFF0000)]
    text = b"".join(struct.pack("=HBBI", *step) for step in steps)
    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, 1, 0, 0, 0) == 0
    program = Program(len(steps), text)
    assert libc.prctl(22, 2, ctypes.byref(program), 0, 0) == 0

async def main():
    sandbox = Sandbox(LIMITS)
    await sandbox.start()
    result = await sandbox.run(Program("ep", "const handler = w => w"), a_webhook())
    fences = {fence.name: [fence.stands, str(fence.detail)] for fence in sandbox.fences()}
    print(json.dumps([type(result).__name__, fences]))
    await sandbox.close()

{before}
asyncio.run(main())
"""

NO_LANDLOCK = "(444, None, 38)"
NO_SECCOMP = "(157, 22, 1)"
AS_NOBODY = "os.setgid(65534); os.setuid(65534)"


def report(before: str) -> tuple[str, dict[str, tuple[bool, str]]]:
    """What a run came to, and each fence's finding, in a process that did something ``before``."""
    ran = subprocess.run(
        [sys.executable, "-c", REPORT.replace("{before}", before)],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
    )
    assert ran.returncode == 0, ran.stderr
    outcome, fences = json.loads(ran.stdout)
    return outcome, fences


def nobody_can_read_python() -> bool:
    probe = [sys.executable, "-I", "-c", f"import os; {AS_NOBODY}; open(os.__file__).close()"]
    return os.getuid() == 0 and subprocess.run(probe, capture_output=True, timeout=30).returncode == 0


@pytest.mark.skipif(not nobody_can_read_python(), reason="needs root, and a Python that others may read")
def test_a_plain_user_has_every_fence() -> None:
    outcome, fences = report(AS_NOBODY)
    assert outcome == "Returned"
    assert {name for name, (stands, _) in fences.items() if not stands} <= {"landlock"}  # old kernels lack it


def test_a_machine_without_landlock_runs_behind_the_others_and_says_so() -> None:
    outcome, fences = report(f"refuse({NO_LANDLOCK})")
    assert outcome == "Returned"
    stands, detail = fences.pop("landlock")
    assert not stands
    assert detail.startswith("Not available on this system")
    assert all(stands for stands, _ in fences.values())


def test_a_container_that_refuses_seccomp_is_told_the_reason() -> None:
    outcome, fences = report(f"refuse({NO_LANDLOCK}, {NO_SECCOMP})")
    assert outcome == "Returned"
    stands, detail = fences["seccomp"]
    assert not stands
    assert detail == "Refused by this system: Operation not permitted."
    assert fences["resource limits"][0]
    assert fences["no new privileges"][0]
