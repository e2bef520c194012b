"""A source: where events come from, with its own ingest address and signing secret."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from server.domain.endpoints import FormerSecret
from server.domain.ids import Millis, SourceId


class Mode(StrEnum):
    """Dodo Payments separates test and live events, and so does Hookbench everywhere."""

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
    """Dodo's signing secret, ``whsec_…``. Without one, every event is refused."""
    created_at: Millis
    former_secret: FormerSecret | None = None
    """Dodo's secret before the last change. During a rotation Dodo may sign with either."""
    unreadable: bool = False
    """The stored secret cannot be read, so ``secret`` is ``None``."""
    former_unreadable_until: Millis | None = None
    """When a former secret that cannot be read expires."""

    def secrets_at(self, now: Millis) -> tuple[str, ...]:
        """The secrets that verify events at a time."""
        former = self.former_secret
        kept = (former.secret,) if former and now < former.until else ()
        return (self.secret, *kept) if self.secret else kept if self.unreadable else ()

    def unreadable_at(self, now: Millis) -> bool:
        """Whether an event may be genuine although no readable secret verifies it; then its sender must try again."""
        return self.unreadable or now < (self.former_unreadable_until or 0)


RESERVED_SLUGS = frozenset(
    {
        "in", "static", "healthz", "setup", "login", "logout", "preferences", "source",
        "endpoints", "logs", "messages", "attempts", "deliveries", "replays", "notices", "inspector", "transformations",
        "conditions", "events", "sources", "settings", "docs", "api", "changes", "reveal", "cards",
    }
)  # fmt: skip
"""First path segments that a source cannot have as its slug."""


def slugs(every: Sequence[Source]) -> Mapping[SourceId, str]:
    """The first path segment of each source's pages, such as ``test`` in ``/test/logs``.

    ``every``: all sources, oldest first. The oldest source of a mode gets the name of the mode, any other its own name,
    or its id if the name has no usable characters or is taken.
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
    """Why a received request was refused; counted by source."""

    SIGNATURE = "signature"
    CLOCK = "clock"
    """The signature is correct, but its timestamp is more than five minutes from our clock."""
    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    UNREADABLE = "unreadable"
    """A fault of Hookbench: the stored signing secret cannot be read, so nothing can be verified."""
