"""The worker delivers what is due, records what came of it, and gives every endpoint its share."""

import asyncio
import json
import time
from itertools import pairwise

from builders import SECRET, a_message
from claiming import claim_due
from receivers import OK, answering, hanging, receiving
from standardwebhooks.webhooks import Webhook as Verifier
from structlog.testing import capture_logs
from working import Scripted, until

from server.delivery.feed import Changed
from server.delivery.supervised_loop import CANCEL_SECONDS
from server.domain.endpoints import Controls, Destination
from server.domain.messages import AttemptError, AttemptOutcome, ConsoleLine, DeliveryState, Trigger
from server.domain.transformations import Cancelled, Returned, TransformFailed
from server.store import messages


def returning(payload='{"ok":true}', **changes):
    values = {"method": "PUT", "url": "", "headers": {"X-Mine": "1"}, "payload": payload, "payload_is_text": False}
    return Returned(**values | changes, console=(ConsoleLine("log", "hi"),), ms=0.5)


async def test_an_event_arrives_signed_with_the_endpoints_own_secret(bench):
    async with receiving() as receiver, bench() as b:
        await b.endpoint(receiver.url("/hook"), headers={"X-Team": "billing"})
        message = await b.event()
        [delivery] = await b.ended(message)
    got = receiver.got[0]
    assert (got.line, got.body) == ("POST /hook HTTP/1.1", message.body)
    assert got.headers["x-team"] == "billing"
    assert got.headers["webhook-id"] == message.webhook_id
    assert Verifier(SECRET).verify(got.body, got.headers) == json.loads(message.body)
    assert (delivery.state, delivery.attempts, delivery.step) == (DeliveryState.SUCCEEDED, 1, 1)


async def test_the_attempt_records_what_was_sent_with_its_secrets_masked(bench):
    async with receiving() as receiver:
        code = returning(url=receiver.url("/entity"))
        async with bench(Scripted(code)) as b:
            endpoint = await b.endpoint(
                "https://unused.example/",
                code="handler = w => w",
                card="customer_io",
                credentials={"site_id": "site", "api_key": "key"},
            )
            message = await b.event()
            [attempt] = await b.attempted(message)
    assert receiver.got[0].headers["authorization"] == "Basic c2l0ZTprZXk="
    shown = dict(attempt.request.headers)
    assert attempt.request.method == "PUT"
    assert attempt.request.url == receiver.url("/entity")
    assert attempt.request.body == b'{"ok":true}'
    assert "c2l0ZTprZXk=" not in str(attempt)
    assert shown["authorization"] == "Basic ••••••••"
    assert shown["webhook-id"] == message.webhook_id
    assert (attempt.outcome, attempt.response.status, attempt.response.body) == (AttemptOutcome.SUCCEEDED, 200, b"ok")
    assert (attempt.version_id, attempt.transform_ms) == (endpoint.version.id, 0.5)
    assert attempt.console == (ConsoleLine("log", "hi"),)
    assert (attempt.number, attempt.trigger, attempt.next_at) == (1, Trigger.EVENT, None)


async def test_the_code_gets_the_event_as_it_was_received(bench):
    body = b'\xef\xbb\xbf{"type":"a.b", "x":1.0}'
    async with bench(Scripted(Cancelled((), 0.1))) as b:
        endpoint = await b.endpoint("https://a.example/", code="x", variables={"K": "V"})
        await b.ended(await b.event(event_type="a.b", body=body))
    [(program, webhook)] = b.sandbox.seen
    assert (program.owner, program.code) == (endpoint.id, "x")
    assert (webhook.event_type, webhook.payload) == ("a.b", '{"type":"a.b", "x":1.0}')
    assert (webhook.url, webhook.method, webhook.headers, webhook.env) == (endpoint.url, "POST", {}, {"K": "V"})


async def test_a_failure_is_tried_again_by_the_schedule_and_then_given_up(bench):
    refusing = b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n"
    async with receiving(refusing) as receiver, bench() as b:
        await b.endpoint(receiver.url(), controls=Controls(schedule=(0, 20, 20)))
        message = await b.event()
        [delivery] = await b.ended(message)
        made = await b.attempts(message)
    assert (delivery.state, delivery.attempts, delivery.due_at) == (DeliveryState.FAILED, 3, None)
    assert [one.number for one in made] == [1, 2, 3]
    assert [one.trigger for one in made] == [Trigger.EVENT, Trigger.RETRY, Trigger.RETRY]
    assert [one.outcome for one in made] == [AttemptOutcome.REJECTED] * 3
    assert made[2].next_at is None
    for earlier, later in pairwise(made):
        assert later.started_at >= earlier.next_at
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1


