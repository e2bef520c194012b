"""The cards that people make themselves: the files of a card's folder, as one row a card."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, or_, select, update

from server.domain.ids import Millis
from server.store import deleted_endpoints
from server.store.changes import card_changed
from server.store.columns import dump
from server.store.schema import endpoints, own_cards


@dataclass(frozen=True, slots=True)
class StoredCard:
    name: str
    files: Mapping[str, str]
    """Text by path; empty when the row is damaged."""
    created_at: Millis
    updated_at: Millis


@dataclass(frozen=True, slots=True)
class Uses:
    """How many endpoints use a card."""

    endpoints: int = 0
    deleted: int = 0
    """Endpoints that can still be restored."""


def every(tx: Connection) -> list[StoredCard]:
    """All own cards, oldest first."""
    rows = tx.execute(select(own_cards).order_by(own_cards.c.created_at, own_cards.c.name))
    return [StoredCard(row.name, _files(row.files), row.created_at, row.updated_at) for row in rows]


def get(tx: Connection, name: str) -> StoredCard | None:
    row = tx.execute(select(own_cards).where(own_cards.c.name == name)).first()
    return StoredCard(row.name, _files(row.files), row.created_at, row.updated_at) if row else None


def stamp(tx: Connection) -> tuple[int, Millis]:
    """How many own cards there are, and when one was changed last: different after every change."""
    count, last = tx.execute(select(func.count(), func.max(own_cards.c.updated_at)).select_from(own_cards)).one()
    return count, last or 0


def names(tx: Connection) -> set[str]:
    return set(tx.execute(select(own_cards.c.name)).scalars())


def put(tx: Connection, name: str, files: Mapping[str, str], now: Millis) -> None:
    """Store a card, in place of one of this name."""
    card_changed(tx, name)
    values = {"files": dump(dict(files)), "updated_at": now}
    known = tx.execute(update(own_cards).where(own_cards.c.name == name).values(**values))
    if known.rowcount == 0:
        tx.execute(own_cards.insert().values(name=name, created_at=now, **values))


def remove(tx: Connection, name: str) -> None:
    card_changed(tx, name)
    tx.execute(delete(own_cards).where(own_cards.c.name == name))


def uses(tx: Connection) -> dict[str, Uses]:
    """Which endpoints use each card, by the card's name; cards that none uses are left out."""
    existing = endpoints.c.deleted_at.is_(None)
    counted = select(
        endpoints.c.card,
        func.count().filter(existing).label("existing"),
        func.count().filter(deleted_endpoints.RESTORABLE).label("deleted"),
    )
    query = counted.where(or_(existing, deleted_endpoints.RESTORABLE)).group_by(endpoints.c.card)
    return {row.card: Uses(row.existing, row.deleted) for row in tx.execute(query)}


def _files(text: str) -> Mapping[str, str]:
    try:
        files = json.loads(text)
        return {str(path): str(content) for path, content in files.items()}
    except (ValueError, AttributeError, RecursionError):
        return {}
