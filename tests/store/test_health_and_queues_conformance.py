"""An endpoint's health, its switching off and its queue, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from builders import NOW, a_message, a_source, an_endpoint
from claiming import claim_due
from sqlalchemy import create_engine, select
from sqlalchemy.exc import OperationalError

from server.domain.endpoints import Controls, DisabledBecause, Endpoint
from server.domain.health import HEALTHY, Health
from server.domain.messages import DeliveryState
from server.store import Store, Transaction, deliveries, endpoints, messages, queues, sources
from server.store.schema import endpoints as rows


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    opened = Store.open(url)
    yield opened
    opened.close()


async def kept(store: Store, **changes: object) -> Endpoint:
    source = a_source()
    endpoint = an_endpoint(source, **changes)
    await store.write(lambda tx: sources.insert(tx, source))
    await store.write(lambda tx: endpoints.insert(tx, endpoint))
    return endpoint


async def test_health_is_kept_and_read_beside_whether_it_is_disabled(store: Store) -> None:
    endpoint = await kept(store)
    failing = Health(NOW, NOW + 1, NOW + 2, NOW + 3)
    await store.write(lambda tx: endpoints.keep_health(tx, endpoint.id, HEALTHY, failing))

    assert await store.write(lambda tx: endpoints.states(tx, [endpoint.id])) == {endpoint.id: (failing, False)}
    found = await store.read(lambda tx: endpoints.get(tx, endpoint.id))
    assert found == replace(endpoint, health=failing)


async def test_an_endpoint_that_is_switched_off_says_why(store: Store) -> None:
    endpoint = await kept(store)
    await store.write(lambda tx: endpoints.disable(tx, endpoint.id, DisabledBecause.GONE, NOW + 5))

    found = await store.read(lambda tx: endpoints.get(tx, endpoint.id))
    assert found is not None
    assert (found.disabled, found.disabled_because, found.updated_at) == (True, DisabledBecause.GONE, NOW + 5)


async def test_what_waits_is_counted_and_its_head_can_be_skipped_unless_it_is_held(store: Store) -> None:
    endpoint = await kept(store, controls=Controls(ordered=True))
    arrived = [a_message(endpoint.source_id) for _ in range(3)]
    for message in arrived:
        await store.batch(messages.receive, message)
    assert await store.read(lambda tx: queues.waiting(tx, [endpoint.id])) == {endpoint.id: 3}
    assert await store.read(lambda tx: queues.waiting(tx, [endpoint.id], 1)) == {endpoint.id: 2}
    assert await store.read(lambda tx: deliveries.waiting(tx, endpoint.id)) == 3
    assert await store.read(lambda tx: deliveries.waiting(tx, endpoint.id, 1)) == 2
    head = await store.read(lambda tx: queues.head(tx, endpoint.id))
    assert head is not None
    assert head.message_id == arrived[0].id

    [held] = await store.write(lambda tx: claim_due(tx, "me", NOW, NOW + 1000, 10))
    assert held.delivery.id == head.id
    assert not await store.write(lambda tx: queues.skip(tx, head.id, NOW))

    await store.write(lambda tx: deliveries.release(tx, "me", [head.id]))
    assert await store.write(lambda tx: queues.skip(tx, head.id, NOW))
    skipped = await store.read(lambda tx: deliveries.get(tx, head.id))
    assert skipped is not None
    assert (skipped.state, skipped.due_at) == (DeliveryState.STOPPED, None)
    second = await store.read(lambda tx: queues.head(tx, endpoint.id))
    assert second is not None
    assert second.message_id == arrived[1].id


async def test_whoever_goes_by_what_an_endpoint_is_keeps_other_processes_from_changing_it(postgres_url: str) -> None:
    store, engine = Store.open(postgres_url), create_engine(postgres_url)
    endpoint = await kept(store)

    def change_meanwhile(tx: Transaction) -> None:
        assert endpoints.hold(tx, endpoint.id) == endpoint
        with engine.connect() as other, pytest.raises(OperationalError, match="could not obtain lock"):
            other.execute(select(rows.c.id).where(rows.c.id == endpoint.id).with_for_update(nowait=True))

    await store.write(change_meanwhile)
    store.close()
    engine.dispose()
