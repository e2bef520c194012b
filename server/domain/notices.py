"""Operational events: what happens to deliveries that a person should know of without looking for it.

What happens again and again is one notice with a count, so a flood of failures makes few of them. Pure: time and ids
arrive as arguments.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from server.domain.endpoints import DisabledBecause, Version
from server.domain.faults import KIND, Fault
from server.domain.ids import EndpointId, MessageId, Millis, NoticeId, SourceId
from server.domain.messages import Attempt, AttemptError, AttemptOutcome, DeliveryState, Trigger

HOUR: Millis = 3_600_000
DAY: Millis = 24 * HOUR

LONGEST_REASON = 500
"""Characters kept of the reason of a failure; the attempt in the log has all of it."""


class Kind(StrEnum):
    DISABLED = "endpoint.disabled"
    """An endpoint was switched off, and not by a person."""
    WARNED = "endpoint.about_to_be_disabled"
    EXHAUSTED = "message.exhausted"
    """A delivery failed for good."""
    RECOVERED = "endpoint.recovered"
    """An endpoint that lost deliveries, or was about to be disabled, took one again."""
    TRANSFORM_FAILING = "transformation.failing"
    """A version of an endpoint's code fails; its events are parked."""
    TRANSFORM_SLOW = "transformation.too_slow"
    """A version of an endpoint's code ran out of time again and again; it runs in the slow lane now."""
    FAULT = "hookbench.fault"
    """Hookbench itself failed: deliveries are parked, or wait until it can make attempts again."""


GATHERED: Mapping[Kind, Millis] = {
    Kind.DISABLED: 0,
    Kind.WARNED: 0,
    Kind.EXHAUSTED: HOUR,
    Kind.RECOVERED: HOUR,
    Kind.TRANSFORM_FAILING: DAY,
    Kind.TRANSFORM_SLOW: DAY,
    Kind.FAULT: HOUR,
}
"""For how long the same thing, about the same endpoint, is counted in one notice."""

TROUBLES = (Kind.WARNED, Kind.EXHAUSTED)
"""What an endpoint recovers from."""


@dataclass(frozen=True, slots=True)
class Happened:
    """Something a person should know of, as it happened once."""

    kind: Kind
    source_id: SourceId
    endpoint_id: EndpointId
    at: Millis
    message_id: MessageId | None = None
    """The event that it showed at."""
    subject: str = ""
    """What else tells one notice from another: of failing or slow code its version's id."""
    detail: Mapping[str, str | int] = field(default_factory=dict)
    """What its sentences are made from, see ``notice_words``."""


@dataclass(frozen=True, slots=True)
class Notice:
    id: NoticeId
    kind: Kind
    source_id: SourceId
    endpoint_id: EndpointId | None
    message_id: MessageId | None
    """The latest event that it showed at."""
    detail: Mapping[str, str | int]
    """Of the latest time."""
    count: int
    """How often it happened between ``created_at`` and ``updated_at``."""
    created_at: Millis
    updated_at: Millis
    seen_at: Millis | None

    @property
    def error(self) -> AttemptError | None:
        """Why the latest attempt failed, where that is known."""
        if "error" not in self.detail:
            return None
        return AttemptError(str(self.detail["error_kind"]), str(self.detail["error"]))


def disabled(
    source_id: SourceId, endpoint_id: EndpointId, because: DisabledBecause, at: Millis, message_id: MessageId | None
) -> Happened:
    """``message_id``: the event after which it was switched off."""
    return Happened(Kind.DISABLED, source_id, endpoint_id, at, message_id, detail={"because": because.value})


def warned(
    source_id: SourceId,
    endpoint_id: EndpointId,
    *,
    failing_since: Millis,
    disabled_from: Millis,
    at: Millis,
    message_id: MessageId | None,
) -> Happened:
    """The endpoint fails since a moment, and is switched off from another on unless something succeeds."""
    detail = {"failing_since": failing_since, "disabled_from": disabled_from}
    return Happened(Kind.WARNED, source_id, endpoint_id, at, message_id, detail=detail)


def recovered(attempt: Attempt) -> Happened:
    at = attempt.started_at + round(attempt.duration_ms)
    return Happened(Kind.RECOVERED, attempt.source_id, attempt.endpoint_id, at, attempt.message_id)


def too_slow(source_id: SourceId, version: Version, timeouts: int, at: Millis) -> Happened:
    """The version ran out of time so often in a row that it was put into the slow lane."""
    detail = {"version": version.number, "timeouts": timeouts}
    return Happened(Kind.TRANSFORM_SLOW, source_id, version.endpoint_id, at, None, version.id, detail)


WAITING = "waiting"
"""The subject of a fault that deliveries wait out, rather than being parked by it."""
REPLAY = "replay"
"""The subject of a fault that ended a replay."""


def waiting_for_us(
    source_id: SourceId, endpoint_id: EndpointId, message_id: MessageId, event_type: str, fault: Fault, at: Millis
) -> Happened:
    """Hookbench can make no attempts at the moment, so the event waits."""
    detail: dict[str, str | int] = {"event_type": event_type, "about": WAITING, **_error_of(str(fault.sentence))}
    return Happened(Kind.FAULT, source_id, endpoint_id, at, message_id, WAITING, detail)


def replay_ended(source_id: SourceId, endpoint_id: EndpointId, fault: Fault, at: Millis) -> Happened:
    """A replay was stopped because Hookbench failed at it again and again."""
    detail: dict[str, str | int] = {"about": REPLAY, **_error_of(str(fault.sentence))}
    return Happened(Kind.FAULT, source_id, endpoint_id, at, None, REPLAY, detail)


def _error_of(sentence: str) -> dict[str, str | int]:
    return {"error_kind": KIND, "error": sentence[:LONGEST_REASON]}


def of_attempt(attempt: Attempt, state: DeliveryState) -> Happened | None:
    """What an attempt that left its delivery in ``state`` is worth telling; ``None`` for nearly all.

    Whoever sends an example looks at it already.
    """
    if attempt.trigger is Trigger.EXAMPLE:
        return None
    if attempt.outcome is AttemptOutcome.FAULT and state is not DeliveryState.PENDING:
        return _at_attempt(Kind.FAULT, attempt, "", {})
    match state:
        case DeliveryState.FAILED:
            detail: dict[str, str | int] = {"attempts": attempt.number}
            return _at_attempt(Kind.EXHAUSTED, attempt, "", detail)
        case DeliveryState.TRANSFORM_FAILED:
            return _at_attempt(Kind.TRANSFORM_FAILING, attempt, attempt.version_id or "", {})
        case _:
            return None


def _at_attempt(kind: Kind, attempt: Attempt, subject: str, detail: Mapping[str, str | int]) -> Happened:
    said: dict[str, str | int] = {"event_type": attempt.event_type, **detail}
    if attempt.error:
        said |= {"error_kind": attempt.error.kind, "error": attempt.error.message[:LONGEST_REASON]}
        if attempt.error.line:
            said["line"] = attempt.error.line
    if attempt.response:
        said["status"] = attempt.response.status
    at = attempt.started_at + round(attempt.duration_ms)
    return Happened(kind, attempt.source_id, attempt.endpoint_id, at, attempt.message_id, subject, said)
