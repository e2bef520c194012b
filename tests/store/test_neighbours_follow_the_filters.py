"""The older and the newer row of a message are those that the log's filters list, on both databases."""

import json
from typing import Any

import pytest
from builders import NOW, a_message, a_source, an_attempt, an_endpoint

from server.domain.ids import MessageId, earliest
from server.domain.messages import AttemptOutcome
from server.store import Store, Transaction, attempts, endpoints, log_neighbours, messages, sources
from server.store.log_neighbours import Neighbour, neighbours
from server.store.log_search import LogSearch

KINDS = ["refund.failed", "a.b", "a.b", "refund.failed", "a.b", "refund.failed", "a.b"]


@pytest.mark.parametrize("window", [1, 256])
async def test_of_messages_and_of_attempts(each_store: Store, monkeypatch: pytest.MonkeyPatch, window: int) -> None:
    monkeypatch.setattr(log_neighbours, "FIRST_WINDOW", window)
    source = a_source()
    endpoint = an_endpoint(source)
    came = []
    for number, kind in enumerate(KINDS):
        id = MessageId(f"{earliest(MessageId, NOW + number)}{number:016d}")
        currency = "EUR" if number % 3 == 0 else "USD"
        body = json.dumps({"data": {"total_amount": 1, "currency": currency}}).encode()
        came.append(a_message(source, id=id, event_type=kind, body=body))
    tried: list[Any] = []

    def keep(tx: Transaction) -> None:
        sources.insert(tx, source)
        endpoints.insert(tx, endpoint)
        messages.receive(tx, came)
        for message in came:
            [delivery] = messages.of_messages(tx, [message.id])[message.id]
            outcome = AttemptOutcome.REJECTED if message.event_type == "refund.failed" else AttemptOutcome.SUCCEEDED
            tried.append(an_attempt(message, delivery.id, endpoint, outcome=outcome))
            attempts.add(tx, [tried[-1]])

    await each_store.write(keep)

    async def beside(number: int, *, attempt: bool = False, **filters: Any) -> list[int | None]:
        search = LogSearch(source.id, **filters)
        chosen = tried[number].id if attempt else None
        found = await each_store.read(lambda tx: neighbours(tx, search, came[number].id, chosen))
        for each in found:
            assert each is None or bool(each.attempt_id) is attempt
        return [[message.id for message in came].index(each.message_id) if each else None for each in found]

    for attempt in (False, True):
        assert await beside(3, attempt=attempt, event_type="refund.failed") == [0, 5]
        assert await beside(2, attempt=attempt, event_type="refund.failed") == [0, 3]
        assert await beside(5, attempt=attempt, event_type="refund.failed") == [3, None]
        assert await beside(0, attempt=attempt, event_type="refund.*") == [None, 3]
        assert await beside(3, attempt=attempt, text="refund.failed") == [0, 5]
        assert await beside(3, attempt=attempt, currency="EUR") == [0, 6]
        assert await beside(3, attempt=attempt, event_type="no.such") == [None, None]
        assert await beside(3, attempt=attempt, event_type="refund.*", end=1) == [None, None]
    assert await beside(3, event_type="refund.failed", end=NOW + 5) == [0, None]
    assert await beside(3, event_type="refund.failed", end=NOW + 6) == [0, 5]
    assert await beside(3, attempt=True, outcomes=(AttemptOutcome.REJECTED,)) == [0, 5]
    assert await beside(3, state="pending") == [2, 4]
    assert await beside(3, state="failed") == [None, None]
    assert Neighbour(came[0].id).attempt_id is None
