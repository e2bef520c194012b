"""The log finds messages and attempts by each filter, newest first, and stops when its time is up."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from builders import NOW, a_message, a_source, an_attempt, an_endpoint

from server.domain.endpoints import Endpoint
from server.domain.ids import DeliveryId, MessageId, ProcessId, VersionId, earliest, mint, minted_at
from server.domain.messages import AttemptOutcome, Delivery, DeliveryState, Message, ReceivedResponse
from server.domain.sources import Source
from server.domain.verdicts import Grade
from server.store import Store, Transaction, deliveries, endpoints, log_deliveries, logs, messages, sources
from server.store.deliveries import AttemptRecord
from server.store.log_search import LogSearch

OWNER = ProcessId("wrk_1")


def body(currency: str = "USD", **data: Any) -> bytes:
    customer = {"name": "Mira", "email": "mira@example.com", "customer_id": "cus_1"}
    return json.dumps({"data": {"total_amount": 4999, "currency": currency, "customer": customer} | data}).encode()


class Log:
    """A source with two endpoints, and what a test puts into its log."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.source: Source = a_source()
        self.shop = an_endpoint(self.source, description="Shop")
        self.desk = an_endpoint(self.source, description="Desk", event_types=frozenset({"dispute.lost"}))

    async def begin(self) -> "Log":
        def keep(tx: Transaction) -> None:
            sources.insert(tx, self.source)
            for endpoint in (self.shop, self.desk):
                endpoints.insert(tx, endpoint)

        await self.store.write(keep)
        return self

    async def came(self, state: DeliveryState | None = None, *, of: Any = None, **attempt: Any) -> Message:
        """Store a message, and the first attempt of each of its deliveries if they have ended in ``state``."""
        message = a_message(self.source, **({"body": body()} | (of or {})))

        def make(tx: Transaction) -> None:
            messages.receive(tx, [message])
            if state is None:
                return
            room = {self.shop.id: 9, self.desk.id: 9}
            claimed = deliveries.claim(tx, owner=OWNER, now=NOW, lease_until=NOW + 1, room=room)
            for one in claimed:
                if one.message.id == message.id:
                    made = an_attempt(message, one.delivery.id, one.endpoint, **attempt)
                    deliveries.record(tx, [AttemptRecord(OWNER, made, state, 1, None)])

        await self.store.write(make)
        return message

    async def messages(self, **filters: Any) -> list[MessageId]:
        found = await self.store.read(lambda tx: logs.message_page(tx, LogSearch(self.source.id, **filters)))
        assert found.searched_to is None
        return [row.id for row in found.rows]

    async def attempts(self, **filters: Any) -> list[MessageId]:
        found = await self.store.read(lambda tx: logs.attempt_page(tx, LogSearch(self.source.id, **filters)))
        assert found.searched_to is None
        return [row.message_id for row in found.rows]


@pytest.fixture
async def log(each_store: Store) -> Log:
    return await Log(each_store).begin()


async def test_each_filter_finds_what_it_names(log: Log) -> None:
    good = await log.came(DeliveryState.SUCCEEDED, duration_ms=10.0)
    bad = await log.came(
        DeliveryState.FAILED,
        of={"event_type": "dispute.lost", "body": body("EUR")},
        outcome=AttemptOutcome.REJECTED,
        response=ReceivedResponse(422, (), b"no", False),
        version_id=VersionId("ver_1"),
        duration_ms=3000.0,
    )
    off = await log.came(DeliveryState.CANCELLED, outcome=AttemptOutcome.CANCELLED, response=None, request=None)

    assert await log.messages() == [off.id, bad.id, good.id]
    for filters, expected in (
        ({"event_type": "dispute.lost"}, [bad.id]),
        ({"event_type": "dispute.*"}, [bad.id]),
        ({"event_type": "payment.*"}, [off.id, good.id]),
        ({"event_type": "pay%.*"}, []),
        ({"version_id": "ver_1"}, [bad.id]),
        ({"statuses": (400, 499)}, [bad.id]),
        ({"statuses": (200, 200)}, [good.id]),
        ({"slower_than": 1000}, [bad.id]),
        ({"currency": "EUR"}, [bad.id]),
        ({"currency": "USD"}, [off.id, good.id]),
        ({"without_cancelled": True}, [bad.id, good.id]),
        ({"endpoint_id": log.desk.id}, [bad.id]),
        ({"endpoint_id": log.shop.id, "currency": "EUR"}, [bad.id]),
        ({"grades": (Grade.ERRORS,)}, []),
        ({"text": bad.webhook_id}, [bad.id]),
        ({"text": bad.id}, [bad.id]),
        ({"text": "dispute."}, [bad.id]),
        ({"text": "nobody@example.com"}, []),
    ):
        assert await log.messages(**filters) == expected, filters
        assert list(dict.fromkeys(await log.attempts(**filters))) == expected, filters
    for state, expected in (("failed", [bad.id]), ("succeeded", [good.id]), ("cancelled", [off.id]), ("stopped", [])):
        assert await log.messages(state=state) == expected
        assert await log.messages(state=state, endpoint_id=log.desk.id) == (expected if state == "failed" else [])
    assert await log.attempts(outcomes=(AttemptOutcome.REJECTED, AttemptOutcome.BLOCKED)) == [bad.id, bad.id]


