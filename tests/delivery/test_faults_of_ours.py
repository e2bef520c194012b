"""Whatever Hookbench itself fails at, the delivery ends where a person sees it, and no other is held up by it."""

import pytest
from builders import an_endpoint
from receivers import receiving
from sqlalchemy import text, update
from structlog.testing import capture_logs
from working import Scripted, until, working

from server.domain import faults
from server.domain.faults import MAX_TRIES
from server.domain.masking import Masker
from server.domain.messages import AttemptError, AttemptOutcome, DeliveryState
from server.domain.operational_event_types import HOOKBENCH_FAULT
from server.domain.transformations import FailureKind, TransformFailed
from server.sandbox import Unavailable
from server.store import endpoints, operational_events
from server.store.schema import deliveries
from server.store.schema import endpoints as endpoint_table
from server.store.schema import messages as message_table


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    """The pauses between tries have a test of their own."""
    monkeypatch.setattr(faults, "PAUSES", (20, 20))
    with capture_logs():  # printing tracebacks would take most of the time
        yield


async def _notices(b):
    return await b.store.read(lambda tx: operational_events.page(tx, b.source.id))


@pytest.mark.parametrize(
    "result",
    [
        OverflowError("signed integer is greater than maximum: secret-of-mine"),
        TransformFailed(AttemptError(FailureKind.INTERNAL, "Hookbench could not run the code."), (), 0.0),
    ],
    ids=["raised", "told"],
)
async def test_what_fails_again_and_again_is_parked_with_an_attempt_and_a_notice(each_store, result):
    async with working(each_store, Scripted(result)) as b:
        await b.endpoint("https://a.example/", code="x")
        message = await b.event()
        [delivery] = await b.ended(message)
        [attempt] = await b.attempts(message)
        [notice] = await _notices(b)
    assert len(b.sandbox.seen) == MAX_TRIES
    assert (delivery.state, delivery.shown_state, delivery.attempts) == (DeliveryState.TRANSFORM_FAILED, "fault", 1)
    assert (attempt.outcome, attempt.error.kind, attempt.number) == (AttemptOutcome.FAULT, FailureKind.INTERNAL, 1)
    assert "Hookbench" in attempt.error.message and "secret-of-mine" not in attempt.error.message
    assert (notice.type, notice.message_id, notice.count) == (HOOKBENCH_FAULT, message.id, 1)


async def test_while_it_is_tried_again_the_delivery_says_what_failed(bench, monkeypatch):
    monkeypatch.setattr(faults, "PAUSES", (60_000,))
    async with bench(Scripted(RuntimeError("no"))) as b:
        await b.endpoint("https://a.example/", code="x")
        message = await b.event()

        async def waits():
            [delivery] = await b.deliveries(message)
            return delivery.fault

        await until(waits)
        [delivery] = await b.deliveries(message)
    assert (delivery.state, delivery.faults) == (DeliveryState.PENDING, 1)
    assert "RuntimeError" in str(delivery.fault)
    assert delivery.due_at > message.received_at + 50_000


async def test_the_tries_are_counted_across_processes(each_store):
    broken = Scripted(RuntimeError("no"))
    for tries in range(1, MAX_TRIES + 1):
        async with working(each_store, broken, start=False) as b:
            if tries == 1:
                await b.endpoint("https://a.example/", code="x")
                message = await b.event()
            before = len(broken.seen)
            await b.worker.start()
            await until(lambda before=before: len(broken.seen) > before)
    async with working(each_store, broken) as b:
        [delivery] = await b.ended(message)
        assert len(await b.attempts(message)) == 1
    assert delivery.shown_state == "fault"


async def test_a_good_run_begins_the_count_anew(bench, store):
    async with receiving() as receiver, bench(Scripted(RuntimeError("no"))) as b:
        await b.endpoint(receiver.url(), code="x")
        message = await b.event()
        await until(lambda: len(b.sandbox.seen) >= 2)
        b.sandbox.result = TransformFailed(AttemptError(FailureKind.THREW, "mine"), (), 0.0)
        [delivery] = await b.ended(message)
    assert (delivery.faults, delivery.fault, delivery.shown_state) == (0, None, "transform_failed")


async def test_an_outage_of_the_sandbox_is_waited_out_where_people_see_it(each_store):
    async with receiving() as receiver, working(each_store, Scripted(Unavailable("gone"))) as b:
        endpoint = await b.endpoint(receiver.url(), code="x")
        message = await b.event()
        await until(lambda: len(b.sandbox.seen) > MAX_TRIES + 1)
        [delivery] = await b.deliveries(message)
        [notice] = await _notices(b)
        assert delivery.state is DeliveryState.PENDING
        assert str(delivery.fault) == "The sandbox cannot run code right now."
        assert (notice.type, notice.detail["about"]) == (HOOKBENCH_FAULT, "waiting")
        await b.store.write(
            lambda tx: tx.execute(
                update(endpoint_table).where(endpoint_table.c.id == endpoint.id).values(transforming=0 > 1)
            )
        )
        [delivery] = await b.ended(message)
    assert delivery.state is DeliveryState.SUCCEEDED


