"""Runs backtests one after another, in the background, and keeps their progress and report in the database.

Several processes may run one each. The row's owner is the process that runs it; if that dies, the backtest ends as
interrupted.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from time import monotonic, perf_counter

import structlog

from server.delivery.code_comparisons import Comparer, RunsManyEvents, Sides, prepare_both, sides_of
from server.delivery.feed import Changed, Feed
from server.delivery.prepare import Preparation, ReadyToSend
from server.delivery.supervised_loop import AtRest, OneLoop, SupervisedLoop
from server.domain.backtests import Backtest, BacktestState
from server.domain.cards import Card, MissingCard
from server.domain.comparison_reports import Report
from server.domain.conditions import Filter
from server.domain.faults import reason_of
from server.domain.ids import Millis, ProcessId
from server.domain.messages import Message
from server.domain.payloads import Payload
from server.domain.reasons import Cause, because
from server.domain.transformations import FailureKind, TransformFailed
from server.store import Busy, Store, Transaction, backtests, stored_events

IDLE_SECONDS = 5.0
"""Seconds between checks while there is nothing to run: another process may have died or left one waiting."""
PROGRESS_SECONDS = 1.0
"""How often progress and report are stored, and whether to stop is read."""
STOP_SECONDS = 1.0

FIRST_CHUNK, MAX_CHUNK = 2, 64
"""Events that are run together. The number adapts, so that a stop is obeyed soon whatever the code does."""
LONG_CHUNK_SECONDS = 1.0
MAX_CHUNK_BYTES = 4 << 20
"""Bytes of the events, or of the requests made of them, with which no chunk grows any more."""
CHUNKS_UNDER_WAY = 3
"""While one is compared, both workers have the next."""
SLICE_SECONDS = 0.002
"""How long comparing may hold the event loop."""
LARGE_BODY = 128 * 1024
"""Chunks with a larger body, of an event or a request, are compared in a thread."""

FIRST_PAGE, MAX_PAGE, PAGE_BYTES = 32, 512, 4 << 20
"""Events that are read at a time, as far as their bodies are not large."""

MAX_TIME_OUTS_IN_A_ROW = 8
MAX_TIME_OUTS = 30
"""Time-outs of one code after which a backtest is given up, since each takes a second or more."""

log = structlog.get_logger()

Chunk = list[Message]
MadeChunk = tuple[Chunk, list[Preparation], list[Preparation]]
"""Events with what the active code and the other one make of them."""


class Backtester(OneLoop):
    """Start with ``start``, report a new backtest with ``wake``, end with ``stop``."""

    def __init__(
        self, store: Store, sandbox: RunsManyEvents, cards: Mapping[str, Card], feed: Feed, owner: ProcessId
    ) -> None:
        self._store = store
        self._sandbox = sandbox
        self._cards = cards
        self._feed = feed
        self._owner = owner
        self._loop = SupervisedLoop("backtests", self._run_next, store=store)

    def wake(self) -> None:
        """Check for new backtests at once, or for a stop."""
        self._loop.wake()

    async def stop(self) -> None:
        """End the backtest under way as interrupted."""
        await self._loop.stop()

    async def _run_next(self) -> float | AtRest:
        """Run the backtest that has waited longest, if any. Returns when to check again."""
        if not await self._store.read(backtests.any_running):
            return AtRest(IDLE_SECONDS)
        alone = self._store.dialect == "sqlite"
        await self._store.write(lambda tx: backtests.interrupt(tx, self._owner, _now(), alone=alone))
        backtest = await self._store.write(lambda tx: backtests.claim(tx, self._owner, _now()))
        if backtest is None:
            return IDLE_SECONDS
        await self._run(backtest)
        return 0.0

    async def _run(self, backtest: Backtest) -> None:
        run: _Run | None = None
        state = BacktestState.INTERRUPTED
        reason: Cause | None = None
        try:
            sides = await self._store.read(lambda tx: sides_of(tx, backtest))
            if sides is None:
                state, reason = BacktestState.FAILED, because("backtest_gone")
            else:
                run = _Run(self, backtest, sides)
                state, reason = await run.to_its_end()
        except Busy:
            raise  # ``interrupt`` ends it when the database works again
        except MissingCard as missing:
            state, reason = BacktestState.FAILED, because("backtest_card_missing", card=missing.name)
        except Exception as error:
            log.exception("backtest.failed", backtest_id=backtest.id)
            state, reason = BacktestState.FAILED, because("backtest_fault", reason=reason_of(error))
        finally:
            done, report = (run.report.events, run.report) if run else (0, backtest.report)

            def end(tx: Transaction) -> bool:
                return backtests.end(tx, backtest.id, self._owner, state, done, report, _now(), reason)

            with suppress(Busy):
                await asyncio.shield(self._store.write(end))
            if run:
                self._tell(run)
            log.info("backtest.ended", backtest_id=backtest.id, state=state.value, events=done)

    def _tell(self, run: "_Run") -> None:
        endpoint = run.sides.before
        self._feed.publish(Changed(endpoint.source_id, None, endpoint.id))


class _Run:
    """One backtest under way."""

    def __init__(self, backtester: Backtester, backtest: Backtest, sides: Sides) -> None:
        self._of = backtester
        self._backtest = backtest
        self.sides = sides
        self._comparer = Comparer(sides, backtester._cards.get(sides.before.card))
        self.report = Report()
        self._total = 0
        self._size = FIRST_CHUNK
        self._time_outs = {"before": _TimeOuts(), "after": _TimeOuts()}
        self._stopping = False
        self._saved_at = monotonic()

    async def to_its_end(self) -> tuple[BacktestState, Cause | None]:
        """Run it. Returns how it ended, and why if it was given up."""
        await self._count()
        under_way: deque[asyncio.Task[MadeChunk]] = deque()
        try:
            async with aclosing(self._chunks()) as chunks:
                async for chunk in chunks:
                    under_way.append(asyncio.create_task(self._made(chunk)))
                    if len(under_way) >= CHUNKS_UNDER_WAY:
                        await self._finish(under_way)
                    if self._is_over():
                        break
            while under_way and not self._is_over():
                await self._finish(under_way)
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
        if self._stopping:
            return BacktestState.STOPPED, None
        for side, time_outs in self._time_outs.items():
            if time_outs.are_too_many:
                return BacktestState.FAILED, because(f"backtest_time_outs_{side}", times=time_outs.all)
        return BacktestState.DONE, None

    def _is_over(self) -> bool:
        return self._stopping or any(each.are_too_many for each in self._time_outs.values())

    async def _count(self) -> None:
        """Count the events, as many as are wanted. The database counts, so this delays nothing else."""
        endpoint, selection, before = self.sides.before, self._backtest.selection, self._backtest.selection.end
        while before and self._total < selection.most and not self._stopping:
            counted, before = await self._of._store.read(
                lambda tx, at=before: stored_events.count_step(tx, endpoint, selection, at)  # type: ignore[misc]
            )
            self._total = min(selection.most, self._total + counted)
            await self._save_when_due()

    async def _chunks(self) -> AsyncGenerator[Chunk, None]:
        """The selected events, newest first, in chunks of ``self._size``. Reads a page ahead."""
        left, before, most = self._backtest.selection.most, self._backtest.selection.end, FIRST_PAGE
        reading: asyncio.Task[tuple[Chunk, str, int]] | None = asyncio.create_task(self._page(before, most))
        try:
            while reading:
                page, before, size = await reading
                most = min(MAX_PAGE, max(1, PAGE_BYTES // size)) if size else most
                page = page[:left]
                left -= len(page)
                reading = asyncio.create_task(self._page(before, most)) if before and left > 0 else None
                start = 0
                while start < len(page):
                    end, size = start, 0
                    while end < len(page) and end - start < self._size and size < MAX_CHUNK_BYTES:
                        size += len(page[end].body)
                        end += 1
                    yield page[start:end]
                    start = end
        finally:
            if reading:
                reading.cancel()
                await asyncio.wait([reading])

    async def _page(self, before: str, most: int) -> tuple[Chunk, str, int]:
        """A page of events that pass the filter, where the next begins, and the mean size of a body."""
        endpoint, selection = self.sides.before, self._backtest.selection

        def read(tx: Transaction) -> tuple[Chunk, str, int]:
            page, following = stored_events.page(tx, endpoint, selection, before, most)
            size = sum(len(message.body) for message in page) // len(page) if page else 0
            if endpoint.conditions:
                asked = Filter(endpoint.conditions)
                page = [message for message in page if asked.fits(Payload(message.body))]
            return page, following, size

        return await self._of._store.read(read)

    async def _made(self, chunk: Chunk) -> MadeChunk:
        """What both codes make of the events."""
        began = monotonic()
        before, after = await prepare_both(
            self.sides,
            chunk,
            owner=f"backtest:{self._backtest.id}",
            sandbox=self._of._sandbox,
            cards=self._of._cards,
        )
        size = sum(len(one.request.body) for one in (*before, *after) if isinstance(one, ReadyToSend))
        if monotonic() - began > LONG_CHUNK_SECONDS or size > MAX_CHUNK_BYTES:
            self._size = max(1, self._size // 2)
        else:
            self._size = min(MAX_CHUNK, self._size * 2)
        return chunk, before, after

    async def _finish(self, under_way: deque[asyncio.Task[MadeChunk]]) -> None:
        """Wait for the first chunk and compare it. Returns early when it is to stop."""
        while not under_way[0].done():
            await asyncio.wait([under_way[0]], timeout=max(0.0, self._saved_at + PROGRESS_SECONDS - monotonic()))
            await self._save_when_due()
            if self._stopping:
                return
        chunk, before, after = under_way.popleft().result()
        if any(_largest(each) > LARGE_BODY for each in zip(chunk, before, after, strict=True)):
            await asyncio.to_thread(self._add_all, chunk, before, after)
        else:
            until = perf_counter() + SLICE_SECONDS
            for each in zip(chunk, before, after, strict=True):
                self._add(*each)
                if perf_counter() > until:
                    await asyncio.sleep(0)
                    until = perf_counter() + SLICE_SECONDS
        await self._save_when_due()

    def _add_all(self, chunk: Chunk, before: list[Preparation], after: list[Preparation]) -> None:
        for each in zip(chunk, before, after, strict=True):
            self._add(*each)

    def _add(self, message: Message, before: Preparation, after: Preparation) -> None:
        self._time_outs["before"].add(before)
        self._time_outs["after"].add(after)
        compared = self._comparer.compare(message.body, before, after)
        self.report.add(message.event_type, message.id, compared, before.ms, after.ms)

    async def _save_when_due(self) -> None:
        """Store progress and report about once a second, and learn whether to stop."""
        if monotonic() < self._saved_at + PROGRESS_SECONDS:
            return
        backtest, report, total = self._backtest, self.report, self._total

        def update(tx: Transaction) -> bool:
            return backtests.keep_progress(tx, backtest.id, self._of._owner, total, report.events, report, _now())

        self._stopping = not await self._of._store.write(update)
        self._saved_at = monotonic()
        self._of._loop.progress()
        self._of._tell(self)


def _largest(of_event: tuple[Message, Preparation, Preparation]) -> int:
    """Bytes of the largest of an event and the requests made of it."""
    message, *made = of_event
    return max(len(message.body), *(len(one.request.body) for one in made if isinstance(one, ReadyToSend)), 0)


class _TimeOuts:
    """The time-outs of one code."""

    def __init__(self) -> None:
        self.all = 0
        self._in_a_row = 0

    def add(self, prepared: Preparation) -> None:
        if isinstance(prepared, TransformFailed) and prepared.error.kind == FailureKind.TIME_LIMIT:
            self.all += 1
            self._in_a_row += 1
        else:
            self._in_a_row = 0

    @property
    def are_too_many(self) -> bool:
        return self._in_a_row >= MAX_TIME_OUTS_IN_A_ROW or self.all >= MAX_TIME_OUTS


def _now() -> Millis:
    return time.time_ns() // 1_000_000
