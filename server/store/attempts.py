"""Attempts: what was sent and what came back. The inspector shows the captured ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, Select, select, text

from server.domain.faults import KIND
from server.domain.ids import AttemptId, DeliveryId, EndpointId, MessageId, SourceId, VersionId
from server.domain.messages import (
    Attempt,
    AttemptError,
    AttemptOutcome,
    ConsoleLine,
    ReceivedResponse,
    RetryReason,
    SentRequest,
    Trigger,
)
from server.domain.reasons import because
from server.domain.verdicts import Finding, Grade
from server.domain.warnings import RunWarning
from server.store.columns import (
    dump_console,
    dump_error,
    dump_pairs,
    dump_verdict,
    dump_warnings,
    load_console,
    load_error,
    load_findings,
    load_pairs,
    load_verdict,
    load_warnings,
)
from server.store.schema import attempts

PAGE = 50

UNREADABLE = because("fault_attempt_unreadable")

T = TypeVar("T")


def columns(attempt: Attempt) -> dict[str, Any]:
    """The row of an attempt."""
    request, response = attempt.request, attempt.response
    verdict, findings = dump_verdict(attempt.verdict)
    return {
        "id": attempt.id,
        "delivery_id": attempt.delivery_id,
        "message_id": attempt.message_id,
        "endpoint_id": attempt.endpoint_id,
        "source_id": attempt.source_id,
        "event_type": attempt.event_type,
        "number": attempt.number,
        "trigger": attempt.trigger.value,
        "outcome": attempt.outcome.value,
        "version_id": attempt.version_id,
        "started_at": attempt.started_at,
        "duration_us": round(attempt.duration_ms * 1000),
        "transform_us": None if attempt.transform_ms is None else round(attempt.transform_ms * 1000),
        "next_at": attempt.next_at,
        "because": attempt.because.value if attempt.because else None,
        "request_method": request.method if request else None,
        "request_url": request.url if request else None,
        "request_headers": dump_pairs(request.headers) if request else None,
        "request_body": request.body if request else None,
        "response_status": response.status if response else None,
        "response_headers": dump_pairs(response.headers) if response else None,
        "response_body": response.body if response else None,
        "response_truncated": response.truncated if response else None,
        "error": dump_error(attempt.error),
        "console": dump_console(attempt.console),
        "warnings": dump_warnings(attempt.warnings),
        "verdict": verdict,
        "findings": findings,
    }


@dataclass(frozen=True, slots=True)
class Search:
    """The filters of a list of attempts. An empty field does not filter."""

    source_id: SourceId | None = None
    endpoint_id: str = ""
    event_type: str = ""
    outcomes: Sequence[AttemptOutcome] = ()
    grades: Sequence[Grade] = ()
    text: str = ""
    """A complete attempt id or message id."""
    before: str = ""
    """Only attempts older than this attempt id."""


def page(tx: Connection, search: Search, limit: int = PAGE, *, bodies: bool = True) -> list[Attempt]:
    """The newest attempts that match, newest first.

    ``bodies=False`` leaves request and response bodies empty, so a list does not load megabytes it never shows.
    """
    query = _selected(bodies)
    if search.source_id:
        query = query.where(attempts.c.source_id == search.source_id)
    if search.endpoint_id:
        query = query.where(attempts.c.endpoint_id == search.endpoint_id)
    if search.event_type:
        query = query.where(attempts.c.event_type == search.event_type)
    if search.outcomes:
        query = query.where(attempts.c.outcome.in_([outcome.value for outcome in search.outcomes]))
    if search.grades:
        query = query.where(attempts.c.verdict.in_([int(grade) for grade in search.grades]))
        if Grade.FITS not in search.grades:
            query = query.where(text("attempts.verdict >= 1"))  # the condition of the partial index
    if search.text:
        query = query.where((attempts.c.id == search.text) | (attempts.c.message_id == search.text))
    if search.before:
        query = query.where(attempts.c.id < search.before)
    rows = tx.execute(query.order_by(attempts.c.id.desc()).limit(limit)).mappings()
    return [_attempt(row) for row in rows]


def get(tx: Connection, attempt_id: AttemptId) -> Attempt | None:
    row = tx.execute(select(attempts).where(attempts.c.id == attempt_id)).mappings().first()
    return _attempt(row) if row else None


def of_message(tx: Connection, message_id: MessageId, limit: int = 200, *, bodies: bool = True) -> list[Attempt]:
    """The newest attempts of a message, to all endpoints, newest first."""
    query = _selected(bodies).where(attempts.c.message_id == message_id).order_by(attempts.c.id.desc()).limit(limit)
    return [_attempt(row) for row in tx.execute(query).mappings()]


def _selected(bodies: bool) -> Select[Any]:
    return select(*(column for column in attempts.c if bodies or column.name not in ("request_body", "response_body")))


def _attempt(row: RowMapping) -> Attempt:
    """The attempt in a row. Unreadable details are left empty, and its error says so unless it has an error already."""
    damaged = False

    def part(read: Callable[[str | None], T], text: str | None, instead: T) -> T:
        nonlocal damaged
        try:
            return read(text)
        except Exception:  # the column may hold anything; one bad value must not break a whole page
            damaged = True
            return instead

    request = response = None
    if row["request_method"] is not None:
        request = SentRequest(
            row["request_method"],
            row["request_url"],
            part(load_pairs, row["request_headers"], ()),
            bytes(row.get("request_body", b"")),
        )
    if row["response_status"] is not None:
        response = ReceivedResponse(
            row["response_status"],
            part(load_pairs, row["response_headers"], ()),
            bytes(row.get("response_body", b"")),
            row["response_truncated"],
        )
    console: tuple[ConsoleLine, ...] = part(load_console, row["console"], ())
    warnings: tuple[RunWarning, ...] = part(load_warnings, row["warnings"], ())
    findings: tuple[Finding, ...] = part(load_findings, row["findings"], ())
    error = part(load_error, row["error"], None)
    if damaged and error is None:
        error = AttemptError(KIND, UNREADABLE)
    return Attempt(
        id=AttemptId(row["id"]),
        delivery_id=DeliveryId(row["delivery_id"]),
        message_id=MessageId(row["message_id"]),
        endpoint_id=EndpointId(row["endpoint_id"]),
        source_id=SourceId(row["source_id"]),
        event_type=row["event_type"],
        number=row["number"],
        trigger=Trigger(row["trigger"]),
        outcome=AttemptOutcome(row["outcome"]),
        version_id=VersionId(row["version_id"]) if row["version_id"] else None,
        request=request,
        response=response,
        error=error,
        console=console,
        transform_ms=None if row["transform_us"] is None else row["transform_us"] / 1000,
        duration_ms=row["duration_us"] / 1000,
        started_at=row["started_at"],
        next_at=row["next_at"],
        because=RetryReason(row["because"]) if row["because"] else None,
        warnings=warnings,
        verdict=load_verdict(row["verdict"], findings),
    )
