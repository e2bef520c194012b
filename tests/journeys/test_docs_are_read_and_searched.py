"""Docs in a real browser: searched by keyboard, with the words marked, and printed without what surrounds them."""

from collections.abc import Iterator

import pytest
from administrator import set_up
from playwright.sync_api import Browser, Page, expect
from running import Running


@pytest.fixture(scope="module")
def reader(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, str]]:
    with Running(tmp_path_factory.mktemp("docs") / "data") as hookbench:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        set_up(hookbench, page)
        yield page, hookbench.url
        context.close()


def test_a_search_is_typed_and_followed_by_keyboard(reader: tuple[Page, str]) -> None:
    page, url = reader
    page.goto(f"{url}/test/docs/start")
    page.locator("html").press("/")
    expect(page.get_by_label("Search the docs")).to_be_focused()
    page.keyboard.type("retry schedule")
    first = page.locator("[data-docs-hit]").first
    expect(first).to_contain_text("Deliveries and retries")
    expect(page.get_by_role("status").filter(has_text="results")).to_be_visible()
    expect(page).to_have_url(f"{url}/test/docs?q=retry+schedule")

    page.keyboard.press("ArrowDown")
    expect(first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("Search the docs")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Deliveries and retries", level=1)).to_be_visible()
    expect(page.locator("article mark").first).to_be_visible()
    page.wait_for_load_state("load")  # before that nothing listens to the box
    page.get_by_label("Search the docs").fill("")
    expect(page.get_by_role("heading", name="Get started")).to_be_visible()


def test_a_page_is_printed_without_what_surrounds_it(reader: tuple[Page, str]) -> None:
    page, url = reader
    page.goto(f"{url}/test/docs/internet")
    page.emulate_media(media="print")
    for hidden in (".sidebar", ".docs-list >> nth=0", ".docs-search", ".docs-next"):
        expect(page.locator(hidden)).to_be_hidden()
    expect(page.get_by_role("heading", name="Put it on the internet")).to_be_visible()
    page.emulate_media(media="screen")


def test_on_a_phone_the_list_is_a_menu(browser: Browser, reader: tuple[Page, str]) -> None:
    page, url = reader
    context = browser.new_context(viewport={"width": 360, "height": 800})
    context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    phone = context.new_page()
    for slug in ("start", "settings", "code", "troubleshooting", "internet"):
        phone.goto(f"{url}/test/docs/{slug}")
        assert phone.evaluate("document.documentElement.scrollWidth") <= 360, slug
    phone.get_by_text("All pages", exact=True).click()
    phone.get_by_role("navigation", name="All pages").get_by_role("link", name="Backup and restore").click()
    expect(phone.get_by_role("heading", name="Backup and restore")).to_be_visible()
    context.close()


def test_whoever_cannot_sign_in_finds_what_to_do(browser: Browser, reader: tuple[Page, str]) -> None:
    page, url = reader
    context = browser.new_context()
    stranger = context.new_page()
    stranger.goto(f"{url}/login")
    stranger.get_by_role("link", name="Forgot your password?").click()
    expect(stranger.get_by_text("hookbench reset-password").first).to_be_visible()
    context.close()
    page.goto(f"{url}/docs/forgotten-password")
    expect(page).to_have_url(f"{url}/test/docs/forgotten-password")
