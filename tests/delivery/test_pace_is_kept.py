"""What a person sets for an endpoint is kept by the worker: its first wait, pause and resume, order and skip."""

from dataclasses import replace

from receivers import OK, answering, receiving
from working import until

from server.domain.endpoints import Controls
from server.domain.messages import DeliveryState, Trigger
from server.store import deliveries, endpoints, queues

REFUSED = b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n"
HOUR = 3_600_000


async def kept(b, endpoint, **changes):
    changed = replace(endpoint, **changes)
    await b.store.write(lambda tx: endpoints.change(tx, changed))
    b.worker.wake()
    return changed


async def test_a_schedule_may_begin_with_a_wait(bench):
    async with receiving() as receiver, bench() as b:
        await b.endpoint(receiver.url(), controls=Controls(schedule=(300,)))
        message = await b.event()
        [delivery] = await b.ended(message)
        [attempt] = await b.attempts(message)
    assert delivery.state is DeliveryState.SUCCEEDED
    assert attempt.started_at >= message.received_at + 300


async def test_while_paused_everything_is_kept_and_goes_out_in_order_of_arrival_when_resumed(bench):
    async with receiving() as receiver, bench() as b:
        paused = await b.endpoint(receiver.url(), paused=True, controls=Controls(concurrency=1))
        await b.endpoint(receiver.url("/other"))
        messages = [await b.event() for _ in range(3)]
        await until(lambda: len(receiver.got) == 3)
        assert {got.line for got in receiver.got} == {"POST /other HTTP/1.1"}
        assert await b.store.read(lambda tx: queues.waiting(tx, [paused.id])) == {paused.id: 3}

        await kept(b, paused, paused=False)
        for message in messages:
            await b.ended(message, 2)
    resumed = [got.headers["webhook-id"] for got in receiver.got if got.line == "POST / HTTP/1.1"]
    assert resumed == [message.webhook_id for message in messages]


async def test_a_delivery_sent_again_to_a_paused_endpoint_waits_for_it(bench):
    async with receiving() as receiver, bench() as b:
        endpoint = await b.endpoint(receiver.url())
        message = await b.event()
        [sent] = await b.ended(message)
        paused = await kept(b, endpoint, paused=True)
        assert await b.store.write(lambda tx: deliveries.resend(tx, sent.id, b.now()))
        other = await b.endpoint(receiver.url("/other"))
        later = await b.event()
        await b.attempted(later)  # the other endpoint's: by then the worker has looked at what is due
        assert [one.endpoint_id for one in await b.attempts(later)] == [other.id]
        assert len(await b.attempts(message)) == 1

        await kept(b, paused, paused=False)
        again = (await b.attempted(message, 2))[1]
    assert again.trigger is Trigger.RESEND


async def test_in_order_a_failure_holds_up_what_came_later_until_it_is_skipped(bench):
    answers = [REFUSED]

    async def well_but_first(reader, writer):
        await answering(answers.pop() if answers else OK)(reader, writer)

    async with receiving(well_but_first) as receiver, bench() as b:
        endpoint = await b.endpoint(receiver.url(), controls=Controls(ordered=True, schedule=(0, HOUR)))
        first = await b.event()
        await b.attempted(first)
        later = [await b.event() for _ in range(3)]
        head = await b.store.read(lambda tx: queues.head(tx, endpoint.id))
        assert head.message_id == first.id
        assert len(receiver.got) == 1

        assert await b.store.write(lambda tx: queues.skip(tx, head.id, b.now()))
        b.worker.wake()
        for message in later:
            [delivery] = await b.ended(message)
            assert delivery.state is DeliveryState.SUCCEEDED
        [skipped] = await b.deliveries(first)
    assert skipped.state is DeliveryState.STOPPED
    assert [got.headers["webhook-id"] for got in receiver.got[1:]] == [message.webhook_id for message in later]


async def test_what_was_skipped_goes_before_all_others_when_it_is_sent_again(bench):
    answers = [REFUSED, REFUSED]

    async def well_but_first(reader, writer):
        await answering(answers.pop() if answers else OK)(reader, writer)

    async with receiving(well_but_first) as receiver, bench() as b:
        endpoint = await b.endpoint(receiver.url(), controls=Controls(ordered=True, schedule=(0, HOUR)))
        first = await b.event()
        await b.attempted(first)
        head = await b.store.read(lambda tx: queues.head(tx, endpoint.id))
        await b.store.write(lambda tx: queues.skip(tx, head.id, b.now()))
        second = await b.event()
        await b.attempted(second)
        third = await b.event()

        await b.store.write(lambda tx: deliveries.resend(tx, head.id, b.now()))
        b.worker.wake()
        [delivery] = await b.ended(first)
        assert delivery.state is DeliveryState.SUCCEEDED
        assert (await b.store.read(lambda tx: queues.head(tx, endpoint.id))).message_id == second.id
        assert await b.attempts(third) == []
