"""Code and the headers of a card get the same id and time of an event in every attempt, and when it is sent again."""

from dataclasses import replace

import pytest
from receivers import OK, receiving
from working import CARD, Scripted, working

from server.domain.endpoints import Controls
from server.domain.transformations import Returned
from server.store import deliveries

HEADERS = {"idempotency-key": "{webhook.id}", "x-came": "{webhook.timestamp}"}
KEYED = replace(CARD, name="keyed", headers=HEADERS)
FAILED = b"HTTP/1.1 500 Broken\r\ncontent-length: 0\r\n\r\n"


@pytest.mark.parametrize("code", ["function handler(webhook) {}", None])
async def test_every_attempt_has_the_same_id_and_time(each_store, code):
    sandbox, answers = Scripted(), iter([FAILED, OK, OK])

    async def answer(reader, writer):
        writer.write(next(answers))

    async with receiving(answer) as receiver, working(each_store, sandbox, cards={"keyed": KEYED}) as b:
        sandbox.result = Returned("POST", receiver.url(), {}, "{}", False, (), 1.0, 0)
        controls = Controls(schedule=(0, 1, 1))
        await b.endpoint(receiver.url(), card="keyed", code=code, controls=controls)
        message = await b.event()
        await b.attempted(message, 2)
        [delivery] = await b.ended(message)
        await each_store.write(lambda tx: deliveries.resend(tx, delivery.id, b.now()))
        b.worker.wake()
        await b.attempted(message, 3)

    came = str(message.received_at // 1000)
    assert [(got.headers["idempotency-key"], got.headers["x-came"]) for got in receiver.got] == (
        [(message.webhook_id, came)] * 3
    )
    if code:
        assert [(seen.id, str(seen.timestamp)) for _, seen in sandbox.seen] == [(message.webhook_id, came)] * 3
