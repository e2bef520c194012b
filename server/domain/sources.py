"""A source: where events come from, with its own ingest address and signing secret."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import count

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
    slug: str = ""
    """The first part of its addresses, such as ``test`` in ``/test/logs``. It stays when the source is renamed. Empty
    for one that is not stored yet."""
    demo: bool = False
    """It was created to try Hookbench: its events are samples, which are captured and never sent."""
    steps_hidden: bool = False
    """A person dismissed its first steps."""

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
        "in", "inspect", "static", "healthz", "setup", "login", "logout", "preferences", "source",
        "endpoints", "logs", "activity", "messages", "attempts", "deliveries", "replays", "notices", "inspector",
        "transformations", "conditions", "events", "sources", "settings", "docs", "api", "changes", "reveal", "cards",
        "search",
    }
)  # fmt: skip
"""First path segments that a source cannot have as its slug."""


DEMO_NAME = "Demo"
"""With which the demo source begins; pages translate it until a person renames it."""
MAX_SOURCES = 50
MAX_NAME_CHARACTERS = 40


def slug_for(name: str, mode: Mode, taken: Collection[str]) -> str:
    """The first part of a new source's addresses: the mode if it is free, else the name, else one with a number."""
    if mode.value not in taken:
        return mode.value
    word = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:32].strip("-")
    if word and word not in {*RESERVED_SLUGS, *Mode, *taken}:
        return word
    stem = word if word and word not in {*RESERVED_SLUGS, *Mode} else mode.value
    return next(slug for number in count(2) if (slug := f"{stem}-{number}") not in taken)


def slugs(every: Sequence[Source]) -> Mapping[SourceId, str]:
    """The first path segment of each source's pages, by source. One that another version stored has none: its id."""
    return {source.id: source.slug or source.id for source in every}


class IntakeRefusal(StrEnum):
    """Why a received request was refused; counted by source."""

    NO_SECRET = "no_secret"  # noqa: S105  the name of a refusal
    """The source has no signing secret yet."""
    HEADERS = "headers"
    """A header of the signature is missing, or not in the standard's format."""
    SIGNATURE = "signature"
    """No signature matches: another secret, or another body."""
    CLOCK = "clock"
    """The signature is correct, but its timestamp is more than five minutes from our clock."""
    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    UNREADABLE = "unreadable"
    """A fault of Hookbench: the stored signing secret cannot be read, so nothing can be verified."""
