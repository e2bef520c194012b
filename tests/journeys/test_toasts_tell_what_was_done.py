"""What was done is told by a toast: it takes no focus, waits while it is read, can be closed, and is a banner without
scripts. What failed stays."""

from collections.abc import Iterator

import pytest
from administrator import sign_in_without_pages
from playwright.sync_api import Browser, BrowserContext, Page, expect
from running import Running

TOASTS = 'new URL("toasts.js", document.querySelector("script[type=module]").src)'
"""The address of the page's own module: with another one it would be loaded once more."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("toasts") / "data") as hookbench:
        yield hookbench


@pytest.fixture
def context(browser: Browser, running: Running) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    sign_in_without_pages(running, context)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    page = context.new_page()
    page.clock.install()
    return page


def said(page: Page, running: Running) -> None:
    page.goto(f"{running.url}/test/settings?said=alerts-saved")
    expect(page.locator("#toasts .toast")).to_have_text("Notification settings saved.")


def test_a_toast_takes_no_focus_and_goes_by_itself(page: Page, running: Running) -> None:
    said(page, running)
    assert page.evaluate("document.activeElement === document.body")
    page.clock.run_for(4000)
    expect(page.locator(".toast")).to_have_count(1)
    page.clock.run_for(8000)
    expect(page.locator(".toast")).to_have_count(0)


def test_it_stays_while_it_is_pointed_at_and_can_be_closed(page: Page, running: Running) -> None:
    said(page, running)
    page.locator(".toast").hover()
    page.clock.run_for(60_000)
    expect(page.locator(".toast")).to_have_count(1)
    page.locator(".toast").get_by_role("button", name="Close").press("Enter")
    expect(page.locator(".toast")).to_have_count(0)
    assert page.evaluate("document.activeElement.id") == "content"


def test_nothing_moves_when_scripts_take_the_sentence(page: Page, running: Running) -> None:
    page.add_init_script(
        """window.moved = 0; new PerformanceObserver(list => {
             for (const each of list.getEntries()) window.moved += each.value
           }).observe({type: "layout-shift", buffered: true})"""
    )
    said(page, running)
    assert page.evaluate("window.moved") < 0.02


def test_a_toast_of_a_script_has_an_action_and_replaces_its_like(page: Page, running: Running) -> None:
    said(page, running)
    page.evaluate(
        f"""async () => {{ const {{toast}} = await import({TOASTS})
             toast("First", {{key: "k"}}); toast("Second", {{key: "k"}})
             toast("Gone.", {{action: {{label: "Undo", run: () => {{ document.title = "undone" }}}}}}) }}"""
    )
    expect(page.locator(".toast", has_text="First")).to_have_count(0)
    expect(page.locator(".toast", has_text="Second")).to_be_visible()
    page.clock.run_for(15_000)
    page.get_by_role("button", name="Undo").click()
    expect(page).to_have_title("undone")
    expect(page.locator(".toast", has_text="Gone.")).to_have_count(0)


def test_what_failed_stays(page: Page, running: Running) -> None:
    said(page, running)
    page.evaluate(f"import({TOASTS}).then(({{toast}}) => toast('Not saved.', {{tone: 'bad'}}))")
    expect(page.locator(".toast.bad")).to_be_visible()
    page.clock.run_for(600_000)
    expect(page.locator(".toast")).to_have_text(["Not saved."])


def test_without_scripts_it_is_a_banner(browser: Browser, running: Running) -> None:
    context = browser.new_context(java_script_enabled=False)
    sign_in_without_pages(running, context)
    page = context.new_page()
    page.goto(f"{running.url}/test/settings?said=alerts-saved")
    banner = page.get_by_role("status").filter(has_text="Notification settings saved.")
    expect(banner).to_be_visible()
    assert banner.evaluate("element => getComputedStyle(element).position") == "static"
    context.close()
