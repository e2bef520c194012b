"""The event catalog says how real events differ from it, and forgets that when asked to."""

import json

from builders import an_endpoint
from form import path_of, text_of
from site_under_test import Site

from server.domain.catalog import EVENT_TYPES
from server.domain.drift import MAX_EVENT_TYPES, fields_of
from server.store import Transaction, endpoints, observations

PAID = "payment.succeeded"
NOW = 1_790_000_000_000


async def seen(site: Site, event_type: str, body: object) -> None:
    fields = fields_of(event_type, json.dumps(body).encode())
    assert fields is not None
    await site.services.store.write(lambda tx: observations.add(tx, event_type, [fields], NOW))


async def test_nothing_is_said_before_the_first_event(site: Site) -> None:
    assert "Not in this catalog" not in (await site.get("/events")).text
    assert "No event of this type has come yet." in (await site.get(f"/events/{PAID}")).text


async def test_events_as_the_catalog_has_them(site: Site) -> None:
    await seen(site, PAID, EVENT_TYPES[PAID].sample)
    page = text_of((await site.get(f"/events/{PAID}")).text)
    assert "They have the fields and types of this schema." in page
    assert "1 event was examined" in page


async def test_new_fields_and_changed_types(site: Site) -> None:
    data = {**EVENT_TYPES[PAID].sample["data"], "total_amount": "4999", "<b>": 1, "loyalty": {"tier": "gold"}}
    await seen(site, PAID, {**EVENT_TYPES[PAID].sample, "data": data})
    page = text_of((await site.get(f"/events/{PAID}")).text)
    assert "data.loyalty.tier" in page
    assert "is string, expected integer" in page
    assert "gold" not in page
    listed = text_of((await site.get("/events")).text)
    assert "1 field has another type" in listed
    assert "2 new fields" in listed


async def test_unknown_event_types_are_listed_and_forgotten(site: Site) -> None:
    await seen(site, "<invoice>.sent", {"a": 1})
    page = (await site.get("/events")).text
    assert "Not in this catalog" in page and "&lt;invoice&gt;.sent" in page and "<invoice>" not in page
    answer = await site.post("/events/forget", {"event_type": "<invoice>.sent"})
    assert path_of(answer) == "/test/events"
    assert "Not in this catalog" not in (await site.get("/events")).text
    answer = await site.post("/events/forget", {"event_type": PAID})
    assert path_of(answer) == f"/test/events/{PAID}"


async def test_the_editor_says_what_differs_in_its_event_types(site: Site) -> None:
    endpoint = an_endpoint(site.source, "function handler(w) { return w }", event_types=frozenset({PAID}))
    other = an_endpoint(site.source, "function handler(w) { return w }", event_types=frozenset({"refund.failed"}))
    for each in (endpoint, other):
        await site.services.store.write(lambda tx, each=each: endpoints.insert(tx, each))
    data = {**EVENT_TYPES[PAID].sample["data"], "tax": "1", "loyalty": 1}
    await seen(site, PAID, {**EVENT_TYPES[PAID].sample, "data": data})
    await seen(site, "invoice.sent", {"a": 1})
    page = text_of((await site.get(f"/endpoints/{endpoint.id}/transformation")).text)
    assert "Real events differ from the event catalog: payment.succeeded 1 field has another type 1 new field" in page
    assert "New event type" not in page
    page = text_of((await site.get(f"/endpoints/{other.id}/transformation")).text)
    assert "Real events differ" not in page
    types = (await site.get(f"/endpoints/{endpoint.id}/types.d.ts")).text
    assert "loyalty?: number" in types


async def test_the_editor_names_new_event_types(site: Site) -> None:
    endpoint = an_endpoint(site.source, "function handler(w) { return w }")
    await site.services.store.write(lambda tx: endpoints.insert(tx, endpoint))
    await seen(site, "invoice.sent", {"a": 1})
    page = text_of((await site.get(f"/endpoints/{endpoint.id}/transformation")).text)
    assert "Real events differ from the event catalog: invoice.sent New event type" in page


async def test_many_unknown_event_types_are_bounded(site: Site) -> None:
    def many(tx: Transaction) -> None:
        for number in range(MAX_EVENT_TYPES + 1):
            observations.add(tx, f"new.{number}", [{}], NOW)

    await site.services.store.write(many)
    assert (await site.get("/events")).text.count("New event type") == MAX_EVENT_TYPES
