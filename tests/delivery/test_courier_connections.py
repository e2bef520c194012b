"""When a connection is used again, and when it must not be; and how a name with several addresses is reached."""

import asyncio
import gc
import socket

import pytest
from receivers import Receiver, receiving, then_closing

from server.delivery import transport
from server.delivery.connections import Response
from server.delivery.courier import Courier, Responded, Sent, Unreachable
from server.domain.addresses import AddressRules
from server.domain.requests import untransformed

LOOPBACK = AddressRules.allowing(["127.0.0.0/8"])
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@pytest.fixture
async def courier():
    opened = Courier(LOOPBACK, timeout=2)
    yield opened
    await opened.aclose()


async def send(courier: Courier, url: str) -> Sent:
    return await courier.send(untransformed(url, b"{}", credential_headers={}, endpoint_headers={}))


async def twice(courier: Courier, receiver: Receiver) -> int:
    """Two requests, one after the other; the connections that took."""
    for _ in range(2):
        assert isinstance(await send(courier, receiver.url()), Responded)
    return receiver.connections


LET_GO = {
    "connection: close": b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok",
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
    "more than was said": OK + b"!",
    "another answer": OK + OK,
    "the beginning of another answer": OK + b"HTTP/1.1 2",
    "a body after 204": b"HTTP/1.1 204 No\r\n\r\nok",
    "more than is kept": b"HTTP/1.1 200 OK\r\ncontent-length: 70000\r\n\r\n" + b"x" * 70_000,
    "another protocol": b"HTTP/1.1 101 Go on\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n",
}


@pytest.mark.parametrize("raw", LET_GO.values(), ids=LET_GO.keys())
async def test_a_connection_is_let_go_after(courier, raw):
    async with receiving(raw) as receiver:
        assert await twice(courier, receiver) == 2


KEPT = {
    "a length": OK,
    "no body": b"HTTP/1.1 204 No\r\n\r\n",
    "a length of none": b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n",
    "chunks": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "chunks with a trailer": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx-sum: 1\r\n\r\n",
    "hints": b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n" + OK,
}


@pytest.mark.parametrize("raw", KEPT.values(), ids=KEPT.keys())
async def test_a_connection_is_kept_after(courier, raw):
    async with receiving(raw) as receiver:
        assert await twice(courier, receiver) == 1


async def test_a_connection_that_was_closed_meanwhile_is_not_used(courier):
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        writer.write_eof()
        await reader.read()  # until the courier has closed its side as well

    async with receiving(once) as receiver:
        await send(courier, receiver.url())
        await asyncio.wait_for(receiver.closed.wait(), 2)
        assert isinstance(await send(courier, receiver.url()), Responded)


async def test_a_connection_that_spoke_unasked_is_not_used(courier):
    async def speaking(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await writer.drain()
        writer.write(b"HTTP/1.1 408 Too slow\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()

    async with receiving(speaking) as receiver:
        first = await send(courier, receiver.url())
        await asyncio.wait_for(receiver.closed.wait(), 2)
        second = await send(courier, receiver.url())
    assert [sent.response.status for sent in (first, second)] == [200, 200]  # type: ignore[union-attr]


async def test_an_idle_connection_is_closed_in_time(courier, monkeypatch):
    monkeypatch.setattr(transport, "KEEP_ALIVE_SECONDS", 0.05)
    async with receiving(OK) as receiver:
        await send(courier, receiver.url())
        await asyncio.wait_for(receiver.closed.wait(), 2)


async def test_an_answer_may_come_byte_by_byte(courier):
    async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for (
            byte
        ) in b"HTTP/1.1 201 Made\r\nX-Spelled: As Sent\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n":
            writer.write(bytes([byte]))
            await writer.drain()

    async with receiving(dripping) as receiver:
        sent = await send(courier, receiver.url())
    assert isinstance(sent, Responded), sent
    assert (sent.response.status, sent.response.body, sent.response.truncated) == (201, b"ok", False)
    assert sent.response.headers[0] == ("X-Spelled", "As Sent")


async def test_a_name_is_reached_at_the_address_that_answers():
    async def two(host: str) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    courier = Courier(LOOPBACK, timeout=2, resolve=two)
    async with receiving(OK) as receiver:  # on 127.0.0.1 alone
        assert isinstance(await send(courier, receiver.url(host="two.example")), Responded)
    await courier.aclose()


async def test_a_name_whose_addresses_all_refuse_is_told_as_one_that_refuses():
    async def two(host: str) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    courier = Courier(LOOPBACK, timeout=2, resolve=two)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        sent = await send(courier, f"http://two.example:{taken.getsockname()[1]}/")
    await courier.aclose()
    assert isinstance(sent, Unreachable), sent
    assert sent.error.kind == "refused"
    assert "127.0.0" not in sent.error.message


async def test_many_requests_at_once_share_nothing(courier):
    async with receiving(OK) as receiver:
        answers = await asyncio.gather(*(send(courier, receiver.url(f"/{n}")) for n in range(50)))
    assert all(isinstance(sent, Responded) for sent in answers)
    assert sorted(got.line for got in receiver.got) == sorted(f"POST /{n} HTTP/1.1" for n in range(50))


@pytest.mark.parametrize("raw", [OK, b"", b"\0", b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000])
async def test_what_came_is_let_go_at_once_and_not_when_the_collector_comes(courier, raw):
    """In circles it would stay for thousands of requests, each with its body."""
    gc.collect()
    gc.disable()
    try:
        async with receiving(then_closing(raw)) as receiver:
            for _ in range(5):
                await send(courier, receiver.url())
            await courier.aclose()
            await asyncio.sleep(0)  # for what closes at the loop's next turn
        assert not [each for each in gc.get_objects() if type(each) is Response]
    finally:
        gc.enable()