async def test_a_search_term_leads_to_messages_and_their_attempts(log: Log) -> None:
    wanted = await log.came(DeliveryState.SUCCEEDED, of={"body": body(payment_id="pay_abc1")})
    await log.came(DeliveryState.SUCCEEDED, of={"body": body(payment_id="pay_xyz2")})

    assert await log.messages(text="pay_abc1") == await log.attempts(text="pay_abc1") == [wanted.id]
    assert len(await log.messages(text="mira@example.com")) == 2


async def test_an_id_of_ours_is_found_in_any_case(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = await log.came(DeliveryState.SUCCEEDED)
    others = [await log.came(DeliveryState.SUCCEEDED) for _ in range(3)]
    [made] = (await log.store.read(lambda tx: logs.attempt_page(tx, LogSearch(log.source.id, text=wanted.id)))).rows
    [delivery] = (await log.store.read(lambda tx: messages.of_messages(tx, [wanted.id])))[wanted.id]

    for typed in (made.id, made.id.lower(), made.id.upper(), wanted.id.lower(), delivery.id.lower()):
        assert await log.messages(text=typed) == await log.attempts(text=typed) == [wanted.id], typed
    monkeypatch.setattr(logs, "MAX_IDS", 2)  # a beginning that more ids have is looked for in windows
    newest_first = [each.id for each in reversed([wanted, *others])]
    for typed in (wanted.id[:8].lower(), made.id[:8].lower(), "MSG_", "Att_"):
        assert await log.messages(text=typed) == await log.attempts(text=typed) == newest_first, typed


async def test_times_are_read_from_ids(log: Log) -> None:
    first, second = await log.came(), await log.came()
    at = minted_at(second.id)
    assert at is not None
    assert earliest(MessageId, at) <= second.id < earliest(MessageId, at + 1)

    assert await log.messages(start=at + 1000) == []
    assert await log.messages(end=at + 1000) == [second.id, first.id]
    assert await log.messages(before=second.id) == [first.id]
    assert await log.messages(after=first.id) == [second.id]


async def test_a_search_that_takes_long_says_how_far_it_came_and_goes_on(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "FIRST_WINDOW", 2)
    oldest = await log.came(DeliveryState.SUCCEEDED, of={"event_type": "dispute.lost"})
    for _ in range(5):
        await log.came(DeliveryState.SUCCEEDED)

    for view, filters in (
        (logs.message_page, {"event_type": "dispute.lost"}),
        (logs.attempt_page, {"event_type": "dispute.lost", "endpoint_id": log.desk.id}),
        (logs.message_page, {"event_type": "dispute.lost", "endpoint_id": log.shop.id}),
        (logs.attempt_page, {"event_type": "dispute.lost"}),
    ):
        found, steps, before = [], 0, ""
        while True:
            search = LogSearch(log.source.id, **filters, before=before)  # type: ignore[arg-type]
            part = await log.store.read(lambda tx, view=view, search=search: view(tx, search, budget_seconds=0))  # type: ignore[misc]
            found += part.rows
            steps += 1
            if part.searched_to is None:
                break
            before = part.searched_to
        assert {getattr(row, "message_id", row.id) for row in found} == {oldest.id}
        assert steps <= 4


async def test_a_message_with_many_deliveries_shows_the_matching_one_first(log: Log) -> None:
    many: Sequence[Endpoint] = [an_endpoint(log.source, description=f"No. {number}") for number in range(12)]
    await log.store.write(lambda tx: [endpoints.insert(tx, endpoint) for endpoint in many])
    message = await log.came()

    def shown(tx: Transaction, **filters: Any) -> log_deliveries.OnTheWay:
        return log_deliveries.of_messages(tx, [message.id], LogSearch(log.source.id, **filters))[message.id]

    plain = await log.store.read(shown)
    last = await log.store.read(lambda tx: shown(tx, endpoint_id=many[-1].id))

    assert plain.count == last.count == 13
    assert len(plain.shown) == len(last.shown) == log_deliveries.MAX_SHOWN
    assert last.shown[0].endpoint_id == many[-1].id


async def test_the_delivery_that_needs_a_person_comes_before_those_that_succeeded(log: Log) -> None:
    message = await log.came(DeliveryState.SUCCEEDED)
    (late,) = await log.store.read(lambda tx: logs_of(tx, log, message))
    retried = replace(late, id=mint(DeliveryId), endpoint_id=log.desk.id, state=DeliveryState.FAILED)

    assert log_deliveries._matching_first([late, retried], LogSearch(log.source.id)) == [retried, late]
    shop = LogSearch(log.source.id, endpoint_id=log.shop.id)
    assert log_deliveries._matching_first([retried, late], shop) == [late, retried]


def logs_of(tx: Transaction, log: Log, message: Message) -> Sequence[Delivery]:
    return log_deliveries.of_messages(tx, [message.id], LogSearch(log.source.id))[message.id].shown
