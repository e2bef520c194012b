"""A page that is open shows what happens, without a reload and without disturbing who reads or types."""

import re
import time

import pytest
from events import deliver, standard_signed
from playwright.sync_api import Page, Route, expect
from running import Running, wait_for

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

    search = page.get_by_role("searchbox", name="Search")
    search.press_sequentially("msg_")
    expect(page).to_have_url(f"{hookbench.url}/test/logs?q=msg_")
    send(address, "refund.failed")
    expect(page.get_by_role("link", name="1 new")).to_be_visible()
    expect(page.get_by_role("link", name="refund.failed")).to_have_count(0)  # nothing moves below who reads
    search.press_sequentially("0")
    expect(page).to_have_url(f"{hookbench.url}/test/logs?q=msg_0")
    expect(search).to_have_value("msg_0")
    expect(search).to_be_focused()
    expect(page.get_by_role("link", name="refund.failed")).to_be_visible()


def test_a_filter_narrows_what_is_there_and_what_comes(hookbench: Running, signed_in: Page) -> None:
    page, address = signed_in, ingest_address(signed_in)
    send(address, "payment.succeeded")
    page.goto(f"{hookbench.url}/test/logs")
    expect(page.get_by_role("link", name="payment.succeeded")).to_be_visible()

    page.get_by_text("More filters").click()
    page.get_by_label("Event type").select_option("refund.failed")
    expect(page.get_by_text("No results")).to_be_visible()
    expect(page).to_have_url(f"{hookbench.url}/test/logs?type=refund.failed")
    send(address, "payment.failed")
    send(address, "refund.failed")

    expect(page.get_by_role("link", name="refund.failed")).to_be_visible()
    expect(page.get_by_role("link", name="payment.failed")).to_have_count(0)
    page.get_by_role("link", name="Attempts", exact=True).click()
    expect(page).to_have_url(f"{hookbench.url}/test/logs?view=attempts&type=refund.failed")
    page.get_by_role("link", name="Remove filter: Event type: refund.failed").click()
    expect(page).to_have_url(f"{hookbench.url}/test/logs?view=attempts")
    for _ in range(2):
        with page.expect_event("load"):  # htmx reloads the page of a step back
            page.go_back()
    expect(page).to_have_url(f"{hookbench.url}/test/logs?type=refund.failed")
    expect(page.get_by_label("Event type")).to_have_value("refund.failed")


def test_new_rows_are_counted_and_shown_when_wanted(hookbench: Running, signed_in: Page) -> None:
    page, address = signed_in, ingest_address(signed_in)
    send(address, "payment.succeeded")
    page.goto(f"{hookbench.url}/test/logs")
    expect(page.get_by_role("link", name="payment.succeeded")).to_be_visible()

    send(address, "refund.failed")
    expect(page.get_by_role("link", name="1 new")).to_be_visible()
    send(address, "dispute.lost")
    news = page.get_by_role("link", name="2 new")
    expect(news).to_be_visible()
    news.press("Enter")
    expect(page.get_by_role("row").nth(1)).to_contain_text("dispute.lost")
    expect(page.get_by_role("link", name="dispute.lost")).to_be_focused()
    expect(page.get_by_text("2 new")).to_have_count(0)


def test_a_paused_log_stays_as_it_is_until_it_goes_on(hookbench: Running, signed_in: Page) -> None:
    page, address = signed_in, ingest_address(signed_in)
    send(address, "payment.succeeded")
    page.goto(f"{hookbench.url}/test/logs")
    expect(page.get_by_role("link", name="payment.succeeded")).to_be_visible()

    pause = page.get_by_role("button", name="Pause", exact=True)
    pause.click()
    expect(page).to_have_url(f"{hookbench.url}/test/logs?paused=1")
    page.reload()
    expect(pause).to_have_attribute("aria-pressed", "true")
    with page.expect_response("**/logs?*after=*") as response:
        send(address, "refund.failed")
        pause.click()
    assert response.value.ok
    expect(page.get_by_role("link", name="1 new")).to_be_visible()


def test_a_pause_stays_when_a_refresh_was_under_way(hookbench: Running, signed_in: Page) -> None:
    page, address = signed_in, ingest_address(signed_in)
    held: list[Route] = []
    page.goto(f"{hookbench.url}/test/logs")
    expect(page.get_by_text("No events yet")).to_be_visible()
    page.evaluate("document.addEventListener('htmx:finally:request', () => (window.ended = true))")
    page.route("**/test/logs*", lambda route: held.append(route))
    send(address, "payment.succeeded")
    wait_for(lambda: page.evaluate("1") and held)
    pause = page.get_by_role("button", name="Pause", exact=True)
    pause.click()
    page.evaluate("window.ended = false")
    for route in held:
        route.continue_()
    page.unroute("**/test/logs*")
    wait_for(lambda: page.evaluate("window.ended"))
    expect(pause).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(f"{hookbench.url}/test/logs?paused=1")
    expect(page.get_by_role("link", name="payment.succeeded")).to_have_count(0)
    pause.click()
    expect(page.get_by_role("link", name="payment.succeeded")).to_be_visible()


def test_a_filter_that_was_on_its_way_arrives_paused(hookbench: Running, signed_in: Page) -> None:
    page, address = signed_in, ingest_address(signed_in)
    held: list[Route] = []
    send(address, "payment.succeeded")
    page.goto(f"{hookbench.url}/test/logs")
    expect(page.get_by_role("link", name="payment.succeeded")).to_be_visible()
    page.route("**/test/logs?*status=failed*", lambda route: held.append(route))
    page.get_by_label("Status", exact=True).select_option("failed")
    wait_for(lambda: page.evaluate("1") and held)
    pause = page.get_by_role("button", name="Pause", exact=True)
    pause.click()
    for route in held:
        route.continue_()
    expect(page.get_by_text("No results")).to_be_visible()
    expect(pause).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(re.compile("paused=1"))
    expect(page.locator("#log[data-live], #log [data-live]")).to_have_count(0)


@pytest.mark.parametrize("late", ["main.js", "tail.js"])
def test_a_click_before_the_scripts_have_come_counts_once(hookbench: Running, signed_in: Page, late: str) -> None:
    held: list[Route] = []
    signed_in.route(f"**/{late}*", lambda route: held.append(route))
    signed_in.goto(f"{hookbench.url}/test/logs", wait_until="commit")
    signed_in.get_by_role("button", name="Pause", exact=True).click()
    expect(signed_in).to_have_url(f"{hookbench.url}/test/logs")
    wait_for(lambda: signed_in.evaluate("1") and held)
    for route in held:
        route.continue_()
    expect(signed_in).to_have_url(f"{hookbench.url}/test/logs?paused=1")
    expect(signed_in.get_by_role("button", name="Pause", exact=True)).to_have_attribute("aria-pressed", "true")


def test_a_script_that_fails_is_reported_and_the_others_go_on(hookbench: Running, signed_in: Page) -> None:
    page = signed_in.context.new_page()  # not the one whose console must be clean
    page.route("**/tail.js*", lambda route: route.fulfill(content_type="text/javascript", body="throw Error('broken')"))
    with page.expect_event("pageerror") as error:
        page.goto(f"{hookbench.url}/test/logs")
    assert "broken" in str(error.value)
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()


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
