"""What an endpoint makes of an event: run its code, finish the request. The one way up to the send.

Live deliveries, examples, the tester on the Test tab and ``hookbench try`` all take it, so that what a test shows is
what will be sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from server.domain import missing_values
from server.domain.endpoints import Endpoint, Version
from server.domain.integrations import Card
from server.domain.masking import shown_url
from server.domain.messages import AttemptError, ConsoleLine, SentRequest, mask_headers
from server.domain.requests import SHOWN, Prepared, finish, untransformed
from server.domain.transformations import Cancelled, FailureKind, Program, Result, TransformFailed, Webhook
from server.domain.warnings import MAX_WARNINGS, RunWarning


class RunsCode(Protocol):
    """What is needed of the sandbox."""

    async def run(self, program: Program, webhook: Webhook) -> Result: ...


@dataclass(frozen=True, slots=True)
class ReadyToSend:
    """A finished request, not signed yet."""

    request: Prepared
    console: tuple[ConsoleLine, ...] = ()
    ms: float | None = None
    """Milliseconds the code ran for; ``None`` when none ran."""
    memory: int | None = None
    """The most bytes that the code's heap was seen to have; ``None`` when none ran."""
    warnings: tuple[RunWarning, ...] = ()


Preparation = ReadyToSend | Cancelled | TransformFailed


async def prepare(
    endpoint: Endpoint, event_type: str, body: bytes, *, sandbox: RunsCode, cards: Mapping[str, Card]
) -> Preparation:
    """What this endpoint makes of an event. A request that breaks a rule of ``domain.requests`` is TransformFailed."""
    card = cards.get(endpoint.card)
    credential_headers = card.auth_headers(endpoint.credentials) if card else {}
    if not runs_code(endpoint):
        request = untransformed(
            endpoint.url, body, credential_headers=credential_headers, endpoint_headers=endpoint.headers
        )
        return ReadyToSend(request)

    assert endpoint.version
    result = await sandbox.run(
        program_of(endpoint, endpoint.version),
        Webhook(
            event_type=event_type,
            payload=body.decode("utf-8", "replace").removeprefix("\ufeff"),
            url=endpoint.url,
            method="POST",
            headers={},
            env=endpoint.variables,
        ),
    )
    if isinstance(result, TransformFailed):
        return _with_missing_variables(result, endpoint)
    if isinstance(result, Cancelled):
        return result
    missing = missing_values.warnings(result, endpoint.url, endpoint.version.code, endpoint.variables)
    if missing:
        result = replace(result, warnings=(*result.warnings, *missing)[:MAX_WARNINGS])
    finished = finish(result, credential_headers=credential_headers, endpoint_headers=endpoint.headers)
    if isinstance(finished, AttemptError):
        return TransformFailed(finished, result.console, result.ms, result.memory, result.warnings)
    return ReadyToSend(finished, result.console, result.ms, result.memory, result.warnings)


def _with_missing_variables(failed: TransformFailed, endpoint: Endpoint) -> TransformFailed:
    """Code that fails at a value often fails since a variable is missing."""
    assert endpoint.version
    if failed.error.kind not in (FailureKind.THREW, FailureKind.BAD_RESULT):
        return failed
    missing = missing_values.missing_variables(endpoint.version.code, endpoint.variables)
    return replace(failed, warnings=(*failed.warnings, *missing)[:MAX_WARNINGS]) if missing else failed


def program_of(endpoint: Endpoint, version: Version) -> Program:
    """What the sandbox knows an endpoint's code by."""
    return Program(endpoint.id, version.code)


def runs_code(endpoint: Endpoint) -> bool:
    """Whether this endpoint's code takes part: it is switched on, and there is some."""
    return endpoint.transforming and endpoint.version is not None


def as_shown(request: Prepared, card: Card | None) -> SentRequest:
    """The request with header values and parts of the URL masked that may be keys; see ``Masker`` for the rest."""
    url = shown_url(request.url, whole=bool(card and card.url_is_secret))
    return SentRequest(request.method, url, mask_headers(request.headers, SHOWN), request.body)
