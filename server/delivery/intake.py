"""Takes in events: verifies the raw bytes, reads no more of them than needed, stores them durably, then accepts."""

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
from server.delivery.feed import Changed, Feed, Refused
from server.domain.faults import reason_of
from server.domain.ids import MessageId, Millis, SourceId, mint
from server.domain.messages import Message, Origin
from server.domain.payloads import Number, Payload
from server.domain.search_terms import DEFAULT_METADATA_KEYS, terms_in
from server.domain.signing import Verdict, unusable_headers, verify
from server.domain.sources import IntakeRefusal, Source
from server.store import Busy, Store, Transaction, sources
from server.store.compression import Packed, pack
from server.store.messages import EndpointFilter, FilteredMessage, InitialLease, Received, receive
from server.store.sources import RefusalDetail, count_refusals

MAX_EVENT_TYPE_CHARACTERS = 128
"""Characters of an event type; Dodo's longest has 36."""

LARGE = 65_536
"""A body of this many bytes or more is parsed in a thread, one at a time: parsed, it takes many times its size."""

COMPARE_SECONDS = 1.0
MAX_COMPARED = 50
MATCHES = (Verdict.GENUINE, Verdict.STALE)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The event is stored, and on its way to every endpoint that listens."""

    message_id: MessageId


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The event was stored before. Senders repeat an event when they did not get the response, as they should."""

    message_id: MessageId


@dataclass(frozen=True, slots=True)
class Rejected:
    """The event is not stored. The refusal is counted if the address belongs to a source."""

    reason: IntakeRefusal


Intaken = Accepted | Duplicate | Rejected


class TakesDeliveries(Protocol):
    """The part of the worker that the intake uses."""

    def lease(self) -> InitialLease | None: ...

    def take(self, lease: InitialLease | None, message: Message, received: Received | None) -> None: ...


