"""A replay travels with the real worker to a real receiver: in order, at its rate, stopped, paused, taken up again."""

import time
from dataclasses import replace
from functools import partial
from itertools import pairwise

import pytest
from receivers import OK, hanging, receiving, then_closing
from replaying import HOUR, opened, retry_now, wait_for_retries
from working import until

from server.delivery.feed import Feed
from server.delivery.replayer import Replayer
from server.domain.endpoints import Controls, DisabledBecause
from server.domain.messages import AttemptOutcome, DeliveryState, Trigger
from server.domain.replays import ReplayKind, ReplayState
from server.store import attempts, deliveries, endpoints, messages, replays


@pytest.fixture
def shop(store):
    return partial(opened, store)


async def test_each_arrives_once_with_the_id_it_had(shop):
    async with receiving(OK) as receiver, shop(receiver.url()) as s:
        failed = await s.failed(30)
        replay = await s.replay()
        await until(lambda: s.is_in(replay, ReplayState.DONE))
        assert (await s.now(replay)).begun == 30
        assert set(await s.states(failed)) == {DeliveryState.SUCCEEDED}
    assert sorted(got.headers["webhook-id"] for got in receiver.got) == [one.webhook_id for one in failed]


async def test_an_endpoint_in_order_gets_them_in_the_order_of_arrival(shop):
    async with receiving(OK) as receiver, shop(receiver.url(), controls=Controls(ordered=True)) as s:
        failed = await s.failed(12)
        replay = await s.replay()
        await until(lambda: s.is_in(replay, ReplayState.DONE))
    assert [got.headers["webhook-id"] for got in receiver.got] == [one.webhook_id for one in failed]


async def test_only_a_few_wait_at_a_time_and_a_stop_gives_them_back(shop):
    async with shop("http://127.0.0.1:9/", delivering=False) as s:
        failed = await s.failed(200)
        replay = await s.replay()

        async def filled():
            return (await s.now(replay)).begun > 0

        await until(filled)
        states = await s.states(failed)
        waiting = states.count(DeliveryState.PENDING)
        assert 0 < waiting <= 16
        assert states[:waiting] == [DeliveryState.PENDING] * waiting
        await s.store.write(lambda tx: replays.stop(tx, replay.id, ReplayState.STOPPED, 1))
        assert set(await s.states(failed)) == {DeliveryState.FAILED}
        assert (await s.now(replay)).begun == 0


async def test_a_rate_spreads_them_over_time(shop):
    async with shop("http://127.0.0.1:9/", delivering=False) as s:
        failed = await s.failed(30)
        began = time.time_ns() // 1_000_000
        replay = await s.replay(rate=10)

        async def some():
            return (await s.now(replay)).begun >= 10

        await until(some)
        found = await s.store.read(lambda tx: messages.of_messages(tx, [message.id for message in failed]))
        due = [found[message.id][0].due_at for message in failed if found[message.id][0].due_at]
        assert [later - earlier for earlier, later in pairwise(due)] == [100] * (len(due) - 1)
        assert due[0] >= began


async def test_it_waits_for_a_paused_endpoint(shop):
    async with receiving(OK) as receiver, shop(receiver.url()) as s:
        failed = await s.failed(3)
        pause = replace(s.endpoint, paused=True)
        await s.store.write(lambda tx: endpoints.change(tx, pause))
        replay, other = await s.replay(), await s.another_run_ends()
        assert await s.is_in(other, ReplayState.DONE)  # so the replayer has looked at both
        assert await s.is_in(replay, ReplayState.RUNNING)
        assert set(await s.states(failed)) == {DeliveryState.FAILED}
        await s.store.write(lambda tx: endpoints.change(tx, s.endpoint))
        s.replayer.wake()
        await until(lambda: s.is_in(replay, ReplayState.DONE))
    assert len(receiver.got) == 3


async def test_disabling_the_endpoint_ends_the_run(shop):
    async with receiving(hanging) as receiver, shop(receiver.url()) as s:
        failed = await s.failed(100)
        replay = await s.replay()
        await until(lambda: receiver.got)

        def disable(tx):
            endpoints.disable(tx, s.endpoint.id, DisabledBecause.PERSON, 1)
            deliveries.stop_all_of_endpoint(tx, s.endpoint.id, 1)

        await s.store.write(disable)
        assert await s.is_in(replay, ReplayState.DISABLED)
        assert DeliveryState.PENDING not in await s.states(failed)
        assert (await s.states(failed)).count(DeliveryState.FAILED) >= 50


