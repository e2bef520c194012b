"""The operational events, one entry each: what pages, settings, mails and the webhook show of one is all in its entry.

To add one: an entry here, a call of ``store.notices.add`` where it happens, and its translations.
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
"""What the database's column takes."""

Detail = Mapping[str, str | int]
"""The values of one occurrence that sentences are made from."""
Wording = Callable[[Detail, int], Sentence]
"""Makes a sentence from the latest occurrence's detail and the number of occurrences."""


class Severity(StrEnum):
    """The value is also the colour of its label on pages."""

    ERROR = "bad"
    WARNING = "warn"
    GOOD = "good"


class NextStep(StrEnum):
    """Where the page of operational events offers to go."""

    RECOVER_FAILED = "recover_failed"
    LOOK_AT_CODE = "look_at_code"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class OperationalEventType:
    key: str
    """Its name in the database and its ``type`` to the webhook: never changed."""
    title: Sentence
    """Also the subject of its mails."""
    description: Sentence
    """What it is, for whoever chooses which are sent."""
    severity: Severity
    wording: Wording
    """What happened, in a sentence or two. Names of endpoints and texts of errors stand beside it, not in it."""
    counted_together_ms: Millis = 0
    """How long the same thing at the same endpoint is counted in one entry instead of making another."""
    wording_when_none_parked: Wording | None = None
    """For one that says that deliveries are parked: what is said once none of the endpoint's is any more."""
    is_trouble: bool = False
    """An endpoint recovers from it."""
    next_step: NextStep | None = None
    sent_by_default: bool = True
    """Whether it is mailed and posted before anybody chose."""

    def __repr__(self) -> str:
        return f"<OperationalEventType {self.key}>"

    def mail_subject(self, about: str) -> str:
        return f"{self.title}: {about}"


OPERATIONAL_EVENTS: dict[str, OperationalEventType] = {}
"""All of them by key, in the order of the settings page."""


def sent_by_default() -> frozenset[str]:
    """The keys of those that are sent before anybody chose."""
    return frozenset(key for key, each in OPERATIONAL_EVENTS.items() if each.sent_by_default)


def troubles() -> frozenset[str]:
    """The keys of those that an endpoint recovers from."""
    return frozenset(key for key, each in OPERATIONAL_EVENTS.items() if each.is_trouble)


