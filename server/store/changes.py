"""What a transaction changed in the configuration that processes cache; announced after the commit."""

from dataclasses import dataclass, field

from sqlalchemy import Connection

from server.domain.ids import EndpointId, SourceId

KEY = "configuration.changed"
"""The key in a connection's ``info`` for the ``Changes`` of its open transaction."""


@dataclass(frozen=True, slots=True)
class Changes:
    endpoints: set[EndpointId] = field(default_factory=set)
    listening: set[EndpointId] = field(default_factory=set)
    """Those of ``endpoints`` that may now want other events than before."""
    sources: set[SourceId] = field(default_factory=set)
    cards: set[str] = field(default_factory=set)
    """The names of a person's own cards."""
    search: set[int] = field(default_factory=set)
    """New editions of the search settings."""


def endpoint_changed(tx: Connection, endpoint_id: EndpointId, *, listening: bool = True) -> None:
    """Notify the store's watchers after the commit. ``listening``: whether it may now want other events than before."""
    changes = _of(tx)
    changes.endpoints.add(endpoint_id)
    if listening:
        changes.listening.add(endpoint_id)


def source_changed(tx: Connection, source_id: SourceId) -> None:
    """Notify the store's watchers after the commit."""
    _of(tx).sources.add(source_id)


def card_changed(tx: Connection, name: str) -> None:
    """Notify the store's watchers after the commit."""
    _of(tx).cards.add(name)


def search_changed(tx: Connection, edition: int) -> None:
    """Notify the store's watchers after the commit."""
    _of(tx).search.add(edition)


def taken(tx: Connection) -> Changes | None:
    """The changes since the last call, which are then cleared; ``None`` if there are none."""
    changes: Changes | None = tx.info.pop(KEY, None)
    return changes


def _of(tx: Connection) -> Changes:
    changes: Changes = tx.info.setdefault(KEY, Changes())
    return changes
