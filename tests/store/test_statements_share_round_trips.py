"""What goes to PostgreSQL without waiting for each response does what the same statements do one after another."""

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from builders import a_message, a_source, an_attempt, an_endpoint
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from server.delivery.decisions import DecidedAttempt, record
from server.domain.endpoints import Endpoint
from server.domain.ids import ProcessId, mint
from server.domain.messages import Delivery, DeliveryState, Message
from server.store import Store, Transaction, arrays, deliveries, endpoints, libpq, messages, settling, sources
from server.store.deliveries import AttemptRecord
from server.store.messages import InitialLease
from server.store.round_trips import Statement, ask, tell
from server.store.rows import insert, insert_new, replace_all, stored
from server.store.schema import activity, options, search_recent

COUNT = text("SELECT count(*) FROM search_recent")
LEASE = InitialLease(mint(ProcessId), 1 << 60)


@pytest.fixture
def store(postgres_migrated: str) -> Iterator[Store]:
    opened = Store.open(postgres_migrated)
    yield opened
    opened.close()


def recent(number: int) -> dict[str, Any]:
    return {"message_id": f"msg_{number}", "edition": 1, "terms": "[]"}


def receive(tx: Transaction, came: Sequence[messages.FilteredMessage]) -> list[messages.Received]:
    return messages.receive(tx, came, LEASE)


def ended(message: Message, delivery: Delivery, endpoint: Endpoint) -> DecidedAttempt:
    attempt = an_attempt(message, delivery.id, endpoint)
    return DecidedAttempt(AttemptRecord(LEASE.owner, attempt, DeliveryState.SUCCEEDED, 1, None), None, True)


async def test_received_and_recorded_events_take_two_round_trips_each(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = a_source()
    endpoint = an_endpoint(source)
    await store.write(lambda tx: sources.insert(tx, source))
    await store.write(lambda tx: endpoints.insert(tx, endpoint))
    trips: list[int] = []
    exchange = libpq.exchange

    def counted(server: Any, link: Any, statements: Sequence[Statement]) -> Any:
        trips.append(len(statements))
        return exchange(server, link, statements)

    monkeypatch.setattr(libpq, "exchange", counted)
    came = [a_message(source) for _ in range(20)]
    received = await asyncio.gather(
        *(store.batch(receive, messages.FilteredMessage(one, {}, ("term",))) for one in came)
    )
    assert trips == [4, 3], "BEGIN, messages, endpoints and what is counted, then deliveries, search terms and COMMIT"
    trips.clear()
    pairs = zip(came, received, strict=True)
    await asyncio.gather(*(store.batch(record, ended(message, one.leased[0], endpoint)) for message, one in pairs))
    assert trips == [2, 3], "BEGIN and deliveries, then attempts, their counts and COMMIT"
    stored_ones = await store.read(lambda tx: [deliveries.get(tx, one.leased[0].id) for one in received])
    assert {one and one.state for one in stored_ones} == {DeliveryState.SUCCEEDED}


async def test_what_waits_is_there_for_the_next_statement(each_store: Store) -> None:
    def add(tx: Transaction) -> int:
        insert(tx, search_recent, [recent(1), recent(2)])
        found: int = tx.execute(COUNT).scalar_one()
        return found

    assert await each_store.write(add) == 2
    assert await each_store.read(lambda tx: tx.execute(COUNT).scalar_one()) == 2


async def test_what_waits_goes_with_its_transaction(each_store: Store) -> None:
    def fail(tx: Transaction) -> None:
        insert(tx, search_recent, [recent(1)])
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await each_store.write(fail)
    await each_store.write(lambda tx: insert(tx, search_recent, [recent(2)]))
    assert await each_store.read(lambda tx: tx.execute(COUNT).scalar_one()) == 1


async def test_what_fails_with_the_commit_harms_nobody_else(store: Store) -> None:
    await store.write(lambda tx: insert(tx, search_recent, [recent(1)]))
    writes = [store.write(lambda tx, n=n: insert(tx, search_recent, [recent(n)])) for n in (2, 1, 3)]
    results = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(one) for one in results] == [type(None), IntegrityError, type(None)]
    assert await store.read(lambda tx: tx.execute(COUNT).scalar_one()) == 3


