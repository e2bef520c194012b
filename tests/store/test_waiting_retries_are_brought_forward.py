"""Retry all waiting now: what waits for a retry becomes due, with its step, and gets its time back at a stop."""

from collections.abc import Sequence
from typing import Any

import pytest
from builders import NOW, a_message, a_source, an_attempt, an_endpoint

from server.domain.endpoints import Controls, Endpoint
from server.domain.ids import DeliveryId, Millis, ReplayId, mint
from server.domain.messages import AttemptOutcome, Delivery, DeliveryState, Message, Trigger
from server.domain.replays import Replay, ReplayKind, ReplayState, Selection
from server.domain.retries import WaitingRetries
from server.store import (
    Store,
    Transaction,
    deliveries,
    endpoints,
    messages,
    replay_matches,
    replays,
    sources,
    stopping,
    waiting_retries,
)
from server.store.deliveries import AttemptRecord

MINUTE, HOUR = 60_000, 3_600_000


class Outage:
    """An endpoint whose deliveries wait for their retries."""

    def __init__(self, store: Store, **changes: Any) -> None:
        self.store, self.source = store, a_source()
        self.endpoint: Endpoint = an_endpoint(self.source, **changes)

    async def began(self) -> "Outage":
        await self.store.write(lambda tx: (sources.insert(tx, self.source), endpoints.insert(tx, self.endpoint)))
        return self

    async def waiting(self, *due_in: Millis, step: int = 2, ended_at: Millis = NOW - HOUR) -> list[Message]:
        """Messages that failed and are retried that long after ``NOW``."""
        made = [a_message(self.source, received_at=NOW - HOUR) for _ in due_in]

        def fail(tx: Transaction) -> None:
            messages.receive(tx, made)
            claimed = deliveries.claim(
                tx, owner="t", now=NOW - HOUR, lease_until=NOW, room={self.endpoint.id: len(made)}
            )
            due = dict(zip([one.id for one in made], due_in, strict=True))
            deliveries.record(
                tx,
                [
                    AttemptRecord("t", self._rejected(c.message, c.delivery.id, ended_at), DeliveryState.PENDING, step,
                                  NOW + due[c.message.id])
                    for c in claimed
                ],
            )  # fmt: skip

        await self.store.write(fail)
        return made

    def _rejected(self, message: Message, delivery_id: DeliveryId, at: Millis, number: int = 1) -> Any:
        return an_attempt(
            message, delivery_id, self.endpoint, outcome=AttemptOutcome.REJECTED, started_at=at, duration_ms=0,
            number=number, trigger=Trigger.EVENT if number == 1 else Trigger.REPLAY,
        )  # fmt: skip

    async def begun(self, until: Millis = NOW) -> Replay:
        selection = Selection(ReplayKind.WAITING, 0, until)
        run = Replay(
            mint(ReplayId), self.source.id, self.endpoint.id, selection, None, None, 0, False, 0,
            selection.start, ReplayState.RUNNING, "ada", NOW,
        )  # fmt: skip
        await self.store.write(lambda tx: replays.insert(tx, run))
        return run

    async def step(self, run: Replay, most: int = 100, now: Millis = NOW, found: Any = None) -> bool:
        def advance(tx: Transaction) -> bool:
            last = replays.get(tx, run.id)
            assert last
            page = found or replay_matches.walk(tx, self.endpoint, last.selection, last.cursor, most)
            return replays.advance(tx, last, page.matches, [now] * len(page.matches), page.cursor, now)

        return await self.store.write(advance)

    async def deliveries(self, of: Sequence[Message]) -> list[Delivery]:
        found = await self.store.read(lambda tx: messages.of_messages(tx, [one.id for one in of]))
        return [found[one.id][0] for one in of]

    async def claimed(self, now: Millis = NOW, most: int = 100) -> list[Any]:
        return await self.store.write(
            lambda tx: deliveries.claim(tx, owner="w", now=now, lease_until=now + 9, room={self.endpoint.id: most})
        )


@pytest.fixture
def selected_from_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """A selection that begins at ``NOW`` although ids are minted later, as the real clock says."""
    monkeypatch.setattr(Selection, "end", property(lambda self: "dlv_Z"))


pytestmark = pytest.mark.usefixtures("selected_from_now")


