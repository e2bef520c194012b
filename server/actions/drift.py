"""What people do about fields of real events that the catalog does not know."""

from server.actions.services import Services
from server.store import observations


async def forget(services: Services, event_type: str) -> None:
    """Forget what was observed of an event type; what comes from now on is observed anew."""
    await services.store.write(lambda tx: observations.forget(tx, event_type))
