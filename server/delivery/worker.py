"""Delivers what is due, in this process: claims under a lease, attempts, records the attempt and the decision.

Lease expiry is the last resort after a crash; ``Recovery`` frees the leases of dead processes sooner. One transaction
records an attempt with its delivery's new state, so a kill in between repeats at most what was under way. Nothing is
lost, and a destination may see the same ``webhook-id`` twice.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import structlog

from server.delivery.configuration import Configuration
from server.delivery.decisions import DecidedAttempt, decide_next
from server.delivery.dispatch import Dispatcher, OutOfResources
from server.delivery.endpoint_queues import EndpointQueue, EndpointQueues, QueuedDelivery
from server.delivery.feed import Feed
from server.delivery.held_leases import HeldLeases
from server.delivery.recorder import PAUSE_SECONDS, Recorder
from server.delivery.repeated_lines import RepeatedLines
from server.delivery.supervised_loop import AtRest, SupervisedLoop
from server.domain.cards import MissingCard
from server.domain.endpoints import Endpoint, UnreadableEndpoint
from server.domain.faults import (
    KIND,
    NOTHING_LEFT,
    SANDBOX_DOWN,
    Fault,
    before_the_send,
    missing_card,
    missing_version,
    never_ended,
    reason_of,
    unreadable_endpoint,
    unreadable_event,
)
from server.domain.ids import AttemptId, DeliveryId, EndpointId, Millis, ProcessId, mint
from server.domain.messages import Attempt, AttemptOutcome, Message
from server.domain.schedules import SECOND
from server.domain.versions import MissingVersion
from server.sandbox import Unavailable
from server.store import Busy, Store, Transaction, deliveries, faults
from server.store.changes import Changes
from server.store.deliveries import ClaimedDelivery
from server.store.messages import InitialLease, Received

IDLE_SECONDS = 1.0
"""Seconds between claims without being woken: other processes may have put work into the same database."""

RECORD_PATIENCE = 0.02
"""Seconds that an attempt may wait to be recorded in a batch; nobody waits for its record, unless its endpoint keeps an
order. A crash in this time repeats these attempts, as it does those under way."""

MAX_ATTEMPT_SECONDS = 1800.0
"""An attempt that takes longer ends as a fault. Code in the slow slot may wait for many minutes; a request has a
deadline of its own, so this cuts off nothing that is being sent."""

RECORD_SECONDS = 1.0
"""How long a stop waits for what it cancelled to be recorded or given back."""

MAX_UNREADABLE = 32
"""Deliveries of an unreadable endpoint that are handled at a time."""

log = structlog.get_logger()


class Worker:
    """Delivers. Start with ``start``, report new work with ``take`` and ``wake``, end with ``stop``.

    An event goes from the intake's commit straight to its endpoint's queue; only retries, what finds no room here and
    what an endpoint's rate limit or order holds back are claimed from the database. ``EndpointQueues`` limits the
    attempts under way. ``drain`` is the number of seconds that ``stop`` waits for them.
    """

    def __init__(
        self,
        store: Store,
        configuration: Configuration,
        dispatcher: Dispatcher,
        feed: Feed,
        *,
        concurrency: int = 64,
        drain: float = 10.0,
    ) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._feed = feed
        self._configuration = configuration
        self._lanes = EndpointQueues(concurrency)
        self._most_unrecorded = 4 * concurrency
        self._drain = drain
        self._owner = mint(ProcessId)
        self._least_lease: Millis = round(dispatcher.longest * SECOND)
        """Milliseconds of a lease that must be left to start an attempt. With less, the delivery is given back."""
        self._lease = 2 * self._least_lease
        self._given = InitialLease(self._owner, 0)
        self._promised = 0
        self._held = HeldLeases(store, self._owner)
        self._attempting: dict[DeliveryId, _OpenAttempt] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._recorder = Recorder(store, feed, self._owner, self.wake)
        self._claiming = SupervisedLoop("deliveries", self._claim, store=store, first_backoff_seconds=PAUSE_SECONDS)
        self._renewing = SupervisedLoop(
            "leases",
            self._renew,
            first_after_seconds=self._renew_seconds,
            max_backoff_seconds=min(PAUSE_SECONDS, self._renew_seconds),  # leases run out meanwhile
        )
        self._stopping = False
        self._tracebacks = RepeatedLines()
        """Each kind of failure logs its traceback at most once a minute, because one kind could fill the log."""
        self._clock_ahead = 0.0
        """By how many seconds the wall clock was ahead of the monotonic one when last read. Less: it was set back."""

    @property
    def owner(self) -> ProcessId:
        """The owner of this process's leases."""
        return self._owner

    def holds(self, delivery_id: DeliveryId) -> bool:
        """Whether this process knows of its lease: the delivery waits here, is under way or is being recorded."""
        return delivery_id in self._held

    @property
    def loops(self) -> tuple[SupervisedLoop, ...]:
        return (self._claiming, self._renewing)

    @property
    def _renew_seconds(self) -> float:
        return self._lease / SECOND / 8

    async def start(self) -> None:
        """Start to deliver."""
        self._store.watch(self._changed)
        for loop in self.loops:
            loop.start()

    def wake(self) -> None:
        """Claim what may be due now."""
        self._claiming.wake()

    def lease(self) -> InitialLease | None:
        """Return a lease for one message's new deliveries, or ``None`` without room for them; ``take`` must follow."""
        if not self._claiming.is_running or self._stopping or not self._lanes.takes(self._promised):
            return None
        self._promised += 1
        until = _now() + self._lease
        if self._given.until < until - SECOND or self._given.excluding is not self._lanes.full:
            self._given = InitialLease(self._owner, until, self._lanes.full)
        return self._given

    def take(self, lease: InitialLease | None, message: Message, received: Received | None) -> None:
        """Start what was leased with a message, each in its turn. ``received`` is ``None`` when it was not stored."""
        if lease:
            self._promised -= 1
        if received is None:
            return
        for endpoint_id in received.waiting:
            if self._lanes.room(endpoint_id):
                self._claiming.wake()
            else:
                self._lanes.of(endpoint_id).more = True
        if lease and received.leased:
            for delivery in received.leased:
                self._hold(QueuedDelivery(delivery, message, lease.until))
            self._begin()

    async def stop(self) -> None:
        """Start nothing more, wait for what is under way, give back the rest."""
        self._stopping = True
        self._recorder.hurry()
        deadline = time.monotonic() + self._drain
        await self._claiming.stop(self._drain)
        if self._timer:
            self._timer.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=max(0.0, deadline - time.monotonic()))
        # Twice: a response whose status was read takes the first as its end, and then waits for its record.
        for _ in range(2):
            for task in self._under_way:
                task.cancel()
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=RECORD_SECONDS)
        await self._renewing.stop()
        if left := self._lanes.give_back():
            await self._recorder.release(left)

    async def _claim(self) -> float | AtRest:
        """Claim what there is room for and start it. Returns when there may be more."""
        await self._keep_to_the_clock()
        now, full = _now(), self._lanes.passed_over()
        spoiled: dict[EndpointId, Exception] = {}

        def look(tx: Transaction) -> tuple[list[Endpoint], Millis | None]:
            spoiled.clear()
            due = deliveries.due_endpoints(tx, now, excluding=full, unreadable=spoiled)
            return due, None if due or spoiled else deliveries.next_due(tx, excluding=full)

        found, next_due = await self._store.read(look)
        if not (found or full or spoiled or self._held):
            return AtRest(IDLE_SECONDS, latest=_until(next_due))
        for endpoint_id, error in spoiled.items():
            await self._pass_over(endpoint_id, unreadable_endpoint(error), now)
        for endpoint in found:
            self._lanes.of(endpoint.id).controls = endpoint.controls
        room = {endpoint.id: room for endpoint in found if (room := self._lanes.room(endpoint.id))}
        if room:
            lease_until = now + self._lease
            claimed, unreadable = await self._claim_of(room, now, lease_until)
            counts = Counter(one.endpoint.id for one in claimed)
            for endpoint_id in room:
                self._lanes.of(endpoint_id).more = counts[endpoint_id] >= room[endpoint_id]
            for one in claimed:
                # An attempt that outlasts its lease is claimed again while we hold it: that only renewed the lease.
                known = one.delivery.id in self._held
                self._held.add(one.delivery.id)
                if not known:
                    self._lanes.claimed(QueuedDelivery(one.delivery, one.message, lease_until), one.endpoint)
            self._begin()
            for delivery_id, error in unreadable.items():
                await self._recorder.keep_fault(delivery_id, self._owner, unreadable_event(error), now)
        full = self._lanes.passed_over()
        wait = _until(await self._store.read(lambda tx: deliveries.next_due(tx, excluding=full)))
        return IDLE_SECONDS if wait is None else min(IDLE_SECONDS, wait)

    async def _claim_of(
        self, room: Mapping[EndpointId, int], now: Millis, lease_until: Millis
    ) -> tuple[list[ClaimedDelivery], dict[DeliveryId, Exception]]:
        """Claim for all of these endpoints; if that fails, for each alone, so that one does not block the others."""
        unreadable: dict[DeliveryId, Exception] = {}

        def claim(tx: Transaction, room: Mapping[EndpointId, int] = room) -> list[ClaimedDelivery]:
            unreadable.clear()
            return deliveries.claim(
                tx, owner=self._owner, now=now, lease_until=lease_until, room=room, unreadable=unreadable
            )

        try:
            return await self._store.write(claim), unreadable
        except Busy:
            raise
        except Exception:
            log.exception("delivery.not_claimed", endpoints=len(room))
        found: list[ClaimedDelivery] = []
        spoiled: dict[DeliveryId, Exception] = {}
        for endpoint_id, most in room.items():
            try:
                found += await self._store.write(lambda tx, one={endpoint_id: most}: claim(tx, one))  # type: ignore[misc]
                spoiled |= unreadable
            except Busy:
                raise
            except Exception as error:
                log.exception("delivery.not_claimed", endpoint_id=endpoint_id)
                await self._pass_over(endpoint_id, unreadable_endpoint(error), now)
        return found, spoiled

    async def _pass_over(self, endpoint_id: EndpointId, fault: Fault, now: Millis) -> None:
        """Count the fault with the due deliveries of an endpoint for which nothing can be claimed."""
        due = await self._store.read(lambda tx: faults.due_of(tx, endpoint_id, now, MAX_UNREADABLE))
        for delivery_id in due:
            await self._recorder.keep_fault(delivery_id, None, fault, now)

    async def _keep_to_the_clock(self) -> None:
        ahead = time.time() - time.monotonic()
        went_back = ahead < self._clock_ahead - deliveries.CLOCK_SLACK / SECOND
        if went_back or not self._clock_ahead:  # it may have been set back before the first run
            now = _now()
            if moved := await self._store.write(lambda tx: deliveries.keep_to_the_clock(tx, now)):
                log.warning("delivery.clock_went_back", deliveries=moved)
        self._clock_ahead = ahead

    def _hold(self, held: QueuedDelivery) -> None:
        self._held.add(held.delivery.id)
        self._lanes.hand_over(held)

    def _begin(self) -> None:
        """Start all that may start now, and schedule the next start that a rate limit allows."""
        if self._stopping:
            return
        now, lease_needed = time.monotonic(), _now() + self._least_lease
        late: list[DeliveryId] = []
        while len(self._under_way) < self._most_unrecorded and (turn := self._lanes.next(now)):
            lane, held = turn
            if held.lease_until < lease_needed:
                self._lanes.ended(lane, held.delivery.endpoint_id)
                self._held.drop([held.delivery.id])  # else the next claim would skip it
                late.append(held.delivery.id)
            else:
                self._in_background(self._deliver(lane, held))
        if late:
            self._in_background(self._recorder.release(late))
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

    async def _deliver(self, lane: EndpointQueue, held: QueuedDelivery) -> None:
        in_order, busy = lane.controls.ordered, True
        task = asyncio.current_task()
        assert task
        known = self._attempting[held.delivery.id] = _OpenAttempt(task, held.lease_until, time.monotonic())
        try:
            followed = await self._attempt(held)
            known.ended = True
            if not in_order:
                busy = False
                self._free(lane, held)  # recording does not occupy the destination
            if followed:
                await self._recorder.record(followed, held, linger=0.0 if in_order else RECORD_PATIENCE)
        except Exception:  # of any kind: the delivery must not count as held for ever
            log.exception("delivery.lost_track", delivery_id=held.delivery.id)
        finally:
            self._attempting.pop(held.delivery.id, None)
            self._held.drop([held.delivery.id])
            if busy:
                self._free(lane, held)

    def _free(self, lane: EndpointQueue, held: QueuedDelivery) -> None:
        self._lanes.ended(lane, held.delivery.endpoint_id)
        if lane.more and lane.room():
            self._claiming.wake()
        self._begin()

    async def _attempt(self, held: QueuedDelivery) -> DecidedAttempt | None:
        """Make the attempt and return the decision; ``None`` if there is no attempt to record.

        Then the delivery was given back, or a fault was counted with it.
        """
        delivery, endpoint_id = held.delivery, held.delivery.endpoint_id
        # The id is chosen before sending, so that an attempt that is recorded twice is stored once.
        attempt_id = mint(AttemptId)
        started_at = _now()
        try:
            endpoint = await self._configuration.endpoint(endpoint_id)
            if endpoint is None or endpoint.paused or endpoint.disabled:
                await self._recorder.release([delivery.id])
                return None
            if not await self._held.is_ours(delivery.id, held.lease_until - self._lease, started_at):
                return None  # another process stopped it, or took it
            if delivery.version_id:
                endpoint = endpoint.running(await self._configuration.version(endpoint_id, delivery.version_id))
            claimed = ClaimedDelivery(delivery, held.message, endpoint)
            attempt = await self._dispatcher.attempt(claimed, attempt_id)
        except asyncio.CancelledError:
            known = self._attempting.get(delivery.id)
            if known is None or not known.overdue:
                await self._recorder.release([delivery.id])
                raise
            known.task.uncancel()
            fault = never_ended(round(MAX_ATTEMPT_SECONDS / 60))
        except Busy as error:  # the database can store nothing now, not even a fault
            log.warning("delivery.database_busy", delivery_id=delivery.id, error=str(error))
            await self._recorder.release([delivery.id], _now() + round(PAUSE_SECONDS * SECOND))
            return None
        except Exception as error:  # our fault, before the send: it uses up no attempt
            fault = _fault_of(error)
            log.warning(
                "delivery.not_attempted",
                reason=reason_of(error),
                delivery_id=delivery.id,
                endpoint_id=endpoint_id,
                exc_info=self._tracebacks.left_out(reason_of(error)) is not None,
            )
        else:
            if attempt.outcome is AttemptOutcome.TRANSFORM_FAILED and attempt.error and attempt.error.kind == KIND:
                fault = Fault(attempt.error.cause)
            else:
                return await self._follow(claimed, attempt)
        await self._recorder.keep_fault(delivery.id, self._owner, fault, started_at, attempt_id)
        return None

    async def _follow(self, claimed: ClaimedDelivery, attempt: Attempt) -> DecidedAttempt:
        """Decide by the endpoint as it is now: its schedule may have changed while the request was under way."""
        with suppress(Exception):
            claimed = replace(
                claimed, endpoint=await self._configuration.endpoint(claimed.endpoint.id) or claimed.endpoint
            )
        return decide_next(claimed, attempt, owner=self._owner, now=_now(), jitter=_jitter())

    async def _renew(self) -> float:
        """Extend the leases of long attempts, and cancel those that take longer than ``MAX_ATTEMPT_SECONDS``."""
        until, now = _now() + self._lease, time.monotonic()
        short = {one: known for one, known in self._attempting.items() if known.until < until - self._lease // 2}
        for known in short.values():
            if now - known.since > MAX_ATTEMPT_SECONDS and not (known.ended or known.overdue):
                known.overdue = True
                known.task.cancel()
        if short:
            await self._store.write(lambda tx: deliveries.renew(tx, self._owner, list(short), until))
            for known in short.values():
                known.until = until
        return self._renew_seconds

    def _changed(self, changes: Changes) -> None:
        """Give back what waits for changed endpoints, so that it is claimed by their settings as they are now."""
        if not changes.endpoints:
            return
        self._claiming.wake()
        if (given := self._lanes.give_back(changes.endpoints)) and not self._stopping:
            self._held.drop(given)
            self._in_background(self._recorder.release(given))


@dataclass(slots=True)
class _OpenAttempt:
    """An attempt under way, for the loop that renews its lease."""

    task: asyncio.Task[None]
    until: Millis
    """When its lease ends."""
    since: float
    """When it began, on the monotonic clock."""
    ended: bool = False
    """Only its record is still to be written."""
    overdue: bool = False
    """It took too long, and ``_renew`` cancelled it."""


def _fault_of(error: Exception) -> Fault:
    match error:
        case Unavailable():
            return SANDBOX_DOWN
        case OutOfResources():
            return NOTHING_LEFT
        case UnreadableEndpoint():
            return unreadable_endpoint(error)
        case MissingCard():
            return missing_card(error)
        case MissingVersion():
            return missing_version()
        case _:
            return before_the_send(error)


def _jitter() -> float:
    return random.uniform(-1, 1)  # noqa: S311  spreads retries, keeps no secret


def _until(due_at: Millis | None) -> float | None:
    """The seconds until then, and a moment if it has passed."""
    return None if due_at is None else max(0.01, (due_at - _now()) / SECOND)


def _now() -> Millis:
    return time.time_ns() // 1_000_000
