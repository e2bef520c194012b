"""A person makes a test case of a real event with personal data masked, sees it fail, and updates its expectation."""

import re

import pytest
from administrator import sign_in_without_pages
from editor import editor, paste_over
from playwright.sync_api import Browser, Page, expect
from running import Running
from shop import ingest_address, send
from test_code_goes_live_when_it_is_activated import look

CODE = """function handler(webhook) {
  const { customer, total_amount } = webhook.payload.data;
  webhook.payload = { text: customer.email + " paid " + total_amount };
  return webhook;
}
"""
OTHER = CODE.replace(" paid ", " has paid ")


def captured(hookbench: Running, page: Page) -> str:
    """An endpoint with this code that captures its requests. Returns its address."""
    page.goto(f"{hookbench.url}/test/endpoints/new?card=webhook")
    page.get_by_label("Endpoint URL").fill("https://shop.example/hooks")
    page.get_by_role("radio", name="Capture").check()
    page.get_by_label("Enabled").check()
    paste_over(page, "field-code", CODE)
    page.get_by_role("button", name="Create", exact=True).last.click()
    page.wait_for_url(re.compile(r"/test/endpoints/ep_\w+(\?said=endpoint-created)?$"))
    return page.url.partition("?")[0]


@pytest.mark.parametrize(("width", "language"), [(1440, "en"), (390, "zh_Hans")])
def test_from_a_real_event_to_an_updated_expectation(
    hookbench: Running, signed_in: Page, width: int, language: str
) -> None:
    page, mark = signed_in, f"{language}-{width}"
    address = ingest_address(hookbench, page)
    at = captured(hookbench, page)
    send(address, "payment.succeeded")

    def looked(name: str) -> None:
        page.set_viewport_size({"width": width, "height": 900})
        page.context.add_cookies([{"name": "lang", "value": language, "url": hookbench.url}])
        page.reload()
        look(page, f"{name}-{mark}")
        page.context.add_cookies([{"name": "lang", "value": "en", "url": hookbench.url}])
        page.reload()

    page.goto(f"{hookbench.url}/test/logs")
    page.locator("a.row-link").first.click()
    page.wait_for_url("**/messages/msg_*")
    message = page.url
    page.get_by_role("link", name="Test with this event").click()
    page.get_by_role("button", name="Run test").click()
    expect(page.get_by_text("mira.lindqvist@northwind.example paid 4999").first).to_be_visible()
    page.goto(message)  # not back: how many steps that takes depends on whether scripts had loaded when Run was clicked
    page.get_by_role("link", name="Save as test case").click()
    expect(page.get_by_text("Personal data is masked.")).to_be_visible()
    expect(editor(page, "field-payload")).not_to_contain_text("mira.lindqvist")
    looked("case-of-a-message")
    page.get_by_role("textbox", name="Name").first.fill("Eine Zahlung 😀")
    page.get_by_role("button", name="Save test case").click()
    expect(page.get_by_text("Test case saved.")).to_be_visible()
    expect(page.get_by_role("row", name="Eine Zahlung 😀")).to_contain_text("Passed")

    page.goto(f"{at}/transformation")
    paste_over(page, "field-code", OTHER)
    page.get_by_role("button", name="Save draft").last.click()
    expect(page.get_by_text("1 test case fails")).to_be_visible()
    page.get_by_role("link", name="Eine Zahlung 😀").click()
    expect(page.get_by_role("heading", name="Result")).to_contain_text("Failed")
    looked("failing-case")
    page.get_by_role("link", name="Update expectation…").click()
    expect(page.get_by_role("region", name="Difference")).to_contain_text(" has paid 4999")
    looked("update")
    page.get_by_role("button", name="Update expectation").click()
    expect(page.get_by_text("Expectation updated.")).to_be_visible()
    expect(page.get_by_role("row", name="Eine Zahlung 😀")).to_contain_text("Passed")
    looked("cases")


def test_cases_without_scripts(hookbench: Running, signed_in: Page, browser: Browser) -> None:
    at = captured(hookbench, signed_in)
    plain = browser.new_context(java_script_enabled=False)
    sign_in_without_pages(hookbench, plain)
    page = plain.new_page()
    page.goto(f"{at}/cases")
    page.get_by_label("From a sample").select_option("refund.failed")
    page.get_by_role("button", name="Use this sample").click()
    page.get_by_role("radio", name="Assertions").check()
    page.get_by_label("Assertion", exact=True).first.select_option("path matches")
    page.get_by_label("Path or header").first.fill("text")
    page.locator("[name=assertion_value]").first.fill("paid [0-9]+$")
    page.get_by_role("button", name="Save test case").click()
    row = page.get_by_role("row", name="refund.failed")
    expect(row).to_contain_text("Failed")
    row.get_by_role("link").click()
    expect(page.get_by_text("text is", exact=False).first).to_be_visible()
    page.get_by_label("Assertion", exact=True).first.select_option("path exists")
    page.get_by_role("button", name="Save test case").click()
    expect(page.get_by_role("row", name="refund.failed")).to_contain_text("Passed")
    page.get_by_role("link", name="refund.failed").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete the test case").click()
    expect(page.get_by_text("Test case deleted.")).to_be_visible()
    plain.close()
