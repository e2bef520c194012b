"""``make bench-sandbox``: what the sandbox costs, as ratios of one run. See README.md beside this file."""

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import _quickjs
import psutil
import uvloop

HERE = Path(__file__).parent
ROOT = HERE.parent.parent.parent
sys.path[:0] = [str(ROOT)]

from server.domain.transformations import Program, Returned, Webhook  # noqa: E402
from server.sandbox import Limits, Sandbox, workers  # noqa: E402

CODE = (ROOT / "tests" / "fixtures" / "seed" / "track_payments.js").read_text()
WITH_INTL = (
    CODE
    + """
const original = handler;
handler = (webhook) => {
  const result = original(webhook);
  result.payload.on = new Date(0).toLocaleDateString("en-US", { month: "long", day: "numeric", year: "numeric" });
  result.payload.amount = (1234.5).toLocaleString("en-US", { style: "currency", currency: "USD" });
  return result;
};
"""
)
PAYLOAD = json.dumps({
    "business_id": "bus_1", "type": "payment.succeeded", "timestamp": "2026-02-03T04:05:06.789Z",
    "data": {
        "payment_id": "pay_1", "total_amount": 123456, "currency": "USD",
        "customer": {"customer_id": "cus_1", "email": "ada@example.com", "name": "Ada Lovelace"},
        "metadata": {f"field_{n}": "a value of some length" for n in range(62)},
    },
})  # fmt: skip
WEBHOOK = Webhook("payment.succeeded", PAYLOAD, "https://example.com/hook", "POST", {}, {"KEY": "value"})
LIMITS = Limits(run_time=1.0, memory=64 << 20, result=1 << 20, console=64 << 10)
EVENTS, ROUNDS, AT_ONCE = 640, 5, 32

EMPTY = "from inside import worker; worker.GLOBALS = {}; "
"""What the zygote runs first for worlds without a prelude."""

CALL = "(event, payload) => JSON.stringify(handler({ ...JSON.parse(event), payload: JSON.parse(payload) }))"
EVENT = json.dumps({"eventType": "payment.succeeded", "url": WEBHOOK.url, "method": "POST", "headers": {}, "env": {}})


def bare() -> None:
    context = _quickjs.Context()
    context.set_memory_limit(LIMITS.memory)
    context.set_time_limit(LIMITS.run_time)
    context.eval(CODE)
    context.eval(CALL)(EVENT, PAYLOAD)


async def run(sandbox: Sandbox, code: str = CODE, owner: str = "ep") -> None:
    result = await sandbox.run(Program(owner, code), WEBHOOK)
    assert isinstance(result, Returned), result


async def batched(sandbox: Sandbox, code: str = CODE, owner: str = "ep") -> float:
    """Milliseconds an event."""
    started = time.perf_counter()
    for _ in range(EVENTS // AT_ONCE):
        await asyncio.gather(*(run(sandbox, code, owner) for _ in range(AT_ONCE)))
    return (time.perf_counter() - started) / EVENTS * 1000


async def timed(once: Callable[[], Awaitable[None]], times: int) -> list[float]:
    found = []
    for _ in range(times):
        started = time.perf_counter()
        await once()
        found.append((time.perf_counter() - started) * 1000)
    return found


async def a_sandbox(prelude: bool = True) -> Sandbox:
    """``prelude=False``: its worlds have the harness, and none of the globals that we add."""
    boot = workers._BOOT
    if not prelude:
        workers._BOOT = boot.replace("zygote.main()", EMPTY + "zygote.main()")
    sandbox = Sandbox(LIMITS)
    await sandbox.start()
    workers._BOOT = boot
    for _ in range(50):
        await run(sandbox)
    return sandbox


async def measure() -> None:
    full, empty = await a_sandbox(), await a_sandbox(prelude=False)
    await timed(lambda: run(full, WITH_INTL, "ep_intl"), 50)
    a, b, c, d, without = [], [], [], [], []
    for _ in range(ROUNDS):  # taking turns, so that a busy moment of the machine meets all alike
        for _ in range(EVENTS // 2):
            started = time.perf_counter()
            bare()
            a.append((time.perf_counter() - started) * 1000)
        b += await timed(lambda: run(full), EVENTS // 2)
        c.append(await batched(full))
        without.append(await batched(empty))
        d.append(await batched(full, WITH_INTL, "ep_intl"))
    newcomers = (f"ep_{n}" for n in range(15))
    first = await timed(lambda: run(full, CODE, next(newcomers)), 15)
    idle = [process for process in psutil.Process().children(recursive=True) if process.ppid() != os.getpid()]
    memory = statistics.median(process.memory_full_info().pss for process in idle) / (1 << 20)
    for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
        process.cpu_affinity([0])
    a_second = 1000 / min([await batched(full) for _ in range(ROUNDS)])
    await full.close()
    await empty.close()

    bare_ms, per_event, b = statistics.median(a), min(c), sorted(b)
    show("a  bare engine, in process", f"{bare_ms:.3f} ms")
    show(
        "b  one at a time, p50", f"{statistics.median(b):.3f} ms", "≤ 1 ms", f"{statistics.median(b) / bare_ms:.2f} × a"
    )
    show("b  one at a time, p99", f"{b[len(b) * 99 // 100]:.3f} ms", "≤ 5 ms")
    show("c  in batches, an event", f"{per_event:.3f} ms", "≤ 1.5 × a", f"{per_event / bare_ms:.2f} × a")
    show(
        "c  with an empty prelude", f"{min(without):.3f} ms", "c ≤ 1.1 × this", f"c is {per_event / min(without):.2f} ×"
    )
    show("d  with Intl, warm, an event", f"{min(d):.3f} ms", "≤ 2 × c", f"{min(d) / per_event:.2f} × c")
    if node := node_times():
        ratio = f"b is {statistics.median(b) / statistics.median(node):.2f} ×"
        show("e  node vm, fresh context", f"{statistics.median(node):.3f} ms", "", ratio)
    else:
        show("e  node vm", "no node here")
    show("first event of an owner", f"{statistics.median(first):.1f} ms", "≤ 10 ms")
    show("idle worker", f"{memory:.1f} MiB", "≤ 6 MiB")
    show("one core", f"{a_second:.0f} events/s", "≥ 2500")


def node_times() -> list[float]:
    node = shutil.which("node")
    if not node:
        return []
    with tempfile.NamedTemporaryFile("w", suffix=".js") as file:
        file.write(CODE)
        file.flush()
        command = [node, str(HERE / "vm.js"), file.name]
        ran = subprocess.run(command, input=PAYLOAD, capture_output=True, text=True, check=True)
    times: list[float] = json.loads(ran.stdout)
    return times


def show(what: str, figure: str, target: str = "", ratio: str = "") -> None:
    print(f"{what:30} {figure:>15}  {ratio:>12}  {target}".rstrip())


if __name__ == "__main__":
    print(
        f"payload {len(PAYLOAD)} bytes, code {len(CODE)} bytes; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    uvloop.run(measure())