class Intake:
    """Verifies and stores events. The route reads bodies, with ``max_body`` (bytes) and ``timeout`` (seconds)."""

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
        self._compares_from = 0.0
        """When the next wrong signature may be compared with the secrets of other sources, on the monotonic clock."""
        self._worker = worker
        self._feed = feed

    async def knows(self, token: str) -> bool:
        """Whether a source has this token. For any other token the body of the request is not worth reading."""
        return await self._configuration.source_with_token(token) is not None

    async def accept(self, token: str, headers: Mapping[str, str], body: bytes) -> Intaken:
        """Verify and store one request. ``headers`` has lower-case names, or ignores case.

        Returns after the commit is durable. Raises ``Busy`` when the store cannot take the event now, and for nothing
        else that a sender can cause.
        """
        source = await self._configuration.source_with_token(token)
        if source is None:
            return Rejected(IntakeRefusal.SIGNATURE)
        verdict = verify(source.secrets_at(_now()), headers, body, time.time())
        if verdict not in (Verdict.GENUINE, Verdict.STALE) and source.unreadable_at(_now()):
            # It may be genuine: a secret that could prove it is unreadable. A 401 would tell the sender that it is not.
            return await self._refuse(source, IntakeRefusal.UNREADABLE, verdict)
        if verdict is not Verdict.GENUINE:
            return await self._refuse_unverified(source, verdict, headers, body)
        settings = await self._configuration.search_settings()
        seen = await self._look_at(body, await self._configuration.filters_of(source.id), settings.metadata_keys)
        if seen is None:
            return await self._refuse(source, IntakeRefusal.NOT_JSON)

        message = Message(
            id=mint(MessageId),
            source_id=source.id,
            webhook_id=headers["webhook-id"],
            event_type=seen.event_type,
            origin=Origin.RECEIVED,
            body=body,
            received_at=_now(),
        )
        lease, received = self._worker.lease(), None
        try:
            arrived = FilteredMessage(message, seen.fits, seen.terms, settings.edition, seen.packed)
            received = await self._store.batch(_receiving(lease), arrived)
        except Busy:
            raise
        except Exception as error:
            await self._check_is_there(source, error)
            raise
        finally:
            self._worker.take(lease, message, received)
        if received.duplicate:
            return Duplicate(received.message_id)
        self._feed.publish(Changed(source.id, message.id))
        return Accepted(message.id)

    async def _check_is_there(self, source: Source, error: Exception) -> None:
        """Raise ``Busy`` when the event was not stored because its source was just removed: the next try gets 404."""
        if await self._store.read(lambda tx: sources.get(tx, source.id)) is None:
            raise Busy("The source was removed.") from error

    async def _refuse_unverified(
        self, source: Source, verdict: Verdict, headers: Mapping[str, str], body: bytes
    ) -> Rejected:
        """Refuse a request, and count it with what helps a person to find the cause."""
        match verdict:
            case Verdict.STALE:
                off = int(headers["webhook-timestamp"]) * 1000 - _now()
                return await self._refuse(source, IntakeRefusal.CLOCK, verdict, RefusalDetail(off))
            case Verdict.NO_SECRET:
                return await self._refuse(source, IntakeRefusal.NO_SECRET, verdict)
            case Verdict.MALFORMED:
                detail = RefusalDetail(detail=" ".join(unusable_headers(headers)))
                return await self._refuse(source, IntakeRefusal.HEADERS, verdict, detail)
        detail = RefusalDetail(detail=await self._signed_for(source, headers, body))
        return await self._refuse(source, IntakeRefusal.SIGNATURE, verdict, detail)

    async def _signed_for(self, source: Source, headers: Mapping[str, str], body: bytes) -> str:
        """The id of another source whose secret verifies the request: then two ingest addresses are mixed up.

        Looks at most once in ``COMPARE_SECONDS``, since anybody can send wrong signatures.
        """
        if time.monotonic() < self._compares_from or len(body) > LARGE:
            return ""
        self._compares_from = time.monotonic() + COMPARE_SECONDS
        for other in list(await self._configuration.sources())[:MAX_COMPARED]:
            if other.id != source.id and verify(other.secrets_at(_now()), headers, body, time.time()) in MATCHES:
                return other.id
        return ""

    async def refuse(self, token: str, reason: IntakeRefusal) -> None:
        """Count a request that the route refused before its body was whole."""
        if source := await self._configuration.source_with_token(token):
            await self._refuse(source, reason)

    async def _look_at(
        self, body: bytes, asked: Sequence[EndpointFilter], metadata_keys: tuple[str, ...]
    ) -> "Seen | None":
        if len(body) < LARGE:
            return look_at(body, asked, metadata_keys)
        async with self._one_large:
            return await asyncio.to_thread(look_at, body, asked, metadata_keys)

    async def _refuse(
        self, source: Source, reason: IntakeRefusal, verdict: Verdict | None = None, detail: RefusalDetail | None = None
    ) -> Rejected:
        try:
            await self._store.batch(_count, (source.id, reason, detail))
            self._feed.publish(Refused(source.id))
        except Exception as error:  # the request is refused, counted or not
            log.warning("intake.not_counted", source_id=source.id, error=reason_of(error))
        # The sender learns only that it was refused; the operator learns why, since a wrong clock looks like a forgery.
        log.warning("intake.refused", source_id=source.id, reason=reason.value, verdict=verdict and verdict.value)
        return Rejected(reason)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the intake reads of an event."""

    event_type: str
    fits: Mapping[str, bool]
    """By their text, which filters it fits."""
    terms: tuple[str, ...]
    """Its search terms."""
    packed: Packed
    """The body as it is stored."""


def look_at(
    body: bytes, asked: Sequence[EndpointFilter] = (), metadata_keys: tuple[str, ...] = DEFAULT_METADATA_KEYS
) -> Seen | None:
    """What the intake reads of an event. Parses the body once.

    ``None`` unless the body is a JSON object in UTF-8 with a type that can be stored. Never raises.
    ``1e400`` and a million digits are left to the code. A byte order mark is skipped. NUL and lone surrogates may be
    anywhere but in the type.
    """
    payload = Payload(body, numbers=bool(asked))
    event_type = payload.value.get("type") if isinstance(payload.value, dict) else None
    if not isinstance(event_type, str) or isinstance(event_type, Number):
        return None
    if not 0 < len(event_type) <= MAX_EVENT_TYPE_CHARACTERS or not event_type.isprintable():
        return None
    wanted = [one for one in asked if one.event_types is None or event_type in one.event_types]
    fits: dict[str, bool] = {}
    for one in wanted:
        with suppress(Exception):  # the writer evaluates it again, and parks the delivery if that fails too
            fits[one.text] = one.filter.fits(payload)
    terms = terms_in(event_type, payload, metadata_keys, body=b"" if asked else body)
    return Seen(event_type, fits, terms, pack(body))


@lru_cache(maxsize=4)
def _receiving(
    lease: InitialLease | None,
) -> Callable[[Transaction, Sequence[Message | FilteredMessage]], list[Received]]:
    """Return the same function for the same lease, so that the store batches the messages that wait with it."""
    return partial(receive, lease=lease)


def _count(tx: Transaction, refused: Sequence[tuple[SourceId, IntakeRefusal, RefusalDetail | None]]) -> list[None]:
    counts = Counter((source_id, reason) for source_id, reason, _ in refused)
    count_refusals(tx, counts, _now(), {(of, reason): detail for of, reason, detail in refused if detail})
    return [None] * len(refused)


def _now() -> Millis:
    return time.time_ns() // 1_000_000
