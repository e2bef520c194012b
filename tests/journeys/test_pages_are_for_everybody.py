"""Every page, wide and narrow, light and dark: no fault that axe finds, and nothing wider than the screen."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from accessibility import faults_in_both_themes
from administrator import PASSWORD, set_up
from axe_playwright_python.sync_playwright import Axe
from events import deliver, standard_signed
from playwright.sync_api import Browser
from running import Running

from server.domain.catalog import sample_json

PAGES = (
    "/test/endpoints",
    "/test/endpoints/new",
    "/test/endpoints/new?card=customer_io",
    "{endpoint}",
    "{endpoint}/testing",
    "{endpoint}/advanced",
    "{endpoint}/replays",
    "{endpoint}/replays/new?kind=bulk&states=succeeded&rate=0&count=on",
    "{endpoint}/replays/new?kind=bulk&states=succeeded&count=on",
    "{endpoint}/transformation",
    "{endpoint}/cases",
    "{endpoint}/cases/new",
    "{endpoint}/coverage",
    "{endpoint}/backtests",
    "{endpoint}/shadow",
    "{endpoint}/edit",
    "/test/logs",
    "/test/logs?view=attempts",
    "{message}",
    "/inspector",
    "/events",
    "/events/payment.succeeded",
    "/docs",
    "/docs?q=retry",
    "/docs/code",
    "/docs/settings",
    "/docs/internet",
    "/notices",
    "/sources",
    "{reveal}",
    "/settings",
    "/cards",
    "/cards/new?start=customer_io",
    "/nowhere",
)


@dataclass(frozen=True)
class Tour:
    """A Hookbench with something on every page, and the cookies of a person who is signed in."""

    url: str
    endpoint: str
    message: str
    reveal: str
    browser: Browser
    cookies: list[dict[str, object]]

    def path(self, pattern: str) -> str:
        return self.url + pattern.format(endpoint=self.endpoint, message=self.message, reveal=self.reveal)


@pytest.fixture(scope="module")
def tour(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    with Running(tmp_path_factory.mktemp("tour") / "data") as hookbench:
        context = browser.new_context()
        page = context.new_page()
        set_up(hookbench, page)
        page.goto(f"{hookbench.url}/test/endpoints/new?card=slack")
        page.get_by_role("radio", name="Capture").check()
        page.get_by_role("button", name="Create", exact=True).last.click()
        page.wait_for_url("**/endpoints/ep_*")
        endpoint = page.url.removeprefix(hookbench.url).partition("?")[0]

        page.goto(f"{hookbench.url}/test/sources")
        page.get_by_role("button", name="Generate a secret for local testing").first.click()
        page.get_by_text("Signing secret generated.").wait_for()
        address = page.get_by_label("Ingest URL", exact=True).first.input_value()
        page.get_by_role("link", name="Reveal Signing secret of Test").click()
        reveal = page.url.removeprefix(hookbench.url)
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Reveal").click()
        secret = page.get_by_role("textbox", name="Signing secret").input_value()
        assert deliver(address, standard_signed(secret, sample_json("payment.succeeded"))) == 200
        page.goto(f"{hookbench.url}/test/logs")
        page.get_by_role("link", name="payment.succeeded").click()
        page.wait_for_url("**/messages/msg_*")
        message = page.url.removeprefix(hookbench.url)
        cookies = context.cookies()
        context.close()
        yield Tour(hookbench.url, endpoint, message, reveal, browser, cookies)  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [1440, 390])
def test_pages_have_no_fault_and_fit(tour: Tour, width: int) -> None:
    """A theme changes colours only, so in dark the rules of colours are what is left to check."""
    context = tour.browser.new_context(viewport={"width": width, "height": 900}, color_scheme="light")
    context.add_cookies(tour.cookies)  # type: ignore[arg-type]
    page, faults = context.new_page(), []
    for pattern in PAGES:
        page.goto(tour.path(pattern))
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if too_wide > 0:
            faults.append(f"{pattern}: {too_wide} px too wide")
        faults += [f"{pattern}: {fault}" for fault in faults_in_both_themes(page)]
    context.close()
    assert faults == []


def test_the_sign_in_page_has_no_fault(tour: Tour) -> None:
    context = tour.browser.new_context()
    page = context.new_page()
    page.goto(f"{tour.url}/login")
    found = Axe().run(page)
    context.close()
    assert [fault["id"] for fault in found.response["violations"]] == []
