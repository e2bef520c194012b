"""Delivers what is due, in this process: claim under a lease, attempt, record with the decision that follows.

A lease that runs out is the last resort after a crash; ``Recovery`` frees those of dead processes sooner. An attempt
that was made is recorded with its delivery's new state in one transaction, so a kill in between repeats at most what
was under way. Nothing is lost, and a destination may see the same ``webhook-id`` twice.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Collection, Coroutine
from typing import Any

import structlog

from server.delivery.dispatch import Dispatcher
from server.delivery.feed import Changed, Feed
from server.delivery.known_endpoints import KnownEndpoints
from server.delivery.lanes import Held, Lane, Lanes
from server.delivery.recording import Followed, follow, record
from server.domain.addresses import host_of
from server.domain.ids import AttemptId, DeliveryId, EndpointId, Millis, mint
from server.domain.messages import ACCEPTED, AttemptOutcome, Message
from server.domain.schedules import SECOND
from server.store import Busy, Store, deliveries
from server.store.deliveries import Claimed, Ended
from server.store.messages import Lease, Received

IDLE_SECONDS = 1.0
"""How often to look without being woken: other processes may have put work into the same database."""

PAUSE_SECONDS = 1.0
"""How long to wait after the database refused."""

RECORD_PATIENCE = 0.02
"""How many seconds an attempt may wait to be recorded together with others; nobody waits for its record, unless its
endpoint keeps an order. Attempts that a crash takes in this time are made again, as are those under way."""

OUR_FAILURE: Millis = 5 * SECOND
"""When to try again what failed before it was sent."""

log = structlog.get_logger()


class Worker:
    """Start with ``start``, tell it about new work with ``take`` and ``wake``, end with ``stop``.

    An event goes from the intake's commit straight to its endpoint's lane; only what comes again, what finds no room
    here and what an endpoint's own pace holds back is claimed from the database. See ``Lanes`` for how many attempts
    are under way. ``drain`` is how many seconds ``stop`` waits for them.
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
        self._endpoints = KnownEndpoints(store)
        self._lanes = Lanes(concurrency)
        self._most_unrecorded = 4 * concurrency
        self._drain = drain
        self._owner = mint("wrk")
        self._least_lease: Millis = round(dispatcher.longest * SECOND)
        """What must be left of a lease to begin an attempt. With less, the delivery is given back."""
        self._lease = 2 * self._least_lease
        self._given = Lease(self._owner, 0)
        self._promised = 0
        self._held: set[DeliveryId] = set()
        self._under_way: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.Task[None] | None = None
        self._stopping = False
        self._clock_ahead = 0.0
        """Of the monotonic clock, in seconds, when last looked at. When it is less, the wall clock was set back."""

    @property
    def owner(self) -> str:
        """Whose leases ours are."""
        return self._owner

    def holds(self, delivery_id: DeliveryId) -> bool:
        """Whether we know of a lease of ours: a delivery waits here, is under way or is being recorded."""
        return delivery_id in self._held

    async def start(self) -> None:
        """Begin to deliver."""
        self._store.watch_endpoints(self._changed)
        self._loop = asyncio.create_task(self._claim_forever(), name="delivery-worker")

    def wake(self) -> None:
        """There may be something due now."""
        self._news.set()

    def lease(self) -> Lease | None:
        """A lease for what will be made for one message, if there is room; ``take`` must follow."""
        if self._loop is None or self._stopping or not self._lanes.takes(self._promised):
            return None
        self._promised += 1
        until = _now() + self._lease
        if self._given.until < until - SECOND or self._given.passing_over is not self._lanes.full:
            self._given = Lease(self._owner, until, self._lanes.full)
        return self._given

    def take(self, lease: Lease | None, message: Message, received: Received | None) -> None:
        """A message was stored, or was not. What was leased with it is begun as soon as it is its turn."""
        if lease:
            self._promised -= 1
        if received is None:
            return
        for endpoint_id in received.waiting:
            if self._lanes.room(endpoint_id):
                self._news.set()
            else:
                self._lanes.of(endpoint_id).more = True
        if lease and received.leased:
            for delivery in received.leased:
                self._hold(Held(delivery, message, lease.until))
            self._begin()

    async def stop(self) -> None:
        """Begin nothing more, wait for what is under way, give back the rest."""
        self._stopping = True
        self._news.set()
        if self._loop:
            await self._loop
        if self._timer:
            self._timer.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=self._drain)
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if left := self._lanes.give_back():
            await self._release(left)

    async def _claim_forever(self) -> None:
        while not self._stopping:
            self._news.clear()
            try:
                pause = await self._claim()
            except Busy as error:
                log.warning("delivery.database_busy", error=str(error))
                pause = PAUSE_SECONDS
            except Exception:  # the worker must outlive anything; what it could not do stays due
                log.exception("delivery.worker_failed")
                pause = PAUSE_SECONDS
            if not self._stopping:
                await _until(self._news, pause)

    async def _claim(self) -> float:
        """Claim what there is room for and begin it. Returns the seconds until there may be more."""
        await self._keep_to_the_clock()
        now, full = _now(), self._lanes.passed_over()
        found = await self._store.read(lambda tx: deliveries.due_endpoints(tx, now, passing_over=full))
        for endpoint in found:
            self._lanes.of(endpoint.id).controls = endpoint.controls
        room = {endpoint.id: room for endpoint in found if (room := self._lanes.room(endpoint.id))}
        if room:
            lease_until = now + self._lease
            claimed = await self._store.write(
                lambda tx: deliveries.claim(tx, owner=self._owner, now=now, lease_until=lease_until, room=room)
            )
            counts = Counter(one.endpoint.id for one in claimed)
            for endpoint_id in room:
                self._lanes.of(endpoint_id).more = counts[endpoint_id] >= room[endpoint_id]
            for one in claimed:
                # What we hold already comes again when an attempt outlasts its lease: that only renewed the lease.
                if one.delivery.id not in self._held:
                    self._held.add(one.delivery.id)
                    self._lanes.claimed(Held(one.delivery, one.message, lease_until), one.endpoint)
            self._begin()
        full = self._lanes.passed_over()
        due = await self._store.read(lambda tx: deliveries.next_due(tx, passing_over=full))
        return IDLE_SECONDS if due is None else min(IDLE_SECONDS, max(0.01, (due - _now()) / SECOND))

    async def _keep_to_the_clock(self) -> None:
        ahead = time.time() - time.monotonic()
        went_back = ahead < self._clock_ahead - deliveries.CLOCK_SLACK / SECOND
        if went_back or not self._clock_ahead:  # it may have been set back while nobody ran
            now = _now()
            if moved := await self._store.write(lambda tx: deliveries.keep_to_the_clock(tx, now)):
                log.warning("delivery.clock_went_back", deliveries=moved)
        self._clock_ahead = ahead

    def _hold(self, held: Held) -> None:
        self._held.add(held.delivery.id)
        self._lanes.hand_over(held)

    def _begin(self) -> None:
        """Begin all that may begin now, and come again when a rate limit allows more."""
        if self._stopping:
            return
        now, lease_needed = time.monotonic(), _now() + self._least_lease
        late: list[DeliveryId] = []
        while len(self._under_way) < self._most_unrecorded and (turn := self._lanes.next(now)):
            lane, held = turn
            if held.lease_until < lease_needed:
                self._lanes.ended(lane, held.delivery.endpoint_id)
                self._held.discard(held.delivery.id)  # or it would be passed over when it is claimed again
                late.append(held.delivery.id)
            else:
                self._in_background(self._deliver(lane, held))
        if late:
            self._in_background(self._release(late))
        wait = self._lanes.soonest(now)
        if wait is not None and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(wait, self._begin_again)

    def _begin_again(self) -> None:
        self._timer = None
        self._begin()

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        full = len(self._under_way) >= self._most_unrecorded
        self._under_way.discard(task)
        if full:
            self._begin()

    async def _deliver(self, lane: Lane, held: Held) -> None:
        in_order = lane.controls.ordered
        followed = await self._attempt(held)
        if not in_order:
            self._free(lane, held)  # what follows keeps no destination busy
        if followed:
            await self._record(followed, held, patience=0.0 if in_order else RECORD_PATIENCE)
        self._held.discard(held.delivery.id)
        if in_order:
            self._free(lane, held)

    def _free(self, lane: Lane, held: Held) -> None:
        self._lanes.ended(lane, held.delivery.endpoint_id)
        if lane.more and lane.room():
            self._news.set()
        self._begin()

    async def _attempt(self, held: Held) -> Followed | None:
        """Make the attempt and decide what follows; ``None`` when none was made and the delivery was given back."""
        delivery, endpoint_id = held.delivery, held.delivery.endpoint_id
        # The id is chosen before sending, so that recording the attempt twice keeps it once.
        attempt_id = AttemptId(mint("att"))
        try:
            endpoint = await self._endpoints.get(endpoint_id)
            if endpoint is None or endpoint.paused or endpoint.disabled:
                await self._release([delivery.id])
                return None
            claimed = Claimed(delivery, held.message, endpoint)
            attempt = await self._dispatcher.attempt(claimed, attempt_id)
            return follow(claimed, attempt, owner=self._owner, now=_now(), jitter=_jitter())
        except asyncio.CancelledError:
            await self._release([delivery.id])
            raise
        except Exception:  # ours, and before the send: it burns no attempt
            log.exception("delivery.not_attempted", delivery_id=delivery.id, endpoint_id=endpoint_id)
            await self._release([delivery.id], _now() + OUR_FAILURE)
            return None

    def _changed(self, ids: Collection[EndpointId]) -> None:
        """Endpoints were changed: what waits here for them is claimed anew, by their rules as they are now."""
        self._endpoints.forget(ids)
        self._news.set()
        if (given := self._lanes.give_back(ids)) and not self._stopping:
            self._held.difference_update(given)
            self._in_background(self._release(given))

    async def _record(self, followed: Followed, held: Held, *, patience: float) -> None:
        """Keep the attempt, however long the database refuses; after the lease someone else makes another."""
        attempt = followed.ended.attempt
        while True:
            try:
                disabled = await self._store.batch(record, followed, patience=0.0 if self._stopping else patience)
                break
            except Busy as error:
                log.warning("delivery.not_recorded", attempt_id=attempt.id, error=str(error))
                if _now() > held.lease_until:
                    return
                await asyncio.sleep(PAUSE_SECONDS)
            except Exception:  # a row that no database takes; after its lease the delivery comes again
                log.exception("delivery.not_recorded", attempt_id=attempt.id)
                return
        _tell(followed.ended, held.message)
        if disabled:
            log.warning("endpoint.disabled", because=disabled.value, endpoint_id=attempt.endpoint_id)
        self._feed.publish(Changed(attempt.source_id, attempt.message_id, attempt.endpoint_id))

    async def _release(self, ids: list[DeliveryId], due_at: Millis | None = None) -> None:
        try:
            await self._store.write(lambda tx: deliveries.release(tx, self._owner, ids, due_at))
            self._news.set()
        except Busy as error:
            log.warning("delivery.not_released", deliveries=len(ids), error=str(error))  # their leases run out


def _tell(ended: Ended, message: Message) -> None:
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
        waited_ms=attempt.started_at - message.received_at,
        attempt_id=attempt.id,
        delivery_id=attempt.delivery_id,
        message_id=attempt.message_id,
        webhook_id=message.webhook_id,
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
