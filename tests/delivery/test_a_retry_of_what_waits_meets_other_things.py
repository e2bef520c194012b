"""Retry all waiting now beside a pause, a deletion with restore, the order and the rate limit of its endpoint."""

import time
from dataclasses import replace

import pytest
from receivers import OK, receiving
from replaying import HOUR, opened, retry_now, wait_for_retries
from working import until

from server.domain.endpoints import Controls
from server.domain.ids import ReplayId, mint
from server.domain.messages import DeliveryState, Trigger
from server.domain.replays import Replay, ReplayKind, ReplayState, Selection
from server.store import deleted_endpoints, deliveries, endpoints, messages, replays

REFUSES = b"HTTP/1.1 503 Unavailable\r\ncontent-length: 0\r\n\r\n"


@pytest.fixture
def shop(each_store):
    return lambda url, **changes: opened(each_store, url, **changes)


def now():
    return time.time_ns() // 1_000_000


async def rows(s, of):
    found = await s.store.read(lambda tx: messages.of_messages(tx, [message.id for message in of]))
    return [found[message.id][0] for message in of]


def ids(receiver):
    return [got.headers["webhook-id"] for got in receiver.got]


async def none_under_way(s):
    leased = await s.store.read(lambda tx: tx.execute(deliveries.deliveries.select()).mappings().all())
    return not any(row["lease_owner"] for row in leased)


async def test_a_pause_in_the_middle_holds_the_rest_until_it_is_resumed(shop):
    async with receiving(OK) as receiver, shop(receiver.url()) as s:
        waiting = await wait_for_retries(s, 30)
        run = await retry_now(s, rate=60)
        await until(lambda: len(receiver.got) >= 5)
        await s.store.write(lambda tx: endpoints.change(tx, replace(s.endpoint, paused=True)))
        await until(lambda: none_under_way(s))
        held = len(receiver.got)
        assert held < 30 and await s.is_in(run, ReplayState.RUNNING)
        await s.store.write(lambda tx: endpoints.change(tx, s.endpoint))
        s.worker.wake()
        await until(lambda: s.is_in(run, ReplayState.DONE))
        assert (await s.now(run)).begun == 30
    assert sorted(ids(receiver)) == [one.webhook_id for one in waiting]


async def test_a_deletion_in_the_middle_ends_it_and_a_restore_sends_nothing_by_itself(shop):
    async with receiving(OK) as receiver, shop(receiver.url()) as s:
        waiting = await wait_for_retries(s, 30)
        run = await retry_now(s, rate=60)
        await until(lambda: len(receiver.got) >= 5)

        def delete(tx):
            deleted_endpoints.remove(tx, s.endpoint.id, now())
            deliveries.stop_all_of_endpoint(tx, s.endpoint.id, now())

        await s.store.write(delete)
        await until(lambda: s.is_in(run, ReplayState.DISABLED))
        await s.store.write(lambda tx: deleted_endpoints.restore(tx, s.endpoint.id, now()))
        s.worker.wake()
        s.replayer.wake()

        async def under_way_ended():
            succeeded = (await s.states(waiting)).count(DeliveryState.SUCCEEDED)
            return succeeded == len(receiver.got)

        await until(under_way_ended)
        left = await rows(s, waiting)
        assert {one.state for one in left} == {DeliveryState.SUCCEEDED, DeliveryState.STOPPED}
        assert {one.due_at for one in left} == {None}
        # A person gets the rest with a replay of what was stopped; nothing comes twice.
        chosen = Selection(ReplayKind.BULK, 0, now() + HOUR, None, frozenset({DeliveryState.STOPPED}))
        again = Replay(
            mint(ReplayId), s.source.id, s.endpoint.id, chosen, None, None, 0, False, 0, chosen.start,
            ReplayState.RUNNING, "ada", now(),
        )  # fmt: skip
        await s.store.write(lambda tx: replays.insert(tx, again))
        s.replayer.wake()
        await until(lambda: s.is_in(again, ReplayState.DONE))
        assert set(await s.states(waiting)) == {DeliveryState.SUCCEEDED}
    assert sorted(ids(receiver)) == [one.webhook_id for one in waiting]


async def test_in_order_nothing_passes_one_that_fails_again_and_a_stop_gives_the_times_back(shop):
    controls = Controls(ordered=True, schedule=(0, HOUR, 2 * HOUR, 5 * HOUR))
    async with receiving(REFUSES) as receiver, shop(receiver.url(), controls=controls) as s:
        waiting = await wait_for_retries(s, 6)
        before = await rows(s, waiting)
        run = await retry_now(s)

        async def first_failed_again():
            first, *others = await rows(s, waiting)
            return first.trigger is Trigger.RETRY and {one.trigger for one in others} == {Trigger.REPLAY}

        await until(first_failed_again)
        assert ids(receiver) == [waiting[0].webhook_id]
        assert await s.is_in(run, ReplayState.RUNNING)
        await s.store.write(lambda tx: replays.stop(tx, run.id, ReplayState.STOPPED, now()))
        first, *others = await rows(s, waiting)
        assert [one.due_at for one in others] == [one.due_at for one in before[1:]]
        assert first.step == 3 and first.due_at > now() + HOUR
        assert (await s.now(run)).begun == 1
    assert len(receiver.got) == 1


async def test_order_and_rate_limit_hold_for_what_waited(shop):
    controls = Controls(ordered=True, rate_limit=10)
    async with receiving(OK) as receiver, shop(receiver.url(), controls=controls) as s:
        waiting = await wait_for_retries(s, 14)
        began = time.monotonic()
        run = await retry_now(s)
        await until(lambda: s.is_in(run, ReplayState.DONE))
        assert time.monotonic() - began > 0.3
    assert ids(receiver) == [one.webhook_id for one in waiting]
