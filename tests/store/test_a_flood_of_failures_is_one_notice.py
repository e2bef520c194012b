"""What a person should know of is kept with what happened, and the same thing again is counted, not repeated."""

from dataclasses import dataclass, replace

import pytest
from builders import NOW, a_message, a_source, an_attempt, an_endpoint
from claiming import claim_due

from server.domain.endpoints import DisabledBecause, Endpoint
from server.domain.ids import VersionId
from server.domain.messages import Attempt, AttemptError, AttemptOutcome, DeliveryState, ReceivedResponse, Trigger
from server.domain.operational_event_types import (
    DAY_MS,
    DELIVERY_FAILED,
    ENDPOINT_RECOVERED,
    HOUR_MS,
    TRANSFORMATION_FAILING,
)
from server.domain.operational_events import OperationalEvent, disabled
from server.domain.sources import Source
from server.store import Store, deliveries, endpoints, messages, operational_events, sources
from server.store.deliveries import AttemptRecord


@dataclass
class Scene:
    """A source with one endpoint, and what happens to the events that come in."""

    store: Store
    source: Source
    endpoint: Endpoint

    async def ended(self, state: DeliveryState, at: int = NOW, **attempt: object) -> Attempt:
        """One event comes in, and the first attempt leaves its delivery in ``state``."""
        message = a_message(self.source, received_at=at)
        await self.store.batch(messages.receive, message)
        (claimed,) = await self.store.write(lambda tx: claim_due(tx, "me", at, at + 1))
        values = {"trigger": claimed.delivery.trigger, "started_at": at} | attempt
        made = an_attempt(message, claimed.delivery.id, self.endpoint, **values)
        await self.store.batch(deliveries.record, AttemptRecord("me", made, state, 1, None))
        return made

    async def exhausted(self, at: int = NOW) -> Attempt:
        answer = ReceivedResponse(503, (), b"", False)
        return await self.ended(DeliveryState.FAILED, at, outcome=AttemptOutcome.REJECTED, response=answer, number=8)

    async def code_failed(self, version: str, at: int = NOW) -> Attempt:
        error = AttemptError("threw", "TypeError: x is undefined", 3, 1)
        outcome = AttemptOutcome.TRANSFORM_FAILED
        return await self.ended(
            DeliveryState.TRANSFORM_FAILED,
            at, outcome=outcome, error=error, response=None, request=None, version_id=VersionId(version),
        )  # fmt: skip

    async def notices(self) -> list[OperationalEvent]:
        return await self.store.read(lambda tx: operational_events.page(tx, self.source.id))


@pytest.fixture
async def scene(each_store: Store) -> Scene:
    source = a_source()
    endpoint = an_endpoint(source)

    def keep(tx):
        sources.insert(tx, source)
        endpoints.insert(tx, endpoint)

    await each_store.write(keep)
    return Scene(each_store, source, endpoint)


async def test_what_goes_well_or_is_tried_again_tells_nothing(scene: Scene) -> None:
    await scene.ended(DeliveryState.SUCCEEDED)
    await scene.ended(DeliveryState.CANCELLED, outcome=AttemptOutcome.CANCELLED)
    await scene.ended(DeliveryState.PENDING, outcome=AttemptOutcome.REJECTED)
    assert await scene.notices() == []


async def test_a_delivery_that_failed_for_good_says_why(scene: Scene) -> None:
    attempt = await scene.exhausted()
    (notice,) = await scene.notices()
    assert notice.type is DELIVERY_FAILED
    assert notice.message_id == attempt.message_id
    assert notice.endpoint_id == scene.endpoint.id
    assert notice.detail == {"event_type": "payment.succeeded", "attempts": 8, "status": 503}
    assert (notice.count, notice.seen_at) == (1, None)


async def test_the_same_within_an_hour_is_counted_and_later_is_a_new_one(scene: Scene) -> None:
    for minute in range(30):
        last = await scene.exhausted(NOW + minute * 60_000)
    await scene.exhausted(NOW + HOUR_MS + 60_000)
    later, first = await scene.notices()
    assert (first.count, later.count) == (30, 1)
    assert first.message_id == last.message_id
    assert (first.created_at, first.updated_at) == (NOW + 12, NOW + 29 * 60_000 + 12)


async def test_failing_code_is_told_once_a_version_and_day(scene: Scene) -> None:
    for hour in range(3):
        await scene.code_failed("ver_1", NOW + hour * HOUR_MS)
    await scene.code_failed("ver_2", NOW + 3 * HOUR_MS)
    await scene.code_failed("ver_1", NOW + DAY_MS + HOUR_MS)
    again, second, first = await scene.notices()
    assert {each.type for each in (again, second, first)} == {TRANSFORMATION_FAILING}
    assert (first.count, second.count, again.count) == (3, 1, 1)
    assert first.error == AttemptError("threw", "TypeError: x is undefined")
    assert first.detail["line"] == 3


async def test_an_example_is_watched_already(scene: Scene) -> None:
    await scene.ended(DeliveryState.FAILED, outcome=AttemptOutcome.REJECTED, trigger=Trigger.EXAMPLE)
    assert await scene.notices() == []


async def test_recording_an_attempt_twice_counts_it_once(scene: Scene) -> None:
    attempt = await scene.exhausted()
    await scene.store.batch(deliveries.record, AttemptRecord("me", attempt, DeliveryState.FAILED, 1, None))
    (notice,) = await scene.notices()
    assert notice.count == 1


async def test_an_endpoint_recovers_once_and_only_from_trouble(scene: Scene) -> None:
    recover = lambda attempt: scene.store.write(lambda tx: operational_events.recover(tx, attempt))  # noqa: E731
    good = await scene.ended(DeliveryState.SUCCEEDED)
    assert await recover(good) is None

    await scene.exhausted(NOW + 1_000)
    await recover(replace(good, started_at=NOW + 2_000))
    await recover(replace(good, started_at=NOW + 3_000))
    recovered, _ = await scene.notices()
    assert (recovered.type, recovered.count) == (ENDPOINT_RECOVERED, 1)

    await scene.exhausted(NOW + 4_000)
    await recover(replace(good, started_at=NOW + 5_000))
    assert [(each.type, each.count) for each in await scene.notices()] == [
        (ENDPOINT_RECOVERED, 2),
        (DELIVERY_FAILED, 2),
    ]


async def test_each_disabling_is_a_notice_of_its_own(scene: Scene) -> None:
    def twice(tx):
        for at in (NOW, NOW + 1):
            operational_events.add(tx, disabled(scene.source.id, scene.endpoint.id, DisabledBecause.GONE, at, None))

    disabled_at = lambda: scene.store.read(lambda tx: operational_events.disabled_at(tx, scene.endpoint.id))  # noqa: E731
    assert await disabled_at() is None
    await scene.store.write(twice)
    assert [each.detail for each in await scene.notices()] == [{"because": "gone"}] * 2
    assert await disabled_at() == NOW + 1


async def test_what_came_after_the_page_was_looked_at_stays_unseen(scene: Scene) -> None:
    unseen = lambda: scene.store.read(lambda tx: operational_events.unseen(tx)[scene.source.id])  # noqa: E731
    await scene.exhausted()
    (looked_at,) = await scene.notices()
    await scene.code_failed("ver_1")
    assert await unseen() == 2
    await scene.store.write(lambda tx: operational_events.see(tx, scene.source.id, looked_at.id, NOW))
    assert await unseen() == 1
    later, first = await scene.notices()
    assert (first.seen_at, later.seen_at) == (NOW, None)
