"""With a filter for few rows, the page searches on by itself until somebody stops it. Without scripts, a link does."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from administrator import sign_in_without_pages
from playwright.sync_api import Browser, Page, expect
from running import Running

from server.domain.catalog import sample_json
from server.domain.ids import MessageId, earliest

COUNT = 8_000
RARE = {3: "SEK", 4000: "SEK", 7990: "SEK"}
DAYS_MS = 20 * 24 * 3_600_000


def fill(database: Path) -> None:
    """Messages of the last days, of which three are in a rare currency."""
    event = json.loads(sample_json("payment.succeeded"))
    now = time.time_ns() // 1_000_000 - 60_000
    rows = []
    for number in range(COUNT):
        at = now - DAYS_MS * (COUNT - number) // COUNT
        event["data"]["currency"] = RARE.get(number, "USD")
        id, body = f"{earliest(MessageId, at)}{number:016d}", json.dumps(event).encode()
        rows.append((id, f"evt_{number}", "payment.succeeded", "received", at, body))
    with closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        [source] = connection.execute("SELECT id FROM sources WHERE mode = 'test'").fetchone()
        connection.executemany(
            "INSERT INTO messages (id, webhook_id, event_type, origin, received_at, body, source_id)"
            f" VALUES (?, ?, ?, ?, ?, ?, '{source}')",
            rows,
        )


@pytest.fixture(scope="module")
def hookbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("rare") / "data"
    with Running(data) as running:
        fill(data / "hookbench.db")
        yield running


def opened(hookbench: Running, browser: Browser, query: str, *, scripts: bool = True) -> Page:
    context = browser.new_context(locale="en-US", java_script_enabled=scripts)
    sign_in_without_pages(hookbench, context)
    page = context.new_page()
    page.goto(f"{hookbench.url}/test/logs?{query}")
    return page


def test_it_fills_the_list_without_a_click(hookbench: Running, browser: Browser) -> None:
    page = opened(hookbench, browser, "currency=SEK")
    expect(page.locator(".row-link")).to_have_count(3, timeout=30_000)
    expect(page.locator(".searched")).to_have_count(0, timeout=30_000)
    expect(page.get_by_role("status").filter(has_text="The search has ended.")).to_be_attached()
    assert "before" not in page.url
    page.context.close()


def test_it_can_be_stopped_and_goes_on_by_the_link(hookbench: Running, browser: Browser) -> None:
    page = opened(hookbench, browser, "currency=CHF")
    page.get_by_role("button", name="Stop").click()
    on = page.get_by_role("link", name="Search further back")
    expect(on).to_be_focused()
    on.click()
    page.wait_for_url("**before=msg_*")
    expect(page.get_by_text("No older entries")).to_be_visible(timeout=30_000)
    page.context.close()


def test_without_scripts_a_link_goes_on(hookbench: Running, browser: Browser) -> None:
    page = opened(hookbench, browser, "currency=CHF", scripts=False)
    on = page.get_by_role("link", name="Search further back")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    on.click()
    page.wait_for_url("**before=msg_*")
    page.context.close()
