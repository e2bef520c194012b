"""What a text stands for is the same on every page of a list, and the newest matches of many are found."""

import json
from dataclasses import replace

import pytest
from builders import a_message, a_source, an_attempt, an_endpoint

from server.domain.ids import AttemptId, MessageId
from server.domain.messages import Message
from server.domain.sources import Source
from server.store import Store, attempts, endpoints, logs, messages, search, search_terms, search_text, sources
from server.store.log_search import LogSearch

ACME = "Acme CRM"
MOMENT = 0.0
"""A budget in which only one look is made."""


def an_order(source: Source, order: str, **changes: str) -> Message:
    data = {"payment_id": "pay_x", "metadata": {"order_id": order}}
    return a_message(source, body=json.dumps({"type": "payment.succeeded", "data": data}).encode(), **changes)


async def opened(store: Store) -> Source:
    """A source with an endpoint of a name that orders begin with too."""
    source = a_source()
    endpoint = an_endpoint(source, name=ACME)
    await store.write(lambda tx: (sources.insert(tx, source), endpoints.insert(tx, endpoint)))
    return source


async def receive(store: Store, *came: Message) -> list[MessageId]:
    """Their ids, newest first."""
    await store.write(lambda tx: messages.receive(tx, came))
    return [one.id for one in reversed(came)]


async def listed(store: Store, search: LogSearch, most: int, budget_seconds: float = 5.0) -> list[MessageId]:
    """All pages of the list."""
    found: list[MessageId] = []
    while True:
        page = await store.read(lambda tx: logs.message_page(tx, search, most, budget_seconds))  # noqa: B023
        found += [row.id for row in page.rows]
        before = page.rows[-1].id if len(page.rows) == most else page.searched_to
        if not before:
            return found
        search = replace(search, before=before)


async def test_a_text_does_not_become_an_endpoint_after_its_last_match(each_store: Store) -> None:
    source = await opened(each_store)
    await receive(each_store, *[an_order(source, "other") for _ in range(5)])
    orders = await receive(each_store, *[an_order(source, f"acme-{n}") for n in range(6)])
    assert await listed(each_store, LogSearch(source.id, text="acme"), 3) == orders
    assert await listed(each_store, LogSearch(source.id, text="acme"), 6) == orders


async def test_a_text_that_no_message_has_is_the_endpoint_on_each_page(each_store: Store) -> None:
    source = await opened(each_store)
    came = await receive(each_store, *[an_order(source, "other") for _ in range(7)])
    assert await listed(each_store, LogSearch(source.id, text="acme"), 3) == came


async def test_a_search_that_is_cut_off_goes_on_and_is_no_endpoint(
    each_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "FIRST_LOOKED", 5)
    monkeypatch.setattr(search, "MAX_LOOKED", 8)
    source, busy = await opened(each_store), await opened(each_store)
    [wanted] = await receive(each_store, an_order(source, "acme-77"))
    for _ in range(4):
        await receive(each_store, *[an_order(busy, f"acme-{n}") for n in range(20)])
        await each_store.write(lambda tx: search_terms.move(tx, search_terms.ALL))
    await receive(each_store, *[an_order(source, "other") for _ in range(3)])
    first = await each_store.read(
        lambda tx: logs.message_page(tx, LogSearch(source.id, text="acme"), 50, budget_seconds=MOMENT)
    )
    assert not first.rows and first.searched_to
    assert await listed(each_store, LogSearch(source.id, text="acme"), 50, MOMENT) == [wanted]


async def test_a_whole_term_does_not_become_a_beginning(each_store: Store) -> None:
    source = await opened(each_store)
    await receive(each_store, *[an_order(source, f"order-1{n}") for n in range(4)])
    whole = await receive(each_store, *[an_order(source, "order-1") for _ in range(4)])
    assert await listed(each_store, LogSearch(source.id, text="order-1"), 2) == whole
    assert len(await listed(each_store, LogSearch(source.id, text="order-"), 3)) == 8


