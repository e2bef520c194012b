"""The way in: verify the raw bytes, look at no more of them than needed, store durably, and only then say yes."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Protocol

import structlog

from server.delivery.configuration import Configuration
from server.delivery.feed import Changed, Feed
from server.domain.faults import reason_of
from server.domain.ids import MessageId, Millis, SourceId, mint
from server.domain.messages import Message, Origin
from server.domain.payloads import Number, Payload
from server.domain.signing import Verdict, verify
from server.domain.sources import IntakeRefusal, Source
from server.store import Store, Transaction
from server.store.messages import EndpointFilter, FilteredMessage, InitialLease, Received, receive
from server.store.sources import count_refusals

MAX_EVENT_TYPE_CHARACTERS = 128
"""Characters of an event type; Dodo's longest has 36."""

LARGE = 65_536
"""Bytes of a body from which on it is read beside the event loop, one at a time: read, it takes many times its size."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Accepted:
    """Stored, and on its way to every endpoint that listens."""

    message_id: MessageId


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The sender repeats itself, as it should after a lost answer; the event is stored already."""

    message_id: MessageId


@dataclass(frozen=True, slots=True)
class Rejected:
    """Not stored. Counted, if the address belongs to a source."""

    reason: IntakeRefusal


Intaken = Accepted | Duplicate | Rejected


class TakesDeliveries(Protocol):
    """What is needed of the worker."""

    def lease(self) -> InitialLease | None: ...

    def take(self, lease: InitialLease | None, message: Message, received: Received | None) -> None: ...


class Intake:
    """``max_body`` (bytes) and ``timeout`` (seconds) are for the route, which reads the body."""

    def __init__(
        self,
        store: Store,
        configuration: Configuration,
        worker: TakesDeliveries,
        feed: Feed,
        *,
        max_body: int,
        timeout: float,
    ) -> None:
        self.max_body = max_body
        self.timeout = timeout
        self._store = store
        self._configuration = configuration
        self._one_large = asyncio.Lock()
        self._worker = worker
        self._feed = feed

    async def knows(self, token: str) -> bool:
        """Whether a source has this token: the body of a request to another is not worth reading."""
        return await self._configuration.source_with_token(token) is not None

    async def accept(self, token: str, headers: Mapping[str, str], body: bytes) -> Intaken:
        """Judge and keep one request. ``headers`` has lower-case names, or ignores case.

        Returns after the commit is durable. Raises ``Busy`` when the store cannot take it just now, for nothing else
        that the sender can cause.
        """
        source = await self._configuration.source_with_token(token)
        if source is None:
            return Rejected(IntakeRefusal.SIGNATURE)
        verdict = verify(source.secrets_at(_now()), headers, body, time.time())
        if verdict not in (Verdict.GENUINE, Verdict.STALE) and source.unreadable_at(_now()):
            # It may be genuine, and nobody can tell: its sender must not be told that it is not.
            return await self._refuse(source, IntakeRefusal.UNREADABLE, verdict)
        if verdict is not Verdict.GENUINE:
            if verdict is Verdict.STALE:
                off = int(headers["webhook-timestamp"]) * 1000 - _now()
                return await self._refuse(source, IntakeRefusal.CLOCK, verdict, off)
            return await self._refuse(source, IntakeRefusal.SIGNATURE, verdict)
        event_type, fits = await self._look_at(body, await self._configuration.filters_of(source.id))
        if event_type is None:
            return await self._refuse(source, IntakeRefusal.NOT_JSON)

        message = Message(
            id=mint(MessageId),
            source_id=source.id,
            webhook_id=headers["webhook-id"],
            event_type=event_type,
            origin=Origin.RECEIVED,
            body=body,
            received_at=_now(),
        )
        lease, received = self._worker.lease(), None
        try:
            received = await self._store.batch(_receiving(lease), FilteredMessage(message, fits) if fits else message)
        finally:
            self._worker.take(lease, message, received)
        if received.duplicate:
            return Duplicate(received.message_id)
        self._feed.publish(Changed(source.id, message.id))
        return Accepted(message.id)

    async def refuse(self, token: str, reason: IntakeRefusal) -> None:
        """Count a request that the route turned away before its body was whole."""
        if source := await self._configuration.source_with_token(token):
            await self._refuse(source, reason)

    async def _look_at(self, body: bytes, asked: Sequence[EndpointFilter]) -> tuple[str | None, Mapping[str, bool]]:
        if len(body) < LARGE:
            return look_at(body, asked)
        async with self._one_large:
            return await asyncio.to_thread(look_at, body, asked)

    async def _refuse(
        self, source: Source, reason: IntakeRefusal, verdict: Verdict | None = None, clock_off: Millis | None = None
    ) -> Rejected:
        try:
            await self._store.batch(_count, (source.id, reason, clock_off))
        except Exception as error:  # it is refused all the same
            log.warning("intake.not_counted", source_id=source.id, error=reason_of(error))
        # The sender learns only that it was refused; the operator learns why, since a wrong clock looks like a forgery.
        log.warning("intake.refused", source_id=source.id, reason=reason.value, verdict=verdict and verdict.value)
        return Rejected(reason)


def look_at(body: bytes, asked: Sequence[EndpointFilter] = ()) -> tuple[str | None, Mapping[str, bool]]:
    """The ``type`` of an event, and which of the filters it fits, by their text. The body is read once, if it is JSON.

    The type is ``None`` unless the body is a JSON object in UTF-8 with one that can be kept. Never raises. ``1e400``
    and a million digits are the code's business. A byte order mark is passed over. NUL and half surrogate pairs may be
    anywhere but in the type.
    """
    payload = Payload(body, numbers=bool(asked))
    event_type = payload.value.get("type") if isinstance(payload.value, dict) else None
    if not isinstance(event_type, str) or isinstance(event_type, Number):
        return None, {}
    if not 0 < len(event_type) <= MAX_EVENT_TYPE_CHARACTERS or not event_type.isprintable():
        return None, {}
    wanted = [one for one in asked if one.event_types is None or event_type in one.event_types]
    fits: dict[str, bool] = {}
    for one in wanted:
        with suppress(Exception):  # the writer looks itself, and parks the delivery if it fails as well
            fits[one.text] = one.filter.fits(payload)
    return event_type, fits


@lru_cache(maxsize=4)
def _receiving(
    lease: InitialLease | None,
) -> Callable[[Transaction, Sequence[Message | FilteredMessage]], list[Received]]:
    """The same function for the same lease, so that the store takes all that wait with it as one list."""
    return partial(receive, lease=lease)


def _count(tx: Transaction, refused: Sequence[tuple[SourceId, IntakeRefusal, Millis | None]]) -> list[None]:
    counts = Counter((source_id, reason) for source_id, reason, _ in refused)
    count_refusals(tx, counts, _now(), {source_id: off for source_id, _, off in refused if off is not None})
    return [None] * len(refused)


def _now() -> Millis:
    return time.time_ns() // 1_000_000