def moment(at: str | int | Millis) -> str:
    """1790000000000 → ``2026-09-21 14:13 UTC``"""
    return datetime.fromtimestamp(int(at) / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def register(event: OperationalEventType) -> OperationalEventType:
    """Put the entry into ``OPERATIONAL_EVENTS``. Raises ``ValueError`` for a key that is too long or taken."""
    if len(event.key) > MAX_KEY_CHARACTERS or event.key in OPERATIONAL_EVENTS:
        raise ValueError(f"The key {event.key} is too long or taken.")
    OPERATIONAL_EVENTS[event.key] = event
    return event


DISABLED_BECAUSE = {
    DisabledBecause.GONE: say("The destination answered 410 (gone), so nothing more is sent to it."),
    DisabledBecause.ASKED: say(
        "The destination asked for it (webhook-delivery: disable), so nothing more is sent to it."
    ),
    DisabledBecause.FAILING: say("Every attempt of the last five days failed, so nothing more is sent to it."),
    DisabledBecause.PERSON: say("A person switched it off."),
}

ENDPOINT_DISABLED = register(
    OperationalEventType(
        key="endpoint.disabled",
        title=say("Endpoint disabled"),
        description=say("An endpoint was switched off because of what its destination answered, or did not."),
        severity=Severity.ERROR,
        wording=lambda detail, count: DISABLED_BECAUSE[DisabledBecause(str(detail["because"]))],
    )
)


def _about_to_be_disabled(detail: Detail, count: int) -> Sentence:
    return say(
        "Every attempt since {since} failed. Unless one succeeds, the endpoint is disabled from {moment} on.",
        since=moment(detail["failing_since"]),
        moment=moment(detail["disabled_from"]),
    )


ENDPOINT_ABOUT_TO_BE_DISABLED = register(
    OperationalEventType(
        key="endpoint.about_to_be_disabled",
        title=say("Endpoint about to be disabled"),
        description=say("An endpoint has failed for days and will soon be switched off."),
        severity=Severity.WARNING,
        wording=_about_to_be_disabled,
        is_trouble=True,
    )
)


def _delivery_failed(detail: Detail, count: int) -> Sentence:
    if count > 1:
        return say("{count} events were given up after their last attempt.", count=count)
    return say(
        "An event of the type {type} was given up; attempts made: {attempts}.",
        type=str(detail["event_type"]),
        attempts=int(detail["attempts"]),
    )


DELIVERY_FAILED = register(
    OperationalEventType(
        key="message.exhausted",
        title=say("Delivery failed for good"),
        description=say("An event was given up after its last attempt."),
        severity=Severity.ERROR,
        wording=_delivery_failed,
        counted_together_ms=HOUR_MS,
        is_trouble=True,
        next_step=NextStep.RECOVER_FAILED,
    )
)

ENDPOINT_RECOVERED = register(
    OperationalEventType(
        key="endpoint.recovered",
        title=say("Endpoint recovered"),
        description=say("An endpoint that had lost events, or was about to be disabled, took one again."),
        severity=Severity.GOOD,
        wording=lambda detail, count: say("It took an event again after a time of failures."),
        counted_together_ms=HOUR_MS,
    )
)


def _transformation_failing(detail: Detail, count: int) -> Sentence:
    if count > 1:
        return say("The code failed for {count} events, which wait until it is mended.", count=count)
    return say(
        "The code failed for an event of the type {type}, which waits until it is mended.",
        type=str(detail["event_type"]),
    )


TRANSFORMATION_FAILING = register(
    OperationalEventType(
        key="transformation.failing",
        title=say("Transformation failing"),
        description=say("An endpoint's code fails; its events wait until it is mended."),
        severity=Severity.WARNING,
        wording=_transformation_failing,
        wording_when_none_parked=lambda detail, count: say(
            "The code failed for {count} events. None of them is parked any more.", count=count
        ),
        counted_together_ms=DAY_MS,
        next_step=NextStep.LOOK_AT_CODE,
    )
)


def _transformation_too_slow(detail: Detail, count: int) -> Sentence:
    return say(
        "Version {version} of the code ran out of time {timeouts} times in a row. It runs apart from the "
        "others, with pauses, until it ends in time or is changed.",
        version=int(detail["version"]),
        timeouts=int(detail["timeouts"]),
    )


TRANSFORMATION_TOO_SLOW = register(
    OperationalEventType(
        key="transformation.too_slow",
        title=say("Transformation too slow"),
        description=say("An endpoint's code keeps running out of time, and runs apart from the others now."),
        severity=Severity.WARNING,
        wording=_transformation_too_slow,
        counted_together_ms=DAY_MS,
        next_step=NextStep.LOOK_AT_CODE,
    )
)

WAITING = "waiting"
"""``about`` of a fault that deliveries wait out, rather than being parked by it."""
REPLAY = "replay"
"""``about`` of a fault that ended a replay."""


def _hookbench_fault(detail: Detail, count: int) -> Sentence:
    match detail.get("about"):
        case "waiting":
            return say("Events wait because Hookbench cannot make attempts at the moment. They go out once it can.")
        case "replay":
            return say("A replay was stopped because Hookbench itself failed at it again and again.")
    if count > 1:
        return say(
            "{count} events were parked because Hookbench itself failed. Resend them, or re-run what is parked.",
            count=count,
        )
    return say(
        "An event of the type {type} was parked because Hookbench itself failed. Resend it, or re-run what is parked.",
        type=str(detail["event_type"]),
    )


def _hookbench_fault_none_parked(detail: Detail, count: int) -> Sentence:
    if "about" in detail:  # nothing was parked by it
        return _hookbench_fault(detail, count)
    return say("Hookbench itself failed for {count} events. None of them is parked any more.", count=count)


HOOKBENCH_FAULT = register(
    OperationalEventType(
        key="hookbench.fault",
        title=say("Fault of Hookbench"),
        description=say("Hookbench itself failed, so that events are parked or wait."),
        severity=Severity.ERROR,
        wording=_hookbench_fault,
        wording_when_none_parked=_hookbench_fault_none_parked,
        counted_together_ms=HOUR_MS,
    )
)
