"""Runs a delivery worker on a real database, with helpers to store events and to wait for their deliveries."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from inspect import isawaitable
from pathlib import Path
from typing import Any

from builders import a_message, a_source, an_endpoint

from server.delivery.configuration import Configuration
from server.delivery.courier import Courier
from server.delivery.dispatch import Dispatcher
from server.delivery.feed import Feed
from server.delivery.worker import Worker
from server.domain.addresses import AddressRules
from server.domain.cards import Card, CardField, CardUrl, FieldKind, Group
from server.domain.endpoints import Endpoint
from server.domain.messages import Attempt, Delivery, DeliveryState, Message
from server.domain.sources import Source
from server.domain.transformations import Program, Result, Webhook
from server.store import Store, attempts, endpoints, messages, sources

LOOPBACK = AddressRules.allowing(["127.0.0.0/8"])
CARD = Card(
    name="customer_io",
    title="Customer.io",
    summary="",
    group=Group.EMAIL,
    steps=(),
    fields=(CardField("site_id", "", FieldKind.TEXT), CardField("api_key", "", FieldKind.SECRET)),
    url=CardUrl(asks=False),
    basic=("{site_id}", "{api_key}"),
    default_code="",
    icon="",
)


class Scripted:
    """Replaces the sandbox so that a test can choose the result; other tests cover the real sandbox."""

    def __init__(self, result: Result | Exception | None = None) -> None:
        self.result = result
        self.seen: list[tuple[Program, Webhook]] = []

    async def run(self, program: Program, webhook: Webhook) -> Result:
        self.seen.append((program, webhook))
        if isinstance(self.result, Exception):
            raise self.result
        assert self.result is not None, "the test has not chosen a result"
        return self.result


class Bench:
    def __init__(self, store: Store, source: Source, worker: Worker, feed: Feed, sandbox: Scripted) -> None:
        self.store, self.source, self.worker, self.feed, self.sandbox = store, source, worker, feed, sandbox

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    async def endpoint(self, url: str, **changes: Any) -> Endpoint:
        endpoint = an_endpoint(self.source, url=url, **changes)
        await self.store.write(lambda tx: endpoints.insert(tx, endpoint))
        return endpoint

    async def event(self, **changes: Any) -> Message:
        message = a_message(self.source, received_at=self.now(), **changes)
        await self.store.batch(messages.receive, message)
        self.worker.wake()
        return message

    async def deliveries(self, message: Message) -> list[Delivery]:
        found = await self.store.read(lambda tx: messages.of_messages(tx, [message.id]))
        return found.get(message.id, [])

    async def attempts(self, message: Message) -> list[Attempt]:
        """The attempts for a message, oldest first."""
        return (await self.store.read(lambda tx: attempts.of_message(tx, message.id)))[::-1]

    async def ended(self, message: Message, how_many: int = 1) -> list[Delivery]:
        """The deliveries of a message, once there are ``how_many`` and none waits for an attempt."""
        await until(lambda: self._ended(message, how_many))
        return await self.deliveries(message)

    async def attempted(self, message: Message, how_many: int = 1) -> list[Attempt]:
        await until(lambda: self._attempted(message, how_many))
        return await self.attempts(message)

    async def _ended(self, message: Message, how_many: int) -> bool:
        found = await self.deliveries(message)
        return len(found) == how_many and all(one.state is not DeliveryState.PENDING for one in found)

    async def _attempted(self, message: Message, how_many: int) -> bool:
        return len(await self.attempts(message)) >= how_many


async def until(fact: Callable[[], object], seconds: float = 30) -> None:
    """Wait until ``fact()`` is true; it may return an awaitable. Fails after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        holds = fact()
        if await holds if isawaitable(holds) else holds:
            return
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


@asynccontextmanager
async def working(
    store: Store,
    sandbox: Any = None,
    *,
    timeout: float = 5.0,
    start: bool = True,
    drain: float = 1.0,
    concurrency: int = 64,
    cards: Mapping[str, Card] | None = None,
    fixed: Mapping[tuple[str, int], tuple[str, int]] | None = None,
    ca_file: Path | None = None,
    refresh_cards: Callable[[], Awaitable[None]] | None = None,
) -> AsyncIterator[Bench]:
    source = a_source()
    await store.write(lambda tx: sources.insert(tx, source))
    courier, feed, sandbox = (
        Courier(LOOPBACK, timeout=timeout, fixed=fixed, ca_file=ca_file),
        Feed(),
        sandbox or Scripted(),
    )
    known = {"customer_io": CARD} if cards is None else cards
    dispatcher = Dispatcher(sandbox=sandbox, courier=courier, cards=known, refresh_cards=refresh_cards)
    worker = Worker(store, Configuration(store), dispatcher, feed, drain=drain, concurrency=concurrency)
    if start:
        await worker.start()
    try:
        yield Bench(store, source, worker, feed, sandbox)
    finally:
        await worker.stop()
        await courier.aclose()
