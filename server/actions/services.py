"""Everything an action needs, made once at start and handed to each."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from server.delivery.courier import Courier
from server.delivery.feed import Feed
from server.delivery.mailer import Mailer
from server.delivery.replayer import Replayer
from server.delivery.worker import Worker
from server.domain.addresses import AddressRules
from server.domain.ids import Millis
from server.domain.integrations import Card
from server.sandbox import Sandbox
from server.store import Store


@dataclass(frozen=True, slots=True)
class Services:
    store: Store
    sandbox: Sandbox
    courier: Courier
    worker: Worker
    replayer: Replayer
    feed: Feed
    cards: Mapping[str, Card]
    rules: AddressRules
    public_url: str
    """Where Dodo and people reach us, without a slash at the end; empty when the operator did not say."""
    mailer: Mailer | None = None
    """``None`` when the operator named no mail server."""
    retention_days: int = 0
    """How long events are kept; 0 for ever."""

    def now(self) -> Millis:
        return time.time_ns() // 1_000_000
