"""What a destination's answer says beyond yes or no: when to come again, and whether to come again at all."""

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
"""The kind of an attempt's error when no whole answer came in time."""


class DeliveryDirective(StrEnum):
    """What the response header ``webhook-delivery`` may say."""

    DISABLE = "disable"
    """Send this endpoint nothing more."""
    ABORT = "abort-message"
    """Do not try this message again."""


_ASKED = {asked.value: asked for asked in DeliveryDirective}


@dataclass(frozen=True, slots=True)
class ResponseHints:
    """What matters of an answer, or of silence, for what follows."""

    gone: bool = False
    """410: nothing is there any more."""
    asked: DeliveryDirective | None = None
    retry_after: Millis | None = None
    """The wait that was asked for; ``None`` when none was, or nothing that makes sense."""
    overwhelmed: bool = False
    """429, or no whole answer in time: it needs a rest."""

    @property
    def disables(self) -> DisabledBecause | None:
        """Why the endpoint is to be switched off, if it is. A header asks for it whatever the status."""
        if self.gone:
            return DisabledBecause.GONE
        return DisabledBecause.ASKED if self.asked is DeliveryDirective.DISABLE else None


def hints_of(attempt: Attempt, now: Millis) -> ResponseHints:
    """What the attempt that was just made brought back. Anything that is not understood is as if it were not there."""
    if attempt.response is None:
        return ResponseHints(overwhelmed=attempt.error is not None and attempt.error.kind == TIMEOUT)
    status = attempt.response.status
    headers = {name.lower(): value for name, value in reversed(attempt.response.headers)}  # the first of a name counts
    return ResponseHints(
        gone=status == GONE,
        asked=_ASKED.get(headers.get("webhook-delivery", "").strip().lower()),
        retry_after=_retry_after(headers.get("retry-after", ""), now),
        overwhelmed=status == TOO_MANY,
    )


def _retry_after(value: str, now: Millis) -> Millis | None:
    """Seconds or an HTTP date (RFC 9110, 10.2.3). Nothing, zero, the past and nonsense ask for no wait."""
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
        # A date without a zone is meant as UTC, which the standard demands.
        return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
