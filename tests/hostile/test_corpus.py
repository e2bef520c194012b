"""Scripts that want harm, by class. Each ends as its first line says, and after each one nothing is left of it.

``HOSTILE_ROUNDS`` runs them more often, ``HOSTILE_SEED`` in an order that was printed before.
"""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from sandbox.asking import a_webhook, eventually

from server.domain.transformations import Program, Result, Returned, TransformFailed
from server.sandbox import Limits, Sandbox

CORPUS = Path(__file__).parent / "corpus"
ROUNDS = int(os.environ.get("HOSTILE_ROUNDS", "1"))
SEED = int(os.environ.get("HOSTILE_SEED", "0")) or random.randrange(1, 1_000_000)
AT_ONCE = 8
HEALTHY = Program("healthy", "function handler(w) { w.payload.seen = typeof polluted; return w }")
GROWTH = 96 << 20
"""Bytes that the server may have more at the end than at the start."""

Start = Callable[..., Awaitable[Sandbox]]


@dataclass(frozen=True)
class Script:
    name: str
    code: str
    expected: frozenset[str]


def scripts() -> list[Script]:
    """All of them, in an order of chance."""
    found = []
    for path in sorted(CORPUS.glob("*/*.js")):
        code = path.read_bytes().decode()
        first, _, _ = code.partition("\n")
        expected = frozenset(first.removeprefix("// Expected: ").split(", "))
        found.append(Script(f"{path.parent.name}/{path.stem}", code, expected))
    random.Random(SEED).shuffle(found)
    return found


@pytest_asyncio.fixture
async def start() -> AsyncIterator[Start]:
    async with AsyncExitStack() as stack:

        async def one(workers: int, kill_after: float) -> Sandbox:
            limits = Limits(
                run_time=0.15, memory=64 << 20, result=1 << 20, console=64 << 10, kill_after=kill_after, workers=workers
            )
            sandbox = Sandbox(limits)
            stack.push_async_callback(sandbox.close)
            await sandbox.start()
            return sandbox

        yield one


class Family:
    """The processes that came after it was made: others' databases and sandboxes live on beside this test."""

    def __init__(self) -> None:
        self._others = {process.pid for process in psutil.Process().children(recursive=True)}

    def __len__(self) -> int:
        return sum(process.pid not in self._others for process in psutil.Process().children(recursive=True))


def outcome(result: Result) -> str:
    if isinstance(result, TransformFailed):
        return result.error.kind
    return "returned" if isinstance(result, Returned) else "cancelled"


def complaint(script: Script, result: Result) -> str | None:
    """What is wrong with this end, if anything is."""
    found = outcome(result)
    if found not in script.expected:
        return f"{script.name}: {found}, expected {', '.join(sorted(script.expected))}. {result!r:.300}"
    text = repr(result)
    shown = [line.text for line in result.console]
    if isinstance(result, TransformFailed):
        shown.append(result.error.message)
        if len(result.error.message.encode()) > 64 * 1024:
            return f"{script.name}: a message of {len(result.error.message)} characters"
    if sum(len(line.encode()) for line in shown) > 128 << 10:
        return f"{script.name}: too much is shown"
    if any(trace in text for trace in ("Traceback", "/server/", "site-packages", ".py", str(Path.cwd()))):
        return f"{script.name}: tells of the host. {text:.300}"
    if any(ord(character) < 32 and character not in "\n\t\r" for line in shown for character in line):
        return f"{script.name}: control characters"
    return None


async def healthy(sandbox: Sandbox) -> float:
    """Milliseconds in which a good transformation of somebody else answers."""
    started = time.perf_counter()
    result = await sandbox.run(HEALTHY, a_webhook())
    assert isinstance(result, Returned), result
    assert '"seen":"undefined"' in result.payload
    return (time.perf_counter() - started) * 1000


def test_there_are_scripts_of_every_class() -> None:
    classes = {path.name for path in CORPUS.iterdir()}
    assert len(scripts()) >= 120
    assert len(classes) >= 12


@pytest.mark.timeout(240 * ROUNDS)
async def test_one_after_another_they_leave_nothing_behind(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    family = Family()
    sandbox = await start(workers=2, kill_after=0.5)
    await healthy(sandbox)
    before, complaints, answers = psutil.Process().memory_info().rss, [], []
    for script in scripts() * ROUNDS:
        result = await sandbox.run(Program("hostile", script.code), a_webhook())
        complaints.append(complaint(script, result))
        answers.append(await healthy(sandbox))
        await eventually(lambda: len(family) <= 3)  # the zygote and a worker for each of the two owners
    grown = psutil.Process().memory_info().rss - before
    with capsys.disabled():
        answers.sort()
        typical, worst = answers[len(answers) // 2], answers[-1]
        print(
            f"\n[hostile] seed {SEED}, {len(answers)} scripts; a healthy one answered in {typical:.1f} ms (p50),"
            f" {worst:.0f} ms at worst; the server grew by {grown / (1 << 20):.1f} MiB"
        )
    assert not list(filter(None, complaints)), "\n".join(filter(None, complaints))
    assert worst < 2000
    assert grown < GROWTH


@pytest.mark.timeout(240 * ROUNDS)
async def test_eight_at_a_time_they_do_not_meet(start: Start) -> None:
    """Wall-clock limits are wide here: eight share few cores, and what is tested is that none disturbs another."""
    family = Family()
    sandbox = await start(workers=AT_ONCE, kill_after=3.0)
    queue, complaints = scripts() * ROUNDS, []

    async def attacker(number: int) -> None:
        while queue:
            script = queue.pop()
            result = await sandbox.run(Program(f"hostile_{number}", script.code), a_webhook())
            complaints.append(complaint(script, result))

    await asyncio.gather(*(attacker(number) for number in range(AT_ONCE)))
    assert not list(filter(None, complaints)), f"seed {SEED}\n" + "\n".join(filter(None, complaints))
    assert await healthy(sandbox) < 2000
    await eventually(lambda: len(family) <= AT_ONCE + 2)
