"""Runs a delivery worker on a real database, with helpers to store events and to wait for their deliveries."""

import asyncio
import time
from contextlib import asynccontextmanager
from inspect import isawaitable

from builders import a_message, a_source, an_endpoint

from server.delivery.configuration import Configuration
from server.delivery.courier import Courier
from server.delivery.dispatch import Dispatcher
from server.delivery.feed import Feed
from server.delivery.worker import Worker
from server.domain.addresses import AddressRules
from server.domain.cards import Auth, Card
from server.domain.messages import DeliveryState
from server.store import attempts, endpoints, messages, sources

LOOPBACK = AddressRules.allowing(["127.0.0.0/8"])
CARD = Card(
    "customer_io", "Customer.io", "", (), (), False, "", False, {}, Auth.BASIC, ("site_id", "api_key"), "", (), ""
)


class Scripted:
    """Replaces the sandbox so that a test can choose the result; other tests cover the real sandbox."""

    def __init__(self, result=None):
        self.result = result
        self.seen = []

    async def run(self, program, webhook):
        self.seen.append((program, webhook))
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


class Bench:
    def __init__(self, store, source, worker, feed, sandbox):
        self.store, self.source, self.worker, self.feed, self.sandbox = store, source, worker, feed, sandbox

    def now(self):
        return time.time_ns() // 1_000_000

    async def endpoint(self, url, **changes):
        endpoint = an_endpoint(self.source, url=url, **changes)
        await self.store.write(lambda tx: endpoints.insert(tx, endpoint))
        return endpoint

    async def event(self, **changes):
        message = a_message(self.source, received_at=self.now(), **changes)
        await self.store.batch(messages.receive, message)
        self.worker.wake()
        return message

    async def deliveries(self, message):
        found = await self.store.read(lambda tx: messages.of_messages(tx, [message.id]))
        return found.get(message.id, [])

    async def attempts(self, message):
        """The attempts for a message, oldest first."""
        return (await self.store.read(lambda tx: attempts.of_message(tx, message.id)))[::-1]

    async def ended(self, message, how_many=1):
        """The deliveries of a message, once there are ``how_many`` and none waits for an attempt."""
        await until(lambda: self._ended(message, how_many))
        return await self.deliveries(message)

    async def attempted(self, message, how_many=1):
        await until(lambda: self._attempted(message, how_many))
        return await self.attempts(message)

    async def _ended(self, message, how_many):
        found = await self.deliveries(message)
        return len(found) == how_many and all(one.state is not DeliveryState.PENDING for one in found)

    async def _attempted(self, message, how_many):
        return len(await self.attempts(message)) >= how_many


async def until(fact, seconds=10):
    """Wait until ``fact()`` is true; it may return an awaitable. Fails after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        holds = fact()
        if await holds if isawaitable(holds) else holds:
            return
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


@asynccontextmanager
async def working(store, sandbox=None, *, timeout=5.0, start=True, **options):
    source = a_source()
    await store.write(lambda tx: sources.insert(tx, source))
    courier, feed, sandbox = Courier(LOOPBACK, timeout=timeout), Feed(), sandbox or Scripted()
    dispatcher = Dispatcher(sandbox=sandbox, courier=courier, cards={"customer_io": CARD})
    worker = Worker(store, Configuration(store), dispatcher, feed, **{"drain": 1.0} | options)
    if start:
        await worker.start()
    try:
        yield Bench(store, source, worker, feed, sandbox)
    finally:
        await worker.stop()
        await courier.aclose()
