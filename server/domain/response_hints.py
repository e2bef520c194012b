"""Hints in a destination's response beyond success or failure: when to retry, and whether to retry at all."""

from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum

from server.domain.endpoints import DisabledBecause
from server.domain.ids import Millis
from server.domain.messages import Attempt

GONE = 410
TOO_MANY = 429
TIMEOUT = "timeout"
"""The error kind of an attempt that got no complete response in time."""


class DeliveryDirective(StrEnum):
    """The values of the response header ``webhook-delivery``."""

    DISABLE = "disable"
    """Send this endpoint nothing more."""
    ABORT = "abort-message"
    """Do not try this message again."""


_ASKED = {asked.value: asked for asked in DeliveryDirective}


@dataclass(frozen=True, slots=True)
class ResponseHints:
    """What a response, or its absence, says about retries and about disabling the endpoint."""

    gone: bool = False
    """The status was 410 Gone."""
    asked: DeliveryDirective | None = None
    retry_after: Millis | None = None
    """The wait that ``Retry-After``, or a header or field that the contract names, asks for; ``None`` without a valid
    one. The longest counts."""
    overwhelmed: bool = False
    """The destination needs a longer wait: the status was 429, the contract reads the response like one, or no complete
    response came in time."""
    pointless: bool = False
    """The destination would reject the same request again, or sending it again does harm, as the contract reads it."""

    @property
    def disables(self) -> DisabledBecause | None:
        """Why to disable the endpoint; ``None`` if not. The header counts regardless of the status."""
        if self.gone:
            return DisabledBecause.GONE
        return DisabledBecause.ASKED if self.asked is DeliveryDirective.DISABLE else None


def hints_of(attempt: Attempt, now: Millis) -> ResponseHints:
    """The hints in the response of an attempt. Values that cannot be understood are ignored."""
    if attempt.response is None:
        return ResponseHints(overwhelmed=attempt.error is not None and attempt.error.kind == TIMEOUT)
    status = attempt.response.status
    headers = {name.lower(): value for name, value in reversed(attempt.response.headers)}  # first of a name counts
    reading = attempt.reading
    waits = (_retry_after(headers.get("retry-after", ""), now), reading.wait_ms if reading else None)
    return ResponseHints(
        gone=status == GONE,
        asked=_ASKED.get(headers.get("webhook-delivery", "").strip().lower()),
        retry_after=max((wait for wait in waits if wait is not None), default=None),
        overwhelmed=status == TOO_MANY or bool(reading and reading.limited),
        pointless=bool(reading and reading.rejected and not reading.retry),
    )


def _retry_after(value: str, now: Millis) -> Millis | None:
    """The wait from seconds or an HTTP date (RFC 9110, 10.2.3); ``None`` if empty, zero, in the past or invalid."""
    text = value.strip()
    if not text:
        return None
    if text.isascii() and text.isdecimal():
        wait = int(text[:20]) * 1000
    else:
        moment = _moment(text)
        if moment is None:
            return None
        wait = moment - now
    return wait if wait > 0 else None


def _moment(text: str) -> Millis | None:
    try:
        found = parsedate_to_datetime(text)
        # The standard demands UTC, so a date without a zone is in UTC.
        return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
