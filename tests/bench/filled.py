"""Fills a database as a busy month leaves it: messages over 30 days to many endpoints, most of them delivered."""

import json
import random
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from builders import an_endpoint
from sqlalchemy import Connection, Table

from server.domain.catalog import EVENT_TYPES, sample_json
from server.domain.ids import AttemptId, DeliveryId, MessageId, Millis, earliest
from server.domain.messages import AttemptOutcome, DeliveryState
from server.domain.sources import Source
from server.store import Store, endpoints
from server.store.schema import attempts, deliveries, messages

DAYS = 30
BATCH = 20_000
ENDINGS = [(DeliveryState.SUCCEEDED, AttemptOutcome.SUCCEEDED, 200)] * 95
ENDINGS += [(DeliveryState.FAILED, AttemptOutcome.REJECTED, 500)] * 3
ENDINGS += [(DeliveryState.CANCELLED, AttemptOutcome.CANCELLED, None)] * 1
ENDINGS += [(DeliveryState.TRANSFORM_FAILED, AttemptOutcome.TRANSFORM_FAILED, None)] * 1
"""How deliveries end: the state, the outcome of the attempt, and the status of the response."""

Row = dict[str, Any]


async def fill(store: Store, source: Source, now: Millis, *, count: int, listening: int) -> None:
    """Insert ``listening`` endpoints and ``count`` messages, each with one delivery and one attempt, in bulk."""
    made = [an_endpoint(source, name=f"Shop {n}", url=f"https://example.com/{n}") for n in range(listening)]
    await store.write(lambda tx: [endpoints.insert(tx, endpoint) for endpoint in made])
    ids = [endpoint.id for endpoint in made]
    rows = _rows(source, ids, now, count)
    while some := list(islice(rows, BATCH)):
        await store.write(lambda tx, some=some: _insert(tx, some))


def _insert(tx: Connection, rows: Sequence[tuple[Row, Row, Row]]) -> None:
    for table, of_table in zip((messages, deliveries, attempts), zip(*rows, strict=True), strict=True):
        _copy(tx, table, of_table)


def _copy(tx: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert without SQLAlchemy, which takes longer than the database: a million messages are three million rows."""
    names = list(rows[0])
    if tx.dialect.name == "sqlite":
        cursor = tx.connection.cursor()
        marks = ", ".join("?" * len(names))
        cursor.executemany(
            f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", [tuple(row.values()) for row in rows]
        )
        return
    with tx.connection.cursor().copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:  # type: ignore[attr-defined]
        for row in rows:
            copy.write_row(tuple(row.values()))


def _rows(source: Source, endpoint_ids: Sequence[str], now: Millis, count: int) -> Iterator[tuple[Row, Row, Row]]:
    chance = random.Random(13)
    samples = {name: json.loads(sample_json(name)) for name in EVENT_TYPES}
    names = list(samples)
    for number in range(count):
        at = now - DAYS * 24 * 3_600_000 * (count - number) // count
        name = names[number % len(names)]
        message_id, endpoint_id = f"{earliest(MessageId, at)}{number:016d}", endpoint_ids[number % len(endpoint_ids)]
        delivery_id = f"{earliest(DeliveryId, at)}{number:016d}"
        state, outcome, status = chance.choice(ENDINGS)
        body = _body(samples[name], number)
        message = {
            "id": message_id, "source_id": source.id, "webhook_id": f"evt_{number:026d}", "event_type": name,
            "origin": "received", "received_at": at, "body": body,
        }  # fmt: skip
        delivery = {
            "id": delivery_id, "message_id": message_id, "endpoint_id": endpoint_id, "state": state.value,
            "trigger": "event", "attempts": 1, "step": 1, "created_at": at, "updated_at": at,
        }  # fmt: skip
        attempt = {
            "id": f"{earliest(AttemptId, at)}{number:016d}", "delivery_id": delivery_id, "message_id": message_id,
            "endpoint_id": endpoint_id, "source_id": source.id, "event_type": name, "number": 1, "trigger": "event",
            "outcome": outcome.value, "started_at": at, "duration_us": chance.randrange(2_000, 900_000),
            "request_method": "POST", "request_url": "https://example.com/hook", "request_headers": "[]",
            "request_body": body, "response_status": status, "response_headers": "[]", "response_body": b"ok",
        }  # fmt: skip
        yield message, delivery, attempt


def _body(sample: Any, number: int) -> bytes:
    """The sample with the number in its ids and its e-mail address."""
    data = {key: value for key, value in sample["data"].items() if not isinstance(value, dict | list)}
    data |= {key: f"{key[:3]}_{number:020d}" for key in data if key.endswith("_id") and isinstance(data[key], str)}
    data["customer"] = {
        "customer_id": f"cus_{number % 50_000:020d}",
        "email": f"person{number % 50_000}@example.com",
        "name": f"Person {number % 50_000}",
    }
    data["metadata"] = {"order_id": f"order-{number}"}
    return json.dumps({**sample, "data": data}).encode()
