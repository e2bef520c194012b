"""Typed ids: a prefix that says what it names, then a ULID, so that ids sort by the time they were made.

A ULID is 48 bits of milliseconds and 80 random ones, as 26 characters of Crockford's base 32 (https://github.com/ulid/spec).
Those made in one millisecond count on from the first, so that even they sort in their order: a queue that is worked
through by id keeps the order of arrival, and a new row is the last of its index.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NewType, TypeVar

SourceId = NewType("SourceId", str)  # src_
EndpointId = NewType("EndpointId", str)  # ep_
VersionId = NewType("VersionId", str)  # ver_  one saved state of a transformation's code
MessageId = NewType("MessageId", str)  # msg_  one received event
DeliveryId = NewType("DeliveryId", str)  # dlv_  one message on its way to one endpoint
AttemptId = NewType("AttemptId", str)  # att_  one try of one delivery
ReplayId = NewType("ReplayId", str)  # rpl_  one run that makes many deliveries due again
NoticeId = NewType("NoticeId", str)  # ntc_  one operational event, such as an endpoint that was disabled
NotificationId = NewType("NotificationId", str)  # ntf_  one notice on its way to a person
UserId = NewType("UserId", str)  # usr_
ProcessId = NewType("ProcessId", str)  # wrk_  the worker of one process, which leases deliveries

PREFIXES: Mapping[Callable[[str], str], str] = {
    SourceId: "src",
    EndpointId: "ep",
    VersionId: "ver",
    MessageId: "msg",
    DeliveryId: "dlv",
    AttemptId: "att",
    ReplayId: "rpl",
    NoticeId: "ntc",
    NotificationId: "ntf",
    UserId: "usr",
    ProcessId: "wrk",
}

Id = TypeVar("Id", bound=str)

Millis = int
"""A moment: whole milliseconds since 1970-01-01T00:00:00Z."""


RANDOM_BITS = 80
CLOCK_BACK: Millis = 10_000
"""A clock that was set back by more is believed; by less, ids count on until it has caught up."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]

_making = threading.Lock()
_last = 0


def mint(kind: Callable[[str], Id]) -> Id:
    """A new id of this type: ``mint(MessageId)`` → ``msg_01JD…``, greater than every one made before."""
    return kind(unique(PREFIXES[kind]))


def unique(prefix: str) -> str:
    """A new text as of ``mint``, for what is no row of ours, such as a webhook id."""
    global _last
    now = time.time_ns() // 1_000_000
    with _making:
        if _last >> RANDOM_BITS < now or _last >> RANDOM_BITS > now + CLOCK_BACK:
            _last = now << RANDOM_BITS | int.from_bytes(os.urandom(RANDOM_BITS // 8))
        else:
            _last += 1
        return f"{prefix}_{_encoded(_last)}"


def earliest(kind: Callable[[str], Id], moment: Millis) -> Id:
    """The smallest id that could have been minted at ``moment``; ids at or after it are from then or later."""
    prefix = PREFIXES[kind]
    return kind(f"{prefix}_{_encoded(moment << RANDOM_BITS)}"[: len(prefix) + 11])


def _encoded(ulid: int) -> str:
    """26 characters, two at a time. Those made in one millisecond differ in the last eight only."""
    pairs = _PAIRS
    last = f"{pairs[ulid >> 30 & 1023]}{pairs[ulid >> 20 & 1023]}{pairs[ulid >> 10 & 1023]}{pairs[ulid & 1023]}"
    return _first(ulid >> 40) + last


@lru_cache(maxsize=2)
def _first(bits: int) -> str:
    return "".join([_PAIRS[bits >> shift & 1023] for shift in range(80, -1, -10)])
