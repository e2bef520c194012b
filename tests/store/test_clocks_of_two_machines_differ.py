"""Two processes whose clocks differ: no message is passed uncounted and hidden from the log's filter by event type."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from builders import a_message, a_source
from counted import miscounted
from sqlalchemy import Connection

from server.domain.ids import MessageId, Millis, earliest
from server.domain.messages import Message
from server.store import Store, activity, logs, messages, options, sources
from server.store.log_search import LogSearch
from server.store.round_trips import ask

SOURCE = a_source()
SOON_SECONDS = 0.3
"""Long enough for a transaction that does not wait."""


def now() -> Millis:
    return time.time_ns() // 1_000_000


def came(kind: str, at: Millis, number: int = 0) -> Message:
    id = MessageId(f"{earliest(MessageId, at)}{number:016d}")
    return a_message(SOURCE, id=id, event_type=kind, received_at=at)


@pytest.fixture
def two(each_store: Store, request: pytest.FixtureRequest) -> Iterator[tuple[Store, Store]]:
    """The stores of two processes on one database."""
    on_file = each_store.dialect == "sqlite"
    other = Store.open(request.getfixturevalue("sqlite_url" if on_file else "postgres_migrated"))

    def begin(tx: Connection) -> None:
        sources.insert(tx, SOURCE)
        messages.receive(tx, [came("payment.failed", now() - 60_000)])
        activity.add_up(tx, now(), 500)

    with each_store._engine.begin() as tx:
        begin(tx)
    yield each_store, other
    other.close()


def add_up(store: Store, at: Millis) -> None:
    with store._engine.begin() as tx:
        activity.add_up(tx, at, 500)


def counted_until(store: Store) -> str:
    with store._engine.begin() as tx:
        return options.counted_until(tx) or ""


def assert_found(store: Store, one: Message) -> None:
    with store._engine.begin() as tx:
        page = logs.message_page(tx, LogSearch(SOURCE.id, event_type=one.event_type), budget_seconds=9)
        assert [row.id for row in page.rows] == [one.id]
        assert miscounted(tx, now()) == []


def test_a_message_of_a_slow_clock_is_counted_by_who_passes_it_or_by_itself(two: tuple[Store, Store]) -> None:
    slow, right = two
    late = came("dispute.lost", now() - activity.COMMITTED_MS - 500)
    with right._engine.begin() as tx:
        messages.receive(tx, [came("payment.succeeded", now() - activity.COMMITTED_MS - 100, 1)])
    if slow.dialect == "sqlite":  # one writer at a time
        with slow._engine.begin() as tx:
            messages.receive(tx, [late])
        add_up(right, now())
    else:
        with ThreadPoolExecutor() as threads:
            with slow._engine.begin() as tx:
                messages.receive(tx, [late])
                passing = threads.submit(add_up, right, now())
                assert wait([passing], SOON_SECONDS).not_done, "it waits for the commit"
            passing.result(10)
    assert counted_until(right) > late.id
    assert_found(right, late)


def test_a_message_of_a_slow_clock_that_was_passed_meanwhile_counts_itself(two: tuple[Store, Store]) -> None:
    slow, right = two
    late = came("dispute.lost", now() - activity.COMMITTED_MS - 500)

    def receive() -> None:
        with slow._engine.begin() as tx:
            messages.receive(tx, [late])

    with right._engine.begin() as tx:
        messages.receive(tx, [came("payment.succeeded", now() - activity.COMMITTED_MS - 100, 1)])
    with ThreadPoolExecutor() as threads:
        with right._engine.begin() as tx:
            activity.add_up(tx, now(), 500)
            receiving = threads.submit(receive)
            assert wait([receiving], SOON_SECONDS).not_done
        receiving.result(10)
    assert counted_until(right) > late.id
    assert_found(right, late)


def test_a_clock_that_is_ahead_passes_nothing_that_is_being_stored(two: tuple[Store, Store]) -> None:
    right, ahead = two
    fresh = came("dispute.lost", now())
    if right.dialect == "sqlite":
        with right._engine.begin() as tx:
            messages.receive(tx, [fresh])
        add_up(ahead, now() + 40_000)
    else:
        with right._engine.begin() as tx, ThreadPoolExecutor() as threads:
            messages.receive(tx, [fresh])
            threads.submit(add_up, ahead, now() + 40_000).result(10)
        assert counted_until(ahead) < fresh.id
    assert_found(ahead, fresh)


def test_who_stores_a_message_of_now_keeps_nobody_waiting(two: tuple[Store, Store]) -> None:
    one, other = two
    if one.dialect == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    with ThreadPoolExecutor() as threads, one._engine.begin() as tx:
        messages.receive(tx, [came("dispute.lost", now())])
        threads.submit(add_up, other, now()).result(10)


def test_the_time_of_the_server_is_read_in_either_way(two: tuple[Store, Store]) -> None:
    store, _ = two
    with store._engine.begin() as tx:
        if store.dialect == "sqlite":
            assert options.counted(tx).clock is None
            return
        [found] = ask(tx, options.COUNTED_QUERY)
        for one in (options.counted_in(tx, found), options.counted(tx)):
            assert one.until == options.counted_until(tx)
            assert one.clock is not None and abs(one.clock - now()) < 60_000
