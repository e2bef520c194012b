"""Activity is exact: at each moment it equals a fresh count over the stored attempts, on both databases."""

import asyncio
import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import hypothesis.strategies as st
import pytest
from builders import NOW, a_message, a_source, an_attempt, an_endpoint
from counted import fresh, miscounted
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select

from server.delivery.activity_counter import ActivityCounter
from server.domain.activity import DAY_MS, KEPT_MS, KEPT_OF_PAIRS_MS, Counts, Key, Size
from server.domain.endpoints import Endpoint
from server.domain.ids import MessageId, earliest
from server.domain.messages import AttemptOutcome, DeliveryState
from server.store import KeyRing, Store, Transaction, activity, deliveries, endpoints, messages, retention, sources
from server.store.database import connected
from server.store.deliveries import AttemptRecord
from server.store.schema import activity as activity_table
from server.store.schema import activity_batches
from server.store.schema import deliveries as delivery_table
from server.store.schema import options as option_table

ENDS = {AttemptOutcome.SUCCEEDED: DeliveryState.SUCCEEDED, AttemptOutcome.CAPTURED: DeliveryState.SUCCEEDED}
NUMBERS = count()
LATER = NOW + activity.COMMITTED_MS + 60_000
"""When all messages are certainly committed."""
TYPES = ("payment.succeeded", "refund.succeeded", "größe")


class Scene:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.source, self.other = a_source(), a_source()
        self.endpoints = [an_endpoint(self.source), an_endpoint(self.source), an_endpoint(self.other)]

    async def keep(self) -> "Scene":
        def keep(tx: Transaction) -> None:
            for source in (self.source, self.other):
                sources.insert(tx, source)
            for endpoint in self.endpoints:
                endpoints.insert(tx, endpoint)

        await self.store.write(keep)
        return self

    async def attempt(
        self,
        at: int,
        outcome: AttemptOutcome,
        event_type: str = TYPES[0],
        endpoint: Endpoint | None = None,
        store: Store | None = None,
    ) -> AttemptRecord:
        """An attempt of a new message, recorded as the worker does."""
        store = store or self.store
        endpoint = endpoint or self.endpoints[0]
        message_id = MessageId(f"{earliest(MessageId, NOW)}{next(NUMBERS):016d}")
        message = a_message(endpoint.source_id, id=message_id, event_type=event_type, received_at=at)
        received = await store.batch(messages.receive, message)
        claimed = await store.write(
            lambda tx: deliveries.claim(tx, owner="me", now=at, lease_until=at + 9, room={endpoint.id: 99})
        )
        delivery = next(one.delivery for one in claimed if one.message.id == received.message_id)
        made = an_attempt(message, delivery.id, endpoint, outcome=outcome, started_at=at, duration_ms=at % 977 / 3)
        record = AttemptRecord("me", made, ENDS.get(outcome, DeliveryState.FAILED), 1, None)
        await store.batch(deliveries.record, record)
        return record


def read(tx: Transaction, wanted: dict[Key, Counts]) -> dict[Key, Counts]:
    """The same, as pages read it."""
    return {
        key: activity.series(
            tx,
            key.source_id,
            key.size,
            key.starts_at,
            key.starts_at + 1,
            endpoint_id=key.endpoint_id,
            event_type=key.event_type,
        ).get(key.starts_at, Counts())
        for key in wanted
    }


async def check(store: Store, now: int = LATER) -> dict[Key, Counts]:
    def compare(tx: Transaction) -> dict[Key, Counts]:
        wanted = fresh(tx, now)
        assert read(tx, wanted) == wanted
        assert miscounted(tx, now) == []
        return wanted

    return await store.read(compare)


ATTEMPTS = st.tuples(
    st.integers(0, 3 * DAY_MS), st.sampled_from(AttemptOutcome), st.sampled_from(TYPES), st.integers(0, 2)
)
STEPS = st.lists(st.one_of(ATTEMPTS, st.sampled_from(["add up", "again", "prune"])), min_size=1, max_size=8)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_is_recorded_and_added_up(each_store: Store, steps: list) -> None:
    async def play() -> None:
        scene, last = await Scene(each_store).keep(), None
        for step in steps:
            if step == "add up":
                await each_store.write(lambda tx: activity.add_up(tx, LATER, 3))
            elif step == "prune":
                await each_store.write(lambda tx: activity.prune(tx, LATER, 3))
            elif step == "again" and last:  # a commit of which nobody heard is repeated
                await each_store.batch(deliveries.record, last)
            elif step != "again":
                ago, outcome, event_type, number = step
                last = await scene.attempt(NOW - ago, outcome, event_type, scene.endpoints[number])
        await check(each_store)

    asyncio.run(play())