async def test_an_endpoint_that_cannot_be_read_holds_up_no_other(each_store):
    async with receiving() as receiver, working(each_store, start=False) as b:
        bad = await b.endpoint(receiver.url())
        good = await b.endpoint(receiver.url())
        messages = [await b.event() for _ in range(3)]
        await b.store.write(
            lambda tx: tx.execute(
                update(endpoint_table).where(endpoint_table.c.id == bad.id).values(variables="{not json")
            )
        )
        await b.worker.start()
        for message in messages:
            found = {d.endpoint_id: d.shown_state for d in await b.ended(message, 2)}
            assert found == {good.id: "succeeded", bad.id: "fault"}
            assert {a.outcome for a in await b.attempts(message)} == {AttemptOutcome.SUCCEEDED, AttemptOutcome.FAULT}
    assert len(receiver.got) == 3


@pytest.mark.parametrize("spoil", ["trigger", "origin"])
async def test_a_delivery_that_cannot_be_read_holds_up_no_other(each_store, spoil):
    async with receiving() as receiver, working(each_store, start=False) as b:
        await b.endpoint(receiver.url())
        first, second = await b.event(), await b.event()

        def spoils(tx):
            if spoil == "trigger":
                tx.execute(update(deliveries).where(deliveries.c.message_id == first.id).values(trigger="what"))
            else:
                tx.execute(update(message_table).where(message_table.c.id == first.id).values(origin="what"))

        await b.store.write(spoils)
        await b.worker.start()
        await b.ended(second)

        async def parked():
            query = text("SELECT count(*) FROM attempts WHERE outcome = 'fault'")
            return await b.store.read(lambda tx: tx.execute(query).scalar()) == 1

        await until(parked)
    assert len(receiver.got) == 1


async def test_a_row_that_no_database_takes_is_recorded_without_its_details(each_store, monkeypatch):
    """The answer decides, though it could not be kept: the delivery is not sent again."""
    reply = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
    async with receiving(reply) as receiver, working(each_store) as b:
        endpoint = an_endpoint(b.source, url=receiver.url())
        await b.store.write(lambda tx: endpoints.insert(tx, endpoint))
        # Half a pair of surrogates, which neither database takes, stands for any value that nobody foresaw.
        send = b.worker._dispatcher.attempt

        async def spoiled(claimed, attempt_id):
            from dataclasses import replace

            made = await send(claimed, attempt_id)
            return replace(made, request=replace(made.request, method="PO\ud800"))

        monkeypatch.setattr(b.worker._dispatcher, "attempt", spoiled)
        message = await b.event()
        [delivery] = await b.ended(message)
        [attempt] = await b.attempts(message)
    assert (delivery.state, attempt.outcome) == (DeliveryState.SUCCEEDED, AttemptOutcome.SUCCEEDED)
    assert attempt.request is None and attempt.response.status == 200
    assert "could not store its request and response" in attempt.error.message
    assert len(receiver.got) == 1


async def test_what_cannot_be_masked_after_it_was_sent_is_not_kept_nor_sent_again(each_store, monkeypatch):
    def fails(masker, response):
        raise RecursionError

    monkeypatch.setattr(Masker, "response", fails)
    async with receiving() as receiver, working(each_store) as b:
        await b.endpoint(receiver.url("/secret-of-mine"))
        message = await b.event()
        [delivery] = await b.ended(message)
        [attempt] = await b.attempts(message)
    assert (delivery.state, attempt.response.status) == (DeliveryState.SUCCEEDED, 200)
    assert attempt.request is None and not attempt.response.body
    assert "could not store its request and response" in attempt.error.message
    assert len(receiver.got) == 1


async def test_a_fault_while_sending_is_an_attempt_and_follows_the_schedule(each_store):
    async with working(each_store) as b:
        await b.endpoint("https://a.example/", controls=_once())

        async def fails(prepared, **_):
            raise KeyError("of ours")

        b.worker._dispatcher._courier.send = fails
        message = await b.event()
        [delivery] = await b.ended(message)
        [attempt] = await b.attempts(message)
    assert (delivery.state, attempt.outcome) == (DeliveryState.FAILED, AttemptOutcome.FAULT)
    assert "may have received it" in attempt.error.message


def _once():
    from server.domain.endpoints import Controls

    return Controls(schedule=(0,))


def test_the_pauses_grow_and_end_within_minutes():
    from importlib import reload

    fresh = reload(faults)
    waits = [fresh.pause(count) for count in range(1, 8)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (5_000, 120_000)
