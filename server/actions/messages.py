"""Actions on a received message's deliveries."""

from server.actions.endpoints import check_whole
from server.actions.services import Services
from server.actions.version_choices import ACTIVE, VersionChoice
from server.delivery.feed import Changed
from server.domain.endpoints import Endpoint
from server.domain.messages import Delivery
from server.domain.sentences import Invalid, Problem, say
from server.store import Transaction, deliveries, endpoints, stopping


async def stop(services: Services, delivery: Delivery) -> None:
    """Stop a waiting delivery. To an ordered endpoint, those behind it proceed. Raises ``Invalid``.

    An attempt under way finishes and is recorded: if it succeeds, so does the delivery; otherwise no retry follows.
    """

    def update(tx: Transaction) -> Changed:
        endpoint = endpoints.get(tx, delivery.endpoint_id)
        if endpoint is None:
            raise Invalid(Problem("", say("The endpoint of this delivery was deleted.")))
        if not stopping.stop_one(tx, delivery.id, delivery.endpoint_id, services.now()):
            raise Invalid(Problem("", say("This delivery has already ended.")))
        return Changed(endpoint.source_id, delivery.message_id, delivery.endpoint_id)

    changed = await services.store.write(update)
    services.worker.wake()
    services.feed.publish(changed)


async def resend(services: Services, delivery: Delivery, choice: VersionChoice = ACTIVE) -> Endpoint:
    """Send the delivery again now, with a new retry schedule. Raises ``Invalid``.

    A chosen version runs for this attempt and its retries, even while the transformation is disabled. To a paused
    endpoint it goes once that is resumed; to an ordered one, before everything that arrived later.
    """

    def update(tx: Transaction) -> Endpoint:
        endpoint = endpoints.hold(tx, delivery.endpoint_id)
        if endpoint is None:
            raise Invalid(Problem("", say("The endpoint of this delivery was deleted.")))
        if endpoint.disabled:
            raise Invalid(Problem("", say("The endpoint is disabled. Enable it to resend.")))
        check_whole(endpoint)
        chosen = choice.found(tx, endpoint)
        if not deliveries.resend(tx, delivery.id, services.now(), chosen.id if chosen else None):
            raise Invalid(Problem("", say("An attempt is in progress. Wait until it ends.")))
        return endpoint

    endpoint = await services.store.write(update)
    services.worker.wake()
    services.feed.publish(Changed(endpoint.source_id, delivery.message_id, delivery.endpoint_id))
    return endpoint
