"""Claiming as the worker does, within one transaction."""

from server.domain.ids import Millis
from server.store import Transaction, deliveries


def claim_due(
    tx: Transaction, owner: str, now: Millis, until: Millis, most: int = 100
) -> list[deliveries.ClaimedDelivery]:
    """Up to ``most`` deliveries of each endpoint that has some due."""
    room = {endpoint.id: most for endpoint in deliveries.due_endpoints(tx, now)}
    return deliveries.claim(tx, owner=owner, now=now, lease_until=until, room=room)
