"""The log finds messages and attempts of a rare event type without reading the others, on both databases."""

from collections.abc import Callable
from typing import Any

import pytest
from builders import NOW, a_message, a_source, an_attempt, an_endpoint

from server.domain.endpoints import Endpoint
from server.domain.ids import MessageId, Millis, earliest
from server.domain.messages import DeliveryState, Message, Trigger
from server.domain.sources import Source
from server.store import (
    Store,
    Transaction,
    activity,
    attempts,
    endpoints,
    logs,
    messages,
    schema,
    sources,
    stretches,
)
from server.store.log_search import LogSearch

LATER: Millis = NOW + 3_600_000


class Shop:
    """A source with an endpoint, and messages of which the tests say where the rare ones are."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.source: Source = a_source()
        self.endpoint: Endpoint = an_endpoint(self.source)
        self.came: list[Message] = []

    async def begin(self) -> "Shop":
        def keep(tx: Transaction) -> None:
            sources.insert(tx, self.source)
            endpoints.insert(tx, self.endpoint)

        await self.store.write(keep)
        return self

    async def receives(self, count: int, rare: Callable[[int], str | None]) -> None:
        first = len(self.came)
        for number in range(first, first + count):
            id = MessageId(f"{earliest(MessageId, NOW + number)}{number:016d}")
            kind = rare(number) or "payment.succeeded"
            self.came.append(a_message(self.source, id=id, event_type=kind, received_at=NOW + number))
        some = self.came[first:]

        def keep(tx: Transaction) -> None:
            messages.receive(tx, some)
            for message in some:
                [delivery] = messages.of_messages(tx, [message.id])[message.id]
                attempts.add(tx, [an_attempt(message, delivery.id, self.endpoint)])

        await self.store.write(keep)

    async def count(self) -> None:
        while await self.store.write(lambda tx: activity.add_up(tx, LATER, 20)):
            pass

    async def found(self, view: Any = logs.message_page, **filters: Any) -> tuple[list[str], str | None]:
        search = LogSearch(self.source.id, **filters)
        page = await self.store.read(lambda tx: view(tx, search, budget_seconds=0))
        return [getattr(row, "message_id", row.id) for row in page.rows], page.searched_to


@pytest.fixture
async def shop(each_store: Store, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr(logs, "FIRST_WINDOW", 2)
    monkeypatch.setattr(stretches, "MAX_GAP", 5)
    return await Shop(each_store).begin()


RARE = {3: "dispute.lost", 4: "dispute.won", 40: "dispute.lost", 41: "refund.failed", 43: "dispute.lost"}


async def test_one_step_finds_all_of_a_rare_type(shop: Shop) -> None:
    await shop.receives(60, RARE.get)
    _, searched_to = await shop.found(event_type="dispute.lost")
    assert searched_to  # not counted yet
    await shop.count()
    ids = [message.id for message in shop.came]

    for view in (logs.message_page, logs.attempt_page):
        assert await shop.found(view, event_type="dispute.lost") == ([ids[43], ids[40], ids[3]], None)
        assert await shop.found(view, event_type="dispute.*") == ([ids[43], ids[40], ids[4], ids[3]], None)
        assert await shop.found(view, event_type="payout.*") == ([], None)
        assert await shop.found(view, text="dispute.") == ([ids[43], ids[40], ids[4], ids[3]], None)
    rare = {"event_type": "dispute.*", "endpoint_id": shop.endpoint.id}
    for view in (logs.message_page, logs.attempt_page):
        assert await shop.found(view, **rare) == ([ids[43], ids[40], ids[4], ids[3]], None)
    assert await shop.found(event_type="dispute.lost", before=ids[43]) == ([ids[40], ids[3]], None)
    assert await shop.found(event_type="dispute.lost", before=ids[42]) == ([ids[40], ids[3]], None)
    assert await shop.found(event_type="dispute.lost", after=ids[3]) == ([ids[43], ids[40]], None)


async def test_what_came_since_is_found_too(shop: Shop) -> None:
    await shop.receives(20, {2: "dispute.lost"}.get)
    await shop.count()
    await shop.receives(1, {20: "dispute.lost"}.get)
    ids = [message.id for message in shop.came]

    for view in (logs.message_page, logs.attempt_page):
        assert await shop.found(view, event_type="dispute.lost") == ([ids[20], ids[2]], None)


async def test_pages_follow_each_other_without_gap_or_repetition(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretches, "MAX_STRETCHES", 2)
    await shop.receives(90, lambda n: ("dispute.lost", "dispute.won")[n % 2] if n % 7 < 2 else None)
    await shop.count()
    wanted = [message.id for message in reversed(shop.came) if message.event_type.startswith("dispute.")]
    for most in (1, 3, 4, 50):
        seen: list[str] = []
        before = ""
        while True:
            search = LogSearch(shop.source.id, event_type="dispute.*", before=before)
            page = await shop.store.read(lambda tx, s=search, m=most: logs.message_page(tx, s, m, budget_seconds=0))
            seen += [row.id for row in page.rows]
            if page.searched_to is None and len(page.rows) < most:
                break
            before = page.searched_to or page.rows[-1].id
        assert seen == wanted


async def test_counting_anew_finds_the_same(shop: Shop) -> None:
    await shop.receives(60, RARE.get)
    await shop.count()
    counted = await shop.store.read(lambda tx: tx.execute(schema.stretches.select()).all())
    assert [row.count for row in counted if row.event_type == "dispute.lost"] == [1, 2]
    await shop.store.write(lambda tx: activity.rebuild(tx, LATER))
    ids = [message.id for message in shop.came]
    assert await shop.found(event_type="dispute.lost") == ([ids[43], ids[40], ids[3]], None)


async def test_stretches_go_when_their_messages_are_gone(shop: Shop) -> None:
    await shop.receives(30, {1: "dispute.lost", 28: "dispute.lost"}.get)
    await shop.count()
    ids = [message.id for message in shop.came]

    async def pruned() -> list[str]:
        cursor = ""
        while cursor != "done":
            step = await shop.store.write(lambda tx, at=cursor: stretches.prune(tx, LATER, cursor=at, limit=1))
            cursor = "done" if step.done else step.cursor
        query = schema.stretches.select().where(schema.stretches.c.event_type == "dispute.lost")
        return [row.first_id for row in await shop.store.read(lambda tx: tx.execute(query).all())]

    assert await pruned() == [ids[1], ids[28]]  # their messages are stored still

    def delete(tx: Transaction) -> None:
        for table, id in ((schema.attempts, "message_id"), (schema.deliveries, "message_id"), (schema.messages, "id")):
            tx.execute(table.delete().where(table.c[id] < ids[20]))

    await shop.store.write(delete)
    assert await pruned() == [ids[28]]
    assert await shop.found(event_type="dispute.lost") == ([ids[28]], None)


async def test_few_that_wait_are_found_at_once(shop: Shop) -> None:
    await shop.receives(40, lambda n: None)
    ids = [message.id for message in shop.came]

    def keep(tx: Transaction) -> None:
        tx.execute(schema.deliveries.update().values(state=DeliveryState.SUCCEEDED.value))
        for number, trigger in ((2, Trigger.EVENT), (3, Trigger.RETRY)):
            of_message = schema.deliveries.c.message_id == ids[number]
            state = {"state": DeliveryState.PENDING.value, "trigger": trigger.value}
            tx.execute(schema.deliveries.update().where(of_message).values(**state))

    await shop.store.write(keep)
    for endpoint_id in ("", shop.endpoint.id):
        assert await shop.found(state="pending", endpoint_id=endpoint_id) == ([ids[2]], None)
        assert await shop.found(state="retrying", endpoint_id=endpoint_id) == ([ids[3]], None)
    assert await shop.found(state="retrying", endpoint_id="ep_other") == ([], None)


async def test_a_steady_type_beside_a_rare_one_is_listed_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretches, "MAX_STRETCHES", 2)
    kinds = ("dispute.rare", "dispute.steady", None, "dispute.steady", None, "dispute.steady", None)
    await shop.receives(90, lambda n: kinds[n % 7])
    await shop.count()
    wanted = [message.id for message in reversed(shop.came) if message.event_type.startswith("dispute.")]
    for most in (3, 100):
        for second in ({}, {"start": NOW}, {"event_types": ("dispute.rare", "dispute.steady")}):
            seen: list[str] = []
            before = ""
            while True:
                search = LogSearch(shop.source.id, event_type="dispute.*", before=before, **second)
                page = await shop.store.read(lambda tx, s=search, m=most: logs.message_page(tx, s, m, budget_seconds=0))
                seen += [row.id for row in page.rows]
                if page.searched_to is None and len(page.rows) < most:
                    break
                before, last = page.searched_to or page.rows[-1].id, before
                assert not last or before < last
            assert seen == wanted


async def test_stretches_without_messages_take_no_longer_than_a_page_may(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretches, "MAX_STRETCHES", 20)
    await shop.receives(9, {0: "dispute.lost", 8: "dispute.lost"}.get)
    await shop.count()
    ids = [message.id for message in shop.came]

    def stale(tx: Transaction) -> None:
        tx.execute(
            schema.stretches.insert(),
            [
                {
                    "source_id": shop.source.id,
                    "event_type": "dispute.lost",
                    "first_id": f"{earliest(MessageId, NOW - 3 * number)}{0:016d}",
                    "last_id": f"{earliest(MessageId, NOW - 3 * number + 1)}{0:016d}",
                    "count": 2,
                }
                for number in range(1, 101)
            ],
        )

    await shop.store.write(stale)
    found, searched_to = await shop.found(event_type="dispute.lost")
    assert found == [ids[8], ids[0]] and searched_to
    pages = 1
    while searched_to:
        again, further = await shop.found(event_type="dispute.lost", before=searched_to)
        assert again == [] and (further is None or further < searched_to)
        searched_to, pages = further, pages + 1
    assert 5 <= pages <= 7
    monkeypatch.setattr(logs, "RARE_SECONDS", 0)
    for view in (logs.message_page, logs.attempt_page):
        page, _ = await shop.found(view, event_type="dispute.lost", endpoint_id=shop.endpoint.id)
        assert page[:1] == [ids[8]]

    cursor, steps = "", 0
    while cursor != "done":
        step = await shop.store.write(lambda tx, at=cursor: stretches.prune(tx, LATER, cursor=at, limit=30))
        cursor, steps = "done" if step.done else step.cursor, steps + 1
    assert steps > 4  # although an older message is kept
    left = await shop.store.read(lambda tx: tx.execute(schema.stretches.select()).all())
    assert [row.first_id for row in left if row.event_type == "dispute.lost"] == [ids[0], ids[8]]
