"""An endpoint: where one source's events go, and how each is reshaped on the way."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from server.domain.conditions import Condition, Filter
from server.domain.health import HEALTHY, Health
from server.domain.ids import EndpointId, Millis, SourceId, VersionId, mint
from server.domain.payloads import Payload
from server.domain.reasons import because
from server.domain.schedules import DODO_SCHEDULE
from server.domain.sentences import Sentence, say

URL_NOT_SET = "https://url-not-set.invalid/"
"""Stands in for a URL that was not typed while nothing is sent. Names under ``.invalid`` lead nowhere (RFC 2606)."""

NO_SOURCE = SourceId("")
"""Of an endpoint that is only tried."""

PARTS: Mapping[str, Sentence] = {
    "url": because("part_url"),
    "credentials": because("part_credentials"),
    "headers": because("part_headers"),
    "variables": because("part_variables"),
    "secret": because("part_secret"),
    "former_secret": because("part_former_secret"),
    "event_types": because("part_event_types"),
    "conditions": because("part_conditions"),
    "schedule": because("part_schedule"),
    "destination": because("part_destination"),
    "disabled_because": because("part_disabled_because"),
}
"""What of a stored endpoint can be damaged by itself, as pages call it."""


class UnreadableEndpoint(Exception):
    """Some of the stored endpoint cannot be read. ``parts``: keys of ``PARTS``."""

    def __init__(self, parts: Iterable[str]) -> None:
        self.parts = tuple(part for part in PARTS if part in set(parts))
        super().__init__(", ".join(self.parts))


class Destination(StrEnum):
    SEND = "send"
    """The finished request goes to the network."""
    CAPTURE = "capture"
    """The finished request goes to the built-in inspector and nowhere else."""


class DisabledBecause(StrEnum):
    """Who or what switched an endpoint off."""

    PERSON = "person"
    GONE = "gone"
    """The destination answered 410."""
    ASKED = "asked"
    """The destination answered with ``webhook-delivery: disable``."""
    FAILING = "failing"
    """Everything had failed for five days."""


@dataclass(frozen=True, slots=True)
class Controls:
    """How an endpoint's deliveries are paced and tried again."""

    schedule: tuple[Millis, ...] = DODO_SCHEDULE
    """The wait before each attempt, the first included."""
    rate_limit: int | None = None
    """Attempts begun in a second at the most."""
    concurrency: int | None = None
    """Attempts under way at once at the most; ``None`` leaves it to the worker."""
    ordered: bool = False
    """One after another in the order of arrival: a delivery that is not ended holds up those behind it."""


@dataclass(frozen=True, slots=True)
class FormerSecret:
    """The signing secret before the last change; until ``until`` both sign."""

    secret: str
    until: Millis


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
    controls: Controls = Controls()
    paused: bool = False
    """Nothing is sent, and everything is kept: what arrives waits until a person resumes."""
    conditions: tuple[Condition, ...] = ()
    """What the payload must hold, beside the event type."""
    former_secret: FormerSecret | None = None
    disabled_because: DisabledBecause | None = None
    """``None`` while it is enabled."""
    health: Health = HEALTHY
    unreadable: frozenset[str] = frozenset()
    """The stored parts that cannot be read, each a key of ``PARTS``; the field of each holds nothing. Saving leaves
    them as they are stored, and nothing is sent until a person has entered them anew."""

    @classmethod
    def new(
        cls,
        *,
        id: EndpointId,
        source_id: SourceId = NO_SOURCE,
        card: str,
        url: str,
        destination: Destination,
        transforming: bool,
        code: str,
        description: str = "",
        credentials: Mapping[str, str] = MappingProxyType({}),
        headers: Mapping[str, str] = MappingProxyType({}),
        variables: Mapping[str, str] = MappingProxyType({}),
        event_types: frozenset[str] | None = None,
        conditions: tuple[Condition, ...] = (),
        secret: str = "",
        now: Millis = 0,
    ) -> "Endpoint":
        """One that was not there before, its code as version 1. Also of what is only tried, which has no source."""
        has_code = transforming or bool(code.strip())
        return cls(
            id=id,
            source_id=source_id,
            card=card,
            description=description,
            url=url,
            destination=destination,
            credentials=credentials,
            headers=headers,
            event_types=event_types,
            variables=variables,
            transforming=transforming,
            version=Version(mint(VersionId), id, 1, code, now) if has_code else None,
            secret=secret,
            disabled=False,
            created_at=now,
            updated_at=now,
            conditions=conditions,
        )

    def secrets_at(self, now: Millis) -> tuple[str, ...]:
        """The signing secrets at a moment: the present one, and the former one until its time is over."""
        former = self.former_secret
        return (self.secret, former.secret) if former and now < former.until else (self.secret,)

    def objection(self, event_type: str, payload: Payload) -> Sentence | None:
        """Why its event types and its filter keep an event away; ``None`` when they do not."""
        if self.event_types is not None and event_type not in self.event_types:
            return say("It is not subscribed to {event_type}.", event_type=event_type)
        broken = Filter(self.conditions).first_broken(payload)
        if broken is None:
            return None
        found = payload.shown_at(broken.path)
        if found is None:
            return say("Its filter requires {line}, but this event has no such field.", line=broken.line)
        return say("Its filter requires {line}, but in this event the value is {found}.", line=broken.line, found=found)
