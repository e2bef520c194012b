"""Fills a database as if it had been in use: many messages, each delivered once. One statement per table, for speed."""

import os
import sqlite3
from pathlib import Path

from server.domain.sources import Source

LONG_AGO = 1_700_000_000_000
BODY = b'{"type":"payment.succeeded","data":{}}'

_NUMBERS = "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :count) "


def fill(file: Path, source: Source, endpoint_id: str, count: int) -> None:
    """Insert ``count`` delivered messages. Their ids begin with zeros, so they sort before newly created ids."""
    values = {"count": count, "source": source.id, "endpoint": endpoint_id, "at": LONG_AGO, "body": BODY}
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA synchronous=OFF")  # faster; after a power failure the benchmark simply starts again
    with connection:
        connection.execute(
            _NUMBERS + "INSERT INTO messages (id, source_id, webhook_id, event_type, origin, received_at, body) "
            "SELECT printf('msg_%026d', n), :source, printf('evt_%026d', n), 'payment.succeeded', 'received', "
            ":at + n, :body FROM numbers",
            values,
        )
        connection.execute(
            _NUMBERS + "INSERT INTO deliveries (id, message_id, endpoint_id, state, trigger, attempts, step, "
            "created_at, updated_at) SELECT printf('dlv_%026d', n), printf('msg_%026d', n), :endpoint, 'succeeded', "
            "'event', 1, 1, :at + n, :at + n FROM numbers",
            values,
        )
        connection.execute(
            _NUMBERS + "INSERT INTO attempts (id, delivery_id, message_id, endpoint_id, source_id, event_type, number, "
            "trigger, outcome, started_at, duration_us, request_method, request_url, request_headers, request_body, "
            "response_status, response_headers, response_body, response_truncated) "
            "SELECT printf('att_%026d', n), printf('dlv_%026d', n), printf('msg_%026d', n), :endpoint, :source, "
            "'payment.succeeded', 1, 'event', 'succeeded', :at + n, 1000, 'POST', 'http://127.0.0.1/', '[]', :body, "
            "200, '[]', :body, 0 FROM numbers",
            values,
        )
    connection.close()
    with file.open("rb") as made:
        os.fsync(made.fileno())  # otherwise a commit of the server waits until all of it is on disk
