"""What can be done with a message that was received."""

from server.actions.endpoints import check_whole
from server.actions.workbench import Workbench
from server.delivery.feed import Changed
from server.domain.endpoints import Endpoint
from server.domain.messages import Delivery
from server.domain.sentences import Problem, Refused, say
from server.store import Transaction, deliveries, endpoints, stopping


async def stop(bench: Workbench, delivery: Delivery) -> None:
    """End a delivery that waits, also in an endpoint in order: those behind it go on. Raises ``Refused``.

    An attempt under way is finished and recorded; if it is accepted the delivery succeeded, otherwise none follows.
    """

    def keep(tx: Transaction) -> Changed:
        endpoint = endpoints.get(tx, delivery.endpoint_id)
        if endpoint is None:
            raise Refused(Problem("", say("The endpoint of this delivery was deleted.")))
        if not stopping.stop_one(tx, delivery.id, delivery.endpoint_id, bench.now()):
            raise Refused(Problem("", say("This delivery has already ended.")))
        return Changed(endpoint.source_id, delivery.message_id, delivery.endpoint_id)

    changed = await bench.store.write(keep)
    bench.worker.wake()
    bench.feed.publish(changed)


async def resend(bench: Workbench, delivery: Delivery) -> Endpoint:
    """Send the delivery once more, now, with a fresh schedule of retries. Raises ``Refused``.

    To an endpoint that is paused it goes once that is resumed; to one in order, before all that came later.
    """

    def keep(tx: Transaction) -> Endpoint:
        endpoint = endpoints.hold(tx, delivery.endpoint_id)
        if endpoint is None:
            raise Refused(Problem("", say("The endpoint of this delivery was deleted.")))
        if endpoint.disabled:
            raise Refused(Problem("", say("The endpoint is disabled. Enable it to resend.")))
        check_whole(endpoint)
        if not deliveries.resend(tx, delivery.id, bench.now()):
            raise Refused(Problem("", say("An attempt is in progress. Wait until it ends.")))
        return endpoint

    endpoint = await bench.store.write(keep)
    bench.worker.wake()
    bench.feed.publish(Changed(endpoint.source_id, delivery.message_id, delivery.endpoint_id))
    return endpoint
