"""What waits follows its endpoint when that is changed, in the same transaction, and can be stopped by hand."""

from dataclasses import replace

import pytest
from builders import an_attempt
from claiming import claim_due
from receivers import receiving
from structlog.testing import capture_logs
from working import until, working

from server.actions import endpoints as actions
from server.actions import messages as message_actions
from server.domain.conditions import Condition, Operator
from server.domain.endpoints import Controls
from server.domain.messages import AttemptOutcome, DeliveryState, ReceivedResponse, RetryReason, StoppedBecause
from server.store import deliveries, stopping
from server.store.deliveries import AttemptRecord

FAILING = b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n"
MINUTE = 60_000
SLOW = Controls(schedule=(0, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE))


@pytest.fixture(autouse=True)
def quiet():
    with capture_logs():
        yield


class Acting:
    """What actions need of the workbench, around a worker at work."""

    def __init__(self, b):
        self.store, self.worker, self.feed, self.now = b.store, b.worker, b.feed, b.now


async def changed(b, endpoint, **changes):
    """The change, as every form of the product makes it; returns what it did to what waits."""
    from server.actions import effects

    await actions.amend(Acting(b), endpoint.id, lambda now: replace(now, **changes))
    return effects.moved.get()


async def retried(b, endpoint, **changes):
    """An event whose first attempt failed and whose next one waits."""
    message = await b.event(**changes)
    await b.attempted(message)

    async def waits():
        [delivery] = await b.deliveries(message)
        return delivery.retrying

    await until(waits)
    return message


async def test_a_deselected_type_makes_no_further_attempt(each_store):
    async with receiving(FAILING) as receiver, working(each_store) as b:
        endpoint = await b.endpoint(receiver.url(), controls=SLOW)
        gone = await retried(b, endpoint, event_type="license_key.created")
        stays = await retried(b, endpoint, event_type="credit.added")
        moved = await changed(b, endpoint, event_types=frozenset({"credit.added"}))
        [stopped], [waits] = await b.deliveries(gone), await b.deliveries(stays)
        [attempt] = await b.attempts(gone)
    assert moved == stopping.ScheduleChange(stopped=1)
    assert (stopped.state, stopped.stopped_because) == (DeliveryState.STOPPED, StoppedBecause.UNMATCHED)
    assert (attempt.next_at, attempt.because) == (None, RetryReason.STOPPED)
    assert waits.state is DeliveryState.PENDING


async def test_what_the_new_filter_keeps_away_is_stopped(each_store):
    async with receiving(FAILING) as receiver, working(each_store) as b:
        endpoint = await b.endpoint(receiver.url(), controls=SLOW)
        eur = await retried(b, endpoint, body=b'{"type":"a","data":{"currency":"EUR"}}')
        usd = await retried(b, endpoint, body=b'{"type":"a","data":{"currency":"USD"}}')
        only = (Condition("data.currency", Operator.EQUALS, "EUR"),)
        assert await changed(b, endpoint, conditions=only) == stopping.ScheduleChange(stopped=1)
        states = [(await b.deliveries(one))[0].state for one in (eur, usd)]
    assert states == [DeliveryState.PENDING, DeliveryState.STOPPED]


async def test_an_attempt_under_way_is_the_last_one(each_store):
    """The lease of a worker protects nothing: what it sends is recorded, and nothing follows."""
    async with receiving() as receiver, working(each_store, start=False) as b:
        endpoint = await b.endpoint(receiver.url())
        for status, state in ((500, DeliveryState.STOPPED), (200, DeliveryState.SUCCEEDED)):
            message = await b.event(event_type="license_key.created")
            [claimed] = await b.store.write(lambda tx: claim_due(tx, "w", b.now(), b.now() + MINUTE))
            await changed(b, endpoint, event_types=frozenset({"credit.added"}))
            await changed(b, endpoint, event_types=None)
            outcome = AttemptOutcome.SUCCEEDED if status == 200 else AttemptOutcome.REJECTED
            made = an_attempt(message, claimed.delivery.id, endpoint, outcome=outcome, next_at=b.now() + MINUTE)
            made = replace(made, response=ReceivedResponse(status, (), b"", False))
            ended = AttemptRecord("w", made, DeliveryState.PENDING, 1, b.now() + MINUTE)
            await b.store.batch(deliveries.record, ended)
            [delivery] = await b.deliveries(message)
            [attempt] = await b.attempts(message)
            assert (delivery.state, delivery.attempts, delivery.due_at) == (state, 1, None)
            assert attempt.next_at is None


async def test_saving_races_with_a_worker_that_holds_leases(each_store):
    """However the two meet, nothing of the deselected type waits afterwards."""
    async with receiving(FAILING) as receiver, working(each_store) as b:
        quick = Controls(schedule=(0, *[1_000] * 19))
        endpoint = await b.endpoint(receiver.url(), controls=quick)
        sent = [await b.event(event_type="a.b") for _ in range(30)]
        await until(lambda: len(receiver.got) > 5)
        await changed(b, endpoint, event_types=frozenset({"c.d"}))

        async def none_waits():
            found = [(await b.deliveries(message))[0] for message in sent]
            return all(one.state is DeliveryState.STOPPED for one in found)

        await until(none_waits)
        made = len(receiver.got)
        for message in sent:
            [delivery] = await b.deliveries(message)
            assert delivery.attempts == len(await b.attempts(message))
        assert len(receiver.got) == made


