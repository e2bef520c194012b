"""Notifies people of operational events: open pages at once, mailboxes and a webhook from the outbox.

It has its own tasks and its own pace, so that a mail server that hangs delays neither the webhook nor any delivery.
Notifications are sent at least once: what was under way when the process died is sent again, to the webhook with the
same ``webhook-id``.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from server.delivery.courier import Blocked, Courier, Responded, Unreachable
from server.delivery.feed import Feed, Noticed
from server.delivery.mailer import Mailer, Undelivered
from server.delivery.prepare import runs_code
from server.delivery.repeated_lines import RepeatedLines
from server.delivery.supervised_loop import AtRest, SupervisedLoop
from server.domain import notification_settings as words
from server.domain.cards import Card
from server.domain.faults import reason_of
from server.domain.ids import EndpointId, Millis, NoticeId, SourceId, earliest
from server.domain.notification_settings import (
    MAIL_PAUSE_MS,
    MAX_NOTICES_IN_MAIL,
    Channel,
    NamedEvent,
    Notification,
    NotificationSettings,
    NotificationState,
    retry_wait_ms,
)
from server.domain.operational_events import OperationalEvent, too_slow
from server.domain.reasons import Cause, because, dump_cause
from server.domain.requests import DEFAULTS, FinishedRequest
from server.domain.signing import sign
from server.domain.sources import Source, slugs
from server.domain.transformations import Program
from server.sandbox import SlowCode
from server.store import Busy, Store, Transaction, endpoints, notifications, operational_events, options, sources
from server.store.notifications import SendResult

WATCH_SECONDS = 2.0
LEASE_MS: Millis = 5 * 60_000
"""Longer than a whole round of sending may take."""
MAX_POSTS_AT_ONCE = 4
MAX_POSTS_IN_ROUND = 20
MAX_SLOW_PROGRAMS = 1_000
"""Programs that may enter the slow slot within one round; beyond it the oldest is dropped."""

NOBODY = because("notification_turned_off")
NO_SERVER = because("notification_no_server")
OUR_FAULT = because("notification_fault")
UNREADABLE = because("notification_unreadable")
SETTINGS_UNREADABLE = because("notification_settings_unreadable")
NOTHING_LEFT = because("fault_out_of_resources")

log = structlog.get_logger()


class Notifier:
    """Sends notifications. Start with ``start``, end with ``stop``. Without a ``mailer`` no mail is sent."""

    def __init__(
        self,
        store: Store,
        courier: Courier,
        mailer: Mailer | None,
        feed: Feed,
        *,
        cards: Mapping[str, Card],
        public_url: str,
    ) -> None:
        self._store = store
        self._courier = courier
        self._mailer = mailer
        self._feed = feed
        self._cards = cards
        self._public_url = public_url
        self._told = earliest(NoticeId, _now())
        self._mailed: dict[str, Millis] = {}
        """When the last mail about each type of operational event was sent."""
        self._slow: deque[tuple[Program, SlowCode]] = deque(maxlen=MAX_SLOW_PROGRAMS)
        """Programs that entered the sandbox's slow slot and are not stored as operational events yet."""
        self._tracebacks = RepeatedLines()
        self._watching = SupervisedLoop(
            "operational_events", self._watch, store=store, first_backoff_seconds=WATCH_SECONDS
        )
        self._senders = {
            Channel.EMAIL: SupervisedLoop("mails", self._send_mails, stuck_after_seconds=LEASE_MS / 1000),
            Channel.WEBHOOK: SupervisedLoop("webhook", self._send_posts, stuck_after_seconds=LEASE_MS / 1000),
        }

    def saw_slow(self, program: Program, slow: SlowCode) -> None:
        """Remember a program that entered the slow slot, for ``Sandbox.watch_slow``."""
        self._slow.append((program, slow))
        self._watching.wake()

    @property
    def loops(self) -> tuple[SupervisedLoop, ...]:
        return (self._watching, *self._senders.values())

    def start(self) -> None:
        for loop in self.loops:
            loop.start()

    async def stop(self) -> None:
        """Stop at once; what was under way is sent again later."""
        for loop in self.loops:
            await loop.stop()

    async def _watch(self) -> float | AtRest:
        """Publish new operational events, whichever process stored them, and wake the senders if any are due."""
        await self._keep_slow()
        now = _now()

        def query(tx: Transaction) -> tuple[list[tuple[NoticeId, SourceId]], Millis | None]:
            return operational_events.latest(tx, self._told), notifications.next_due(tx)

        latest, due = await self._store.read(query)
        for notice_id, source_id in latest:
            self._told = notice_id
            self._feed.publish(Noticed(source_id))
        if due is None:
            return AtRest(WATCH_SECONDS)
        if due > now:
            return AtRest(WATCH_SECONDS, latest=(due - now) / 1000)
        for sender in self._senders.values():
            sender.wake()
        return WATCH_SECONDS

    async def _keep_slow(self) -> None:
        """Store an operational event for saved code that entered the slow slot; test runs of other code are skipped."""
        if not self._slow:
            return
        seen, now = list(self._slow), _now()
        self._slow.clear()

        def update(tx: Transaction) -> None:
            known = endpoints.by_ids(tx, [EndpointId(program.owner) for program, _ in seen])
            for program, slow in seen:
                endpoint = known.get(EndpointId(program.owner))
                if endpoint and endpoint.version and runs_code(endpoint) and endpoint.version.code == program.code:
                    operational_events.add(tx, too_slow(endpoint.source_id, endpoint.version, slow.timeouts, now))

        try:
            await self._store.write(update)
        except Busy:
            self._slow.extend(seen)
            raise

    async def _send_mails(self) -> None:
        """Send the mails that are due; ``_watch`` wakes this loop when there are more."""
        resting = [key for key, at in self._mailed.items() if _now() < at + MAIL_PAUSE_MS]
        chosen, pending = await self._claim(Channel.EMAIL, MAX_NOTICES_IN_MAIL, resting)
        by_type: dict[str, list[_Pending]] = {}
        for one in pending:
            by_type.setdefault(one.told.notice.type.key, []).append(one)
        for key, alike in by_type.items():
            self._mailed[key] = _now()
            await self._mail_together(chosen, alike)
            self._senders[Channel.EMAIL].progress()

    async def _mail_together(self, chosen: NotificationSettings, alike: Sequence["_Pending"]) -> None:
        """Send several events in one mail; if a fault of Hookbench prevents that mail, send each in its own."""
        ended = await self._counted(self._mail(chosen, [one.told for one in alike]))
        if ended.cause is not OUR_FAULT or len(alike) == 1:
            await self._record(alike, ended)
            return
        for one in alike:
            await self._record([one], await self._counted(self._mail(chosen, [one.told])))

    async def _counted(self, sending: Awaitable["_Outcome"]) -> "_Outcome":
        """Count a fault of Hookbench as a failed try, or the same notification would fail again for ever."""
        try:
            return await sending
        except Exception as error:
            if self._tracebacks.left_out(reason_of(error)) is not None:
                log.exception("notices.failed")
            return _Outcome(NotificationState.PENDING, OUR_FAULT)

    async def _mail(self, chosen: NotificationSettings, told: Sequence[NamedEvent]) -> "_Outcome":
        if chosen.unreadable:
            return _Outcome(NotificationState.PENDING, SETTINGS_UNREADABLE)
        if not chosen.addresses:
            return _Outcome(NotificationState.FAILED, NOBODY)
        if self._mailer is None:
            return _Outcome(NotificationState.FAILED, NO_SERVER)
        try:
            return _Outcome(NotificationState.SENT, await self._mailer.send(words.mail(chosen.addresses, told)))
        except Undelivered as failure:
            return _Outcome(NotificationState.PENDING, failure.reason)

    async def _send_posts(self) -> None:
        """Send what is due to the webhook; ``_watch`` wakes this loop when there is more."""
        chosen, pending = await self._claim(Channel.WEBHOOK, MAX_POSTS_IN_ROUND)
        room = asyncio.Semaphore(MAX_POSTS_AT_ONCE)

        async def send(one: _Pending) -> None:
            async with room:
                await self._record([one], await self._counted(self._post(chosen, one)))

        await asyncio.gather(*(send(one) for one in pending))

    async def _post(self, chosen: NotificationSettings, one: "_Pending") -> "_Outcome":
        if chosen.unreadable:
            return _Outcome(NotificationState.PENDING, SETTINGS_UNREADABLE)
        if not chosen.webhook_url:
            return _Outcome(NotificationState.FAILED, NOBODY)
        body = words.payload(one.told)
        failed = await post(self._courier, chosen.webhook_url, chosen.webhook_secret, one.row.id, body)
        return _Outcome(NotificationState.PENDING if failed else NotificationState.SENT, failed)

    async def _claim(
        self, channel: Channel, limit: int, without: Iterable[str] = ()
    ) -> tuple[NotificationSettings, list["_Pending"]]:
        now = _now()

        def take(tx: Transaction) -> tuple[NotificationSettings, list[_Pending]]:
            claimed = notifications.claim(
                tx, channel, now=now, lease_until=now + LEASE_MS, limit=limit, without=tuple(without)
            )
            about = operational_events.by_ids(tx, {row.notice_id for row in claimed})
            every = sources.every(tx)
            known, slug = {source.id: source for source in every}, slugs(every)
            of = {notice.endpoint_id for notice in about.values() if notice.endpoint_id}
            names = endpoints.names(tx, self._cards, of)
            pending: list[_Pending] = []
            for row in claimed:
                notice = about.get(row.notice_id)
                if notice is None or notice.source_id not in known:  # else it would be claimed again for ever
                    notifications.record(
                        tx,
                        [SendResult(row.id, NotificationState.FAILED, row.attempts, None, dump_cause(UNREADABLE))],
                        now,
                    )
                else:
                    source = known[notice.source_id]
                    pending.append(_Pending(row, self._told_of(notice, source, slug[source.id], names)))
            return options.alerts(tx), pending

        return await self._store.write(take)

    def _told_of(
        self, notice: OperationalEvent, source: Source, slug: str, names: Mapping[EndpointId, str]
    ) -> NamedEvent:
        endpoint = notice.endpoint_id or EndpointId("")
        page = f"/messages/{notice.message_id}" if notice.message_id else f"/endpoints/{endpoint}"
        link = f"{self._public_url}/{slug}{page}" if self._public_url else ""
        return NamedEvent(notice, source, names.get(endpoint, endpoint), link)

    async def _record(self, pending: Sequence["_Pending"], ended: "_Outcome") -> None:
        now = _now()
        tried = [_tried(one.row, ended, now) for one in pending]
        await self._store.write(lambda tx: notifications.record(tx, tried, now))
        for one, how in zip(pending, tried, strict=True):
            write = log.info if how.state is NotificationState.SENT else log.warning
            write(
                "notice.told",
                channel=one.row.channel.value,
                state=how.state.value,
                attempts=how.attempts,
                error=how.error,
                kind=one.told.notice.type.key,
                notice_id=one.told.notice.id,
                notification_id=one.row.id,
            )
            self._feed.publish(Noticed(one.told.notice.source_id))


