"""Attempts: what was sent and what came back. The inspector shows the captured ones."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, NamedTuple, TypeVar

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
from server.store import activity
from server.store.columns import (
    dump,
    dump_console,
    dump_error,
    dump_verdict,
    dump_warnings,
    load_console,
    load_error,
    load_findings,
    load_pairs,
    load_verdict,
    load_warnings,
)
from server.store.compression import Packed, pack
from server.store.rows import insert
from server.store.schema import attempts

PAGE = 50

UNREADABLE = because("fault_attempt_unreadable")

T = TypeVar("T")


class PackedContent(NamedTuple):
    """What an attempt sent and got back, in the form in which it is stored."""

    details: Packed | None
    request_body: Packed | None
    response_body: Packed | None


def packed(attempt: Attempt) -> PackedContent:
    """Compress what an attempt sent and got back. Takes 20 µs, so it is done before the transaction."""
    request, response = attempt.request, attempt.response
    details = [request and request.url, request and request.headers, response and response.headers]
    return PackedContent(
        pack(dump(details).encode()) if request or response else None,
        pack(request.body) if request else None,
        pack(response.body) if response else None,
    )


def columns(attempt: Attempt, content: PackedContent | None = None) -> dict[str, Any]:
    """The row of an attempt."""
    request, response = attempt.request, attempt.response
    content = content or packed(attempt)
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
        "details": content.details,
        "request_body": content.request_body,
        "response_status": response.status if response else None,
        "response_body": content.response_body,
        "response_truncated": response.truncated if response else None,
        "error": dump_error(attempt.error),
        "console": dump_console(attempt.console),
        "warnings": dump_warnings(attempt.warnings),
        "verdict": verdict,
        "findings": findings,
    }


def add(tx: Connection, ended: Sequence[Attempt], contents: Sequence[PackedContent | None] = ()) -> None:
    """Store attempts, and count them in activity: the only way in which attempts come in."""
    rows = zip_longest(ended, contents)
    insert(tx, attempts, [columns(attempt, content) for attempt, content in rows])
    activity.count_attempts(tx, ended)


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
    query = selected(bodies)
    if search.source_id:
        query = query.where(attempts.c.source_id == search.source_id)
    if search.endpoint_id:
        query = query.where(attempts.c.endpoint_id == search.endpoint_id)
    if search.event_type:
        query = query.where(attempts.c.event_type == search.event_type)
    if search.outcomes:
        query = query.where(attempts.c.outcome.in_([outcome.value for outcome in search.outcomes]))
        if set(search.outcomes) == {AttemptOutcome.CAPTURED}:
            query = query.where(text("attempts.outcome = 'captured'"))  # the condition of the partial index
    if search.grades:
        query = query.where(attempts.c.verdict.in_([int(grade) for grade in search.grades]))
        if Grade.FITS not in search.grades:
            query = query.where(text("attempts.verdict >= 1"))  # the condition of the partial index
    if search.text:
        query = query.where((attempts.c.id == search.text) | (attempts.c.message_id == search.text))
    if search.before:
        query = query.where(attempts.c.id < search.before)
    rows = tx.execute(query.order_by(attempts.c.id.desc()).limit(limit)).mappings()
    return [read(row) for row in rows]


def get(tx: Connection, attempt_id: AttemptId) -> Attempt | None:
    row = tx.execute(select(attempts).where(attempts.c.id == attempt_id)).mappings().first()
    return read(row) if row else None


def of_message(tx: Connection, message_id: MessageId, limit: int = 200, *, bodies: bool = True) -> list[Attempt]:
    """The newest attempts of a message, to all endpoints, newest first."""
    query = selected(bodies).where(attempts.c.message_id == message_id).order_by(attempts.c.id.desc()).limit(limit)
    return [read(row) for row in tx.execute(query).mappings()]


def selected(bodies: bool) -> Select[Any]:
    """The columns that ``read`` needs, with or without the bodies of request and response."""
    return select(*(column for column in attempts.c if bodies or column.name not in ("request_body", "response_body")))


_Pairs = tuple[tuple[str, str], ...]
_Details = tuple[str, _Pairs, _Pairs]
"""The URL, and the headers of request and response."""

NO_DETAILS: _Details = ("", (), ())


def _load_details(details: Any) -> _Details:
    if details is None:
        return NO_DETAILS
    url, sent, came = json.loads(bytes(details))
    return url or "", _pairs(sent or ()), _pairs(came or ())


def _pairs(loaded: Iterable[tuple[str, str]]) -> _Pairs:
    return tuple((name, value) for name, value in loaded)


def read(row: RowMapping) -> Attempt:
    """The attempt in a row. Unreadable details are left empty, and its error says so unless it has an error already."""
    damaged = False

    def part(read: Callable[[Any], T], stored: Any, instead: T) -> T:
        nonlocal damaged
        try:
            return read(stored)
        except Exception:  # the column may hold anything; one bad value must not break a whole page
            damaged = True
            return instead

    request = response = None
    url, sent_headers, came_headers = part(_load_details, row["details"], NO_DETAILS)
    if row["request_method"] is not None:
        request = SentRequest(
            row["request_method"],
            url if row["request_url"] is None else row["request_url"],
            part(load_pairs, row["request_headers"], ()) or sent_headers,
            part(bytes, row.get("request_body", b""), b""),
        )
    if row["response_status"] is not None:
        response = ReceivedResponse(
            row["response_status"],
            part(load_pairs, row["response_headers"], ()) or came_headers,
            part(bytes, row.get("response_body", b""), b""),
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
