"""What the list of endpoints needs of each. Its cost does not grow with the stored attempts and deliveries."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from server.domain.health import Health
from server.domain.ids import AttemptId, EndpointId, Millis, SourceId
from server.domain.messages import AttemptOutcome
from server.store.endpoints import url_or_nothing
from server.store.schema import attempts, endpoints


@dataclass(frozen=True, slots=True)
class Brief:
    """Enough of an endpoint to find it and to sort it."""

    id: EndpointId
    name: str
    card: str
    description: str
    url: str
    """Empty when it cannot be read, or is not needed."""
    disabled: bool
    paused: bool
    failing: bool
    captures: bool

    @property
    def state(self) -> str:
        """``disabled``, ``paused``, ``failing`` or ``enabled``: the first that is so."""
        if self.disabled:
            return "disabled"
        return "paused" if self.paused else "failing" if self.failing else "enabled"


def briefs(tx: Connection, source_id: SourceId, *, urls: bool) -> list[Brief]:
    """Each endpoint of a source, oldest first, without its code and credentials.

    Decrypts the URL only with ``urls``, and of an endpoint without a name, which is generated from it.
    """
    columns = ("id", "name", "card", "description", "url", "disabled", "paused", "destination")
    failures = ("first_failure_at", "last_failure_at", "failing_since")
    query = select(*(endpoints.c[column] for column in (*columns, *failures))).where(
        endpoints.c.source_id == source_id, endpoints.c.deleted_at.is_(None)
    )
    # As plain tuples: a source may have hundreds.
    return [
        Brief(
            EndpointId(id),
            name,
            card,
            description,
            url_or_nothing(tx, id, url) if urls or not name else "",
            disabled,
            paused,
            Health(*failed).is_failing,
            destination == "capture",
        )
        for id, name, card, description, url, disabled, paused, destination, *failed in tx.execute(
            query.order_by(endpoints.c.id)
        ).all()
    ]


def last_attempts(tx: Connection, ids: Iterable[EndpointId]) -> dict[EndpointId, AttemptId]:
    """The id of the newest attempt of each endpoint that has one; ids sort by time."""
    # One step into the index for each endpoint; grouping would read all of their entries.
    newest = select(func.max(attempts.c.id)).where(attempts.c.endpoint_id == endpoints.c.id).correlate(endpoints)
    query = select(endpoints.c.id, newest.scalar_subquery()).where(endpoints.c.id.in_(list(ids)))
    return {EndpointId(of): AttemptId(attempt_id) for of, attempt_id in tx.execute(query).all() if attempt_id}


def outcomes(tx: Connection, ids: Iterable[AttemptId]) -> dict[EndpointId, tuple[AttemptOutcome, Millis]]:
    """The outcome and start of these attempts, by endpoint."""
    columns = (attempts.c.endpoint_id, attempts.c.outcome, attempts.c.started_at)
    rows = tx.execute(select(*columns).where(attempts.c.id.in_(list(ids)))).all()
    return {EndpointId(endpoint_id): (AttemptOutcome(outcome), at) for endpoint_id, outcome, at in rows}
