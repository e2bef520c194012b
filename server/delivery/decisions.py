"""Decides what follows an attempt and records it: the attempt, its delivery's new state, its endpoint's health.

One transaction writes all of it, so that no crash leaves an endpoint enabled that responded with 410. For a healthy
endpoint, nothing beside the attempt is read or written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from server.domain import health
from server.domain.endpoints import DisabledBecause
from server.domain.faults import KIND, not_kept_whole
from server.domain.health import HEALTHY, Health
from server.domain.ids import EndpointId, Millis, ProcessId
from server.domain.messages import Attempt, AttemptError, AttemptOutcome, DeliveryState, ReceivedResponse, Trigger
from server.domain.operational_events import Occurrence, disabled, warned
from server.domain.response_hints import ResponseHints, hints_of
from server.domain.retries import Finished, GiveUp, Park, RetryAt, decide
from server.store import Transaction, deliveries, endpoints, operational_events
from server.store.attempts import packed
from server.store.deliveries import AttemptRecord, ClaimedDelivery

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DecidedAttempt:
    """One attempt, and what follows for its delivery and its endpoint."""

    ended: AttemptRecord
    disables: DisabledBecause | None
    """Why the destination wants no more requests; ``None`` when it did not say so."""
    was_well: bool
    """The endpoint was healthy when the delivery was claimed."""
    about_the_content: bool = False
    """The destination refused this one request, which says nothing about its health."""

    @property
    def endpoint_id(self) -> EndpointId:
        return self.ended.attempt.endpoint_id

    @property
    def ended_at(self) -> Millis:
        return self.ended.attempt.started_at + round(self.ended.attempt.duration_ms)

    @property
    def tells(self) -> bool:
        """Whether the attempt may change the endpoint's health. A success cannot, when the endpoint was healthy."""
        outcome = self.ended.attempt.outcome
        if self.about_the_content:
            return self.disables is not None
        return self.disables is not None or health.failed(outcome) or (health.counts(outcome) and not self.was_well)


DONE = {
    AttemptOutcome.SUCCEEDED: DeliveryState.SUCCEEDED,
    AttemptOutcome.CAPTURED: DeliveryState.SUCCEEDED,
    AttemptOutcome.CANCELLED: DeliveryState.CANCELLED,
}


def decide_next(
    claimed: ClaimedDelivery, attempt: Attempt, *, owner: ProcessId, now: Millis, jitter: float
) -> DecidedAttempt:
    """Return the decision by the endpoint's schedule and the hints of the response. An example is sent only once."""
    try:
        said = hints_of(attempt, now)
    except Exception:  # the request was sent: odd hints in a response must not lose the attempt
        log.exception("delivery.answer_not_understood", attempt_id=attempt.id)
        said = ResponseHints()
    step = claimed.delivery.step + 1
    decision = decide(
        attempt.outcome,
        step=step,
        now=now,
        jitter=jitter,
        schedule=claimed.endpoint.controls.schedule,
        retryable=claimed.delivery.trigger is not Trigger.EXAMPLE,
        hints=said,
    )
    content = packed(attempt)
    match decision:
        case Finished():
            ended = AttemptRecord(owner, attempt, DONE[attempt.outcome], step, None, content)
        case RetryAt(at, because):
            attempt = replace(attempt, next_at=at, because=because)
            ended = AttemptRecord(owner, attempt, DeliveryState.PENDING, step, at, content)
        case GiveUp(because):
            attempt = replace(attempt, because=because)
            ended = AttemptRecord(owner, attempt, DeliveryState.FAILED, step, None, content)
        case Park():
            ended = AttemptRecord(owner, attempt, DeliveryState.TRANSFORM_FAILED, step, None, content)
    return DecidedAttempt(
        ended, said.disables, claimed.endpoint.health == HEALTHY, about_the_content=health.refuses_the_content(attempt)
    )


def without_content(attempt: Attempt, error: Exception) -> Attempt:
    """Return the attempt with its status, but without anything else that came from outside; ``error`` is why."""
    response = attempt.response
    return replace(
        attempt,
        request=None,
        response=ReceivedResponse(response.status, (), b"", True) if response else None,
        error=AttemptError(KIND, not_kept_whole(error)),
        console=(),
        warnings=(),
        verdict=None,
    )


def without_details(followed: DecidedAttempt, error: Exception) -> DecidedAttempt:
    """Return the decision without anything that came from outside, for when the database rejects that."""
    attempt = followed.ended.attempt
    bare = replace(without_content(attempt, error), duration_ms=min(max(attempt.duration_ms, 0.0), float(1 << 31)))
    return replace(followed, ended=replace(followed.ended, attempt=bare, content=None))


def record_alone(tx: Transaction, followed: DecidedAttempt) -> None:
    """Record an attempt with its delivery's state, and nothing else."""
    deliveries.record(tx, [followed.ended], tells=False)


def record(tx: Transaction, followed: Sequence[DecidedAttempt]) -> list[DisabledBecause | None]:
    """Record attempts, for ``Store.batch``. Returns for each attempt why it disabled its endpoint, or ``None``."""
    telling = {one.endpoint_id for one in followed if one.tells}
    # Lock endpoints before deliveries, as disabling an endpoint does: two processes must not wait for each other.
    known = endpoints.states(tx, telling) if telling else {}
    deliveries.record(tx, [one.ended for one in followed])
    return [_judge(tx, one, known) if one.endpoint_id in known else None for one in followed]


def _judge(
    tx: Transaction, one: DecidedAttempt, known: dict[EndpointId, tuple[Health, bool]]
) -> DisabledBecause | None:
    """Record what the attempt means for its endpoint. ``known`` is updated from one attempt to the next."""
    attempt = one.ended.attempt
    before, off = known[one.endpoint_id]
    judged = (
        health.HealthChange(before) if one.about_the_content else health.judge(before, attempt.outcome, one.ended_at)
    )
    because = one.disables or (DisabledBecause.FAILING if judged.disables else None)
    known[one.endpoint_id] = (judged.health, off or because is not None)
    if judged.health != before:
        endpoints.keep_health(tx, one.endpoint_id, before, judged.health)
        if judged.health == HEALTHY:
            operational_events.recover(tx, attempt)
    if off:
        return None
    if because is not None:
        _switch_off(tx, one, because)
    elif judged.warns:
        operational_events.add(tx, _warning(one, judged.health))
    elif judged.outage and judged.health.first_failure_at is not None:
        operational_events.fail(tx, attempt, judged.health.first_failure_at)
    return because


def _switch_off(tx: Transaction, one: DecidedAttempt, because: DisabledBecause) -> None:
    attempt, now = one.ended.attempt, one.ended_at
    endpoints.disable(tx, one.endpoint_id, because, now)
    deliveries.stop_all_of_endpoint(tx, one.endpoint_id, now)
    operational_events.add(tx, disabled(attempt.source_id, one.endpoint_id, because, now, attempt.message_id))


def _warning(one: DecidedAttempt, failing: Health) -> Occurrence:
    attempt = one.ended.attempt
    assert failing.failing_since is not None and failing.disabled_from is not None
    return warned(
        attempt.source_id,
        one.endpoint_id,
        failing_since=failing.failing_since,
        disabled_from=failing.disabled_from,
        at=one.ended_at,
        message_id=attempt.message_id,
    )
