"""Puts rows into the database of a ``Running`` Hookbench, and reads them, beside it."""

from collections.abc import Callable
from typing import TypeVar

from builders import a_source, an_endpoint
from running import Running

from server.actions.endpoints import first_activation
from server.domain.endpoints import Endpoint
from server.domain.test_cases import TestCase
from server.store import KeyRing, Store, Transaction, endpoints, sources, test_cases, versions

Result = TypeVar("Result")


async def written(hookbench: Running, work: Callable[[Transaction], Result]) -> Result:
    """The result of ``work`` in a transaction. Makes the database, if there is none."""
    hookbench.data.mkdir(exist_ok=True)
    url = hookbench.settings.get("HOOKBENCH_DATABASE") or f"sqlite:///{hookbench.data / 'hookbench.db'}"
    store = Store.open(url, KeyRing.find(key="", key_file=None, folder=hookbench.data))
    try:
        return await store.write(work)
    finally:
        store.close()


async def endpoint_in(hookbench: Running, code: str, cases: tuple[TestCase, ...] = (), **changes: object) -> Endpoint:
    """An endpoint with its activation, as Create makes it, of a source of its own."""
    source = a_source(name="Files")
    endpoint = an_endpoint(source, code, **changes)

    def keep(tx: Transaction) -> None:
        sources.insert(tx, source)
        endpoints.insert(tx, endpoint)
        versions.record_activation(tx, first_activation(endpoint, "ada"))
        test_cases.insert(tx, endpoint.id, cases, "ada", endpoint.created_at)

    await written(hookbench, keep)
    return endpoint
