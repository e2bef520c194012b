"""A message is one received event; a delivery is that message on its way to one endpoint; an attempt is one try."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from server.domain.ids import AttemptId, DeliveryId, EndpointId, MessageId, Millis, SourceId, VersionId
from server.domain.reasons import Cause
from server.domain.warnings import RunWarning


class Origin(StrEnum):
    RECEIVED = "received"
    EXAMPLE = "example"
    """Made by **Send example** on an endpoint's Testing tab."""


class Trigger(StrEnum):
    """What made an attempt happen."""

    EVENT = "event"
    RETRY = "retry"
    RESEND = "resend"
    REPLAY = "replay"
    """One of many, made due again by a replay."""
    EXAMPLE = "example"


class DeliveryState(StrEnum):
    PENDING = "pending"
    """Waiting for its first attempt or for the next one."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """Every attempt of the schedule failed."""
    CANCELLED = "cancelled"
    """The code asked for nothing to be sent. Not a success."""
    TRANSFORM_FAILED = "transform_failed"
    """Parked: the code failed, or Hookbench itself did (then ``Delivery.fault`` says how). Never counted against the
    destination."""
    STOPPED = "stopped"
    """It was ended before its schedule was; ``Delivery.stopped_because`` says why."""


class StoppedBecause(StrEnum):
    """Why a delivery was ended before its schedule was."""

    PERSON = "person"
    """A person stopped or skipped it."""
    UNMATCHED = "unmatched"
    """The event types or the filter of its endpoint were changed, and it fits them no longer."""
    DISABLED = "disabled"
    """The endpoint was disabled or deleted."""


class AttemptOutcome(StrEnum):
    SUCCEEDED = "succeeded"
    CAPTURED = "captured"
    """The finished request is in the inspector."""
    REJECTED = "rejected"
    """The destination answered with something other than 2xx."""
    UNREACHABLE = "unreachable"
    """No status came: refused, timed out, name not found, bad certificate, no HTTP."""
    BLOCKED = "blocked"
    """The address guard or the request rules refused to send it."""
    CANCELLED = "cancelled"
    TRANSFORM_FAILED = "transform_failed"
    FAULT = "fault"
    """Hookbench itself failed: neither the code nor the destination is to blame."""


class RetryReason(StrEnum):
    """Why the next attempt comes when it does, or why none comes."""

    SCHEDULE = "schedule"
    RETRY_AFTER = "retry_after"
    """The destination asked for it by ``Retry-After``."""
    RETRY_AFTER_CUT = "retry_after_cut"
    """It asked for a longer wait than it gets."""
    REST = "rest"
    """After a 429 or a timeout it gets a minute at least."""
    EXHAUSTED = "exhausted"
    """The last attempt of the schedule was made."""
    GONE = "gone"
    """It answered 410, which disables the endpoint."""
    DISABLE = "disable"
    """It answered ``webhook-delivery: disable``."""
    ABORT = "abort"
    """It answered ``webhook-delivery: abort-message``."""
    ONCE = "once"
    """An example is sent once."""
    STOPPED = "stopped"
    """The delivery was stopped before it."""
    SHORTENED = "shortened"
    """The schedule was changed to one with fewer attempts."""


@dataclass(frozen=True, slots=True)
class Message:
    id: MessageId
    source_id: SourceId
    webhook_id: str
    """The sender's id, the same on each of its retries."""
    event_type: str
    origin: Origin
    body: bytes
    """The received body, byte for byte."""
    received_at: Millis


CAPTURED, FAULT = "captured", "fault"
"""States that pages name beside those of ``DeliveryState``: see ``Delivery.shown_state``."""


@dataclass(frozen=True, slots=True)
class Delivery:
    id: DeliveryId
    message_id: MessageId
    endpoint_id: EndpointId
    state: DeliveryState
    trigger: Trigger
    """What makes the next attempt happen."""
    attempts: int
    """How many attempts were made in all."""
    step: int
    """How many steps of the schedule are used up; a resend starts again at 0."""
    due_at: Millis | None
    """When the next attempt is to be made; ``None`` when there is none."""
    created_at: Millis
    updated_at: Millis
    faults: int = 0
    """Times in a row that Hookbench itself failed to make its next attempt."""
    fault: Cause | None = None
    """How it failed the last time; ``None`` once an attempt was made."""
    stopped_because: StoppedBecause | None = None
    captured: bool = False
    """It succeeded by going to the inspector; nothing was sent."""

    @property
    def shown_state(self) -> str:
        """The state that pages name: captured is told from sent, and a fault of Hookbench from code that failed."""
        if self.captured:
            return CAPTURED
        if self.state is DeliveryState.TRANSFORM_FAILED and self.fault:
            return FAULT
        return "retrying" if self.retrying else self.state.value

    @property
    def retrying(self) -> bool:
        """It failed at least once and is tried again; merely waiting for the first try is not that."""
        return self.state is DeliveryState.PENDING and self.trigger is Trigger.RETRY


@dataclass(frozen=True, slots=True)
class SentRequest:
    """What was sent, as a person may see it: the secrets in the headers are masked."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class ReceivedResponse:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    """At most 64 KiB of it: decompressed, and in UTF-8 where it is text."""
    truncated: bool
    """There was more, or more was to come when it broke off."""


@dataclass(frozen=True, slots=True)
class AttemptError:
    """Why an attempt did not succeed. ``line`` and ``column`` count from 1 in the user's own code."""

    kind: str
    cause: Cause
    line: int | None = None
    column: int | None = None
    source_line: str | None = None

    @property
    def message(self) -> str:
        """The cause in English."""
        return str(self.cause)


@dataclass(frozen=True, slots=True)
class ConsoleLine:
    level: str
    """``log``, ``info``, ``warn``, ``error`` or ``debug``."""
    text: str


@dataclass(frozen=True, slots=True)
class Attempt:
    id: AttemptId
    delivery_id: DeliveryId
    message_id: MessageId
    endpoint_id: EndpointId
    source_id: SourceId
    event_type: str
    number: int
    """Counts the attempts of one delivery from 1."""
    trigger: Trigger
    outcome: AttemptOutcome
    version_id: VersionId | None
    """The version of the code that ran; ``None`` when none did."""
    request: SentRequest | None
    response: ReceivedResponse | None
    error: AttemptError | None
    console: tuple[ConsoleLine, ...]
    transform_ms: float | None
    """Milliseconds the code ran for."""
    duration_ms: float
    """Milliseconds from the start of the attempt to its end."""
    started_at: Millis
    next_at: Millis | None
    """When the next attempt follows, as decided after this one."""
    because: RetryReason | None = None
    """Why then, or why there is none; ``None`` when it ended well or the code failed."""
    warnings: tuple[RunWarning, ...] = ()
    """What should be looked at in the result of the code."""


ACCEPTED = frozenset({AttemptOutcome.SUCCEEDED, AttemptOutcome.CAPTURED})


MASK = "••••••••"
"""Stands where a secret stood."""


def mask_headers(headers: Mapping[str, str], shown: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """The headers with every value masked but those named in ``shown`` (lower case). A scheme as ``Basic`` stays."""
    return tuple([(name, value if name.lower() in shown else mask(value)) for name, value in headers.items()])


def mask(value: str) -> str:
    """``Basic c2l0ZTprZXk=`` becomes ``Basic ••••••••``; anything else becomes dots: a key may have several words."""
    scheme, _, rest = value.partition(" ")
    return f"{scheme} {MASK}" if rest and scheme.lower() in {"basic", "bearer"} else MASK
