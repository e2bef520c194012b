"""An endpoint: a destination for a source's events, with its filter, code, schedule and limits."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from server.domain.conditions import Condition, Filter
from server.domain.health import HEALTHY, Health
from server.domain.ids import CodeDraftId, EndpointId, Millis, SourceId, VersionId, mint
from server.domain.payloads import Payload
from server.domain.reasons import because
from server.domain.schedules import DODO_SCHEDULE
from server.domain.sentences import Sentence, say
from server.domain.versions import RunningShadow, Version, VersionOrigin

URL_NOT_SET = "https://url-not-set.invalid/"
"""Stands in for a missing URL while nothing is sent. Names under ``.invalid`` never resolve (RFC 2606)."""

NO_SOURCE = SourceId("")
"""The source of an endpoint that exists only for a test."""

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
"""The parts of a stored endpoint that can be damaged separately, with the names that pages show."""


class UnreadableEndpoint(Exception):
    """Parts of a stored endpoint cannot be read. ``parts``: keys of ``PARTS``."""

    def __init__(self, parts: Iterable[str]) -> None:
        self.parts = tuple(part for part in PARTS if part in set(parts))
        super().__init__(", ".join(self.parts))


class Destination(StrEnum):
    SEND = "send"
    """The finished request goes to the network."""
    CAPTURE = "capture"
    """The finished request goes to the built-in inspector and nowhere else."""


class DisabledBecause(StrEnum):
    """Who or what disabled an endpoint."""

    PERSON = "person"
    GONE = "gone"
    """The destination responded 410."""
    ASKED = "asked"
    """The destination responded with ``webhook-delivery: disable``."""
    FAILING = "failing"
    """Every attempt failed for five days."""


@dataclass(frozen=True, slots=True)
class Controls:
    """The retry schedule, limits and order of an endpoint's deliveries."""

    schedule: tuple[Millis, ...] = DODO_SCHEDULE
    """The wait before each attempt, including the first."""
    rate_limit: int | None = None
    """The most attempts started per second; ``None`` for no limit."""
    concurrency: int | None = None
    """The most attempts under way at once; ``None`` leaves it to the worker."""
    ordered: bool = False
    """Deliver one at a time in order of arrival: a delivery waits until the one before it has ended."""
    enforce_contract: bool = False
    """Do not send a request that breaks the card's contract: park its delivery, as if the code had failed."""


@dataclass(frozen=True, slots=True)
class FormerSecret:
    """The signing secret before the last change. Until ``until``, both secrets sign."""

    secret: str
    until: Millis


@dataclass(frozen=True, slots=True)
class Endpoint:
    id: EndpointId
    source_id: SourceId
    card: str
    """The integration card it was created from: the name of a folder in ``transforms/``."""
    description: str
    url: str
    destination: Destination
    credentials: Mapping[str, str]
    """The values of the card's form fields, by name. Secret."""
    headers: Mapping[str, str]
    event_types: frozenset[str] | None
    """``None``: all event types, including those that Dodo adds later. An empty set: none."""
    variables: Mapping[str, str]
    """The values in ``webhook.env`` for the code."""
    transforming: bool
    """The switch on the Advanced tab. Off: the payload is sent as received."""
    version: Version | None
    """The active version of the code."""
    secret: str
    """Our signing secret for this destination, ``whsec_…``."""
    disabled: bool
    created_at: Millis
    updated_at: Millis
    controls: Controls = Controls()
    paused: bool = False
    """Nothing is sent: new deliveries wait until a person resumes the endpoint."""
    conditions: tuple[Condition, ...] = ()
    """The filter on the payload, besides the event types."""
    former_secret: FormerSecret | None = None
    disabled_because: DisabledBecause | None = None
    """``None`` while it is enabled."""
    health: Health = HEALTHY
    draft_id: CodeDraftId | None = None
    """The draft of its code; ``None`` when nothing was saved since the last activation."""
    shadow: RunningShadow | None = None
    name: str = ""
    """What people call it. Empty only for an endpoint that was never stored, or stored without one."""
    unreadable: frozenset[str] = frozenset()
    """The stored parts that cannot be read: keys of ``PARTS``, whose fields are empty. Saving leaves the stored values
    as they are, and nothing is sent until a person enters them again."""

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
        name: str = "",
        description: str = "",
        credentials: Mapping[str, str] = MappingProxyType({}),
        headers: Mapping[str, str] = MappingProxyType({}),
        variables: Mapping[str, str] = MappingProxyType({}),
        event_types: frozenset[str] | None = None,
        conditions: tuple[Condition, ...] = (),
        controls: Controls = Controls(),
        secret: str = "",
        author: str = "",
        origin: VersionOrigin = VersionOrigin.PAGE,
        now: Millis = 0,
    ) -> "Endpoint":
        """A new endpoint with its code as version 1. For a test it has no source."""
        version = None
        if transforming or code.strip():
            version = Version(mint(VersionId), id, 1, code, now, author, "", origin, tuple(variables))
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
            version=version,
            secret=secret,
            disabled=False,
            created_at=now,
            updated_at=now,
            controls=controls,
            conditions=conditions,
            name=name,
        )

    def secrets_at(self, now: Millis) -> tuple[str, ...]:
        """The signing secrets at a time: the current one, and the former one until it expires."""
        former = self.former_secret
        return (self.secret, former.secret) if former and now < former.until else (self.secret,)

    def running(self, version: Version) -> "Endpoint":
        """The endpoint as it would be with this version active."""
        return replace(self, version=version, transforming=True)

    def objection(self, event_type: str, payload: Payload) -> Sentence | None:
        """Why its event types or its filter reject an event; ``None`` when they accept it."""
        return objection(self.event_types, Filter(self.conditions), event_type, payload)


def objection(
    event_types: Collection[str] | None, conditions: Filter, event_type: str, payload: Payload
) -> Sentence | None:
    """Why an endpoint with these event types and this filter rejects an event; ``None`` when it accepts it."""
    if event_types is not None and event_type not in event_types:
        return say("It is not subscribed to {event_type}.", event_type=event_type)
    broken = conditions.first_broken(payload)
    if broken is None:
        return None
    found = payload.shown_at(broken.path)
    if found is None:
        return say("Its filter requires {line}, but this event has no such field.", line=broken.line)
    return say("Its filter requires {line}, but in this event the value is {found}.", line=broken.line, found=found)
