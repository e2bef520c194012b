"""The types of operational events. Each entry holds all that pages, settings, e-mails and the webhook show of one.

To add one: an entry here, a call of ``store.operational_events.add`` where it happens, and its translations.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from server.domain.endpoints import DisabledBecause
from server.domain.ids import Millis
from server.domain.sentences import Sentence, say

HOUR_MS: Millis = 3_600_000
DAY_MS: Millis = 24 * HOUR_MS
MAX_KEY_CHARACTERS = 32
"""The length of the database column."""

Detail = Mapping[str, str | int]
"""The values of one occurrence for its sentences."""
Wording = Callable[[Detail, int], Sentence]
"""Makes a sentence from the latest occurrence's detail and the number of occurrences."""


class Severity(StrEnum):
    """How bad an operational event is. The value is also the colour of its label on pages."""

    ERROR = "bad"
    WARNING = "warn"
    GOOD = "good"


class NextStep(StrEnum):
    """The action that the page of operational events offers."""

    RECOVER_FAILED = "recover_failed"
    LOOK_AT_CODE = "look_at_code"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class OperationalEventType:
    key: str
    """Its name in the database and its ``type`` in the webhook. It never changes."""
    title: Sentence
    """Also the subject of its e-mails."""
    description: Sentence
    """What it means, for the person who chooses which events to send."""
    severity: Severity
    wording: Wording
    """What happened, in a sentence or two. Endpoint names and error texts are shown beside it, not in it."""
    counted_together_ms: Millis = 0
    """How long repetitions at the same endpoint are counted in one event instead of creating another."""
    wording_when_none_parked: Wording | None = None
    """For an event that reports parked deliveries: the sentence once none of the endpoint's deliveries is parked."""
    is_trouble: bool = False
    """Whether an endpoint can recover from it."""
    next_step: NextStep | None = None
    about_waiting: bool = False
    """Whether pages show beside it what waits for a retry at its endpoint, and offer to retry that now."""
    sent_by_default: bool = True
    """Whether it is sent before anyone has chosen."""

    def __repr__(self) -> str:
        return f"<OperationalEventType {self.key}>"

    def mail_subject(self, about: str) -> str:
        return f"{self.title}: {about}"


OPERATIONAL_EVENTS: dict[str, OperationalEventType] = {}
"""All types by key, in the order of the settings page."""


def sent_by_default() -> frozenset[str]:
    """The keys of the types that are sent before anyone has chosen."""
    return frozenset(key for key, each in OPERATIONAL_EVENTS.items() if each.sent_by_default)


def troubles() -> frozenset[str]:
    """The keys of the types that an endpoint can recover from."""
    return frozenset(key for key, each in OPERATIONAL_EVENTS.items() if each.is_trouble)


