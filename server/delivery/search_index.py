"""Keeps the index of search terms in order, in the background: moves new terms into segments, and indexes messages from
before the index, or from before the search settings were changed. Fills full text while it is on.

Several processes on one database may do so at the same time; of two that index the same messages, one has its work
thrown away. A step holds the writer for a few milliseconds, and then leaves it alone for several times as long.
"""

import asyncio
import time
from dataclasses import replace
from functools import partial
from time import perf_counter

import structlog

from server.delivery.configuration import FRESH_SECONDS
from server.delivery.supervised_loop import AtRest, OneLoop, SupervisedLoop
from server.domain.ids import MessageId, Millis, earliest
from server.domain.payloads import Payload
from server.domain.search_terms import Backfill, SearchSettings, TextIndex, terms_in
from server.domain.search_words import words_of
from server.store import Store, Transaction, options, search_terms, search_text
from server.store.search_terms import MessageTerms

LOOK_SECONDS = 2.0
MESSAGES_IN_STEP = 100
TERMS_IN_STEP = 2_000
"""Terms of an earlier edition that a step deletes."""
TEXTS_IN_STEP = 40
"""Messages whose words a step stores."""
ROWS_DROPPED_IN_STEP = 500
"""Rows of full text that a step deletes when it was switched off, some 2 MB."""
SETTLED_MS: Millis = 2_000
PAUSE_FACTOR = 4
"""A pause is this many times as long as the step before it."""
MIN_PAUSE_SECONDS = 0.02

log = structlog.get_logger()


class SearchIndex(OneLoop):
    """Start with ``start``, end with ``stop``."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._loop = SupervisedLoop("search", self._look, store=store)

    async def tidy(self) -> None:
        """Do all there is to do now."""
        began = perf_counter()
        while await self._step():
            self._loop.progress()
            await asyncio.sleep(max(MIN_PAUSE_SECONDS, PAUSE_FACTOR * (perf_counter() - began)))
            began = perf_counter()

    async def _look(self) -> AtRest:
        await self.tidy()
        return AtRest(LOOK_SECONDS, settled=SETTLED_MS / 1000)

    async def _step(self) -> bool:
        """Do a little. Returns whether there may be more to do."""
        settings, backfill, until, outdated, full_text = await self._store.read(_all_to_do)
        if backfill is None or backfill.edition != settings.edition:
            await self._begin(settings, backfill)
            return True
        if until:
            await self._store.write(lambda tx: search_terms.move(tx, until))
            return True
        if backfill.cursor:
            return await self._index_older(settings, backfill)
        if outdated is not None:
            await self._store.write(lambda tx: search_terms.shrink(tx, outdated, TERMS_IN_STEP))
            return True
        return await self._keep_text(settings.full_text, *full_text)

    async def _begin(self, settings: SearchSettings, former: Backfill | None) -> None:
        """Start to index what came before this edition of the settings."""
        if former is not None:
            await asyncio.sleep(2 * FRESH_SECONDS)  # until every process indexes what comes under this edition
            while await self._store.read(lambda tx: search_terms.has_earlier(tx, settings.edition)):
                await self._store.write(lambda tx: search_terms.move(tx, search_terms.ALL))

        def begin(tx: Transaction) -> None:
            if options.search_backfill(tx) == former:
                end = search_terms.end_of_older(tx, indexed=former is None)
                options.set_search_backfill(tx, Backfill(settings.edition, end), _now())

        await self._store.write(begin)

    async def _index_older(self, settings: SearchSettings, backfill: Backfill) -> bool:
        """Index the next messages. Their bodies are read and parsed in a reader's thread."""
        found, cursor = await self._store.read(partial(_terms_of_older, settings=settings, before=backfill.cursor))

        def store(tx: Transaction) -> None:
            if options.search_backfill(tx) == backfill:
                search_terms.add_older(tx, found)
                now = Backfill(backfill.edition, cursor, backfill.done + len(found))
                options.set_search_backfill(tx, now, _now())

        await self._store.write(store)
        if not cursor:
            log.info("search.indexed_older", messages=backfill.done + len(found), edition=backfill.edition)
        return True

    async def _keep_text(self, wanted: bool, index: TextIndex | None, exists: bool) -> bool:
        """Build, fill or drop the tables of full text. Returns whether there may be more to do."""
        if index is None and exists:
            return await self._store.write(_drop_some)
        if index is None:
            if wanted:
                await self._store.write(_build_text)
            return wanted
        if not wanted:
            await self._store.write(lambda tx: options.set_search_text(tx, None, _now()))
            log.info("search.text_dropped")
            return True
        words, now = await self._store.read(partial(_words_of_next, index=index))
        if now == index:
            return False

        def store(tx: Transaction) -> None:
            if options.search_text(tx) == index:
                search_text.add(tx, words)
                options.set_search_text(tx, now, _now())

        await self._store.write(store)
        return True


def _build_text(tx: Transaction) -> None:
    if options.search_text(tx) is None:
        search_text.build(tx)
        end = search_terms.end_of_older(tx, indexed=False)
        options.set_search_text(tx, TextIndex(end, end), _now())


def _drop_some(tx: Transaction) -> bool:
    """Delete a part of tables that are not wanted. False when there is nothing to delete."""
    if options.search_text(tx) is not None:  # another process has built them anew
        return True
    return search_text.shrink(tx, ROWS_DROPPED_IN_STEP)


def _standing_of_text(tx: Transaction) -> tuple[TextIndex | None, bool]:
    return options.search_text(tx), search_text.exists(tx)


Words = list[tuple[MessageId, list[str]]]


def _words_of_next(tx: Transaction, index: TextIndex) -> tuple[Words, TextIndex]:
    """The words of the next messages, and which messages full text has with them. New ones go first.

    The newest messages wait a little: another process may still store one with a smaller id.
    """
    settled = earliest(MessageId, _now() - SETTLED_MS)
    if came := search_terms.newer(tx, index.newest, settled, TEXTS_IN_STEP):
        now = replace(index, newest=came[-1][0], done=index.done + len(came))
        return [(message_id, words_of(Payload(body))) for message_id, body in came], now
    if not index.oldest:
        return [], index
    older = search_terms.older(tx, index.oldest, TEXTS_IN_STEP)
    oldest = older[-1][0] if older else ""
    words = [(message_id, words_of(Payload(body))) for message_id, _, body in older]
    return words, replace(index, oldest=oldest, done=index.done + len(older))


def _all_to_do(
    tx: Transaction,
) -> tuple[SearchSettings, Backfill | None, MessageId | None, int | None, tuple[TextIndex | None, bool]]:
    """How far the index is, up to which message a segment is full, and a segment of an earlier edition."""
    settings, backfill = _standing(tx)
    outdated = search_terms.outdated(tx, settings.edition)
    return settings, backfill, search_terms.full_segment(tx), outdated, _standing_of_text(tx)


def _standing(tx: Transaction) -> tuple[SearchSettings, Backfill | None]:
    return options.search_settings(tx), options.search_backfill(tx)


def _terms_of_older(tx: Transaction, settings: SearchSettings, before: str) -> tuple[list[MessageTerms], str]:
    """The terms of the next older messages, and the id before which others are left; empty if none are."""
    came = search_terms.older(tx, before, MESSAGES_IN_STEP)
    found = [
        MessageTerms(message_id, settings.edition, terms_in(event_type, Payload(body), settings.metadata_keys))
        for message_id, event_type, body in came
    ]
    return found, came[-1][0] if came else ""


def _now() -> int:
    return time.time_ns() // 1_000_000
