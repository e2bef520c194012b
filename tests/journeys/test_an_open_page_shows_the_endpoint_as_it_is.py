"""A page that is open follows what happens to its endpoint, and leaves alone what somebody opened or holds."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from destination import Destination
from playwright.sync_api import Page, expect
from running import Running
from shop import LOOPBACK, create_endpoint, ingest_address, send


@pytest.fixture
def hookbench(tmp_path: Path) -> Iterator[Running]:
    with Running(tmp_path / "data", LOOPBACK) as running:
        yield running


def test_the_head_says_that_the_endpoint_was_disabled_and_when(
    hookbench: Running, signed_in: Page, shop: Destination
) -> None:
    page, address = signed_in, ingest_address(hookbench, signed_in)
    endpoint = create_endpoint(hookbench, page, f"http://127.0.0.1:{shop.port}/", "Our shop")
    advanced = page.context.new_page()
    for each, path in ((page, endpoint), (advanced, f"{endpoint}/advanced")):
        each.goto(hookbench.url + path)
        expect(each.get_by_role("button", name="Pause")).to_be_visible()
    typing = advanced.get_by_label("Rate limit (per second)")
    typing.fill("12")

    shop.status = 410
    send(address, "payment.succeeded")

    for each in (advanced, page):
        head = each.locator("#endpoint-head")
        expect(head.get_by_role("button", name="Enable")).to_be_visible()
        expect(head).to_contain_text(re.compile(r"Disabled .+\. The destination returned 410 Gone\."))
        expect(head.get_by_role("button", name="Pause")).to_have_count(0)
    expect(typing).to_have_value("12")
    expect(typing).to_be_focused()


def test_a_question_stays_open_and_a_button_keeps_the_focus(
    hookbench: Running, signed_in: Page, shop: Destination
) -> None:
    page, address = signed_in, ingest_address(hookbench, signed_in)
    page.goto(hookbench.url + create_endpoint(hookbench, page, f"http://127.0.0.1:{shop.port}/", "Our shop"))
    page.get_by_role("button", name="Pause").focus()
    refresh(page, address, "payment.succeeded")
    expect(page.get_by_role("button", name="Pause")).to_be_focused()

    page.locator("#endpoint-head details.menu > summary").click()
    page.get_by_role("button", name="Delete").click()
    refresh(page, address, "refund.succeeded")
    expect(page.get_by_role("heading", name="Delete Our shop?")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()


def test_a_link_in_the_rows_keeps_the_focus_when_a_new_row_comes_above_it(
    hookbench: Running, signed_in: Page, shop: Destination
) -> None:
    page, address = signed_in, ingest_address(hookbench, signed_in)
    page.goto(hookbench.url + create_endpoint(hookbench, page, f"http://127.0.0.1:{shop.port}/", "Our shop"))
    refresh(page, address, "payment.succeeded")
    first = page.get_by_role("link", name="payment.succeeded")
    first.focus()

    refresh(page, address, "refund.succeeded")

    expect(first).to_be_focused()


def test_a_fold_on_a_message_stays_as_it_was_left(hookbench: Running, signed_in: Page, shop: Destination) -> None:
    page, address = signed_in, ingest_address(hookbench, signed_in)
    create_endpoint(hookbench, page, f"http://127.0.0.1:{shop.port}/", "Our shop")
    endpoint = create_endpoint(hookbench, page, f"http://127.0.0.1:{shop.port}/", "Disabled")
    page.goto(hookbench.url + endpoint)
    page.locator("#endpoint-head details.menu > summary").click()
    page.get_by_role("button", name="Disable").click()
    page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    send(address, "payment.succeeded")
    page.goto(f"{hookbench.url}/test/logs")
    page.get_by_role("link", name="payment.succeeded").click()
    others = page.get_by_text("Endpoints that did not receive it")
    others.click()
    expect(page.get_by_text("It is disabled.")).to_be_visible()

    sender = page.context.new_page()
    sender.goto(page.url)
    sender.get_by_role("button", name="Resend").click()
    expect(page.locator(".tries > li")).to_have_count(2)

    expect(page.get_by_text("It is disabled.")).to_be_visible()


def refresh(page: Page, address: str, event_type: str) -> None:
    """Have something happen, and wait until the open page shows it."""
    send(address, event_type)
    expect(page.get_by_role("link", name=event_type)).to_be_visible()
