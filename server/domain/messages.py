"""A message is one received event; a delivery is that message on its way to one endpoint; an attempt is one try."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from server.domain.ids import AttemptId, DeliveryId, EndpointId, MessageId, Millis, SourceId, VersionId
from server.domain.readings import Reading
from server.domain.reasons import Cause
from server.domain.verdicts import Verdict
from server.domain.warnings import RunWarning


class Origin(StrEnum):
    RECEIVED = "received"
    EXAMPLE = "example"
    """Created by **Send example** on an endpoint's Testing tab."""


class Trigger(StrEnum):
    """What caused an attempt."""

    EVENT = "event"
    RETRY = "retry"
    RESEND = "resend"
    REPLAY = "replay"
    """A replay made the delivery due again."""
    EXAMPLE = "example"


class DeliveryState(StrEnum):
    PENDING = "pending"
    """Waiting for its first or next attempt."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """Every attempt of the schedule failed."""
    CANCELLED = "cancelled"
    """The code decided to send nothing. Not a success."""
    TRANSFORM_FAILED = "transform_failed"
    """Parked: the code failed, or Hookbench did (then ``Delivery.fault`` says how). Never counts against the
    destination."""
    STOPPED = "stopped"
    """Ended before its schedule did; ``Delivery.stopped_because`` says why."""


class StoppedBecause(StrEnum):
    """Why a delivery was ended before its schedule did."""

    PERSON = "person"
    """A person stopped or skipped it."""
    UNMATCHED = "unmatched"
    """It no longer matches the event types or filter of its endpoint, which were changed."""
    DISABLED = "disabled"
    """The endpoint was disabled."""
    DELETED = "deleted"
    """The endpoint was deleted. Restoring it makes the delivery pending again."""


class AttemptOutcome(StrEnum):
    SUCCEEDED = "succeeded"
    CAPTURED = "captured"
    """The finished request is in the inspector."""
    REJECTED = "rejected"
    """The destination responded with a status other than 2xx, or, as its contract reads the response, rejected it."""
    UNREACHABLE = "unreachable"
    """No status arrived: connection refused, timeout, unknown host, bad certificate, or not HTTP."""
    BLOCKED = "blocked"
    """The address guard or the request rules forbid sending it."""
    CANCELLED = "cancelled"
    TRANSFORM_FAILED = "transform_failed"
    FAULT = "fault"
    """Hookbench failed; neither the code nor the destination is the cause."""


class RetryReason(StrEnum):
    """Why the next attempt comes when it does, or why none comes."""

    SCHEDULE = "schedule"
    RETRY_AFTER = "retry_after"
    """The destination asked for this wait with ``Retry-After``."""
    RETRY_AFTER_CUT = "retry_after_cut"
    """The destination asked for a longer wait than the schedule allows."""
    REST = "rest"
    """After a 429 or a timeout the wait is at least a minute."""
    EXHAUSTED = "exhausted"
    """The last attempt of the schedule was made."""
    GONE = "gone"
    """The destination responded 410, which disables the endpoint."""
    DISABLE = "disable"
    """The destination responded with ``webhook-delivery: disable``."""
    ABORT = "abort"
    """The destination responded with ``webhook-delivery: abort-message``."""
    POINTLESS = "pointless"
    """The destination would reject the same request again, as its contract reads the response."""
    ONCE = "once"
    """An example is sent only once."""
    STOPPED = "stopped"
    """The delivery was stopped before the next attempt."""
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


CAPTURED, FAULT, RETRYING = "captured", "fault", "retrying"
"""States that pages show besides those of ``DeliveryState``: see ``Delivery.shown_state``."""

URGENCY = ("failed", FAULT, "transform_failed", RETRYING, "pending", "stopped")
"""Shown states of deliveries in the order in which people must look at them; the others follow."""


@dataclass(frozen=True, slots=True)
class Delivery:
    id: DeliveryId
    message_id: MessageId
    endpoint_id: EndpointId
    state: DeliveryState
    trigger: Trigger
    """What causes the next attempt."""
    attempts: int
    """How many attempts it has had in total."""
    step: int
    """How many steps of the schedule are used; a resend starts again at 0."""
    due_at: Millis | None
    """When the next attempt is due; ``None`` when there is none."""
    created_at: Millis
    updated_at: Millis
    faults: int = 0
    """Consecutive faults of Hookbench in making its next attempt."""
    fault: Cause | None = None
    """The latest of these faults; ``None`` once an attempt was made."""
    stopped_because: StoppedBecause | None = None
    captured: bool = False
    """It succeeded by being captured in the inspector; nothing was sent."""
    version_id: VersionId | None = None
    """The version of the code that a person chose for its next attempts; ``None``: the one that is active then."""

    @property
    def shown_state(self) -> str:
        """The state that pages show, which tells captured from sent, and a fault of Hookbench from failed code."""
        if self.captured:
            return CAPTURED
        if self.state is DeliveryState.TRANSFORM_FAILED and self.fault:
            return FAULT
        return RETRYING if self.retrying else self.state.value

    @property
    def urgency(self) -> int:
        """Its place in ``URGENCY``."""
        state = self.shown_state
        return URGENCY.index(state) if state in URGENCY else len(URGENCY)

    @property
    def retrying(self) -> bool:
        """Whether it waits for a retry after a failed attempt, as opposed to its first attempt."""
        return self.state is DeliveryState.PENDING and self.trigger is Trigger.RETRY


@dataclass(frozen=True, slots=True)
class SentRequest:
    """The sent request as it is recorded: secrets in the headers are masked."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def has_masks(self) -> bool:
        """Whether a secret was masked in it."""
        texts = (self.url, *(value for _, value in self.headers))
        return any(MASK in text for text in texts) or MASK.encode() in self.body