async def test_attempts_of_a_replay_say_so(shop):
    async with receiving(OK) as receiver, shop(receiver.url()) as s:
        [message] = await s.failed(1)
        replay = await s.replay()
        await until(lambda: s.is_in(replay, ReplayState.DONE))
        found = await s.store.read(lambda tx: messages.of_messages(tx, [message.id]))
        assert (found[message.id][0].trigger, found[message.id][0].attempts) == (Trigger.REPLAY, 2)


async def test_a_host_that_leads_inside_by_now_is_blocked(shop):
    leads_to = ["127.0.0.1"]  # which this Hookbench may reach

    async def resolve(host):
        return list(leads_to)

    last = then_closing(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
    async with receiving(last) as receiver, shop(receiver.url(host="shop.example"), resolve=resolve) as s:
        [message] = await s.failed(1)
        before = await s.replay()
        await until(lambda: s.is_in(before, ReplayState.DONE))
        leads_to[:] = ["10.0.0.1"]
        after = await s.replay(kind=ReplayKind.BULK)
        await until(lambda: s.is_in(after, ReplayState.DONE))
        blocked, delivered, _ = await s.store.read(lambda tx: attempts.of_message(tx, message.id))
    assert (delivered.outcome, len(receiver.got)) == (AttemptOutcome.SUCCEEDED, 1)
    assert (blocked.outcome, blocked.trigger) == (AttemptOutcome.BLOCKED, Trigger.REPLAY)
    assert blocked.error.message == (
        "The address is in a private network. To allow deliveries to it, set HOOKBENCH_ALLOW_NETWORKS, for example to "
        "10.0.0.0/8, and restart Hookbench."
    )


async def test_what_waits_for_a_retry_goes_now_though_the_replayer_stops_in_between(shop):
    async with receiving(OK) as receiver, shop(receiver.url()) as s:
        waiting = await wait_for_retries(s, 40)
        run = await retry_now(s, rate=50)
        await until(lambda: len(receiver.got) >= 5)
        await s.replayer.stop()
        others = [Replayer(s.store, s.worker, Feed()) for _ in range(2)]  # as two processes after a restart
        for other in others:
            other.start()
        try:
            await until(lambda: s.is_in(run, ReplayState.DONE))
        finally:
            for other in others:
                await other.stop()
        assert (await s.now(run)).begun == 40
        assert set(await s.states(waiting)) == {DeliveryState.SUCCEEDED}
    assert sorted(got.headers["webhook-id"] for got in receiver.got) == [one.webhook_id for one in waiting]


async def test_a_retry_that_fails_again_waits_for_the_next_step_of_its_schedule(shop):
    refusing = b"HTTP/1.1 503 Unavailable\r\ncontent-length: 0\r\n\r\n"
    schedule = Controls(schedule=(0, HOUR, 2 * HOUR, 5 * HOUR))
    async with receiving(refusing) as receiver, shop(receiver.url(), controls=schedule) as s:
        waiting = await wait_for_retries(s, 2, step=2)
        run = await retry_now(s)
        await until(lambda: s.is_in(run, ReplayState.DONE))
        found = await s.store.read(lambda tx: messages.of_messages(tx, [message.id for message in waiting]))
        ways = [found[message.id][0] for message in waiting]
        now = time.time_ns() // 1_000_000
        assert {(way.state, way.step, way.trigger) for way in ways} == {(DeliveryState.PENDING, 3, Trigger.RETRY)}
        assert all(3.9 * HOUR < way.due_at - now < 6.1 * HOUR for way in ways)


async def test_what_waits_goes_out_in_order_to_an_endpoint_in_order(shop):
    async with receiving(OK) as receiver, shop(receiver.url(), controls=Controls(ordered=True)) as s:
        waiting = await wait_for_retries(s, 6)
        run = await retry_now(s)
        await until(lambda: s.is_in(run, ReplayState.DONE))
    assert [got.headers["webhook-id"] for got in receiver.got] == [one.webhook_id for one in waiting]


async def test_a_rate_limit_of_the_endpoint_holds_for_what_waited(shop):
    async with receiving(OK) as receiver, shop(receiver.url(), controls=Controls(rate_limit=10)) as s:
        await wait_for_retries(s, 15)
        began = time.monotonic()
        run = await retry_now(s)
        await until(lambda: s.is_in(run, ReplayState.DONE))
        assert len(receiver.got) == 15 and time.monotonic() - began > 0.4
