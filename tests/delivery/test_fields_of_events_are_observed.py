"""A sample of what came is observed, within bounds, once for all processes, on both databases."""

import asyncio
import json
from typing import Any

import pytest
from builders import a_message, a_source

from server.delivery.observer import MINUTE_MS, SAMPLE, Observer
from server.domain.catalog import sample_json
from server.domain.drift import MAX_EVENT_TYPES, Fields, drifts
from server.domain.messages import Message, Origin
from server.domain.sources import Source
from server.store import Store, Transaction, messages, observations, sources

NOW = 100 * MINUTE_MS
FIELDS: Fields = {"data.x": frozenset({"string"})}


async def made(store: Store) -> Source:
    source = a_source()
    await store.write(lambda tx: sources.insert(tx, source))
    return source


async def came(
    store: Store, source: Source, number: int, event_type: str = "payment.succeeded", **changes: Any
) -> None:
    values = {"body": sample_json("payment.succeeded").encode(), "event_type": event_type} | changes
    some: list[Message] = [a_message(source, **values) for _ in range(number)]
    await store.write(lambda tx: messages.receive(tx, some))


async def test_new_fields_of_received_events_are_found(each_store: Store) -> None:
    source, observer = await made(each_store), Observer(each_store)
    assert await observer.look(NOW) == 0
    body = json.loads(sample_json("payment.succeeded"))
    body["data"]["loyalty"] = "secret-value"
    await came(each_store, source, 3)
    await came(each_store, source, 2, body=json.dumps(body).encode())
    await came(each_store, source, 1, "invoice.sent", body=b'{"a": 1}')
    await came(each_store, source, 4, "invoice.paid", origin=Origin.EXAMPLE)
    await came(each_store, source, 1, body=b"not JSON")
    await observer.look(NOW)
    new, paid = await each_store.read(observations.all_of)
    assert (new.event_type, new.events, paid.events) == ("invoice.sent", 1, 5)
    (drift,) = drifts(paid)
    assert (drift.path, drift.types, drift.events) == ("data.loyalty", ("string",), 2)
    assert "secret" not in repr(paid)
    await came(each_store, source, 1)
    await observer.look(NOW + 1)
    assert await observer.look(NOW + 2) == 0
    again = await each_store.read(lambda tx: observations.of(tx, "payment.succeeded"))
    assert again is not None and (again.events, again.first_at, again.last_at) == (6, NOW, NOW + 1)


async def test_a_minute_has_room_for_so_many_events_of_a_type(each_store: Store) -> None:
    source, observer = await made(each_store), Observer(each_store)
    await came(each_store, source, SAMPLE + 9)
    await came(each_store, source, 2, "refund.succeeded")
    assert await observer.look(NOW) == SAMPLE + 2
    await came(each_store, source, 5)
    assert await observer.look(NOW + 1) == 0
    await came(each_store, source, 5)
    assert await observer.look(NOW + MINUTE_MS) == 5


async def test_two_processes_share_the_work(each_store: Store) -> None:
    source = await made(each_store)
    await came(each_store, source, 7)
    one, other = Observer(each_store), Observer(each_store)
    assert sorted(await asyncio.gather(one.look(NOW), other.look(NOW))) == [0, 7]
    await came(each_store, source, 2)
    assert await other.look(NOW) == 2
    assert await one.look(NOW) == 0


@pytest.mark.parametrize("damaged", ["{", "[]", '{"a": 1}'])
async def test_a_damaged_row_is_replaced(each_store: Store, damaged: str) -> None:
    def spoil(tx: Transaction) -> None:
        observations.add(tx, "payment.failed", [FIELDS], NOW)
        observations.add(tx, "payment.succeeded", [FIELDS], NOW)
        where = observations.observations.c.event_type == "payment.succeeded"
        tx.execute(observations.observations.update().where(where).values(fields=damaged))

    await each_store.write(spoil)
    if damaged != "[]":
        assert [each.event_type for each in await each_store.read(observations.all_of)] == ["payment.failed"]
    await each_store.write(lambda tx: observations.add(tx, "payment.succeeded", [FIELDS], NOW))
    assert len(await each_store.read(observations.all_of)) == 2


async def test_event_types_are_bounded_and_can_be_forgotten(each_store: Store) -> None:
    def many(tx: Transaction) -> None:
        for number in range(MAX_EVENT_TYPES + 3):
            observations.add(tx, f"type.{number:03}", [FIELDS], NOW)

    await each_store.write(many)
    assert len(await each_store.read(observations.all_of)) == MAX_EVENT_TYPES
    await each_store.write(lambda tx: observations.forget(tx, "type.000"))
    await each_store.write(lambda tx: observations.add(tx, "payment.succeeded", [FIELDS], NOW))
    assert await each_store.read(lambda tx: observations.of(tx, "payment.succeeded"))