def moment(at: str | int | Millis) -> str:
    """A time for people: 1790000000000 → ``2026-09-21 14:13 UTC``."""
    return datetime.fromtimestamp(int(at) / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def register(event: OperationalEventType) -> OperationalEventType:
    """Add a type to ``OPERATIONAL_EVENTS`` and return it. Raises ``ValueError`` for a key that is too long or taken."""
    if len(event.key) > MAX_KEY_CHARACTERS or event.key in OPERATIONAL_EVENTS:
        raise ValueError(f"The key {event.key} is too long or taken.")
    OPERATIONAL_EVENTS[event.key] = event
    return event


DISABLED_BECAUSE = {
    DisabledBecause.GONE: say("The destination returned 410 Gone, so nothing more is sent to it."),
    DisabledBecause.ASKED: say(
        "The destination requested it (webhook-delivery: disable), so nothing more is sent to it."
    ),
    DisabledBecause.FAILING: say("Every attempt in the last five days failed, so nothing more is sent to it."),
    DisabledBecause.PERSON: say("It was disabled manually."),
}

ENDPOINT_DISABLED = register(
    OperationalEventType(
        key="endpoint.disabled",
        title=say("Endpoint disabled"),
        description=say("An endpoint was disabled because of its destination's response, or because there was none."),
        severity=Severity.ERROR,
        wording=lambda detail, count: DISABLED_BECAUSE[DisabledBecause(str(detail["because"]))],
    )
)


def _about_to_be_disabled(detail: Detail, count: int) -> Sentence:
    return say(
        "Every attempt since {since} failed. Unless one succeeds, the endpoint will be disabled after {moment}.",
        since=moment(detail["failing_since"]),
        moment=moment(detail["disabled_from"]),
    )


ENDPOINT_ABOUT_TO_BE_DISABLED = register(
    OperationalEventType(
        key="endpoint.about_to_be_disabled",
        title=say("Endpoint will be disabled"),
        description=say("An endpoint has failed for days and will be disabled soon."),
        severity=Severity.WARNING,
        wording=_about_to_be_disabled,
        is_trouble=True,
        about_waiting=True,
    )
)


def _delivery_failed(detail: Detail, count: int) -> Sentence:
    if count > 1:
        return say("{count} events were not delivered.", count=count)
    return say(
        "A {type} event was not delivered. Attempts made: {attempts}.",
        type=str(detail["event_type"]),
        attempts=int(detail["attempts"]),
    )


DELIVERY_FAILED = register(
    OperationalEventType(
        key="message.exhausted",
        title=say("Retries exhausted"),
        description=say("An event was not delivered: all its attempts failed."),
        severity=Severity.ERROR,
        wording=_delivery_failed,
        counted_together_ms=HOUR_MS,
        is_trouble=True,
        next_step=NextStep.RECOVER_FAILED,
        about_waiting=True,
    )
)


def _waiting(detail: Detail) -> dict[str, str | int]:
    """The values of a sentence about what waited when it happened."""
    count = int(detail["waiting"])
    return {
        "count": f"> {count}" if detail.get("more") else count,
        "oldest": moment(detail["since"]),
        "next": moment(detail["next_at"]),
        "last": moment(detail["last_at"]),
    }


def _recovered(detail: Detail, count: int) -> Sentence:
    if "waiting" not in detail:
        return say("Deliveries are succeeding again.")
    return say(
        "Deliveries are succeeding again. Deliveries that then waited for a retry: {count}, the oldest since {oldest}. "
        "The next automatic retry is at {next}, the last one at {last}.",
        **_waiting(detail),
    )


def _failing(detail: Detail, count: int) -> Sentence:
    since = moment(detail["failing_since"])
    if "waiting" not in detail:
        return say("Every attempt since {since} failed.", since=since)
    return say(
        "Every attempt since {since} failed. Deliveries that then waited for a retry: {count}, the oldest since "
        "{oldest}. The next automatic retry is at {next}, the last one at {last}.",
        since=since,
        **_waiting(detail),
    )


ENDPOINT_FAILING = register(
    OperationalEventType(
        key="endpoint.failing",
        title=say("Endpoint is failing"),
        description=say("Every attempt of an endpoint has failed for a quarter of an hour."),
        severity=Severity.WARNING,
        wording=_failing,
        counted_together_ms=HOUR_MS,
        is_trouble=True,
        about_waiting=True,
    )
)

ENDPOINT_RECOVERED = register(
    OperationalEventType(
        key="endpoint.recovered",
        title=say("Endpoint recovered"),
        description=say("An endpoint that was failing is accepting events again."),
        severity=Severity.GOOD,
        wording=_recovered,
        counted_together_ms=HOUR_MS,
        about_waiting=True,
    )
)


def _transformation_failing(detail: Detail, count: int) -> Sentence:
    if count > 1:
        return say("The transformation failed for {count} events. They are parked until you fix it.", count=count)
    if detail.get("error_kind") == "contract":
        return say(
            "A {type} event was not sent, because the destination would not accept it. It is parked until you fix the "
            "transformation.",
            type=str(detail["event_type"]),
        )
    return say(
        "The transformation failed for a {type} event. It is parked until you fix it.",
        type=str(detail["event_type"]),
    )


def _transformation_failing_none_parked(detail: Detail, count: int) -> Sentence:
    if count > 1:
        return say("The transformation failed for {count} events. No event is parked any more.", count=count)
    return say("The transformation failed for one event. It is no longer parked.")


TRANSFORMATION_FAILING = register(
    OperationalEventType(
        key="transformation.failing",
        title=say("Transformation failing"),
        description=say("An endpoint's code fails. Its events are parked until you fix it."),
        severity=Severity.WARNING,
        wording=_transformation_failing,
        wording_when_none_parked=_transformation_failing_none_parked,
        counted_together_ms=DAY_MS,
        next_step=NextStep.LOOK_AT_CODE,
    )
)


def _transformation_too_slow(detail: Detail, count: int) -> Sentence:
    return say(
        "Version {version} of the code timed out {timeouts} times in a row. It runs separately, with pauses, "
        "until it finishes in time or you change it.",
        version=int(detail["version"]),
        timeouts=int(detail["timeouts"]),
    )


TRANSFORMATION_TOO_SLOW = register(
    OperationalEventType(
        key="transformation.too_slow",
        title=say("Transformation too slow"),
        description=say("An endpoint's code keeps timing out and now runs separately."),
        severity=Severity.WARNING,
        wording=_transformation_too_slow,
        counted_together_ms=DAY_MS,
        next_step=NextStep.LOOK_AT_CODE,
    )
)

WAITING = "waiting"
"""``about`` of a fault that does not park deliveries: they wait until it ends."""
REPLAY = "replay"
"""``about`` of a fault that ended a replay."""


def _hookbench_fault(detail: Detail, count: int) -> Sentence:
    match detail.get("about"):
        case "waiting":
            return say(
                "Events are waiting because Hookbench cannot make attempts right now. They are sent as soon as it can."
            )
        case "replay":
            return say("A replay was stopped because Hookbench failed repeatedly while running it.")
    if count > 1:
        return say(
            "{count} events were parked because Hookbench failed. Resend them, or re-run the parked deliveries.",
            count=count,
        )
    return say(
        "A {type} event was parked because Hookbench failed. Resend it, or re-run the parked deliveries.",
        type=str(detail["event_type"]),
    )


def _hookbench_fault_none_parked(detail: Detail, count: int) -> Sentence:
    if "about" in detail:  # nothing was parked by it
        return _hookbench_fault(detail, count)
    if count > 1:
        return say("Hookbench failed on {count} events. No event is parked any more.", count=count)
    return say("Hookbench failed on one event. It is no longer parked.")


HOOKBENCH_FAULT = register(
    OperationalEventType(
        key="hookbench.fault",
        title=say("Hookbench fault"),
        description=say("Hookbench itself failed, so events are parked or waiting."),
        severity=Severity.ERROR,
        wording=_hookbench_fault,
        wording_when_none_parked=_hookbench_fault_none_parked,
        counted_together_ms=HOUR_MS,
    )
)
