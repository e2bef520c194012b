"""A source: one place events come from, with its own ingest address and signing secret."""

from dataclasses import dataclass
from enum import StrEnum

from server.domain.endpoints import FormerSecret
from server.domain.ids import Millis, SourceId


class Mode(StrEnum):
    """Dodo Payments keeps test and live apart; so do we, everywhere."""

    TEST = "test"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Source:
    id: SourceId
    name: str
    mode: Mode
    token: str
    """The last part of the ingest address ``/in/<token>``."""
    secret: str | None
    """Dodo's signing secret, ``whsec_…``. Without one every event is refused."""
    created_at: Millis
    former_secret: FormerSecret | None = None
    """Dodo's secret before the last change: while it rotates, it may sign with either."""

    def secrets_at(self, now: Millis) -> tuple[str, ...]:
        """The secrets that prove an event at a moment."""
        former = self.former_secret
        kept = (former.secret,) if former and now < former.until else ()
        return (self.secret, *kept) if self.secret else ()


class IntakeRefusal(StrEnum):
    """Why an incoming request was turned away; each is counted by source."""

    SIGNATURE = "signature"
    CLOCK = "clock"
    """Signed correctly, but at a time more than five minutes from ours."""
    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
