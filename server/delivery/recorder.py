"""Records attempts and faults, however long the database is busy, and gives deliveries back.

One transaction records an attempt with its delivery's new state. A row that the database rejects is recorded with less
and less of its content.
"""

import asyncio
import time
from collections.abc import Callable

import structlog

from server.delivery.decisions import DecidedAttempt, record, record_alone, without_details
from server.delivery.endpoint_queues import QueuedDelivery
from server.delivery.feed import Changed, Feed, Noticed
from server.delivery.repeated_lines import RepeatedLines
from server.domain.addresses import host_of
from server.domain.faults import MAX_TRIES, Fault, not_kept_whole, reason_of
from server.domain.ids import AttemptId, DeliveryId, Millis, ProcessId, mint
from server.domain.messages import ACCEPTED, AttemptOutcome, Message
from server.store import Busy, Store, Transaction, deliveries, faults
from server.store.deliveries import AttemptRecord

PAUSE_SECONDS = 1.0
"""Seconds to wait after the database refused."""

log = structlog.get_logger()


class Recorder:
    """Records for one owner of leases. ``wake`` is called when there may be something to claim again."""

    def __init__(self, store: Store, feed: Feed, owner: ProcessId, wake: Callable[[], None]) -> None:
        self._store = store
        self._feed = feed
        self._owner = owner
        self._wake = wake
        self._hurrying = False
        self._tracebacks = RepeatedLines()
        """Each kind of failure logs its traceback at most once a minute, because one kind could fill the log."""

    def hurry(self) -> None:
        """From now on no record waits for company."""
        self._hurrying = True

    async def record(self, followed: DecidedAttempt, held: QueuedDelivery, *, linger: float) -> None:
        """Record the attempt, however long the database is busy, and with less and less where it rejects the row.

        Another owner may make an attempt meanwhile; both are stored.
        """
        attempt, disabled = followed.ended.attempt, None
        while True:
            try:
                disabled = await self._store.batch(record, followed, linger=0.0 if self._hurrying else linger)
                break
            except Busy as error:
                log.warning("delivery.not_recorded", attempt_id=attempt.id, error=str(error))
                await asyncio.sleep(PAUSE_SECONDS)
            except Exception as error:
                log.exception("delivery.not_recorded", attempt_id=attempt.id)
                bare = without_details(followed, error)
                if not await self._record_bare(bare):
                    await self.keep_fault(
                        held.delivery.id, self._owner, Fault(not_kept_whole(error)), attempt.started_at, parks=True
                    )
                    return
                followed = bare
                break
        _tell(followed.ended, held.message)
        if disabled:
            log.warning("endpoint.disabled", because=disabled.value, endpoint_id=attempt.endpoint_id)
        self._feed.publish(Changed(attempt.source_id, attempt.message_id, attempt.endpoint_id))

    async def _record_bare(self, bare: DecidedAttempt) -> bool:
        """Record an attempt without content from outside; if that fails, without its effects on the endpoint."""
        steps: list[Callable[[Transaction], object]] = [
            lambda tx: record(tx, [bare]),
            lambda tx: record_alone(tx, bare),
        ]
        while steps:
            try:
                await self._store.write(steps[0])
            except Busy as error:
                log.warning("delivery.not_recorded", attempt_id=bare.ended.attempt.id, error=str(error))
                await asyncio.sleep(PAUSE_SECONDS)
            except Exception:
                log.exception("delivery.not_recorded", attempt_id=bare.ended.attempt.id)
                steps.pop(0)
            else:
                return True
        return False

    async def keep_fault(
        self,
        delivery_id: DeliveryId,
        owner: ProcessId | None,
        fault: Fault,
        started_at: Millis,
        attempt_id: AttemptId | None = None,
        *,
        parks: bool = False,
    ) -> None:
        """Count a fault of Hookbench with the delivery, which then waits or is parked.

        If the fault cannot be stored in ``MAX_TRIES`` tries, the delivery is claimed again when its lease runs out.
        """
        attempt_id = attempt_id or mint(AttemptId)
        failed = faults.FailedDelivery(
            delivery_id, owner, attempt_id, fault, started_at, _now(), parks or fault.lasting
        )
        kept: faults.FaultRecord | None = None
        for _ in range(MAX_TRIES):
            try:
                kept = await self._store.batch(faults.keep, failed)
                break
            except Exception as error:
                log.warning(
                    "delivery.fault_not_kept",
                    delivery_id=delivery_id,
                    error=reason_of(error),
                    exc_info=self._tracebacks.left_out(reason_of(error)) is not None,
                )
                await asyncio.sleep(PAUSE_SECONDS)
        if kept is None:
            return
        if kept.attempt:
            log.error("delivery.parked_by_fault", delivery_id=delivery_id, attempt_id=kept.attempt.id)
        if kept.attempt or fault.outage:
            self._feed.publish(Noticed(kept.source_id))
        self._feed.publish(Changed(kept.source_id, kept.message_id, kept.endpoint_id))
        self._wake()

    async def release(self, ids: list[DeliveryId], due_at: Millis | None = None) -> None:
        """Give deliveries back: they are claimed again, from ``due_at`` on."""
        try:
            await self._store.write(lambda tx: deliveries.release(tx, self._owner, ids, due_at))
            self._wake()
        except Exception as error:  # they are due again when their leases run out
            log.warning("delivery.not_released", deliveries=len(ids), error=reason_of(error))


def _tell(ended: AttemptRecord, message: Message) -> None:
    """Log the one wide line of an attempt: ids and the host; never a URL, header or body, which may hold secrets."""
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


def _now() -> Millis:
    return time.time_ns() // 1_000_000
