"""A replay travels with the real worker to a real receiver: in order, at its rate, stopped, paused, taken up again."""

import time
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise

import pytest
from builders import a_message, a_source, an_attempt, an_endpoint
from receivers import OK, hanging, receiving, then_closing
from working import LOOPBACK, Scripted, until

from server.delivery.configuration import Configuration
from server.delivery.courier import Courier
from server.delivery.dispatch import Dispatcher
from server.delivery.feed import Feed
from server.delivery.replayer import Replayer
from server.delivery.worker import Worker
from server.domain.endpoints import Controls, DisabledBecause
from server.domain.ids import ReplayId, mint
from server.domain.messages import AttemptOutcome, DeliveryState, Trigger
from server.domain.replays import Replay, ReplayKind, ReplayState, Selection
from server.store import attempts, deliveries, endpoints, messages, replays, sources

HOUR = 3_600_000


class Shop:
    def __init__(self, store, worker, replayer, url, **changes):
        self.store, self.worker, self.replayer = store, worker, replayer
        self.source = a_source()
        self.endpoint = an_endpoint(self.source, url=url, **changes)

    async def failed(self, count):
        """Messages whose deliveries were given up."""
        at = time.time_ns() // 1_000_000
        found = [a_message(self.source, received_at=at, webhook_id=f"evt_{n:03}") for n in range(count)]

        def keep(tx):
            sources.insert(tx, self.source)
            endpoints.insert(tx, replace(self.endpoint, controls=Controls()))  # one in order is claimed one by one
            messages.receive(tx, found)
            claimed = deliveries.claim(tx, owner="t", now=at, lease_until=at + 1, room={self.endpoint.id: count})
            made = [
                an_attempt(c.message, c.delivery.id, self.endpoint, outcome=AttemptOutcome.REJECTED) for c in claimed
            ]
            deliveries.record(
                tx, [deliveries.AttemptRecord("t", attempt, DeliveryState.FAILED, 1, None) for attempt in made]
            )
            endpoints.change(tx, self.endpoint)

        # Nothing of it can be seen by the worker before it has failed.
        await self.store.write(keep)
        return found

    async def replay(self, rate=None, endpoint=None, kind=ReplayKind.FAILED):
        now = time.time_ns() // 1_000_000
        selection = Selection(kind, now - HOUR, now + HOUR)
        replay = Replay(
            mint(ReplayId), self.source.id, (endpoint or self.endpoint).id, selection, None, rate, 0, False, 0,
            selection.start, ReplayState.RUNNING, "ada", now,
        )  # fmt: skip
        await self.store.write(lambda tx: replays.insert(tx, replay))
        self.replayer.wake()
        return replay

    async def another_run_ends(self):
        """A run of another endpoint, with nothing to do."""
        empty = an_endpoint(self.source)
        await self.store.write(lambda tx: endpoints.insert(tx, empty))
        run = await self.replay(endpoint=empty)
        await until(lambda: self.is_in(run, ReplayState.DONE))
        return run

    async def now(self, replay):
        return await self.store.read(lambda tx: replays.get(tx, replay.id))

    async def is_in(self, replay, state):
        return (await self.now(replay)).state is state

    async def states(self, of):
        found = await self.store.read(lambda tx: messages.of_messages(tx, [message.id for message in of]))
        return [found[message.id][0].state for message in of]


@pytest.fixture
def shop(store):
    @asynccontextmanager
    async def opened(url, *, delivering=True, resolve=None, **changes):
        courier, feed = Courier(LOOPBACK, timeout=5.0, resolve=resolve), Feed()
        worker = Worker(
            store, Configuration(store), Dispatcher(sandbox=Scripted(), courier=courier, cards={}), feed, drain=0.2
        )
        replayer = Replayer(store, worker, feed)
        if delivering:
            await worker.start()
        replayer.start()
        try:
            yield Shop(store, worker, replayer, url, **changes)
        finally:
            await replayer.stop()
            await worker.stop()
            await courier.aclose()

    return opened


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
        "The address is in a private network. To allow deliveries to it, set HOOKBENCH_ALLOW_NETWORKS."
    )
