"""The versions that a page offers for a resend: the newest of each endpoint, without their code."""

from builders import a_source, an_endpoint

from server.domain.ids import EndpointId, VersionId, mint
from server.domain.versions import Version
from server.store import Store, endpoints, sources, versions


async def with_versions(store: Store, count: int) -> EndpointId:
    """An endpoint with that many versions."""
    source = a_source()
    endpoint = an_endpoint(source, code="1")

    def keep(tx):  # type: ignore[no-untyped-def]
        sources.insert(tx, source)
        endpoints.insert(tx, endpoint)
        for number in range(2, count + 1):
            version = Version(mint(VersionId), endpoint.id, 0, str(number), 0, note=f"note {number}")
            versions.insert(tx, version)

    await store.write(keep)
    return endpoint.id


async def test_the_newest_of_each_endpoint_come_first(each_store: Store) -> None:
    one, two = await with_versions(each_store, 3), await with_versions(each_store, 60)
    found = await each_store.read(lambda tx: versions.choices(tx, [one, two]))
    assert [(each.number, each.note, each.endpoint_id) for each in found[one]] == [
        (3, "note 3", one),
        (2, "note 2", one),
        (1, "", one),
    ]
    assert [each.number for each in found[two]] == list(range(60, 35, -1))


async def test_with_many_endpoints_there_are_fewer_of_each(each_store: Store) -> None:
    some = [await with_versions(each_store, 7) for _ in range(12)]
    found = await each_store.read(lambda tx: versions.choices(tx, some))
    assert {endpoint_id: len(known) for endpoint_id, known in found.items()} == dict.fromkeys(some, 5)
    assert await each_store.read(lambda tx: versions.choices(tx, [])) == {}


async def test_versions_are_named_by_their_ids(each_store: Store) -> None:
    one = await with_versions(each_store, 2)
    [second, first] = (await each_store.read(lambda tx: versions.choices(tx, [one])))[one]
    named = await each_store.read(lambda tx: versions.names(tx, [first.id, None, VersionId("ver_0"), first.id]))
    assert named == {first.id: first} and second.id not in named
