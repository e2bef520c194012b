"""A shadow runs on live events beside the active code, harms nobody, and its report is kept."""

import json
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from builders import a_message, a_source, an_endpoint
from receivers import OK, receiving, then_closing
from working import LOOPBACK, until

from server.delivery import shadows as shadows_module
from server.delivery.code_comparisons import Comparer
from server.delivery.configuration import Configuration
from server.delivery.courier import Courier
from server.delivery.dispatch import Dispatcher
from server.delivery.feed import Feed
from server.delivery.prepare import Event, prepare
from server.delivery.shadows import Shadows
from server.delivery.worker import Worker
from server.domain.comparisons import Difference
from server.domain.endpoints import Endpoint
from server.domain.ids import ShadowId, VersionId, mint
from server.domain.shadows import Shadow, ShadowState
from server.domain.versions import Version
from server.sandbox import Limits, Sandbox
from server.store import Store, attempts, endpoints, messages, shadows, sources, versions

LIMITS = Limits(run_time=0.1, memory=64 << 20, result=1 << 20, console=64 << 10, kill_after=1.0)
ACTIVE = "function handler(w) { w.payload = {n: w.payload.n}; return w }"
ODD_THROW = ACTIVE.replace("{ w", "{ if (w.payload.n % 2) throw new Error(w.env.API_KEY); w")
LOOP = "function handler(w) { for (;;); }"
HOUR = 3_600_000

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    started = Sandbox(LIMITS)
    await started.start()
    yield started
    await started.close()


