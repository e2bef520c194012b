"""Where events come from: Test and Live, each with an ingest address and Dodo's signing secret."""

import secrets

from server.actions.workbench import Workbench
from server.domain.endpoints import FormerSecret
from server.domain.ids import SourceId, mint
from server.domain.sentences import Problem, Refused
from server.domain.signing import OVERLAP_MS, fingerprint, new_secret, secret_problem
from server.domain.sources import Mode, Source
from server.store import Transaction, sources


async def ensure(bench: Workbench) -> None:
    """The two sources that every Hookbench has, made at its first start."""

    def make(tx: Transaction) -> None:
        if sources.every(tx):
            return
        for order, mode in enumerate(Mode):
            # The moment decides the order in which they are shown.
            made = Source(mint(SourceId), mode.value.title(), mode, _new_token(), None, bench.now() + order)
            sources.insert(tx, made)

    await bench.store.write(make)


async def save_secret(bench: Workbench, source: Source, secret: str) -> None:
    """Keep Dodo's signing secret. Raises ``Refused``."""
    if problem := secret_problem(secret):
        raise Refused(Problem("secret", problem))
    await _replace_secret(bench, source, secret)


async def make_secret(bench: Workbench, source: Source, replaces: str | None = None) -> None:
    """A secret of our own, for trying things out without an account at Dodo.

    ``replaces`` is the ``fingerprint`` of the secret that the reader saw, empty where there was none. When it is
    another one by now nothing changes: a form that was sent twice would otherwise push out the secret before.
    """
    await _replace_secret(bench, source, new_secret(), replaces)


async def change_address(bench: Workbench, source: Source) -> None:
    """A new ingest address; the old one stops at once."""
    token = _new_token()
    await bench.store.write(lambda tx: sources.set_token(tx, source.id, token))


async def stop_former(bench: Workbench, source: Source) -> None:
    """From now on only the present secret proves events. Changes nothing where that cannot be read."""
    if not source.unreadable:
        await bench.store.write(lambda tx: sources.set_secret(tx, source.id, source.secret))


async def _replace_secret(bench: Workbench, source: Source, secret: str, replaces: str | None = None) -> None:
    """The one before proves events for a day more: Dodo signs with either while it rotates, and retries come late."""

    def keep(tx: Transaction) -> None:
        now = sources.get(tx, source.id) or source
        if now.secret == secret or (replaces is not None and replaces != fingerprint(now.secret)):
            return
        former = FormerSecret(now.secret, bench.now() + OVERLAP_MS) if now.secret else None
        sources.set_secret(tx, source.id, secret, former)

    await bench.store.write(keep)


def _new_token() -> str:
    return secrets.token_urlsafe(24)  # 192 bits: who does not know an address cannot find it
