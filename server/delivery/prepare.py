"""Turns an event into an endpoint's request: runs its code and finishes the request, all but signing and sending.

Live deliveries, examples, the tester on the Test tab and ``hookbench try`` all use it, so that a test shows what will
be sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from server.domain import missing_values
from server.domain.cards import Card
from server.domain.endpoints import Endpoint, Version
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


async def prepare(
    endpoint: Endpoint, event_type: str, body: bytes, *, sandbox: RunsCode, cards: Mapping[str, Card]
) -> Preparation:
    """Return what this endpoint makes of an event; ``TransformFailed`` if that breaks a rule of ``domain.requests``."""
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
    """Add warnings about missing variables: code that fails at a value often fails since a variable is missing."""
    assert endpoint.version
    if failed.error.kind not in (FailureKind.THREW, FailureKind.BAD_RESULT):
        return failed
    missing = missing_values.missing_variables(endpoint.version.code, endpoint.variables)
    return replace(failed, warnings=(*failed.warnings, *missing)[:MAX_WARNINGS]) if missing else failed


def program_of(endpoint: Endpoint, version: Version) -> Program:
    """Return the program by which the sandbox knows an endpoint's code."""
    return Program(endpoint.id, version.code)


def runs_code(endpoint: Endpoint) -> bool:
    """Whether this endpoint runs code: transforming is enabled, and there is a version."""
    return endpoint.transforming and endpoint.version is not None


def as_shown(request: FinishedRequest, card: Card | None) -> SentRequest:
    """Return the request with possible keys in header values and the URL masked; ``Masker`` masks the rest."""
    url = shown_url(request.url, whole=bool(card and card.url_is_secret))
    return SentRequest(request.method, url, mask_headers(request.headers, SHOWN), request.body)
