"""Events signed by the Standard Webhooks library and checked by the official SDK, not by our own code."""

from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import standardwebhooks
from dodopayments import DodoPayments

from server.domain.ids import unique


@dataclass(frozen=True)
class Event:
    body: bytes
    headers: dict[str, str]


def standard_signed(secret: str, text: str, webhook_id: str | None = None, at: datetime | None = None) -> Event:
    """An event signed by the library of the Standard Webhooks project."""
    webhook_id, now = webhook_id or unique("evt"), at or datetime.now(UTC)
    signature = standardwebhooks.Webhook(secret).sign(webhook_id, now, text)
    headers = {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    return Event(text.encode(), headers)


def sdk_signed(secret: str, text: str) -> Event:
    """An event signed as above that the official SDK's ``unwrap`` has accepted."""
    event = standard_signed(secret, text)
    client = DodoPayments(bearer_token="unused", webhook_key=secret)
    client.webhooks.unwrap(text, headers=event.headers)
    client.close()
    return event


def deliver(address: str, event: Event) -> int:
    """Send the event as Dodo does. Returns the status."""
    return httpx.post(address, content=event.body, headers=event.headers, trust_env=False).status_code
