"""Replays find what they are about, make it due in the order of arrival, and give back what was not tried."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from builders import NOW, SECRET, a_message, a_source, an_attempt, an_endpoint
from sqlalchemy import update

from server.domain.conditions import Condition, Operator
from server.domain.endpoints import Endpoint
from server.domain.ids import MessageId, Millis, ReplayId, earliest, mint
from server.domain.messages import AttemptOutcome, Delivery, DeliveryState, Message, Origin, StoppedBecause, Trigger
from server.domain.replays import Replay, ReplayKind, ReplayState, Selection
from server.store import Store, deliveries, endpoints, messages, replay_matches, replays, sources
from server.store.schema import deliveries as delivery_table

DAY = 86_400_000
FAILED, SUCCEEDED = DeliveryState.FAILED, DeliveryState.SUCCEEDED
PENDING, STOPPED, PARKED = DeliveryState.PENDING, DeliveryState.STOPPED, DeliveryState.TRANSFORM_FAILED
OUTCOMES = {
    FAILED: AttemptOutcome.REJECTED,
    SUCCEEDED: AttemptOutcome.SUCCEEDED,
    PARKED: AttemptOutcome.TRANSFORM_FAILED,
    DeliveryState.CANCELLED: AttemptOutcome.CANCELLED,
}


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(replay_matches, "SCANNED", 3)  # so that a few messages are several steps
    opened = Store.open(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))
    yield opened
    opened.close()


def came_at(moment: Millis) -> MessageId:
    """An id such as was minted then."""
    begins = earliest(MessageId, moment)
    return MessageId(begins + mint(MessageId)[len(begins) :])


class Shop:
    """An endpoint with messages that arrived on days, each with a delivery in some state."""

    def __init__(self, store: Store, **changes: Any) -> None:
        self.store = store
        self.source = a_source()
        self.endpoint: Endpoint = an_endpoint(self.source, **changes)

    async def opened(self) -> "Shop":
        await self.store.write(lambda tx: (sources.insert(tx, self.source), endpoints.insert(tx, self.endpoint)))
        return self

    async def message(self, day: float, state: DeliveryState | None, **changes: Any) -> Message:
        """Arrived ``day`` days before NOW. ``None``: there was no endpoint that listened."""
        at = NOW - int(day * DAY)
        values = {"id": came_at(at), "received_at": at} | changes
        message = a_message(self.source, **values)

        def keep(tx: Any) -> None:
            messages.receive(tx, [message])
            [delivery] = messages.of_messages(tx, [message.id])[message.id]
            if state in OUTCOMES:
                claimed = deliveries.claim(tx, owner="t", now=at, lease_until=at + 1, room={self.endpoint.id: 500})
                assert delivery.id in [one.delivery.id for one in claimed]
                attempt = an_attempt(message, delivery.id, self.endpoint, outcome=OUTCOMES[state])
                deliveries.record(tx, [deliveries.AttemptRecord("t", attempt, state, 1, None)])
            elif state is STOPPED:
                deliveries.stop_all_of_endpoint(tx, self.endpoint.id, at)
            elif state is None:
                tx.exec_driver_sql(f"DELETE FROM deliveries WHERE id = '{delivery.id}'")

        await self.store.write(keep)
        return message

    async def found(self, selection: Selection, most: int = 2) -> list[replay_matches.Match]:
        """All matches, in steps of ``most``; counting finds the same."""
        found: list[replay_matches.Match] = []
        cursor, last = selection.start, False
        while not last:
            step = await self.store.read(
                lambda tx, at=cursor: replay_matches.walk(tx, self.endpoint, selection, at, most)
            )
            assert len(step.matches) <= most
            found += step.matches
            cursor, last = step.cursor, step.last
        assert await self.counted(selection) == Counter((one.event_type, one.state, one.delivered) for one in found)
        return found

    async def counted(self, selection: Selection) -> Counter[tuple[str, DeliveryState | None, bool]]:
        counted: Counter[tuple[str, DeliveryState | None, bool]] = Counter()
        cursor, last = selection.start, False
        while not last:
            step = await self.store.read(lambda tx, at=cursor: replay_matches.count(tx, self.endpoint, selection, at))
            counted.update(step.by)
            cursor, last = step.cursor, step.last
        return counted

    async def begun(self, selection: Selection) -> Replay:
        replay = Replay(
            mint(ReplayId), self.source.id, self.endpoint.id, selection, None, None, 3, False, 0,
            selection.start, ReplayState.RUNNING, "ada", NOW,
        )  # fmt: skip
        await self.store.write(lambda tx: replays.insert(tx, replay))
        return replay

    async def advanced(self, replay: Replay, most: int) -> bool:
        """One step, from wherever the run is now."""

        def step(tx: Any) -> bool:
            now = replays.get(tx, replay.id)
            assert now
            stretch = replay_matches.walk(tx, self.endpoint, now.selection, now.cursor, most)
            return replays.advance(tx, now, stretch.matches, [NOW] * len(stretch.matches), stretch.cursor, NOW)

        return await self.store.write(step)

    async def delivery(self, message: Message) -> Delivery | None:
        found = await self.store.read(lambda tx: messages.of_messages(tx, [message.id]))
        return found[message.id][0] if found else None

    async def states(self, *of: Message) -> list[DeliveryState | None]:
        found = [await self.delivery(message) for message in of]
        return [one.state if one else None for one in found]


def selecting(kind: ReplayKind, days: float = 30, **changes: Any) -> Selection:
    return Selection(**{"kind": kind, "since": NOW - int(days * DAY), "until": NOW} | changes)


def ids(found: list[replay_matches.Match]) -> list[str]:
    return [match.message_id for match in found]


async def test_recovering_finds_what_failed_within_the_range_in_the_order_of_arrival(store: Store) -> None:
    shop = await Shop(store).opened()
    old, a, b, c = [await shop.message(day, FAILED) for day in (9, 3, 2, 1)]
    for state in (SUCCEEDED, PARKED, PENDING):
        await shop.message(1.5, state)
    found = await shop.found(selecting(ReplayKind.FAILED, 7))
    assert ids(found) == [a.id, b.id, c.id]
    assert ids(await shop.found(selecting(ReplayKind.FAILED, 10, until=NOW - 2 * DAY))) == [old.id, a.id]
    assert {match.delivered for match in found} == {False}


async def test_examples_are_nobodys_failures(store: Store) -> None:
    shop = await Shop(store).opened()
    at = NOW - DAY
    example = a_message(shop.source, id=came_at(at), origin=Origin.EXAMPLE)

    def keep(tx: Any) -> None:
        delivery_id = messages.send_example(tx, example, shop.endpoint.id)
        deliveries.claim(tx, owner="t", now=NOW, lease_until=NOW + 1, room={shop.endpoint.id: 1})
        attempt = an_attempt(
            example, delivery_id, shop.endpoint, trigger=Trigger.EXAMPLE, outcome=AttemptOutcome.TRANSFORM_FAILED
        )
        deliveries.record(tx, [deliveries.AttemptRecord("t", attempt, PARKED, 1, None)])

    await store.write(keep)
    for kind in ReplayKind:
        assert await shop.found(selecting(kind)) == []
    assert await store.read(lambda tx: replay_matches.parked(tx, shop.endpoint.id)) == 0


async def test_missing_is_what_the_endpoint_listens_to_and_never_tried(store: Store) -> None:
    shop = await Shop(store, event_types=frozenset({"payment.succeeded"})).opened()
    await shop.message(4, SUCCEEDED)
    stopped = await shop.message(3, STOPPED)
    never = await shop.message(2, None)
    other = a_message(shop.source, event_type="refund.succeeded", id=came_at(NOW - DAY))
    await store.batch(messages.receive, other)
    assert [(m.message_id, m.state) for m in await shop.found(selecting(ReplayKind.MISSING))] == [
        (stopped.id, STOPPED),
        (never.id, None),
    ]


async def test_missing_is_also_what_waited_for_a_retry_when_the_endpoint_was_disabled(store: Store) -> None:
    shop = await Shop(store).opened()
    message = await shop.message(3, FAILED)

    def stop(tx: Any, because: StoppedBecause) -> None:
        stopped = deliveries.stopped_values(because, NOW)
        tx.execute(update(delivery_table).where(delivery_table.c.message_id == message.id).values(stopped))

    await store.write(lambda tx: stop(tx, StoppedBecause.PERSON))
    assert await shop.found(selecting(ReplayKind.MISSING)) == []
    for because in (StoppedBecause.DISABLED, StoppedBecause.DELETED):
        await store.write(lambda tx, why=because: stop(tx, why))
        assert ids(await shop.found(selecting(ReplayKind.MISSING))) == [message.id]
        assert await shop.found(selecting(ReplayKind.FAILED)) == []


async def test_missing_looks_at_the_endpoints_conditions(store: Store) -> None:
    euros = (Condition("data.currency", Operator.EQUALS, "EUR"),)
    shop = await Shop(store, conditions=euros).opened()
    bodies = [b'{"type":"payment.succeeded","data":{"currency":"%s"}}' % one for one in (b"EUR", b"USD", b"EUR")]
    found = [a_message(shop.source, id=came_at(NOW - DAY + place), body=body) for place, body in enumerate(bodies)]
    await store.write(
        lambda tx: (
            messages.receive(tx, found),
            tx.exec_driver_sql(f"DELETE FROM deliveries WHERE endpoint_id = '{shop.endpoint.id}'"),
        )
    )
    for most in (1, 50):
        assert ids(await shop.found(selecting(ReplayKind.MISSING), most)) == [found[0].id, found[2].id]


async def test_bulk_takes_the_states_and_types_that_were_chosen_and_tells_what_comes_twice(store: Store) -> None:
    shop = await Shop(store).opened()
    refund = await shop.message(4, SUCCEEDED, event_type="refund.succeeded")
    paid = await shop.message(3, SUCCEEDED)
    stopped = await shop.message(2, STOPPED)
    await shop.message(1, PENDING)
    every = await shop.found(selecting(ReplayKind.BULK))
    assert [(m.message_id, m.delivered) for m in every] == [(refund.id, True), (paid.id, True), (stopped.id, False)]
    stopped_only = selecting(ReplayKind.BULK, states=frozenset({STOPPED}))
    assert ids(await shop.found(stopped_only)) == [stopped.id]
    refunds = selecting(ReplayKind.BULK, event_types=frozenset({"refund.succeeded"}))
    assert ids(await shop.found(refunds)) == [refund.id]


async def test_what_succeeded_once_and_failed_when_it_was_sent_again_comes_twice(store: Store) -> None:
    shop = await Shop(store).opened()
    message = await shop.message(1, SUCCEEDED)

    def fail_again(tx: Any) -> None:
        [delivery] = messages.of_messages(tx, [message.id])[message.id]
        assert deliveries.resend(tx, delivery.id, NOW)
        deliveries.claim(tx, owner="t", now=NOW, lease_until=NOW + 1, room={shop.endpoint.id: 1})
        attempt = an_attempt(message, delivery.id, shop.endpoint, number=2, outcome=AttemptOutcome.REJECTED)
        deliveries.record(tx, [deliveries.AttemptRecord("t", attempt, FAILED, 1, None)])

    await store.write(fail_again)
    [match] = await shop.found(selecting(ReplayKind.FAILED))
    assert match.delivered


async def test_a_step_makes_due_what_it_found_and_moves_on(store: Store) -> None:
    shop = await Shop(store).opened()
    a, b, c = [await shop.message(day, FAILED) for day in (3, 2, 1)]
    replay = await shop.begun(selecting(ReplayKind.FAILED))
    assert await shop.advanced(replay, 2)
    assert await shop.states(a, b, c) == [PENDING, PENDING, FAILED]
    first = await shop.delivery(a)
    assert first
    assert (first.trigger, first.step, first.due_at, first.attempts) == (Trigger.REPLAY, 0, NOW, 1)
    now = await store.read(lambda tx: replays.get(tx, replay.id))
    assert now and (now.begun, now.cursor) == (2, b.id)
    assert await store.read(lambda tx: replays.untried(tx, replay.id, NOW)) == (2, 0)


async def test_two_who_move_the_same_run_do_not_both_do_it(store: Store) -> None:
    shop = await Shop(store).opened()
    await shop.message(1, FAILED)
    replay = await shop.begun(selecting(ReplayKind.FAILED))
    assert await shop.advanced(replay, 1)
    assert not await store.write(lambda tx: replays.advance(tx, replay, [], [], "msg_later", NOW))


async def test_stopping_gives_back_what_nobody_has_begun(store: Store) -> None:
    shop = await Shop(store).opened()
    failed, stopped, never = [await shop.message(3 - n, state) for n, state in enumerate((FAILED, STOPPED, None))]
    runs = [await shop.begun(selecting(kind)) for kind in (ReplayKind.FAILED, ReplayKind.MISSING)]
    for run in runs:
        assert await shop.advanced(run, 10)
    assert await shop.states(failed, stopped, never) == [PENDING] * 3
    for run in runs:
        assert await store.write(lambda tx, id=run.id: replays.stop(tx, id, ReplayState.STOPPED, NOW + 5))
        now = await store.read(lambda tx, id=run.id: replays.get(tx, id))
        assert now and (now.state, now.begun, now.ended_at) == (ReplayState.STOPPED, 0, NOW + 5)
        assert not await shop.advanced(run, 10)
    assert await shop.states(failed, stopped, never) == [FAILED, STOPPED, None]


async def test_stopping_lets_what_is_under_way_go_on(store: Store) -> None:
    shop = await Shop(store).opened()
    a, b = [await shop.message(day, FAILED) for day in (2, 1)]
    replay = await shop.begun(selecting(ReplayKind.FAILED))
    await shop.advanced(replay, 2)
    await store.write(
        lambda tx: deliveries.claim(tx, owner="w", now=NOW, lease_until=NOW + 9, room={shop.endpoint.id: 1})
    )
    await store.write(lambda tx: replays.stop(tx, replay.id, ReplayState.STOPPED, NOW))
    assert sorted(str(state) for state in await shop.states(a, b)) == ["failed", "pending"]
    [(run, progress)] = await store.read(lambda tx: replays.history(tx, shop.endpoint.id))
    assert (run.begun, progress.waiting) == (1, 1)


async def test_disabling_the_endpoint_ends_its_run_and_gives_back(store: Store) -> None:
    shop = await Shop(store).opened()
    a, b = [await shop.message(day, FAILED) for day in (2, 1)]
    replay = await shop.begun(selecting(ReplayKind.FAILED))
    await shop.advanced(replay, 1)
    await store.write(lambda tx: deliveries.stop_all_of_endpoint(tx, shop.endpoint.id, NOW))
    assert await shop.states(a, b) == [FAILED, FAILED]
    now = await store.read(lambda tx: replays.get(tx, replay.id))
    assert now and now.state is ReplayState.DISABLED


async def ended(store: Store, shop: Shop, message: Message, state: DeliveryState, number: int = 2) -> None:
    def record(tx: Any) -> None:
        [delivery] = messages.of_messages(tx, [message.id])[message.id]
        deliveries.claim(tx, owner="w", now=NOW, lease_until=NOW + 9, room={shop.endpoint.id: 10})
        attempt = an_attempt(
            message, delivery.id, shop.endpoint, number=number, trigger=Trigger.REPLAY, outcome=OUTCOMES[state]
        )
        deliveries.record(tx, [deliveries.AttemptRecord("w", attempt, state, 1, None)])

    await store.write(record)


async def test_a_run_ends_when_each_was_tried_and_keeps_its_figures(store: Store) -> None:
    shop = await Shop(store).opened()
    a, b = [await shop.message(day, FAILED) for day in (2, 1)]
    replay = await shop.begun(selecting(ReplayKind.FAILED))
    await shop.advanced(replay, 9)

    async def finish() -> bool:
        now = await store.read(lambda tx: replays.get(tx, replay.id))
        assert now
        return await store.write(lambda tx: replays.finish(tx, now, NOW))

    await ended(store, shop, a, SUCCEEDED)
    assert not await finish()
    await ended(store, shop, b, FAILED)
    assert await finish()
    assert await store.read(replays.running) == []

    # Another run takes one of them over; the figures of the first stay, settled or not.
    again = await shop.begun(selecting(ReplayKind.FAILED))
    await shop.advanced(again, 9)
    for _ in range(2):
        history = await store.read(lambda tx: replays.history(tx, shop.endpoint.id))
        assert [run.id for run, _ in history] == [again.id, replay.id]
        assert history[1][1].ended == {SUCCEEDED: 1, FAILED: 1}
        assert history[0][1].waiting == 1
        assert await store.read(replays.finished) in ([replay.id], [])
        await store.write(lambda tx: replays.freeze_counts(tx, replay.id))
    assert await store.read(replays.finished) == []


async def test_parked_deliveries_are_counted_up_to_a_bound(store: Store) -> None:
    shop = await Shop(store, secret=SECRET).opened()
    for day in (3, 2, 1):
        await shop.message(day, PARKED)
    assert await store.read(lambda tx: replay_matches.parked(tx, shop.endpoint.id)) == 3
    assert await store.read(lambda tx: replay_matches.parked(tx, shop.endpoint.id, most=1)) == 2
