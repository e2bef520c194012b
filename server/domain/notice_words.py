"""What an operational event says: the same sentences on pages, in mail and to the webhook."""

from datetime import UTC, datetime

from server.domain.endpoints import DisabledBecause
from server.domain.ids import Millis
from server.domain.notices import REPLAY, WAITING, Kind, Notice
from server.domain.sentences import Sentence, say

TITLES = {
    Kind.DISABLED: say("Endpoint disabled"),
    Kind.WARNED: say("Endpoint about to be disabled"),
    Kind.EXHAUSTED: say("Delivery failed for good"),
    Kind.RECOVERED: say("Endpoint recovered"),
    Kind.TRANSFORM_FAILING: say("Transformation failing"),
    Kind.TRANSFORM_SLOW: say("Transformation too slow"),
    Kind.FAULT: say("Fault of Hookbench"),
}

EXPLAINED = {
    Kind.DISABLED: say("An endpoint was switched off because of what its destination answered, or did not."),
    Kind.WARNED: say("An endpoint has failed for days and will soon be switched off."),
    Kind.EXHAUSTED: say("An event was given up after its last attempt."),
    Kind.RECOVERED: say("An endpoint that had lost events, or was about to be disabled, took one again."),
    Kind.TRANSFORM_FAILING: say("An endpoint's code fails; its events wait until it is mended."),
    Kind.TRANSFORM_SLOW: say("An endpoint's code keeps running out of time, and runs apart from the others now."),
    Kind.FAULT: say("Hookbench itself failed, so that events are parked or wait."),
}
"""What each kind is, for whoever chooses which are sent."""

DISABLED = {
    DisabledBecause.GONE: say("The destination answered 410 (gone), so nothing more is sent to it."),
    DisabledBecause.ASKED: say(
        "The destination asked for it (webhook-delivery: disable), so nothing more is sent to it."
    ),
    DisabledBecause.FAILING: say("Every attempt of the last five days failed, so nothing more is sent to it."),
    DisabledBecause.PERSON: say("A person switched it off."),
}


def text(notice: Notice) -> Sentence:
    """What happened, in a sentence or two. Names of endpoints and texts of errors stand beside it, not in it."""
    detail = notice.detail
    match notice.kind:
        case Kind.DISABLED:
            return DISABLED[DisabledBecause(str(detail["because"]))]
        case Kind.WARNED:
            return say(
                "Every attempt since {since} failed. Unless one succeeds, the endpoint is disabled from {moment} on.",
                since=moment(detail["failing_since"]),
                moment=moment(detail["disabled_from"]),
            )
        case Kind.EXHAUSTED if notice.count > 1:
            return say("{count} events were given up after their last attempt.", count=notice.count)
        case Kind.EXHAUSTED:
            return say(
                "An event of the type {type} was given up; attempts made: {attempts}.",
                type=str(detail["event_type"]),
                attempts=int(detail["attempts"]),
            )
        case Kind.RECOVERED:
            return say("It took an event again after a time of failures.")
        case Kind.TRANSFORM_FAILING if notice.count > 1:
            return say("The code failed for {count} events, which wait until it is mended.", count=notice.count)
        case Kind.TRANSFORM_FAILING:
            return say(
                "The code failed for an event of the type {type}, which waits until it is mended.",
                type=str(detail["event_type"]),
            )
        case Kind.TRANSFORM_SLOW:
            return say(
                "Version {version} of the code ran out of time {timeouts} times in a row. It runs apart from the "
                "others, with pauses, until it ends in time or is changed.",
                version=int(detail["version"]),
                timeouts=int(detail["timeouts"]),
            )
        case Kind.FAULT if detail.get("about") == WAITING:
            return say("Events wait because Hookbench cannot make attempts at the moment. They go out once it can.")
        case Kind.FAULT if detail.get("about") == REPLAY:
            return say("A replay was stopped because Hookbench itself failed at it again and again.")
        case Kind.FAULT if notice.count > 1:
            return say(
                "{count} events were parked because Hookbench itself failed. Resend them, or re-run what is parked.",
                count=notice.count,
            )
        case Kind.FAULT:
            return say(
                "An event of the type {type} was parked because Hookbench itself failed. Resend it, or re-run what is "
                "parked.",
                type=str(detail["event_type"]),
            )


def moment(at: str | int | Millis) -> str:
    """1790000000000 → ``2026-09-21 14:13 UTC``"""
    return datetime.fromtimestamp(int(at) / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
