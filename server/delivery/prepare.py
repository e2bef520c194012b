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
from server.domain.endpoints import Endpoint
from server.domain.ids import Millis
from server.domain.masking import shown_url
from server.domain.messages import AttemptError, ConsoleLine, SentRequest, mask_headers
from server.domain.requests import SHOWN, FinishedRequest, finish, untransformed
from server.domain.transformations import Cancelled, FailureKind, Program, Result, TransformFailed, Webhook
from server.domain.versions import Version
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


@dataclass(frozen=True, slots=True)
class CodeInput:
    """What an endpoint's code is called with, and the headers that its card adds to what the code returns."""

    webhook: Webhook
    card_headers: Mapping[str, str]


async def prepare(endpoint: Endpoint, event: Event, *, sandbox: RunsCode, cards: Mapping[str, Card]) -> Preparation:
    """Return what this endpoint makes of an event; ``TransformFailed`` if that breaks a rule of ``domain.requests``.

    Raises ``MissingCard`` when the request would lack the headers of a card that is not there.
    """
    given = code_input(endpoint, event, cards)
    if not runs_code(endpoint):
        return as_received(endpoint, event, given)
    assert endpoint.version
    result = await sandbox.run(program_of(endpoint, endpoint.version), given.webhook)
    return with_result(endpoint, given, result)


def code_input(endpoint: Endpoint, event: Event, cards: Mapping[str, Card]) -> CodeInput:
    """The input of the endpoint's code for an event. Raises ``MissingCard``."""
    card = cards.get(endpoint.card)
    if needs_card(endpoint, cards):
        raise MissingCard(endpoint.card)
    url, card_headers, variables = endpoint.url, {}, endpoint.variables
    if card:
        url = card.with_query(url, endpoint.credentials)
        card_headers = card.request_headers(endpoint.credentials, webhook_id=event.id, timestamp=str(event.timestamp))
        variables = {**card.environment(endpoint.credentials), **variables}
    webhook = Webhook(
        event_type=event.type,
        payload=event.body.decode("utf-8", "replace").removeprefix("\ufeff"),
        url=url,
        method="POST",
        headers={},
        env=variables,
        id=event.id,
        timestamp=event.timestamp,
        clock=event.clock,
    )
    return CodeInput(webhook, card_headers)


def as_received(endpoint: Endpoint, event: Event, given: CodeInput) -> ReadyToSend:
    """The request of an endpoint that runs no code."""
    return ReadyToSend(
        untransformed(
            given.webhook.url,
            event.body,
            credential_headers=given.card_headers,
            endpoint_headers=endpoint.headers,
        )
    )


def with_result(endpoint: Endpoint, given: CodeInput, result: Result, *, warn: bool = True) -> Preparation:
    """What the endpoint makes of an event for which its code gave this result. Without ``warn`` nothing is looked for
    that only warnings tell."""
    assert endpoint.version
    url, variables = given.webhook.url, given.webhook.env
    if isinstance(result, TransformFailed):
        return _with_missing_variables(result, endpoint.version, variables) if warn else result
    if isinstance(result, Cancelled):
        return result
    missing = missing_values.warnings(result, url, endpoint.version.code, variables) if warn else ()
    if missing:
        result = replace(result, warnings=(*result.warnings, *missing)[:MAX_WARNINGS])
    finished = finish(result, credential_headers=given.card_headers, endpoint_headers=endpoint.headers)
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
