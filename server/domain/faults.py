"""What follows a fault of Hookbench: a few more tries, then the delivery is parked.

Pure: time is an argument. The count is stored with the delivery, so it survives restarts and all processes share it.
"""

from dataclasses import dataclass

from server.domain.cards import MissingCard
from server.domain.endpoints import UnreadableEndpoint
from server.domain.ids import Millis
from server.domain.reasons import Cause, Reason, because, listed
from server.domain.schedules import MINUTE, SECOND
from server.domain.transformations import FailureKind

KIND = FailureKind.INTERNAL
"""The error kind of an attempt that failed because of Hookbench."""

MAX_TRIES = 5
"""Consecutive tries that may end with a fault of Hookbench; after the last one the delivery is parked."""

PAUSES: tuple[Millis, ...] = (5 * SECOND, 10 * SECOND, 30 * SECOND, 2 * MINUTE)

MAX_REASON = 200
"""Characters of the reason in the sentence about a fault."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure of Hookbench. ``reason`` names what failed, without secrets and without a traceback."""

    reason: Cause
    outage: bool = False
    """No event can be attempted at the moment. The delivery waits until that ends and is never parked for it."""
    lasting: bool = False
    """Another try cannot succeed until a person acts, so the delivery is parked at once."""


def pause(count: int) -> Millis:
    """The wait after the ``count``-th fault in a row, counted from 1."""
    return PAUSES[min(count, len(PAUSES)) - 1]


def before_the_send(error: BaseException) -> Fault:
    return Fault(
        because(
            "fault_before_send",
            reason=reason_of(error),
        )
    )


def during_the_send(error: BaseException) -> Reason:
    return because("fault_during_send", reason=reason_of(error))


def not_kept_whole(error: BaseException) -> Reason:
    return because(
        "fault_not_stored",
        reason=reason_of(error),
    )


def unreadable_endpoint(error: BaseException) -> Fault:
    if isinstance(error, UnreadableEndpoint):
        parts = listed([because(f"part_{part}") for part in error.parts])
        return Fault(because("fault_endpoint_parts_unreadable", parts=parts), lasting=True)
    return Fault(because("fault_endpoint_unreadable", reason=reason_of(error)))


def missing_card(error: MissingCard) -> Fault:
    return Fault(because("fault_card_missing", card=error.name), lasting=True)


def missing_version() -> Fault:
    return Fault(because("fault_version_missing"), lasting=True)


def unreadable_event(error: BaseException) -> Fault:
    return Fault(because("fault_event_unreadable", reason=reason_of(error)))


def filter_failed(error: BaseException) -> Fault:
    return Fault(
        because(
            "fault_filter",
            reason=reason_of(error),
        )
    )


def replay_failed(error: BaseException) -> Fault:
    return Fault(because("fault_replay", reason=reason_of(error)))


def never_ended(minutes: int) -> Fault:
    return Fault(because("fault_never_ended", minutes=minutes))


SANDBOX_DOWN = Fault(because("fault_sandbox_down"), outage=True)
NOTHING_LEFT = Fault(because("fault_out_of_resources"), outage=True)


def reason_of(error: BaseException) -> str:
    """``OverflowError in sandbox/locales.py``: the type of an error and our innermost file in its traceback.

    Never the error's own text, which may contain parts of an event or a secret.
    """
    place, trace = "", error.__traceback__
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename.replace("\\", "/")
        if "/server/" in path:
            place = path.rpartition("/server/")[2]
        trace = trace.tb_next
    name = type(error).__name__
    return (f"{name} in {place}" if place else name)[:MAX_REASON]
