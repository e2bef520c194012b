"""Ctrl+K finds a payment, an endpoint, a page: by keyboard alone, wide and narrow. Without scripts a page does."""

import re

import pytest
from accessibility import faults_in_both_themes
from playwright.sync_api import Locator, Page, expect
from running import Running
from shop import ingest_address, send


def box(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Search").get_by_role("combobox")


@pytest.mark.parametrize("width", [1440, 390])
def test_a_payment_is_found_by_keyboard(hookbench: Running, signed_in: Page, width: int) -> None:
    page, address = signed_in, ingest_address(hookbench, signed_in)
    send(address, "payment.succeeded")
    send(address, "refund.succeeded")
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{hookbench.url}/test/sources")

    page.keyboard.press("Control+k")
    expect(box(page)).to_be_focused()
    expect(page.get_by_role("option", name="Endpoints")).to_have_attribute("aria-selected", "true")
    box(page).fill("pay_9fTbX2nQw6KzRv4HsLpMc")
    expect(page.get_by_role("group", name="Messages").get_by_role("option")).to_have_count(2)
    expect(box(page)).to_have_attribute("aria-activedescendant", "palette-result-0")
    assert faults_in_both_themes(page) == []
    if width == 390:
        assert page.evaluate("document.querySelector('#palette').getBoundingClientRect().width") == 390
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", name="payment.succeeded")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url("**/test/messages/msg_*")
    expect(page.get_by_role("main")).to_contain_text("payment.succeeded")


def test_enter_waits_for_the_results_and_esc_gives_back_the_focus(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    page.goto(f"{hookbench.url}/test/logs")
    field = page.locator("main input[type=search]").first
    field.fill("typed before")
    page.keyboard.press("Control+k")
    expect(box(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(field).to_be_focused()
    expect(field).to_have_value("typed before")

    page.keyboard.press("Control+k")
    page.keyboard.type("inspec")
    page.keyboard.press("Enter")
    page.wait_for_url("**/test/inspector")

    page.get_by_role("link", name="Search", exact=False).first.click()
    box(page).fill("nowhere at all")
    expect(page.get_by_role("dialog")).to_contain_text("Nothing matches “nowhere at all”")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_without_scripts_the_link_leads_to_a_page(hookbench: Running, signed_in: Page) -> None:
    address = ingest_address(hookbench, signed_in)
    send(address, "payment.succeeded")
    browser = signed_in.context.browser
    assert browser
    context = browser.new_context(java_script_enabled=False, storage_state=signed_in.context.storage_state())
    page = context.new_page()
    page.goto(f"{hookbench.url}/test/endpoints")
    page.get_by_role("link", name="Search").click()
    page.get_by_role("searchbox", name="Search").fill("mira.lindqvist@northwind.example")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("main").get_by_role("link", name=re.compile("payment.succeeded")).click()
    page.wait_for_url("**/test/messages/msg_*")
    context.close()