async def test_rows_are_counted_and_replaced(each_store: Store) -> None:
    def work(tx: Transaction) -> tuple[int, int, list[str]]:
        rows = [{"name": name, "value": "1", "updated_at": 1} for name in ("a", "b")]
        first = insert_new(tx, options, rows[:1], ("name",))
        second = insert_new(tx, options, rows, ("name",))
        replace_all(tx, options, [{**rows[0], "value": "2"}])
        return first, second, sorted(row["value"] for row in stored(tx, options, [("a",), ("b",)]))

    assert await each_store.write(work) == (1, 1, ["1", "2"])


async def test_many_statements_that_wait_are_sent_in_between(store: Store) -> None:
    def add(tx: Transaction) -> None:
        for number in range(100):
            insert(tx, search_recent, [recent(number)])

    await store.write(add)
    assert await store.read(lambda tx: tx.execute(COUNT).scalar_one()) == 100


async def test_large_statements_and_answers_cross(store: Store) -> None:
    """The server answers while more is being sent; each side would wait for the other if only one were read."""
    large = bytes(5_000_000)
    echo = Statement(b"SELECT $1::bytea", (large,))
    results = await store.write(lambda tx: ask(tx, echo, echo, echo))
    assert [one.rows for one in results] == [[(large,)]] * 3


async def test_after_an_error_the_same_statements_run_again(store: Store) -> None:
    division = Statement(b"SELECT 1 / $1::int", ((0).to_bytes(4),))
    for divisor in (0, 1, 0, 1):
        by = division._replace(parameters=(divisor.to_bytes(4),))
        [result] = await asyncio.gather(store.write(lambda tx, by=by: ask(tx, by)), return_exceptions=True)  # type: ignore[misc]
        assert isinstance(result, Exception) == (divisor == 0)
    await store.write(lambda tx: tell(tx, division._replace(parameters=((1).to_bytes(4),))))


async def test_after_a_table_was_dropped_the_same_statements_run_again(store: Store) -> None:
    """Then psycopg drops everything that is prepared, once it has prepared something itself."""

    def work(tx: Transaction) -> None:
        for _ in range(10):
            tx.execute(COUNT)
        insert(tx, search_recent, [recent(tx.execute(COUNT).scalar_one())])
        tx.exec_driver_sql("DROP TABLE IF EXISTS no_such_table")
        insert(tx, search_recent, [recent(tx.execute(COUNT).scalar_one())])

    for _ in range(3):
        await store.write(work)
    assert await store.read(lambda tx: tx.execute(COUNT).scalar_one()) == 6


KINDS: list[tuple[arrays.Encode, str, st.SearchStrategy[Any], Callable[[Any], Any]]] = [
    (arrays.booleans, "boolean", st.booleans(), bool),
    (arrays.shorts, "smallint", st.integers(-(1 << 15), (1 << 15) - 1), int),
    (arrays.integers, "integer", st.integers(-(1 << 31), (1 << 31) - 1), int),
    (arrays.longs, "bigint", st.integers(-(1 << 63), (1 << 63) - 1), int),
    (arrays.texts, "text", st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), str),
    (arrays.blobs, "bytea", st.binary(), lambda value: "\\x" + value.hex()),
]


@given(data=st.data())
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_array_has_the_values_that_it_was_made_of(store: Store, data: st.DataObject) -> None:
    for encode, name, strategy, shown in KINDS:
        values = data.draw(st.lists(st.none() | strategy, max_size=5))
        query = Statement(f"SELECT array_to_json($1::{name}[])::text".encode(), (encode(values),))
        [result] = asyncio.run(store.write(lambda tx, query=query: ask(tx, query)))  # type: ignore[misc]
        assert json.loads(result.rows[0][0]) == [None if value is None else shown(value) for value in values]


async def test_a_plan_that_is_kept_reads_by_the_index(store: Store) -> None:
    """PostgreSQL keeps the plan of a prepared statement. One that is made while the table is empty must not scan it."""

    def plan(tx: Transaction) -> str:
        return "\n".join(tx.exec_driver_sql(f"EXPLAIN (GENERIC_PLAN) {settling._SETTLE.decode()}").scalars())

    await store.write(lambda tx: tx.exec_driver_sql("ANALYZE deliveries"))
    assert "Index Scan using pk_deliveries" in await store.write(plan)


def test_every_column_can_be_an_array() -> None:
    for table in activity.metadata.sorted_tables:
        for column in table.columns:
            assert arrays.kind_of(column.type)
