"""The outbox of notifications: stored with their operational event, leased, and retried until sent or given up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection, RowMapping, func, literal_column, select, update

from server.domain.ids import Millis, NoticeId, NotificationId, mint
from server.domain.notification_settings import MAX_WAITING, Channel, Notification, NotificationState
from server.domain.operational_event_types import OperationalEventType
from server.domain.reasons import because, dump_cause, load_cause
from server.store import options
from server.store.schema import notices, notifications

log = structlog.get_logger()

CROWDED = because("notification_crowded")


def enqueue(tx: Connection, notice_id: NoticeId, event: OperationalEventType, now: Millis) -> None:
    """Store a notification of a new operational event for each channel that people chose for its type."""
    chosen = options.alerts(tx)
    if chosen.unreadable:  # log and go on: raising would roll back the operational event and its cause
        log.error("notices.settings_unreadable", advice="Enter on the page Settings who is told of operational events.")
    for channel in chosen.channels(event):
        crowded = _waiting(tx, channel) >= MAX_WAITING
        tx.execute(
            notifications.insert().values(
                id=mint(NotificationId),
                notice_id=notice_id,
                channel=channel.value,
                state=(NotificationState.FAILED if crowded else NotificationState.PENDING).value,
                attempts=0,
                due_at=None if crowded else now,
                error=dump_cause(CROWDED) if crowded else None,
                updated_at=now,
            )
        )


def claim(
    tx: Connection, channel: Channel, *, now: Millis, lease_until: Millis, limit: int, without: Iterable[str] = ()
) -> list[Notification]:
    """Lease up to ``limit`` due notifications, oldest first, except for the event types with the keys ``without``.

    They become due again at ``lease_until``, so that another try follows if this process crashes.
    """
    due = (
        select(notifications.c.id)
        .join(notices, notices.c.id == notifications.c.notice_id)
        .where(
            notifications.c.state == NotificationState.PENDING.value,
            notifications.c.due_at <= now,
            notifications.c.channel == channel.value,
            notices.c.kind.not_in(list(without)),
        )
        .order_by(notifications.c.due_at, notifications.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=notifications)
    )
    taken = tx.execute(
        update(notifications)
        .where(notifications.c.id.in_(due.scalar_subquery()))
        .values(due_at=lease_until)
        .returning(notifications)
    ).mappings()
    return sorted((_notification(row) for row in taken), key=lambda each: each.id)


def next_due(tx: Connection) -> Millis | None:
    """When the next notification is due; ``None`` if none is pending."""
    query = select(func.min(notifications.c.due_at)).where(notifications.c.state == literal_column("'pending'"))
    due_at: Millis | None = tx.execute(query).scalar_one()
    return due_at


@dataclass(frozen=True, slots=True)
class SendResult:
    """The result of one try to send a notification."""

    id: NotificationId
    state: NotificationState
    attempts: int
    due_at: Millis | None
    error: str | None


def record(tx: Connection, tried: Sequence[SendResult], now: Millis) -> None:
    for one in tried:
        tx.execute(
            update(notifications)
            .where(notifications.c.id == one.id, notifications.c.state == NotificationState.PENDING.value)
            .values(state=one.state.value, attempts=one.attempts, due_at=one.due_at, error=one.error, updated_at=now)
        )


def of_notices(tx: Connection, ids: Iterable[NoticeId]) -> dict[NoticeId, list[Notification]]:
    """The notifications of each operational event, by its id."""
    query = select(notifications).where(notifications.c.notice_id.in_(list(ids))).order_by(notifications.c.id)
    found: dict[NoticeId, list[Notification]] = {}
    for row in tx.execute(query).mappings():
        found.setdefault(NoticeId(row["notice_id"]), []).append(_notification(row))
    return found


def _waiting(tx: Connection, channel: Channel) -> int:
    query = select(func.count()).where(
        notifications.c.state == NotificationState.PENDING.value, notifications.c.channel == channel.value
    )
    return tx.execute(query).scalar_one()


def _notification(row: RowMapping) -> Notification:
    return Notification(
        id=NotificationId(row["id"]),
        notice_id=NoticeId(row["notice_id"]),
        channel=Channel(row["channel"]),
        state=NotificationState(row["state"]),
        attempts=row["attempts"],
        due_at=row["due_at"],
        error=load_cause(row["error"]) if row["error"] else None,
        updated_at=row["updated_at"],
    )
