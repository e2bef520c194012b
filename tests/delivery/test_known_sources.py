"""Sources are remembered for the intake, and forgotten as soon as one changes."""

from builders import a_source

from server.delivery import known_sources
from server.delivery.known_sources import KnownSources
from server.store import Store, sources


async def test_a_token_is_found_and_an_unknown_one_is_not(store: Store) -> None:
    source = a_source()
    await store.write(lambda tx: sources.insert(tx, source))
    known = KnownSources(store)
    assert await known.with_token(source.token) == source
    assert await known.with_token("nobody\x00") is None


async def test_a_change_shows_at_once_after_forgetting(store: Store) -> None:
    source = a_source()
    await store.write(lambda tx: sources.insert(tx, source))
    known = KnownSources(store)
    await known.with_token(source.token)
    await store.write(lambda tx: sources.set_token(tx, source.id, "another"))
    known.forget()
    assert await known.with_token(source.token) is None
    found = await known.with_token("another")
    assert found is not None
    assert found.id == source.id


async def test_a_change_by_another_process_shows_when_it_is_no_longer_fresh(store: Store) -> None:
    known = KnownSources(store)
    known_sources.FRESH_SECONDS, before = 0.0, known_sources.FRESH_SECONDS
    try:
        assert await known.with_token("new") is None
        await store.write(lambda tx: sources.insert(tx, a_source(token="new")))
        assert await known.with_token("new") is not None
    finally:
        known_sources.FRESH_SECONDS = before
