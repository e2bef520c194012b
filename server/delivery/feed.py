"""Tells open pages of this process what changed. A page that misses an update only shows it a little later."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from server.domain.ids import EndpointId, InspectorAddressId, MessageId, SourceId

MAX_QUEUED = 256
"""Updates that a slow reader may leave unread; beyond it the oldest is dropped."""
MAX_WATCHERS = 200
"""Pages that may watch at once. Each holds a connection that counts as busy: idle ones are closed before it."""
MAX_WATCHERS_OF_ONE = 20
"""How many of them may belong to one session. Browsers open six connections to a server, and pages in the background
close theirs."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A message has changed. ``endpoint_id`` is ``None`` when it was just received.

    ``message_id`` is ``None`` when the update is about the endpoint as a whole.
    """

    source_id: SourceId
    message_id: MessageId | None
    endpoint_id: EndpointId | None = None


@dataclass(frozen=True, slots=True)
class Noticed:
    """An operational event of this source is new or has changed."""

    source_id: SourceId


@dataclass(frozen=True, slots=True)
class Refused:
    """A request to the ingest address of this source was refused."""

    source_id: SourceId


@dataclass(frozen=True, slots=True)
class Inspected:
    """An address of the inspector received a request, or was changed."""

    source_id: SourceId
    address_id: InspectorAddressId


Update = Changed | Noticed | Refused | Inspected


def topics_of(changed: Update) -> tuple[str, ...]:
    """Return the topics under which a page subscribes to such an update."""
    if isinstance(changed, Noticed):
        return (f"notices:{changed.source_id}",)
    if isinstance(changed, Refused):
        return (f"refusals:{changed.source_id}",)
    if isinstance(changed, Inspected):
        return (f"inspector:{changed.address_id}",)
    found = [f"source:{changed.source_id}"]
    if changed.message_id:
        found.append(f"message:{changed.message_id}")
    if changed.endpoint_id:
        found.append(f"endpoint:{changed.endpoint_id}")
    return tuple(found)


class Feed:
    """Distributes updates. Publish from the event loop's thread; read with ``listen``, or with ``watch`` for a page."""

    def __init__(self) -> None:
        self._readers: set[Reader] = set()
        self._watchers: dict[Watcher, str] = {}  # with the owner of each, the oldest first
        self._watching: defaultdict[tuple[SourceId, str], set[Watcher]] = defaultdict(set)
        self._closed = False

    @property
    def readers(self) -> int:
        """How many readers and watchers there are now."""
        return len(self._readers) + len(self._watchers)

    def publish(self, changed: Update) -> None:
        for reader in self._readers:
            reader.put(changed)
        if self._watching:
            for topic in topics_of(changed):
                for watcher in self._watching.get((changed.source_id, topic), ()):
                    watcher.put(topic)

    @contextmanager
    def watch(self, source_id: SourceId, topics: Iterable[str], owner: str) -> Iterator["Watcher"]:
        """Yield a watcher of these topics of a source.

        ``owner`` is the session. When it has too many watchers, its oldest ends; when there are too many in all, the
        oldest of the session that has the most ends.
        """
        self._make_room(owner)
        watcher, keys = Watcher(), [(source_id, topic) for topic in topics]
        if self._closed:
            watcher.close()
        self._watchers[watcher] = owner
        for key in keys:
            self._watching[key].add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.pop(watcher, None)
            for key in keys:
                self._watching[key].discard(watcher)
                if not self._watching[key]:
                    del self._watching[key]

    @contextmanager
    def listen(self) -> Iterator["Reader"]:
        """Yield a reader of what is published from now on, without unread repeats. It ends when the feed is closed."""
        reader = Reader()
        if self._closed:
            reader.close()
        self._readers.add(reader)
        try:
            yield reader
        finally:
            self._readers.discard(reader)

    def close(self) -> None:
        """End every reader and watcher, so that open pages do not keep the server from stopping."""
        self._closed = True
        for reader in self._readers:
            reader.close()
        for watcher in self._watchers:
            watcher.close()

    def _make_room(self, owner: str) -> None:
        counts = Counter(self._watchers.values())
        if counts[owner] < MAX_WATCHERS_OF_ONE:
            if len(self._watchers) < MAX_WATCHERS:
                return
            owner = counts.most_common(1)[0][0]
        oldest = next(watcher for watcher, whose in self._watchers.items() if whose == owner)
        del self._watchers[oldest]
        oldest.make_way()


class Watcher:
    """Collects which topics changed. What it holds does not grow with the number of updates."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._news = asyncio.Event()
        self._end = asyncio.Event()
        self.made_way = False
        """It ended because newer watchers took its place."""

    def put(self, topic: str) -> None:
        if topic not in self._told:
            self._told.add(topic)
            self._news.set()

    def close(self) -> None:
        self._end.set()
        self._news.set()

    def make_way(self) -> None:
        self.made_way = True
        self.close()

    async def told(self, quiet_seconds: float, pause_seconds: float) -> set[str] | None:
        """Return the topics that changed, or none after ``quiet_seconds``; ``None`` at the end.

        After the first change it waits ``pause_seconds`` to collect more.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(quiet_seconds):
                await self._news.wait()
        if self._told:
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_seconds):
                    await self._end.wait()
        if self._end.is_set():
            return None
        told, self._told = self._told, set()
        self._news.clear()
        return told


class Reader:
    def __init__(self) -> None:
        self._waiting: dict[Update, None] = {}  # a dict keeps the order and drops repeats
        self._news = asyncio.Event()
        self._closed = False

    def put(self, changed: Update) -> None:
        if len(self._waiting) >= MAX_QUEUED:
            del self._waiting[next(iter(self._waiting))]
        self._waiting[changed] = None
        self._news.set()

    def close(self) -> None:
        self._closed = True
        self._news.set()

    def unread(self) -> list[Update]:
        """Take out and return all unread updates."""
        waiting = list(self._waiting)
        self._waiting.clear()
        return waiting

    def __aiter__(self) -> "Reader":
        return self

    async def __anext__(self) -> Update:
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        changed = next(iter(self._waiting))
        del self._waiting[changed]
        return changed
