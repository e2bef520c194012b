"""At the form: credentials are checked, pasted values recognised, and a test is sent before anything is created."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from accessibility import faults_in
from administrator import set_up, sign_in_without_pages
from destination import Destination
from editor import open_test
from playwright.sync_api import Browser, Locator, Page, expect
from running import Running
from shop import LOOPBACK

KEY = "0d9c8b7a6f5e4d3c2b1a"


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Running]:
    """A Hookbench that may reach loopback."""
    with Running(tmp_path / "data", LOOPBACK) as running:
        yield running


@pytest.fixture
def lonely(tmp_path: Path) -> Iterator[Running]:
    """A Hookbench for which nobody answers as Customer.io."""
    with Running(tmp_path / "data", {"HOOKBENCH_RESOLVE": "track.customer.io:443:127.0.0.1:9"}) as running:
        yield running


def open_form(hookbench: Running, page: Page, card: str) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{hookbench.url}/test/endpoints/new?card={card}")
    page.locator("form[data-keep-ready]").wait_for()


def result(page: Page) -> Locator:
    return page.locator("#credential-result")


def test_credentials_are_checked_by_a_button(hookbench: Running, signed_in: Page, customer_io: Destination) -> None:
    page = signed_in
    open_form(hookbench, page, "customer_io")
    check = page.get_by_role("button", name="Check credentials")
    check.click()
    expect(result(page)).to_contain_text("Enter the Site ID.")
    assert customer_io.got == []

    page.get_by_label("Site ID").fill("1a2b3c4d5e6f7a8b9c0d")
    page.get_by_role("textbox", name="API key").fill(KEY)
    customer_io.status = 401
    check.click()
    expect(result(page)).to_contain_text("Customer.io does not know this Site ID with this API key.")
    assert customer_io.got[-1].method == "GET"

    customer_io.status = 200
    customer_io.answer = b'{"url": "https://track-eu.customer.io", "region": "eu", "environment_id": 12}'
    check.click()
    switch = page.get_by_role("button", name="Switch to European Union")
    assert faults_in(page) == []
    switch.click()
    expect(page.get_by_label("Region")).to_have_value("eu")
    expect(switch).to_have_count(0)
    expect(result(page)).to_contain_text("alid")
    assert KEY not in result(page).inner_html()


def test_an_unreachable_destination_does_not_block_create(lonely: Running, page: Page) -> None:
    sign_in_without_pages(lonely, page.context)
    open_form(lonely, page, "customer_io")
    page.get_by_label("Site ID").fill("1a2b3c4d5e6f7a8b9c0d")
    page.get_by_role("textbox", name="API key").fill(KEY)
    page.get_by_role("button", name="Check credentials").click()
    expect(result(page)).to_contain_text("refused")
    page.get_by_role("button", name="Create", exact=True).last.click()
    expect(page.get_by_text("Endpoint created.")).to_be_visible()
    expect(page.get_by_text("Credentials:")).to_be_visible()  # by itself, once the check has ended


def test_a_pasted_url_of_another_card_changes_the_card(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    open_form(hookbench, page, "webhook")
    url = "https://hooks.slack.com/services/T00000000/B00000000/abcdefghijklmnopqrstuvwx"
    page.get_by_label("Endpoint URL").fill(url)
    hint = page.locator("#hint-url")
    expect(hint).to_contain_text("This is a URL of Slack.")
    described = page.get_by_label("Endpoint URL").get_attribute("aria-describedby")
    assert described
    assert "hint-url" in described
    assert faults_in(page) == []
    page.get_by_role("button", name="Use the card Slack").click()
    expect(page.locator(".card-picker summary")).to_contain_text("Slack")
    expect(page.get_by_label("Endpoint URL")).to_have_value(url)
    expect(page.locator("#hint-url")).to_have_text("")


def test_a_hint_goes_when_the_value_does(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    open_form(hookbench, page, "webhook")
    field, hint = page.get_by_label("Endpoint URL"), page.locator("#hint-url")
    field.press_sequentially("https://hooks.slack.com/services/T0/B0/abc")
    expect(hint).to_contain_text("This is a URL of Slack.")
    field.fill("https://example.com/")
    expect(hint).to_have_text("")
    field.fill("https://exa mple.com/")
    expect(hint).to_contain_text("The URL contains a space.")
    field.fill("")
    expect(hint).to_have_text("")


def test_a_test_is_sent_before_create(local: Running, page: Page, shop: Destination) -> None:
    sign_in_without_pages(local, page.context)
    open_form(local, page, "webhook")
    shop.answer = b'{"thanks": true}'
    page.get_by_label("Endpoint URL").fill(f"http://127.0.0.1:{shop.port}/hook")
    page.get_by_label("Enabled").check()
    open_test(page)
    page.get_by_role("button", name="Send this test for real").click()
    shown = page.locator("#test-result")
    expect(shown).to_contain_text("Response to the sent test")
    expect(shown).to_contain_text("thanks")
    assert len(shop.got) == 1
    assert faults_in(page) == []
    page.get_by_role("button", name="Create", exact=True).last.click()
    expect(page.get_by_text("Endpoint created.")).to_be_visible()
    assert len(shop.got) == 1


@pytest.mark.parametrize("width", [1440, 390])
def test_everything_fits_in_chinese_without_scripts(hookbench: Running, browser: Browser, width: int) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": width, "height": 900})
    page = context.new_page()
    set_up(hookbench, page)
    context.add_cookies([{"name": "lang", "value": "zh_Hans", "url": hookbench.url}])
    page.goto(f"{hookbench.url}/test/endpoints/new?card=customer_io")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    page.locator('button[formaction$="/endpoints/check#credential-check"]').click()
    expect(result(page)).not_to_have_text("")
    page.locator(".card-picker summary").click()
    page.locator('.card-picker button[value="slack"]').click()
    expect(page.locator(".card-picker summary")).to_contain_text("Slack")
    page.locator("#field-url").fill("https://exa mple.com/")
    page.locator('.form-foot button[type="submit"]').first.click()
    expect(page.locator("#field-url-error")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
