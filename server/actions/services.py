"""The services that actions use. Created once at start and passed to each action."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from server.actions.case_progress import CaseProgress
from server.actions.check_results import CheckResults
from server.actions.coverage import CoverageRuns
from server.actions.request_bounds import RequestBounds
from server.delivery.backtester import Backtester
from server.delivery.courier import Courier
from server.delivery.feed import Feed
from server.delivery.intake import Intake
from server.delivery.mailer import Mailer
from server.delivery.replayer import Replayer
from server.delivery.worker import Worker
from server.domain.addresses import AddressRules
from server.domain.cards import Card
from server.domain.ids import Millis
from server.domain.sentences import Invalid, Problem, say
from server.sandbox import Sandbox
from server.store import Store

NO_CARD = say("The integration card of this endpoint does not exist or cannot be read. Import it again.")


@dataclass(frozen=True, slots=True)
class Services:
    store: Store
    sandbox: Sandbox
    courier: Courier
    worker: Worker
    replayer: Replayer
    backtester: Backtester
    feed: Feed
    cards: Mapping[str, Card]
    refresh_cards: Callable[[], Awaitable[None]]
    """Brings ``cards`` up to date after an own card was changed."""
    rules: AddressRules
    public_url: str
    """The URL at which Dodo and people reach us, without a final slash; empty when the setting is not set."""
    intake: Intake
    """Takes in events, also those that a demo source sends to itself."""
    data: Path
    """The folder with the database file and the key."""
    mailer: Mailer | None = None
    """``None`` when no mail server is configured."""
    retention_days: int = 0
    """Days that events are kept; 0 keeps them for ever."""

    bounds: RequestBounds = field(default_factory=RequestBounds)
    """For requests that people send on demand: checks of credentials and sent tests."""
    checks: CheckResults = field(default_factory=CheckResults)
    case_progress: CaseProgress = field(default_factory=CaseProgress)
    coverage: CoverageRuns = field(default_factory=CoverageRuns)

    def card(self, name: str) -> Card:
        """The card of this name. Raises ``Invalid`` when it is not there any more."""
        card = self.cards.get(name)
        if card is None:
            raise Invalid(Problem("", NO_CARD))
        return card

    def now(self) -> Millis:
        return time.time_ns() // 1_000_000
