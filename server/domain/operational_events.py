"""Operational events as they occur and as they are stored: things a person should know without looking for them.

Repetitions are one event with a count, so that a flood of failures creates few events. ``operational_event_types``
holds the sentences of each type. Pure: time and ids are arguments.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from server.domain.endpoints import DisabledBecause
from server.domain.faults import KIND, Fault
from server.domain.ids import EndpointId, MessageId, Millis, NoticeId, SourceId
from server.domain.messages import Attempt, AttemptError, AttemptOutcome, DeliveryState, Trigger
from server.domain.operational_event_types import (
    DELIVERY_FAILED,
    ENDPOINT_ABOUT_TO_BE_DISABLED,
    ENDPOINT_DISABLED,
    ENDPOINT_FAILING,
    ENDPOINT_RECOVERED,
    HOOKBENCH_FAULT,
    REPLAY,
    TRANSFORMATION_FAILING,
    TRANSFORMATION_TOO_SLOW,
    WAITING,
    OperationalEventType,
)
from server.domain.reasons import Cause, dump_cause, load_cause
from server.domain.retries import WaitingRetries
from server.domain.sentences import Sentence
from server.domain.versions import Version

MAX_REASON_CHARACTERS = 500
"""Characters stored of the reason of a failure; the attempt in the log has all of it."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One occurrence of something that a person should know."""

    type: OperationalEventType
    source_id: SourceId
    endpoint_id: EndpointId
    at: Millis
    message_id: MessageId | None = None
    """The message that it happened to."""
    subject: str = ""
    """Repetitions are counted together only if this is the same too, for example the version id of failing code."""
    detail: Mapping[str, str | int] = field(default_factory=dict)
    """The values for its sentences."""


@dataclass(frozen=True, slots=True)
class OperationalEvent:
    id: NoticeId
    type: OperationalEventType
    source_id: SourceId
    endpoint_id: EndpointId | None
    message_id: MessageId | None
    """The latest message that it happened to."""
    detail: Mapping[str, str | int]
    """The values of the latest occurrence."""
    count: int
    """How often it happened between ``created_at`` and ``updated_at``."""
    created_at: Millis
    updated_at: Millis
    seen_at: Millis | None

    @property
    def error(self) -> AttemptError | None:
        """Why the latest attempt failed, if known."""
        if "error" not in self.detail:
            return None
        return AttemptError(str(self.detail["error_kind"]), load_cause(str(self.detail["error"])))

    @property
    def text(self) -> Sentence:
        """What happened. Raises ``KeyError``, ``ValueError`` or ``TypeError`` when the stored detail is damaged."""
        return self.type.wording(self.detail, self.count)


def disabled(
    source_id: SourceId, endpoint_id: EndpointId, because: DisabledBecause, at: Millis, message_id: MessageId | None
) -> Occurrence:
    """The endpoint was disabled. ``message_id``: the message whose attempt caused it."""
    return Occurrence(ENDPOINT_DISABLED, source_id, endpoint_id, at, message_id, detail={"because": because.value})


def warned(
    source_id: SourceId,
    endpoint_id: EndpointId,
    *,
    failing_since: Millis,
    disabled_from: Millis,
    at: Millis,
    message_id: MessageId | None,
) -> Occurrence:
    """The endpoint has failed since ``failing_since``; a failure from ``disabled_from`` on disables it."""
    detail = {"failing_since": failing_since, "disabled_from": disabled_from}
    return Occurrence(ENDPOINT_ABOUT_TO_BE_DISABLED, source_id, endpoint_id, at, message_id, detail=detail)


def failing(attempt: Attempt, first_failure_at: Millis, waiting: WaitingRetries | None) -> Occurrence:
    """Every attempt of the endpoint has failed since ``first_failure_at``."""
    return _after(ENDPOINT_FAILING, attempt, {"failing_since": first_failure_at, **_of_waiting(waiting)})


