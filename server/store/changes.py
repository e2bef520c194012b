"""What a transaction changed of the configuration that is kept in memory, told once it is committed."""

from dataclasses import dataclass, field

from sqlalchemy import Connection

from server.domain.ids import EndpointId, SourceId

KEY = "configuration.changed"
"""Under this name a connection's ``info`` has the ``Changes`` of the transaction that is open."""


@dataclass(frozen=True, slots=True)
class Changes:
    endpoints: set[EndpointId] = field(default_factory=set)
    listening: set[EndpointId] = field(default_factory=set)
    """Those of ``endpoints`` that may listen to other events than before."""
    sources: set[SourceId] = field(default_factory=set)


def endpoint_changed(tx: Connection, endpoint_id: EndpointId, *, listening: bool = True) -> None:
    """Tell whoever watches the store, after the commit. ``listening``: whether it may get other events than before."""
    changes = _of(tx)
    changes.endpoints.add(endpoint_id)
    if listening:
        changes.listening.add(endpoint_id)


def source_changed(tx: Connection, source_id: SourceId) -> None:
    """Tell whoever watches the store, after the commit."""
    _of(tx).sources.add(source_id)


def taken(tx: Connection) -> Changes | None:
    """What was changed since this was last called; ``None`` for nothing."""
    changes: Changes | None = tx.info.pop(KEY, None)
    return changes


def _of(tx: Connection) -> Changes:
    changes: Changes = tx.info.setdefault(KEY, Changes())
    return changes
