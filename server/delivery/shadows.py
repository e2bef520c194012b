"""Runs shadows: hands live events to a second version in the background and compares what both make of them.

Live deliveries pay for one check and one append. What a shadow cannot keep up with is skipped and counted.
"""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic

import structlog

from server.delivery.code_comparisons import Comparer, RunsManyEvents, Sides, prepare_all
from server.delivery.feed import Changed, Feed
from server.delivery.prepare import Event, Preparation, ReadyToSend, runs_code
from server.delivery.supervised_loop import AtRest, OneLoop, SupervisedLoop
from server.domain.cards import Card
from server.domain.comparison_reports import Report
from server.domain.comparisons import Compared
from server.domain.endpoints import Endpoint
from server.domain.ids import Millis, ShadowId
from server.domain.messages import Message
from server.domain.shadows import ShadowState
from server.domain.versions import RunningShadow
from server.store import Busy, Store, Transaction, shadows

FLUSH_SECONDS = 2.0
"""How often reports are stored while shadows have events."""
IDLE_SECONDS = 10.0
"""How often shadows whose time is over are ended otherwise."""
MAX_QUEUED = 500
"""Events that wait for one shadow."""
MAX_QUEUED_BYTES = 32 << 20
"""Bytes of all events that wait."""
CHUNK = 32
"""Events that are run together."""
LARGE_BYTES = 128 * 1024
"""Events with more bytes, with what both codes make of them, are compared in a thread."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Seen:
    """A live event, what the active code made of it, and when."""

    endpoint: Endpoint
    message: Message
    prepared: Preparation
    at: Millis
    size: int


class _Queue:
    """The events that wait for one shadow, and what was compared since the last flush."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.source_id, self.endpoint_id = endpoint.source_id, endpoint.id
        self.waiting: deque[_Seen] = deque()
        self.report = Report()
        self.has_news = False
        self.task: asyncio.Task[None] | None = None
        self.former_version_id: str | None = None
        self.is_known = False
        """``former_version_id`` has been read."""
        self.is_over = False
        self.sides: Sides | None = None
        self.comparer: Comparer | None = None


