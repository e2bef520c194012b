"""Fills a database as if it had been in use: many messages, each delivered once. One statement per table, for speed."""

import asyncio
import os
from pathlib import Path

from sqlalchemy import text

from pipeline.candidates import opened
from pipeline.databases import tidy
from pipeline.job import EVENT_TYPE
from server.domain.ids import Millis
from server.domain.search_terms import Backfill
from server.domain.sources import Source
from server.store import Transaction, options

LONG_AGO = 1_700_000_000_000
BODY = b'{"type":"payment.succeeded","data":{}}'

NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :count) ",
    "postgresql": "WITH numbers(n) AS (SELECT generate_series(0, :count - 1)) ",
}
ID = {"sqlite": "printf('{}_%026d', n)", "postgresql": "'{}_' || lpad(n::text, 26, '0')"}


def fill(url: str, source: Source, endpoint_id: str, count: int) -> None:
    """Insert ``count`` delivered messages. Their ids begin with zeros, so they sort before newly created ids.

    The search index passes them over: a server that starts on them has nothing to catch up with.
    """
    store = opened(url)
    values = {
        "count": count,
        "source": source.id,
        "endpoint": endpoint_id,
        "at": LONG_AGO,
        "body": BODY,
        "type": EVENT_TYPE,
    }

    def insert(tx: Transaction) -> None:
        numbers, made_id = NUMBERS[tx.dialect.name], ID[tx.dialect.name]
        message, delivery, attempt, event = (made_id.format(name) for name in ("msg", "dlv", "att", "evt"))
        for statement in (
            "INSERT INTO messages (id, source_id, webhook_id, event_type, origin, received_at, body) "
            f"{numbers}SELECT {message}, :source, {event}, :type, 'received', :at + n, :body FROM numbers",
            "INSERT INTO deliveries (id, message_id, endpoint_id, state, trigger, attempts, step, created_at, "
            f"updated_at) {numbers}SELECT {delivery}, {message}, :endpoint, 'succeeded', 'event', 1, 1, :at + n, "
            ":at + n FROM numbers",
            "INSERT INTO attempts (id, delivery_id, message_id, endpoint_id, source_id, event_type, number, trigger, "
            "outcome, started_at, duration_us, request_method, request_url, request_headers, request_body, "
            "response_status, response_headers, response_body, response_truncated) "
            f"{numbers}SELECT {attempt}, {delivery}, {message}, :endpoint, :source, :type, 1, 'event', 'succeeded', "
            ":at + n, 1000, 'POST', 'http://127.0.0.1/', '[]', :body, 200, '[]', :body, false FROM numbers",
        ):
            tx.execute(text(statement), values)
        caught_up = Backfill(options.search_settings(tx).edition, "", count)
        options.set_search_backfill(tx, caught_up, Millis(LONG_AGO))

    asyncio.run(store.write(insert))
    store.close()
    if url.startswith("postgresql"):
        tidy(url)
    else:
        with Path(url.partition("///")[2]).open("rb") as file:
            os.fsync(file.fileno())  # otherwise a commit of the server waits until all of it is on disk
