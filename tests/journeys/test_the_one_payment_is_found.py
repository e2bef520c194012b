"""A person finds one payment and why it was rejected, and the payments in euros to one endpoint: by keyboard only."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from accessibility import faults_in_both_themes
from administrator import set_up
from destination import Destination
from events import deliver, standard_signed
from playwright.sync_api import Browser, Page, expect
from running import Running
from shop import LOOPBACK, SECRET, create_endpoint, ingest_address

from server.domain.catalog import sample_json

WANTED = "pay_theOne2Find"
LONG = "pay_9fTbX2nQw6KzRv4HsLpMc"
"""As long as an id of Dodo Payments is."""
CUT = "(each) => each.scrollWidth > each.clientWidth"


@dataclass(frozen=True)
class Log:
    url: str
    browser: Browser
    cookies: list[dict[str, object]]

    def opened(self, width: int, locale: str = "en-US", **options: object) -> Page:
        context = self.browser.new_context(viewport={"width": width, "height": 900}, locale=locale, **options)  # type: ignore[arg-type]
        context.add_cookies(self.cookies)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{self.url}/test/logs")
        return page


def payment(payment_id: str, currency: str) -> str:
    event = json.loads(sample_json("payment.succeeded"))
    event["data"] |= {"payment_id": payment_id, "currency": currency}
    return json.dumps(event)


@pytest.fixture(scope="module")
def log(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    """Payments in euros and dollars to two endpoints, one of which rejects them, and other events."""
    data = tmp_path_factory.mktemp("found") / "data"
    with Destination() as good, Destination() as bad, Running(data, LOOPBACK) as hookbench:
        bad.status, bad.answer = 422, b'{"error": "unknown customer"}'
        context = browser.new_context(locale="en-US")
        page = context.new_page()
        set_up(hookbench, page)
        address = ingest_address(hookbench, page)
        for destination, name in ((good, "Shop"), (bad, "Slack")):
            create_endpoint(hookbench, page, f"http://127.0.0.1:{destination.port}/{name}", name)
        events = [payment(f"pay_{number}", "EUR" if number % 2 else "USD") for number in range(6)]
        events += [sample_json("refund.succeeded"), payment(WANTED, "EUR"), sample_json("abandoned_checkout.recovered")]
        events.append(payment(LONG, "CNY"))
        for event in events:
            assert deliver(address, standard_signed(SECRET, event)) == 200
        page.goto(f"{hookbench.url}/test/logs?view=attempts&status=rejected&q={WANTED}")
        expect(page.locator(".row-link")).to_have_count(1)
        cookies = context.cookies()
        context.close()
        yield Log(hookbench.url, browser, cookies)  # type: ignore[arg-type]


def tab_to(page: Page, text: str) -> int:
    """Press Tab until the focused element has this name. Returns how often."""
    for presses in range(1, 60):
        page.keyboard.press("Tab")
        named = page.evaluate("() => document.activeElement.labels?.[0]?.innerText || document.activeElement.innerText")
        if text in (named or ""):
            return presses
    raise AssertionError(f"no {text!r} within 60 presses")


@pytest.mark.parametrize("width", [1440, 390])
def test_what_did_we_send_and_why_was_it_rejected(log: Log, width: int) -> None:
    """Two clicks or their like: the search box, and the row."""
    page = log.opened(width)
    page.keyboard.press("/")
    page.keyboard.type(WANTED)
    expect(page.locator(".row-link")).to_have_count(1)
    expect(page).to_have_url(re.compile(f"q={WANTED}"))
    tab_to(page, "payment.succeeded")
    page.keyboard.press("Enter")

    page.wait_for_url("**/messages/msg_*")
    expect(page.get_by_text("422").first).to_be_visible()
    expect(page.get_by_text("unknown customer").first).to_be_visible()
    expect(page.get_by_text(WANTED).first).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("width", [1440, 390])
def test_payments_in_euros_to_slack(log: Log, width: int) -> None:
    """Four choices: endpoint, More filters, event type, currency."""
    page = log.opened(width)
    page.get_by_role("searchbox", name="Search").focus()
    tab_to(page, "Endpoint")
    page.keyboard.type("Slack")
    expect(page).to_have_url(re.compile(r"endpoint=ep_"))
    tab_to(page, "More filters")
    page.keyboard.press("Enter")
    tab_to(page, "Event type")
    page.keyboard.type("payment.*")
    expect(page).to_have_url(re.compile(r"type=payment\.%2A"))
    tab_to(page, "Currency")
    page.keyboard.type("eur")

    expect(page).to_have_url(re.compile("currency=EUR"))
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(4)
    for row in rows.all():
        expect(row).to_contain_text("€")
        expect(row.locator(".mark").first).to_contain_text("Slack")
    page.reload()
    expect(rows).to_have_count(4)
    page.go_back()
    expect(page).not_to_have_url(re.compile("currency"))
    page.context.close()


def test_the_same_without_scripts_and_in_chinese(log: Log) -> None:
    page = log.opened(1440, locale="zh-CN", java_script_enabled=False)
    page.get_by_label("端点").select_option("Slack")
    page.locator("summary", has_text="更多筛选").click()
    page.get_by_label("货币").fill("EUR")
    page.get_by_label("事件类型").select_option("payment.*")
    page.get_by_role("button", name="应用").click()

    expect(page.locator("tbody tr")).to_have_count(4)
    with page.expect_download() as download:
        page.locator("summary", has_text="导出").click()
        page.get_by_role("link", name="CSV").click()
    assert len(download.value.path().read_text("utf-8").splitlines()) == 5
    page.context.close()


@pytest.mark.parametrize("view", ["", "attempts"])
def test_a_row_shows_what_people_look_for_on_every_screen(log: Log, view: str) -> None:
    """At 1440 px on one line. Where there is less room, on more lines."""
    page = log.opened(1440)
    page.goto(f"{log.url}/test/logs?view={view}")
    row = page.locator("tbody tr", has_text=LONG).first
    for width in (1440, 1280, 1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        shown = page.locator("td :is(code.type, code.id, .badge span), td.log-time, td.log-amount")
        assert [each.inner_text() for each in shown.all() if each.is_visible() and each.evaluate(CUT)] == [], width
        for word in (LONG, "payment.succeeded", *(["Mira Lindqvist"] if not view else ["Slack"])):
            expect(row.get_by_text(word, exact=True).first).to_be_visible()
        if view:
            expect(row.get_by_text("422")).to_be_visible()
        if width == 1440:
            assert row.bounding_box()["height"] < 45  # type: ignore[index]
    page.set_viewport_size({"width": 1024, "height": 900})
    assert faults_in_both_themes(page) == []
    if not view:
        expect(row.get_by_text("Slack", exact=True)).to_be_visible()
    page.context.close()


def test_without_scripts_a_row_says_the_hour(log: Log) -> None:
    page = log.opened(1440, java_script_enabled=False)
    received = page.locator("td.log-time").first
    expect(received).to_have_text(re.compile(r"^\d\d \w{3}, \d\d:\d\d$"))
    expect(received.locator("time")).to_have_attribute("title", re.compile(r"\d{4}, \d\d:\d\d:\d\d UTC"))
    assert not received.evaluate(CUT)
    page.context.close()


def test_more_filters_opens_where_it_is(log: Log) -> None:
    page = log.opened(1440)
    button = page.locator("summary", has_text="More filters")
    before = button.bounding_box()
    button.click()
    expect(page.get_by_label("Currency")).to_be_visible()
    assert button.bounding_box() == before
    fields = page.locator(".more-filters-body").bounding_box()
    assert fields and fields["width"] > 1000
    button.click()
    expect(page.get_by_label("Currency")).to_be_hidden()
    assert button.bounding_box() == before
    page.context.close()


@pytest.mark.parametrize("width", [1440, 390])
def test_filters_and_menus_have_no_fault(log: Log, width: int) -> None:
    page = log.opened(width)
    page.goto(f"{log.url}/test/logs?currency=EUR&status=succeeded&type=payment.*&time=24h")
    page.locator("summary", has_text="More filters").click()
    page.locator("summary", has_text="Columns").click()
    assert faults_in_both_themes(page) == []
    page.goto(f"{log.url}/test/logs?view=attempts&q=nothing")
    page.locator("summary", has_text="Export").click()
    page.emulate_media(forced_colors="active")
    assert faults_in_both_themes(page) == []
    page.context.close()
