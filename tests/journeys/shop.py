"""Set-up for journeys: a Hookbench that may reach this machine, an endpoint, and events."""

import re

from events import deliver, standard_signed
from playwright.sync_api import Page, expect
from running import Running

from server.domain.catalog import sample_json

LOOPBACK = {"HOOKBENCH_ALLOW_NETWORKS": "127.0.0.0/8"}
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def ingest_address(hookbench: Running, page: Page) -> str:
    """Enter the Test source's signing secret. Returns its ingest URL."""
    page.goto(f"{hookbench.url}/test/sources")
    secret = page.get_by_label("Signing secret", exact=True)
    if secret.is_visible():  # otherwise it has one
        secret.fill(SECRET)
        secret.press("Enter")
        expect(page.get_by_text("Signing secret saved.")).to_be_visible()
    return page.get_by_label("Ingest URL", exact=True).input_value()


def send(address: str, event_type: str) -> None:
    assert deliver(address, standard_signed(SECRET, sample_json(event_type))) == 200


def create_endpoint(hookbench: Running, page: Page, url: str, name: str) -> str:
    """Create an endpoint of the card Webhook without code. Returns the path of its page."""
    page.goto(f"{hookbench.url}/test/endpoints/new?card=webhook")
    page.get_by_label("Endpoint URL").fill(url)
    page.get_by_label("Description").fill(name)
    page.get_by_role("button", name="Create", exact=True).last.click()
    page.wait_for_url(re.compile(r"/test/endpoints/ep_\w+(\?said=endpoint-created)?$"))
    return page.url.removeprefix(hookbench.url).partition("?")[0]


def after_reading(page: Page) -> None:
    """Be somebody who reads the page before the next click. So soon a click at the same address counts as the second
    of a double one (``static/js/double-clicks.js``).
    """
    page.evaluate("sessionStorage.removeItem('submitted')")
