"""Matches of a quiet source behind very many of a busy one are found: at once, or by going on where it was cut off."""

import json
import random
from collections.abc import Sequence
from typing import Any

import pytest
from builders import a_message, a_source, an_attempt, an_endpoint

from server.domain.ids import MessageId
from server.domain.messages import Message
from server.domain.sources import Source
from server.store import Store, attempts, endpoints, logs, messages, search, search_terms, sources
from server.store.log_search import LogSearch
from server.store.rows import insert
from server.store.schema import attempts as attempts_table

QUIET, BUSY = a_source(), a_source()
ENDPOINT = an_endpoint(QUIET)
TERM = "cus_shared"


def a_payment(source: Source, number: int, **changes: Any) -> Message:
    data = {"payment_id": f"pay_{number:06d}", "customer": {"customer_id": TERM}}
    body = json.dumps({"type": "payment.succeeded", "data": data}).encode()
    id = MessageId(f"msg_01B{number:023d}")
    return a_message(source, id=id, event_type="payment.succeeded", body=body, **changes)


@pytest.fixture
async def filled(each_store: Store, monkeypatch: pytest.MonkeyPatch) -> tuple[Store, list[MessageId]]:
    """A store with several segments, and the quiet source's messages in it, newest first."""
    monkeypatch.setattr(search, "FIRST_LOOKED", 5)
    monkeypatch.setattr(search, "MAX_LOOKED", 8)
    dice = random.Random(7)
    numbers = list(range(160))
    quiet = {0, 1, 3, *dice.sample(numbers[4:120], 20)}
    every = [a_payment(QUIET if number in quiet else BUSY, number) for number in numbers]
    late = [one for one in every if dice.random() < 0.1]  # their ids are older than the segment that they come into
    in_time = [one for one in every if one not in late]

    async def receive(came: Sequence[Message]) -> None:
        await each_store.write(lambda tx: messages.receive(tx, came))
        await each_store.write(lambda tx: search_terms.move(tx, MessageId(search_terms.ALL)))

    await each_store.write(lambda tx: [sources.insert(tx, one) for one in (QUIET, BUSY)])
    await each_store.write(lambda tx: endpoints.insert(tx, ENDPOINT))
    sizes = [3, 40, 1, 17, 30, 12]
    for size in sizes:
        part, in_time = in_time[:size], in_time[size:]
        await receive(part)
    await receive(late)
    await each_store.write(lambda tx: messages.receive(tx, in_time))  # not moved into a segment yet
    return each_store, [one.id for one in reversed(every) if one.source_id == QUIET.id]


@pytest.mark.parametrize("text", [TERM, TERM[:7]])
async def test_with_time_all_are_found(filled: tuple[Store, list[MessageId]], text: str) -> None:
    store, wanted = filled
    found = await store.read(lambda tx: search.find(tx, QUIET.id, text, until=float("inf")))
    assert list(found.message_ids) == wanted and not found.searched_to


@pytest.mark.parametrize("text", [TERM, TERM[:7]])
@pytest.mark.parametrize("limit", [None, 4])
async def test_without_time_each_search_says_where_to_go_on(
    filled: tuple[Store, list[MessageId]], text: str, limit: int | None
) -> None:
    store, wanted = filled
    before, found, parts = "", [], 0
    while before or not parts:
        part = await store.read(
            lambda tx: search.find(tx, QUIET.id, text, before=before, limit=limit, until=0.0)  # noqa: B023
        )
        assert not part.searched_to or not before or part.searched_to < before, "it comes further each time"
        found += part.message_ids
        before, parts = part.searched_to, parts + 1
    assert found == wanted
    assert parts > 3


@pytest.mark.parametrize("most", [50, 7])
async def test_the_log_goes_on_where_it_was_cut_off(filled: tuple[Store, list[MessageId]], most: int) -> None:
    store, wanted = filled
    before, found, cut_off = "", [], False
    while True:
        asked = LogSearch(QUIET.id, text=TERM, before=before)
        part = await store.read(lambda tx: logs.message_page(tx, asked, most, budget_seconds=0.0))  # noqa: B023
        found += [row.id for row in part.rows]
        cut_off = cut_off or part.searched_to is not None
        before = part.rows[-1].id if len(part.rows) == most else part.searched_to or ""
        if not before:
            break
    assert found == wanted
    assert cut_off


async def test_attempts_have_a_second_page_and_go_on(filled: tuple[Store, list[MessageId]]) -> None:
    store, wanted = filled
    on_the_way = await store.read(lambda tx: messages.of_messages(tx, wanted))
    rows = []
    for id in wanted:
        message = await store.read(lambda tx, id=id: messages.get(tx, id))  # type: ignore[misc]
        assert message
        made = an_attempt(message, on_the_way[id][0].id, ENDPOINT, id=id.replace("msg_", "att_"))
        rows.append(attempts.columns(made))
    await store.write(lambda tx: insert(tx, attempts_table, rows))
    before, found = "", []
    while True:
        asked = LogSearch(QUIET.id, text=TERM, before=before)
        part = await store.read(lambda tx: logs.attempt_page(tx, asked, 7, budget_seconds=0.0))  # noqa: B023
        found += [row.message_id for row in part.rows]
        before = part.rows[-1].id if len(part.rows) == 7 else part.searched_to or ""
        if not before:
            break
    assert found == wanted


async def test_a_few_are_found_at_once_among_very_many(filled: tuple[Store, list[MessageId]]) -> None:
    store, _ = filled
    newest = await store.read(lambda tx: search.find(tx, BUSY.id, TERM, limit=4, until=float("inf")))
    assert len(newest.message_ids) == 4 and newest.searched_to