async def test_what_waits_is_counted_with_its_times(each_store: Store) -> None:
    outage = await Outage(each_store).began()
    assert await each_store.read(lambda tx: waiting_retries.find(tx, outage.endpoint.id, NOW)) is None
    await outage.waiting(5 * HOUR, 10 * MINUTE, 2 * HOUR)
    await outage.waiting(-MINUTE)  # due already: it goes by itself
    of = outage.endpoint.id
    found = await each_store.read(lambda tx: waiting_retries.find(tx, of, NOW))
    assert found == WaitingRetries(3, False, NOW - HOUR, NOW + 10 * MINUTE, NOW + 5 * HOUR)
    few = await each_store.read(lambda tx: waiting_retries.find(tx, of, NOW, 1))
    assert few == WaitingRetries(1, True, NOW - HOUR, NOW + 10 * MINUTE, NOW + 5 * HOUR)


async def test_they_become_due_and_keep_their_step(each_store: Store) -> None:
    outage = await Outage(each_store).began()
    waiting = await outage.waiting(HOUR, 2 * HOUR, 3 * HOUR, step=3)
    run = await outage.begun()
    assert await outage.step(run, 2)
    assert await outage.step(run, 2)
    found = await outage.deliveries(waiting)
    assert {(one.due_at, one.step, one.trigger) for one in found} == {(NOW, 3, Trigger.REPLAY)}
    assert len(await outage.claimed()) == 3
    [(now, progress)] = await each_store.read(lambda tx: replays.history(tx, outage.endpoint.id))
    assert (now.begun, progress.waiting) == (3, 3)


async def test_the_preview_counts_what_the_run_sends(each_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_matches, "SCANNED", 2)
    outage = await Outage(each_store).began()
    await outage.waiting(HOUR, -MINUTE, -MINUTE, -MINUTE, 2 * HOUR)
    selection = Selection(ReplayKind.WAITING, 0, NOW)
    cursor, last, total, walked = selection.start, False, 0, 0
    while not last:
        counts = await each_store.read(
            lambda tx, at=cursor: replay_matches.count(tx, outage.endpoint, selection, at)  # type: ignore[misc]
        )
        page = await each_store.read(
            lambda tx, at=cursor: replay_matches.walk(tx, outage.endpoint, selection, at, 9)  # type: ignore[misc]
        )
        total, walked = total + sum(counts.by.values()), walked + len(page.matches)
        assert (counts.cursor, counts.last) == (page.cursor, page.last)
        cursor, last = counts.cursor, counts.last
    assert (total, walked) == (2, 2)


async def test_a_stop_gives_back_the_times_of_those_not_tried(each_store: Store) -> None:
    outage = await Outage(each_store).began()
    waiting = await outage.waiting(HOUR, 2 * HOUR, 3 * HOUR)
    before = await outage.deliveries(waiting)
    run = await outage.begun()
    await outage.step(run)
    [under_way] = await outage.claimed(most=1)
    assert await each_store.write(lambda tx: replays.stop(tx, run.id, ReplayState.STOPPED, NOW + 1))
    after = await outage.deliveries(waiting)
    back = [one for one in after if one.id != under_way.delivery.id]
    assert back == [one for one in before if one.id != under_way.delivery.id]
    now = await each_store.read(lambda tx: replays.get(tx, run.id))
    assert now and now.begun == 1
    retries = await each_store.read(lambda tx: waiting_retries.find(tx, outage.endpoint.id, NOW))
    assert retries and retries.count == 2


async def test_one_that_was_retried_by_itself_meanwhile_is_left_alone(each_store: Store) -> None:
    outage = await Outage(each_store).began()
    waiting = await outage.waiting(MINUTE, HOUR)
    run = await outage.begun()
    found = await each_store.read(lambda tx: replay_matches.walk(tx, outage.endpoint, run.selection, run.cursor, 100))
    assert len(found.matches) == 2
    later = NOW + 2 * MINUTE  # before the run gets to them, the first is due, claimed, and fails again
    [claimed] = await outage.claimed(later)

    def fails(tx: Transaction) -> None:
        attempt = outage._rejected(claimed.message, claimed.delivery.id, later, 2)
        deliveries.record(tx, [AttemptRecord("w", attempt, DeliveryState.PENDING, 3, later + HOUR)])

    await each_store.write(fails)
    assert await outage.step(run, now=later, found=found)
    first, second = await outage.deliveries(waiting)
    assert (first.due_at, first.trigger, first.step) == (later + HOUR, Trigger.RETRY, 3)
    assert (second.due_at, second.trigger) == (later, Trigger.REPLAY)
    again = await each_store.read(lambda tx: replay_matches.walk(tx, outage.endpoint, run.selection, run.cursor, 100))
    assert again.matches == []  # the run does not come back to it


