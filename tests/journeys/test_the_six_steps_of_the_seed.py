"""The seed document's six steps, once for each of its code samples, to what the destination gets."""

import json
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from destination import Destination
from editor import code_of, open_test, paste_over
from events import deliver, sdk_signed, standard_signed
from playwright.sync_api import Page, expect
from running import Running, wait_for

from server.domain.catalog import EVENT_TYPES, sample_json

SEED = Path(__file__).parent.parent / "fixtures" / "seed"
SITE_ID, API_KEY = "1a2b3c4d5e6f7a8b9c0d", "d0c9b8a7f6e5d4c3b2a1"
SECRET = "whsec_" + b64encode(b"0123456789abcdef0123456789abcdef").decode()


@dataclass(frozen=True)
class Step:
    code: str
    event_type: str
    body: Any
    """What the sample's author meant the destination to get, written out by hand from the payload."""


def _payment() -> dict[str, Any]:
    return dict(EVENT_TYPES["payment.succeeded"].sample["data"])


def _subscription() -> dict[str, Any]:
    return dict(EVENT_TYPES["subscription.cancelled"].sample["data"])


PAYMENT, SUBSCRIPTION = _payment(), _subscription()

STEPS = [
    Step(
        "track_payments.js",
        "payment.succeeded",
        {
            "type": "person",
            "identifiers": {"id": PAYMENT["customer"]["customer_id"]},
            "action": "payment_completed",
            "name": "Payment Completed",
            "attributes": {
                "email": PAYMENT["customer"]["email"],
                "name": PAYMENT["customer"]["name"],
                "payment_amount": f"{PAYMENT['total_amount'] / 100:.2f}",
                "payment_method": PAYMENT["payment_method"],
                "payment_id": PAYMENT["payment_id"],
                "currency": PAYMENT["currency"],
            },
        },
    ),
    Step(
        "track_subscriptions.js",
        "subscription.cancelled",
        {
            "type": "person",
            "identifiers": {"id": SUBSCRIPTION["customer"]["customer_id"]},
            "action": "subscription_cancelled",
            "name": "Subscription Cancelled",
            "attributes": {
                "email": SUBSCRIPTION["customer"]["email"],
                "subscription_id": SUBSCRIPTION["subscription_id"],
                "cancelled_at": SUBSCRIPTION["cancelled_at"],
                "cancel_at_next_billing": SUBSCRIPTION["cancel_at_next_billing_date"],
            },
        },
    ),
    Step(
        "track_attributes.js",
        "payment.succeeded",
        {
            "type": "person",
            "identifiers": {"id": PAYMENT["customer"]["customer_id"]},
            "action": "identify",
            "name": "Customer Identified",
            "attributes": {
                "email": PAYMENT["customer"]["email"],
                "name": PAYMENT["customer"]["name"],
                "total_spent": f"{PAYMENT['total_amount'] / 100:.2f}",
                "payment_method": PAYMENT["payment_method"],
                # The code replaces webhook.payload only after this object is built, so the timestamp is the event's.
                "last_payment_date": EVENT_TYPES["payment.succeeded"].sample["timestamp"],
                "customer_since": EVENT_TYPES["payment.succeeded"].sample["timestamp"],
            },
        },
    ),
]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.code)
def test_pasted_code_reaches_customer_io(
    step: Step, hookbench: Running, signed_in: Page, customer_io: Destination
) -> None:
    page = signed_in
    address = enter_signing_secret(page)
    create_from_card(page, step, capture=False)

    sign = sdk_signed if step.code == "track_payments.js" else standard_signed
    assert deliver(address, sign(SECRET, sample_json(step.event_type))) == 200

    wait_for(lambda: sent(customer_io), what="the request at the destination")
    [got] = sent(customer_io)
    assert (got.method, got.path) == ("POST", "/api/v2/entity")
    assert got.headers["host"] == "track.customer.io"
    assert got.headers["authorization"] == "Basic " + b64encode(f"{SITE_ID}:{API_KEY}".encode()).decode()
    assert got.headers["content-type"] == "application/json"
    assert json.loads(got.body) == step.body

    page.goto(f"{hookbench.url}/test/logs")
    page.get_by_role("link", name=step.event_type).first.click()
    expect(page.locator("main")).to_contain_text("https://track.customer.io/api/v2/entity")
    expect(page.locator("main")).to_contain_text(step.body["action"])
    expect(page.locator("main")).not_to_contain_text(API_KEY)


def test_pasted_code_is_captured_and_nothing_leaves(
    hookbench: Running, signed_in: Page, customer_io: Destination
) -> None:
    page, step = signed_in, STEPS[0]
    address = enter_signing_secret(page)
    create_from_card(page, step, capture=True)
    page.goto(f"{hookbench.url}/test/inspector")
    assert deliver(address, standard_signed(SECRET, sample_json(step.event_type))) == 200
    # The row appears without a reload.
    page.get_by_role("link", name=step.event_type).first.click()
    expect(page.locator("main")).to_contain_text("payment_completed")
    expect(page.locator("main")).to_contain_text("https://track.customer.io/api/v2/entity")
    assert sent(customer_io) == []


def sent(destination: Destination) -> list[Any]:
    """The requests with an event. Create asks for the region as well, which tells whether the credentials are valid."""
    return [got for got in destination.got if (got.method, got.path) != ("GET", "/api/v1/accounts/region")]


def enter_signing_secret(page: Page) -> str:
    """Paste Dodo's signing secret into the Test source; returns the source's ingest address."""
    page.get_by_role("link", name="Sources", exact=True).click()
    source = page.get_by_role("region", name="Test", exact=True)
    source.locator("input[name=secret]").fill(SECRET)
    source.get_by_role("button", name="Save secret").click()
    expect(page.get_by_text("Signing secret saved.")).to_be_visible()
    return source.get_by_label("Ingest URL", exact=True).input_value()


def create_from_card(page: Page, step: Step, capture: bool) -> None:
    """Steps 1 to 5 of the document."""
    page.get_by_role("link", name="Endpoints").first.click()
    page.get_by_role("link", name="Add endpoint").first.click()
    page.locator("details.card-picker summary, .card-picker summary").first.click()
    page.get_by_role("option", name="Customer.io").click()

    page.get_by_label("Site ID").fill(SITE_ID)
    page.get_by_role("textbox", name="API key").fill(API_KEY)
    if capture:
        page.get_by_role("radio", name="Capture").check()

    code = (SEED / step.code).read_text()
    paste_over(page, "field-code", code)
    assert code_of(page, "field-code") == code

    open_test(page)
    page.get_by_label("Event type", exact=True).select_option(step.event_type)
    page.get_by_role("button", name="Run test").click()
    result = page.locator("#test-result")
    expect(result).to_contain_text("https://track.customer.io/api/v2/entity")
    expect(result).to_contain_text(step.body["action"])
    expect(result).not_to_contain_text(API_KEY)

    page.get_by_role("button", name="Create", exact=True).last.click()
    expect(page.get_by_text("Endpoint created.")).to_be_visible()
