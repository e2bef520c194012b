"""Codes that send only what carries the visitor's id in its metadata, on events that carry it.

The sample events have no such metadata, so ``expected/*.json`` says "cancelled" for them.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from card_checks import Folder, a_sandbox, made_of

from server.assets import transforms_dir
from server.delivery.prepare import ReadyToSend, unsent_event
from server.domain.catalog import sample_json
from server.domain.transformations import Cancelled
from server.sandbox import Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

CUSTOMER = "cus_5pWz8RkTq3VxYn7JmHcLd"
PAYMENT = "pay_9fTbX2nQw6KzRv4HsLpMc"
VISITOR = {"datafast_visitor_id": "8c2f"}
CLICK = {"dub_click_id": "rLnWe1uz9t282v7g"}
KNOWN = {"dub_customer_id": "user_1"}
CLIENT = {"ga_client_id": "1178.1769", "ga_session_id": 1769}
CURRENCIES = {"USD": 49.99, "JPY": 4999, "KWD": 4.999}

DATAFAST, DUB, GA4 = (Folder.read(transforms_dir() / name) for name in ("datafast", "dub", "google_analytics"))
SENT = [
    (DATAFAST, "default", "payment.succeeded", VISITOR),
    (DATAFAST, "net", "payment.succeeded", VISITOR),
    (DATAFAST, "with_customer", "payment.succeeded", VISITOR),
    (DUB, "default", "payment.succeeded", CLICK),
    (DUB, "default", "payment.succeeded", KNOWN),
    (DUB, "net", "payment.succeeded", CLICK),
    (DUB, "leads", "subscription.active", CLICK),
    (GA4, "default", "payment.succeeded", CLIENT),
    (GA4, "default", "refund.succeeded", CLIENT),
    (GA4, "first_payment", "payment.succeeded", CLIENT),
    (GA4, "subscriptions", "subscription.active", CLIENT),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with a_sandbox() as started:
        yield started


async def sent(sandbox: Sandbox, folder: Folder, code: str, event_type: str, **changes: Any) -> Any:
    """The body that the contract accepted, or None if the code cancelled."""
    content = json.loads(sample_json(event_type))
    content["data"] |= changes
    event = unsent_event(event_type, json.dumps(content).encode())
    made = await made_of(sandbox, folder.card, folder.codes[code], event)
    if isinstance(made, Cancelled):
        return None
    assert isinstance(made, ReadyToSend), made
    verdict = folder.contract.judge(made.request, received=event.body, now=event.timestamp * 1000)
    assert not verdict.findings
    return json.loads(made.request.body)


@pytest.mark.parametrize(("folder", "code", "event_type", "noted"), SENT)
@pytest.mark.parametrize("currency", CURRENCIES)
async def test_what_carries_the_id_is_sent_and_accepted(
    folder: Folder, code: str, event_type: str, noted: dict[str, Any], currency: str, sandbox: Sandbox
) -> None:
    assert await sent(sandbox, folder, code, event_type, metadata=noted, currency=currency)


@pytest.mark.parametrize(("folder", "code", "event_type", "_noted"), SENT)
@pytest.mark.parametrize("metadata", [{}, None])
async def test_what_does_not_is_cancelled(
    folder: Folder, code: str, event_type: str, _noted: object, metadata: object, sandbox: Sandbox
) -> None:
    assert await sent(sandbox, folder, code, event_type, metadata=metadata) is None


@pytest.mark.parametrize(("currency", "amount"), CURRENCIES.items())
async def test_datafast_gets_major_units(currency: str, amount: float, sandbox: Sandbox) -> None:
    body = await sent(sandbox, DATAFAST, "default", "payment.succeeded", metadata=VISITOR, currency=currency)
    assert body == {
        "amount": amount,
        "currency": currency,
        "transaction_id": PAYMENT,
        "datafast_visitor_id": "8c2f",
    }


async def test_dub_gets_the_smallest_unit_and_a_processor_that_it_knows(sandbox: Sandbox) -> None:
    body = await sent(sandbox, DUB, "default", "payment.succeeded", metadata=CLICK, currency="JPY")
    assert (body["amount"], body["currency"], body["paymentProcessor"]) == (4999, "jpy", "custom")
    assert (body["customerExternalId"], body["clickId"], body["invoiceId"]) == (
        CUSTOMER,
        CLICK["dub_click_id"],
        PAYMENT,
    )


async def test_dub_gets_the_sites_own_id_of_a_customer_whom_it_knows(sandbox: Sandbox) -> None:
    body = await sent(sandbox, DUB, "default", "payment.succeeded", metadata=KNOWN)
    assert body["customerExternalId"] == "user_1"
    assert "clickId" not in body


@pytest.mark.parametrize(("currency", "amount"), CURRENCIES.items())
async def test_google_analytics_gets_a_purchase(currency: str, amount: float, sandbox: Sandbox) -> None:
    body = await sent(
        sandbox, GA4, "default", "payment.succeeded", metadata=CLIENT, currency=currency, product_cart=None
    )
    assert body["client_id"] == "1178.1769"
    (event,) = body["events"]
    assert event["name"] == "purchase"
    assert event["params"] == {
        "transaction_id": PAYMENT,
        "currency": currency,
        "value": amount,
        "items": [{"item_id": "sub_4nLxV9cRz7BtQm2KwHpYd", "quantity": 1}],
        "engagement_time_msec": 1,
        "session_id": "1769",
    }


async def test_google_analytics_finds_the_visitor_of_a_refund_at_the_customer(sandbox: Sandbox) -> None:
    customer = json.loads(sample_json("refund.succeeded"))["data"]["customer"] | {"metadata": CLIENT}
    body = await sent(sandbox, GA4, "default", "refund.succeeded", customer=customer)
    assert (body["client_id"], body["events"][0]["name"]) == ("1178.1769", "refund")


async def test_google_analytics_gets_no_refund_without_an_amount(sandbox: Sandbox) -> None:
    assert await sent(sandbox, GA4, "default", "refund.succeeded", metadata=CLIENT, amount=None) is None
    assert await sent(sandbox, GA4, "default", "refund.succeeded", metadata=CLIENT, currency=None) is None