async def test_a_shorter_schedule_moves_what_waits_and_ends_what_is_beyond_it(each_store):
    async with receiving(FAILING) as receiver, working(each_store) as b:
        endpoint = await b.endpoint(receiver.url(), controls=SLOW)
        message = await retried(b, endpoint)
        [before] = await b.deliveries(message)

        moved = await changed(b, endpoint, controls=Controls(schedule=(0, 5 * MINUTE, MINUTE)))
        assert moved == stopping.ScheduleChange(rescheduled=1)
        [delivery], [attempt] = await b.deliveries(message), await b.attempts(message)
        wait = (before.due_at - before.updated_at) // 2
        assert abs(delivery.due_at - delivery.updated_at - wait) <= 1
        assert attempt.next_at == delivery.due_at

        assert await changed(b, endpoint, controls=Controls(schedule=(0,))) == stopping.ScheduleChange(ended=1)
        [delivery], [attempt] = await b.deliveries(message), await b.attempts(message)
    assert (delivery.state, delivery.due_at) == (DeliveryState.FAILED, None)
    assert (attempt.next_at, attempt.because) == (None, RetryReason.SHORTENED)


async def test_what_would_be_past_by_the_new_schedule_is_due_now(each_store):
    async with receiving(FAILING) as receiver, working(each_store, start=False) as b:
        endpoint = await b.endpoint(receiver.url(), controls=SLOW)
        message = await b.event()
        at = b.now() - 5 * MINUTE
        [claimed] = await b.store.write(lambda tx: claim_due(tx, "w", b.now(), b.now() + MINUTE))
        made = an_attempt(message, claimed.delivery.id, endpoint, started_at=at, duration_ms=0)
        ended = AttemptRecord("w", made, DeliveryState.PENDING, 1, at + 10 * MINUTE)
        await b.store.batch(deliveries.record, ended)
        before = b.now()
        await changed(b, endpoint, controls=Controls(schedule=(0, 1_000)))
        [delivery] = await b.deliveries(message)
    assert before <= delivery.due_at <= b.now()


@pytest.mark.parametrize("because", [RetryReason.RETRY_AFTER, RetryReason.RETRY_AFTER_CUT, RetryReason.REST])
async def test_a_wait_that_the_destination_asked_for_is_kept(each_store, because):
    async with working(each_store, start=False) as b:
        endpoint = await b.endpoint("https://a.example/", controls=SLOW)
        message, now = await b.event(), b.now()
        [claimed] = await b.store.write(lambda tx: claim_due(tx, "w", now, now + MINUTE))
        made = an_attempt(message, claimed.delivery.id, endpoint, started_at=now, duration_ms=0, because=because)
        ended = AttemptRecord("w", made, DeliveryState.PENDING, 1, now + 12 * MINUTE)
        await b.store.batch(deliveries.record, ended)
        await changed(b, endpoint, controls=Controls(schedule=(0, 1_000)))
        [delivery] = await b.deliveries(message)
    assert delivery.due_at == (now + MINUTE if because is RetryReason.REST else now + 12 * MINUTE)


@pytest.mark.parametrize("ordered", [False, True])
async def test_one_delivery_is_stopped_by_hand(each_store, ordered):
    async with receiving(FAILING) as receiver, working(each_store) as b:
        endpoint = await b.endpoint(receiver.url(), controls=replace(SLOW, ordered=ordered))
        message = await retried(b, endpoint)
        behind = await b.event()
        [delivery] = await b.deliveries(message)
        await message_actions.stop(Acting(b), delivery)
        [stopped] = await b.deliveries(message)
        assert (stopped.state, stopped.stopped_because) == (DeliveryState.STOPPED, StoppedBecause.PERSON)
        assert len(await b.attempted(behind)) == 1
        with pytest.raises(actions.Invalid):
            await message_actions.stop(Acting(b), stopped)


async def test_what_waits_for_its_turn_in_this_process_is_stopped_too(each_store):
    """A rate limit holds it back under a lease: stopping takes it out of the line before it is sent."""
    async with receiving() as receiver, working(each_store) as b:
        await b.endpoint(receiver.url(), controls=Controls(rate_limit=1))
        first, second = await b.event(), await b.event()
        await b.attempted(first)
        [delivery] = await b.deliveries(second)
        await message_actions.stop(Acting(b), delivery)
        third = await b.event()
        await b.ended(third)
        [stopped] = await b.deliveries(second)
        assert stopped.state is DeliveryState.STOPPED
        assert await b.attempts(second) == []
    assert len(receiver.got) == 2
