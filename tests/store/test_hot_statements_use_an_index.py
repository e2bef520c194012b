"""The cost of an event must not grow with the number of stored messages: no statement on its way scans a big table."""

from collections.abc import Iterator
from typing import Any

import pytest
from builders import NOW, a_message, a_source, an_attempt, an_endpoint
from sqlalchemy import Connection, create_engine, event

from server.domain.ids import DeliveryId, ReplayId, SourceId
from server.domain.messages import DeliveryState
from server.domain.operational_events import of_attempt
from server.domain.replays import Replay, ReplayKind, ReplayState, Selection
from server.domain.verdicts import Grade
from server.store import (
    attempts,
    deliveries,
    endpoints,
    messages,
    operational_events,
    owners,
    replay_matches,
    replays,
    sources,
)
from server.store.keys import KeyRing
from server.store.schema import metadata
from server.store.vault import VAULT, Vault

LARGE = ("messages", "deliveries", "attempts", "notices")


@pytest.fixture
def seen() -> Iterator[tuple[Connection, list[tuple[str, Any]]]]:
    """A connection, and every statement that goes over it."""
    keys = KeyRing.beside("sqlite://")
    engine = create_engine("sqlite://", execution_options={VAULT: Vault(keys)})
    metadata.create_all(engine)
    statements: list[tuple[str, Any]] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        statements.append((statement, parameters[0] if many else parameters))

    with engine.begin() as connection:
        yield connection, statements
    engine.dispose()


def scans(connection: Connection, statements: list[tuple[str, Any]]) -> list[str]:
    found = []
    for statement, parameters in list(statements):
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            for *_, step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):
                walks_what_waits = step.endswith("USING INDEX ix_deliveries_due")  # in order, and stops at the first
                if step.startswith(tuple(f"SCAN {table}" for table in LARGE)) and not walks_what_waits:
                    found.append(f"{step}: {statement}")
    return found


def test_taking_an_event_in_and_delivering_it(seen: tuple[Connection, list[tuple[str, Any]]]) -> None:
    tx, statements = seen
    source = a_source()
    endpoint = an_endpoint(source)
    sources.insert(tx, source)
    endpoints.insert(tx, endpoint)
    messages.receive(tx, [a_message(source), a_message(source)])
    [due] = deliveries.due_endpoints(tx, NOW, excluding=["ep_x"])  # type: ignore[list-item]
    claimed, *_ = deliveries.claim(tx, owner="me", now=NOW, lease_until=NOW + 1, room={due.id: 9})
    deliveries.next_due(tx)
    attempt = an_attempt(claimed.message, claimed.delivery.id, endpoint)
    deliveries.record(tx, [deliveries.AttemptRecord("me", attempt, DeliveryState.SUCCEEDED, 1, None)])
    deliveries.release(tx, "me", [claimed.delivery.id])
    deliveries.resend(tx, claimed.delivery.id, NOW)
    assert statements
    assert scans(tx, statements) == []


def test_freeing_what_a_dead_process_had_leased(seen: tuple[Connection, list[tuple[str, Any]]]) -> None:
    tx, statements = seen
    owners.free_all(tx)
    found = scans(tx, statements)  # either index of what waits will do: both hold no more than that
    assert all(one.startswith("SCAN deliveries USING INDEX ix_deliveries_pending") for one in found), found


def test_telling_that_a_delivery_failed_for_good(seen: tuple[Connection, list[tuple[str, Any]]]) -> None:
    tx, statements = seen
    source = a_source()
    endpoint = an_endpoint(source)
    sources.insert(tx, source)
    endpoints.insert(tx, endpoint)
    attempt = an_attempt(a_message(source), DeliveryId("dlv_1"), endpoint)
    failed = of_attempt(attempt, DeliveryState.FAILED)
    assert failed
    operational_events.add_all(tx, [failed, failed])
    operational_events.add(tx, failed)
    assert operational_events.recover(tx, attempt)
    assert scans(tx, statements) == []


