"""Own cards are kept whole on both databases; a damaged row is an empty folder."""

from builders import a_source, an_endpoint
from sqlalchemy import text

from server.store import Store, Transaction, deleted_endpoints, endpoints, own_cards, sources
from server.store.own_cards import Uses

FILES = {"card.toml": 'title = "Résumé 😀"', "default.js": "a\n\tb"}


async def test_a_card_is_kept_replaced_and_removed(each_store: Store) -> None:
    await each_store.write(lambda tx: own_cards.put(tx, "own:acme", FILES, 5))
    await each_store.write(lambda tx: own_cards.put(tx, "own:acme", FILES | {"icon.svg": "<path/>"}, 7))
    await each_store.write(lambda tx: own_cards.put(tx, "own:other", FILES, 8))

    found = await each_store.read(own_cards.every)

    assert [(card.name, card.created_at, card.updated_at) for card in found] == [
        ("own:acme", 5, 7),
        ("own:other", 8, 8),
    ]
    assert found[0].files == FILES | {"icon.svg": "<path/>"}
    assert await each_store.read(own_cards.stamp) == (2, 8)

    await each_store.write(lambda tx: own_cards.remove(tx, "own:other"))
    assert await each_store.read(lambda tx: own_cards.get(tx, "own:other")) is None
    assert await each_store.read(own_cards.stamp) == (1, 7)


async def test_endpoints_that_can_be_restored_use_their_card_too(each_store: Store) -> None:
    source = a_source()
    made = [an_endpoint(source, card=card) for card in ("own:acme", "own:acme", "own:acme", "own:other")]

    def keep(tx: Transaction) -> None:
        sources.insert(tx, source)
        for endpoint in made:
            endpoints.insert(tx, endpoint)
        for endpoint in made[1:]:
            deleted_endpoints.remove(tx, endpoint.id, 5)
        for endpoint in made[2:]:
            deleted_endpoints.erase(tx, endpoint.id)

    await each_store.write(keep)
    assert await each_store.read(own_cards.uses) == {"own:acme": Uses(endpoints=1, deleted=1)}


async def test_watchers_learn_of_a_change(each_store: Store) -> None:
    seen: list[set[str]] = []
    each_store.watch(lambda changes: seen.append(set(changes.cards)))

    await each_store.write(lambda tx: own_cards.put(tx, "own:acme", FILES, 5))

    assert seen == [{"own:acme"}]


async def test_a_damaged_row_is_an_empty_folder(each_store: Store) -> None:
    await each_store.write(lambda tx: own_cards.put(tx, "own:acme", FILES, 5))
    for damaged in ("{", "[]", "7", "null"):
        await each_store.write(
            lambda tx, value=damaged: tx.execute(text("UPDATE own_cards SET files = :v"), {"v": value})
        )
        card = await each_store.read(lambda tx: own_cards.get(tx, "own:acme"))
        assert card and card.files == {}
