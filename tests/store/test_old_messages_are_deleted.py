"""What is older than the retention goes, in small steps; what still waits for a delivery stays."""

import pytest
from builders import NOW, a_message, a_source, an_attempt, an_endpoint
from sqlalchemy import func, select

from server.delivery.retention import DAY_MS, Retention, _next_size
from server.domain.ids import MessageId, NoticeId, earliest
from server.domain.messages import DeliveryState
from server.domain.notification_settings import NotificationSettings
from server.domain.operational_event_types import ENDPOINT_DISABLED
from server.domain.operational_events import Occurrence
from server.store import Store, deliveries, endpoints, messages, operational_events, options, retention, sources
from server.store.deliveries import AttemptRecord
from server.store.schema import attempts as attempt_table
from server.store.schema import deliveries as delivery_table
from server.store.schema import messages as message_table
from server.store.schema import notices as notice_table
from server.store.schema import notifications as notification_table

TABLES = (message_table, delivery_table, attempt_table)


def id_of(at: int, number: int) -> MessageId:
    return MessageId(f"{earliest(MessageId, at)}{number:016d}")


class Scene:
    def __init__(self, store: Store) -> None:
        self.store, self.source = store, a_source()
        self.endpoint = an_endpoint(self.source)

    async def keep(self) -> None:
        def keep(tx):
            sources.insert(tx, self.source)
            endpoints.insert(tx, self.endpoint)

        await self.store.write(keep)

    async def messages(self, at: int, how_many: int, state: DeliveryState = DeliveryState.SUCCEEDED) -> None:
        """Received at ``at``, each with one attempt that left its delivery in ``state``."""

        def receive(tx):
            arrived = [a_message(self.source, id=id_of(at, n), received_at=at) for n in range(how_many)]
            messages.receive(tx, arrived)
            claimed = deliveries.claim(tx, owner="me", now=at, lease_until=at + 1, room={self.endpoint.id: how_many})
            due = NOW + DAY_MS if state is DeliveryState.PENDING else None
            ended = [
                AttemptRecord(
                    "me", an_attempt(one.message, one.delivery.id, self.endpoint, started_at=at), state, 1, due
                )
                for one in claimed
            ]
            deliveries.record(tx, ended)

        await self.store.write(receive)

    async def counts(self, *tables) -> list[int]:
        def look(tx):
            return [tx.execute(select(func.count()).select_from(table)).scalar_one() for table in tables or TABLES]

        return await self.store.read(look)


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """No sender of events waits here. How long pauses are is measured by tests/bench/retention.py."""
    monkeypatch.setattr("server.delivery.retention.PAUSE_FACTOR", 0)
    monkeypatch.setattr("server.delivery.retention.MIN_PAUSE_SECONDS", 0)


@pytest.fixture
async def scene(each_store: Store) -> Scene:
    made = Scene(each_store)
    await made.keep()
    return made


async def test_what_is_old_goes_with_its_deliveries_and_attempts(scene: Scene) -> None:
    await scene.messages(NOW - 91 * DAY_MS, 130)
    await scene.messages(NOW - 89 * DAY_MS, 7)
    assert await Retention(scene.store, 90).clean(NOW) == 130
    assert await scene.counts() == [7, 7, 7]
    assert await Retention(scene.store, 90).clean(NOW) == 0


async def test_what_waits_for_a_delivery_stays_however_old(scene: Scene) -> None:
    await scene.messages(NOW - 200 * DAY_MS, 30, DeliveryState.PENDING)
    await scene.messages(NOW - 100 * DAY_MS, 30)
    assert await Retention(scene.store, 90).clean(NOW) == 30
    assert await scene.counts() == [30, 30, 30]


async def test_a_step_looks_at_no_more_than_it_may(scene: Scene) -> None:
    await scene.messages(NOW - 100 * DAY_MS, 5)
    step = await scene.store.write(lambda tx: retention.prune_messages(tx, NOW, cursor="", limit=3))
    assert (step.deleted, step.cursor, step.done) == (3, id_of(NOW - 100 * DAY_MS, 2), False)
    step = await scene.store.write(lambda tx: retention.prune_messages(tx, NOW, cursor=step.cursor, limit=3))
    assert (step.deleted, step.done) == (2, True)


async def test_old_operational_events_go_with_what_was_sent_of_them(scene: Scene, monkeypatch) -> None:
    def add(tx):
        options.set_alerts(tx, NotificationSettings(addresses=("ops@example.com",)), NOW)
        for at in (NOW - 100 * DAY_MS, NOW):
            made = NoticeId(f"{earliest(NoticeId, at)}{0:016d}")
            monkeypatch.setattr(operational_events, "mint", lambda prefix, made=made: made)
            operational_events.add(tx, Occurrence(ENDPOINT_DISABLED, scene.source.id, scene.endpoint.id, at))

    await scene.store.write(add)
    assert await scene.counts(notice_table, notification_table) == [2, 2]
    await Retention(scene.store, 90).clean(NOW)
    assert await scene.counts(notice_table, notification_table) == [1, 1]


async def test_freed_pages_are_used_again(store: Store, sqlite_url: str) -> None:
    scene = Scene(store)
    await scene.keep()
    await scene.messages(NOW - 100 * DAY_MS, 500)
    full = retention.file_usage(sqlite_url)
    await Retention(store, 90).clean(NOW)
    await scene.messages(NOW, 500)
    store.close()
    again = retention.file_usage(sqlite_url)
    assert full and again
    assert again.size <= full.size * 1.1 + 200_000


def test_long_steps_become_smaller_and_short_ones_larger() -> None:
    assert _next_size(100, 0.05) == 50
    assert _next_size(1, 0.05) == 1
    assert _next_size(20, 0.002) == 20
    assert _next_size(20, 0.0005) == 31
    assert _next_size(200, 0.0005) == 200
