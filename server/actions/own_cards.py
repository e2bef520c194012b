"""What a person may do with own cards: make one, change, delete, import and export it.

After each, ``services.cards`` is up to date, so that the next page shows it.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace

from server.actions import card_drafts
from server.actions.card_drafts import CODE_FILE, CardDraft
from server.actions.cards import read_files
from server.actions.services import Services
from server.assets import transforms_dir
from server.domain import card_archives
from server.domain.card_archives import BadArchive
from server.domain.card_shelf import OWN, is_own
from server.domain.endpoint_names import endpoint_name
from server.domain.endpoints import Endpoint
from server.domain.sentences import Invalid, Problem, Sentence, say
from server.store import Transaction, own_cards
from server.store.own_cards import Uses

MAX_OWN_CARDS = 100

Files = Mapping[str, str]


class NoCard(Exception):
    """There is no card of this name any more."""


class StaleCard(Exception):
    """Somebody else saved the card since its form was opened; ``files`` is what they saved."""

    def __init__(self, files: Files) -> None:
        super().__init__()
        self.files = files


def stamp(files: Files) -> str:
    """16 hexadecimal digits that change when the card does."""
    text = json.dumps(dict(files), sort_keys=True)
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


async def files_of(services: Services, name: str) -> Files:
    """The files of a card, built in or own. Raises ``NoCard``."""
    if is_own(name):
        stored = await services.store.read(lambda tx: own_cards.get(tx, name))
        if stored is None:
            raise NoCard
        return stored.files
    if name not in services.cards:
        raise NoCard
    return await asyncio.to_thread(read_files, transforms_dir() / name)


async def export(services: Services, name: str) -> bytes:
    """The card's folder as a zip file. Raises ``NoCard``."""
    files = await files_of(services, name)
    return await asyncio.to_thread(card_archives.pack, name.removeprefix(OWN), files)


def of_endpoint(services: Services, endpoint: Endpoint, files: Files) -> CardDraft:
    """The form that makes a card of an endpoint: its card with its code, name and rate limit, without any secret."""
    draft = CardDraft.of(files)
    name = endpoint_name(services.cards, endpoint)
    return replace(
        draft,
        title=name[: card_drafts.MAX_TITLE],
        code=endpoint.version.code if endpoint.version else draft.code,
        transforms=endpoint.transforming,
        rate_limit=str(endpoint.controls.rate_limit or ""),
    )


async def create(services: Services, draft: CardDraft, base: Files) -> str:
    """Keep a new card and return its name. ``base``: the files that its form started from. Raises ``Invalid``."""
    draft = draft.named()
    if found := await card_drafts.problems(services, draft, base):
        raise Invalid(*found)
    return await _keep(services, card_drafts.slug(draft.title, "card"), draft.files(base), field="")


async def change(services: Services, name: str, draft: CardDraft, seen: str = "") -> None:
    """Save the form of an own card. Raises ``Invalid``, ``NoCard``, ``StaleCard`` when it changed since ``seen``."""
    base, draft = await files_of(services, name), draft.named()
    if seen and seen != stamp(base):
        raise StaleCard(base)
    if found := await card_drafts.problems(services, draft, base):
        raise Invalid(*found)
    files = draft.files(base)

    def update(tx: Transaction) -> None:
        stored = own_cards.get(tx, name)
        if stored is None:
            raise NoCard
        if stored.files != base:
            raise StaleCard(stored.files)
        own_cards.put(tx, name, files, _later(services, tx))

    await services.store.write(update)
    await services.refresh_cards()


async def delete(services: Services, name: str) -> None:
    """Delete an own card. Raises ``Invalid`` while endpoints use it, those included that can still be restored."""

    def update(tx: Transaction) -> None:
        if refused := _reason_to_keep(own_cards.uses(tx).get(name, Uses())):
            raise Invalid(Problem("", refused))
        own_cards.remove(tx, name)

    await services.store.write(update)
    await services.refresh_cards()


def _reason_to_keep(uses: Uses) -> Sentence | None:
    if uses.endpoints:
        return say("Endpoints use this card: {count}. Delete them first, or keep the card.", count=uses.endpoints)
    if uses.deleted:
        return say(
            "Deleted endpoints with this card can still be restored ({count}). Delete them for good first, or keep the "
            "card.",
            count=uses.deleted,
        )
    return None


async def import_zip(services: Services, content: bytes, *, replaces: bool = False) -> str:
    """Keep the card in a zip file and return its name. Raises ``Invalid`` with the file and the key that is wrong.

    ``replaces``: in place of the own card whose folder has the same name, if there is one.
    """
    if not content:
        raise Invalid(Problem("file", say("Choose a zip file.")))
    try:
        folder, files = await asyncio.to_thread(card_archives.unpack, content)
    except BadArchive as refused:
        raise Invalid(Problem("file", refused.sentence)) from refused
    if wrong := await asyncio.to_thread(card_drafts.card_problem, "card", files):
        raise Invalid(Problem("file", wrong.sentence))
    for path in sorted(path for path in files if path == CODE_FILE or path.startswith("samples/")):
        if error := await services.sandbox.check(files[path]):
            sentence = say(
                "{file}: line {line}, column {column}: {message}",
                file=path, line=error.line or 1, column=error.column or 1, message=error.message,
            )  # fmt: skip
            raise Invalid(Problem("file", sentence))
    name = folder or card_drafts.slug(CardDraft.of(files).title, "card")
    return await _keep(services, name, files, field="file", replaces=replaces)


async def _keep(services: Services, wanted: str, files: Files, *, field: str, replaces: bool = False) -> str:
    """Store a card under the first free name that begins with ``wanted``."""

    def update(tx: Transaction) -> str:
        taken = own_cards.names(tx)
        name = OWN + wanted
        if not (replaces and name in taken):
            if len(taken) >= MAX_OWN_CARDS:
                raise Invalid(Problem(field, say("There can be at most {limit} own cards.", limit=MAX_OWN_CARDS)))
            numbers = (f"{OWN}{wanted[:32]}_{number}" for number in range(2, MAX_OWN_CARDS + 2))
            name = name if name not in taken else next(each for each in numbers if each not in taken)
        own_cards.put(tx, name, files, _later(services, tx))
        return name

    name = await services.store.write(update)
    await services.refresh_cards()
    return name


def _later(services: Services, tx: Transaction) -> int:
    """Now, and later than every other change, so that other processes notice this one whatever their clocks say."""
    _, last = own_cards.stamp(tx)
    return max(services.now(), last + 1)