async def test_dodos_first_retry_comes_after_about_five_seconds(bench):
    async with receiving(b"HTTP/1.1 302 Moved\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n") as receiver, bench() as b:
        await b.endpoint(receiver.url())
        message = await b.event()
        [attempt] = await b.attempted(message)
        [delivery] = await b.deliveries(message)
    wait = attempt.next_at - (attempt.started_at + attempt.duration_ms)
    assert 3_900 <= wait <= 6_100
    assert (delivery.state, delivery.due_at, delivery.step) == (DeliveryState.PENDING, attempt.next_at, 1)


async def test_a_destination_that_comes_back_gets_the_event(bench):
    answers = [b"HTTP/1.1 503 Later\r\ncontent-length: 0\r\n\r\n", OK]

    async def recovering(reader, writer):
        await answering(answers.pop(0))(reader, writer)

    async with receiving(recovering) as receiver, bench() as b:
        await b.endpoint(receiver.url(), controls=Controls(schedule=(0, 10, 10)))
        [delivery] = await b.ended(await b.event())
    assert (delivery.state, delivery.attempts) == (DeliveryState.SUCCEEDED, 2)


async def test_a_forbidden_address_is_told_and_nothing_is_sent(bench):
    async with bench() as b:
        await b.endpoint("http://10.0.0.1/", controls=Controls(schedule=(0,)))
        message = await b.event()
        [delivery] = await b.ended(message)
        [attempt] = await b.attempts(message)
    assert (delivery.state, attempt.outcome) == (DeliveryState.FAILED, AttemptOutcome.BLOCKED)
    assert (attempt.error.kind, attempt.response) == ("address", None)


async def test_captured_requests_go_nowhere(bench):
    async with receiving() as receiver, bench() as b:
        await b.endpoint(receiver.url(), destination=Destination.CAPTURE)
        message = await b.event()
        [delivery] = await b.ended(message)
        [attempt] = await b.attempts(message)
    assert receiver.connections == 0
    assert (delivery.state, attempt.outcome) == (DeliveryState.SUCCEEDED, AttemptOutcome.CAPTURED)
    assert delivery.shown_state == "captured"
    assert attempt.request.body == message.body


async def test_cancelled_is_no_success(bench):
    async with bench(Scripted(Cancelled((), 0.2))) as b:
        await b.endpoint("https://a.example/", code="x")
        message = await b.event()
        [delivery] = await b.ended(message)
        [attempt] = await b.attempts(message)
    assert (delivery.state, attempt.outcome) == (DeliveryState.CANCELLED, AttemptOutcome.CANCELLED)
    assert attempt.request is None


async def test_code_that_fails_is_parked_and_stops_no_other_endpoint(bench):
    error = AttemptError("threw", "TypeError: boom", 3, 5, "x.y.z")
    async with receiving() as receiver, bench(Scripted(TransformFailed(error, (), 0.3))) as b:
        failing = await b.endpoint("https://a.example/", code="x")
        await b.endpoint(receiver.url())
        message = await b.event()
        states = {one.endpoint_id: one.state for one in await b.ended(message, 2)}
        tried = {one.endpoint_id: one for one in await b.attempts(message)}
    assert sorted(states.values()) == [DeliveryState.SUCCEEDED, DeliveryState.TRANSFORM_FAILED]
    assert tried[failing.id].error == error
    assert tried[failing.id].next_at is None


async def test_a_request_that_breaks_a_rule_is_the_codes_failure(bench):
    async with bench(Scripted(returning(url="https://a.example/", headers={"Host": "b.example"}))) as b:
        await b.endpoint("https://a.example/", code="x")
        message = await b.event()
        [delivery] = await b.ended(message)
        [attempt] = await b.attempts(message)
    assert delivery.state is DeliveryState.TRANSFORM_FAILED
    assert attempt.error.message == "The header Host is reserved: Hookbench or the connection sets it."