@dataclass(frozen=True, slots=True)
class ReceivedResponse:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    """At most 64 KiB, decompressed, and in UTF-8 if it is text."""
    truncated: bool
    """The body was longer, or the connection broke off before its end."""


@dataclass(frozen=True, slots=True)
class AttemptError:
    """Why an attempt did not succeed. ``line`` and ``column`` count from 1 in the user's code."""

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
    """The number of this attempt of its delivery, from 1."""
    trigger: Trigger
    outcome: AttemptOutcome
    version_id: VersionId | None
    """The version of the code that ran; ``None`` when no code ran."""
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
    """When the next attempt is due, as decided after this one."""
    because: RetryReason | None = None
    """The reason for ``next_at``, or for no next attempt; ``None`` after a success or a failure of the code."""
    warnings: tuple[RunWarning, ...] = ()
    """Suspicious things in the result of the code."""
    verdict: Verdict | None = None
    """What the card's contract says about the request; ``None`` when nothing judged it."""
    reading: Reading | None = None
    """What the contract reads in the response, for the decision that follows. Not stored."""

    @property
    def delivered_but_rejected(self) -> bool:
        """Whether the destination rejected the event despite a status of 2xx."""
        return self.outcome is AttemptOutcome.REJECTED and bool(self.response and 200 <= self.response.status < 300)


ACCEPTED = frozenset({AttemptOutcome.SUCCEEDED, AttemptOutcome.CAPTURED})


MASK = "••••••••"
"""Replaces a secret."""


def mask_headers(headers: Mapping[str, str], shown: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """The headers, masked except for the names in ``shown`` (lower case). Schemes like ``Basic`` stay readable."""
    return tuple([(name, value if name.lower() in shown else mask(value)) for name, value in headers.items()])


def mask(value: str) -> str:
    """``Basic c2l0ZTprZXk=`` becomes ``Basic ••••••••``; anything else becomes dots: a key may have several words."""
    scheme, _, rest = value.partition(" ")
    return f"{scheme} {MASK}" if rest and scheme.lower() in {"basic", "bearer"} else MASK
