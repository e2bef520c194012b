"""Looks at a sample of the events that were received, and keeps which fields they had.

It reads them from the store afterwards, so receiving an event takes no longer. Several processes on one database share
the work: each stretch of messages is taken by one of them. If that one dies, its sample is lost, which harms nothing.
"""

import asyncio
import time
from collections import defaultdict
from functools import partial

from server.delivery.supervised_loop import AtRest, OneLoop, SupervisedLoop
from server.domain.drift import Fields, fields_of
from server.domain.ids import MessageId, Millis
from server.store import Store, Transaction, observations, options

LOOK_SECONDS = 10.0
SAMPLE = 50
"""Most events of one type that are looked at in a minute."""
MAX_SAMPLED = 500
"""Most events of all types in one look."""
MINUTE_MS: Millis = 60_000
_AT_ONCE = 20
"""Events that are read and parsed in one go; then others have their turn."""
PAUSE_SECONDS = 0.02


class Observer(OneLoop):
    """Start with ``start``, end with ``stop``."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._minute = 0
        self._sampled: defaultdict[str, int] = defaultdict(int)
        """How many events of each type were looked at in this minute."""
        self._loop = SupervisedLoop("observer", self._look, store=store, first_after_seconds=LOOK_SECONDS)

    async def look(self, now: Millis) -> int:
        """Look at what came since the last look. Returns how many events were looked at."""
        after, came = await self._store.read(_newest)
        if not came or not await self._store.write(lambda tx: options.take_observed(tx, after, came[0][0], now)):
            return 0
        sample = self._sample(came, now)
        found: defaultdict[str, list[Fields]] = defaultdict(list)
        for start in range(0, len(sample), _AT_ONCE):
            ids = sample[start : start + _AT_ONCE]
            for event_type, fields in await self._store.read(partial(_observed, ids=ids)):
                found[event_type].append(fields)
            self._loop.progress()
            await asyncio.sleep(PAUSE_SECONDS)
        for event_type, events in found.items():
            await self._store.write(partial(observations.add, event_type=event_type, events=events, now=now))
        return len(sample)

    async def _look(self) -> AtRest:
        await self.look(time.time_ns() // 1_000_000)
        return AtRest(LOOK_SECONDS)

    def _sample(self, came: list[tuple[MessageId, str]], now: Millis) -> list[MessageId]:
        """The newest events of each type, as far as the minute has room for them; event types take turns."""
        if now // MINUTE_MS != self._minute:
            self._minute = now // MINUTE_MS
            self._sampled.clear()
        of_type: defaultdict[str, list[MessageId]] = defaultdict(list)
        for message_id, event_type in came:
            if len(of_type[event_type]) < SAMPLE - self._sampled[event_type]:
                of_type[event_type].append(message_id)
        chosen = [(turn, name, each) for name, ids in of_type.items() for turn, each in enumerate(ids)]
        chosen = sorted(chosen)[:MAX_SAMPLED]
        for _, name, _ in chosen:
            self._sampled[name] += 1
        return [each for _, _, each in chosen]


def _newest(tx: Transaction) -> tuple[str, list[tuple[MessageId, str]]]:
    """Up to where messages were looked at, and those that came since."""
    after = options.observed_until(tx)
    return after, observations.newest(tx, after)


def _observed(tx: Transaction, ids: list[MessageId]) -> list[tuple[str, Fields]]:
    """The fields of each event. Runs in a thread of the store's readers."""
    found = [(name, fields_of(name, body)) for name, body in observations.bodies(tx, ids)]
    return [(name, fields) for name, fields in found if fields is not None]
