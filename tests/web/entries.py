"""Creates log entries as the worker does, but directly and without a network."""

from dataclasses import dataclass
from typing import Any

from builders import a_message, an_attempt, an_endpoint
from site_under_test import Site

from server.domain.endpoints import Destination, Endpoint
from server.domain.ids import ProcessId
from server.domain.messages import Attempt, Delivery, DeliveryState, Message
from server.store import Transaction, deliveries, endpoints, messages
from server.store.deliveries import AttemptRecord

HOUR_MS = 60 * 60 * 1000


@dataclass(frozen=True)
class Entry:
    message: Message
    delivery: Delivery
    attempt: Attempt


async def kept_endpoint(site: Site, code: str | None = None, **changes: Any) -> Endpoint:
    """Store and return an endpoint in the source that the pages show."""
    endpoint = an_endpoint(site.source, code, **changes)
    await site.services.store.write(lambda tx: endpoints.insert(tx, endpoint))
    return endpoint


async def capturing_endpoint(site: Site, **changes: Any) -> Endpoint:
    return await kept_endpoint(site, destination=Destination.CAPTURE, **changes)


async def arrived(site: Site, **changes: Any) -> Message:
    """Store a message as just received and wake the worker, which delivers it."""
    message = a_message(site.source, **{"received_at": site.services.now()} | changes)
    await site.services.store.write(lambda tx: messages.receive(tx, [message]))
    site.services.worker.wake()
    return message


async def tried(
    site: Site, endpoint: Endpoint, state: DeliveryState = DeliveryState.SUCCEEDED, of: Any = None, **attempt: Any
) -> Entry:
    """Store a message whose first attempt has ended in ``state``. ``of`` changes the message, the rest the attempt.

    The message is dated one hour in the future, so that the running worker does not claim it.
    """
    soon = site.services.now() + HOUR_MS
    message = a_message(site.source, **{"received_at": soon} | (of or {}))

    def make(tx: Transaction) -> Entry:
        messages.receive(tx, [message])
        room = {endpoint.id: 100}
        claimed = deliveries.claim(tx, owner=ProcessId("test"), now=soon + 1, lease_until=soon + 2, room=room)
        [delivery] = [c.delivery for c in claimed if c.message.id == message.id]
        made = an_attempt(message, delivery.id, endpoint, **attempt)
        due_at = soon + HOUR_MS if state is DeliveryState.PENDING else None
        deliveries.record(tx, [AttemptRecord(ProcessId("test"), made, state, 1, due_at)])
        return Entry(message, delivery, made)

    entry: Entry = await site.services.store.write(make)
    return entry
