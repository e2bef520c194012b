"""Test runs of a transformation: the path of a live event up to the send, with the same code, limits and rules."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NoReturn, Protocol

from server.actions.code_checks import Correction, Part, SampleChecks, check_samples, judged
from server.actions.code_checks import correct as correct_code
from server.actions.endpoint_form import (
    EndpointForm,
    as_endpoint,
    condition_problems,
    header_problems,
    unusable_code,
    variable_problems,
)
from server.actions.services import Services
from server.delivery.prepare import (
    Event,
    Preparation,
    ReadyToSend,
    RunsCode,
    as_shown,
    prepare,
    program_of,
    runs_code,
    unsent_event,
)
from server.domain.addresses import AddressRules
from server.domain.cards import Card
from server.domain.endpoints import URL_NOT_SET, Destination, Endpoint
from server.domain.ids import EndpointId, unique
from server.domain.masking import masker_of
from server.domain.messages import AttemptError, ConsoleLine, SentRequest
from server.domain.payload_diff import Changes, changes
from server.domain.payloads import Payload
from server.domain.requests import FinishedRequest
from server.domain.sentences import Invalid, Problem, Sentence, say
from server.domain.transformations import Cancelled, Program, Result, TransformFailed, Webhook
from server.domain.verdicts import Verdict
from server.domain.warnings import RunWarning
from server.sandbox import SlowCode, Unavailable

MAX_PAYLOAD_BYTES = 1024 * 1024
TYPING_SECONDS = 10.0
"""The longest that a run waits for a free slot and goes on, when nobody asked for it."""


_BUSY = Problem("code", say("The sandbox cannot run code right now. Try again in a moment."))


class _RunsInBackground(Protocol):
    """The part of the sandbox that is used here."""

    async def run(self, program: Program, webhook: Webhook, *, background: bool) -> Result: ...


@dataclass(frozen=True, slots=True)
class _Background:
    """The sandbox for ``prepare``, with an owner's name that no live run has."""

    sandbox: _RunsInBackground

    async def run(self, program: Program, webhook: Webhook) -> Result:
        return await self.sandbox.run(replace(program, owner=f"typing in {program.owner}"), webhook, background=True)


@dataclass(frozen=True, slots=True)
class TestRun:
    """The result of a test run."""

    outcome: Literal["sent", "cancelled", "failed"]
    """``sent``: the request would be sent or captured."""
    captured: bool
    """Whether the endpoint captures its requests, so that ``sent`` means kept in the inspector."""
    leads_somewhere: bool
    """Whether there is a URL, typed or set by the code."""
    request: SentRequest | None
    """The finished request as an attempt records it, with secrets masked. Not signed: signing is part of sending."""
    error: AttemptError | None
    changes: Changes | None
    """``None`` when there is no body, or it cannot be compared with the payload."""
    console: tuple[ConsoleLine, ...]
    ms: float
    """Milliseconds that the code ran; 0 when none ran."""
    memory: int | None = None
    """Peak heap size in bytes, as far as measured."""
    warnings: tuple[RunWarning, ...] = ()
    verdict: Verdict | None = None
    """What the card's contract says about the request; ``None`` without a request or a contract."""
    samples: SampleChecks | None = None
    """What it says about the code on all samples; ``None`` without code or contract, or when the code failed."""
    objection: Sentence | None = None
    """Why the endpoint's event types or filter exclude such an event; ``None`` when they do not."""


async def try_out(
    services: Services, draft: EndpointForm, event_type: str, payload: str, *, endpoint: Endpoint | None = None
) -> TestRun:
    """Run a draft on a payload. ``endpoint``: the one being edited, which supplies secrets that were not retyped.

    Raises ``Invalid`` when the code cannot run at all: a bad payload, header or variable, or no code.
    A script that fails is a ``TestRun`` with the outcome ``failed``.
    """
    return await _try(services, draft, event_type, payload, endpoint, services.sandbox)


async def try_while_typing(
    services: Services, draft: EndpointForm, event_type: str, payload: str, *, endpoint: Endpoint | None = None
) -> TestRun:
    """``try_out`` for runs that the page starts by itself after each pause in typing.

    They take the slots of background runs: there are few, they are shared fairly between owners and have the lowest
    priority. However many people type, and whatever their unfinished code does, live events find their slots free and
    nothing counts against the endpoint's live code. Who does not want to wait presses Run test.
    """
    try:
        async with asyncio.timeout(TYPING_SECONDS):
            return await _try(services, draft, event_type, payload, endpoint, _Background(services.sandbox))
    except TimeoutError:
        raise Invalid(_BUSY) from None


