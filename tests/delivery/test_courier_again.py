"""A kept connection that the other side closes just then costs no attempt; an answer that does not come costs one."""

import asyncio

import pytest
from receivers import OK, Answer, hanging, receiving, resetting, then_closing

from server.delivery import transport
from server.delivery.courier import Courier, Responded, Sent, Unreachable
from server.domain.addresses import AddressRules
from server.domain.requests import untransformed


@pytest.fixture
async def courier():
    opened = Courier(AddressRules.allowing(["127.0.0.0/8"]), timeout=0.5)
    yield opened
    await opened.aclose()


async def send(courier: Courier, url: str) -> Sent:
    return await courier.send(untransformed(url, b"{}", credential_headers={}, endpoint_headers={}))


def one_after_another(*answers: Answer) -> Answer:
    left = list(answers)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await left.pop(0)(reader, writer)

    return answer


async def well(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(OK)
    await writer.drain()


@pytest.mark.parametrize("ending", [then_closing(b""), resetting], ids=["closed", "reset"])
async def test_a_kept_connection_that_is_closed_over_a_request_is_replaced(courier, ending):
    async with receiving(one_after_another(well, ending, well)) as receiver:
        assert isinstance(await send(courier, receiver.url()), Responded)
        assert isinstance(await send(courier, receiver.url()), Responded)
    assert (len(receiver.got), receiver.connections) == (3, 2)


async def test_it_is_replaced_once(courier):
    async with receiving(one_after_another(well, then_closing(b""), then_closing(b""))) as receiver:
        await send(courier, receiver.url())
        sent = await send(courier, receiver.url())
    assert isinstance(sent, Unreachable)
    assert sent.error.kind == "reset"
    assert len(receiver.got) == 3


@pytest.mark.parametrize("ending", [then_closing(b""), resetting], ids=["closed", "reset"])
async def test_a_new_connection_that_is_closed_is_not_replaced(courier, ending):
    async with receiving(ending) as receiver:
        sent = await send(courier, receiver.url())
    assert isinstance(sent, Unreachable)
    assert sent.error.message == "127.0.0.1 closed the connection without a response."
    assert len(receiver.got) == 1


@pytest.mark.parametrize("ending", [then_closing(b"HTTP/1.1 2"), hanging], ids=["broken off", "hanging"])
async def test_a_request_that_was_surely_read_is_not_sent_again(courier, ending):
    async with receiving(one_after_another(well, ending)) as receiver:
        await send(courier, receiver.url())
        assert isinstance(await send(courier, receiver.url()), Unreachable)
    assert len(receiver.got) == 2


async def test_a_connection_that_ends_late_was_not_closing_already(courier, monkeypatch):
    monkeypatch.setattr(transport, "RESEND_SECONDS", -1.0)
    async with receiving(one_after_another(well, then_closing(b""))) as receiver:
        await send(courier, receiver.url())
        assert isinstance(await send(courier, receiver.url()), Unreachable)
    assert len(receiver.got) == 2