async def test_two_processes_record_and_add_up_at_once(each_store: Store, request: pytest.FixtureRequest) -> None:
    scene = await Scene(each_store).keep()
    url = request.getfixturevalue("sqlite_url" if each_store.dialect == "sqlite" else "postgres_server")
    second = Store.open(url)

    async def record(store: Store, endpoint: Endpoint) -> None:
        for n in range(8):
            await scene.attempt(NOW - n, AttemptOutcome.SUCCEEDED, TYPES[n % 2], endpoint, store)

    async def add_up(store: Store) -> None:
        for _ in range(12):
            await store.write(lambda tx: activity.add_up(tx, NOW, 3))

    first_endpoint, second_endpoint, _ = scene.endpoints
    try:
        await asyncio.gather(
            record(each_store, first_endpoint), record(second, second_endpoint), add_up(each_store), add_up(second)
        )
        await check(each_store)
        counts = await check(second)
    finally:
        second.close()
    of_all = [key for key in counts if key.size is Size.DAY and (key.endpoint_id, key.event_type) == ("", "")]
    assert [counts[key].succeeded for key in of_all] == [16]


async def test_the_counter_adds_up_everything_and_deletes_what_is_old(each_store: Store) -> None:
    scene = await Scene(each_store).keep()
    await scene.attempt(NOW, AttemptOutcome.REJECTED)
    await scene.attempt(NOW - 50 * DAY_MS, AttemptOutcome.FAULT)
    counter = ActivityCounter(each_store)
    assert await counter.add_up(LATER) == 2
    assert await counter.add_up(LATER) == 0
    await check(each_store)
    before = await rows(each_store)
    assert {key.size for key in before if key.starts_at < NOW - 45 * DAY_MS} == {Size.DAY}
    assert await counter.prune(LATER) == 0
    later = NOW + KEPT_OF_PAIRS_MS[Size.HOUR] + 1
    await counter.prune(later)
    left = await rows(each_store)
    assert left == {key for key in before if key.kept_until >= later}
    assert any(key.size is Size.HOUR for key in left)
    await counter.prune(NOW + KEPT_MS[Size.DAY] + 1)
    assert await rows(each_store) == set()


async def rows(store: Store) -> set[Key]:
    def look(tx: Transaction) -> set[Key]:
        assert tx.execute(select(activity_batches.c.id)).all() == []
        return {
            Key(row["source_id"], Size(row["size"]), row["endpoint_id"], row["event_type"], row["starts_at"])
            for row in tx.execute(select(activity_table)).mappings()
        }

    return await store.read(look)


async def test_counts_stay_when_messages_are_deleted_and_a_rebuild_leaves_them(each_store: Store) -> None:
    scene = await Scene(each_store).keep()
    for ago in (3, 2, 2, 0):
        await scene.attempt(NOW - ago * DAY_MS, AttemptOutcome.SUCCEEDED)
    await each_store.write(lambda tx: activity.add_up(tx, LATER, 99))
    counted = await check(each_store)

    def delete_messages(tx: Transaction) -> None:
        tx.execute(delivery_table.update().values(state=DeliveryState.SUCCEEDED))  # what waits would stay
        assert retention.prune_messages(tx, 2 * NOW, cursor="", limit=99).deleted == 4

    await each_store.write(delete_messages)

    def rebuilt(tx: Transaction) -> None:
        assert activity.rebuild(tx, LATER)[0] == 0
        assert read(tx, counted) == counted

    await each_store.write(rebuilt)


async def test_a_rebuild_repairs_the_counts(each_store: Store) -> None:
    scene = await Scene(each_store).keep()
    for ago in (2, 1, 0):
        await scene.attempt(NOW - ago * DAY_MS, AttemptOutcome.UNREACHABLE)

    def spoil(tx: Transaction) -> None:
        activity.add_up(tx, LATER, 2)
        tx.execute(activity_table.update().values(failed=77))
        tx.execute(activity_batches.delete())

    await each_store.write(spoil)
    with pytest.raises(AssertionError):
        await check(each_store)
    assert (await each_store.write(lambda tx: activity.rebuild(tx, LATER)))[0] == 3
    await check(each_store)


