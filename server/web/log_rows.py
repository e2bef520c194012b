"""What the rows of the log show: a page of messages or of attempts, with names, payloads and last attempts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from server.domain.cards import Card
from server.domain.ids import DeliveryId, EndpointId, MessageId, Millis, VersionId, minted_at
from server.domain.messages import Attempt
from server.domain.payload_summary import PayloadSummary
from server.domain.versions import VersionName
from server.store import Transaction, endpoints, log_deliveries, logs, versions
from server.store.log_deliveries import LastAttempt, OnTheWay
from server.store.log_search import LogSearch
from server.store.logs import Found, MessageRow


@dataclass(frozen=True, slots=True)
class Rows:
    """What the rows of the log show."""

    rows: Sequence[MessageRow] | Sequence[Attempt]
    searched_to: str | None
    """The id at which the search ended before everything was searched."""
    names: Mapping[EndpointId, str]
    """The names of the endpoints in the rows."""
    on_the_way: Mapping[MessageId, OnTheWay] = field(default_factory=dict)
    last: Mapping[DeliveryId, LastAttempt] = field(default_factory=dict)
    """The last attempt of the first delivery of each row."""
    summaries: Mapping[MessageId, PayloadSummary] = field(default_factory=dict)
    versions: Mapping[VersionId, VersionName] = field(default_factory=dict)
    """The versions of the code that the attempts in the rows ran."""

    @property
    def searched_until(self) -> Millis | None:
        """Until when the log was searched, if not to its end."""
        return minted_at(self.searched_to) if self.searched_to else None


def messages_found(
    tx: Transaction,
    cards: Mapping[str, Card],
    search: LogSearch,
    limit: int = logs.PAGE,
    budget_seconds: float = logs.BUDGET_SECONDS,
    known: Mapping[EndpointId, str] | None = None,
) -> Rows:
    """A page of messages, with what its rows show. ``known``: names of endpoints that were read already."""
    found: Found[MessageRow] = logs.message_page(tx, search, limit, budget_seconds)
    on_the_way = log_deliveries.of_messages(tx, [row.id for row in found.rows], search)
    shown = [delivery for each in on_the_way.values() for delivery in each.shown]
    first = [each.shown[0].id for each in on_the_way.values() if each.shown]
    return Rows(
        rows=found.rows,
        searched_to=found.searched_to,
        names=endpoints.names(tx, cards, {delivery.endpoint_id for delivery in shown}, known),
        on_the_way=on_the_way,
        last=log_deliveries.last_attempts(tx, first),
        summaries={row.id: row.summary for row in found.rows},
    )


def attempts_found(
    tx: Transaction,
    cards: Mapping[str, Card],
    search: LogSearch,
    limit: int = logs.PAGE,
    budget_seconds: float = logs.BUDGET_SECONDS,
    known: Mapping[EndpointId, str] | None = None,
) -> Rows:
    """A page of attempts, with what its rows show. ``known`` as above."""
    found: Found[Attempt] = logs.attempt_page(tx, search, limit, budget_seconds)
    return Rows(
        rows=found.rows,
        searched_to=found.searched_to,
        names=endpoints.names(tx, cards, {attempt.endpoint_id for attempt in found.rows}, known),
        summaries=logs.summaries(tx, [attempt.message_id for attempt in found.rows]),
        versions=versions.names(tx, [attempt.version_id for attempt in found.rows]),
    )
