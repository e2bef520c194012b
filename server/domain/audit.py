"""The audit trail of an endpoint: who changed it, when, and what; never the value of a secret."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from server.domain.endpoints import Endpoint
from server.domain.ids import AuditId, EndpointId, Millis

Details = Mapping[str, str | list[str]]
"""What else there is to say about an entry; its keys depend on the action."""


class AuditAction(StrEnum):
    """What was done to an endpoint, with the keys of its details."""

    CREATED = "created"
    EDITED = "edited"
    """``fields``: names of ``FIELDS``."""
    ACTIVATED = "activated"
    """``version``: the id of the version that serves from then on, as for the next four."""
    ROLLED_BACK = "rolled_back"
    PROMOTED = "promoted"
    SWITCHED_OFF = "switched_off"
    SWITCHED_ON = "switched_on"
    DRAFT_SAVED = "draft_saved"
    """``times``: how often within an hour, if more than once."""
    DRAFT_RESTORED = "draft_restored"
    """``version`` or ``revision``: what was put into the draft."""
    DRAFT_DISCARDED = "draft_discarded"
    CASES_ADDED = "cases_added"
    """``cases``: their ids; ``event_types``: their types, since a case may be deleted later. No names: people choose
    them, and the entry outlives an erased endpoint. As for the next two."""
    CASES_CHANGED = "cases_changed"
    CASES_DELETED = "cases_deleted"
    SHADOW_STARTED = "shadow_started"
    """``version``, as for the next two."""
    SHADOW_DROPPED = "shadow_dropped"
    SHADOW_ENDED = "shadow_ended"
    PAUSED = "paused"
    RESUMED = "resumed"
    ENABLED = "enabled"
    DISABLED = "disabled"
    """``because``: a value of ``DisabledBecause``."""
    ROTATED = "secret_rotated"
    FORMER_STOPPED = "secret_stopped"
    REVEALED = "secret_revealed"
    """``what``: which one, such as ``credentials/api_key``."""
    REPLAY_STARTED = "replay_started"
    """``kind``: a value of ``ReplayKind``; ``replay``: its id."""
    REPLAY_STOPPED = "replay_stopped"
    """``replay``."""
    DELETED = "deleted"
    RESTORED = "restored"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    id: AuditId
    endpoint_id: EndpointId
    action: AuditAction
    author: str
    """Empty: Hookbench did it by itself."""
    details: Details
    created_at: Millis


FIELDS: Mapping[str, Callable[[Endpoint], object]] = {
    "name": lambda endpoint: endpoint.name,
    "description": lambda endpoint: endpoint.description,
    "url": lambda endpoint: endpoint.url,
    "credentials": lambda endpoint: dict(endpoint.credentials),
    "destination": lambda endpoint: endpoint.destination,
    "event_types": lambda endpoint: endpoint.event_types,
    "conditions": lambda endpoint: endpoint.conditions,
    "headers": lambda endpoint: dict(endpoint.headers),
    "variables": lambda endpoint: dict(endpoint.variables),
    "schedule": lambda endpoint: endpoint.controls.schedule,
    "rate_limit": lambda endpoint: endpoint.controls.rate_limit,
    "concurrency": lambda endpoint: endpoint.controls.concurrency,
    "ordered": lambda endpoint: endpoint.controls.ordered,
    "enforce_contract": lambda endpoint: endpoint.controls.enforce_contract,
}
"""What people edit, by the name that an entry keeps. The code has a history of its own."""


def changes(before: Endpoint, after: Endpoint) -> Iterator[tuple[AuditAction, Details]]:
    """What a saved change did, apart from the transformation, whose activation is an entry of its own."""
    if fields := [name for name, value in FIELDS.items() if value(before) != value(after)]:
        yield AuditAction.EDITED, {"fields": fields}
    if before.paused != after.paused:
        yield AuditAction.PAUSED if after.paused else AuditAction.RESUMED, {}
    if before.disabled and not after.disabled:
        yield AuditAction.ENABLED, {}
    if before.secret != after.secret:
        yield AuditAction.ROTATED, {}
    elif before.former_secret and after.former_secret is None:
        yield AuditAction.FORMER_STOPPED, {}
