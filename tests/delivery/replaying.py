"""A shop whose deliveries failed or wait, with the real worker and replayer, for tests of replays."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from builders import a_message, a_source, an_attempt, an_endpoint
from working import LOOPBACK, Scripted, until

from server.delivery.configuration import Configuration
from server.delivery.courier import Courier
from server.delivery.dispatch import Dispatcher
from server.delivery.feed import Feed
from server.delivery.replayer import Replayer
from server.delivery.transport import Resolve
from server.delivery.worker import Worker
from server.domain.endpoints import Controls, Endpoint
from server.domain.ids import ProcessId, ReplayId, mint
from server.domain.messages import AttemptOutcome, DeliveryState, Message
from server.domain.replays import Replay, ReplayKind, ReplayState, Selection
from server.store import Store, Transaction, deliveries, endpoints, messages, replays, sources

HOUR = 3_600_000
ANOTHER = ProcessId("t")


class Shop:
    def __init__(self, store: Store, worker: Worker, replayer: Replayer, url: str, **changes: Any) -> None:
        self.store, self.worker, self.replayer = store, worker, replayer
        self.source = a_source()
        self.endpoint = an_endpoint(self.source, url=url, **changes)

    async def failed(self, count: int) -> list[Message]:
        """Messages whose deliveries were given up."""
        at = time.time_ns() // 1_000_000
        found = [a_message(self.source, received_at=at, webhook_id=f"evt_{n:03}") for n in range(count)]

        def keep(tx: Transaction) -> None:
            sources.insert(tx, self.source)
            endpoints.insert(tx, replace(self.endpoint, controls=Controls()))  # one in order is claimed one by one
            messages.receive(tx, found)
            claimed = deliveries.claim(tx, owner=ANOTHER, now=at, lease_until=at + 1, room={self.endpoint.id: count})
            made = [
                an_attempt(c.message, c.delivery.id, self.endpoint, outcome=AttemptOutcome.REJECTED) for c in claimed
            ]
            deliveries.record(
                tx, [deliveries.AttemptRecord(ANOTHER, attempt, DeliveryState.FAILED, 1, None) for attempt in made]
            )
            endpoints.change(tx, self.endpoint)

        # Nothing of it can be seen by the worker before it has failed.
        await self.store.write(keep)
        return found

    async def replay(
        self, rate: int | None = None, endpoint: Endpoint | None = None, kind: ReplayKind = ReplayKind.FAILED
    ) -> Replay:
        now = time.time_ns() // 1_000_000
        selection = Selection(kind, now - HOUR, now + HOUR)
        replay = Replay(
            mint(ReplayId), self.source.id, (endpoint or self.endpoint).id, selection, None, rate, 0, False, 0,
            selection.start, ReplayState.RUNNING, "ada", now,
        )  # fmt: skip
        await self.store.write(lambda tx: replays.insert(tx, replay))
        self.replayer.wake()
        return replay

    async def another_run_ends(self) -> Replay:
        """A run of another endpoint, with nothing to do."""
        empty = an_endpoint(self.source)
        await self.store.write(lambda tx: endpoints.insert(tx, empty))
        run = await self.replay(endpoint=empty)
        await until(lambda: self.is_in(run, ReplayState.DONE))
        return run

    async def now(self, replay: Replay) -> Replay:
        found = await self.store.read(lambda tx: replays.get(tx, replay.id))
        assert found
        return found

    async def is_in(self, replay: Replay, state: ReplayState) -> bool:
        return (await self.now(replay)).state is state

    async def states(self, of: Sequence[Message]) -> list[DeliveryState]:
        found = await self.store.read(lambda tx: messages.of_messages(tx, [message.id for message in of]))
        return [found[message.id][0].state for message in of]


@asynccontextmanager
async def opened(
    store: Store, url: str, *, delivering: bool = True, resolve: Resolve | None = None, **changes: Any
) -> AsyncIterator[Shop]:
    courier, feed = Courier(LOOPBACK, timeout=5.0, resolve=resolve), Feed()
    worker = Worker(
        store, Configuration(store), Dispatcher(sandbox=Scripted(), courier=courier, cards={}), feed, drain=0.2
    )
    replayer = Replayer(store, worker, feed)
    if delivering:
        await worker.start()
    replayer.start()
    try:
        yield Shop(store, worker, replayer, url, **changes)
    finally:
        await replayer.stop()
        await worker.stop()
        await courier.aclose()


async def wait_for_retries(s: Shop, count: int, step: int = 2) -> list[Message]:
    """Messages whose deliveries failed and are retried in an hour."""
    at = time.time_ns() // 1_000_000
    found = [a_message(s.source, received_at=at, webhook_id=f"evt_{n:03}") for n in range(count)]

    def keep(tx: Transaction) -> None:
        sources.insert(tx, s.source)
        endpoints.insert(tx, replace(s.endpoint, controls=Controls()))
        messages.receive(tx, found)
        claimed = deliveries.claim(tx, owner=ANOTHER, now=at, lease_until=at + 1, room={s.endpoint.id: count})
        rejected: dict[str, Any] = {"outcome": AttemptOutcome.REJECTED, "started_at": at, "duration_ms": 0}
        made = [an_attempt(c.message, c.delivery.id, s.endpoint, **rejected) for c in claimed]
        records = [deliveries.AttemptRecord(ANOTHER, one, DeliveryState.PENDING, step, at + HOUR) for one in made]
        deliveries.record(tx, records)
        endpoints.change(tx, s.endpoint)

    await s.store.write(keep)
    return found


async def retry_now(s: Shop, rate: int | None = None) -> Replay:
    now = time.time_ns() // 1_000_000 + 1
    selection = Selection(ReplayKind.WAITING, 0, now)
    run = Replay(
        mint(ReplayId), s.source.id, s.endpoint.id, selection, None, rate, 0, False, 0, selection.start,
        ReplayState.RUNNING, "ada", now,
    )  # fmt: skip
    await s.store.write(lambda tx: replays.insert(tx, run))
    s.replayer.wake()
    return run
