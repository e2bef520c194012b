"""Turns a received message into one attempt: prepare → sign the final bytes → send."""

import errno
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter

import structlog

from server.delivery.courier import Blocked, Courier, Responded, Unreachable
from server.delivery.decisions import without_content
from server.delivery.prepare import Event, Preparation, ReadyToSend, RunsCode, as_shown, prepare, runs_code
from server.domain.cards import Card
from server.domain.endpoints import Destination, Endpoint
from server.domain.faults import KIND, during_the_send
from server.domain.ids import AttemptId
from server.domain.masking import Masker, Maskers
from server.domain.messages import Attempt, AttemptError, AttemptOutcome, Message, ReceivedResponse, SentRequest
from server.domain.requests import FinishedRequest
from server.domain.signing import sign
from server.domain.transformations import Cancelled, TransformFailed
from server.store.deliveries import ClaimedDelivery

log = structlog.get_logger()

WITH_THE_CODE_SECONDS = 15.0
"""Seconds that an attempt may take beside the request: waiting for the sandbox and running the code."""


NO_RESOURCES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class OutOfResources(Exception):
    """This machine has no file or memory left for a connection; nothing was sent."""


@dataclass(frozen=True, slots=True)
class _Result:
    """How an attempt ended."""

    outcome: AttemptOutcome
    request: SentRequest | None = None
    response: ReceivedResponse | None = None
    error: AttemptError | None = None


class Dispatcher:
    """Makes one attempt of one delivery."""

    def __init__(self, *, sandbox: RunsCode, courier: Courier, cards: Mapping[str, Card]) -> None:
        self._sandbox = sandbox
        self._courier = courier
        self._cards = cards
        self._maskers = Maskers()

    @property
    def longest(self) -> float:
        """Seconds after which an attempt has certainly ended."""
        return self._courier.timeout + WITH_THE_CODE_SECONDS

    async def attempt(self, claimed: ClaimedDelivery, attempt_id: AttemptId) -> Attempt:
        """Try once and return the attempt, which says what the code, the destination or the network did.

        Raises only for faults of Hookbench, and only before anything is sent. The worker sets ``next_at``.
        """
        endpoint, message, delivery = claimed.endpoint, claimed.message, claimed.delivery
        started_at, clock = time.time_ns() // 1_000_000, perf_counter()
        masker = self._maskers.of(endpoint, self._cards.get(endpoint.card))
        event = Event(message.event_type, message.body, message.webhook_id, message.received_at // 1000)
        prepared = await prepare(endpoint, event, sandbox=self._sandbox, cards=self._cards)
        ended = await self._carry_out(prepared, endpoint, message)
        attempt = Attempt(
            id=attempt_id,
            delivery_id=delivery.id,
            message_id=message.id,
            endpoint_id=endpoint.id,
            source_id=message.source_id,
            event_type=message.event_type,
            number=delivery.attempts + 1,
            trigger=delivery.trigger,
            outcome=ended.outcome,
            version_id=endpoint.version.id if endpoint.version and runs_code(endpoint) else None,
            request=ended.request,
            response=ended.response,
            error=ended.error,
            console=prepared.console,
            warnings=prepared.warnings,
            transform_ms=prepared.ms,
            duration_ms=(perf_counter() - clock) * 1000,
            started_at=started_at,
            next_at=None,
        )
        try:
            return _masked(attempt, masker)
        except Exception as failure:  # it was sent: keep the attempt, but nothing that cannot be masked
            log.exception("delivery.not_masked", attempt_id=attempt_id, endpoint_id=endpoint.id)
            return without_content(attempt, failure)

    async def _carry_out(self, prepared: Preparation, endpoint: Endpoint, message: Message) -> _Result:
        match prepared:
            case ReadyToSend(request):
                return await self._deliver(signed(request, endpoint, message.webhook_id), endpoint)
            case Cancelled():
                return _Result(AttemptOutcome.CANCELLED)
            case TransformFailed(error):
                return _Result(AttemptOutcome.TRANSFORM_FAILED, error=error)

    async def _deliver(self, request: FinishedRequest, endpoint: Endpoint) -> _Result:
        shown = as_shown(request, self._cards.get(endpoint.card))
        if endpoint.destination is Destination.CAPTURE:
            return _Result(AttemptOutcome.CAPTURED, shown)
        try:
            sent = await self._courier.send(request, endpoint=endpoint.id, status_ends=True)
        except Exception as failure:  # something may have been sent, unless resources ran out: record an attempt
            if isinstance(failure, OSError) and failure.errno in NO_RESOURCES:
                raise OutOfResources from failure
            log.exception("delivery.send_failed", endpoint_id=endpoint.id)
            return _Result(AttemptOutcome.FAULT, shown, error=AttemptError(KIND, during_the_send(failure)))
        match sent:
            case Responded(response, error=error):
                good = 200 <= response.status < 300
                return _Result(AttemptOutcome.SUCCEEDED if good else AttemptOutcome.REJECTED, shown, response, error)
            case Unreachable(error):
                return _Result(AttemptOutcome.UNREACHABLE, shown, error=error)
            case Blocked(error):
                return _Result(AttemptOutcome.BLOCKED, shown, error=error)


def _masked(attempt: Attempt, masker: Masker) -> Attempt:
    return replace(
        attempt,
        request=attempt.request and masker.request(attempt.request),
        response=attempt.response and masker.response(attempt.response),
        error=masker.error(attempt.error),
        console=masker.console(attempt.console),
        warnings=masker.warnings(attempt.warnings),
    )


def signed(request: FinishedRequest, endpoint: Endpoint, webhook_id: str) -> FinishedRequest:
    """Return the request with the Standard Webhooks headers, signed by each secret that is valid now."""
    now = time.time_ns() // 1_000_000
    timestamp, (secret, *former) = now // 1000, endpoint.secrets_at(now)
    headers = {
        **request.headers,
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret, webhook_id, timestamp, request.body, also=tuple(former)),
    }
    return FinishedRequest(request.method, request.url, headers, request.body)
