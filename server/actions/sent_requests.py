"""An attempt's request with its secrets. Records hold none, so the request is made anew and fills what is masked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from server.actions.services import Services
from server.delivery.prepare import Event, ReadyToSend, as_shown, prepare
from server.domain.cards import Card, MissingCard
from server.domain.endpoints import Endpoint
from server.domain.ids import AttemptId
from server.domain.masking import masker_of
from server.domain.messages import Attempt, Message, SentRequest
from server.domain.requests import FinishedRequest
from server.sandbox import Unavailable
from server.store import Transaction, attempts, audit, endpoints, messages, versions
from server.store.compression import UnreadableValue

SECRETS_IN = ("url", "credentials", "headers", "variables")
"""The fields of the audit trail that an endpoint's secrets are in."""


@dataclass(frozen=True, slots=True)
class Unmasked:
    """A recorded request, with the endpoint's secrets of now in place of the masks."""

    attempt: Attempt
    request: SentRequest
    complete: bool
    """False: some masks are left, because the endpoint makes another request of the event now."""
    outdated: bool
    """The endpoint's URL, credentials, headers or variables were changed after the attempt."""


@dataclass(frozen=True, slots=True)
class _Subject:
    attempt: Attempt
    endpoint: Endpoint
    message: Message
    outdated: bool


async def unmasked(services: Services, attempt_id: AttemptId) -> Unmasked | None:
    """The attempt's request with its secrets; ``None`` without a request, its message or its endpoint."""
    subject = await services.store.read(lambda tx: _subject(tx, attempt_id))
    if subject is None or subject.attempt.request is None:
        return None
    recorded, card = subject.attempt.request, services.cards.get(subject.endpoint.card)
    made = await _made(services, subject)
    request = _filled(recorded, made, subject.endpoint, card) if made else recorded
    return Unmasked(subject.attempt, request, not request.has_masks, subject.outdated)


def _subject(tx: Transaction, attempt_id: AttemptId) -> _Subject | None:
    attempt = attempts.get(tx, attempt_id)
    endpoint = endpoints.get(tx, attempt.endpoint_id) if attempt else None
    try:
        message = messages.get(tx, attempt.message_id) if attempt else None
    except UnreadableValue:
        return None
    if attempt is None or endpoint is None or message is None:
        return None
    version = versions.of_endpoint(tx, endpoint.id, attempt.version_id) if attempt.version_id else None
    endpoint = replace(endpoint, version=version, transforming=attempt.version_id is not None)
    return _Subject(attempt, endpoint, message, audit.is_edited(tx, endpoint.id, SECRETS_IN, attempt.started_at))


async def _made(services: Services, subject: _Subject) -> FinishedRequest | None:
    """What the endpoint makes of the event now, with the attempt's version of the code and at its time."""
    message, attempt = subject.message, subject.attempt
    at = message.received_at // 1000
    event = Event(message.event_type, message.body, message.webhook_id, at, clock=attempt.started_at)
    try:
        made = await prepare(subject.endpoint, event, sandbox=services.sandbox, cards=services.cards)
    except (Unavailable, MissingCard):
        return None
    return made.request if isinstance(made, ReadyToSend) else None


def _filled(recorded: SentRequest, made: FinishedRequest, endpoint: Endpoint, card: Card | None) -> SentRequest:
    """Each part of the recorded request that reads like the made one when that is masked too, is taken from it.

    Nothing if the endpoint sends to another server now: that one's secrets are not for the former.
    """
    masked = masker_of(endpoint, card).request(as_shown(made, card))
    if _server_of(recorded.url) != _server_of(masked.url):
        return recorded
    values: Mapping[tuple[str, str], str] = {
        (name.lower(), shown): value for (name, shown), value in zip(masked.headers, made.headers.values(), strict=True)
    }
    return SentRequest(
        recorded.method,
        made.url if recorded.url == masked.url else recorded.url,
        tuple((name, values.get((name.lower(), value), value)) for name, value in recorded.headers),
        made.body if recorded.body == masked.body else recorded.body,
    )


def _server_of(url: str) -> list[str]:
    """Scheme, user, host and port."""
    return url.split("/", 3)[:3]
