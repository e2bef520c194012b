"""Words anywhere in payloads are found while full text is on, on both databases."""

import json
import time

import pytest
from builders import a_message, a_source
from sqlalchemy import delete, text

from server.delivery import search_index
from server.delivery.retention import DAY_MS, Retention
from server.delivery.search_index import SearchIndex
from server.domain.payloads import Payload
from server.domain.search_terms import SearchSettings
from server.domain.search_words import MAX_WORDS, phrases_of, words_of
from server.store import Store, messages, options, search, search_text, source_contents, sources


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    for name in ("MIN_PAUSE_SECONDS", "PAUSE_FACTOR", "SETTLED_MS"):
        monkeypatch.setattr(search_index, name, -1 if name == "SETTLED_MS" else 0)
    monkeypatch.setattr(search_index, "TEXTS_IN_STEP", 3)


def noted(source, note, **changes):
    body = json.dumps({"type": "a.b", "data": {"note": note, "n": 4711}}).encode()
    return a_message(source, body=body, event_type="a.b", **changes)


NOTES = [
    "Call Mira Lindqvist back",
    "mira@northwind.example",
    "退款 申请 订单",
    "nul \x00 and \ud800",
    "Mira, later",
    "x" * 90,
]


async def with_notes(store):
    source = a_source()
    came = [noted(source, note) for note in NOTES]
    await store.write(lambda tx: sources.insert(tx, source))
    await store.write(lambda tx: messages.receive(tx, came))
    return source, came


async def switch(store, on):
    await store.write(lambda tx: options.set_search_settings(tx, SearchSettings(full_text=on), 1))
    await SearchIndex(store).tidy()


async def found(store, source, text):
    return list(reversed((await store.read(lambda tx: search.find(tx, source.id, text))).message_ids))


async def test_words_are_found_while_it_is_on(each_store: Store):
    source, came = await with_notes(each_store)
    assert await found(each_store, source, "lindqvist") == []
    await switch(each_store, True)
    ids = [message.id for message in came]
    assert await found(each_store, source, "lindqvist") == [ids[0]]
    assert await found(each_store, source, "MIRA") == [ids[0], ids[1], ids[4]]
    assert await found(each_store, source, "back mira") == [ids[0]]
    assert await found(each_store, source, "lindq") == [ids[0]]
    assert await found(each_store, source, "northwind.example") == [ids[1]]
    assert await found(each_store, source, "example.northwind") == []
    assert await found(each_store, source, "退款") == [ids[2]]
    assert await found(each_store, source, "4711") == ids
    for odd in ("'", '"', "*", "a:b", "NEAR(", "-x", "( ) & | !"):
        await found(each_store, source, odd)

    later = noted(source, "Mira again")
    await each_store.write(lambda tx: messages.receive(tx, [later]))
    await SearchIndex(each_store).tidy()
    assert await found(each_store, source, "again") == [later.id]

    await switch(each_store, False)
    assert await found(each_store, source, "lindqvist") == []
    assert not await each_store.read(search_text.exists)
    await switch(each_store, True)
    assert await found(each_store, source, "again") == [later.id]


async def test_it_is_dropped_bit_by_bit_and_built_anew_when_wanted_again(each_store: Store, monkeypatch):
    monkeypatch.setattr(search_index, "ROWS_DROPPED_IN_STEP", 2)
    source, came = await with_notes(each_store)
    await switch(each_store, True)
    await each_store.write(lambda tx: options.set_search_settings(tx, SearchSettings(full_text=False), 1))
    index, steps = SearchIndex(each_store), 0
    while await index._step():
        steps += 1
        assert await found(each_store, source, "lindqvist") == []
        await Retention(each_store, 1).clean(1)
        if steps == 2:
            half = await each_store.read(search_text.exists)
    assert half == (each_store.dialect == "sqlite")
    assert not await each_store.read(search_text.exists)

    await switch(each_store, True)
    await each_store.write(lambda tx: options.set_search_text(tx, None, 1))  # switched off and on again
    await SearchIndex(each_store).tidy()
    assert await found(each_store, source, "lindqvist") == [came[0].id]


async def test_words_go_with_their_messages(each_store: Store):
    await with_notes(each_store)
    await switch(each_store, True)
    await each_store.write(lambda tx: tx.execute(delete(messages.deliveries)))
    await Retention(each_store, 1).clean(time.time_ns() // 1_000_000 + 2 * DAY_MS)
    left = await each_store.read(lambda tx: search_text.find(tx, "mira", "", 10).ids)
    assert left == set()


async def test_a_common_word_is_found_in_the_newest_messages(each_store: Store, monkeypatch):
    monkeypatch.setattr(search_text, "ENOUGH", 2)
    monkeypatch.setattr(search_text, "NEWEST", 3)
    _, came = await with_notes(each_store)
    await switch(each_store, True)
    two = await each_store.read(lambda tx: search_text.find(tx, "4711", came[5].id, 2).ids)
    assert two <= {message.id for message in came[2:5]} and len(two) == 2


def test_words_are_bounded():
    assert len(words_of(Payload(json.dumps({"a": ["w " * 9_000] * 3}).encode()))) == MAX_WORDS
    assert words_of(Payload(b"\xff")) == []
    assert phrases_of("a.b  c ---") == [["a", "b"], ["c"]]


def test_numbers_of_messages_grow_with_their_time():
    ids = [a_message(a_source()).id for _ in range(50)]
    assert sorted({search_text.number_of(each) for each in ids}) == [search_text.number_of(each) for each in ids]


async def test_the_words_of_a_removed_source_go_with_it(each_store: Store):
    demo, came = await with_notes(each_store)
    _, stays = await with_notes(each_store)
    await switch(each_store, True)
    late = [(came[0].id, ["late"])]

    def remove(tx):
        source_contents.erase(tx, demo.id)
        search_text.add(tx, late)  # by a step that had read its body before

    await each_store.write(remove)
    texts = await each_store.read(lambda tx: tx.execute(text("SELECT message_id FROM search_texts")).scalars().all())
    assert set(texts) <= {each.id for each in stays} and texts
    for word in ("lindqvist", "late"):
        ids = await each_store.read(lambda tx, word=word: search_text.find(tx, word, "", 10).ids)
        assert ids <= {stays[0].id, stays[4].id}
    if each_store.dialect == "sqlite":
        await each_store.write(
            lambda tx: tx.execute(text("INSERT INTO search_words (search_words, rank) VALUES ('integrity-check', 1)"))
        )
