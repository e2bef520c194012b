"""Delivers what is due, in this process: claim under a lease, attempt, record with the decision that follows.

A lease that runs out is the crash recovery: whatever a dead process had claimed becomes due again. An attempt that was
made is recorded with its delivery's new state in one transaction, so a kill in between repeats at most what was under
way. Nothing is lost, and a destination may see the same ``webhook-id`` twice.
"""

import asyncio
import random
import time
from collections import deque
from functools import partial

import structlog

from server.delivery.dispatch import Dispatcher
from server.delivery.feed import Changed, Feed
from server.delivery.recording import Followed, follow, record
from server.domain.addresses import host_of
from server.domain.ids import AttemptId, DeliveryId, EndpointId, Millis, mint
from server.domain.messages import ACCEPTED, AttemptOutcome
from server.domain.schedules import SECOND
from server.store import Busy, Store, deliveries
from server.store.deliveries import Claimed, Ended

IDLE_SECONDS = 1.0
"""How often to look without being woken: other processes may have put work into the same database."""

PAUSE_SECONDS = 1.0
"""How long to wait after the database refused."""

OUR_FAILURE: Millis = 5 * SECOND
"""When to try again what failed before it was sent."""

log = structlog.get_logger()


class Worker:
    """Start with ``start``, tell it about new work with ``wake``, end with ``stop``.

    At most ``concurrency`` attempts are under way, and at most a quarter of them for one endpoint, so that one that
    hangs leaves room for the others. ``drain`` is how many seconds ``stop`` waits for attempts under way.
    """

    def __init__(
        self,
        store: Store,
        dispatcher: Dispatcher,
        feed: Feed,
        *,
        concurrency: int = 64,
        drain: float = 10.0,
    ) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._feed = feed
        self._concurrency = concurrency
        self._for_one_endpoint = max(1, concurrency // 4)
        self._drain = drain
        self._owner = mint("wrk")
        self._least_lease: Millis = round(dispatcher.longest * SECOND)
        """What must be left of a lease to begin an attempt. With less, the lease runs out and the work comes again."""
        self._lease = 2 * self._least_lease
        self._lanes: dict[EndpointId, _Lane] = {}
        self._held: set[DeliveryId] = set()
        self._under_way: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()
        self._stopping = False
        self._loop: asyncio.Task[None] | None = None

    async def start(self, *, alone: bool) -> None:
        """Begin to deliver. ``alone``: nobody else uses this database, so every lease in it belongs to the dead."""
        if alone:
            freed = await self._store.write(deliveries.release_all)
            if freed:
                log.info("delivery.recovered", deliveries=freed)
        self._loop = asyncio.create_task(self._deliver_forever(), name="delivery-worker")

    def wake(self) -> None:
        """There may be something due now."""
        self._news.set()

    async def stop(self) -> None:
        """Begin nothing more, wait for what is under way, give back the rest."""
        self._stopping = True
        self._news.set()
        if self._loop:
            await self._loop
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=self._drain)
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        left = [claimed.delivery.id for lane in self._lanes.values() for claimed, _ in lane.waiting]
        if left:
            await self._release(left)

    async def _deliver_forever(self) -> None:
        while not self._stopping:
            self._news.clear()
            try:
                pause = await self._claim_and_begin()
            except Busy as error:
                log.warning("delivery.database_busy", error=str(error))
                pause = PAUSE_SECONDS
            except Exception:  # the worker must outlive anything; what it could not do stays due
                log.exception("delivery.worker_failed")
                pause = PAUSE_SECONDS
            if pause and not self._stopping:
                await _until(self._news, pause)

    async def _claim_and_begin(self) -> float:
        """Claim what there is room for and begin it. Returns the seconds until there may be more; 0 for at once."""
        self._begin_waiting()
        room = self._concurrency - len(self._under_way)
        if room <= 0:
            return IDLE_SECONDS

        full = [one for one, lane in self._lanes.items() if lane.waiting or lane.busy >= self._for_one_endpoint]
        now = _now()
        lease_until = now + self._lease
        claimed = await self._store.write(
            lambda tx: deliveries.claim(
                tx, owner=self._owner, now=now, lease_until=lease_until, limit=room, passing_over=full
            )
        )
        for one in claimed:
            # What we hold already comes again when an attempt outlasts its lease: that only renewed the lease.
            if one.delivery.id not in self._held:
                self._held.add(one.delivery.id)
                self._lanes.setdefault(one.endpoint.id, _Lane()).waiting.append((one, lease_until))
        if self._stopping:
            return 0
        self._begin_waiting()
        if len(claimed) == room:
            return 0

        due = await self._store.read(lambda tx: deliveries.next_due(tx, passing_over=full))
        return IDLE_SECONDS if due is None else min(IDLE_SECONDS, max(0.01, (due - _now()) / SECOND))

    def _begin_waiting(self) -> None:
        """Begin what was claimed, lane by lane, as far as there is room."""
        now = _now()
        for endpoint_id, lane in list(self._lanes.items()):
            while lane.waiting and lane.busy < self._for_one_endpoint and len(self._under_way) < self._concurrency:
                claimed, lease_until = lane.waiting.popleft()
                if lease_until - now < self._least_lease:
                    self._held.discard(claimed.delivery.id)
                    continue
                lane.busy += 1
                task = asyncio.create_task(self._deliver(claimed, lease_until))
                self._under_way.add(task)
                task.add_done_callback(partial(self._ended, lane, claimed.delivery.id))
            if not lane.waiting and not lane.busy:
                del self._lanes[endpoint_id]

    def _ended(self, lane: "_Lane", delivery_id: DeliveryId, task: asyncio.Task[None]) -> None:
        lane.busy -= 1
        self._held.discard(delivery_id)
        self._under_way.discard(task)
        self._news.set()

    async def _deliver(self, claimed: Claimed, lease_until: Millis) -> None:
        # The id is chosen before sending, so that recording the attempt twice keeps it once.
        attempt_id = AttemptId(mint("att"))
        try:
            attempt = await self._dispatcher.attempt(claimed, attempt_id)
        except asyncio.CancelledError:
            await self._release([claimed.delivery.id])
            raise
        except Exception:  # ours, and before the send: it burns no attempt
            log.exception("delivery.not_attempted", delivery_id=claimed.delivery.id, endpoint_id=claimed.endpoint.id)
            await self._release([claimed.delivery.id], _now() + OUR_FAILURE)
            return
        followed = follow(claimed, attempt, owner=self._owner, now=_now(), jitter=_jitter())
        await self._record(followed, claimed, lease_until)

    async def _record(self, followed: Followed, claimed: Claimed, lease_until: Millis) -> None:
        """Keep the attempt, however long the database refuses; after the lease someone else makes another."""
        attempt = followed.ended.attempt
        while True:
            try:
                disabled = await self._store.batch(record, followed)
                break
            except Busy as error:
                log.warning("delivery.not_recorded", attempt_id=attempt.id, error=str(error))
                if _now() > lease_until:
                    return
                await asyncio.sleep(PAUSE_SECONDS)
            except Exception:  # a row that no database takes; after its lease the delivery comes again
                log.exception("delivery.not_recorded", attempt_id=attempt.id)
                return
        _tell(followed.ended, claimed)
        if disabled:
            log.warning("endpoint.disabled", because=disabled.value, endpoint_id=attempt.endpoint_id)
        self._feed.publish(Changed(attempt.source_id, attempt.message_id, attempt.endpoint_id))

    async def _release(self, ids: list[DeliveryId], due_at: Millis | None = None) -> None:
        try:
            await self._store.write(lambda tx: deliveries.release(tx, self._owner, ids, due_at))
        except Busy as error:
            log.warning("delivery.not_released", deliveries=len(ids), error=str(error))  # their leases run out


