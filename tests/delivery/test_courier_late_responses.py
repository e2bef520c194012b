"""A response that comes late is never taken for the next request's, nor read by another endpoint."""

import asyncio
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

import pytest
from receivers import OK, receiving

from server.delivery.courier import Courier, Responded, Sent
from server.domain.addresses import AddressRules
from server.domain.requests import untransformed

LATE = b"HTTP/1.1 410 Gone\r\nwebhook-delivery: disable\r\ncontent-length: 0\r\n\r\n"
SECONDS = 5


@pytest.fixture
async def courier():
    opened = Courier(AddressRules.allowing(["127.0.0.0/8"]), timeout=SECONDS)
    yield opened
    await opened.aclose()


async def send(courier: Courier, url: str, endpoint: str, body: bytes = b"{}") -> Sent:
    request = untransformed(url, body, credential_headers={}, endpoint_headers={})
    return await courier.send(request, endpoint=endpoint)


@contextmanager
def beside_the_loop(serve: Callable[[socket.socket], None], *, receive_bytes: int = 0) -> Iterator[str]:
    """A destination in a thread of its own, which acts while the event loop stands still."""

    def accept() -> None:
        with suppress(OSError):
            while True:
                made, _ = listening.accept()
                made.settimeout(SECONDS)
                Thread(target=run, args=(made,), daemon=True).start()

    def run(made: socket.socket) -> None:
        with made, suppress(OSError):
            serve(made)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        if receive_bytes:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        listening.shutdown(socket.SHUT_RDWR)


def status(sent: Sent) -> int:
    assert isinstance(sent, Responded), sent
    return sent.response.status


async def test_what_the_event_loop_has_not_seen_yet_is_not_the_next_answer(courier):
    go, there, ended, connections, more = Event(), Event(), Event(), [], []

    def serve(made: socket.socket) -> None:
        connections.append(made)
        made.recv(65_536)
        made.sendall(OK)
        if len(connections) == 1:
            go.wait(SECONDS)
            made.sendall(LATE)
            there.set()
            with suppress(ConnectionResetError):
                more.append(made.recv(1))
            ended.set()
        made.recv(1)

    with beside_the_loop(serve) as url:
        assert status(await send(courier, url, "ep_a")) == 200
        go.set()
        assert there.wait(SECONDS)  # the loop stands still: it reads nothing before the next request
        assert status(await send(courier, url, "ep_a")) == 200
        assert await asyncio.to_thread(ended.wait, SECONDS)
    assert len(connections) == 2
    assert more in ([], [b""])  # nothing was sent there again


async def test_what_was_sent_before_the_request_arrived_is_not_its_answer(courier):
    """The other side has not taken a byte of the second request, since it reads nothing of the first one's body."""
    go, connections = Event(), []

    def serve(made: socket.socket) -> None:
        connections.append(made)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += made.recv(1)
        made.sendall(OK)
        if len(connections) == 1:
            go.wait(SECONDS)
            made.sendall(LATE)
            go.wait(SECONDS)
        made.recv(1)

    with beside_the_loop(serve, receive_bytes=4096) as url:
        assert status(await send(courier, url, "ep_a", b"x" * 30_000)) == 200
        second = asyncio.create_task(send(courier, url, "ep_a"))
        for _ in range(5):  # it goes out within that many turns of the loop
            await asyncio.sleep(0)
        assert len(connections) == 1
        go.set()
        assert status(await second) == 200
    assert len(connections) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts the bytes that arrived")
async def test_a_request_goes_out_in_the_moment_in_which_its_connection_was_looked_at(courier):
    """What comes while the event loop does something else first must not find the request unsent."""
    made_connections, found = [], []

    def serve(made: socket.socket) -> None:
        made_connections.append(made)
        while made.recv(65_536):
            made.sendall(OK)

    def received() -> int:
        """Bytes that the destination's system has taken, read or not."""
        (made,) = made_connections
        info = made.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)
        return int.from_bytes(info[128:136], sys.byteorder)

    with beside_the_loop(serve) as url:
        assert status(await send(courier, url, "ep_a")) == 200
        before = received()
        second = asyncio.create_task(send(courier, url, "ep_a"))
        # In the same turn of the loop, behind the request:
        asyncio.get_running_loop().call_soon(lambda: found.append(received()))
        assert status(await second) == 200
    assert found[0] > before


async def test_a_connection_is_used_again_for_the_same_endpoint_only(courier):
    async with receiving(OK) as receiver:
        for endpoint in ("ep_a", "ep_a", "ep_b", "ep_a", "ep_b"):
            assert status(await send(courier, receiver.url(), endpoint)) == 200
        assert receiver.connections == 2


async def test_a_quick_answer_on_a_kept_connection_is_taken(courier):
    async with receiving(OK) as receiver:
        for _ in range(300):
            assert status(await send(courier, receiver.url(), "ep_a")) == 200
        assert (len(receiver.got), receiver.connections) == (300, 1)


async def test_a_quick_answer_over_tls_is_taken(tls_for, ca_file):
    courier = Courier(AddressRules.allowing(["127.0.0.0/8"]), timeout=SECONDS, ca_file=ca_file)
    async with receiving(OK, tls=tls_for("127.0.0.1")) as receiver:
        for _ in range(50):
            assert status(await send(courier, receiver.url(scheme="https"), "ep_a")) == 200
        assert (len(receiver.got), receiver.connections) == (50, 1)
    await courier.aclose()
