"""The destination was down, catch up: one click retries what waits for hours, from wherever a person learns of it.

Clicks, counted from the list of endpoints or from the sidebar: two by the endpoint's overview (open it, retry), two by
the operational events (open them, retry), four by Recover failed (endpoint, Replay, Recover failed, retry).
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from accessibility import faults_in_both_themes
from administrator import set_up
from builders import a_message, an_attempt, an_endpoint
from destination import Destination
from playwright.sync_api import Browser, BrowserContext, Page, expect
from running import Running, wait_for
from shop import LOOPBACK, create_endpoint, ingest_address, send
from stored import written

from server.domain.ids import DeliveryId, EndpointId, SourceId, mint
from server.store import operational_events

HOUR = 3_600_000


@dataclass
class Outage:
    """An endpoint whose destination can be down, and whose retries wait for two hours."""

    hookbench: Running
    destination: Destination
    context: BrowserContext
    address: str
    endpoint: str

    @property
    def url(self) -> str:
        return f"{self.hookbench.url}{self.endpoint}"

    def fails(self, count: int) -> None:
        """The destination is down while so many events arrive, and is back afterwards."""
        self.destination.got.clear()
        self.destination.status = 503
        for _ in range(count):
            send(self.address, "payment.succeeded")
        wait_for(lambda: self._shows_waiting(count), what="the first attempts and their records")
        self.destination.status = 200
        self.destination.got.clear()

    def _shows_waiting(self, count: int) -> bool:
        return f"{count} deliveries wait for a retry" in self.context.request.get(self.url).text()

    def arrived(self, count: int) -> bool:
        """Whether so many arrived, each once."""
        seen = Counter(got.headers["webhook-id"] for got in self.destination.got)
        return len(seen) == count and set(seen.values()) == {1}


@pytest.fixture(scope="module")
def outage(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outage]:
    with Destination() as destination, Running(tmp_path_factory.mktemp("outage") / "data", LOOPBACK) as hookbench:
        context = browser.new_context(locale="en-US", viewport={"width": 1440, "height": 900})
        page = context.new_page()
        set_up(hookbench, page)
        address = ingest_address(hookbench, page)
        endpoint = create_endpoint(hookbench, page, f"http://127.0.0.1:{destination.port}/hook", "Warehouse")
        page.goto(f"{hookbench.url}{endpoint}/advanced")
        page.get_by_label("Delay before each attempt").fill("0s, 2h, 5h")
        page.get_by_role("button", name="Save", exact=True).last.click()
        expect(page.get_by_text("Endpoint saved.")).to_be_visible()
        page.close()
        yield Outage(hookbench, destination, context, address, endpoint)
        context.close()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the button with this name has the focus."""
    button = page.get_by_role("button", name=name)
    for _ in range(60):
        if button.evaluate("(each) => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {name}")


@pytest.mark.parametrize("width", [1440, 390])
def test_by_keyboard_from_the_overview(outage: Outage, width: int) -> None:
    page = outage.context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    outage.fails(6)
    page.goto(outage.url)
    expect(page.get_by_text("6 deliveries wait for a retry")).to_be_visible()
    expect(page.get_by_text("Next automatic retry")).to_be_visible()
    assert faults_in_both_themes(page) == []
    tab_to(page, "Retry all waiting now")
    page.keyboard.press("Enter")
    expect(page.get_by_text("6 of 6 attempted")).to_be_visible()
    wait_for(lambda: outage.arrived(6), what="each event once")
    expect(page.get_by_text("deliveries wait for a retry")).to_have_count(0)
    assert faults_in_both_themes(page) == []
    page.close()


def test_at_a_rate_it_shows_how_far_it_is_and_stops(outage: Outage) -> None:
    page = outage.context.new_page()
    outage.fails(8)
    page.goto(outage.url)
    page.get_by_label("At most per second").fill("2")
    page.get_by_role("button", name="Retry all waiting now").click()
    expect(page.get_by_text(re.compile(r"[1-7] of 8 attempted · at most 2 per second"))).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text(re.compile("Stopped. What had not started"))).to_be_visible()
    sent = len(outage.destination.got)
    assert 0 < sent < 8
    expect(page.get_by_text(re.compile(r"\d deliver(y waits|ies wait) for a retry"))).to_be_visible()
    page.get_by_role("button", name="Retry all waiting now").click()
    wait_for(lambda: outage.arrived(8), what="the others, each once")
    page.close()


def test_from_recover_failed_which_says_what_still_waits(outage: Outage) -> None:
    page = outage.context.new_page()
    outage.fails(2)
    page.goto(f"{outage.url}/replays")
    page.get_by_role("link", name="Recover failed").click()
    expect(page.get_by_role("heading", name="2 deliveries wait for a retry")).to_be_visible()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("What still waits for a retry is above.")).to_be_visible()
    assert faults_in_both_themes(page) == []
    page.get_by_role("button", name="Retry all waiting now").click()
    wait_for(lambda: outage.arrived(2), what="each event once")
    page.close()


def test_from_the_notice_without_scripts(outage: Outage, browser: Browser) -> None:
    plain = browser.new_context(java_script_enabled=False, locale="zh-CN", storage_state=outage.context.storage_state())
    page = plain.new_page()
    outage.fails(3)
    with ThreadPoolExecutor(1) as other:  # Playwright's event loop counts as running in this thread
        other.submit(lambda: asyncio.run(notice(outage))).result()
    page.goto(f"{outage.hookbench.url}/test/notices")
    row = page.locator(".notice-row").filter(has_text="端点持续失败")
    expect(row.get_by_text("3 条投递正在等待重试")).to_be_visible()
    row.get_by_role("button", name="立即重试所有等待中的投递").click()
    page.wait_for_url(f"**{outage.endpoint}*")
    wait_for(lambda: outage.arrived(3), what="each event once")

    def shows_the_result() -> bool:
        page.reload()
        return page.get_by_role("heading", name="等待中的投递已重试").is_visible()

    wait_for(shows_the_result)
    plain.close()


async def notice(outage: Outage) -> None:
    """What people are told when every attempt has failed for a quarter of an hour."""
    endpoint_id, now = EndpointId(outage.endpoint.rpartition("/")[2]), time.time_ns() // 1_000_000

    def tell(tx: object) -> None:
        source_id = tx.exec_driver_sql(f"SELECT source_id FROM endpoints WHERE id = '{endpoint_id}'").scalar()  # type: ignore[attr-defined]
        endpoint = an_endpoint(SourceId(source_id), id=endpoint_id)
        attempt = an_attempt(a_message(SourceId(source_id)), mint(DeliveryId), endpoint, started_at=now)
        operational_events.fail(tx, attempt, now - HOUR)  # type: ignore[arg-type]

    await written(outage.hookbench, tell)