class Shadows(OneLoop):
    """``saw`` takes live events. Start with ``start``, end with ``stop``."""

    def __init__(self, store: Store, sandbox: RunsManyEvents, cards: Mapping[str, Card], feed: Feed) -> None:
        self._store = store
        self._sandbox = sandbox
        self._cards = cards
        self._feed = feed
        self._queues: dict[ShadowId, _Queue] = {}
        self._bytes = 0
        self._flushed_at = monotonic()
        self._loop = SupervisedLoop("shadows", self._step, store=store)

    async def stop(self) -> None:
        """Drop what waits, and store what was compared."""
        await self._loop.stop()
        tasks = [queue.task for queue in self._queues.values() if queue.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(Busy):
            await self._flush()

    def saw(self, endpoint: Endpoint, message: Message, prepared: Preparation, at: Millis) -> None:
        """Take a live event whose endpoint has a shadow. ``at``: when the active code began to run on it."""
        shadow = endpoint.shadow
        if shadow is None or at >= shadow.until:
            return
        queue = self._queues.get(shadow.id)
        if queue is None:
            queue = self._queues[shadow.id] = _Queue(endpoint)
            self._loop.wake()  # it may rest: an event that is only compared is no write
        size = len(message.body) + (len(prepared.request.body) if isinstance(prepared, ReadyToSend) else 0)
        if queue.is_over:
            return
        if len(queue.waiting) >= MAX_QUEUED or self._bytes + size > MAX_QUEUED_BYTES:
            queue.report.skipped += 1
            queue.has_news = True
            return
        self._bytes += size
        queue.waiting.append(_Seen(endpoint, message, prepared, at, size))
        if queue.task is None:
            queue.task = asyncio.create_task(self._drain(shadow, queue))

    async def _step(self) -> float | AtRest:
        """Store the reports and end the shadows whose time is over."""
        await self._flush()
        now = _now()
        due, next_end = await self._store.read(lambda tx: (shadows.due(tx, now), shadows.next_end(tx)))
        for shadow_id in due:
            await self._end(shadow_id)
        if self._queues:
            return FLUSH_SECONDS
        return AtRest(IDLE_SECONDS, latest=None if next_end is None else max(IDLE_SECONDS, (next_end - now) / 1000))

    async def _flush(self) -> None:
        """Add what was compared to the stored reports, and forget the queues of shadows without events."""
        for shadow_id, queue in list(self._queues.items()):
            if queue.has_news:
                report, queue.report, queue.has_news = queue.report, Report(), False

                def update(tx: Transaction, of: ShadowId = shadow_id, added: Report = report) -> None:
                    shadows.add_report(tx, of, added, _now())

                try:
                    await self._store.write(update)
                except Busy:
                    report.merge(queue.report)
                    queue.report, queue.has_news = report, True
                    raise
                self._feed.publish(Changed(queue.source_id, None, queue.endpoint_id))
            elif queue.task is None and not queue.waiting:
                del self._queues[shadow_id]

    async def _drain(self, shadow: RunningShadow, queue: _Queue) -> None:
        """Run the shadow on the events that wait for it, until none does."""
        try:
            while queue.waiting and not queue.is_over:
                chunk = [queue.waiting.popleft() for _ in range(min(CHUNK, len(queue.waiting)))]
                self._bytes -= sum(seen.size for seen in chunk)
                try:
                    await self._compare(shadow, queue, chunk)
                except Exception:  # of any kind: a shadow's trouble is nobody else's
                    log.exception("shadow.failed", shadow_id=shadow.id)
                    queue.report.skipped += len(chunk)
                    queue.has_news = True
        finally:
            queue.task = None
            self._bytes -= sum(seen.size for seen in queue.waiting)
            queue.waiting.clear()

    async def _compare(self, shadow: RunningShadow, queue: _Queue, chunk: list[_Seen]) -> None:
        """Run the shadow on events of one endpoint and add them to the queue's report."""
        if not queue.is_known:
            stored = await self._store.read(lambda tx: shadows.get(tx, shadow.id))
            queue.is_over = stored is None or stored.state is not ShadowState.RUNNING
            queue.former_version_id, queue.is_known = stored.former_version_id if stored else None, True
        if queue.is_over:
            return
        fitting = [seen for seen in chunk if _serving(seen.endpoint) == queue.former_version_id]
        if len(fitting) < len(chunk):  # another version was activated: the rest would be compared with something else
            queue.is_over = True
            await self._end(shadow.id)
        if not fitting:
            return
        sides, comparer = self._sides(shadow, queue, fitting[-1].endpoint)
        events = [_event(seen, sides) for seen in fitting]
        made = await prepare_all(
            sides.after, events, owner=f"shadow:{shadow.id}", sandbox=self._sandbox, cards=self._cards
        )
        for seen, after in zip(fitting, made, strict=True):
            compared = await _compared(comparer, seen, after)
            queue.report.add(seen.message.event_type, seen.message.id, compared, seen.prepared.ms, after.ms)
            await asyncio.sleep(0)
        queue.has_news = True

    def _sides(self, shadow: RunningShadow, queue: _Queue, endpoint: Endpoint) -> tuple[Sides, Comparer]:
        if queue.sides is None or queue.comparer is None or queue.sides.before is not endpoint:
            queue.sides = Sides.of(endpoint, replace(endpoint, version=shadow.version, transforming=True))
            queue.comparer = Comparer(queue.sides, self._cards.get(endpoint.card))
        return queue.sides, queue.comparer

    async def _end(self, shadow_id: ShadowId) -> None:
        if await self._store.write(lambda tx: shadows.end(tx, shadow_id, ShadowState.ENDED, _now())):
            log.info("shadow.ended", shadow_id=shadow_id)


async def _compared(comparer: Comparer, seen: _Seen, after: Preparation) -> Compared:
    """The comparison; in a thread when it takes long."""
    size = seen.size + (len(after.request.body) if isinstance(after, ReadyToSend) else 0)
    if size > LARGE_BYTES:
        return await asyncio.to_thread(comparer.compare, seen.message.body, seen.prepared, after)
    return comparer.compare(seen.message.body, seen.prepared, after)


def _event(seen: _Seen, sides: Sides) -> Event:
    """The event, with the time at which the active code ran as the clock."""
    message = seen.message
    clock = seen.at if sides.reads_clock else None
    return Event(message.event_type, message.body, message.webhook_id, message.received_at // 1000, clock)


def _serving(endpoint: Endpoint) -> str | None:
    return endpoint.version.id if endpoint.version and runs_code(endpoint) else None


def _now() -> Millis:
    return time.time_ns() // 1_000_000