class Shop:
    """An endpoint with active code and a running shadow."""

    def __init__(self, store: Store, sandbox: Sandbox) -> None:
        self.store, self.sandbox = store, sandbox
        self.source = a_source()
        self.shadows = self.another()

    def another(self) -> Shadows:
        """The shadows of another process on the same database."""
        return Shadows(self.store, self.sandbox, {}, Feed())

    async def opened(self, code: str, url: str = "https://a.test", hours: float = 1, **changes: Any) -> Endpoint:
        made = an_endpoint(self.source, ACTIVE, url=url, variables={"API_KEY": "sk_live_0123456789abcdef"}, **changes)
        version = Version(mint(VersionId), made.id, 0, code, 1)
        now = time.time_ns() // 1_000_000
        active = made.version.id if made.version else None
        self.shadow = Shadow(
            mint(ShadowId), made.id, version.id, active, now + int(hours * HOUR), "ada", now, updated_at=now
        )

        def keep(tx: Any) -> Endpoint | None:
            sources.insert(tx, self.source)
            endpoints.insert(tx, made)
            versions.insert(tx, version)
            shadows.insert(tx, self.shadow)
            return endpoints.get(tx, made.id)

        found = await self.store.write(keep)
        assert found
        assert found.shadow
        return found

    async def saw(self, endpoint: Endpoint, count: int, by: Shadows | None = None) -> None:
        now = time.time_ns() // 1_000_000
        for n in range(count):
            message = a_message(self.source, received_at=now, body=json.dumps({"n": n}).encode())
            event = Event(message.event_type, message.body, message.webhook_id, now // 1000)
            prepared = await prepare(endpoint, event, sandbox=self.sandbox, cards={})
            (by or self.shadows).saw(endpoint, message, prepared, now)

    async def stored(self) -> Shadow:
        found = await self.store.read(lambda tx: shadows.get(tx, self.shadow.id))
        assert found
        return found

    async def compared(self, count: int) -> Shadow:
        """The stored shadow, once so many events are compared."""

        async def enough() -> bool:
            return (await self.stored()).report.events >= count

        await until(enough)
        return await self.stored()


@pytest.fixture
def shop(each_store: Store, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr(shadows_module, "FLUSH_SECONDS", 0.02)
    monkeypatch.setattr(shadows_module, "IDLE_SECONDS", 0.02)
    return Shop(each_store, sandbox)


async def test_differences_are_counted_and_secrets_masked(shop: Shop) -> None:
    endpoint = await shop.opened(ODD_THROW)
    shop.shadows.start()
    await shop.saw(endpoint, 20)
    stored = await shop.compared(20)
    assert stored.report.counts == {Difference.SAME: 10, Difference.THROWS: 10}
    assert "sk_live" not in stored.report.dump()
    await shop.shadows.stop()


async def test_large_events_are_compared_beside_the_event_loop(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shadows_module, "LARGE_BYTES", 5)
    threads, compare = set(), Comparer.compare

    def noted(*values: Any) -> Any:
        threads.add(threading.current_thread())
        return compare(*values)

    monkeypatch.setattr(Comparer, "compare", noted)
    endpoint = await shop.opened(ODD_THROW)
    shop.shadows.start()
    await shop.saw(endpoint, 4)
    await shop.compared(4)
    assert threading.main_thread() not in threads
    await shop.shadows.stop()


async def test_reports_of_two_processes_add_up(shop: Shop) -> None:
    endpoint = await shop.opened(ODD_THROW)
    other = shop.another()
    shop.shadows.start()
    other.start()
    await shop.saw(endpoint, 10)
    await shop.saw(endpoint, 10, by=other)
    assert (await shop.compared(20)).report.counts == {Difference.SAME: 10, Difference.THROWS: 10}
    await shop.shadows.stop()
    await other.stop()


async def test_an_event_ends_the_rest_of_shadows_without_events(shop: Shop) -> None:
    """Also when nothing else is written: they stored a report only after the next write to the database."""
    endpoint = await shop.opened(ODD_THROW)
    shop.shadows.start()
    await until(lambda: shop.store.writes._waiting)
    await shop.saw(endpoint, 2)
    await shop.compared(2)
    await shop.shadows.stop()


async def test_what_was_compared_is_stored_at_a_stop(shop: Shop) -> None:
    endpoint = await shop.opened(ODD_THROW)
    await shop.saw(endpoint, 4)
    queue = shop.shadows._queues[shop.shadow.id]
    await until(lambda: queue.report.events == 4)
    await shop.shadows.stop()
    assert (await shop.stored()).report.events == 4


async def test_more_than_it_can_keep_up_with_is_skipped_and_counted(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadows_module, "MAX_QUEUED", 3)
    endpoint = await shop.opened(LOOP)
    await shop.saw(endpoint, 10)
    shop.shadows.start()

    async def skipped() -> bool:
        return (await shop.stored()).report.skipped >= 5

    await until(skipped)
    await shop.shadows.stop()
    assert shop.shadows._bytes == 0


async def test_it_ends_by_itself_when_its_time_is_over(shop: Shop) -> None:
    endpoint = await shop.opened(ODD_THROW, hours=0)
    assert endpoint.shadow
    await shop.saw(endpoint, 3)
    shop.shadows.start()

    async def has_ended() -> bool:
        return (await shop.stored()).state is ShadowState.ENDED

    await until(has_ended)
    stored = await shop.stored()
    assert (stored.report.events, stored.was_overtaken) == (0, False)
    found = await shop.store.read(lambda tx: endpoints.get(tx, endpoint.id))
    assert found
    assert found.shadow is None
    await shop.shadows.stop()


async def test_it_ends_when_another_version_is_activated(shop: Shop) -> None:
    endpoint = await shop.opened(ODD_THROW)
    shop.shadows.start()
    await shop.saw(endpoint, 2)
    await shop.compared(2)
    assert endpoint.version
    await shop.saw(replace(endpoint, version=replace(endpoint.version, id=mint(VersionId))), 3)

    async def has_ended() -> bool:
        return (await shop.stored()).state is ShadowState.ENDED

    await until(has_ended)
    stored = await shop.stored()
    assert (stored.report.events, stored.was_overtaken) == (2, True)
    await shop.shadows.stop()


async def test_it_ends_once(shop: Shop) -> None:
    await shop.opened(ODD_THROW)
    assert await shop.store.write(lambda tx: shadows.end(tx, shop.shadow.id, ShadowState.DROPPED, 1))
    assert not await shop.store.write(lambda tx: shadows.end(tx, shop.shadow.id, ShadowState.PROMOTED, 1))
    assert (await shop.stored()).state is ShadowState.DROPPED


async def test_live_deliveries_arrive_as_ever_beside_a_shadow_that_loops(shop: Shop) -> None:
    """Through the real worker: each event is delivered once, by the active code, and only its first attempt is seen."""
    async with receiving(then_closing(OK)) as receiver:
        endpoint = await shop.opened(LOOP, url=receiver.url())
        seen: list[str] = []

        def saw(of: Endpoint, message: Any, prepared: Any, at: int) -> None:
            seen.append(message.id)
            shop.shadows.saw(of, message, prepared, at)

        courier = Courier(LOOPBACK, timeout=5)
        feed = Feed()
        dispatcher = Dispatcher(sandbox=shop.sandbox, courier=courier, cards={}, saw=saw)
        worker = Worker(shop.store, Configuration(shop.store), dispatcher, feed)
        shop.shadows.start()
        await worker.start()
        now = time.time_ns() // 1_000_000
        sent = [a_message(shop.source, received_at=now, body=json.dumps({"n": n}).encode()) for n in range(10)]
        await shop.store.write(lambda tx: messages.receive(tx, sent))
        worker.wake()

        async def arrived() -> bool:
            return len(receiver.got) == 10

        await until(arrived, 5)
        await until(lambda: len(seen) == 10)
        assert sorted(json.loads(request.body)["n"] for request in receiver.got) == list(range(10))
        await worker.stop()
        await shop.shadows.stop()
        await courier.aclose()
        made = [await shop.store.read(lambda tx, one=each.id: attempts.of_message(tx, one)) for each in sent]  # type: ignore[misc]
        assert {attempt.version_id for [attempt] in made} == {endpoint.version.id if endpoint.version else None}
