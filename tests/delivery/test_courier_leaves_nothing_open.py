"""Whatever happens to a delivery, and whenever, the files it opened are closed; and what is kept is bounded."""

import asyncio
import errno
import resource
import socket

import psutil
import pytest
from receivers import OK, receiving

from server.delivery import transport
from server.delivery.courier import Blocked, Courier, Responded, Unreachable
from server.domain.addresses import AddressRules
from server.domain.requests import untransformed

LOOPBACK = AddressRules.allowing(["127.0.0.0/8"])
TURNS = 40
"""Of the event loop, of which a request needs about ten."""


def post(url: str, body: bytes = b"{}"):
    return untransformed(url, body, credential_headers={}, endpoint_headers={})


async def until_open_are(files: int) -> None:
    process = psutil.Process()
    async with asyncio.timeout(5):
        while process.num_fds() > files:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_delivery_that_is_stopped_at_any_turn_leaves_no_file_open(tls_for, ca_file, scheme):
    tls = tls_for("127.0.0.1") if scheme == "https" else None
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # the receiver's, whose handshakes break off
    async with receiving(OK, tls=tls) as receiver:
        before = psutil.Process().num_fds()
        for turns in range(TURNS):
            courier = Courier(LOOPBACK, timeout=5, ca_file=ca_file)
            sending = asyncio.create_task(courier.send(post(receiver.url(scheme=scheme), b"x" * 500_000)))
            for _ in range(turns):
                await asyncio.sleep(0)
            sending.cancel()
            await asyncio.wait([sending])
            assert sending.cancelled() or isinstance(sending.result(), Responded), sending
            await courier.aclose()
        await until_open_are(before)


async def test_addresses_that_lose_the_race_leave_no_file_open():
    async def many(host: str) -> list[str]:
        return [f"127.0.0.{n}" for n in range(2, 12)] + ["127.0.0.1"]

    async with receiving(OK) as receiver:
        before = psutil.Process().num_fds()
        courier = Courier(LOOPBACK, timeout=5, resolve=many)
        assert isinstance(await courier.send(post(receiver.url(host="many.example"))), Responded)
        await courier.aclose()
        await until_open_are(before)


async def test_large_requests_that_are_never_read_leave_no_file_open():
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # the system takes the connection, and nobody reads from it
        before = psutil.Process().num_fds()
        courier = Courier(LOOPBACK, timeout=0.2)
        request = post(f"http://127.0.0.1:{deaf.getsockname()[1]}/", b"x" * 20_000_000)
        for sent in await asyncio.gather(*(courier.send(request) for _ in range(4))):
            assert isinstance(sent, Unreachable)
        await courier.aclose()
        await until_open_are(before + 1)  # uvloop opens one of its own with the first socket


async def test_connections_to_many_hosts_are_not_all_kept(monkeypatch):
    async def here(host: str) -> list[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr(transport, "MAX_IDLE_CONNECTIONS", 3)
    async with receiving(OK) as receiver:
        before = psutil.Process().num_fds()
        courier = Courier(LOOPBACK, timeout=5, resolve=here)
        hosts = [f"{n}.example" for n in range(10)]
        for host in hosts:
            assert isinstance(await courier.send(post(receiver.url(host=host))), Responded)
        await until_open_are(before + 2 * 3)
        for host in hosts[-3:]:
            await courier.send(post(receiver.url(host=host)))
        assert receiver.connections == 10
        await courier.aclose()


async def test_of_very_many_addresses_the_first_are_looked_at():
    async def many(host: str) -> list[str]:
        return ["127.0.0.2"] * transport.MAX_ADDRESSES + ["127.0.0.1"]

    async with receiving(OK) as receiver:
        courier = Courier(LOOPBACK, timeout=5, resolve=many)
        sent = await courier.send(post(receiver.url(host="many.example")))
        await courier.aclose()
    assert isinstance(sent, Unreachable | Blocked)
    assert receiver.connections == 0


async def test_a_machine_without_a_file_left_does_not_blame_the_destination():
    """What is raised is ours: the worker waits and burns no attempt."""
    async with receiving(OK) as receiver:
        courier = Courier(LOOPBACK, timeout=5)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))  # no number above 2 for anything new
        try:
            with pytest.raises(OSError) as raised:
                await courier.send(post(receiver.url()))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert raised.value.errno == errno.EMFILE
        assert isinstance(await courier.send(post(receiver.url())), Responded)
        await courier.aclose()
