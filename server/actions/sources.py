"""Actions on the sources Test and Live: their ingest addresses and Dodo's signing secrets."""

import secrets

from server.actions.services import Services
from server.domain.endpoints import FormerSecret
from server.domain.ids import SourceId, mint
from server.domain.sentences import Invalid, Problem
from server.domain.signing import OVERLAP_MS, fingerprint, new_secret, secret_problem
from server.domain.sources import Mode, Source
from server.store import Transaction, sources


async def ensure(services: Services) -> None:
    """Create the two sources, Test and Live, at the first start."""

    def make(tx: Transaction) -> None:
        if sources.every(tx):
            return
        for order, mode in enumerate(Mode):
            # The time of creation decides the order in which they are shown.
            made = Source(mint(SourceId), mode.value.title(), mode, _new_token(), None, services.now() + order)
            sources.insert(tx, made)

    await services.store.write(make)


async def save_secret(services: Services, source: Source, secret: str) -> None:
    """Save Dodo's signing secret. Raises ``Invalid``."""
    if problem := secret_problem(secret):
        raise Invalid(Problem("secret", problem))
    await _replace_secret(services, source, secret)


async def make_secret(services: Services, source: Source, replaces: str | None = None) -> None:
    """Create a signing secret of our own, for trying things out without a Dodo account.

    ``replaces`` is the ``fingerprint`` of the secret that the reader saw, empty when there was none. If another one is
    active by now, nothing changes: a form that was sent twice would otherwise drop the previous secret.
    """
    await _replace_secret(services, source, new_secret(), replaces)


async def change_address(services: Services, source: Source) -> None:
    """Give the source a new ingest address; the old one stops working at once."""
    token = _new_token()
    await services.store.write(lambda tx: sources.set_token(tx, source.id, token))


async def stop_former(services: Services, source: Source) -> None:
    """Accept only the active secret from now on. Changes nothing when that secret cannot be read."""
    if not source.unreadable:
        await services.store.write(lambda tx: sources.set_secret(tx, source.id, source.secret))


async def _replace_secret(services: Services, source: Source, secret: str, replaces: str | None = None) -> None:
    """Replace the secret, and accept the previous one for another day.

    During a rotation Dodo signs with either, and retries arrive late.
    """

    def keep(tx: Transaction) -> None:
        now = sources.get(tx, source.id) or source
        if now.secret == secret or (replaces is not None and replaces != fingerprint(now.secret)):
            return
        former = FormerSecret(now.secret, services.now() + OVERLAP_MS) if now.secret else None
        sources.set_secret(tx, source.id, secret, former)

    await services.store.write(keep)


def _new_token() -> str:
    return secrets.token_urlsafe(24)  # 192 bits, so that nobody can guess an ingest address
