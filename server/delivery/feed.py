"""Tells open pages what changed, within this process. A page that misses something only shows it a little later."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from server.domain.ids import EndpointId, MessageId, SourceId

MOST_WAITING = 256
"""What one slow reader may leave unread; beyond it the oldest is dropped."""


@dataclass(frozen=True, slots=True)
class Changed:
    """Something about this message is new. ``endpoint_id`` is ``None`` when it was just received.

    ``message_id`` is ``None`` when it is about the endpoint as a whole.
    """

    source_id: SourceId
    message_id: MessageId | None
    endpoint_id: EndpointId | None = None


@dataclass(frozen=True, slots=True)
class Noticed:
    """There is an operational event of this source, or something about one is new."""

    source_id: SourceId


Told = Changed | Noticed


class Feed:
    """Publish from the event loop's thread; read with ``listen``."""

    def __init__(self) -> None:
        self._readers: set[Reader] = set()
        self._closed = False

    @property
    def readers(self) -> int:
        """How many listen just now."""
        return len(self._readers)

    def publish(self, changed: Told) -> None:
        for reader in self._readers:
            reader.put(changed)

    @contextmanager
    def listen(self) -> Iterator["Reader"]:
        """What is published from now on, without repeats of what waits unread; it ends when the feed is closed."""
        reader = Reader()
        if self._closed:
            reader.close()
        self._readers.add(reader)
        try:
            yield reader
        finally:
            self._readers.discard(reader)

    def close(self) -> None:
        """End every reader, so that pages that are open do not keep the server from stopping."""
        self._closed = True
        for reader in self._readers:
            reader.close()


class Reader:
    def __init__(self) -> None:
        self._waiting: dict[Told, None] = {}  # a dict keeps the order and drops repeats
        self._news = asyncio.Event()
        self._closed = False

    def put(self, changed: Told) -> None:
        if len(self._waiting) >= MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        self._waiting[changed] = None
        self._news.set()

    def close(self) -> None:
        self._closed = True
        self._news.set()

    def unread(self) -> list[Told]:
        """What waits, taken at once."""
        waiting = list(self._waiting)
        self._waiting.clear()
        return waiting

    def __aiter__(self) -> "Reader":
        return self

    async def __anext__(self) -> Told:
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        changed = next(iter(self._waiting))
        del self._waiting[changed]
        return changed
