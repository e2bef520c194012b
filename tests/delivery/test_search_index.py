"""The index of search terms is kept in order in the background, on both databases."""

import json
import time

import pytest
from builders import a_message, a_source
from sqlalchemy import delete, select

from server.delivery import search_index
from server.delivery.configuration import Configuration
from server.delivery.retention import DAY_MS, Retention
from server.delivery.search_index import SearchIndex
from server.domain.ids import MessageId
from server.domain.search_terms import SearchSettings
from server.store import Store, messages, options, search, search_terms, sources
from server.store.schema import search_recent, search_segments
from server.store.schema import search_terms as terms_table


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr(search_index, "MIN_PAUSE_SECONDS", 0)
    monkeypatch.setattr(search_index, "PAUSE_FACTOR", 0)
    monkeypatch.setattr(search_index, "FRESH_SECONDS", 0)


def paid(source, number, **metadata):
    data = {"payment_id": f"pay_{number}", "metadata": metadata}
    return a_message(source, body=json.dumps({"type": "payment.succeeded", "data": data}).encode())


async def with_messages(store, count, **metadata):
    source = a_source()
    came = [paid(source, number, **metadata) for number in range(count)]
    await store.write(lambda tx: sources.insert(tx, source))
    await store.write(lambda tx: messages.receive(tx, came))
    return source, came


async def found(store, source, text):
    return list((await store.read(lambda tx: search.find(tx, source.id, text))).message_ids)


async def rows(store, table):
    return len(await store.read(lambda tx: tx.execute(select(table)).all()))


async def test_full_segments_are_moved(each_store: Store, monkeypatch):
    monkeypatch.setattr(search_terms, "SEGMENT", 10)
    source, came = await with_messages(each_store, 25)
    await SearchIndex(each_store).tidy()
    assert await rows(each_store, search_segments) == 2
    assert await rows(each_store, search_recent) == 5
    for number in (0, 9, 10, 24):
        assert await found(each_store, source, f"pay_{number}") == [came[number].id]


async def test_terms_of_any_letters_and_of_two_editions_are_stored_together(each_store: Store, monkeypatch):
    source = a_source()
    came = [paid(source, number) for number in range(4)]
    terms = (("müller@bücher.example", "北京/1"), ("it's %s {0}", "a:b?c"), (), ("😀 :x", "100%"))
    await each_store.write(lambda tx: sources.insert(tx, source))
    together = [messages.FilteredMessage(came[n], {}, terms[n], edition) for n, edition in enumerate((1, 2, 1, 2))]
    await each_store.write(lambda tx: messages.receive(tx, together))

    async def all_are_found():
        for message, each in zip(came, terms, strict=True):
            for term in each:
                assert await found(each_store, source, term) == [message.id]

    assert await rows(each_store, search_recent) == 3
    await all_are_found()
    while await each_store.write(lambda tx: search_terms.move(tx, search_terms.ALL)):
        pass
    assert [await rows(each_store, one) for one in (search_recent, search_segments)] == [0, 2]
    await all_are_found()


async def test_messages_from_before_the_index_are_indexed(each_store: Store, monkeypatch):
    monkeypatch.setattr(search_terms, "SEGMENT", 10)
    monkeypatch.setattr(search_index, "MESSAGES_IN_STEP", 4)
    source, came = await with_messages(each_store, 13)
    await each_store.write(lambda tx: tx.execute(delete(search_recent)))
    assert await found(each_store, source, "pay_3") == []
    index = SearchIndex(each_store)
    for _ in range(2):
        await index._step()  # it may be stopped after any step
    await SearchIndex(each_store).tidy()
    for number in range(13):
        assert await found(each_store, source, f"pay_{number}") == [came[number].id]
    assert await rows(each_store, terms_table) + await rows(each_store, search_recent) == 13


async def test_two_that_index_at_the_same_time_store_each_message_once(each_store: Store):
    source, came = await with_messages(each_store, 3)
    await each_store.write(lambda tx: tx.execute(delete(search_recent)))
    one, other = SearchIndex(each_store), SearchIndex(each_store)
    await one._step()
    settings, backfill = await each_store.read(search_index._standing)
    await one._index_older(settings, backfill)
    await other._index_older(settings, backfill)
    assert await rows(each_store, search_recent) == 3
    assert await found(each_store, source, "pay_1") == [came[1].id]


