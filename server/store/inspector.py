"""Addresses of the inspector, and the requests that each received."""

import json
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, select, update

from server.domain.ids import InspectedRequestId, InspectorAddressId, SourceId
from server.domain.inspector_addresses import (
    MAX_KEPT_BYTES,
    MAX_REQUESTS,
    Answers,
    InspectedRequest,
    InspectorAddress,
)
from server.store.schema import inspected_requests as requests
from server.store.schema import inspector_addresses as addresses

PAGE = 50


def insert(tx: Connection, address: InspectorAddress) -> None:
    values = {"id": address.id, "source_id": address.source_id, "token": address.token}
    tx.execute(addresses.insert().values(**values, created_at=address.created_at, **_settings(address)))


def save(tx: Connection, address: InspectorAddress) -> None:
    """Store the name and the answers of an address."""
    tx.execute(update(addresses).where(addresses.c.id == address.id).values(**_settings(address)))


def of_source(tx: Connection, source_id: SourceId) -> list[InspectorAddress]:
    """The addresses of a source, oldest first."""
    query = select(addresses).where(addresses.c.source_id == source_id).order_by(addresses.c.id)
    return [_address(row) for row in tx.execute(query).mappings()]


def get(tx: Connection, address_id: InspectorAddressId) -> InspectorAddress | None:
    row = tx.execute(select(addresses).where(addresses.c.id == address_id)).mappings().first()
    return _address(row) if row else None


def by_token(tx: Connection, token: str) -> InspectorAddress | None:
    row = tx.execute(select(addresses).where(addresses.c.token == token)).mappings().first()
    return _address(row) if row else None


def remove(tx: Connection, address_id: InspectorAddressId) -> None:
    """Delete an address with all that it received."""
    lock(tx, addresses.c.id == address_id)
    clear(tx, address_id)
    tx.execute(delete(addresses).where(addresses.c.id == address_id))


def lock(tx: Connection, which: ColumnElement[bool]) -> None:
    """Wait for requests that another process is storing, and keep off others until the end of this transaction."""
    tx.execute(select(addresses.c.id).where(which).with_for_update())


def clear(tx: Connection, address_id: InspectorAddressId) -> None:
    """Delete what an address received."""
    tx.execute(delete(requests).where(requests.c.address_id == address_id))


def add(tx: Connection, request: InspectedRequest) -> bool:
    """Keep a request, and delete the oldest ones beyond the bounds. False when its address was deleted."""
    exists = tx.execute(select(addresses.c.id).where(addresses.c.id == request.address_id).with_for_update()).first()
    if exists is None:
        return False
    tx.execute(
        requests.insert().values(
            id=request.id,
            address_id=request.address_id,
            received_at=request.received_at,
            size=request.size,
            kept_bytes=request.kept_bytes,
            cut=request.cut,
            status=request.status,
            method=_storable(request.method),
            target=_storable(request.target),
            headers=json.dumps(request.headers),
            body=request.body,
        )
    )
    if last := _last_beyond(tx, request.address_id):
        tx.execute(delete(requests).where(requests.c.address_id == request.address_id, requests.c.id <= last))
    return True


def page(tx: Connection, address_id: InspectorAddressId, before: str = "") -> list[InspectedRequest]:
    """The newest requests of an address, from before that one on; without their bodies."""
    query = select(*(column for column in requests.c if column.name != "body"))
    query = query.where(requests.c.address_id == address_id)
    if before:
        query = query.where(requests.c.id < before)
    rows = tx.execute(query.order_by(requests.c.id.desc()).limit(PAGE)).mappings()
    return [_request(row, b"") for row in rows]


def request(tx: Connection, request_id: InspectedRequestId) -> InspectedRequest | None:
    row = tx.execute(select(requests).where(requests.c.id == request_id)).mappings().first()
    return _request(row, row["body"]) if row else None


def _last_beyond(tx: Connection, address_id: InspectorAddressId) -> str | None:
    """The newest request that the bounds leave no room for; ``None`` when all fit."""
    query = select(requests.c.id, requests.c.kept_bytes).where(requests.c.address_id == address_id)
    kept = total = 0
    for row in tx.execute(query.order_by(requests.c.id.desc()).limit(MAX_REQUESTS + 1)):
        kept, total = kept + 1, total + row.kept_bytes
        if kept > 1 and (kept > MAX_REQUESTS or total > MAX_KEPT_BYTES):
            return str(row.id)
    return None


def _settings(address: InspectorAddress) -> dict[str, Any]:
    answers = address.answers
    return {
        "name": address.name,
        "status": answers.status,
        "delay_ms": answers.delay_ms,
        "failure_rate": answers.failure_rate,
        "response_body": answers.body,
    }


def _address(row: RowMapping) -> InspectorAddress:
    return InspectorAddress(
        id=InspectorAddressId(row["id"]),
        source_id=SourceId(row["source_id"]),
        name=row["name"],
        token=row["token"],
        answers=Answers(row["status"], row["delay_ms"], row["failure_rate"], row["response_body"]),
        created_at=row["created_at"],
    )


def _request(row: RowMapping, body: bytes) -> InspectedRequest:
    return InspectedRequest(
        id=InspectedRequestId(row["id"]),
        address_id=InspectorAddressId(row["address_id"]),
        received_at=row["received_at"],
        method=row["method"],
        target=row["target"],
        headers=_headers(row["headers"]),
        size=row["size"],
        cut=row["cut"],
        status=row["status"],
        body=body,
    )


def _headers(text: str) -> tuple[tuple[str, str], ...]:
    """The headers; none when the column is damaged."""
    try:
        return tuple((str(name), str(value)) for name, value in json.loads(text))
    except (ValueError, TypeError, RecursionError):
        return ()


def _storable(text: str) -> str:
    return text.replace("\x00", "�")
