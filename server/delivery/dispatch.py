"""Turns a received message into one attempt: prepare → sign the final bytes → send."""

import asyncio
import errno
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from time import perf_counter

import structlog

from server.delivery.courier import Blocked, Courier, Responded, Unreachable
from server.delivery.decisions import without_content
from server.delivery.prepare import Event, Preparation, ReadyToSend, RunsCode, as_shown, needs_card, prepare, runs_code
from server.domain.cards import Card
from server.domain.contracts import Contract
from server.domain.endpoints import Destination, Endpoint
from server.domain.faults import KIND, during_the_send
from server.domain.ids import AttemptId, Millis
from server.domain.masking import Masker, Maskers
from server.domain.messages import (
    Attempt,
    AttemptError,
    AttemptOutcome,
    Message,
    ReceivedResponse,
    SentRequest,
    Trigger,
)
from server.domain.readings import Reading
from server.domain.reasons import Reason, as_sentence, because, of_card
from server.domain.requests import FinishedRequest
from server.domain.signing import sign
from server.domain.transformations import Cancelled, TransformFailed
from server.domain.verdicts import Grade, Verdict
from server.store.deliveries import ClaimedDelivery

log = structlog.get_logger()

WITH_THE_CODE_SECONDS = 15.0
"""Seconds that an attempt may take beside the request: waiting for the sandbox and running the code."""


MAX_JUDGED_AT_ONCE = 128 * 1024
"""Bytes of a body. A larger one is judged in a thread, so that the event loop does not wait for it."""

CONTRACT = "contract"
"""The error kind of an attempt that was not sent because it breaks the contract."""
REJECTED = "rejected"
"""The error kind of an attempt whose response the contract reads as a rejection."""

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
    verdict: Verdict | None = None
    reading: Reading | None = None


class Dispatcher:
    """Makes one attempt of one delivery.

    ``refresh_cards`` brings ``cards`` up to date. It is called when one is missing: another process may have made it.
    ``saw`` gets each event whose endpoint has a shadow, with what the active code made of it and when.
    """

    def __init__(
        self,
        *,
        sandbox: RunsCode,
        courier: Courier,
        cards: Mapping[str, Card],
        refresh_cards: Callable[[], Awaitable[None]] | None = None,
        saw: Callable[[Endpoint, Message, Preparation, Millis], None] | None = None,
    ) -> None:
        self._sandbox = sandbox
        self._courier = courier
        self._cards = cards
        self._refresh_cards = refresh_cards
        self._saw = saw
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
        if needs_card(endpoint, self._cards) and self._refresh_cards:
            await self._refresh_cards()
        masker = self._maskers.of(endpoint, self._cards.get(endpoint.card))
        event = Event(message.event_type, message.body, message.webhook_id, message.received_at // 1000)
        prepared = await prepare(endpoint, event, sandbox=self._sandbox, cards=self._cards)
        if endpoint.shadow and self._saw and delivery.trigger is Trigger.EVENT and not delivery.attempts:
            self._saw(endpoint, message, prepared, started_at)
        ended = await self._carry_out(prepared, endpoint, message, masker)
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
            verdict=ended.verdict,
            reading=ended.reading,
        )
        try:
            return _masked(attempt, masker)
        except Exception as failure:  # it was sent: keep the attempt, but nothing that cannot be masked
            log.exception("delivery.not_masked", attempt_id=attempt_id, endpoint_id=endpoint.id)
            return without_content(attempt, failure)

    async def _carry_out(self, prepared: Preparation, endpoint: Endpoint, message: Message, masker: Masker) -> _Result:
        match prepared:
            case ReadyToSend(request):
                card = self._cards.get(endpoint.card)
                contract = card.contract if card else None
                if contract is None:
                    return await self._deliver(signed(request, endpoint, message.webhook_id), endpoint)
                verdict = await _judged(contract, request, endpoint, message, masker)
                if verdict and verdict.grade is Grade.ERRORS and _parks(endpoint):
                    shown, first = as_shown(request, card), verdict.findings[0]
                    error = AttemptError(CONTRACT, because("contract_not_sent", finding=as_sentence(first.cause)))
                    return _Result(AttemptOutcome.TRANSFORM_FAILED, shown, error=error, verdict=verdict)
                ended = await self._deliver(signed(request, endpoint, message.webhook_id), endpoint)
                return _read(contract, replace(ended, verdict=verdict), masker)
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


def _parks(endpoint: Endpoint) -> bool:
    """Whether a request that breaks the contract is not sent. A captured request is never sent anyway."""
    return endpoint.controls.enforce_contract and endpoint.destination is not Destination.CAPTURE


async def _judged(
    contract: Contract, request: FinishedRequest, endpoint: Endpoint, message: Message, masker: Masker
) -> Verdict | None:
    """What the contract says about the request; ``None`` if judging failed, which must not keep it from being sent."""

    def judge() -> Verdict:
        return contract.judge(request, received=message.body, transformed=runs_code(endpoint), mask=masker.text)

    try:
        return judge() if len(request.body) <= MAX_JUDGED_AT_ONCE else await asyncio.to_thread(judge)
    except Exception:
        log.exception("delivery.not_judged", endpoint_id=endpoint.id, card=endpoint.card)
        return None


def _read(contract: Contract, ended: _Result, masker: Masker) -> _Result:
    """The result with the outcome that the contract reads in the response."""
    response = ended.response
    if response is None:
        return ended
    try:
        reading = contract.read(response, time.time_ns() // 1_000_000, masker.text)
    except Exception:  # the request was sent: its status decides, as without a contract
        log.exception("delivery.response_not_read", status=response.status)
        return ended
    if not reading.rejected:
        return replace(ended, outcome=AttemptOutcome.SUCCEEDED, reading=reading)
    why = explained(response.status, reading)
    error = AttemptError(REJECTED, why) if why else ended.error
    return replace(ended, outcome=AttemptOutcome.REJECTED, error=error, reading=reading)


def explained(status: int, reading: Reading) -> Reason | None:
    """Why the destination rejected the request, in a sentence; ``None`` if there is only the status."""
    despite = "but_" if 200 <= status < 300 else ""
    if reading.message:
        said = because(f"response_{despite}rejected", status=status, message=reading.message)
    elif despite or reading.meaning:
        said = because(f"response_{despite}rejected_without_message", status=status)
    else:
        return None
    return because("response_explained", meaning=of_card(reading.meaning), rest=said) if reading.meaning else said


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
