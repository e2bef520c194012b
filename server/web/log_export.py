"""``GET /logs/export``: the rows that match the filters as CSV or JSON Lines.

The rows are read page by page and sent as they come, so that memory and read transactions stay small however many they
are, and however slowly somebody reads. Each page is read only for a session that still lasts.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula: it gets an apostrophe. So does
such a sign after ``;``, ``|``, a tab or a line break within a cell, where a spreadsheet that expects another separator
begins a new cell.
"""

import asyncio
import csv
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from io import StringIO
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Send

from server.actions.accounts import hash_of
from server.domain.ids import Millis
from server.domain.messages import Attempt
from server.domain.payload_summary import NOTHING, PayloadSummary
from server.store import Transaction, accounts
from server.store.log_search import LogSearch
from server.store.logs import MessageRow
from server.web.amounts import decimal_of
from server.web.log_filters import Filters
from server.web.log_rows import Rows, attempts_found, messages_found
from server.web.page_routes import source_pages
from server.web.visit import SESSION_COOKIE, Here, Visit

router = source_pages()
log = structlog.get_logger()

MAX_ROWS = 100_000
"""The most rows of an export; the newest ones."""
ROWS_AT_ONCE = 200
MAX_SECONDS = 1800
"""How long an export may take; one that is read so slowly is cut off."""

MESSAGE_FIELDS = (
    "received_at", "message_id", "event_id", "event_type", "origin", "customer_name", "customer_email", "amount",
    "currency", "reference", "deliveries", "endpoints", "response_status", "duration_ms", "customer_id",
)  # fmt: skip
ATTEMPT_FIELDS = (
    "attempted_at", "attempt_id", "message_id", "event_type", "customer_name", "customer_email", "amount", "currency",
    "reference", "endpoint_id", "endpoint", "outcome", "number", "version", "response_status", "duration_ms",
    "contract", "error", "next_attempt_at", "customer_id",
)  # fmt: skip

SIGNS = "=+-@＝＋－＠"
"""With what a formula begins. East Asian spreadsheets read wide signs as narrow ones."""
FORMULA = (*SIGNS, "\t", "\r", "\n")
"""With what a cell begins that a spreadsheet may take for a formula."""
SEPARATORS = frozenset(";|\t\r\n")
"""Where a spreadsheet that expects no commas ends a cell. It does not heed quotes within one."""
_BEFORE_SIGN = re.compile(rf'(?<![;|\s"])[;|\s"]++(?=[{re.escape(SIGNS)}])')

Row = Mapping[str, Any]


class SignedOut(Exception):
    """The session ended while its export was under way."""


class Export(StreamingResponse):
    """Is left unfinished when its session ends or its time is up: then the connection breaks off, so that nobody takes
    what came for the whole."""

    async def stream_response(self, send: Send) -> None:
        try:
            async with asyncio.timeout(MAX_SECONDS):
                await super().stream_response(send)
        except (SignedOut, TimeoutError) as cause:
            log.info("export.cut_off", cause=type(cause).__name__)


@router.get("/logs/export")
async def export(request: Request, here: Here, format: str = "csv") -> Response:
    """At most ``MAX_ROWS`` rows, newest first. ``format``: ``csv``, or ``jsonl`` for JSON Lines."""
    filters = Filters.of(request.query_params, here.to("/logs"))
    fields = ATTEMPT_FIELDS if filters.view else MESSAGE_FIELDS
    lines = format == "jsonl"
    written = _json_lines if lines else _csv
    name = _file_name(here, "attempts" if filters.view else "messages", "jsonl" if lines else "csv")
    owner = hash_of(request.cookies.get(SESSION_COOKIE, ""))
    return Export(
        _parts(here, owner, filters, fields, written, with_head=not lines),
        media_type="application/x-ndjson" if lines else "text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"},
    )


def _file_name(here: Visit, what: str, ending: str) -> str:
    at = datetime.fromtimestamp(here.services.now() / 1000, UTC).strftime("%Y-%m-%d-%H%M")
    return f"hookbench-{here.base[1:]}-{what}-{at}-UTC.{ending}"


