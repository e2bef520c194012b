"""Versions of endpoints' code, and activations: which version served when. Rows are added, never changed."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select

from server.domain.audit import AuditAction
from server.domain.ids import ActivationId, EndpointId, VersionId
from server.domain.versions import Activation, ActivationReason, Version, VersionName, VersionOrigin
from server.store import audit
from server.store.columns import dump
from server.store.schema import activations, versions

MAX_SHOWN = 200
"""Rows of a history on one page."""

MAX_CHOICES = 50
"""The newest versions that can be chosen for a delivery. With many endpoints on a page, fewer of each."""
MIN_CHOICES = 5

_NAME = (versions.c.id, versions.c.endpoint_id, versions.c.number, versions.c.note)


def insert(tx: Connection, version: Version) -> Version:
    """Store a version as the endpoint's next one. Returns it with its number."""
    last = tx.execute(select(func.max(versions.c.number)).where(versions.c.endpoint_id == version.endpoint_id)).scalar()
    number = (last or 0) + 1
    tx.execute(
        versions.insert().values(
            id=version.id,
            endpoint_id=version.endpoint_id,
            number=number,
            code=version.code,
            created_at=version.created_at,
            author=version.author,
            note=version.note,
            origin=version.origin.value,
            variable_names=None if version.variable_names is None else dump(list(version.variable_names)),
        )
    )
    return Version(
        version.id,
        version.endpoint_id,
        number,
        version.code,
        version.created_at,
        version.author,
        version.note,
        version.origin,
        version.variable_names,
    )


def history(
    tx: Connection, endpoint_id: EndpointId, limit: int = MAX_SHOWN, before: int | None = None
) -> list[Version]:
    """The versions of an endpoint's code, newest first; with ``before`` only those with a lower number."""
    query = (
        select(versions).where(versions.c.endpoint_id == endpoint_id).order_by(versions.c.number.desc()).limit(limit)
    )
    if before is not None:
        query = query.where(versions.c.number < before)
    return [read(dict(row)) for row in tx.execute(query).mappings()]


def get(tx: Connection, version_id: VersionId) -> Version | None:
    row = tx.execute(select(versions).where(versions.c.id == version_id)).mappings().first()
    return read(dict(row)) if row else None


def of_endpoint(tx: Connection, endpoint_id: EndpointId, version_id: VersionId) -> Version | None:
    """The version, unless it is another endpoint's."""
    found = get(tx, version_id)
    return found if found and found.endpoint_id == endpoint_id else None


def numbered(tx: Connection, endpoint_id: EndpointId, number: int) -> Version | None:
    query = select(versions).where(versions.c.endpoint_id == endpoint_id, versions.c.number == number)
    row = tx.execute(query).mappings().first()
    return read(dict(row)) if row else None


def with_code(tx: Connection, endpoint_id: EndpointId, code: str) -> Version | None:
    """The newest version with exactly this code; ``None`` if there is none among the last few."""
    return next((each for each in history(tx, endpoint_id, 20) if each.code == code), None)


def by_ids(tx: Connection, ids: Iterable[VersionId | None]) -> dict[VersionId, Version]:
    rows = tx.execute(select(versions).where(versions.c.id.in_({each for each in ids if each}))).mappings()
    return {VersionId(row["id"]): read(dict(row)) for row in rows}


def names(tx: Connection, ids: Iterable[VersionId | None]) -> dict[VersionId, VersionName]:
    """The versions with these ids, without their code."""
    if not (wanted := {each for each in ids if each}):
        return {}
    rows = tx.execute(select(*_NAME).where(versions.c.id.in_(wanted)))
    return {VersionId(row.id): VersionName(*row) for row in rows}


def choices(tx: Connection, endpoint_ids: Collection[EndpointId]) -> dict[EndpointId, list[VersionName]]:
    """The newest versions of each endpoint, newest first."""
    most = max(MIN_CHOICES, MAX_CHOICES // max(1, len(endpoint_ids)))
    place = func.row_number().over(partition_by=versions.c.endpoint_id, order_by=versions.c.number.desc())
    # Notes are read for few rows only: SQLite stores them behind the code.
    ranked = (
        select(versions.c.id, place.label("place")).where(versions.c.endpoint_id.in_(list(endpoint_ids))).subquery()
    )
    newest = (
        select(*_NAME)
        .join(ranked, ranked.c.id == versions.c.id)
        .where(ranked.c.place <= most)
        .order_by(versions.c.number.desc())
    )
    found: dict[EndpointId, list[VersionName]] = {}
    for row in tx.execute(newest):
        found.setdefault(EndpointId(row.endpoint_id), []).append(VersionName(*row))
    return found


def read(row: Mapping[str, Any]) -> Version:
    """The version in a row of ``versions``."""
    names = row["variable_names"]
    return Version(
        VersionId(row["id"]),
        EndpointId(row["endpoint_id"]),
        row["number"],
        row["code"],
        row["created_at"],
        row["author"],
        row["note"],
        _origin(row["origin"]),
        None if names is None else tuple(str(name) for name in json.loads(names)),
    )


def record_activation(tx: Connection, activation: Activation) -> None:
    """Store an activation, and its entry in the audit trail."""
    tx.execute(
        activations.insert().values(
            id=activation.id,
            endpoint_id=activation.endpoint_id,
            version_id=activation.version_id,
            former_version_id=activation.former_version_id,
            reason=activation.reason.value,
            author=activation.author,
            note=activation.note,
            failing=activation.failing,
            override_note=activation.override_note,
            created_at=activation.created_at,
        )
    )
    if activation.reason is ActivationReason.MIGRATED:
        return
    details = {"version": activation.version_id} if activation.version_id else {}
    action = AuditAction(activation.reason.value)
    audit.add(tx, activation.endpoint_id, action, activation.author, activation.created_at, details)


def activations_of(
    tx: Connection, endpoint_id: EndpointId, limit: int = MAX_SHOWN, before: str = ""
) -> list[Activation]:
    """The endpoint's activations, newest first; with ``before`` only those older than that id."""
    query = (
        select(activations)
        .where(activations.c.endpoint_id == endpoint_id)
        .order_by(activations.c.id.desc())
        .limit(limit)
    )
    if before:
        query = query.where(activations.c.id < before)
    return [_activation(row) for row in tx.execute(query).mappings()]


def has_served(tx: Connection, version_id: VersionId) -> bool:
    """Whether this version was ever active."""
    query = select(activations.c.id).where(activations.c.version_id == version_id).limit(1)
    return tx.execute(query).first() is not None


def activation(tx: Connection, activation_id: ActivationId) -> Activation | None:
    row = tx.execute(select(activations).where(activations.c.id == activation_id)).mappings().first()
    return _activation(row) if row else None


def _activation(row: RowMapping) -> Activation:
    return Activation(
        ActivationId(row["id"]),
        EndpointId(row["endpoint_id"]),
        VersionId(row["version_id"]) if row["version_id"] else None,
        VersionId(row["former_version_id"]) if row["former_version_id"] else None,
        ActivationReason(row["reason"]),
        row["author"],
        row["note"],
        row["created_at"],
        row["failing"],
        row["override_note"],
    )


def _origin(kept: str) -> VersionOrigin:
    try:
        return VersionOrigin(kept)
    except ValueError:  # of a newer version of Hookbench
        return VersionOrigin.PAGE
