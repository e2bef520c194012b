"""Deliveries whose attempt has ended get their next state, many at once. ``deliveries.record`` is the caller."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Update, bindparam, literal_column, update

from server.domain.messages import Attempt, AttemptOutcome, DeliveryState, Trigger
from server.store.arrays import booleans, integers, longs, texts
from server.store.round_trips import Statement, ask
from server.store.rows import parts
from server.store.schema import deliveries

if TYPE_CHECKING:
    from server.store.deliveries import AttemptRecord


def settle(tx: Connection, ended: "Sequence[AttemptRecord]") -> int:
    """Update the deliveries that their owner still holds. Returns how many. Equal decisions share one statement."""
    if tx.dialect.name != "sqlite":
        return _settle_together(tx, ended)
    alike: dict[tuple[Any, ...], list[Attempt]] = {}
    for e in ended:
        trigger = Trigger.RETRY if e.state is DeliveryState.PENDING else e.attempt.trigger
        captured = e.attempt.outcome is AttemptOutcome.CAPTURED
        decided = (e.owner, e.state.value, trigger.value, e.step, e.attempt.number, e.due_at, captured)
        alike.setdefault(decided, []).append(e.attempt)
    settled = 0
    for (owner, state, trigger, step, number, due_at, captured), all_made in alike.items():
        values = {"owner": owner, "new_state": state, "new_trigger": trigger, "new_step": step, "new_due_at": due_at}
        values["new_captured"] = captured
        for made in parts(all_made):
            at = max(attempt.started_at + round(attempt.duration_ms) for attempt in made)
            ids = {f"id_{index}": attempt.delivery_id for index, attempt in enumerate(made)}
            settled += tx.execute(_settling(len(made)), {**values, **ids, "number": number, "at": at}).rowcount
    return settled


@lru_cache
def _settling(size: int) -> Update:
    """The update for ``size`` deliveries with the same decision. Cached, because building it is costly."""
    return (
        update(deliveries)
        .where(
            deliveries.c.id.in_([bindparam(f"id_{number}") for number in range(size)]),
            deliveries.c.lease_owner == bindparam("owner"),
            # Another owner may have recorded an attempt since; two attempts must not get the same number.
            deliveries.c.attempts == bindparam("number") - literal_column("1"),
        )
        .values(
            state=bindparam("new_state"),
            trigger=bindparam("new_trigger"),
            step=bindparam("new_step"),
            attempts=bindparam("number"),
            due_at=bindparam("new_due_at"),
            updated_at=bindparam("at"),
            faults=0,
            fault=None,
            captured=bindparam("new_captured"),
            lease_owner=None,
            lease_until=None,
        )
    )


_SETTLE = b"""
UPDATE deliveries SET state = made.state, trigger = made.trigger, step = made.step, attempts = made.number,
    due_at = made.due_at, updated_at = made.ended_at, faults = 0, fault = NULL, captured = made.captured,
    lease_owner = NULL, lease_until = NULL
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::integer[], $7::bigint[], $8::bigint[],
    $9::boolean[]) AS made (id, owner, state, trigger, step, number, due_at, ended_at, captured)
WHERE deliveries.id = made.id AND deliveries.lease_owner = made.owner AND deliveries.attempts = made.number - 1
"""


def _settle_together(tx: Connection, ended: "Sequence[AttemptRecord]") -> int:
    """``settle`` in PostgreSQL: one statement for all decisions."""
    made = sorted(ended, key=lambda one: one.attempt.delivery_id)  # two processes lock rows in one order
    triggers = [Trigger.RETRY if one.state is DeliveryState.PENDING else one.attempt.trigger for one in made]
    columns = (
        texts([one.attempt.delivery_id for one in made]),
        texts([one.owner for one in made]),
        texts([one.state.value for one in made]),
        texts([trigger.value for trigger in triggers]),
        integers([one.step for one in made]),
        integers([one.attempt.number for one in made]),
        longs([one.due_at for one in made]),
        longs([one.attempt.started_at + round(one.attempt.duration_ms) for one in made]),
        booleans([one.attempt.outcome is AttemptOutcome.CAPTURED for one in made]),
    )
    [settled] = ask(tx, Statement(_SETTLE, columns))
    return settled.number
