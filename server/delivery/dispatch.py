"""From a received message to one attempt: load → run the code → finish → sign → send.

``prepare`` is the one way up to the send. Live deliveries, examples and the tester on the Test tab all take it, so that
what a test shows is what will be sent.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Protocol
from urllib.parse import urlsplit

from server.delivery.courier import Answered, Blocked, Courier, Sent, Unreachable
from server.domain.endpoints import Destination, Endpoint
from server.domain.ids import AttemptId, VersionId
from server.domain.integrations import Card
from server.domain.messages import Attempt, AttemptError, AttemptOutcome, ConsoleLine, SentRequest, mask_headers
from server.domain.requests import SHOWN, Prepared, finish, untransformed
from server.domain.signing import sign
from server.domain.transformations import Cancelled, Program, Result, Returned, TransformFailed, Webhook
from server.store.deliveries import Claimed


class Runs(Protocol):
    """What is needed of the sandbox."""

    async def run(self, program: Program, webhook: Webhook) -> Result: ...


@dataclass(frozen=True, slots=True)
class Ready:
    """A finished request, not signed yet."""

    request: Prepared
    console: tuple[ConsoleLine, ...] = ()
    ms: float | None = None
    """Milliseconds the code ran for; ``None`` when none ran."""


Preparation = Ready | Cancelled | TransformFailed


async def prepare(
    endpoint: Endpoint, event_type: str, body: bytes, *, sandbox: Runs, cards: Mapping[str, Card]
) -> Preparation:
    """What this endpoint makes of an event. A request that breaks a rule of ``domain.requests`` is TransformFailed."""
    card = cards.get(endpoint.card)
    credential_headers = card.auth_headers(endpoint.credentials) if card else {}
    if not runs_code(endpoint):
        request = untransformed(
            endpoint.url, body, credential_headers=credential_headers, endpoint_headers=endpoint.headers
        )
        return Ready(request)

    assert endpoint.version
    result = await sandbox.run(
        Program(endpoint.id, endpoint.version.code),
        Webhook(
            event_type=event_type,
            payload=body.decode("utf-8", "replace").removeprefix("\ufeff"),
            url=endpoint.url,
            method="POST",
            headers={},
            env=endpoint.variables,
        ),
    )
    if not isinstance(result, Returned):
        return result
    finished = finish(result, credential_headers=credential_headers, endpoint_headers=endpoint.headers)
    if isinstance(finished, AttemptError):
        return TransformFailed(finished, result.console, result.ms)
    return Ready(finished, result.console, result.ms)


def runs_code(endpoint: Endpoint) -> bool:
    """Whether this endpoint's code takes part: it is switched on, and there is some."""
    return endpoint.transforming and endpoint.version is not None


def as_shown(request: Prepared, card: Card | None) -> SentRequest:
    """The request as it is kept and shown: header values that may be keys are masked, and a URL that is one is cut."""
    url = request.url
    if card and card.url_is_secret:
        parts = urlsplit(url)
        url = f"{parts.scheme}://{parts.netloc}/••••••••"
    return SentRequest(request.method, url, mask_headers(request.headers, SHOWN), request.body)


WITH_THE_CODE_SECONDS = 15.0
"""What an attempt may take beside the request: waiting for the sandbox, running the code."""


class Dispatcher:
    """Makes one attempt of one delivery."""

    def __init__(self, *, sandbox: Runs, courier: Courier, cards: Mapping[str, Card]) -> None:
        self._sandbox = sandbox
        self._courier = courier
        self._cards = cards

    @property
    def longest(self) -> float:
        """Seconds after which an attempt has surely ended."""
        return self._courier.timeout + WITH_THE_CODE_SECONDS

    async def attempt(self, claimed: Claimed, attempt_id: AttemptId) -> Attempt:
        """Try once. What the code, the destination or the network does is in the attempt.

        Raises only for failures of our own, and only before anything was sent. ``next_at`` is left to the worker.
        """
        endpoint, message, delivery = claimed.endpoint, claimed.message, claimed.delivery
        started_at, clock = time.time_ns() // 1_000_000, perf_counter()
        prepared = await prepare(endpoint, message.event_type, message.body, sandbox=self._sandbox, cards=self._cards)
        version = endpoint.version if runs_code(endpoint) else None
        attempt = Attempt(
            id=attempt_id,
            delivery_id=delivery.id,
            message_id=message.id,
            endpoint_id=endpoint.id,
            source_id=message.source_id,
            event_type=message.event_type,
            number=delivery.attempts + 1,
            trigger=delivery.trigger,
            outcome=AttemptOutcome.CANCELLED,
            version_id=VersionId(version.id) if version else None,
            request=None,
            response=None,
            error=None,
            console=prepared.console,
            transform_ms=prepared.ms,
            duration_ms=0.0,
            started_at=started_at,
            next_at=None,
        )
        match prepared:
            case Ready(request):
                attempt = await self._deliver(attempt, endpoint, _signed(request, endpoint, message.webhook_id))
            case Cancelled():
                pass
            case TransformFailed(error):
                attempt = replace(attempt, outcome=AttemptOutcome.TRANSFORM_FAILED, error=error)
        return replace(attempt, duration_ms=(perf_counter() - clock) * 1000)

    async def _deliver(self, attempt: Attempt, endpoint: Endpoint, request: Prepared) -> Attempt:
        attempt = replace(attempt, request=as_shown(request, self._cards.get(endpoint.card)))
        if endpoint.destination is Destination.CAPTURE:
            return replace(attempt, outcome=AttemptOutcome.CAPTURED)
        return _ended(attempt, await self._courier.send(request))


def _signed(request: Prepared, endpoint: Endpoint, webhook_id: str) -> Prepared:
    """The final bytes with the Standard Webhooks headers, by the endpoint's own secret."""
    timestamp = int(time.time())
    headers = {
        **request.headers,
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(endpoint.secret, webhook_id, timestamp, request.body),
    }
    return replace(request, headers=headers)


def _ended(attempt: Attempt, sent: Sent) -> Attempt:
    match sent:
        case Answered(response):
            good = 200 <= response.status < 300
            outcome = AttemptOutcome.SUCCEEDED if good else AttemptOutcome.REJECTED
            return replace(attempt, outcome=outcome, response=response)
        case Unreachable(error):
            return replace(attempt, outcome=AttemptOutcome.UNREACHABLE, error=error)
        case Blocked(error):
            return replace(attempt, outcome=AttemptOutcome.BLOCKED, error=error)
