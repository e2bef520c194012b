"""The three code samples of Dodo's page about Customer.io, pasted as they are, on the samples of all 48 event types."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from server.domain.catalog import EVENT_TYPES, sample_json
from server.domain.transformations import Result, Returned

Run = Callable[..., Awaitable[Result]]

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEED = Path(__file__).parent.parent / "fixtures" / "seed"
ENTITY = "https://track.customer.io/api/v2/entity"
# Not Customer.io's, so that the code is seen to set the address.
OTHER = "https://destination.example/hooks"

# Written from the sample payloads by hand: amounts in cents, with two decimals as text.
MATCHED: dict[str, dict[str, Any]] = {
    "track_payments": {
        "payment.succeeded": {
            "type": "person",
            "identifiers": {"id": "cus_5pWz8RkTq3VxYn7JmHcLd"},
            "action": "payment_completed",
            "name": "Payment Completed",
            "attributes": {
                "email": "mira.lindqvist@northwind.example",
                "name": "Mira Lindqvist",
                "payment_amount": "49.99",
                "payment_method": "card",
                "payment_id": "pay_9fTbX2nQw6KzRv4HsLpMc",
                "currency": "USD",
            },
        }
    },
    "track_subscriptions": {
        "subscription.active": {
            "type": "person",
            "identifiers": {"id": "cus_5pWz8RkTq3VxYn7JmHcLd"},
            "action": "subscription_started",
            "name": "Subscription Started",
            "attributes": {
                "email": "mira.lindqvist@northwind.example",
                "subscription_id": "sub_4nLxV9cRz7BtQm2KwHpYd",
                "product_id": "pdt_8wKtQ5mZx3RvNc7LhYbJp",
                "amount": "29.00",
                "frequency": "Month",
                "next_billing": "2026-03-03T04:05:06.789012Z",
            },
        },
        "subscription.cancelled": {
            "type": "person",
            "identifiers": {"id": "cus_5pWz8RkTq3VxYn7JmHcLd"},
            "action": "subscription_cancelled",
            "name": "Subscription Cancelled",
            "attributes": {
                "email": "mira.lindqvist@northwind.example",
                "subscription_id": "sub_4nLxV9cRz7BtQm2KwHpYd",
                "cancelled_at": "2026-02-25T12:48:37.129556Z",
                "cancel_at_next_billing": False,
            },
        },
    },
    "track_attributes": {
        "payment.succeeded": {
            "type": "person",
            "identifiers": {"id": "cus_5pWz8RkTq3VxYn7JmHcLd"},
            "action": "identify",
            "name": "Customer Identified",
            "attributes": {
                "email": "mira.lindqvist@northwind.example",
                "name": "Mira Lindqvist",
                "total_spent": "49.99",
                "payment_method": "card",
                "last_payment_date": "2026-02-03T04:05:30.000001Z",
                "customer_since": "2026-02-03T04:05:30.000001Z",
            },
        }
    },
}


async def sent(run: Run, name: str, event_type: str) -> Returned:
    code = (SEED / f"{name}.js").read_text(encoding="utf-8")
    result = await run(code, event_type, url=OTHER)
    assert isinstance(result, Returned), f"{event_type}: {result}"
    assert result.method == "POST"
    assert dict(result.headers) == {}
    return result


@pytest.mark.parametrize(
    ("name", "event_type"), [(name, event_type) for name in MATCHED for event_type in MATCHED[name]]
)
async def test_a_matched_event_becomes_exactly_the_body_and_address_that_the_code_says(
    name: str, event_type: str, run: Run
) -> None:
    result = await sent(run, name, event_type)
    assert result.url == ENTITY
    assert json.loads(result.payload) == MATCHED[name][event_type]


@pytest.mark.parametrize("name", MATCHED)
async def test_every_other_event_passes_through_as_it_is(name: str, run: Run) -> None:
    others = EVENT_TYPES.keys() - MATCHED[name].keys()
    assert len(others) == 48 - len(MATCHED[name])
    for event_type in sorted(others):
        result = await sent(run, name, event_type)
        assert result.url == OTHER, event_type
        assert json.loads(result.payload) == json.loads(sample_json(event_type)), event_type
