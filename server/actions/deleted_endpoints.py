"""Deleting an endpoint, restoring it within 30 days, and deleting it for good."""

from collections.abc import Sequence

from server.actions.endpoints import MAX_ENDPOINTS_PER_SOURCE, told
from server.actions.services import Services
from server.domain.audit import AuditAction
from server.domain.endpoints import Endpoint
from server.domain.ids import EndpointId
from server.domain.messages import StoppedBecause
from server.domain.sentences import Invalid, Problem, say
from server.store import Transaction, audit, deleted_endpoints, deliveries, endpoints

NOT_DELETED = say("This endpoint cannot be restored: it was restored already, or deleted for good.")


async def remove(services: Services, endpoint: Endpoint, author: str = "") -> bool:
    """Delete the endpoint and stop its waiting deliveries. False when it was deleted before."""
    return bool(await remove_all(services, [endpoint], author))


async def remove_all(services: Services, chosen: Sequence[Endpoint], author: str) -> list[Endpoint]:
    """Delete endpoints in one transaction, or none of them. Returns those that were not deleted before."""

    def update(tx: Transaction) -> list[Endpoint]:
        now = services.now()
        removed = [each for each in chosen if deleted_endpoints.remove(tx, each.id, now)]
        for each in removed:
            deliveries.stop_all_of_endpoint(tx, each.id, now, StoppedBecause.DELETED)
            audit.add(tx, each.id, AuditAction.DELETED, author, now)
        return removed

    return [told(services, each) for each in await services.store.write(update)]


async def restore(services: Services, endpoint_id: EndpointId, author: str) -> Endpoint:
    """Bring a deleted endpoint back as it was, with the deliveries that its deletion stopped. Raises ``Invalid``."""

    def update(tx: Transaction) -> Endpoint:
        found = deleted_endpoints.get(tx, endpoint_id)
        if found is None:
            raise Invalid(Problem("", NOT_DELETED))
        if endpoints.count(tx, found.endpoint.source_id) >= MAX_ENDPOINTS_PER_SOURCE:
            sentence = say("A source can have at most {limit} endpoints.", limit=MAX_ENDPOINTS_PER_SOURCE)
            raise Invalid(Problem("", sentence))
        if not deleted_endpoints.restore(tx, endpoint_id, services.now()):  # another process was faster
            raise Invalid(Problem("", NOT_DELETED))
        # Another process may have made deliveries while it was being deleted. By now they may be a month old.
        deliveries.stop_all_of_endpoint(tx, endpoint_id, services.now())
        if not found.endpoint.disabled:
            deliveries.resume_all_of_restored(tx, endpoint_id, services.now())
        audit.add(tx, endpoint_id, AuditAction.RESTORED, author, services.now())
        return found.endpoint

    restored = await services.store.write(update)
    services.worker.wake()
    return told(services, restored)


async def erase(services: Services, endpoint_id: EndpointId, author: str) -> None:
    """Erase a deleted endpoint for good. Raises ``Invalid`` when it is not deleted, or erased already."""

    def update(tx: Transaction) -> None:
        if not deleted_endpoints.erase(tx, endpoint_id):
            raise Invalid(Problem("", NOT_DELETED))
        audit.add(tx, endpoint_id, AuditAction.ERASED, author, services.now())

    await services.store.write(update)
