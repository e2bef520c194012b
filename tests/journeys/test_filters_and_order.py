"""The rows of a filter, an endpoint that keeps the order, and one that is paused: as a person uses them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from destination import Destination
from playwright.sync_api import Locator, Page, expect
from running import Running, wait_for
from shop import LOOPBACK, create_endpoint, ingest_address, send


@pytest.fixture
def hookbench(tmp_path: Path) -> Iterator[Running]:
    with Running(tmp_path / "data", LOOPBACK) as running:
        yield running


def test_a_filter_is_written_in_rows_and_decides_what_is_delivered(
    hookbench: Running, signed_in: Page, shop: Destination
) -> None:
    page, address = signed_in, ingest_address(hookbench, signed_in)
    endpoint = create_endpoint(hookbench, page, f"http://127.0.0.1:{shop.port}/", "Our shop")
    page.goto(f"{hookbench.url}{endpoint}/edit")
    page.get_by_role("heading", name="Filter by payload").click()
    rows = page.locator("#field-conditions [data-row]")
    expect(rows).to_have_count(1)
    fill(rows.nth(0), "data.payment_method", "card")
    page.get_by_role("button", name="Add a row").click()
    expect(rows.nth(1).get_by_label("Field path")).to_be_focused()
    fill(rows.nth(1), "data..currency", "EUR")
    page.get_by_role("button", name="Add a row").click()
    fill(rows.nth(2), "data.nothing", "at all")
    rows.nth(2).get_by_role("button", name="Remove this row").click()
    expect(rows).to_have_count(2)
    expect(rows.nth(1).get_by_label("Field path")).to_be_focused()

    page.get_by_role("button", name="Save").click()

    wrong = rows.nth(1)
    expect(wrong.locator(".error")).to_be_visible()
    expect(wrong.get_by_label("Field path")).to_have_attribute("aria-invalid", "true")
    expect(rows.nth(0).locator(".error")).to_have_count(0)
    fill(wrong, "data.currency", "USD")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Endpoint saved.")).to_be_visible()

    send(address, "refund.succeeded")  # it has no payment method
    send(address, "payment.succeeded")
    expect(page.get_by_role("link", name="payment.succeeded")).to_be_visible()
    expect(page.get_by_role("link", name="refund.succeeded")).to_have_count(0)
    assert [got.headers["content-type"] for got in shop.got] == ["application/json"]

    page.goto(f"{hookbench.url}/test/logs")
    page.get_by_role("link", name="refund.succeeded").click()
    expect(
        page.get_by_text("Its filter requires data.payment_method = card, but this event has no such field.")
    ).to_be_visible()


def test_skipping_lets_the_ones_behind_go_on(hookbench: Running, signed_in: Page, shop: Destination) -> None:
    page, address = signed_in, ingest_address(hookbench, signed_in)
    endpoint = create_endpoint(hookbench, page, f"http://127.0.0.1:{shop.port}/", "Our shop")
    page.goto(f"{hookbench.url}{endpoint}/advanced")
    page.get_by_label("In-order delivery").check()
    page.get_by_label("Delay before each attempt").fill("0s, 1h")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_text("Endpoint saved.")).to_be_visible()
    page.goto(hookbench.url + endpoint)

    shop.status = 500
    send(address, "payment.succeeded")
    expect(page.get_by_role("link", name="payment.succeeded")).to_be_visible()
    shop.status = 200
    send(address, "refund.succeeded")
    turn = page.get_by_role("region", name="In-order delivery")
    expect(turn).to_contain_text("1 delivery waiting behind it.")
    turn.get_by_role("button", name="Skip").click()

    expect(page.get_by_text("Delivery skipped.")).to_be_visible()
    expect(page.get_by_role("link", name="refund.succeeded")).to_be_visible()
    expect(page.get_by_role("region", name="In-order delivery")).to_have_count(0)
    page.get_by_role("link", name="payment.succeeded").click()
    expect(page.locator("article.box")).to_contain_text("Stopped")


def test_a_paused_endpoint_gets_what_came_once_it_is_resumed(
    hookbench: Running, signed_in: Page, shop: Destination
) -> None:
    page, address = signed_in, ingest_address(hookbench, signed_in)
    create_endpoint(hookbench, page, f"http://127.0.0.1:{shop.port}/", "Our shop")
    page.get_by_role("button", name="Pause").click()
    head = page.locator("#endpoint-head")
    expect(head).to_contain_text("Paused: nothing is sent. Events are kept until you resume. 0 deliveries waiting.")

    for event_type in ("payment.succeeded", "refund.succeeded"):
        send(address, event_type)
    expect(head).to_contain_text("2 deliveries waiting.")
    assert shop.got == []
    head.get_by_role("button", name="Resume").click()

    expect(page.get_by_role("link", name="refund.succeeded")).to_be_visible()
    wait_for(lambda: len(shop.got) == 2)
    expect(head).to_contain_text("Enabled")


def fill(row: Locator, path: str, value: str) -> None:
    row.get_by_label("Field path").fill(path)
    row.get_by_label("Value").fill(value)
