"""The database, the cards and the sandbox for a command, while a server may be running on the same database."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import structlog

from server.actions.cards import load_card
from server.actions.endpoints import Gone, Stale
from server.assets import transforms_dir
from server.commands.shared import Refused, Stop, settings_of
from server.delivery.own_cards import OwnCards
from server.domain.addresses import AddressRules
from server.domain.card_files import CARD_FILE, parse_card
from server.domain.card_shelf import CardShelf
from server.domain.cards import Card
from server.domain.checked_values import MalformedFile
from server.domain.endpoint_names import endpoint_name
from server.domain.endpoints import Endpoint
from server.domain.sentences import Invalid
from server.sandbox import Sandbox, Unavailable
from server.settings import Settings
from server.store import Busy, KeyRing, Store, Transaction, Unusable, endpoints, sources

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Opened:
    """What a command works with."""

    settings: Settings
    store: Store
    cards: Mapping[str, Card]
    sandbox: Sandbox
    """Started only for commands that run code."""
    rules: AddressRules

    def name_of(self, endpoint: Endpoint) -> str:
        return endpoint_name(self.cards, endpoint)

    async def find(self, wanted: str) -> Endpoint:
        """The endpoint with this id, or else with this name, if only one has it. Raises ``Stop``."""
        every = await self.store.read(_every)
        exact = [each for each in every if each.id == wanted]
        name = wanted.strip().casefold()
        named = [each for each in every if name in (self.name_of(each).casefold(), each.description.strip().casefold())]
        found = exact or named
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(each.id for each in found)
            raise Stop(f"There are {len(found)} endpoints with the name {wanted!r}. Choose one by its id: {ids}")
        known = "".join(f"\n  {each.id}  {self.name_of(each)}" for each in every[:50])
        raise Stop(f"There is no endpoint {wanted!r}. Available:{known or ' none'}")


def run(data: Path | None, work: Callable[[Opened], Awaitable[Result]], *, sandbox: bool = False) -> Result:
    """The result of ``work`` with everything open. ``sandbox``: it runs code. Ends with a sentence when it fails."""

    async def opened_work() -> Result:
        async with opened(data, sandbox=sandbox) as everything:
            return await work(everything)

    try:
        return asyncio.run(opened_work())
    except Unusable as error:
        raise Stop(str(error)) from error
    except MalformedFile as error:
        raise Stop(str(error)) from error
    except Invalid as refused:
        raise Refused("\n".join(_sentence(each.field, str(each.sentence)) for each in refused.problems)) from refused
    except Stale as stale:
        raise Refused("Somebody changed the endpoint in the meantime. Nothing was changed; run it again.") from stale
    except Gone as gone:
        raise Refused(str(Gone.sentence)) from gone
    except Busy as busy:
        raise Refused(f"{busy}. Nothing was changed; run it again.") from busy
    except Unavailable as error:
        raise Refused("The sandbox cannot run code at the moment: see hookbench doctor.") from error


@asynccontextmanager
async def opened(data: Path | None, *, sandbox: bool) -> AsyncIterator[Opened]:
    """Everything, until the block ends. Raises ``Unusable`` and ``Stop``."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    settings = settings_of({"data": data})
    if not settings.database and not (settings.data / "hookbench.db").exists():
        raise Stop(f"There is no Hookbench in the folder {settings.data}. Name its folder with --data.")
    async with AsyncExitStack() as stack:
        runs = Sandbox(settings.limits)
        if sandbox:  # its processes start before any secret is read
            await runs.start()
            stack.push_async_callback(runs.close)
        keys = KeyRing.find(key=settings.key, key_file=settings.key_file, folder=settings.data)
        store = Store.beside(settings.database_url, keys)
        stack.callback(store.close)
        own = CardShelf({})
        await OwnCards(store, own, parse_card).refresh()
        yield Opened(settings, store, _Cards(own), runs, AddressRules.allowing(settings.allow_networks))


class _Cards(Mapping[str, Card]):
    """All cards. A built-in one is read when it is asked for: a command needs few, and reading all takes long."""

    def __init__(self, own: Mapping[str, Card]) -> None:
        self._own = own
        self._read: dict[str, Card] = {}
        self._built_in = sorted(file.parent.name for file in transforms_dir().glob(f"*/{CARD_FILE}"))

    def __getitem__(self, name: str) -> Card:
        if name in self._own:
            return self._own[name]
        if name not in self._built_in:
            raise KeyError(name)
        if name not in self._read:
            self._read[name] = load_card(transforms_dir() / name)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter((*self._built_in, *self._own))

    def __len__(self) -> int:
        return len(self._built_in) + len(self._own)


def _every(tx: Transaction) -> list[Endpoint]:
    return [each for source in sources.every(tx) for each in endpoints.of_source(tx, source.id)]


def _sentence(field: str, sentence: str) -> str:
    return f"{field}: {sentence}" if field else sentence
