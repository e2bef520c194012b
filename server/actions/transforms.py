"""Trying a transformation out: the way of a live event up to the send, with the same code, limits and rules."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NoReturn

from server.actions.drafts import (
    Draft,
    as_endpoint,
    condition_problems,
    header_problems,
    unusable_code,
    variable_problems,
)
from server.actions.services import Services
from server.delivery.prepare import ReadyToSend, RunsCode, as_shown, prepare, program_of, runs_code
from server.domain.addresses import AddressRules
from server.domain.changes import Changes, changes
from server.domain.endpoints import URL_NOT_SET, Destination, Endpoint
from server.domain.ids import EndpointId, unique
from server.domain.integrations import Card
from server.domain.masking import masker_of
from server.domain.messages import AttemptError, ConsoleLine, SentRequest
from server.domain.payloads import Payload
from server.domain.sentences import Invalid, Problem, Sentence, say
from server.domain.transformations import Cancelled, TransformFailed
from server.domain.warnings import RunWarning
from server.sandbox import SlowCode, Unavailable

MAX_PAYLOAD_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class TestRun:
    """What a test run came to."""

    outcome: Literal["sent", "cancelled", "failed"]
    """``sent``: the request would be sent, or captured."""
    captured: bool
    """The endpoint captures its requests, so that ``sent`` means the inspector."""
    leads_somewhere: bool
    """False while no URL was typed and the code sets none."""
    request: SentRequest | None
    """The finished request as an attempt records it, with its secrets masked; the signature comes with the send."""
    error: AttemptError | None
    changes: Changes | None
    """``None`` when there is no body, or none that could be compared with the payload."""
    console: tuple[ConsoleLine, ...]
    ms: float
    """Milliseconds that the code ran for; 0 when none ran."""
    memory: int | None = None
    """The most bytes that its heap was seen to have."""
    warnings: tuple[RunWarning, ...] = ()
    objection: Sentence | None = None
    """Why the endpoint's event types or its filter would keep such an event away; ``None`` when they do not."""


async def try_out(
    services: Services, draft: Draft, event_type: str, payload: str, *, endpoint: Endpoint | None = None
) -> TestRun:
    """Run a draft on a payload. ``endpoint`` is the one being edited: secrets that were not typed again are its own.

    Raises ``Invalid`` for what keeps the code from running at all: the payload, a header, a variable, no code.
    A script that fails is a ``TestRun`` with the outcome ``failed``.
    """
    found = [
        *condition_problems(draft.conditions),
        *header_problems(draft.headers),
        *variable_problems(draft.variables),
        *_payload_problems(payload),
    ]
    if problem := unusable_code(draft):
        found.append(Problem("code", problem))
    if found:
        raise Invalid(*found)
    tried, body = _tried(draft, services.cards[draft.card], endpoint), payload.encode("utf-8", "replace")
    try:
        trial = await run(tried, event_type, body, sandbox=services.sandbox, cards=services.cards, rules=services.rules)
    except Unavailable:
        raise Invalid(Problem("code", say("The sandbox cannot run code right now. Try again in a moment."))) from None
    return replace(trial, objection=tried.objection(event_type, Payload(body)))


async def run(
    endpoint: Endpoint,
    event_type: str,
    body: bytes,
    *,
    sandbox: RunsCode,
    cards: Mapping[str, Card],
    rules: AddressRules,
) -> TestRun:
    """What this endpoint would make of an event: ``dispatch.prepare``, and the address guard's view of the URL."""
    prepared = await prepare(endpoint, event_type, body, sandbox=sandbox, cards=cards)
    captured, ms = endpoint.destination is Destination.CAPTURE, prepared.ms or 0.0
    card = cards.get(endpoint.card)
    masker = masker_of(endpoint, card)
    console, warnings = masker.console(prepared.console), masker.warnings(prepared.warnings)
    match prepared:
        case ReadyToSend(request):
            forbidden = None if captured else rules.check_url(request.url)
            shown = masker.request(as_shown(request, card))
            return TestRun(
                outcome="failed" if forbidden else "sent",
                captured=captured,
                leads_somewhere=request.url != URL_NOT_SET,
                request=shown,
                error=masker.error(AttemptError("address", forbidden)) if forbidden else None,
                changes=changes(body, shown.body),
                console=console,
                ms=ms,
                memory=prepared.memory,
                warnings=warnings,
            )
        case Cancelled():
            return TestRun("cancelled", captured, True, None, None, None, console, ms, prepared.memory, warnings)
        case TransformFailed(error):
            error_shown = masker.error(error)
            return TestRun("failed", captured, True, None, error_shown, None, console, ms, prepared.memory, warnings)


def slow(services: Services, endpoint: Endpoint) -> SlowCode | None:
    """Why the endpoint's code runs in the slow lane; None when it does not."""
    if not endpoint.version or not runs_code(endpoint):
        return None
    return services.sandbox.slow(program_of(endpoint, endpoint.version))


def _tried(draft: Draft, card: Card, stored: Endpoint | None) -> Endpoint:
    """The endpoint that the draft would become, as far as ``prepare`` looks at it."""
    if stored:
        return as_endpoint(draft, card, stored.id, stored.source_id, stored_credentials=stored.credentials)
    # The sandbox keeps endpoints apart by this id, so a draft that belongs to nobody yet has one of its own.
    return as_endpoint(draft, card, EndpointId(unique("draft")))


def _payload_problems(payload: str) -> list[Problem]:
    """Events are JSON objects, so a payload that is anything else would never arrive."""
    if len(payload.encode("utf-8", "replace")) > MAX_PAYLOAD_BYTES:
        return [Problem("payload", say("The payload is longer than {limit} KiB.", limit=MAX_PAYLOAD_BYTES // 1024))]
    try:
        value: Any = json.loads(payload, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        values: dict[str, str | int | Sentence] = {"line": error.lineno, "column": error.colno}
        return [
            Problem("payload", Sentence("The payload is not valid JSON: see line {line}, column {column}.", values))
        ]
    except (ValueError, RecursionError):
        return [Problem("payload", say("The payload is not valid JSON."))]
    if not isinstance(value, dict):
        return [Problem("payload", say("The payload must be a JSON object, in braces: { … }."))]
    return []


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)  # Python reads NaN and Infinity; JSON does not know them
