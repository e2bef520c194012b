"""Builds complete, valid domain objects for tests; keyword arguments override single fields."""

from typing import Any

from server.domain.endpoints import Destination, Endpoint
from server.domain.ids import AttemptId, DeliveryId, EndpointId, MessageId, SourceId, UserId, VersionId, mint, unique
from server.domain.messages import (
    Attempt,
    AttemptOutcome,
    ConsoleLine,
    Message,
    Origin,
    ReceivedResponse,
    SentRequest,
    Trigger,
)
from server.domain.sources import Mode, Source
from server.domain.versions import Version
from server.store.accounts import User

NOW = 1_790_000_000_000
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def a_source(**changes: Any) -> Source:
    values: dict[str, Any] = {
        "id": mint(SourceId),
        "name": "Test",
        "mode": Mode.TEST,
        "token": unique("tok"),
        "secret": SECRET,
        "created_at": NOW,
    }
    return Source(**values | changes)


def an_endpoint(source: Source | SourceId, code: str | None = None, **changes: Any) -> Endpoint:
    endpoint_id = mint(EndpointId)
    version = Version(mint(VersionId), endpoint_id, 1, code, NOW) if code else None
    values: dict[str, Any] = {
        "id": endpoint_id,
        "source_id": source.id if isinstance(source, Source) else source,
        "card": "webhook",
        "description": "",
        "url": "https://example.com/hook",
        "destination": Destination.SEND,
        "credentials": {},
        "headers": {},
        "event_types": None,
        "variables": {},
        "transforming": version is not None,
        "version": version,
        "secret": SECRET,
        "disabled": False,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Endpoint(**values | changes)


def a_message(source: Source | SourceId, **changes: Any) -> Message:
    values: dict[str, Any] = {
        "id": mint(MessageId),
        "source_id": source.id if isinstance(source, Source) else source,
        "webhook_id": unique("evt"),
        "event_type": "payment.succeeded",
        "origin": Origin.RECEIVED,
        "body": b'{"type":"payment.succeeded","data":{}}',
        "received_at": NOW,
    }
    return Message(**values | changes)


def an_attempt(message: Message, delivery_id: DeliveryId, endpoint: Endpoint, **changes: Any) -> Attempt:
    values: dict[str, Any] = {
        "id": mint(AttemptId),
        "delivery_id": delivery_id,
        "message_id": message.id,
        "endpoint_id": endpoint.id,
        "source_id": message.source_id,
        "event_type": message.event_type,
        "number": 1,
        "trigger": Trigger.EVENT,
        "outcome": AttemptOutcome.SUCCEEDED,
        "version_id": None,
        "request": SentRequest("POST", endpoint.url, (("content-type", "application/json"),), b"{}"),
        "response": ReceivedResponse(200, (("server", "test"),), b"ok", False),
        "error": None,
        "console": (ConsoleLine("log", "hello"),),
        "transform_ms": 0.5,
        "duration_ms": 12.5,
        "started_at": NOW,
        "next_at": None,
    }
    return Attempt(**values | changes)


def a_user(**changes: Any) -> User:
    values: dict[str, Any] = {"id": mint(UserId), "name": "ada", "password_hash": "argon2"}
    return User(**values | changes)
