"""When it is not the code but the sandbox that cannot, nobody is blamed; and its processes never outlive the server."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from sandbox.asking import LIMITS, a_webhook, eventually

from server.domain.transformations import Program
from server.sandbox import Sandbox, Unavailable
from server.sandbox import zygote as zygote_module

FINE = Program("ep", "const handler = w => w")

SERVER = """
import asyncio, sys
from sandbox.asking import LIMITS, a_webhook
from server.domain.transformations import Program
from server.sandbox import Sandbox

async def main():
    sandbox = Sandbox(LIMITS)
    await sandbox.start()
    await sandbox.run(Program("ep", "const handler = w => w"), a_webhook())
    hang = asyncio.create_task(sandbox.run(Program("ep_2", "const handler = () => new Array(4e9).join()"), a_webhook()))
    print("ready", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_a_sandbox_that_cannot_start_raises(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    others = set(psutil.Process().children())
    sandbox = Sandbox(LIMITS)
    await sandbox.start()
    try:
        await sandbox.run(FINE, a_webhook())
        (zygote,) = set(psutil.Process().children()) - others
        monkeypatch.setattr(zygote_module.sys, "executable", str(tmp_path / "gone"))
        zygote.kill()
        await eventually(lambda: sandbox._zygote._control is None)  # the server has heard of it
        with pytest.raises(Unavailable):
            await sandbox.run(FINE, a_webhook())
        monkeypatch.undo()
        await sandbox.run(FINE, a_webhook())  # it starts again as soon as it can
    finally:
        await sandbox.close()


async def test_every_waiting_run_hears_of_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(zygote_module.sys, "executable", str(tmp_path / "gone"))
    sandbox = Sandbox(LIMITS)
    results = await asyncio.gather(*(sandbox.run(FINE, a_webhook()) for _ in range(5)), return_exceptions=True)
    assert [type(result) for result in results] == [Unavailable] * 5
    await sandbox.close()


def a_server() -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    """A process that has a sandbox with two workers, one of them stuck."""
    tests = Path(__file__).parent.parent
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={"PYTHONPATH": f"{tests}:{tests.parent}"},
    )
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"
    return server, psutil.Process(server.pid).children(recursive=True)


async def test_a_killed_server_leaves_no_process_behind() -> None:
    server, family = a_server()
    assert len(family) >= 2
    server.kill()
    server.communicate()
    await eventually(lambda: not any(child.is_running() for child in family))


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_to_the_servers_group_does_not_end_the_sandbox(asked: signal.Signals) -> None:
    server, family = a_server()
    try:
        assert os.getpgid(family[0].pid) != os.getpgid(server.pid)
        family[0].send_signal(asked)
        assert family[0].is_running()
        assert family[0].status() != psutil.STATUS_ZOMBIE
    finally:
        server.kill()
        server.communicate()
    await eventually(lambda: not any(child.is_running() for child in family))