async def _parts(
    here: Visit,
    owner: str,
    filters: Filters,
    fields: Sequence[str],
    written: Callable[[Sequence[Row]], bytes],
    *,
    with_head: bool,
) -> AsyncIterator[bytes]:
    """The export, in parts of at most ``ROWS_AT_ONCE`` rows, each read in a short transaction of its own.

    Raises ``SignedOut`` when the session ends whose hash is ``owner``.
    """
    search = filters.search(here.source.id, here.services.now())
    left = MAX_ROWS
    if with_head:
        yield "\ufeff".encode() + written([{name: name for name in fields}])  # the mark tells Excel that it is UTF-8
    while left > 0:
        most = min(left, ROWS_AT_ONCE)
        read = partial(_part, here=here, owner=owner, filters=filters, search=search, most=most, written=written)
        part = await here.services.store.read(read)
        left -= part.count
        if part.text:
            yield part.text
        if part.before is None:
            return
        search = replace(search, before=part.before)


@dataclass(frozen=True, slots=True)
class _Part:
    text: bytes
    count: int
    before: str | None
    """The id to continue from; ``None`` at the end."""


def _part(
    tx: Transaction,
    here: Visit,
    owner: str,
    filters: Filters,
    search: LogSearch,
    most: int,
    written: Callable[[Sequence[Row]], bytes],
) -> _Part:
    """The next rows as text."""
    if accounts.signed_in(tx, owner, here.services.now()) is None:
        raise SignedOut
    if filters.view:
        found = attempts_found(tx, here.services.cards, search, most)
        rows = [_attempt(row, found) for row in found.rows if isinstance(row, Attempt)]
    else:
        found = messages_found(tx, here.services.cards, search, most)
        rows = [_message(row, found) for row in found.rows if isinstance(row, MessageRow)]
    before = found.rows[-1].id if len(found.rows) == most else found.searched_to
    return _Part(written(rows) if rows else b"", len(rows), before)


def _message(row: MessageRow, found: Rows) -> Row:
    way = found.on_the_way.get(row.id)
    first = way.shown[0] if way and way.shown else None
    last = found.last.get(first.id) if first else None
    return {
        "received_at": _time(row.received_at),
        "message_id": row.id,
        "event_id": row.webhook_id,
        "event_type": row.event_type,
        "origin": row.origin.value,
        **_of_payload(row.summary),
        "deliveries": way.count if way else 0,
        "endpoints": [
            {"endpoint": found.names.get(each.endpoint_id, each.endpoint_id), "state": each.shown_state}
            for each in (way.shown if way else ())
        ],
        "response_status": last.status if last else None,
        "duration_ms": round(last.duration_ms, 1) if last else None,
        "customer_id": row.summary.customer_id or None,
    }


def _attempt(row: Attempt, found: Rows) -> Row:
    version = found.versions.get(row.version_id) if row.version_id else None
    summary = found.summaries.get(row.message_id, NOTHING)
    return {
        "attempted_at": _time(row.started_at),
        "attempt_id": row.id,
        "message_id": row.message_id,
        "event_type": row.event_type,
        **_of_payload(summary),
        "endpoint_id": row.endpoint_id,
        "endpoint": found.names.get(row.endpoint_id, row.endpoint_id),
        "outcome": row.outcome.value,
        "number": row.number,
        "version": version.number if version else None,
        "response_status": row.response.status if row.response else None,
        "duration_ms": round(row.duration_ms, 1),
        "contract": row.verdict.grade.name.lower() if row.verdict else None,
        "error": row.error.message if row.error else None,
        "next_attempt_at": _time(row.next_at),
        "customer_id": summary.customer_id or None,
    }


def _of_payload(summary: PayloadSummary) -> Row:
    return {
        "customer_name": summary.name or None,
        "customer_email": summary.email or None,
        "amount": str(decimal_of(summary.money)) if summary.money else None,
        "currency": summary.money.currency if summary.money else None,
        "reference": summary.reference or None,
    }


def _time(at: Millis | None) -> str | None:
    if at is None:
        return None
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json_lines(rows: Sequence[Row]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=True) + "\n" for row in rows).encode()


def _csv(rows: Sequence[Row]) -> bytes:
    text = StringIO()
    csv.writer(text).writerows([_cell(value) for value in row.values()] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _cell(value: object) -> str:
    """The value as a cell that no spreadsheet takes for a formula, nor a part of it, whatever separator it expects.

    An apostrophe is the least change that all of them heed: the text stays whole and readable.
    """
    if value is None:
        return ""
    if isinstance(value, list):
        value = ", ".join(f"{each['endpoint']}: {each['state']}" for each in value)
    text = _BEFORE_SIGN.sub(_defused, str(value))
    return f"'{text}" if text.startswith(FORMULA) else text


def _defused(between: re.Match[str]) -> str:
    return f"{between[0]}'" if SEPARATORS & set(between[0]) else between[0]
