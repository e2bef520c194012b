"""Who is told of operational events, and how: by e-mail, and by a signed webhook. What is sent is in English."""

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
"""What is waited after each failed try to tell: six tries in all, within nine hours."""

MAIL_PAUSE_MS: Millis = MINUTE_MS
"""Mails of one kind lie at least this far apart. What came in between is in the next one."""

MAX_NOTICES_IN_MAIL = 50
MAX_WAITING = 500
"""Notifications that may wait by channel. Beyond it they are kept as not sent, so that an outage stays bounded."""

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
    """Every try failed, or there was nobody to tell any more; ``Notification.error`` says which."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One notice on its way to people over one channel."""

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
    """Keys of the operational events that are sent."""
    addresses: tuple[str, ...] = ()
    """Empty: no mail."""
    webhook_url: str = ""
    """Empty: no webhook."""
    webhook_secret: str = ""
    """Signs what goes to the webhook, ``whsec_…``."""
    unreadable: bool = False
    """What is stored cannot be read, so nobody can be told until a person has entered it anew."""

    def channels(self, event: OperationalEventType) -> tuple[Channel, ...]:
        """How a notice of this type is sent."""
        if event.key not in self.kinds:
            return ()
        chosen = (Channel.EMAIL, bool(self.addresses)), (Channel.WEBHOOK, bool(self.webhook_url))
        return tuple(channel for channel, on in chosen if on)


def addresses(typed: str) -> tuple[str, ...] | Sentence:
    """The mail addresses in a text, separated by commas, semicolons, spaces or lines; or what is wrong with one."""
    found = tuple(dict.fromkeys(part for part in re.split(r"[\s,;]+", typed) if part))
    if len(found) > MAX_ADDRESSES:
        return say("Enter at most {limit} addresses.", limit=MAX_ADDRESSES)
    wrong = next((one for one in found if not is_address(one)), None)
    return say("{address} is not an e-mail address.", address=wrong[:100]) if wrong else found


def is_address(text: str) -> bool:
    """Whether it is one plain ASCII address: nothing in it can be a header, a second address or a command.

    Nor an encoded word (``=?…``), which who reads a header takes for what it stands for.
    """
    plain = ".." not in text and "=?" not in text
    return len(text) <= MAX_ADDRESS_CHARACTERS and _ADDRESS.fullmatch(text) is not None and plain


def retry_wait_ms(attempts: int) -> Millis | None:
    """How long to wait after ``attempts`` failed tries; ``None`` when that was the last."""
    return RETRY_WAITS_MS[attempts - 1] if attempts <= len(RETRY_WAITS_MS) else None


@dataclass(frozen=True, slots=True)
class NamedEvent:
    """A notice with what its reader knows things by."""

    notice: OperationalEvent
    source: Source
    endpoint: str
    """The endpoint's name."""
    link: str = ""
    """Its page; empty while the operator did not say where people reach Hookbench."""


@dataclass(frozen=True, slots=True)
class Mail:
    to: tuple[str, ...]
    subject: str
    """One line."""
    body: str


def mail(to: tuple[str, ...], told: Sequence[NamedEvent]) -> Mail:
    """One mail for notices of one type."""
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
    """What the webhook gets, in the envelope that Standard Webhooks asks for."""
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
        "detail": dict(notice.detail),
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
    """For a header: no control character, no line break of any kind, not too long."""
    return "".join(c if c.isprintable() else " " for c in text).strip()[:100]


class Tls(StrEnum):
    STARTTLS = "starttls"
    """Encrypted after a first word in the clear, as on port 587; never sent without."""
    TLS = "tls"
    """Encrypted from the start, as on port 465."""
    NONE = "none"
    """In the clear: for a relay on this machine."""


PORTS = {Tls.STARTTLS: 587, Tls.TLS: 465, Tls.NONE: 25}


@dataclass(frozen=True, slots=True)
class MailServer:
    host: str
    port: int
    tls: Tls
    sender: str
    """The address that mails come from."""
    user: str = ""
    """Empty: no sign-in."""
    password: str = field(default="", repr=False)
