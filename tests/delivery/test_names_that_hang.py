"""A name whose look-up hangs holds up neither other names nor the end of the process."""

import asyncio
import socket
import subprocess
import sys
import threading

import pytest

from server.delivery.dispatch import NO_RESOURCES
from server.delivery.resolver import MAX_LOOKUPS, Resolver


@pytest.fixture
def system(monkeypatch):
    """The system's look-ups: those of names in ``hanging.example`` hang until the test ends."""
    let_go, asked, ask = threading.Event(), [], socket.getaddrinfo

    def getaddrinfo(host, *args, **kwargs):
        asked.append(host)
        if host.endswith("hanging.example"):
            let_go.wait()
            host = "127.0.0.1"
        return ask(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield asked
    let_go.set()


async def test_a_name_is_looked_up_once_at_a_time(system):
    resolver = Resolver()
    asking = [asyncio.create_task(resolver.addresses("hanging.example")) for _ in range(2 * MAX_LOOKUPS)]
    await asyncio.sleep(0)
    assert await resolver.addresses("127.0.0.1") == ["127.0.0.1"]
    assert sorted(system) == ["127.0.0.1", "hanging.example"]
    resolver.close()
    await asyncio.wait(asking)


async def test_who_gives_up_waiting_takes_the_answer_from_nobody(system):
    resolver = Resolver()
    first, second = (asyncio.create_task(resolver.addresses("localhost")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert "127.0.0.1" in await second
    assert system == ["localhost"]


async def test_a_name_is_looked_up_anew_after_its_answer(system):
    resolver = Resolver()
    for _ in range(2):
        assert "127.0.0.1" in await resolver.addresses("localhost")
    assert system == ["localhost", "localhost"]


async def test_each_that_waits_is_told_that_there_is_no_such_name():
    resolver = Resolver()
    told = await asyncio.gather(*(resolver.addresses("nowhere.invalid") for _ in range(3)), return_exceptions=True)
    assert [type(failure) for failure in told] == [socket.gaierror] * 3


async def test_no_more_than_some_are_looked_up_at_once(system):
    resolver = Resolver()
    asking = [asyncio.create_task(resolver.addresses(f"{n}.hanging.example")) for n in range(MAX_LOOKUPS + 5)]
    waiting = asyncio.create_task(resolver.addresses("localhost"))
    await asyncio.wait(asking, timeout=0.1)
    assert len(system) == MAX_LOOKUPS
    resolver.close()
    await asyncio.wait([*asking, waiting])


ENDING = """
import asyncio, socket, time
from server.delivery.dispatch import NO_RESOURCES
from server.delivery.resolver import Resolver

socket.getaddrinfo = lambda *_, **__: time.sleep(600)

async def main():
    resolver = Resolver()
    try:
        async with asyncio.timeout(0.1):
            await resolver.addresses("hanging.example")
    except TimeoutError:
        print("left")
    resolver.close()

asyncio.run(main())
"""


def test_a_process_ends_while_a_look_up_hangs():
    done = subprocess.run([sys.executable, "-c", ENDING], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == ("left\n", "", 0)


async def test_a_look_up_that_fails_in_an_unforeseen_way_does_not_hang(monkeypatch):
    def broken(*args, **kwargs):
        raise MemoryError

    resolver = Resolver()
    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", broken)
        with pytest.raises(MemoryError):
            await asyncio.wait_for(resolver.addresses("localhost"), 5)
    assert "127.0.0.1" in await resolver.addresses("localhost")


async def test_a_look_up_for_which_there_is_no_thread_is_a_lack_of_this_machine(monkeypatch):
    """An attempt is not counted for it, since nothing was sent."""

    def refused(thread):
        raise RuntimeError("can't start new thread")

    resolver = Resolver()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refused)
        with pytest.raises(OSError) as failure:
            await resolver.addresses("localhost")
    assert failure.value.errno in NO_RESOURCES
    assert "127.0.0.1" in await resolver.addresses("localhost")