async def test_other_keys_of_metadata_are_found_in_older_messages_too(each_store: Store, monkeypatch):
    monkeypatch.setattr(search_terms, "SEGMENT", 10)
    source, came = await with_messages(each_store, 12, cart="c-17", order_id="o-18")
    configuration, index = Configuration(each_store), SearchIndex(each_store)
    await index.tidy()
    assert len(await found(each_store, source, "o-18")) == 12
    assert await found(each_store, source, "c-17") == []
    assert (await configuration.search_settings()).edition == 1
    changed = SearchSettings(("cart",), edition=2)
    await each_store.write(lambda tx: options.set_search_settings(tx, changed, 1))
    await index.tidy()
    assert len(await found(each_store, source, "c-17")) == 12
    assert await found(each_store, source, "o-18") == []
    assert await found(each_store, source, "pay_7") == [came[7].id]
    assert await each_store.read(lambda tx: search_terms.outdated(tx, 2)) is None
    assert await configuration.search_settings() == changed


async def test_terms_go_with_their_messages(each_store: Store, monkeypatch):
    monkeypatch.setattr(search_terms, "SEGMENT", 10)
    source, came = await with_messages(each_store, 25)
    await SearchIndex(each_store).tidy()
    await Retention(each_store, 1).clean(time.time_ns() // 1_000_000)
    assert await found(each_store, source, "pay_0") == [came[0].id]
    await each_store.write(lambda tx: tx.execute(delete(messages.deliveries)))
    await Retention(each_store, 1).clean(time.time_ns() // 1_000_000 + 2 * DAY_MS)
    assert await found(each_store, source, "pay_0") == []
    assert [await rows(each_store, one) for one in (terms_table, search_segments, search_recent)] == [0, 0, 0]


async def test_what_is_unreadable_has_no_terms(each_store: Store):
    source = a_source()
    await each_store.write(lambda tx: sources.insert(tx, source))
    await each_store.write(lambda tx: messages.receive(tx, [a_message(source, body=b"\xff{")]))
    await SearchIndex(each_store).tidy()
    assert await rows(each_store, search_recent) == 0
    assert await each_store.read(lambda tx: search_terms.move(tx, MessageId("~"))) == 0


async def test_while_typing_fewer_characters_find_the_newest(each_store: Store, monkeypatch):
    monkeypatch.setattr(search_terms, "SEGMENT", 10)
    source, came = await with_messages(each_store, 25)
    await SearchIndex(each_store).tidy()
    assert await found(each_store, source, "pay") == []
    one = await each_store.read(lambda tx: search.suggest(tx, source.id, "pay", 3))
    assert list(one.message_ids) == [message.id for message in came[:21:-1]]
    assert "payment.succeeded" in one.event_types
    assert (await each_store.read(lambda tx: search.suggest(tx, source.id, "", 3))).message_ids == ()


async def test_large_bodies_are_read_a_few_at_a_time(each_store: Store, monkeypatch):
    source, came = await with_messages(each_store, 6, note="x" * 400)
    monkeypatch.setattr(search_terms, "MAX_BYTES", 1_000)
    ids = [message.id for message in came]

    def read(tx):
        return search_terms.older(tx, "n", 10), search_terms.newer(tx, "", "n", 10)

    older, newer = await each_store.read(read)
    assert [one[0] for one in older] == ids[:3:-1]
    assert [one[0] for one in newer] == ids[:2]
    monkeypatch.setattr(search_terms, "MAX_BYTES", 10)  # one is always read
    older, newer = await each_store.read(read)
    assert ([one[0] for one in older], [one[0] for one in newer]) == (ids[-1:], ids[:1])
    await each_store.write(lambda tx: tx.execute(delete(search_recent)))
    await SearchIndex(each_store).tidy()
    assert await found(each_store, source, "pay_0") == [ids[0]]
    assert await found(each_store, source, "pay_5") == [ids[5]]
