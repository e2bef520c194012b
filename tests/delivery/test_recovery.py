"""What a dead process had under way is delivered again within seconds; what a live one has is left to it."""

from contextlib import asynccontextmanager

import pytest
from builders import a_message
from claiming import claim_due
from receivers import hanging, receiving
from sqlalchemy import create_engine, text
from working import until, working

from server.delivery.recovery import Recovery
from server.domain.messages import DeliveryState
from server.store import Store, messages, owners

HOUR = 3_600_000


@pytest.fixture
def postgres(postgres_url):
    """Stores of as many processes as are asked for, on one database; each may die before the end."""
    opened = []

    def another():
        opened.append(Store.open(postgres_url))
        return opened[-1]

    def dies(store):
        opened.remove(store)
        store.close()

    another.dies = dies
    yield another
    for store in opened:
        store.close()


@pytest.fixture
def statement(postgres_url):
    """Runs one beside all processes."""
    engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield lambda sql: connection.execute(text(sql)).scalars().all()
    engine.dispose()


@asynccontextmanager
async def recovering(store):
    async with working(store, start=False) as b:
        recovery = Recovery(store, b.worker)
        await recovery.start()
        await b.worker.start()
        try:
            yield b
        finally:
            await recovery.stop()


async def lives(store, owner):
    """From now on, for as long as ``store`` is open."""
    await store.write(lambda tx: owners.living(tx, owner))


async def taken(store, owner, b):
    """An event whose delivery is leased for an hour."""
    message = a_message(b.source, received_at=b.now())

    def take(tx):
        messages.receive(tx, [message])
        claim_due(tx, owner, b.now(), b.now() + HOUR)

    await store.write(take)
    return message


async def test_a_sqlite_file_has_one_server_so_whatever_it_finds_leased_is_free(store):
    async with receiving() as receiver, working(store, start=False) as b:
        await b.endpoint(receiver.url())
        message = await b.event()
        await store.write(lambda tx: claim_due(tx, "wrk_dead", b.now(), b.now() + HOUR))
        await Recovery(store, b.worker).start()
        await b.worker.start()
        [delivery] = await b.ended(message)
    assert delivery.state is DeliveryState.SUCCEEDED


async def test_a_process_that_starts_frees_what_the_dead_had_and_not_what_the_living_have(postgres):
    alive, dead = postgres(), postgres()
    await lives(alive, "wrk_alive")
    async with receiving() as receiver, working(alive, start=False) as before:
        await before.endpoint(receiver.url())
        kept, left = await taken(alive, "wrk_alive", before), await taken(dead, "wrk_dead", before)
        postgres.dies(dead)
        async with recovering(postgres()):
            await before.ended(left)
        [still] = await before.deliveries(kept)
    assert still.state is DeliveryState.PENDING
    assert [got.headers["webhook-id"] for got in receiver.got] == [left.webhook_id]


@pytest.mark.parametrize("seen_alive", [True, False])
async def test_a_process_that_dies_beside_a_running_one_is_noticed(postgres, seen_alive):
    dying = postgres()
    if seen_alive:
        await lives(dying, "wrk_dying")
    async with receiving() as receiver, recovering(postgres()) as b:
        await b.endpoint(receiver.url())
        message = await taken(dying, "wrk_dying", b)
        postgres.dies(dying)
        [delivery] = await b.ended(message)
    assert delivery.state is DeliveryState.SUCCEEDED


async def test_a_process_whose_connections_broke_keeps_what_it_has(postgres, statement):
    """As when the database starts anew: the connections of all break at once, and the living make new ones."""
    ours, doomed = postgres(), postgres()
    await lives(doomed, "wrk_doomed")
    async with receiving() as receiver, receiving(hanging) as stuck, recovering(ours) as b, recovering(postgres()):
        await b.endpoint(stuck.url(), event_types=frozenset({"a.stuck"}))
        await b.event(event_type="a.stuck")
        await until(lambda: stuck.got)
        under_way = await ours.read(owners.leases)
        assert len(under_way) == 1
        await b.endpoint(receiver.url(), event_types=frozenset({"payment.succeeded"}))
        left = await taken(doomed, "wrk_doomed", b)
        statement(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        postgres.dies(doomed)
        await b.ended(left)
        assert await ours.read(owners.leases) == under_way
    assert [got.headers["webhook-id"] for got in receiver.got] == [left.webhook_id]


async def test_what_the_database_gave_us_without_our_hearing_of_it_is_given_back(postgres):
    """It committed, and died before it answered. What we do know of is left alone, however long it takes."""
    store = postgres()
    async with receiving() as receiver, receiving(hanging) as stuck, recovering(store) as b:
        await b.endpoint(stuck.url(), event_types=frozenset({"a.stuck"}))
        await b.event(event_type="a.stuck")
        await until(lambda: stuck.got)
        await b.endpoint(receiver.url(), event_types=frozenset({"payment.succeeded"}))
        message = await taken(store, b.worker.owner, b)
        [delivery] = await b.ended(message)
    assert delivery.state is DeliveryState.SUCCEEDED
    assert len(stuck.got) == 1
