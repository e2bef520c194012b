"""The cost of an event must not grow with the number of stored messages: no statement on its way scans a big table."""

from collections.abc import Iterator
from typing import Any

import pytest
from builders import NOW, a_message, a_source, an_attempt, an_endpoint
from sqlalchemy import Connection, create_engine, event

from server.domain.activity import Size
from server.domain.ids import (
    AttemptId,
    DeliveryId,
    EndpointId,
    InspectedRequestId,
    InspectorAddressId,
    ReplayId,
    SourceId,
    mint,
)
from server.domain.inspector_addresses import Answers, InspectedRequest, InspectorAddress
from server.domain.messages import AttemptOutcome, DeliveryState
from server.domain.operational_events import of_attempt
from server.domain.replays import Replay, ReplayKind, ReplayState, Selection
from server.domain.verdicts import Grade
from server.store import (
    activity,
    attempts,
    audit,
    deleted_endpoints,
    deliveries,
    endpoint_list,
    endpoints,
    inspector,
    log_deliveries,
    logs,
    messages,
    operational_events,
    options,
    owners,
    queues,
    replay_matches,
    replays,
    search,
    search_terms,
    source_contents,
    sources,
    waiting_retries,
)
from server.store.keys import KeyRing
from server.store.log_search import LogSearch
from server.store.schema import metadata
from server.store.vault import VAULT, Vault

LARGE = (
    "messages",
    "stretches",
    "deliveries",
    "attempts",
    "notices",
    "activity",
    "search_terms",
    "audit",
    "inspected_requests",
)


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
                walks_what_waits |= step.startswith("SCAN activity_batches")  # a few rows, which are added up soon
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
    for wanted in (
        messages.Search(source.id),
        messages.Search(source.id, event_type="payment.succeeded", before="msg_1"),
        messages.Search(source.id, endpoint_id="ep_1", state=DeliveryState.FAILED),
        messages.Search(source.id, text="evt_1"),
    ):
        messages.page(tx, wanted)
    attempts.page(tx, attempts.Search(source.id))
    attempts.page(tx, attempts.Search(endpoint_id="ep_1"))
    attempts.of_message(tx, "msg_1")
    newest = endpoint_list.last_attempts(tx, [an_endpoint(source).id])
    endpoint_list.outcomes(tx, [*newest.values(), AttemptId("att_1")])
    endpoint_list.briefs(tx, source.id, urls=True)
    deleted_endpoints.page(tx, source.id)
    deleted_endpoints.count(tx, source.id)
    audit.page(tx, EndpointId("ep_1"), before="aud_9")
    audit.deleted_by(tx, [EndpointId("ep_1")])
    deliveries.waiting(tx, "ep_1")
    queues.waiting(tx, [EndpointId("ep_1")])
    operational_events.page(tx, source.id)
    operational_events.of_endpoint(tx, "ep_1")
    operational_events.unseen(tx)
    waiting_retries.find(tx, "ep_1", NOW)
    source_contents.progress(tx, source.id)
    source_contents.contents(tx, source.id)
    assert scans(tx, statements) == []


def test_counting_and_looking_at_activity(seen: tuple[Connection, list[tuple[str, Any]]]) -> None:
    tx, statements = seen
    source = a_source()
    endpoint = an_endpoint(source)
    activity.count_attempts(tx, [an_attempt(a_message(source), DeliveryId("dlv_1"), endpoint)])
    activity.add_up(tx, NOW, 10)
    activity.prune(tx, NOW, 10)
    for event_type in ("", "payment.succeeded"):
        activity.series(tx, source.id, Size.HOUR, 0, NOW, endpoint_id=endpoint.id, event_type=event_type)
        activity.by_endpoint(tx, source.id, [endpoint.id], Size.HOUR, 0, NOW, event_type=event_type)
    activity.of_endpoints(tx, source.id, [endpoint.id], Size.HOUR, 0, NOW)
    activity.by_event_type(tx, source.id, Size.DAY, 0, NOW)
    assert scans(tx, statements) == []


SEARCHES: tuple[dict[str, Any], ...] = (
    {},
    {"before": "msg_1", "after": "msg_0", "start": NOW, "end": NOW + 1},
    {"event_type": "payment.*"},
    {"endpoint_id": "ep_1"},
    {"endpoint_id": "ep_1", "state": "failed", "outcomes": (AttemptOutcome.REJECTED,)},
    {"endpoint_id": "ep_1", "state": "succeeded", "version_id": "ver_1"},
    {"state": "cancelled", "slower_than": 100},
    {"state": "fault", "statuses": (400, 499)},
    {"without_cancelled": True, "currency": "EUR"},
    {"grades": (Grade.ERRORS,)},
    {"text": "evt_1"},
    {"text": "msg_01"},
    {"text": "att_01"},
    {"text": "pay_01"},
    {"text": "payment."},
    {"text": "mira@example.com"},
)


