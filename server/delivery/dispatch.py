"""From a received message to one attempt: prepare → sign the final bytes → send."""

import time
from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter

from server.delivery.courier import Answered, Blocked, Courier, Sent, Unreachable
from server.delivery.prepare import Ready, Runs, as_shown, prepare, runs_code
from server.domain.endpoints import Destination, Endpoint
from server.domain.ids import AttemptId, VersionId
from server.domain.integrations import Card
from server.domain.messages import Attempt, AttemptOutcome
from server.domain.requests import Prepared
from server.domain.signing import sign
from server.domain.transformations import Cancelled, TransformFailed
from server.store.deliveries import Claimed

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
    """The final bytes with the Standard Webhooks headers, by each secret that is good now."""
    now = time.time_ns() // 1_000_000
    timestamp, (secret, *former) = now // 1000, endpoint.secrets_at(now)
    headers = {
        **request.headers,
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret, webhook_id, timestamp, request.body, also=tuple(former)),
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
