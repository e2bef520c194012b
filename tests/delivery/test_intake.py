"""An event is taken in when it is genuine, readable and kept; nothing that is sent makes the intake raise."""

import json
import sqlite3
import time
from contextlib import closing

import pytest
from builders import SECRET, a_source, an_endpoint
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.delivery.configuration import Configuration
from server.delivery.feed import Changed, Feed
from server.delivery.intake import LARGE, Accepted, Duplicate, Intake, Rejected, look_at
from server.domain.conditions import Condition, Filter, Operator
from server.domain.signing import new_secret, sign
from server.domain.sources import IntakeRefusal
from server.store import Busy, Store, database, deliveries, endpoints, messages, sources
from server.store.messages import EndpointFilter

BODY = b'{"type":"payment.succeeded","data":{"a":1.10}}'


class Bell:
    """Counts how often the worker was told of deliveries."""

    def __init__(self):
        self.rung = 0

    def lease(self):
        return None

    def take(self, lease, message, received):
        if received and received.endpoints:
            self.rung += 1


@pytest.fixture
def bell():
    return Bell()


@pytest.fixture
async def intake(store, bell):
    return Intake(store, Configuration(store), bell, Feed(), max_body=1024, timeout=1)


@pytest.fixture
async def source(store):
    kept = a_source()
    await store.write(lambda tx: sources.insert(tx, kept))
    return kept


def headers(body, webhook_id="evt_1", secret=SECRET):
    now = int(time.time())
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(now),
        "webhook-signature": sign(secret, webhook_id, now, body),
    }


async def refusals(store, source):
    found = await store.read(lambda tx: sources.refused(tx, source.id))
    return {reason: counted.count for reason, counted in found.items()}


async def test_a_good_event_is_kept_with_a_delivery_for_each_endpoint(intake, store, source, bell):
    endpoint = an_endpoint(source)
    await store.write(lambda tx: endpoints.insert(tx, endpoint))
    result = await intake.accept(source.token, headers(BODY), BODY)
    assert isinstance(result, Accepted)
    message = await store.read(lambda tx: messages.get(tx, result.message_id))
    assert (message.body, message.event_type, message.webhook_id) == (BODY, "payment.succeeded", "evt_1")
    assert await store.read(lambda tx: deliveries.waiting(tx, endpoint.id)) == 1
    assert bell.rung == 1


async def test_an_event_that_nobody_listens_to_is_kept_too(intake, source, bell):
    assert isinstance(await intake.accept(source.token, headers(BODY), BODY), Accepted)
    assert bell.rung == 0


async def test_a_repeated_id_is_a_duplicate_and_no_new_delivery(intake, store, source):
    endpoint = an_endpoint(source)
    await store.write(lambda tx: endpoints.insert(tx, endpoint))
    first = await intake.accept(source.token, headers(BODY), BODY)
    assert await intake.accept(source.token, headers(BODY), BODY) == Duplicate(first.message_id)
    assert await store.read(lambda tx: deliveries.waiting(tx, endpoint.id)) == 1


@pytest.mark.parametrize("padding", [0, LARGE], ids=["small", "large"])
async def test_filters_decide_whether_known_before_or_not(intake, store, source, padding):
    def of(currency):
        return json.dumps({"type": "a.b", "data": {"currency": currency, "note": "x" * padding}}).encode()

    async def sent_to(currency, webhook_id):
        body = of(currency)
        result = await intake.accept(source.token, headers(body, webhook_id), body)
        found = await store.read(lambda tx: messages.of_messages(tx, [result.message_id]))
        return {delivery.endpoint_id for delivery in found.get(result.message_id, ())}

    euros, others = (
        an_endpoint(source, conditions=(Condition("data.currency", kind, "EUR"),))
        for kind in (Operator.EQUALS, Operator.DIFFERS)
    )
    await store.write(lambda tx: endpoints.insert(tx, euros))
    assert await sent_to("EUR", "evt_1") == {euros.id}
    assert await sent_to("USD", "evt_2") == set()
    await store.write(lambda tx: endpoints.insert(tx, others))  # the intake may not know it yet
    assert await sent_to("EUR", "evt_3") == {euros.id}
    assert await sent_to("USD", "evt_4") == {others.id}


