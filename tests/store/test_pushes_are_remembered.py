"""What the last push of an endpoint left is kept until the endpoint is deleted for good."""

from builders import NOW, a_source, an_endpoint

from server.domain.pulled import Fingerprints
from server.store import Store, Transaction, deleted_endpoints, endpoints, options, sources

LEFT = Fingerprints("c0de", "5e77", {"支付": "ca5e"})


async def test_the_newest_push_counts_until_the_endpoint_is_erased(each_store: Store) -> None:
    source = a_source()
    endpoint, other = an_endpoint(source), an_endpoint(source)

    def keep(tx: Transaction) -> None:
        sources.insert(tx, source)
        endpoints.insert(tx, endpoint)
        endpoints.insert(tx, other)
        options.set_pushed(tx, endpoint.id, Fingerprints("", "", {}), NOW)
        options.set_pushed(tx, endpoint.id, LEFT, NOW)

    await each_store.write(keep)
    assert await each_store.read(lambda tx: options.pushed(tx, endpoint.id)) == LEFT
    assert await each_store.read(lambda tx: options.pushed(tx, other.id)) is None

    await each_store.write(lambda tx: deleted_endpoints.remove(tx, endpoint.id, NOW))
    assert await each_store.read(lambda tx: options.pushed(tx, endpoint.id)) == LEFT
    await each_store.write(lambda tx: deleted_endpoints.erase(tx, endpoint.id))
    assert await each_store.read(lambda tx: options.pushed(tx, endpoint.id)) is None
