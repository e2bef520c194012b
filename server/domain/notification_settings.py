"""Who is notified of operational events, and how: by e-mail and by a signed webhook. What is sent is in English."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from server.domain.ids import Millis, NoticeId, NotificationId
from server.domain.operational_event_types import OperationalEventType, sent_by_default
from server.domain.operational_events import OperationalEvent
from server.domain.reasons import Cause
from server.domain.sentences import Sentence, say
from server.domain.sources import Source

MINUTE_MS, HOUR_MS = 60_000, 3_600_000

RETRY_WAITS_MS: Sequence[Millis] = (30_000, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 6 * HOUR_MS)
"""The waits after each failed try to send a notification: six tries in all, within nine hours."""

MAIL_PAUSE_MS: Millis = MINUTE_MS
"""The shortest time between two e-mails about one event type. What happens in between goes into the next e-mail."""

MAX_NOTICES_IN_MAIL = 50
MAX_WAITING = 500
"""Notifications that may wait in one channel. Further ones are stored as failed, so that an outage stays bounded."""

MAX_ADDRESSES = 20
MAX_ADDRESS_CHARACTERS = 254

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")


class Channel(StrEnum):
    EMAIL = "email"
    WEBHOOK = "webhook"


class NotificationState(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    """Every try failed, or no recipient is left; ``Notification.error`` says which."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One operational event on its way to people over one channel."""

    id: NotificationId
    notice_id: NoticeId
    channel: Channel
    state: NotificationState
    attempts: int
    due_at: Millis | None
    error: Cause | None
    """Why the last try failed."""
    updated_at: Millis


@dataclass(frozen=True, slots=True)
class NotificationSettings:
    """What people chose on the settings page."""

    kinds: frozenset[str] = field(default_factory=sent_by_default)
    """Keys of the operational event types that are sent."""
    addresses: tuple[str, ...] = ()
    """Empty: no e-mail."""
    webhook_url: str = ""
    """Empty: no webhook."""
    webhook_secret: str = ""
    """The signing secret of the webhook, ``whsec_…``."""
    unreadable: bool = False
    """The stored settings cannot be read, so nobody is notified until a person enters them again."""

    def channels(self, event: OperationalEventType) -> tuple[Channel, ...]:
        """The channels over which an operational event of this type is sent."""
        if event.key not in self.kinds:
            return ()
        chosen = (Channel.EMAIL, bool(self.addresses)), (Channel.WEBHOOK, bool(self.webhook_url))
        return tuple(channel for channel, on in chosen if on)


def addresses(typed: str) -> tuple[str, ...] | Sentence:
    """The e-mail addresses in a text, separated by commas, semicolons or white space; or what is wrong with one."""
    found = tuple(dict.fromkeys(part for part in re.split(r"[\s,;]+", typed) if part))
    if len(found) > MAX_ADDRESSES:
        return say("Enter at most {limit} addresses.", limit=MAX_ADDRESSES)
    wrong = next((one for one in found if not is_address(one)), None)
    return say("{address} is not an e-mail address.", address=wrong[:100]) if wrong else found


def is_address(text: str) -> bool:
    """Whether the text is one plain ASCII address, so that it cannot inject a header, a second address or a command.

    Encoded words (``=?…``) are refused too, because programs that read a header decode them.
    """
    plain = ".." not in text and "=?" not in text
    return len(text) <= MAX_ADDRESS_CHARACTERS and _ADDRESS.fullmatch(text) is not None and plain


def retry_wait_ms(attempts: int) -> Millis | None:
    """The wait after ``attempts`` failed tries; ``None`` after the last one."""
    return RETRY_WAITS_MS[attempts - 1] if attempts <= len(RETRY_WAITS_MS) else None


@dataclass(frozen=True, slots=True)
class NamedEvent:
    """An operational event with the names and the link that its reader needs."""

    notice: OperationalEvent
    source: Source
    endpoint: str
    """The endpoint's name."""
    link: str = ""
    """The address of its page; empty if the operator has not set Hookbench's own address."""


@dataclass(frozen=True, slots=True)
class Mail:
    to: tuple[str, ...]
    subject: str
    """One line."""
    body: str


def mail(to: tuple[str, ...], told: Sequence[NamedEvent]) -> Mail:
    """One e-mail about operational events of one type."""
    first = told[0]
    about = _one_line(first.endpoint) if len(told) == 1 else f"{len(told)} notices"
    modes = ", ".join(dict.fromkeys(each.source.name for each in told))
    body = "\n\n".join(_paragraph(each) for each in told)
    return Mail(to, f"[Hookbench {_one_line(modes)}] {first.notice.type.mail_subject(about)}", f"{body}\n{FOOTER}")


FOOTER = """
--
Sent by Hookbench. Who gets these mails, and about what, is chosen on its page Settings.
"""


def test_mail(to: tuple[str, ...], link: str) -> Mail:
    lines = ["This is a test. Mail about operational events arrives here."]
    return Mail(to, "[Hookbench] Test mail", "\n".join([*lines, *([link] if link else [])]) + f"\n{FOOTER}")


def payload(told: NamedEvent) -> bytes:
    """The JSON body for the webhook, in the envelope of Standard Webhooks."""
    notice = told.notice
    data = {
        "id": notice.id,
        "source": {"id": notice.source_id, "name": told.source.name, "mode": told.source.mode.value},
        "endpoint": {"id": notice.endpoint_id, "name": told.endpoint},
        "message_id": notice.message_id,
        "count": notice.count,
        "title": str(notice.type.title),
        "text": str(notice.text),
        "error": notice.error.message if notice.error else None,
        "detail": dict(notice.detail) | ({"error": notice.error.message} if notice.error else {}),
        "link": told.link or None,
    }
    return _envelope(notice.type.key, notice.created_at, data)


def test_payload(now: Millis) -> bytes:
    return _envelope("test", now, {"text": "This is a test. Operational events arrive here."})


def _envelope(kind: str, at: Millis, data: Mapping[str, object]) -> bytes:
    timestamp = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": kind, "timestamp": timestamp, "data": data}).encode()


def _paragraph(told: NamedEvent) -> str:
    notice = told.notice
    lines = [
        f"{told.endpoint.strip()} ({told.source.name})",
        str(notice.text),
        *([f"Last reason: {notice.error.message}"] if notice.error else []),
        *([f"Last answer: {notice.detail['status']}"] if "status" in notice.detail else []),
        *([told.link] if told.link else []),
    ]
    return "\n".join(lines)


def _one_line(text: str) -> str:
    """The text for a header: without control characters and line breaks, and not too long."""
    return "".join(c if c.isprintable() else " " for c in text).strip()[:100]


class Tls(StrEnum):
    STARTTLS = "starttls"
    """Starts in the clear and then encrypts, as on port 587. Nothing is sent if encryption fails."""
    TLS = "tls"
    """Encrypted from the start, as on port 465."""
    NONE = "none"
    """Never encrypted: for a relay on this machine."""


PORTS = {Tls.STARTTLS: 587, Tls.TLS: 465, Tls.NONE: 25}


@dataclass(frozen=True, slots=True)
class MailServer:
    host: str
    port: int
    tls: Tls
    sender: str
    """The address that e-mails come from."""
    user: str = ""
    """Empty: no sign-in."""
    password: str = field(default="", repr=False)