async def test_rebuilds_beside_two_processes_that_record_and_add_up(
    each_store: Store, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = activity._stream

    def slow(*of: Any) -> Iterator[Any]:
        time.sleep(0.03)  # others record in between
        return stream(*of)

    monkeypatch.setattr(activity, "_stream", slow)
    scene = await Scene(each_store).keep()
    url = request.getfixturevalue("sqlite_url" if each_store.dialect == "sqlite" else "postgres_server")
    second = Store.open(url)
    over = asyncio.Event()

    async def record(store: Store, endpoint: Endpoint) -> None:
        for n in range(12):
            at = NOW - (12 - n) * DAY_MS // 4  # the oldest first: everything is countable
            await scene.attempt(at, AttemptOutcome.SUCCEEDED, TYPES[n % 2], endpoint, store)

    async def add_up(store: Store) -> None:
        while not over.is_set():
            await store.write(lambda tx: activity.add_up(tx, NOW, 3))
            await asyncio.sleep(0)

    async def check_again_and_again() -> None:
        while not over.is_set():
            await check(second)

    def rebuild(now: int = NOW) -> int:
        with connected(url, KeyRing.beside(url)) as engine:
            return [activity.rebuild_alone(engine, now) for _ in range(4)][-1][0]  # type: ignore[index]

    first_endpoint, second_endpoint, _ = scene.endpoints
    try:
        others = [asyncio.ensure_future(one) for one in (add_up(each_store), add_up(second), check_again_and_again())]
        await asyncio.gather(
            record(each_store, first_endpoint),
            record(second, second_endpoint),
            *(asyncio.to_thread(rebuild) for _ in range(2)),
        )
        over.set()
        await asyncio.gather(*others)
        await check(each_store)
        assert await asyncio.to_thread(rebuild, LATER) == 24
        await check(second)
    finally:
        over.set()
        second.close()


async def test_a_rebuild_keeps_what_waits_of_days_that_it_cannot_count(each_store: Store) -> None:
    scene = await Scene(each_store).keep()
    for ago in (5, 3):
        await scene.attempt(NOW - ago * DAY_MS, AttemptOutcome.SUCCEEDED)
    await each_store.write(lambda tx: activity.add_up(tx, LATER, 99))
    await scene.attempt(NOW - 3 * DAY_MS, AttemptOutcome.REJECTED)  # recorded and not added up
    counted = await check(each_store)

    def delete_the_oldest(tx: Transaction) -> None:
        tx.execute(delivery_table.update().values(state=DeliveryState.SUCCEEDED))
        assert retention.prune_messages(tx, 2 * NOW, cursor="", limit=1).deleted == 1

    await each_store.write(delete_the_oldest)

    def rebuilt(tx: Transaction) -> None:
        activity.rebuild(tx, LATER)
        assert read(tx, counted) == counted

    await each_store.write(rebuilt)


async def test_two_processes_that_start_at_once_count_what_is_stored_once(
    each_store: Store, request: pytest.FixtureRequest
) -> None:
    scene = await Scene(each_store).keep()
    await scene.attempt(NOW, AttemptOutcome.SUCCEEDED)
    await each_store.write(lambda tx: tx.execute(option_table.delete().where(option_table.c.name == "counted_until")))
    url = request.getfixturevalue("sqlite_url" if each_store.dialect == "sqlite" else "postgres_server")

    def start() -> None:
        Store.open(url).close()

    await asyncio.gather(*(asyncio.to_thread(start) for _ in range(3)))
    await check(each_store, time.time_ns() // 1_000_000)


async def test_lists_by_endpoint_and_event_type(each_store: Store) -> None:
    scene = await Scene(each_store).keep()
    first, second, foreign = scene.endpoints
    await scene.attempt(NOW, AttemptOutcome.SUCCEEDED)
    await each_store.write(lambda tx: activity.add_up(tx, LATER, 99))
    await scene.attempt(NOW, AttemptOutcome.REJECTED, TYPES[1], second)
    await scene.attempt(NOW, AttemptOutcome.CANCELLED, TYPES[1], foreign)
    since, until, of = Size.HOUR.start_of(NOW), NOW + 1, scene.source.id
    hour = Size.HOUR

    def look(tx: Transaction) -> None:
        ids = [first.id, second.id]
        by_endpoint = activity.by_endpoint(tx, of, ids, hour, since, until)
        assert {key: (one.succeeded, one.failed) for key, one in by_endpoint.items()} == {
            first.id: (1, 0),
            second.id: (0, 1),
        }
        assert by_endpoint.keys() == {first.id, second.id}
        assert activity.by_endpoint(tx, of, ids, hour, since, until, event_type=TYPES[1]).keys() == {second.id}
        by_type = activity.by_event_type(tx, of, hour, since, until)
        assert {name: one.received for name, one in by_type.items()} == {TYPES[0]: 1, TYPES[1]: 1}
        assert activity.by_event_type(tx, of, hour, since, until, endpoint_id=second.id).keys() == {TYPES[1]}
        each = activity.of_endpoints(tx, of, ids, hour, since, until)
        assert {key: sum(attempts for attempts, _ in found.values()) for key, found in each.items()} == {
            first.id: 1,
            second.id: 1,
        }

    await each_store.read(look)
