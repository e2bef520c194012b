"""A source: one place events come from, with its own ingest address and signing secret."""

import re
from collections.abc import Mapping, Sequence
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
    unreadable: bool = False
    """The stored secret cannot be read, so ``secret`` is ``None``."""
    former_unreadable_until: Millis | None = None
    """When a former secret that cannot be read stops being good."""

    def secrets_at(self, now: Millis) -> tuple[str, ...]:
        """The secrets that prove an event at a moment."""
        former = self.former_secret
        kept = (former.secret,) if former and now < former.until else ()
        return (self.secret, *kept) if self.secret else kept if self.unreadable else ()

    def unreadable_at(self, now: Millis) -> bool:
        """Whether an event that no known secret proves may be genuine: its sender must be asked to try again."""
        return self.unreadable or now < (self.former_unreadable_until or 0)


RESERVED_SLUGS = frozenset(
    {
        "in", "static", "healthz", "setup", "login", "logout", "preferences", "source",
        "endpoints", "logs", "messages", "attempts", "deliveries", "replays", "notices", "inspector", "transformations",
        "conditions", "events", "sources", "settings", "docs", "api", "changes", "reveal",
    }
)  # fmt: skip
"""First parts of addresses that are not a source's."""


def slugs(every: Sequence[Source]) -> Mapping[SourceId, str]:
    """The first part of the addresses of each source's pages, such as ``test`` in ``/test/logs``.

    ``every``: all sources, oldest first. The oldest source of a mode is named for the mode, a further one by its own
    name, and by its id where the name has no usable letters or is taken.
    """
    found: dict[SourceId, str] = {}
    for source in every:
        if source.mode.value not in found.values():
            found[source.id] = source.mode.value
    for source in every:
        if source.id not in found:
            word = re.sub(r"[^a-z0-9]+", "-", source.name.casefold()).strip("-")[:40]
            taken = {*RESERVED_SLUGS, *Mode, *found.values()}
            found[source.id] = source.id if not word or word in taken else word
    return found


class IntakeRefusal(StrEnum):
    """Why an incoming request was turned away; each is counted by source."""

    SIGNATURE = "signature"
    CLOCK = "clock"
    """Signed correctly, but at a time more than five minutes from ours."""
    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    UNREADABLE = "unreadable"
    """Our own fault: the source's stored signing secret cannot be read, so nothing can be verified."""