class _Lane:
    """One endpoint's share: what was claimed for it and waits, and how many attempts are under way."""

    __slots__ = ("busy", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[tuple[Claimed, Millis]] = deque()
        self.busy = 0


def _tell(ended: Ended, claimed: Claimed) -> None:
    """The one wide line of an attempt. Ids and the host; never a URL, a header or a body, which may hold secrets."""
    attempt = ended.attempt
    say = log.info if attempt.outcome in ACCEPTED or attempt.outcome is AttemptOutcome.CANCELLED else log.warning
    say(
        "delivery.attempted",
        outcome=attempt.outcome.value,
        status=attempt.response.status if attempt.response else None,
        error=attempt.error.kind if attempt.error else None,
        state=ended.state.value,
        next_at=attempt.next_at,
        number=attempt.number,
        trigger=attempt.trigger.value,
        event_type=attempt.event_type,
        host=host_of(attempt.request.url) if attempt.request else None,
        ms=round(attempt.duration_ms, 2),
        transform_ms=attempt.transform_ms,
        waited_ms=attempt.started_at - claimed.message.received_at,
        attempt_id=attempt.id,
        delivery_id=attempt.delivery_id,
        message_id=attempt.message_id,
        webhook_id=claimed.message.webhook_id,
        endpoint_id=attempt.endpoint_id,
        source_id=attempt.source_id,
        version_id=attempt.version_id,
    )


async def _until(news: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await news.wait()
    except TimeoutError:
        pass


def _jitter() -> float:
    return random.uniform(-1, 1)  # noqa: S311  spreads retries, keeps no secret


def _now() -> Millis:
    return time.time_ns() // 1_000_000
