"""What a row of the log shows of an event's payload: who, how much, and the id that people look for."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

MAX_READ_BYTES = 65_536
"""Larger bodies are not read for a list; their rows show the event type only."""
MAX_SHOWN_CHARACTERS = 120

REFERENCES = (
    ("refund", ("refund_id",)),
    ("dispute", ("dispute_id",)),
    ("subscription", ("subscription_id",)),
    ("dunning", ("subscription_id",)),
    ("payout", ("payout_id",)),
    ("license_key", ("id", "payment_id")),
    ("credit", ("reference_id", "id")),
    ("entitlement_grant", ("id",)),
    ("", ("payment_id", "subscription_id", "refund_id", "dispute_id", "payout_id", "id")),
)
"""The ids that people look for, by the beginning of the event type; the last entry is for all others."""

AMOUNTS = ("total_amount", "amount", "recurring_pre_tax_amount")
"""In the smallest unit of the currency; some events write the number as text."""


@dataclass(frozen=True, slots=True)
class Money:
    amount: int
    """In the smallest unit of the currency."""
    currency: str
    """Three capital letters."""


@dataclass(frozen=True, slots=True)
class PayloadSummary:
    """What is known of an event; every field may be empty."""

    name: str = ""
    email: str = ""
    money: Money | None = None
    reference: str = ""
    customer_id: str = ""

    @property
    def customer(self) -> str:
        """The best that is known of who it is."""
        return self.name or self.email or self.customer_id


NOTHING = PayloadSummary()


def summary_of(event_type: str, body: bytes | None) -> PayloadSummary:
    """The summary of an event's body; empty for a body that is not read, or is no JSON object."""
    data = _data(body)
    if not data:
        return NOTHING
    customer = data.get("customer")
    person: Mapping[str, Any] = customer if isinstance(customer, dict) else {}
    return PayloadSummary(
        name=_text(person.get("name")),
        email=_text(person.get("email")),
        money=_money(data),
        reference=_reference(event_type, data),
        customer_id=_text(person.get("customer_id")) or _text(data.get("customer_id")),
    )


def is_in_currency(event_type: str, body: bytes | None, currency: str) -> bool:
    """Whether the row of an event shows an amount in a currency. Parses only bodies that may."""
    if not body or (f'"{currency}"'.encode() not in body and b"\\u" not in body):
        return False
    money = summary_of(event_type, body).money
    return money is not None and money.currency == currency


def _data(body: bytes | None) -> Mapping[str, Any]:
    if not body or len(body) > MAX_READ_BYTES:
        return {}
    try:
        event = json.loads(body.decode("utf-8").removeprefix("\ufeff"), parse_float=Decimal)
    except (ValueError, RecursionError, InvalidOperation):
        return {}
    data = event.get("data") if isinstance(event, dict) else None
    return data if isinstance(data, dict) else {}


def _reference(event_type: str, data: Mapping[str, Any]) -> str:
    names = next(names for prefix, names in REFERENCES if event_type.startswith(prefix))
    return next((found for name in names if (found := _text(data.get(name)))), "")


def _money(data: Mapping[str, Any]) -> Money | None:
    currency = data.get("currency")
    if not isinstance(currency, str) or len(currency) != 3 or not currency.isascii() or not currency.isupper():
        return None
    for name in AMOUNTS:
        amount = data.get(name)
        if isinstance(amount, str) and len(amount) <= 18 and amount.isascii() and amount.isdecimal():
            amount = int(amount)
        if isinstance(amount, int) and not isinstance(amount, bool) and abs(amount) < 10**18:
            return Money(amount, currency)
    return None


def _text(value: object) -> str:
    """The value on one line if it is a text, cut to what a row has room for. A lone surrogate becomes a sign for it."""
    if not isinstance(value, str):
        return ""
    cut = " ".join(value[:MAX_SHOWN_CHARACTERS].split())
    return cut.encode("utf-8", "replace").decode("utf-8")
