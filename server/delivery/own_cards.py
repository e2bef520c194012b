"""Keeps the installation's own cards in memory: the pages and each delivery look them up by name.

A commit of this process is seen before its caller continues; a change by another process within ``EVERY_SECONDS``.
"""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from server.delivery.supervised_loop import AtRest, SupervisedLoop
from server.domain.card_shelf import CardShelf
from server.domain.cards import Card
from server.domain.ids import Millis
from server.store import Store, own_cards
from server.store.changes import Changes

EVERY_SECONDS = 2.0

log = structlog.get_logger()

Parse = Callable[[str, Mapping[str, str]], Card]


class OwnCards:
    """Fills a ``CardShelf``. ``parse`` raises ``ValueError`` for files that are not a card, which is then left out."""

    def __init__(self, store: Store, shelf: CardShelf, parse: Parse) -> None:
        self._store = store
        self._shelf = shelf
        self._parse = parse
        self._stamp: tuple[int, Millis] = (0, 0)
        self._changed = False
        self._refreshing = asyncio.Lock()
        self._known: dict[str, tuple[Mapping[str, str], Card | None]] = {}
        """What was made of the files of each card."""
        self._loop = SupervisedLoop("own_cards", self._step, store=store)
        store.watch(self._forget)

    @property
    def loops(self) -> tuple[SupervisedLoop, ...]:
        return (self._loop,)

    async def start(self) -> None:
        await self.refresh()
        self._loop.start()

    async def stop(self) -> None:
        await self._loop.stop()

    async def refresh(self) -> None:
        """Read the own cards again, if any was changed."""
        async with self._refreshing:
            stamp = await self._store.read(own_cards.stamp)
            if stamp == self._stamp and not self._changed:
                return
            self._changed = False
            stored = await self._store.read(own_cards.every)
            self._known = {card.name: await self._read(card.name, card.files) for card in stored}
            self._shelf.put_own({name: card for name, (_, card) in self._known.items() if card})
            self._stamp = stamp

    async def _read(self, name: str, files: Mapping[str, str]) -> tuple[Mapping[str, str], Card | None]:
        known = self._known.get(name)
        return known if known and known[0] == files else (files, await asyncio.to_thread(self._parsed, name, files))

    def _parsed(self, name: str, files: Mapping[str, str]) -> Card | None:
        try:
            return self._parse(name, files)
        except ValueError as error:
            log.warning("cards.own_card_unreadable", card=name, error=str(error))
        except Exception:  # one card must not keep the others, or Hookbench, from starting
            log.exception("cards.own_card_unreadable", card=name)
        return None

    async def _step(self) -> AtRest:
        await self.refresh()
        return AtRest(EVERY_SECONDS)

    def _forget(self, changes: Changes) -> None:
        self._changed = self._changed or bool(changes.cards)
