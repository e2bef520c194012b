"""Typed ids: a prefix for the type, then a ULID, so that ids sort by creation time.

A ULID is 48 bits of milliseconds and 80 random bits, as 26 characters of Crockford's base 32 (https://github.com/ulid/spec).
Ids of the same millisecond count up from the first, so that they too sort in order: a queue sorted by id keeps the
order of arrival, and a new row goes to the end of its index.
"""

import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NewType, TypeVar

SourceId = NewType("SourceId", str)  # src_
EndpointId = NewType("EndpointId", str)  # ep_
VersionId = NewType("VersionId", str)  # ver_  one saved state of a transformation's code
ActivationId = NewType("ActivationId", str)  # act_  a version that began to serve
CodeDraftId = NewType("CodeDraftId", str)  # drf_  one saved revision of an endpoint's draft
TestCaseId = NewType("TestCaseId", str)  # tc_
BacktestId = NewType("BacktestId", str)  # bkt_  one run of code on stored events
ShadowId = NewType("ShadowId", str)  # shd_  a version that runs beside the active one
MessageId = NewType("MessageId", str)  # msg_  one received event
DeliveryId = NewType("DeliveryId", str)  # dlv_  one message on its way to one endpoint
AttemptId = NewType("AttemptId", str)  # att_  one try of one delivery
ReplayId = NewType("ReplayId", str)  # rpl_  one run that makes many deliveries due again
NoticeId = NewType("NoticeId", str)  # ntc_  one operational event, such as an endpoint that was disabled
NotificationId = NewType("NotificationId", str)  # ntf_  one operational event on its way to a person
AuditId = NewType("AuditId", str)  # aud_  one change of an endpoint, and who made it
InspectorAddressId = NewType("InspectorAddressId", str)  # ins_
InspectedRequestId = NewType("InspectedRequestId", str)  # inr_  one request that an address of the inspector received
UserId = NewType("UserId", str)  # usr_
ProcessId = NewType("ProcessId", str)  # wrk_  the worker of one process, which leases deliveries

PREFIXES: Mapping[Callable[[str], str], str] = {
    SourceId: "src",
    EndpointId: "ep",
    VersionId: "ver",
    ActivationId: "act",
    CodeDraftId: "drf",
    TestCaseId: "tc",
    BacktestId: "bkt",
    ShadowId: "shd",
    MessageId: "msg",
    DeliveryId: "dlv",
    AttemptId: "att",
    ReplayId: "rpl",
    NoticeId: "ntc",
    NotificationId: "ntf",
    AuditId: "aud",
    InspectorAddressId: "ins",
    InspectedRequestId: "inr",
    UserId: "usr",
    ProcessId: "wrk",
}

Id = TypeVar("Id", bound=str)

Millis = int
"""A time as whole milliseconds since 1970-01-01T00:00:00Z; also a duration in milliseconds."""


RANDOM_BITS = 80
MAX_MOMENT: Millis = 2**48 - 1
"""The last one that an id can hold."""
CLOCK_BACK: Millis = 10_000
"""If the clock was set back by more than this, new ids follow it; by less, ids count up until the clock catches up."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_DIGITS = frozenset(_ALPHABET)
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]

_TYPED = re.compile(rf"({'|'.join(PREFIXES.values())})_([0-9a-z]{{0,26}})", re.IGNORECASE | re.ASCII)

_making = threading.Lock()
_last = 0


def as_stored(typed: str) -> str:
    """An id, or the beginning of one, as it is stored, whatever case it was typed in: ``ATT_01k`` → ``att_01K``.

    Any other text stays as it is.
    """
    found = _TYPED.fullmatch(typed)
    return f"{found[1].lower()}_{found[2].upper()}" if found else typed


def mint(kind: Callable[[str], Id]) -> Id:
    """A new id of this type, greater than every earlier one: ``mint(MessageId)`` → ``msg_01JD…``."""
    return kind(unique(PREFIXES[kind]))


def unique(prefix: str) -> str:
    """A new id in the form of ``mint`` for anything that is not one of our rows, such as a webhook id."""
    global _last
    now = time.time_ns() // 1_000_000
    with _making:
        if _last >> RANDOM_BITS < now or _last >> RANDOM_BITS > now + CLOCK_BACK:
            _last = now << RANDOM_BITS | int.from_bytes(os.urandom(RANDOM_BITS // 8))
        else:
            _last += 1
        return f"{prefix}_{_encoded(_last)}"


def earliest(kind: Callable[[str], Id], moment: Millis) -> Id:
    """The smallest possible id at ``moment``: any id at or after it was minted then or later.

    Moments before 1970 count as 1970: a machine without a battery may start there, and retention subtracts days.
    """
    prefix = PREFIXES[kind]
    return kind(f"{prefix}_{_encoded(min(max(0, moment), MAX_MOMENT) << RANDOM_BITS)}"[: len(prefix) + 11])


def minted_at(id: str) -> Millis | None:
    """When an id was minted; ``None`` for text that is not the id of one of our rows."""
    time_part = id.partition("_")[2][:10]
    if len(time_part) < 10 or not set(time_part) <= _DIGITS:
        return None
    moment = 0
    for digit in time_part:
        moment = moment << 5 | _ALPHABET.index(digit)
    return moment


def _encoded(ulid: int) -> str:
    """A ULID as 26 characters. Ids of one millisecond differ only in the last eight, so the others are cached."""
    pairs = _PAIRS
    last = f"{pairs[ulid >> 30 & 1023]}{pairs[ulid >> 20 & 1023]}{pairs[ulid >> 10 & 1023]}{pairs[ulid & 1023]}"
    return _first(ulid >> 40) + last


@lru_cache(maxsize=2)
def _first(bits: int) -> str:
    return "".join([_PAIRS[bits >> shift & 1023] for shift in range(80, -1, -10)])
