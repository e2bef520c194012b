"""A row that another process stores while its owner is removed is no error: it goes with its owner."""

import asyncio
from collections.abc import Callable

from builders import a_message, a_source
from sqlalchemy import create_engine

from server.domain.ids import InspectedRequestId, InspectorAddressId, mint
from server.domain.inspector_addresses import Answers, InspectedRequest, InspectorAddress
from server.store import Store, Transaction, inspector, messages, source_contents, sources

Removal = Callable[[Transaction], None]
Storing = Callable[[Transaction], object]

SOURCE = a_source()
ADDRESS = InspectorAddress(mint(InspectorAddressId), SOURCE.id, "Bin", "t" * 32, Answers(), 1)


def a_request() -> InspectedRequest:
    return InspectedRequest(mint(InspectedRequestId), ADDRESS.id, 1, "GET", "", (), 0, False, 200)


async def removed_while_stored(url: str, removal: Removal, storing: Storing) -> None:
    """Begin to remove while another connection has stored a row that it has not committed yet."""
    store, engine = Store.open(url), create_engine(url)
    try:
        await store.write(lambda tx: sources.insert(tx, SOURCE))
        await store.write(lambda tx: inspector.insert(tx, ADDRESS))
        with engine.begin() as other:
            storing(other)
            removing = asyncio.ensure_future(store.write(removal))
            await asyncio.sleep(0.1)
            assert not removing.done()
        await removing
        assert await store.read(lambda tx: inspector.get(tx, ADDRESS.id)) is None
    finally:
        store.close()
        engine.dispose()


async def test_an_address_of_the_inspector(postgres_migrated: str) -> None:
    await removed_while_stored(
        postgres_migrated, lambda tx: inspector.remove(tx, ADDRESS.id), lambda tx: inspector.add(tx, a_request())
    )


async def test_a_source_with_an_address(postgres_migrated: str) -> None:
    await removed_while_stored(
        postgres_migrated, lambda tx: source_contents.erase(tx, SOURCE.id), lambda tx: inspector.add(tx, a_request())
    )


async def test_a_source_with_a_message(postgres_migrated: str) -> None:
    message = a_message(SOURCE)
    await removed_while_stored(
        postgres_migrated,
        lambda tx: source_contents.erase(tx, SOURCE.id),
        lambda tx: messages.receive(tx, [message]),
    )
