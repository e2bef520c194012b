"""Rotates an endpoint's signing secret; the old one also signs for a day, so that the destination can be updated."""

from dataclasses import replace

from server.actions.endpoints import amend
from server.actions.services import Services
from server.domain.endpoints import Endpoint, FormerSecret
from server.domain.sentences import Invalid, Problem, say
from server.domain.signing import OVERLAP_MS, PREFIX, fingerprint, new_secret, secret_problem


async def rotate(
    services: Services, endpoint: Endpoint, typed: str | None = None, replaces: str = "", author: str = ""
) -> Endpoint:
    """Sign with a new secret, or with the typed one; the previous secret also signs for a day. Raises ``Invalid``.

    An older former secret stops at once: two suffice to update a destination, and each more is a risk.
    ``replaces`` is the ``fingerprint`` of the active secret that the reader saw. If another one is active by now,
    nothing changes: a form that was sent twice would otherwise stop the only secret that the destination knows.
    """
    if typed == "":
        raise Invalid(Problem("secret", say("Paste a signing secret. It starts with whsec_.")))
    if typed and (problem := secret_problem(typed)):
        raise Invalid(Problem("secret", problem))
    secret = PREFIX + typed.removeprefix(PREFIX) if typed else new_secret()

    def changed(now: Endpoint) -> Endpoint:
        if replaces and replaces != fingerprint(now.secret):
            return now
        if secret == now.secret:
            raise Invalid(Problem("secret", say("This is already the active secret.")))
        former = FormerSecret(now.secret, services.now() + OVERLAP_MS) if now.secret else None  # it cannot be read
        unreadable = now.unreadable - {"secret", "former_secret"}
        return replace(now, secret=secret, former_secret=former, unreadable=unreadable)

    return await amend(services, endpoint.id, changed, author=author)


async def stop_former(services: Services, endpoint: Endpoint, author: str = "") -> Endpoint:
    """Stop the former secret: from the next attempt on, only the active one signs."""
    return await amend(
        services,
        endpoint.id,
        lambda now: replace(now, former_secret=None, unreadable=now.unreadable - {"former_secret"}),
        author=author,
    )