@dataclass(frozen=True, slots=True)
class _Pending:
    row: Notification
    told: NamedEvent


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How a try ended. Pending: it failed and is retried."""

    state: NotificationState
    cause: Cause | None


def _tried(row: Notification, ended: _Outcome, now: Millis) -> SendResult:
    attempts, said = row.attempts + 1, dump_cause(ended.cause) if ended.cause else None
    if ended.state is not NotificationState.PENDING:
        return SendResult(row.id, ended.state, attempts, None, said)
    wait = retry_wait_ms(attempts)
    if wait is None:
        return SendResult(row.id, NotificationState.FAILED, attempts, None, said)
    return SendResult(row.id, NotificationState.PENDING, attempts, now + wait, said)


async def post(courier: Courier, url: str, secret: str, webhook_id: str, body: bytes) -> Cause | None:
    """Send one signed request through the courier. Returns what went wrong, or ``None`` after a 2xx response."""
    timestamp = int(time.time())
    headers = {
        **DEFAULTS,
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret, webhook_id, timestamp, body),
    }
    try:
        sent = await courier.send(FinishedRequest("POST", url, headers, body))
    except OSError:
        return NOTHING_LEFT
    match sent:
        case Responded(response) if 200 <= response.status < 300:
            return None
        case Responded(response):
            return because("notification_status", status=response.status)
        case Unreachable(error) | Blocked(error):
            return error.cause


def _now() -> Millis:
    return time.time_ns() // 1_000_000
