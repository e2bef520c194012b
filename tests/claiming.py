"""Claims due deliveries as the worker does, but within one transaction."""

from server.domain.ids import Millis, ProcessId
from server.store import Transaction, deliveries


def claim_due(
    tx: Transaction, owner: str, now: Millis, until: Millis, most: int = 100
) -> list[deliveries.ClaimedDelivery]:
    """Claim up to ``most`` due deliveries of each endpoint under a lease."""
    room = {endpoint.id: most for endpoint in deliveries.due_endpoints(tx, now)}
    return deliveries.claim(tx, owner=ProcessId(owner), now=now, lease_until=until, room=room)