def test_looking_at_the_newest(seen: tuple[Connection, list[tuple[str, Any]]]) -> None:
    tx, statements = seen
    source = a_source()
    for search in (
        messages.Search(source.id),
        messages.Search(source.id, event_type="payment.succeeded", before="msg_1"),
        messages.Search(source.id, endpoint_id="ep_1", state=DeliveryState.FAILED),
        messages.Search(source.id, text="evt_1"),
    ):
        messages.page(tx, search)
    attempts.page(tx, attempts.Search(source.id))
    attempts.page(tx, attempts.Search(endpoint_id="ep_1"))
    attempts.of_message(tx, "msg_1")
    endpoints.tallies(tx, [an_endpoint(source).id], "att_")
    deliveries.waiting(tx, "ep_1")
    operational_events.page(tx, source.id)
    operational_events.of_endpoint(tx, "ep_1")
    operational_events.unseen(tx, source.id)
    assert scans(tx, statements) == []


@pytest.mark.parametrize("kind", ReplayKind)
def test_replaying(seen: tuple[Connection, list[tuple[str, Any]]], kind: ReplayKind) -> None:
    tx, statements = seen
    source = a_source()
    endpoint = an_endpoint(source)
    sources.insert(tx, source)
    endpoints.insert(tx, endpoint)
    selection = Selection(kind, NOW, NOW + 1, frozenset({"payment.succeeded"}))
    replay = Replay(
        ReplayId("rpl_1"), source.id, endpoint.id, selection, None, None, 1, False, 0, selection.start,
        ReplayState.RUNNING, "ada", NOW,
    )  # fmt: skip
    replays.insert(tx, replay)
    message = a_message(source)
    messages.receive(tx, [message])
    deliveries.stop_all_of_endpoint(tx, endpoint.id, NOW)
    statements.clear()
    replay_matches.walk(tx, endpoint, selection, selection.start, 10)
    replay_matches.count(tx, endpoint, selection, selection.start)
    replay_matches.parked(tx, endpoint.id)
    match = replay_matches.Match(message.id, message.event_type, None, None, False)
    replays.advance(tx, replay, [match], [NOW], selection.end, NOW)
    replays.untried(tx, replay.id, NOW)
    replays.finish(tx, replay, NOW)
    replays.history(tx, endpoint.id)
    replays.finished(tx)
    replays.freeze_counts(tx, replay.id)
    replays.stop(tx, replay.id, ReplayState.STOPPED, NOW)
    assert scans(tx, statements) == []


def test_what_failed_and_what_is_parked_is_found_without_looking_at_the_rest(
    seen: tuple[Connection, list[tuple[str, Any]]],
) -> None:
    tx, statements = seen
    endpoint = an_endpoint(a_source())
    for kind in (ReplayKind.FAILED, ReplayKind.PARKED):
        statements.clear()
        selection = Selection(kind, NOW, NOW + 1)
        replay_matches.walk(tx, endpoint, selection, selection.start, 10)
        [(statement, parameters)] = list(statements)
        plan = [step for *_, step in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        [state] = selection.replayed
        assert f"USING INDEX ix_deliveries_{state} (endpoint_id=? AND message_id>? AND message_id<?)" in plan[0]
        assert "TEMP B-TREE" not in " ".join(plan)
        statements.clear()
        replay_matches.count(tx, endpoint, selection, selection.start)
        for statement, parameters in list(statements):
            plan = [step for *_, step in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            assert any(f"INDEX ix_deliveries_{state} (endpoint_id=?" in step for step in plan), plan


def test_attempts_that_a_contract_finds_fault_with_are_found_without_looking_at_the_rest(
    seen: tuple[Connection, list[tuple[str, Any]]],
) -> None:
    tx, statements = seen
    attempts.page(tx, attempts.Search(SourceId("src_1"), grades=(Grade.ERRORS,)))
    [(statement, parameters)] = list(statements)
    plan = [step for *_, step in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    assert "USING INDEX ix_attempts_with_findings (source_id=?)" in plan[0]
    assert "TEMP B-TREE" not in " ".join(plan)
