"""The event types that Dodo Payments sends: 48 in 10 families, each with a sentence, a JSON Schema and a whole sample.

The names, fields and values are those of Dodo's documentation and of its official Python SDK (1.123.0); a test holds
them against the SDK's own models. The sentences and samples are ours.
"""

import json
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from server.domain.catalog import (
    abandoned_checkout,
    credit,
    dispute,
    dunning,
    entitlement_grant,
    license_key,
    payment,
    payout,
    refund,
    subscription,
)
from server.domain.catalog.shapes import EventType, Group

__all__ = ["EVENT_TYPES", "GROUPS", "EventType", "Group", "sample_json"]

GROUPS: tuple[Group, ...] = (
    payment.GROUP,
    refund.GROUP,
    dispute.GROUP,
    subscription.GROUP,
    license_key.GROUP,
    payout.GROUP,
    credit.GROUP,
    abandoned_checkout.GROUP,
    dunning.GROUP,
    entitlement_grant.GROUP,
)
"""In Dodo's own order."""

EVENT_TYPES: Mapping[str, EventType] = MappingProxyType(
    {event_type.name: event_type for group in GROUPS for event_type in group.event_types}
)


@cache
def sample_json(name: str) -> str:
    """The sample of an event type as JSON text, indented by two spaces. Raises KeyError for a name that Dodo lacks."""
    return json.dumps(EVENT_TYPES[name].sample, indent=2, ensure_ascii=False)
