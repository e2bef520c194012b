"""A backtest finds a throw on null before it is live; a shadow runs on live events and is promoted."""

import json
import os
import re
from pathlib import Path

import pytest
from accessibility import faults_in
from editor import paste_over
from events import deliver, standard_signed
from playwright.sync_api import Page, expect
from running import Running
from shop import SECRET, ingest_address

ACTIVE = """function handler(webhook) {
  webhook.payload = { mail: webhook.payload.data.customer?.email, total: 1 };
  return webhook;
}
"""
THROWS = ACTIVE.replace("?.", ".")
CHANGED = ACTIVE.replace("total: 1", "total: 2")


def endpoint_with_code(hookbench: Running, page: Page) -> str:
    """Create an endpoint that captures, with ``ACTIVE`` as version 1. Returns its address."""
    page.goto(f"{hookbench.url}/test/endpoints/new?card=webhook")
    page.get_by_label("Endpoint URL").fill("https://example.com/hook")
    page.get_by_role("radio", name="Capture").check()
    page.get_by_role("switch", name="Enabled").check()
    paste_over(page, "field-code", ACTIVE)
    page.get_by_role("button", name="Create", exact=True).last.click()
    page.wait_for_url(re.compile(r"/test/endpoints/ep_\w+(\?said=endpoint-created)?$"))
    return page.url.partition("?")[0]


def save_draft(page: Page, endpoint: str, code: str) -> None:
    page.goto(f"{endpoint}/transformation")
    paste_over(page, "field-code", code)
    page.get_by_role("button", name="Save draft").last.click()
    expect(page.get_by_text("Draft saved. It is not live yet.")).to_be_visible(timeout=15_000)


def send(address: str, count: int) -> None:
    for n in range(count):
        customer = {"email": f"ada{n}@example.com"} if n % 3 else None
        body = json.dumps({"type": "payment.succeeded", "data": {"customer": customer, "total_amount": n}})
        assert deliver(address, standard_signed(SECRET, body)) == 200


def has_no_fault(page: Page, name: str) -> None:
    """No fault that axe finds, wide and narrow, and nothing wider than the screen."""
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)
        assert faults_in(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than {width} px"


def test_a_backtest_finds_a_throw_on_null(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    address, endpoint = ingest_address(hookbench, page), endpoint_with_code(hookbench, page)
    send(address, 9)
    save_draft(page, endpoint, THROWS)

    page.get_by_role("link", name="Backtest", exact=True).click()
    page.get_by_label("How many").fill("0")
    page.get_by_role("button", name="Run backtest").click()
    expect(page.get_by_text("Enter a whole number from 1 to 100000.").first).to_be_visible()
    has_no_fault(page, "backtest-form")
    page.get_by_label("How many").fill("100")
    page.get_by_role("button", name="Run backtest").press("Enter")

    differences = page.get_by_role("region", name="Throws 3 events")
    expect(differences).to_contain_text("Cannot read properties of null (reading 'email')", timeout=10_000)
    expect(page.get_by_role("row", name=re.compile("payment.succeeded 9 3 0 6"))).to_be_visible()
    has_no_fault(page, "backtest")
    differences.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Throws")).to_be_visible()
    has_no_fault(page, "backtest-event")
    page.get_by_role("link", name="Save as test case").click()
    expect(page.get_by_text("Personal data is masked.")).to_be_visible()
    page.get_by_role("textbox", name="Name").first.fill("a payment without a customer")
    page.get_by_role("button", name="Save test case").click()
    expect(page.get_by_text("Test case saved.")).to_be_visible()

    save_draft(page, endpoint, CHANGED)
    page.get_by_role("link", name="Backtest", exact=True).click()
    expect(page.get_by_text("Out of date")).to_be_visible()
    page.get_by_role("button", name="Run backtest").click()
    changed = page.get_by_role("region", name="Changed 9 events")
    expect(changed).to_contain_text("total", timeout=10_000)
    changed.get_by_role("link").first.click()
    expect(page.locator(".diff-wide")).to_contain_text('"total": 2')
    has_no_fault(page, "backtest-diff")
    page.get_by_role("link", name="Back", exact=True).click()
    page.get_by_role("link", name="Activate…").click()
    expect(page.get_by_role("heading", name="What changes")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_shadow_is_promoted(hookbench: Running, signed_in: Page, scripts: bool) -> None:
    address, endpoint = ingest_address(hookbench, signed_in), endpoint_with_code(hookbench, signed_in)
    save_draft(signed_in, endpoint, CHANGED)
    context = signed_in.context.browser.new_context(java_script_enabled=scripts, locale="en-US")  # type: ignore[union-attr]
    context.add_cookies(signed_in.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{endpoint}/shadow")
    page.get_by_role("button", name="Start shadow").click()
    expect(page.get_by_text("Version 2 beside v1 active")).to_be_visible()
    expect(page.get_by_text("v2 in shadow").first).to_be_visible()
    send(address, 4)
    changed = page.get_by_role("region", name="Changed 4 events")
    if scripts:
        expect(changed).to_contain_text("total", timeout=10_000)
        has_no_fault(page, "shadow")
    else:
        for _ in range(40):
            page.reload()
            if changed.count():
                break
            page.wait_for_timeout(250)
        expect(changed).to_contain_text("total")
    page.get_by_label("Note").fill("no surprises")
    page.get_by_role("button", name="Promote: activate this version").click()
    expect(page.get_by_text("Promoted from shadow")).to_be_visible()
    expect(page.get_by_text("no surprises")).to_be_visible()
    page.goto(f"{endpoint}/shadow")
    expect(page.get_by_text("Promoted", exact=True)).to_be_visible()
    context.close()


def test_a_shadow_is_dropped_in_chinese(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    endpoint = endpoint_with_code(hookbench, page)
    save_draft(page, endpoint, CHANGED)
    page.context.add_cookies([{"name": "lang", "value": "zh_Hans", "url": hookbench.url}])
    page.goto(f"{endpoint}/shadow")
    page.get_by_role("button", name="开始影子运行").click()
    expect(page.get_by_text("版本 2，对比 v1 已激活")).to_be_visible()
    has_no_fault(page, "shadow-zh")
    page.get_by_role("button", name="放弃").click()
    expect(page.get_by_text("影子运行已放弃")).to_be_visible()
    page.goto(f"{endpoint}/backtests")
    has_no_fault(page, "backtests-zh")