async def _try(
    services: Services, draft: EndpointForm, event_type: str, payload: str, endpoint: Endpoint | None, sandbox: RunsCode
) -> TestRun:
    check_runnable(draft, payload)
    tried, body = _tried(draft, services.card(draft.card), endpoint), payload.encode("utf-8", "replace")
    try:
        trial = await run(tried, event_type, body, sandbox=sandbox, cards=services.cards, rules=services.rules)
        if trial.outcome != "failed":
            samples = await check_samples(tried, sandbox=sandbox, cards=services.cards)
            trial = replace(trial, samples=samples)
    except Unavailable:
        raise Invalid(_BUSY) from None
    return replace(trial, objection=tried.objection(event_type, Payload(body)))


async def correct(
    services: Services, draft: EndpointForm, part: Part, *, endpoint: Endpoint | None = None
) -> Correction | None:
    """A draft's code corrected so that its contract has fewer findings; ``None`` when that cannot be done.

    Raises ``Invalid`` when the code cannot run at all.
    """
    check_runnable(draft, "{}")
    tried = _tried(draft, services.cards[draft.card], endpoint)
    return await correct_code(tried, part, sandbox=services.sandbox, cards=services.cards)


def check_runnable(draft: EndpointForm, payload: str) -> None:
    """Raise ``Invalid`` when the draft cannot be run on the payload."""
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


async def run(
    endpoint: Endpoint,
    event_type: str,
    body: bytes,
    *,
    sandbox: RunsCode,
    cards: Mapping[str, Card],
    rules: AddressRules,
) -> TestRun:
    """Run ``prepare`` for this endpoint and an event, and check the URL against the address rules."""
    event = unsent_event(event_type, body)
    prepared = await prepare(endpoint, event, sandbox=sandbox, cards=cards)
    return shown_run(prepared, endpoint, event, cards.get(endpoint.card), rules)


def shown_run(
    prepared: Preparation, endpoint: Endpoint, event: Event, card: Card | None, rules: AddressRules
) -> TestRun:
    """What came of the run, with secrets masked, and its URL checked against the address rules."""
    captured, ms = endpoint.destination is Destination.CAPTURE, prepared.ms or 0.0
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
                changes=changes(event.body, shown.body),
                console=console,
                ms=ms,
                memory=prepared.memory,
                warnings=warnings,
                verdict=_verdict(request, endpoint, event, card),
            )
        case Cancelled():
            return TestRun("cancelled", captured, True, None, None, None, console, ms, prepared.memory, warnings)
        case TransformFailed(error):
            error_shown = masker.error(error)
            return TestRun("failed", captured, True, None, error_shown, None, console, ms, prepared.memory, warnings)


def _verdict(request: FinishedRequest, endpoint: Endpoint, event: Event, card: Card | None) -> Verdict | None:
    if card is None or card.contract is None or not card.contract.calls:
        return None
    return judged(request, endpoint, card, event, mask=masker_of(endpoint, card).text)


def slow(services: Services, endpoint: Endpoint) -> SlowCode | None:
    """Why the endpoint's code runs in the slow slot; ``None`` when it does not."""
    if not endpoint.version or not runs_code(endpoint):
        return None
    return services.sandbox.slow(program_of(endpoint, endpoint.version))


def _tried(draft: EndpointForm, card: Card, stored: Endpoint | None) -> Endpoint:
    """The endpoint that the draft describes, as far as ``prepare`` needs it."""
    if stored:
        return as_endpoint(draft, card, stored.id, stored.source_id, stored_credentials=stored.credentials)
    # The sandbox separates endpoints by this id, so a draft without an endpoint gets its own.
    return as_endpoint(draft, card, EndpointId(unique("draft")))


def _payload_problems(payload: str) -> list[Problem]:
    """What is wrong with the payload. Events are JSON objects, so anything else would never arrive."""
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
    raise ValueError(name)  # Python's parser accepts NaN and Infinity, which are not JSON
