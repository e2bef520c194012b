"""Actions on sources: their names, ingest addresses and signing secrets."""

import secrets
from collections.abc import Iterable

from server.actions.services import Services
from server.domain.endpoints import FormerSecret
from server.domain.ids import Millis, SourceId, mint
from server.domain.pasted import invisible_in, trimmed
from server.domain.sentences import Invalid, Problem, Sentence, say
from server.domain.signing import OVERLAP_MS, fingerprint, new_secret, secret_problem
from server.domain.sources import MAX_NAME_CHARACTERS, MAX_SOURCES, Mode, Source
from server.store import Transaction, source_contents, sources


async def ensure(services: Services) -> None:
    """Create the two sources, Test and Live, at the first start."""

    def make(tx: Transaction) -> None:
        sources.hold(tx)
        if sources.every(tx):
            return
        for order, mode in enumerate(Mode):
            # The time of creation decides the order in which they are shown.
            made = Source(mint(SourceId), mode.value.title(), mode, _new_token(), None, services.now() + order)
            sources.insert(tx, made)

    await services.store.write(make)


async def create(services: Services, name: str, mode: str) -> Source:
    """Create a source without a signing secret. Raises ``Invalid``."""

    def make(tx: Transaction) -> Source:
        sources.hold(tx)
        every = sources.every(tx)
        found = [] if mode in list(Mode) else [Problem("mode", say("Select test or live."))]
        if problem := _name_problem(every, name):
            found.append(problem)
        if len(every) >= MAX_SOURCES:
            found.append(Problem("", say("There can be at most {limit} sources.", limit=MAX_SOURCES)))
        if found:
            raise Invalid(*found)
        made = new_source(trimmed(name), Mode(mode), services.now())
        sources.insert(tx, made)
        return sources.get(tx, made.id) or made

    return await services.store.write(make)


def new_source(name: str, mode: Mode, now: Millis) -> Source:
    """A source that is not stored yet, with an ingest address and without a secret."""
    return Source(mint(SourceId), name, mode, _new_token(), None, now)


async def rename(services: Services, source: Source, name: str) -> None:
    """Give the source another name. Its addresses stay, so bookmarks and Dodo's webhook go on. Raises ``Invalid``."""

    def change(tx: Transaction) -> None:
        sources.hold(tx)
        others = [each for each in sources.every(tx) if each.id != source.id]
        if problem := _name_problem(others, name):
            raise Invalid(problem)
        sources.rename(tx, source.id, trimmed(name))

    await services.store.write(change)


async def remove(services: Services, source: Source) -> None:
    """Remove a source that has no endpoints and no messages; a demo source with both. Raises ``Invalid``."""

    def erase(tx: Transaction) -> None:
        sources.hold(tx)
        if len(sources.every(tx)) == 1:
            raise Invalid(Problem("", LAST))
        if not source.demo and (refused := reason_to_keep(source_contents.contents(tx, source.id))):
            raise Invalid(Problem("", refused))
        source_contents.erase(tx, source.id)

    await services.store.write(erase)


LAST = say("This is the only source, so it cannot be removed.")


def reason_to_keep(contents: source_contents.Contents) -> Sentence | None:
    """Why the source cannot be removed; ``None`` when it can."""
    if contents.endpoints:
        return say("It has endpoints ({count}). Delete them first.", count=contents.endpoints)
    if contents.deleted:
        return say(
            "Deleted endpoints can still be restored ({count}). Delete them for good first.", count=contents.deleted
        )
    if contents.messages:
        return say("It has received events. It can be removed when they have been deleted after the retention period.")
    return None


async def hide_steps(services: Services, source: Source) -> None:
    """Show the first steps of a source no more."""
    await services.store.write(lambda tx: sources.hide_steps(tx, source.id))


def _name_problem(others: Iterable[Source], name: str) -> Problem | None:
    text = trimmed(name)
    if not text:
        return Problem("name", say("Enter a name."))
    if len(text) > MAX_NAME_CHARACTERS:
        return Problem("name", say("The name is longer than {limit} characters.", limit=MAX_NAME_CHARACTERS))
    if code := invisible_in(text):
        return Problem("name", say("The name contains an invisible character ({code}).", code=code))
    if text.casefold() in {each.name.casefold() for each in others}:
        return Problem("name", say("Another source has this name."))
    return None


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

    def update(tx: Transaction) -> None:
        now = sources.get(tx, source.id) or source
        if now.secret == secret or (replaces is not None and replaces != fingerprint(now.secret)):
            return
        former = FormerSecret(now.secret, services.now() + OVERLAP_MS) if now.secret else None
        sources.set_secret(tx, source.id, secret, former)

    await services.store.write(update)


def _new_token() -> str:
    return secrets.token_urlsafe(24)  # 192 bits, so that nobody can guess an ingest address
