"""A message whose id is older than those counted already is counted and found like any other, on both databases."""

from dataclasses import replace

import pytest
from builders import NOW, a_message, a_source, an_endpoint
from counted import miscounted
from sqlalchemy import update

from server.domain.activity import DAY_MS
from server.domain.ids import MessageId, Millis, earliest
from server.domain.messages import Message, Origin
from server.store import Store, Transaction, activity, endpoints, logs, messages, options, sources
from server.store.log_search import LogSearch
from server.store.schema import options as option_table

LATER: Millis = NOW + 3_600_000
SOURCE = a_source()
ENDPOINT = an_endpoint(SOURCE)


def came(number: int, kind: str, at: Millis, **fields: object) -> Message:
    id = MessageId(f"{earliest(MessageId, at)}{number:016d}")
    return a_message(SOURCE, id=id, event_type=kind, received_at=at, **fields)


@pytest.fixture
async def store(each_store: Store) -> Store:
    """Holds ten messages that are counted."""
    often = [came(number, "payment.succeeded", NOW + number) for number in range(10)]

    def keep(tx: Transaction) -> None:
        sources.insert(tx, SOURCE)
        endpoints.insert(tx, ENDPOINT)
        messages.receive(tx, often)

    await each_store.write(keep)
    await count(each_store)
    return each_store


async def count(store: Store) -> None:
    while await store.write(lambda tx: activity.add_up(tx, LATER, 3)):
        pass


async def found(store: Store, **filters: str) -> list[str]:
    search = LogSearch(SOURCE.id, **filters)
    return [row.id for row in (await store.read(lambda tx: logs.message_page(tx, search, budget_seconds=9))).rows]


@pytest.mark.parametrize("back", [5, 60_000, DAY_MS])
async def test_a_clock_that_was_set_back_hides_no_message(store: Store, back: Millis) -> None:
    late = [came(100 + number, ("dispute.lost", "dispute.won")[number % 2], NOW - back + number) for number in range(3)]
    await store.write(lambda tx: messages.receive(tx, late))
    again = [came(200, "dispute.lost", NOW - back + 3)]
    twice = [replace(one, id=MessageId(f"{one.id[:-1]}9")) for one in late]
    await store.write(lambda tx: messages.receive(tx, [*twice, *again]))
    lost, all_ids = [again[0].id, late[2].id, late[0].id], [one.id for one in [*again, *late[::-1]]]

    for _ in range(2):
        assert await found(store, event_type="dispute.lost") == lost
        assert await found(store, event_type="dispute.*") == all_ids
        assert await found(store, event_type="dispute.lost", endpoint_id=ENDPOINT.id) == lost
        assert await store.read(lambda tx: miscounted(tx, LATER)) == []
        await count(store)

    await store.write(lambda tx: activity.rebuild(tx, LATER))
    assert await found(store, event_type="dispute.*") == all_ids
    assert await store.read(lambda tx: miscounted(tx, LATER)) == []


async def test_an_example_that_comes_late_is_found_and_not_counted(store: Store) -> None:
    example = came(100, "refund.failed", NOW - 60_000, origin=Origin.EXAMPLE)
    await store.write(lambda tx: messages.send_example(tx, example, ENDPOINT.id))

    assert await found(store, event_type="refund.failed") == [example.id]
    assert await store.read(lambda tx: miscounted(tx, LATER)) == []


async def test_while_nothing_says_what_was_counted_the_log_reads_all(store: Store) -> None:
    late = came(100, "dispute.lost", NOW - 60_000)

    def spoil(tx: Transaction) -> None:
        tx.execute(update(option_table).where(option_table.c.name == options.COUNTED_UNTIL).values(value="?"))
        messages.receive(tx, [late])
        assert options.counted_until(tx) == options.AFTER_ALL
        assert activity.add_up(tx, LATER, 3) == 0

    await store.write(spoil)
    assert await found(store, event_type="dispute.lost") == [late.id]
    assert await found(store, event_type="dispute.*") == [late.id]
    assert len(await found(store, event_type="payment.succeeded")) == 10