@pytest.mark.parametrize("filters", SEARCHES)
def test_each_filter_of_the_log(seen: tuple[Connection, list[tuple[str, Any]]], filters: dict[str, Any]) -> None:
    tx, statements = seen
    source = a_source()
    sources.insert(tx, source)
    endpoint = an_endpoint(source)
    endpoints.insert(tx, endpoint)
    messages.receive(tx, [a_message(source) for _ in range(3)])
    statements.clear()
    search = LogSearch(source.id, **filters)
    found = logs.message_page(tx, search)
    logs.attempt_page(tx, search)
    ways = log_deliveries.of_messages(tx, [row.id for row in found.rows], search)
    log_deliveries.last_attempts(tx, [way.shown[0].id for way in ways.values()])
    assert scans(tx, statements) == []


def test_the_log_goes_over_the_index_of_what_is_looked_for(seen: tuple[Connection, list[tuple[str, Any]]]) -> None:
    tx, statements = seen
    options.set_counted_until(tx, "msg_2", NOW)
    for filters, index in (
        ({"endpoint_id": "ep_1"}, "COVERING INDEX ix_deliveries_endpoint_id_message_id (endpoint_id=?"),
        ({"endpoint_id": "ep_1", "state": "failed"}, "COVERING INDEX ix_deliveries_failed (endpoint_id=? AND state=?"),
        ({"state": "failed"}, "COVERING INDEX ix_deliveries_rare (state=?"),
        ({"currency": "EUR"}, "COVERING INDEX ix_messages_source_id_id (source_id=?"),
        ({"event_type": "x"}, "INDEX ix_messages_source_id_id (source_id=? AND id>?"),
        ({"event_type": "x", "before": "msg_1"}, "PRIMARY KEY (source_id=? AND event_type=? AND first_id<?"),
        ({"state": "pending"}, "INDEX ix_deliveries_due (endpoint_id=?"),
        ({"state": "retrying"}, "INDEX ix_deliveries_due (endpoint_id=?"),
    ):
        statements.clear()
        logs.message_page(tx, LogSearch(SourceId("src_1"), **filters))
        statement, parameters = next(one for one in statements if "FROM options" not in one[0])
        plan = [step for *_, step in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        assert index in plan[0]


def test_restoring_what_a_deletion_stopped(seen: tuple[Connection, list[tuple[str, Any]]]) -> None:
    tx, statements = seen
    deliveries.resume_all_of_restored(tx, EndpointId("ep_1"), NOW)
    [(statement, parameters)] = [one for one in statements if one[0].startswith("UPDATE deliveries")]
    plan = [step for *_, step in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    assert "ix_deliveries_rare" in plan[0]


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
        assert (
            f"USING INDEX ix_deliveries_{state} (endpoint_id=? AND state=? AND message_id>? AND message_id<?)"
            in plan[0]
        )
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


def test_captured_attempts_are_found_without_looking_at_the_rest(
    seen: tuple[Connection, list[tuple[str, Any]]],
) -> None:
    tx, statements = seen
    attempts.page(tx, attempts.Search(SourceId("src_1"), outcomes=(AttemptOutcome.CAPTURED,)), bodies=False)
    [(statement, parameters)] = list(statements)
    plan = [step for *_, step in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    assert "USING INDEX ix_attempts_captured (source_id=?)" in plan[0]
    assert "TEMP B-TREE" not in " ".join(plan)


def test_the_messages_beside_one_and_what_the_inspector_received(
    seen: tuple[Connection, list[tuple[str, Any]]],
) -> None:
    tx, statements = seen
    source = a_source()
    sources.insert(tx, source)
    messages.neighbours(tx, a_message(source))
    address = InspectorAddress(mint(InspectorAddressId), source.id, "Shop", "token", Answers(), NOW)
    inspector.insert(tx, address)
    inspector.add(tx, InspectedRequest(mint(InspectedRequestId), address.id, NOW, "POST", "/", (), 1, False, 200, b"x"))
    inspector.by_token(tx, address.token)
    inspector.page(tx, address.id, "inr_1")
    inspector.clear(tx, address.id)
    assert scans(tx, statements) == []


@pytest.mark.parametrize("text", ["pay_Abc", "a@b.example", "msg_01", "dlv_01", "att_01", "ep_01", "slack", "evt_1"])
def test_searching(seen: tuple[Connection, list[tuple[str, Any]]], text: str) -> None:
    tx, statements = seen
    source = a_source()
    sources.insert(tx, source)
    endpoints.insert(tx, an_endpoint(source, card="slack"))
    messages.receive(tx, [a_message(source)])
    search.find(tx, source.id, text)
    search.find(tx, source.id, text, before="msg_01")
    assert scans(tx, statements) == []


def test_moving_and_deleting_search_terms(seen: tuple[Connection, list[tuple[str, Any]]]) -> None:
    tx, statements = seen
    source = a_source()
    message = a_message(source, body=b'{"type":"payment.succeeded","data":{"payment_id":"pay_1"}}')
    sources.insert(tx, source)
    messages.receive(tx, [message])
    assert search_terms.move(tx, message.id)
    segment = search_terms.outdated(tx, 2)
    assert segment
    search_terms.prune(tx, NOW * 2, cursor="", limit=5)
    search_terms.shrink(tx, segment, 5)
    search_terms.prune(tx, NOW * 2, cursor="", limit=5)
    assert scans(tx, statements) == []
