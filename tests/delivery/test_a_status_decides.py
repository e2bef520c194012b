"""Once a destination's status has been read it is shown and it decides, whatever follows; on both databases."""

import asyncio

import pytest
from receivers import answering, dripping, receiving
from working import until, working

from server.domain.endpoints import Controls
from server.domain.messages import AttemptOutcome, DeliveryState


async def broken_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 202 Accepted\r\nx-a: b\r\ncontent-length: 100\r\n\r\nhalf")
    await writer.drain()
    writer.close()


async def test_a_success_that_breaks_off_is_one_and_is_not_sent_again(each_store):
    async with receiving(broken_off) as receiver, working(each_store) as b:
        await b.endpoint(receiver.url(), controls=Controls(schedule=(0, 0)))
        message = await b.event()
        [delivery] = await b.ended(message)
        [attempt] = await b.attempts(message)
        assert (delivery.state, attempt.outcome) == (DeliveryState.SUCCEEDED, AttemptOutcome.SUCCEEDED)
        assert (attempt.response.status, attempt.response.body, attempt.response.truncated) == (202, b"half", True)
        assert ("x-a", "b") in attempt.response.headers
        assert attempt.error.message == "The response from 127.0.0.1 ended early, after its status."
        assert len(receiver.got) == 1


async def test_a_retry_after_behind_many_headers_is_heard(each_store):
    many = b"".join(b"x-%d: a\r\n" % n for n in range(200))
    raw = b"HTTP/1.1 503 Busy\r\n" + many + b"Retry-After: 150\r\nx-nul: a\0b\r\ncontent-length: -1\r\n\r\n"
    async with receiving(answering(raw)) as receiver, working(each_store, timeout=0.3) as b:
        await b.endpoint(receiver.url(), controls=Controls(schedule=(0, 100_000)))
        message = await b.event()
        [attempt] = await b.attempted(message)
        assert (attempt.outcome, attempt.response.status) == (AttemptOutcome.REJECTED, 503)
        assert attempt.next_at - attempt.started_at >= 149_000
        assert ("x-nul", "a\0b") in attempt.response.headers


@pytest.mark.parametrize(("status", "state"), [(202, DeliveryState.SUCCEEDED), (500, DeliveryState.PENDING)])
async def test_a_status_that_came_before_a_stop_is_recorded(each_store, status, state):
    """Or what the destination took would be sent again after the restart."""
    head = b"HTTP/1.1 %d Said\r\ncontent-length: 100000\r\n\r\n" % status
    async with receiving(dripping(head, b".")) as receiver, working(each_store, timeout=60.0, drain=0.2) as b:
        await b.endpoint(receiver.url(), controls=Controls(schedule=(0, 100_000)))
        message = await b.event()
        await until(lambda: receiver.got)
        await b.worker.stop()
        [delivery] = await b.deliveries(message)
        [attempt] = await b.attempts(message)
    assert (delivery.state, delivery.attempts, attempt.response.status) == (state, 1, status)
    assert attempt.response.truncated
    assert attempt.error.message == "Hookbench was stopped before the response was complete."
    assert len(receiver.got) == 1
