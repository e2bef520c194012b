"""Sources, filters and endpoints in memory: our own changes show at once, another process's when they are read anew."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from builders import a_source, an_endpoint
from working import until

from server.delivery import configuration as module
from server.delivery.configuration import Configuration
from server.domain.conditions import Condition, Operator
from server.domain.endpoints import DisabledBecause
from server.domain.health import HEALTHY, Health
from server.domain.sources import Source
from server.store import Store, Transaction, deleted_endpoints, endpoints, sources

FILTER = (Condition("data.total", Operator.ABOVE, "5"),)
LONG_AGO = 1_700_000_000_000


@pytest.fixture
def never_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FRESH_SECONDS", 3_600.0)


@pytest.fixture
def two_stores(postgres_url: str) -> Iterator[tuple[Store, Store]]:
    ours, of_another_process = Store.open(postgres_url), Store.open(postgres_url)
    yield ours, of_another_process
    for store in (ours, of_another_process):
        store.close()


async def a_kept_source(store: Store) -> Source:
    source = a_source(slug="test")
    await store.write(lambda tx: sources.insert(tx, source))
    return source


async def test_a_token_is_found_and_an_unknown_one_is_not(each_store: Store) -> None:
    source = await a_kept_source(each_store)
    configuration = Configuration(each_store)
    assert await configuration.source_with_token(source.token) == source
    assert await configuration.source_with_token("nobody\x00") is None


async def test_every_change_of_ours_shows_at_once(each_store: Store, never_read_anew: None) -> None:
    configuration = Configuration(each_store)
    assert await configuration.source_with_token("first") is None
    source = a_source(token="first", slug="test")
    await each_store.write(lambda tx: sources.insert(tx, source))
    assert await configuration.source_with_token("first") == source
    await each_store.write(lambda tx: sources.set_secret(tx, source.id, None))
    assert await configuration.source_with_token("first") == replace(source, secret=None)
    await each_store.write(lambda tx: sources.set_token(tx, source.id, "second"))
    assert await configuration.source_with_token("first") is None
    assert await configuration.source_with_token("second")

    endpoint = an_endpoint(source)
    assert await configuration.endpoint(endpoint.id) is None
    assert await configuration.filters_of(source.id) == ()
    await each_store.write(lambda tx: endpoints.insert(tx, endpoint))
    assert await configuration.endpoint(endpoint.id) == endpoint
    filtered = replace(endpoint, conditions=FILTER)
    await each_store.write(lambda tx: endpoints.change(tx, filtered))
    assert await configuration.endpoint(endpoint.id) == filtered
    assert len(await configuration.filters_of(source.id)) == 1

    def fails(tx: Transaction) -> None:
        endpoints.keep_health(tx, endpoint.id, HEALTHY, Health(first_failure_at=LONG_AGO))

    await each_store.write(fails)
    known = await configuration.endpoint(endpoint.id)
    assert known and known.health.first_failure_at == LONG_AGO
    await each_store.write(lambda tx: endpoints.disable(tx, endpoint.id, DisabledBecause.GONE, LONG_AGO))
    known = await configuration.endpoint(endpoint.id)
    assert known and known.disabled
    assert await configuration.filters_of(source.id) == ()
    await each_store.write(lambda tx: deleted_endpoints.remove(tx, endpoint.id, LONG_AGO))
    assert await configuration.endpoint(endpoint.id) is None


async def test_what_fails_and_works_by_turns_does_not_have_the_filters_read_anew(
    store: Store, never_read_anew: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await a_kept_source(store)
    endpoint = an_endpoint(source, conditions=FILTER)
    await store.write(lambda tx: endpoints.insert(tx, endpoint))
    configuration = Configuration(store)
    known = await configuration.filters_of(source.id)
    await store.write(lambda tx: endpoints.keep_health(tx, endpoint.id, HEALTHY, Health(first_failure_at=LONG_AGO)))
    assert await configuration.filters_of(source.id) is known


async def test_what_is_read_while_it_is_changed_is_not_kept(store: Store, never_read_anew: None) -> None:
    source = await a_kept_source(store)
    configuration = Configuration(store)
    read = store.read

    async def changed_meanwhile(work):  # type: ignore[no-untyped-def]
        found = await read(work)
        await store.write(lambda tx: sources.set_token(tx, source.id, "second"))
        return found

    store.read = changed_meanwhile  # type: ignore[method-assign]
    assert await configuration.source_with_token(source.token) == source
    store.read = read  # type: ignore[method-assign]
    assert await configuration.source_with_token(source.token) is None


async def test_changes_of_another_process_show_when_no_longer_fresh(
    two_stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FRESH_SECONDS", 0.05)
    ours, of_another_process = two_stores
    source = await a_kept_source(ours)
    endpoint = an_endpoint(source)
    await ours.write(lambda tx: endpoints.insert(tx, endpoint))
    configuration = Configuration(ours)
    assert await configuration.source_with_token(source.token)
    assert await configuration.endpoint(endpoint.id) == endpoint
    assert await configuration.filters_of(source.id) == ()

    def change(tx: Transaction) -> None:
        sources.set_token(tx, source.id, "theirs")
        endpoints.change(tx, replace(endpoint, paused=True, conditions=FILTER))

    await of_another_process.write(change)

    async def shows() -> bool:
        known = await configuration.endpoint(endpoint.id)
        assert known
        of_source = await configuration.filters_of(source.id)
        return bool(known.paused and of_source and await configuration.source_with_token("theirs"))

    await until(shows)
    assert await configuration.source_with_token(source.token) is None