async def test_two_processes_bring_each_forward_once(each_store: Store) -> None:
    outage = await Outage(each_store).began()
    await outage.waiting(HOUR, HOUR)
    run = await outage.begun()
    found = await each_store.read(lambda tx: replay_matches.walk(tx, outage.endpoint, run.selection, run.cursor, 100))

    def advance(tx: Transaction) -> bool:
        return replays.advance(tx, run, found.matches, [NOW] * 2, found.cursor, NOW)

    assert [await each_store.write(advance), await each_store.write(advance)] == [True, False]
    now = await each_store.read(lambda tx: replays.get(tx, run.id))
    assert now and now.begun == 2


async def test_a_run_takes_over_what_an_earlier_replay_left_to_retry(each_store: Store) -> None:
    outage = await Outage(each_store).began()
    await outage.waiting(HOUR)
    first = await outage.begun()
    await outage.step(first)
    [claimed] = await outage.claimed()

    def fails(tx: Transaction) -> None:
        attempt = outage._rejected(claimed.message, claimed.delivery.id, NOW, 2)
        deliveries.record(tx, [AttemptRecord("w", attempt, DeliveryState.PENDING, 3, NOW + HOUR)])
        assert replays.finish(tx, replays.get(tx, first.id) or first, NOW)

    await each_store.write(fails)
    second = await outage.begun()
    await outage.step(second)
    (newer, untried), (older, ended) = await each_store.read(lambda tx: replays.history(tx, outage.endpoint.id))
    assert (newer.begun, untried.waiting) == (1, 1)
    assert (older.state, ended.ended, ended.retrying) == (ReplayState.DONE, {DeliveryState.FAILED: 1}, 0)


async def test_disabling_stops_them_like_any_that_waits(each_store: Store) -> None:
    outage = await Outage(each_store).began()
    waiting = await outage.waiting(HOUR, HOUR)
    run = await outage.begun()
    await outage.step(run)
    await each_store.write(lambda tx: deliveries.stop_all_of_endpoint(tx, outage.endpoint.id, NOW))
    assert {one.state for one in await outage.deliveries(waiting)} == {DeliveryState.STOPPED}
    now = await each_store.read(lambda tx: replays.get(tx, run.id))
    assert now and now.state is ReplayState.DISABLED


async def test_a_person_stops_one_of_them(each_store: Store) -> None:
    outage = await Outage(each_store).began()
    waiting = await outage.waiting(HOUR)
    run = await outage.begun()
    await outage.step(run)
    [one] = await outage.deliveries(waiting)
    assert await each_store.write(lambda tx: stopping.stop_one(tx, one.id, outage.endpoint.id, NOW))
    assert [one.state for one in await outage.deliveries(waiting)] == [DeliveryState.STOPPED]


async def test_a_late_success_ends_one_that_was_brought_forward(each_store: Store) -> None:
    outage = await Outage(each_store).began()
    waiting = await outage.waiting(HOUR)
    run = await outage.begun()
    await outage.step(run)
    [one] = await outage.deliveries(waiting)
    late = an_attempt(waiting[0], one.id, outage.endpoint, number=1)
    await each_store.write(
        lambda tx: deliveries.record(tx, [AttemptRecord("gone", late, DeliveryState.SUCCEEDED, 1, None)])
    )
    assert [one.state for one in await outage.deliveries(waiting)] == [DeliveryState.SUCCEEDED]


async def test_an_endpoint_in_order_still_sends_its_oldest_first(each_store: Store) -> None:
    outage = await Outage(each_store).began()
    waiting = await outage.waiting(2 * HOUR, HOUR)
    ordered = Controls(ordered=True)
    outage.endpoint = an_endpoint(outage.source, id=outage.endpoint.id, controls=ordered)
    await each_store.write(lambda tx: endpoints.change(tx, outage.endpoint))
    run = await outage.begun()
    await outage.step(run)
    assert [one.message.id for one in await outage.claimed()] == [waiting[0].id]