async def test_the_newest_of_many_with_a_beginning_are_found(
    each_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MAX_FOUND", 10)
    monkeypatch.setattr(search, "NEWEST", 15)
    monkeypatch.setattr(search, "MAX_LOOKED", 30)
    quiet, busy = await opened(each_store), await opened(each_store)
    # Their webhook ids count down, so their order is not the one in which they came.
    came = await receive(each_store, *[an_order(busy, "a", webhook_id=f"evt_{99 - n:03}") for n in range(25)])
    mine = await receive(each_store, an_order(quiet, "b", webhook_id="evt_x"))
    for text in ("evt_", "msg_0"):
        found = await each_store.read(lambda tx: search.find(tx, busy.id, text, limit=4))  # noqa: B023
        assert list(found.message_ids) == came[:4], text
        assert found.searched_to == came[3]
    [delivery] = (await each_store.read(lambda tx: messages.of_messages(tx, mine)))[mine[0]]
    for text in ("dlv_0", delivery.id[:8], delivery.id):
        found = await each_store.read(lambda tx: search.find(tx, quiet.id, text))  # noqa: B023
        assert list(found.message_ids) == mine, text


async def test_a_search_for_many_ids_goes_on_to_the_last(each_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MAX_FOUND", 10)
    monkeypatch.setattr(search, "NEWEST", 15)
    monkeypatch.setattr(search, "MAX_LOOKED", 12)
    source = await opened(each_store)
    came = await receive(each_store, *[an_order(source, "a", webhook_id=f"evt_{99 - n:03}") for n in range(40)])
    for text in ("evt_", "msg_0", "dlv_0"):
        before, found = "", list[MessageId]()
        while before or not found:
            part = await each_store.read(lambda tx: search.find(tx, source.id, text, before=before))  # noqa: B023
            found += part.message_ids
            before = part.searched_to
            if not before:
                break
        assert found == came, text


async def test_the_newest_messages_with_a_word_are_found(each_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_text, "NEWEST", 20)
    monkeypatch.setattr(search_text, "NEWER", 60)
    monkeypatch.setattr(search_text, "ENOUGH", 6)
    source = a_source()
    await each_store.write(lambda tx: sources.insert(tx, source))
    came = [a_message(source) for _ in range(140)]
    words = {one.id: ["alpha"] if number < 100 or number % 10 == 0 else ["beta"] for number, one in enumerate(came)}
    await each_store.write(lambda tx: messages.receive(tx, came))
    await each_store.write(lambda tx: (search_text.build(tx), search_text.add(tx, words.items())))
    wanted = [one.id for one in reversed(came) if words[one.id] == ["alpha"]]
    before, found = "", list[MessageId]()
    while True:
        part = await each_store.read(lambda tx: search_text.find(tx, "alpha", before, 30))  # noqa: B023
        found += sorted((id for id in part.ids if id >= part.searched_to), reverse=True)
        before = part.searched_to
        if not before:
            break
    assert found == wanted


@pytest.mark.parametrize(("most_messages", "most_ids_read"), [(5_000, 25_000), (10, 25_000), (5_000, 5)])
async def test_a_late_retry_of_an_old_message_is_listed_first(
    each_store: Store, monkeypatch: pytest.MonkeyPatch, most_messages: int, most_ids_read: int
) -> None:
    monkeypatch.setattr(search, "MAX_FOUND", 10)
    monkeypatch.setattr(logs, "MAX_EVERY", most_messages)
    monkeypatch.setattr(logs, "MAX_ATTEMPTS", most_ids_read)
    monkeypatch.setattr(logs, "IDS_AT_ONCE", 4)
    source = a_source()
    endpoint = an_endpoint(source)
    await each_store.write(lambda tx: (sources.insert(tx, source), endpoints.insert(tx, endpoint)))
    came = [an_order(source, "order-1") for _ in range(30)]
    ids = await receive(each_store, *came)
    ways = await each_store.read(lambda tx: messages.of_messages(tx, ids))
    made = [an_attempt(one, ways[one.id][0].id, endpoint, id=one.id.replace("msg_", "att_")) for one in came]
    late = an_attempt(came[0], ways[came[0].id][0].id, endpoint, number=2)
    await each_store.write(lambda tx: attempts.add(tx, [*made, late]))

    asked, found = LogSearch(source.id, text="order-1"), list[AttemptId]()
    while True:
        page = await each_store.read(lambda tx: logs.attempt_page(tx, asked, 7, budget_seconds=5))  # noqa: B023
        found += [row.id for row in page.rows]
        before = page.rows[-1].id if len(page.rows) == 7 else page.searched_to
        if not before:
            break
        asked = replace(asked, before=before)
    expected = [each.id for each in reversed(made)]
    looks_at_all = most_messages > len(came) and most_ids_read > len(made)
    assert found == ([late.id, *expected] if looks_at_all else expected)
