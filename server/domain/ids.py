"""Typed ids: a prefix that says what it names, then a ULID, so that ids sort by the time they were made."""

from typing import NewType

from ulid import ULID

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

Millis = int
"""A moment: whole milliseconds since 1970-01-01T00:00:00Z."""


def mint(prefix: str) -> str:
    """A new id such as ``msg_01JD…``: the prefix, an underscore, 26 characters of Crockford's base 32."""
    return f"{prefix}_{ULID()}"


def earliest(prefix: str, moment: Millis) -> str:
    """The smallest id that could have been minted at ``moment``; ids at or after it are from then or later."""
    return f"{prefix}_{ULID.from_timestamp(moment / 1000)}"[: len(prefix) + 11]
