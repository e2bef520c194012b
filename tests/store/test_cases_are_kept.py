"""Test cases are kept as their files have them, on both databases; a damaged row hides no other."""

import json
from dataclasses import replace

from builders import a_source, an_endpoint
from sqlalchemy import update

from server.domain.endpoints import Endpoint
from server.domain.ids import TestCaseId, mint
from server.domain.test_case_files import load
from server.domain.test_cases import TestCase
from server.store import Store, Transaction, deleted_endpoints, endpoints, sources, test_cases
from server.store.schema import test_cases as rows


def a_case(name: str, payload: object = None) -> TestCase:
    content = {
        "name": name,
        "event_type": "payment.succeeded",
        "variables": {"A": "ü\ud83d"},
        "payload": payload or {"half": "\ud83d", "zero": "\x00", "emoji": "😀"},
        "expect": {"assertions": [{"cancelled": True}]},
    }
    return load(json.dumps(content), id=mint(TestCaseId))


async def endpoints_in(store: Store, count: int) -> list[Endpoint]:
    source = a_source()
    made = [an_endpoint(source) for _ in range(count)]

    def keep(tx: Transaction) -> None:
        sources.insert(tx, source)
        for each in made:
            endpoints.insert(tx, each)

    await store.write(keep)
    return made


async def test_they_come_back_as_they_were(each_store: Store) -> None:
    one, other = await endpoints_in(each_store, 2)
    first, second = a_case("Ein Fall 😀"), a_case("Zweiter")
    await each_store.write(lambda tx: test_cases.insert(tx, one.id, [first, second], "ada", 5))
    await each_store.write(lambda tx: test_cases.insert(tx, other.id, [a_case("Zweiter")], "ada", 5))

    stored = await each_store.read(lambda tx: test_cases.of_endpoint(tx, one.id))
    assert [each.case for each in stored] == [first, second]
    assert (stored[0].author, stored[0].created_at) == ("ada", 5)
    names = await each_store.read(lambda tx: test_cases.names(tx, one.id))
    assert names == {"Ein Fall 😀": first.id, "Zweiter": second.id}
    counts = await each_store.read(lambda tx: test_cases.counts_by_event_type(tx, one.id))
    assert counts == {"payment.succeeded": 2}
    assert await each_store.read(lambda tx: test_cases.get(tx, other.id, first.id)) is None

    changed = replace(first, name="Neu")
    assert await each_store.write(lambda tx: test_cases.change(tx, one.id, changed, 9))
    found = await each_store.read(lambda tx: test_cases.get(tx, one.id, first.id))
    assert found is not None and (found.case, found.updated_at) == (changed, 9)

    assert await each_store.write(lambda tx: test_cases.remove(tx, other.id, [first.id])) == 0
    assert await each_store.write(lambda tx: test_cases.remove(tx, one.id, [second.id])) == 1
    await each_store.write(lambda tx: deleted_endpoints.remove(tx, one.id, 10))
    await each_store.write(lambda tx: deleted_endpoints.erase(tx, one.id))
    assert await each_store.read(lambda tx: test_cases.of_endpoint(tx, one.id)) == []
    assert await each_store.read(lambda tx: test_cases.count(tx, other.id)) == 1


async def test_a_damaged_row_hides_no_other(each_store: Store) -> None:
    (endpoint,) = await endpoints_in(each_store, 1)
    await each_store.write(lambda tx: test_cases.insert(tx, endpoint.id, [a_case("One"), a_case("Two")], "", 1))
    for damaged in ("{", "[]", "{}"):
        damage = update(rows).where(rows.c.name == "One").values(definition=damaged)
        await each_store.write(lambda tx, damage=damage: tx.execute(damage))  # type: ignore[misc]
        stored = await each_store.read(lambda tx: test_cases.of_endpoint(tx, endpoint.id))
        assert [(each.name, each.case is None) for each in stored] == [("One", True), ("Two", False)]
