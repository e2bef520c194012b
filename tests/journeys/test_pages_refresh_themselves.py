"""A page that is open shows what happens, without a reload and without disturbing who reads or types."""

import time

from events import deliver, standard_signed
from playwright.sync_api import Page, expect
from running import Running

from server.domain.catalog import sample_json

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def send(address: str, event_type: str) -> None:
    assert deliver(address, standard_signed(SECRET, sample_json(event_type))) == 200


def test_a_new_row_appears_while_somebody_types(hookbench: Running, signed_in: Page) -> None:
    page, address = signed_in, ingest_address(signed_in)
    page.goto(f"{hookbench.url}/test/logs")
    expect(page.get_by_text("No events yet")).to_be_visible()
    send(address, "payment.succeeded")
    expect(page.get_by_role("link", name="payment.succeeded")).to_be_visible()

    search = page.get_by_label("Search by ID")
    search.press_sequentially("msg_")
    expect(page).to_have_url(f"{hookbench.url}/test/logs?q=msg_")
    send(address, "refund.failed")
    expect(page.get_by_role("link", name="refund.failed")).to_be_visible()
    search.press_sequentially("0")
    expect(page).to_have_url(f"{hookbench.url}/test/logs?q=msg_0")
    expect(search).to_have_value("msg_0")
    expect(search).to_be_focused()


def test_a_filter_narrows_what_is_there_and_what_comes(hookbench: Running, signed_in: Page) -> None:
    page, address = signed_in, ingest_address(signed_in)
    send(address, "payment.succeeded")
    page.goto(f"{hookbench.url}/test/logs")
    expect(page.get_by_role("link", name="payment.succeeded")).to_be_visible()

    page.get_by_label("Event type").select_option("refund.failed")
    expect(page.get_by_text("No results")).to_be_visible()
    expect(page).to_have_url(f"{hookbench.url}/test/logs?type=refund.failed")
    send(address, "payment.failed")
    send(address, "refund.failed")

    expect(page.get_by_role("link", name="refund.failed")).to_be_visible()
    expect(page.get_by_role("link", name="payment.failed")).to_have_count(0)
    page.get_by_role("link", name="Attempts", exact=True).click()
    expect(page).to_have_url(f"{hookbench.url}/test/logs?view=attempts&type=refund.failed")
    page.get_by_role("link", name="Clear filters", exact=True).click()
    expect(page).to_have_url(f"{hookbench.url}/test/logs?view=attempts")


def test_the_server_stops_within_seconds_while_a_page_is_open(hookbench: Running, signed_in: Page) -> None:
    reader = signed_in.context.new_page()  # not the one whose console must be clean: it loses its server
    with reader.expect_response("**/changes?*"):
        reader.goto(f"{hookbench.url}/test/logs")

    began = time.monotonic()
    hookbench.stop()

    assert time.monotonic() - began < 9, "waited until uvicorn gave up on the open stream"


def ingest_address(page: Page) -> str:
    """Enter the Test source's signing secret; returns its ingest address."""
    page.get_by_role("link", name="Sources", exact=True).click()
    source = page.locator("section, article").filter(has=page.get_by_role("heading", name="Test", exact=True)).last
    source.get_by_label("Signing secret", exact=True).fill(SECRET)
    source.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Signing secret saved.")).to_be_visible()
    address = page.locator("[data-copy*='/in/']").first.get_attribute("data-copy")
    assert address
    return address
