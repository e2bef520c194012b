"""Coverage in Chromium: the page, the marks beside the code, on a narrow screen, in Chinese, and for axe."""

from accessibility import faults_in
from editor import open_test, paste_over
from playwright.sync_api import Page, expect
from running import Running
from shop import create_endpoint, ingest_address, send

from server.domain.catalog import EVENT_TYPES

CODE = """function handler(webhook) {
  if (webhook.eventType === "payment.succeeded") {
    webhook.payload = { paid: webhook.payload.data.total_amount };
  }
  if (webhook.payload.nothing) {
    return null;
  }
  return webhook;
}
"""


def accessible(page: Page) -> None:
    assert faults_in(page) == []


PAUSE = 0


def test_coverage_of_a_draft(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    endpoint = create_endpoint(hookbench, page, "https://shop.example/hook", "Shop")
    send(ingest_address(hookbench, page), "payment.succeeded")
    page.goto(f"{hookbench.url}{endpoint}/transformation")
    page.get_by_label("Enabled").check()
    paste_over(page, "field-code", CODE)

    # The marks follow what is typed, and are remembered.
    switch = page.get_by_label("Mark the lines that samples, test cases and stored events reach")
    switch.check()
    expect(page.get_by_text("4 of 5 branches have run.")).to_be_visible()
    expect(page.locator(".cm-coverage-never")).to_have_count(1)
    expect(page.locator(".cm-coverage-partly")).to_have_attribute("class", "cm-gutterElement cm-coverage-partly")
    page.get_by_role("button", name="Save draft").last.click()
    expect(page.get_by_text("Draft saved.")).to_be_visible()
    expect(page.locator(".cm-coverage-never")).to_have_count(1)
    open_test(page)
    page.get_by_role("button", name="Run test").click()
    expect(page.locator("#test-result")).to_contain_text("Test output")
    expect(page.get_by_text("4 of 5 branches have run.")).to_be_visible()

    page.get_by_role("link", name="Coverage", exact=True).first.click()
    expect(page.get_by_text("Coverage of the draft")).to_be_visible()
    expect(page.locator("#L6")).to_contain_text("Never ran")
    expect(page.locator("#L5")).to_contain_text("The condition was never true.")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="payment.succeeded"))
    expect(row).to_contain_text("Changed")
    expect(row).not_to_contain_text("Never tried")
    expect(page.get_by_role("row").filter(has_text="Never changed")).to_have_count(len(EVENT_TYPES) - 1)
    accessible(page)

    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    accessible(page)
    page.context.add_cookies([{"name": "lang", "value": "zh_Hans", "url": hookbench.url}])
    page.reload()
    expect(page.get_by_text("草稿的覆盖率")).to_be_visible()
    accessible(page)