def test_a_filter_for_other_types_is_not_asked():
    never = EndpointFilter(frozenset({"x.y"}), "never", Filter([Condition("data", Operator.EXISTS, "")]))
    always = EndpointFilter(None, "always", Filter([Condition("type", Operator.EQUALS, "payment.succeeded")]))
    assert (seen := look_at(BODY, [never, always])) and seen.fits == {"always": True}


@pytest.mark.parametrize("asked", [[], [EndpointFilter(None, "any", Filter([Condition("x", Operator.EXISTS, "")]))]])
@pytest.mark.parametrize("type_text", ["1", "1.5", "null", '["a.b"]', '""', "1e400"])
def test_a_type_that_is_no_text_is_none_with_filters_and_without(asked, type_text):
    assert look_at(b'{"type":%s}' % type_text.encode(), asked) is None


async def test_open_pages_hear_of_it(store, source):
    feed = Feed()
    intake = Intake(store, Configuration(store), Bell(), feed, max_body=1024, timeout=1)
    with feed.listen() as news:
        result = await intake.accept(source.token, headers(BODY), BODY)
        assert await anext(news) == Changed(source.id, result.message_id)


async def test_a_wrong_signature_is_refused_counted_and_not_stored(intake, store, source):
    for _ in range(3):
        result = await intake.accept(source.token, headers(BODY), BODY + b" ")
        assert result == Rejected(IntakeRefusal.SIGNATURE)
    assert await refusals(store, source) == {IntakeRefusal.SIGNATURE: 3}
    assert await store.read(lambda tx: messages.page(tx, messages.Search(source.id))) == []


async def test_an_unsigned_event_is_refused(intake, source):
    assert await intake.accept(source.token, {}, BODY) == Rejected(IntakeRefusal.HEADERS)


async def test_a_source_without_a_secret_refuses_everything(intake, store):
    bare = a_source(secret=None)
    await store.write(lambda tx: sources.insert(tx, bare))
    assert await intake.accept(bare.token, headers(BODY), BODY) == Rejected(IntakeRefusal.NO_SECRET)


@pytest.mark.parametrize("token", ["nobody", "", "\x00", "é", "\ud800", "a" * 10_000])
async def test_an_unknown_address_looks_like_a_wrong_signature(intake, token):
    assert await intake.accept(token, headers(BODY), BODY) == Rejected(IntakeRefusal.SIGNATURE)
    await intake.refuse(token, IntakeRefusal.TOO_LARGE)


async def test_a_body_the_route_refused_is_counted(intake, store, source):
    await intake.refuse(source.token, IntakeRefusal.TOO_LARGE)
    assert await refusals(store, source) == {IntakeRefusal.TOO_LARGE: 1}


KEPT = {
    "lone surrogates": rb'{"type":"a.b","x":"\ud800"}',
    "NUL": rb'{"type":"a.b","x":"\u0000"}',
    "a number beyond floats": b'{"type":"a.b","x":1e400}',
    "a very long number": b'{"type":"a.b","x":' + b"9" * 100_000 + b"}",
    "duplicate keys": b'{"type":"x.y","type":"a.b"}',
    "a byte order mark": b'\xef\xbb\xbf{"type":"a.b"}',
    "a long string": b'{"type":"a.b","x":"' + b"a" * 1_000_000 + b'"}',
    "white space around": b' \r\n{"type" : "a.b"}\t',
}


@pytest.mark.parametrize("body", KEPT.values(), ids=KEPT.keys())
async def test_odd_json_is_kept_byte_for_byte(intake, store, source, body):
    result = await intake.accept(source.token, headers(body), body)
    assert isinstance(result, Accepted)
    message = await store.read(lambda tx: messages.get(tx, result.message_id))
    assert (message.body, message.event_type) == (body, "a.b")


