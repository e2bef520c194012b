"""Turns an event into an endpoint's request: runs its code and finishes the request, all but signing and sending.

Live deliveries, examples, the tester on the Test tab and ``hookbench try`` all use it, so that a test shows what will
be sent.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from server.domain import missing_values
from server.domain.card_shelf import is_own
from server.domain.cards import Card, MissingCard
from server.domain.endpoints import Endpoint, Version
from server.domain.ids import Millis
from server.domain.masking import shown_url
from server.domain.messages import AttemptError, ConsoleLine, SentRequest, mask_headers
from server.domain.requests import SHOWN, FinishedRequest, finish, untransformed
from server.domain.transformations import Cancelled, FailureKind, Program, Result, TransformFailed, Webhook
from server.domain.warnings import MAX_WARNINGS, RunWarning


class RunsCode(Protocol):
    """The part of the sandbox that is used here."""

    async def run(self, program: Program, webhook: Webhook) -> Result: ...


@dataclass(frozen=True, slots=True)
class ReadyToSend:
    """A finished request that is not signed yet."""

    request: FinishedRequest
    console: tuple[ConsoleLine, ...] = ()
    ms: float | None = None
    """Milliseconds that the code ran for; ``None`` when no code ran."""
    memory: int | None = None
    """The largest size seen of the code's heap, in bytes; ``None`` when no code ran."""
    warnings: tuple[RunWarning, ...] = ()


Preparation = ReadyToSend | Cancelled | TransformFailed


@dataclass(frozen=True, slots=True)
class Event:
    """A received event, as far as its request depends on it."""

    type: str
    body: bytes
    id: str
    """The ``webhook-id``."""
    timestamp: int
    """When it came, in Unix seconds."""
    clock: Millis | None = None
    """The time that code reads while it runs; ``None`` for the real one."""


UNSENT_ID = "msg_sample"
"""The ``webhook-id`` of an event that nobody sent."""


def unsent_event(event_type: str, body: bytes) -> Event:
    """An event for a test run. It came at the time that its payload names, so that each run gives the same result."""
    try:
        named = json.loads(body)["timestamp"]
        moment = datetime.fromisoformat(named)
        return Event(event_type, body, UNSENT_ID, int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return Event(event_type, body, UNSENT_ID, time.time_ns() // 1_000_000_000)


async def prepare(endpoint: Endpoint, event: Event, *, sandbox: RunsCode, cards: Mapping[str, Card]) -> Preparation:
    """Return what this endpoint makes of an event; ``TransformFailed`` if that breaks a rule of ``domain.requests``.

    Raises ``MissingCard`` when the request would lack the headers of a card that is not there.
    """
    card = cards.get(endpoint.card)
    if needs_card(endpoint, cards):
        raise MissingCard(endpoint.card)
    url, card_headers, variables = endpoint.url, {}, endpoint.variables
    if card:
        url = card.with_query(url, endpoint.credentials)
        card_headers = card.request_headers(endpoint.credentials, webhook_id=event.id, timestamp=str(event.timestamp))
        variables = {**card.environment(endpoint.credentials), **variables}
    if not runs_code(endpoint):
        return ReadyToSend(
            untransformed(url, event.body, credential_headers=card_headers, endpoint_headers=endpoint.headers)
        )

    assert endpoint.version
    result = await sandbox.run(
        program_of(endpoint, endpoint.version),
        Webhook(
            event_type=event.type,
            payload=event.body.decode("utf-8", "replace").removeprefix("\ufeff"),
            url=url,
            method="POST",
            headers={},
            env=variables,
            id=event.id,
            timestamp=event.timestamp,
            clock=event.clock,
        ),
    )
    if isinstance(result, TransformFailed):
        return _with_missing_variables(result, endpoint.version, variables)
    if isinstance(result, Cancelled):
        return result
    missing = missing_values.warnings(result, url, endpoint.version.code, variables)
    if missing:
        result = replace(result, warnings=(*result.warnings, *missing)[:MAX_WARNINGS])
    finished = finish(result, credential_headers=card_headers, endpoint_headers=endpoint.headers)
    if isinstance(finished, AttemptError):
        return TransformFailed(finished, result.console, result.ms, result.memory, result.warnings)
    return ReadyToSend(finished, result.console, result.ms, result.memory, result.warnings)


def needs_card(endpoint: Endpoint, cards: Mapping[str, Card]) -> bool:
    """Whether nothing may be sent to the endpoint, because its card is not there and may authenticate its requests."""
    return endpoint.card not in cards and (is_own(endpoint.card) or bool(endpoint.credentials))


def _with_missing_variables(failed: TransformFailed, version: Version, variables: Mapping[str, str]) -> TransformFailed:
    """Add warnings about missing variables: code that fails at a value often fails since a variable is missing."""
    if failed.error.kind not in (FailureKind.THREW, FailureKind.BAD_RESULT):
        return failed
    missing = missing_values.missing_variables(version.code, variables)
    return replace(failed, warnings=(*failed.warnings, *missing)[:MAX_WARNINGS]) if missing else failed


def program_of(endpoint: Endpoint, version: Version) -> Program:
    """Return the program by which the sandbox knows an endpoint's code."""
    return Program(endpoint.id, version.code)


def runs_code(endpoint: Endpoint) -> bool:
    """Whether this endpoint runs code: transforming is enabled, and there is a version."""
    return endpoint.transforming and endpoint.version is not None


def as_shown(request: FinishedRequest, card: Card | None) -> SentRequest:
    """Return the request with possible keys in header values and the URL masked; ``Masker`` masks the rest."""
    url = shown_url(request.url, whole=bool(card and card.url.secret))
    return SentRequest(request.method, url, mask_headers(request.headers, SHOWN), request.body)
