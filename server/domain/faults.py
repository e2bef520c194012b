"""What follows when Hookbench itself fails to make an attempt: a few more tries, then the delivery is parked.

Pure: time arrives as an argument. The count is kept with the delivery, so restarts and other processes share it.
"""

from dataclasses import dataclass

from server.domain.endpoints import UnreadableEndpoint
from server.domain.ids import Millis
from server.domain.reasons import Cause, Reason, because, listed
from server.domain.schedules import MINUTE, SECOND
from server.domain.transformations import FailureKind

KIND = FailureKind.INTERNAL
"""The kind of an attempt's error when Hookbench is to blame."""

MAX_TRIES = 5
"""Tries in a row that may fail by a fault of Hookbench; after the last one the delivery is parked."""

PAUSES: tuple[Millis, ...] = (5 * SECOND, 10 * SECOND, 30 * SECOND, 2 * MINUTE)

MAX_REASON = 200
"""Characters of the reason in a fault's sentence."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure of Hookbench. ``reason`` names what failed, without secrets and without a traceback."""

    reason: Cause
    outage: bool = False
    """Nothing could be attempted just now, whichever event it was: it waits for the end of that and is never parked."""
    lasting: bool = False
    """Trying again does not help until a person has done something, so the delivery is parked at once."""


def pause(count: int) -> Millis:
    """How long to wait after the fault with this number, counted from 1."""
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
    """``OverflowError in sandbox/locales.py``: the error's type and our file that it came through last.

    Never the error's own text, which may hold what it failed on.
    """
    place, trace = "", error.__traceback__
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename.replace("\\", "/")
        if "/server/" in path:
            place = path.rpartition("/server/")[2]
        trace = trace.tb_next
    name = type(error).__name__
    return (f"{name} in {place}" if place else name)[:MAX_REASON]
