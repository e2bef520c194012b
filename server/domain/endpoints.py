"""An endpoint: where one source's events go, and how each is reshaped on the way."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from server.domain.ids import EndpointId, Millis, SourceId, VersionId


class Destination(StrEnum):
    SEND = "send"
    """The finished request goes to the network."""
    CAPTURE = "capture"
    """The finished request goes to the built-in inspector and nowhere else."""


@dataclass(frozen=True, slots=True)
class Version:
    """One saved state of an endpoint's code. Versions are never changed; saving makes the next number."""

    id: VersionId
    endpoint_id: EndpointId
    number: int
    code: str
    created_at: Millis


@dataclass(frozen=True, slots=True)
class Endpoint:
    id: EndpointId
    source_id: SourceId
    card: str
    """The integration card it was made from: a folder's name in ``transforms/``."""
    description: str
    url: str
    destination: Destination
    credentials: Mapping[str, str]
    """What the card's form asked for, by field name. Secret."""
    headers: Mapping[str, str]
    event_types: frozenset[str] | None
    """``None`` listens to all event types, those that Dodo adds later included; an empty set listens to none."""
    variables: Mapping[str, str]
    """What the code sees as ``webhook.env``."""
    transforming: bool
    """The switch in Advanced: off sends the payload as it was received."""
    version: Version | None
    """The code that is in force."""
    secret: str
    """Our signing secret for this destination, ``whsec_…``."""
    disabled: bool
    created_at: Millis
    updated_at: Millis

    def listens_to(self, event_type: str) -> bool:
        return not self.disabled and (self.event_types is None or event_type in self.event_types)