NOT_KEPT = {
    "nothing": b"",
    "no JSON": b"type=a.b",
    "half of it": b'{"type":"a.b"',
    "more after it": b'{"type":"a.b"}{}',
    "a list": b'[{"type":"a.b"}]',
    "a string": b'"a.b"',
    "null": b"null",
    "no type": b'{"data":{}}',
    "a type that is no text": b'{"type":1}',
    "an empty type": b'{"type":""}',
    "a type with NUL": rb'{"type":"a\u0000b"}',
    "a type with half a pair": rb'{"type":"a\ud800"}',
    "a very long type": b'{"type":"' + b"a" * 129 + b'"}',
    "NaN": b'{"type":"a.b","x":NaN}',
    "invalid UTF-8": b'{"type":"a.b","x":"\xff"}',
    "UTF-16": '{"type":"a.b"}'.encode("utf-16"),
    "depth 100,000": b'{"type":"a.b","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep and unfinished": b"[" * 1_000_000,
}


@pytest.mark.parametrize("body", NOT_KEPT.values(), ids=NOT_KEPT.keys())
async def test_what_is_no_event_is_refused_and_counted(intake, store, source, body):
    assert await intake.accept(source.token, headers(body), body) == Rejected(IntakeRefusal.NOT_JSON)
    assert await refusals(store, source) == {IntakeRefusal.NOT_JSON: 1}


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.binary(max_size=200) | json_values.map(lambda value: json.dumps({"type": value}).encode()))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_body_gets_an_answer(body):
    seen = look_at(body)
    assert seen is None or 0 < len(seen.event_type.encode()) <= 4 * 128


async def test_a_refusal_that_cannot_be_counted_is_a_refusal_all_the_same(monkeypatch, sqlite_url, tmp_path):
    monkeypatch.setattr(database, "BUSY_MS", 50)
    store, source = Store.open(sqlite_url), a_source()
    await store.write(lambda tx: sources.insert(tx, source))
    intake = Intake(store, Configuration(store), Bell(), Feed(), max_body=1024, timeout=1)
    with closing(sqlite3.connect(tmp_path / "hookbench.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert await intake.accept(source.token, {}, BODY) == Rejected(IntakeRefusal.HEADERS)
        with pytest.raises(Busy):
            await intake.accept(source.token, headers(BODY), BODY)
    assert isinstance(await intake.accept(source.token, headers(BODY), BODY), Accepted)
    store.close()


async def test_the_missing_headers_of_a_refused_request_are_kept(intake, store, source):
    signed = headers(BODY)
    del signed["webhook-signature"]
    await intake.accept(source.token, signed | {"webhook-timestamp": "soon"}, BODY)
    found = await store.read(lambda tx: sources.refused(tx, source.id))
    assert found[IntakeRefusal.HEADERS].detail == "webhook-timestamp webhook-signature"


async def test_a_signature_for_another_source_names_that_source(intake, store, source):
    other = a_source(secret=new_secret())
    await store.write(lambda tx: sources.insert(tx, other))
    await intake.accept(source.token, headers(BODY, secret=other.secret), BODY)
    found = await store.read(lambda tx: sources.refused(tx, source.id))
    assert found[IntakeRefusal.SIGNATURE].detail == other.id
    await intake.accept(source.token, headers(BODY, secret=other.secret), BODY)  # within a second: not compared again
    again = await store.read(lambda tx: sources.refused(tx, source.id))
    assert (again[IntakeRefusal.SIGNATURE].count, again[IntakeRefusal.SIGNATURE].detail) == (2, "")


async def test_a_refusal_is_told_to_pages_that_wait_for_it(store, source):
    feed = Feed()
    intake = Intake(store, Configuration(store), Bell(), feed, max_body=1024, timeout=1)
    with feed.watch(source.id, [f"refusals:{source.id}", f"source:{source.id}"], "ada") as watcher:
        await intake.accept(source.token, {}, BODY)
        assert await watcher.told(1, 0) == {f"refusals:{source.id}"}