async def test_an_example_is_sent_once_only(bench):
    async with receiving(b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n") as receiver, bench() as b:
        endpoint = await b.endpoint(receiver.url())
        message = a_message(b.source)
        await b.store.write(lambda tx: messages.send_example(tx, message, endpoint.id))
        b.worker.wake()
        [delivery] = await b.ended(message)
    assert (delivery.state, delivery.attempts) == (DeliveryState.FAILED, 1)


async def test_our_own_failure_burns_no_attempt(bench):
    async with bench(Scripted(RuntimeError("no sandbox left"))) as b:
        await b.endpoint("https://a.example/", code="x")
        with capture_logs() as lines:
            message = await b.event()
            await until(lambda: any(line["event"] == "delivery.not_attempted" for line in lines))

            async def postponed():
                [delivery] = await b.deliveries(message)
                return delivery.due_at > message.received_at + 4_000

            await until(postponed)
        [delivery] = await b.deliveries(message)
    assert (delivery.state, delivery.attempts) == (DeliveryState.PENDING, 0)


async def test_an_endpoint_that_hangs_leaves_room_for_the_others(bench):
    async with receiving(hanging) as stuck, receiving() as healthy, bench(concurrency=4, drain=0.1) as b:
        await b.endpoint(stuck.url(), event_types=frozenset({"a.stuck"}))
        await b.endpoint(healthy.url(), event_types=frozenset({"a.well"}))
        for _ in range(20):
            await b.event(event_type="a.stuck")
        well = [await b.event(event_type="a.well") for _ in range(5)]
        for message in well:
            [delivery] = await b.ended(message)
            assert delivery.state is DeliveryState.SUCCEEDED
        assert len(stuck.got) <= 1


async def test_a_lease_of_another_process_is_respected_until_it_runs_out(bench, store):
    async with receiving() as receiver, bench(start=False) as b:
        await b.endpoint(receiver.url())
        message = await b.event()
        now = time.time_ns() // 1_000_000
        await store.write(lambda tx: claim_due(tx, "other", now, now + 300))
        await b.worker.start()
        [attempt] = await b.attempted(message)
    assert attempt.started_at >= now + 300


async def test_stopping_waits_for_what_is_under_way(bench):
    released = []

    async def slow(reader, writer):
        released.append(True)
        await answering(OK)(reader, writer)

    async with receiving(slow) as receiver, bench(drain=5) as b:
        await b.endpoint(receiver.url())
        message = await b.event()
        await until(lambda: receiver.got)
        await b.worker.stop()
        [delivery] = await b.deliveries(message)
    assert delivery.state is DeliveryState.SUCCEEDED


async def test_stopping_does_not_wait_for_a_database_that_does_not_answer(bench, store, monkeypatch):
    asked = asyncio.Event()

    async def hangs(work):
        asked.set()
        await asyncio.Event().wait()

    async with bench(drain=0.2) as b:
        with monkeypatch.context() as patched:
            patched.setattr(store, "read", hangs)
            b.worker.wake()
            await asked.wait()
            began = time.monotonic()
            await b.worker.stop()
            assert time.monotonic() - began < 0.2 + CANCEL_SECONDS


async def test_stopping_gives_back_what_it_cannot_wait_for(bench, store):
    async with receiving(hanging) as receiver, bench(concurrency=4, drain=0.05) as b:
        await b.endpoint(receiver.url())
        events = [await b.event() for _ in range(6)]
        await until(lambda: receiver.got)
        await b.worker.stop()
        now = time.time_ns() // 1_000_000
        free = await store.write(lambda tx: claim_due(tx, "next", now, now + 1))
    assert {one.message.id for one in free} == {message.id for message in events}
    assert {one.delivery.attempts for one in free} == {0}


async def test_open_pages_hear_of_every_attempt(bench):
    async with receiving() as receiver, bench() as b:
        endpoint = await b.endpoint(receiver.url())
        with b.feed.listen() as news:
            message = await b.event()
            assert await anext(news) == Changed(b.source.id, message.id, endpoint.id)


async def test_one_wide_line_tells_the_attempt_without_secrets(bench):
    async with receiving() as receiver, bench() as b:
        with capture_logs() as lines:
            await b.endpoint(receiver.url("/T0/secret-path"), headers={"X-Key": "hidden"})
            message = await b.event()
            await b.ended(message)
            await until(lambda: lines)
    [line] = [line for line in lines if line["event"] == "delivery.attempted"]
    assert (line["outcome"], line["status"], line["host"]) == ("succeeded", 200, "127.0.0.1")
    assert line["message_id"] == message.id
    assert "secret-path" not in str(line)
    assert "hidden" not in str(line)
