"""Every page, wide and narrow, light and dark: no fault that axe finds, and nothing wider than the screen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from accessibility import faults_in, faults_in_both_themes, faults_in_light
from administrator import PASSWORD, sign_in_without_pages
from events import deliver, standard_signed
from first_view import first_view
from playwright.sync_api import Browser, Page
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
    "{endpoint}/audit",
    "{endpoint}/delete",
    "/test/endpoints/deleted",
    "/test/search",
    "/test/search?q=pay_",
    "/test/logs",
    "/test/logs?view=attempts",
    "/test/activity",
    "/test/activity?range=30d",
    "{message}",
    "/inspector",
    "/inspector/addresses/new",
    "{address}",
    "/events",
    "/events/payment.succeeded",
    "/docs",
    "/docs?q=retry",
    "/docs/code",
    "/docs/settings",
    "/docs/internet",
    "/notices",
    "/sources",
    "/test/sources/new",
    "{endpoint}/replays/new?kind=waiting",
    "{reveal}",
    "/settings",
    "/settings/appearance",
    "/settings/language",
    "/settings/retention",
    "/settings/networks",
    "/settings/account",
    "/settings/about",
    "/settings/search",
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
    address: str
    """The page of an address of the inspector."""
    reveal: str
    browser: Browser
    cookies: list[dict[str, object]]

    def path(self, pattern: str) -> str:
        named = {"endpoint": self.endpoint, "message": self.message, "address": self.address, "reveal": self.reveal}
        return self.url + pattern.format(**named)


@pytest.fixture(scope="module")
def tour(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    with Running(tmp_path_factory.mktemp("tour") / "data") as hookbench:
        context = browser.new_context()
        page = context.new_page()
        sign_in_without_pages(hookbench, context)
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
        for event_type in ("payment.failed",) * 45 + ("payment.succeeded",):
            assert deliver(address, standard_signed(secret, sample_json(event_type))) == 200
        page.goto(f"{hookbench.url}/test/logs")
        page.get_by_role("link", name="payment.succeeded").click()
        page.wait_for_url("**/messages/msg_*")
        message = page.url.removeprefix(hookbench.url)
        page.goto(f"{hookbench.url}/test/inspector/addresses/new")
        page.get_by_label("Name").fill("Staging")
        page.keyboard.press("Enter")
        page.wait_for_url("**/inspector/addresses/ins_*")
        inspector = page.url.removeprefix(hookbench.url).partition("?")[0]
        cookies = context.cookies()
        context.close()
        yield Tour(hookbench.url, endpoint, message, inspector, reveal, browser, cookies)  # type: ignore[arg-type]


GROUPS = 4


TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("group", range(GROUPS))
def test_pages_have_no_fault_and_fit(tour: Tour, group: int) -> None:
    """A theme changes colours only and a width none of them, so colours are looked at in both themes at one width.

    Each page is loaded once, wide, and then made narrow: to load it and axe takes as long as the search.
    """
    context = tour.browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    context.add_cookies(tour.cookies)  # type: ignore[arg-type]
    page, faults = context.new_page(), []
    for pattern in PAGES[group::GROUPS]:
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(tour.path(pattern))
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            too_wide = page.evaluate(TOO_WIDE)
            if too_wide > 0:
                faults.append(f"{pattern} at {width}: {too_wide} px too wide")
            found = faults_in_both_themes(page) if width == 1440 else faults_in_light(page, colours=False)
            faults += [f"{pattern} at {width}: {fault}" for fault in found]
    context.close()
    assert faults == []


def _press(*keys: str) -> Callable[[Page], None]:
    return lambda page: [page.keyboard.press(key) for key in keys] and None


def _search(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("logs")
    page.locator('[data-text="logs"] [data-result]').first.wait_for()


def _refuse(page: Page) -> None:
    page.get_by_label("Endpoint URL").fill("not an address")
    page.get_by_role("button", name="Create", exact=True).last.click()
    page.locator("[data-problems]").wait_for()


STATES: dict[str, tuple[str, Callable[[Page], None]]] = {
    "the menu of the account": ("/test/endpoints", lambda page: page.locator(".account summary").click()),
    "the list of shortcuts": ("/test/endpoints", _press("?")),
    "the palette with results": ("/test/logs", _search),
    "a toast": ("/test/settings?said=alerts-saved", lambda page: page.locator(".toast").wait_for()),
    "a refused form": ("/test/endpoints/new?card=webhook", _refuse),
    "the menu of an endpoint": ("{endpoint}", lambda page: page.locator("main .menu > summary").first.click()),
    "the dialog that deletes": ("{endpoint}/delete", lambda page: None),
    "a long list": ("/test/logs", lambda page: page.locator("tbody tr").nth(40).wait_for()),
}

IN_CONTRAST = ("the menu of the account", "a refused form", "the dialog that deletes")


@pytest.mark.parametrize("state", STATES)
def test_states_of_pages_have_no_fault(tour: Tour, state: str) -> None:
    """Menus, dialogs, errors, toasts and long lists; in light and dark, some in a contrast theme."""
    pattern, reach = STATES[state]
    context = tour.browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    context.add_cookies(tour.cookies)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(tour.path(pattern))
    reach(page)
    faults = faults_in_both_themes(page, forced=state in IN_CONTRAST)
    context.close()
    assert faults == []


WEIGHED = (
    ("/test/endpoints", 120), ("/test/logs", 120), ("/test/activity", 120), ("{endpoint}", 120), ("{message}", 120),
    ("/docs/code", 120), ("/inspector", 120), ("/test/endpoints/new", 300),
)  # fmt: skip
"""Pages with the most that their first view may be, in KB."""


def test_a_first_view_is_light_and_nothing_moves_while_it_arrives(tour: Tour) -> None:
    faults = []
    for pattern, most in WEIGHED:
        view = first_view(tour.browser, tour.path(pattern), tour.cookies, late_fonts=pattern == "/test/logs")
        print(f"{pattern:40} {view.size / 1000:6.1f} KB  {view.shift:.4f}")
        if view.size > most * 1000:
            faults.append(f"{pattern}: {view.size} bytes")
        if view.shift > 0.02:
            faults.append(f"{pattern} moves by {view.shift:.3f}: {view.moved}")
    assert faults == []


def test_the_sign_in_page_has_no_fault(tour: Tour) -> None:
    context = tour.browser.new_context()
    page = context.new_page()
    page.goto(f"{tour.url}/login")
    faults = faults_in(page)
    context.close()
    assert faults == []