def recovered(attempt: Attempt, waiting: WaitingRetries | None = None) -> Occurrence:
    """The endpoint accepts events again, while ``waiting`` still waits for its retries."""
    return _after(ENDPOINT_RECOVERED, attempt, _of_waiting(waiting))


def _after(type_: OperationalEventType, attempt: Attempt, detail: Mapping[str, str | int]) -> Occurrence:
    at = attempt.started_at + round(attempt.duration_ms)
    return Occurrence(type_, attempt.source_id, attempt.endpoint_id, at, attempt.message_id, detail=detail)


def _of_waiting(waiting: WaitingRetries | None) -> dict[str, int]:
    if waiting is None:
        return {}
    return {
        "waiting": waiting.count,
        "more": int(waiting.more),
        "since": waiting.since,
        "next_at": waiting.next_at,
        "last_at": waiting.last_at,
    }


def too_slow(source_id: SourceId, version: Version, timeouts: int, at: Millis) -> Occurrence:
    """The version exceeded the time limit ``timeouts`` times in a row, so it now runs only in the slow slot."""
    detail = {"version": version.number, "timeouts": timeouts}
    return Occurrence(TRANSFORMATION_TOO_SLOW, source_id, version.endpoint_id, at, None, version.id, detail)


def waiting_for_us(
    source_id: SourceId, endpoint_id: EndpointId, message_id: MessageId, event_type: str, fault: Fault, at: Millis
) -> Occurrence:
    """Hookbench cannot make attempts at the moment, so the event waits."""
    detail: dict[str, str | int] = {"event_type": event_type, "about": WAITING, **_error_of(KIND, fault.reason)}
    return Occurrence(HOOKBENCH_FAULT, source_id, endpoint_id, at, message_id, WAITING, detail)


def replay_ended(source_id: SourceId, endpoint_id: EndpointId, fault: Fault, at: Millis) -> Occurrence:
    """A replay was stopped because of repeated faults of Hookbench."""
    detail: dict[str, str | int] = {"about": REPLAY, **_error_of(KIND, fault.reason)}
    return Occurrence(HOOKBENCH_FAULT, source_id, endpoint_id, at, None, REPLAY, detail)


def _error_of(kind: str, cause: Cause) -> dict[str, str | int]:
    shown = cause[:MAX_REASON_CHARACTERS] if isinstance(cause, str) else cause
    return {"error_kind": kind, "error": dump_cause(shown)}


def of_attempt(attempt: Attempt, state: DeliveryState) -> Occurrence | None:
    """The operational event for an attempt that left its delivery in ``state``; ``None`` for most attempts.

    Examples create none, because the person who sends one is looking at the result.
    """
    if attempt.trigger is Trigger.EXAMPLE:
        return None
    if attempt.outcome is AttemptOutcome.FAULT and state is not DeliveryState.PENDING:
        return _at_attempt(HOOKBENCH_FAULT, attempt, "", {})
    match state:
        case DeliveryState.FAILED:
            detail: dict[str, str | int] = {"attempts": attempt.number}
            return _at_attempt(DELIVERY_FAILED, attempt, "", detail)
        case DeliveryState.TRANSFORM_FAILED:
            return _at_attempt(TRANSFORMATION_FAILING, attempt, attempt.version_id or "", {})
        case _:
            return None


def _at_attempt(
    type_: OperationalEventType, attempt: Attempt, subject: str, detail: Mapping[str, str | int]
) -> Occurrence:
    said: dict[str, str | int] = {"event_type": attempt.event_type, **detail}
    if attempt.error:
        said |= _error_of(attempt.error.kind, attempt.error.cause)
        if attempt.error.line:
            said["line"] = attempt.error.line
    if attempt.response:
        said["status"] = attempt.response.status
    at = attempt.started_at + round(attempt.duration_ms)
    return Occurrence(type_, attempt.source_id, attempt.endpoint_id, at, attempt.message_id, subject, said)
