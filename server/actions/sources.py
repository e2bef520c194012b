"""Where events come from: Test and Live, each with an ingest address and Dodo's signing secret."""

import secrets

from server.actions.services import Services
from server.domain.endpoints import FormerSecret
from server.domain.ids import SourceId, mint
from server.domain.sentences import Invalid, Problem
from server.domain.signing import OVERLAP_MS, fingerprint, new_secret, secret_problem
from server.domain.sources import Mode, Source
from server.store import Transaction, sources


async def ensure(services: Services) -> None:
    """The two sources that every Hookbench has, made at its first start."""

    def make(tx: Transaction) -> None:
        if sources.every(tx):
            return
        for order, mode in enumerate(Mode):
            # The moment decides the order in which they are shown.
            made = Source(mint(SourceId), mode.value.title(), mode, _new_token(), None, services.now() + order)
            sources.insert(tx, made)

    await services.store.write(make)


async def save_secret(services: Services, source: Source, secret: str) -> None:
    """Keep Dodo's signing secret. Raises ``Invalid``."""
    if problem := secret_problem(secret):
        raise Invalid(Problem("secret", problem))
    await _replace_secret(services, source, secret)


async def make_secret(services: Services, source: Source, replaces: str | None = None) -> None:
    """A secret of our own, for trying things out without an account at Dodo.

    ``replaces`` is the ``fingerprint`` of the secret that the reader saw, empty where there was none. When it is
    another one by now nothing changes: a form that was sent twice would otherwise push out the secret before.
    """
    await _replace_secret(services, source, new_secret(), replaces)


async def change_address(services: Services, source: Source) -> None:
    """A new ingest address; the old one stops at once."""
    token = _new_token()
    await services.store.write(lambda tx: sources.set_token(tx, source.id, token))


async def stop_former(services: Services, source: Source) -> None:
    """From now on only the present secret proves events. Changes nothing where that cannot be read."""
    if not source.unreadable:
        await services.store.write(lambda tx: sources.set_secret(tx, source.id, source.secret))


async def _replace_secret(services: Services, source: Source, secret: str, replaces: str | None = None) -> None:
    """The one before proves events for a day more: Dodo signs with either while it rotates, and retries come late."""

    def keep(tx: Transaction) -> None:
        now = sources.get(tx, source.id) or source
        if now.secret == secret or (replaces is not None and replaces != fingerprint(now.secret)):
            return
        former = FormerSecret(now.secret, services.now() + OVERLAP_MS) if now.secret else None
        sources.set_secret(tx, source.id, secret, former)

    await services.store.write(keep)


def _new_token() -> str:
    return secrets.token_urlsafe(24)  # 192 bits: who does not know an address cannot find it
