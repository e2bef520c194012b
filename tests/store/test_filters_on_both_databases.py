"""A filter keeps events from its endpoint: by what was said of it ahead, or else by what the writer sees."""

from dataclasses import replace
from typing import Any

import pytest
from builders import a_message, a_source, an_endpoint

from server.domain.conditions import Condition, Operator
from server.domain.endpoints import Endpoint
from server.domain.payloads import Payload
from server.store import Store, endpoints, messages, sources

SOURCE = a_source()
EURO, DOLLAR = (Condition("data.currency", Operator.EQUALS, code) for code in ("EUR", "USD"))


@pytest.fixture
async def store(each_store: Store) -> Store:
    await each_store.write(lambda tx: sources.insert(tx, SOURCE))
    return each_store


async def kept(store: Store, *conditions: Condition, **changes: Any) -> Endpoint:
    endpoint = an_endpoint(SOURCE, conditions=conditions, **changes)
    await store.write(lambda tx: endpoints.insert(tx, endpoint))
    return endpoint


async def sent_to(store: Store, body: bytes, fits: dict[str, bool] | None = None) -> set[str]:
    message = a_message(SOURCE, body=body)
    received: messages.Received = await store.batch(
        messages.receive, message if fits is None else messages.FilteredMessage(message, fits)
    )
    return set(received.endpoints)


async def asked(store: Store) -> list[messages.EndpointFilter]:
    found: dict[Any, list[messages.EndpointFilter]] = await store.read(messages.filters)
    assert set(found) <= {SOURCE.id}
    return found.get(SOURCE.id, [])


async def test_only_endpoints_whose_filter_holds_get_a_delivery(store: Store) -> None:
    everything = (await kept(store)).id
    euros = (await kept(store, EURO)).id
    large_euros = (await kept(store, EURO, Condition("data.amount", Operator.ABOVE, "1000"))).id

    assert await sent_to(store, b'{"data":{"currency":"EUR","amount":5}}') == {everything, euros}
    assert await sent_to(store, b'{"data":{"currency":"EUR","amount":1e400}}') == {everything, euros, large_euros}
    assert await sent_to(store, b'{"data":{"currency":"USD","amount":5000}}') == {everything}
    assert await sent_to(store, b"[" * 100_000) == {everything}


async def test_what_was_said_ahead_is_believed_and_what_was_not_said_is_looked_at(store: Store) -> None:
    euros, dollars = (await kept(store, EURO)).id, (await kept(store, DOLLAR)).id
    [said_of_euros] = [one.text for one in await asked(store) if "EUR" in one.text]

    assert await sent_to(store, b'{"data":{"currency":"EUR"}}', {}) == {euros}
    assert await sent_to(store, b'{"data":{"currency":"USD"}}', {said_of_euros: True}) == {euros, dollars}
    assert await sent_to(store, b'{"data":{"currency":"EUR"}}', {said_of_euros: False}) == set()


async def test_a_filter_that_was_changed_meanwhile_is_looked_at_anew(store: Store) -> None:
    endpoint = await kept(store, EURO)
    [before] = await asked(store)

    await store.write(lambda tx: endpoints.change(tx, replace(endpoint, conditions=(DOLLAR,))))

    assert await sent_to(store, b'{"data":{"currency":"EUR"}}', {before.text: True}) == set()
    assert await sent_to(store, b'{"data":{"currency":"USD"}}', {before.text: False}) == {endpoint.id}


async def test_what_is_asked_is_by_enabled_endpoints_and_each_once(store: Store) -> None:
    await kept(store)
    await kept(store, DOLLAR, disabled=True)
    for event_types in (None, None, frozenset({"a.b"})):
        await kept(store, EURO, event_types=event_types)

    found = await asked(store)

    assert len(found) == 2
    assert {one.event_types for one in found} == {None, frozenset({"a.b"})}
    assert all(one.filter.fits(Payload(b'{"data":{"currency":"EUR"}}')) for one in found)
