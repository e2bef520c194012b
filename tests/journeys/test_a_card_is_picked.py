"""The card picker: by keyboard, by search in both languages, on a narrow screen; a change of card loses nothing."""

from collections.abc import Iterator

import pytest
from accessibility import faults_in
from administrator import sign_in, sign_in_without_pages
from destination import Destination
from editor import code_of, paste_over
from playwright.sync_api import Browser, Locator, Page, expect
from running import Running
from shop import LOOPBACK

CODE = "function handler(webhook) {\n  webhook.payload.mine = true;\n  return webhook;\n}\n"
KEY = "0d9c8b7a6f5e4d3c2b1a"


@pytest.fixture(scope="module")
def hookbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server for all tests: what a form holds before it is sent is in the browser, which each test has afresh."""
    with Running(tmp_path_factory.mktemp("picker") / "data", LOOPBACK) as running:
        yield running


def open_form(hookbench: Running, page: Page, card: str = "webhook") -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{hookbench.url}/test/endpoints/new?card={card}")
    page.locator("[data-card-picker][data-ready]").wait_for()
    page.locator("form[data-keep-ready]").wait_for()


def open_picker(page: Page) -> None:
    page.locator(".card-picker summary").click()
    expect(page.locator("[data-card-search]")).to_be_focused()


def choose(page: Page, card: str) -> None:
    page.locator(".card-picker summary").click()
    options(page).filter(has=page.get_by_text(card, exact=True)).click()
    expect(page.locator(".card-picker summary")).to_contain_text(card)
    page.locator("form[data-keep-ready]").wait_for()


def options(page: Page) -> Locator:
    """The cards that the picker shows. Closed drop-downs of the form have options too."""
    return page.locator(".card-picker").get_by_role("option")


def test_a_card_is_picked_by_keyboard(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    open_form(hookbench, page)
    page.locator(".card-picker summary").focus()
    page.keyboard.press("ArrowDown")
    search = page.get_by_role("combobox", name="Search integrations")
    expect(search).to_be_focused()
    expect(page.locator('[role=option][aria-selected="true"]')).to_contain_text("Webhook")

    page.keyboard.type("journeys payments")  # words of the summary, in any order
    expect(options(page)).to_have_count(1)
    active = page.locator('[role=option][aria-selected="true"]')
    expect(active).to_contain_text("Customer.io")
    assert search.get_attribute("aria-activedescendant") == active.get_attribute("id")

    search.fill("")
    last = options(page).last
    page.keyboard.press("End")
    expect(last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")  # round to the first
    expect(options(page).first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    expect(last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Home")
    expect(options(page).first).to_have_attribute("aria-selected", "true")

    page.keyboard.press("Escape")
    expect(search).to_be_hidden()
    expect(page.locator(".card-picker summary")).to_be_focused()

    page.keyboard.press("Enter")
    expect(search).to_be_focused()
    page.keyboard.type("slack")
    page.keyboard.press("Enter")
    expect(page.locator(".card-picker summary")).to_contain_text("Slack")
    expect(page.locator(".card-picker summary")).to_be_focused()
    assert page.url.endswith("/test/endpoints/new?card=slack")


def test_what_no_card_matches_leads_to_the_webhook(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    open_form(hookbench, page, "slack")
    open_picker(page)
    page.keyboard.type("qwertz")
    expect(page.locator("[data-card-none]")).to_have_text("No integration matches. The Webhook card sends to any URL.")
    page.keyboard.press("Enter")
    expect(page.locator(".card-picker summary")).to_contain_text("Webhook")


def test_either_language_finds_a_card(hookbench: Running, browser: Browser) -> None:
    for locale, typed, title in (("en-US", "退款", "Slack"), ("zh-CN", "refunds", "Slack")):
        context = browser.new_context(locale=locale)
        page = context.new_page()
        sign_in_without_pages(hookbench, context)
        open_form(hookbench, page)
        open_picker(page)
        page.keyboard.type(typed)
        expect(options(page).filter(has=page.get_by_text(title, exact=True))).to_be_visible()
        expect(options(page).filter(has=page.get_by_text("Webhook", exact=True))).to_be_hidden()
        context.close()


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_open_picker_has_no_fault(hookbench: Running, signed_in: Page, width: int, scheme: str) -> None:
    page = signed_in
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    open_form(hookbench, page)
    open_picker(page)
    page.keyboard.type("s")
    assert faults_in(page) == []
    box = page.locator(".card-picker .menu-body").bounding_box()
    assert box
    if width == 390:
        assert (box["x"], box["width"]) == (0, 390)
        page.get_by_role("button", name="Close", exact=True).click()
        expect(page.locator(".card-picker .menu-body")).to_be_hidden()
    else:
        assert box["width"] < 500
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_change_of_card_keeps_what_fits(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    open_form(hookbench, page, "slack")
    page.get_by_label("Endpoint URL").fill("https://example.com/hook")
    page.get_by_label("Description").fill("For the shop")
    page.get_by_role("radio", name="Capture").check()
    page.get_by_role("radio", name="Only these").check()
    page.get_by_role("checkbox", name="refund.succeeded").check()
    slack = code_of(page, "field-code")

    choose(page, "Customer.io")
    expect(page.get_by_label("Description")).to_have_value("For the shop")
    expect(page.get_by_role("radio", name="Capture")).to_be_checked()
    expect(page.get_by_role("checkbox", name="refund.succeeded")).to_be_checked()
    assert code_of(page, "field-code") not in (slack, "")  # nobody edited it, so it is the new card's
    expect(page.get_by_text("Your code was kept.")).to_have_count(0)
    page.get_by_role("textbox", name="API key").fill(KEY)

    choose(page, "Webhook")
    expect(page.get_by_label("Endpoint URL")).to_have_value("https://example.com/hook")
    choose(page, "Customer.io")
    expect(page.get_by_role("textbox", name="API key")).to_have_value(KEY)


def test_edited_code_stays_until_the_other_is_loaded(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    open_form(hookbench, page, "slack")
    paste_over(page, "field-code", CODE)
    choose(page, "Customer.io")
    expect(page.get_by_text("Your code was kept. It was written for Slack")).to_be_visible()
    assert "mine" in code_of(page, "field-code")
    page.get_by_role("button", name="Load the default code of Customer.io").click()
    expect(page.get_by_text("The code was replaced.")).to_be_visible()
    assert "mine" not in code_of(page, "field-code")
    choose(page, "Slack")
    assert "mine" in code_of(page, "field-code")  # this tab keeps what was edited for Slack


def test_a_reload_after_a_change_of_card_offers_all_of_it(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    open_form(hookbench, page, "slack")
    page.get_by_label("Description").fill("For the shop")
    paste_over(page, "field-code", CODE)
    choose(page, "Customer.io")
    page.reload()
    page.get_by_role("button", name="Restore them").click()
    expect(page.get_by_label("Description")).to_have_value("For the shop")
    assert "mine" in code_of(page, "field-code")


def test_leaving_asks_also_after_a_change_of_card(hookbench: Running, signed_in: Page) -> None:
    page, asked = signed_in, []
    open_form(hookbench, page, "slack")
    page.on("dialog", lambda dialog: asked.append(dialog.type))
    page.get_by_label("Description").fill("For the shop")
    choose(page, "Customer.io")
    assert asked == []
    page.get_by_role("link", name="Logs").click()
    page.wait_for_url("**/logs")
    assert asked == ["beforeunload"]


@pytest.mark.lost_connections
def test_an_ended_session_loses_nothing_when_the_card_is_changed(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    open_form(hookbench, page, "slack")
    page.get_by_label("Description").fill("For the shop")
    [session] = [one for one in page.context.cookies() if one["name"] == "session"]
    page.context.add_cookies([{**session, "value": "a-session-that-is-over"}])
    page.locator(".card-picker summary").click()
    options(page).filter(has=page.get_by_text("Customer.io", exact=True)).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page)
    expect(page.get_by_label("Description")).to_have_value("For the shop")
    choose(page, "Customer.io")
    expect(page.get_by_label("Description")).to_have_value("For the shop")


def test_two_tabs_change_their_cards_apart(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    open_form(hookbench, page, "slack")
    other = page.context.new_page()
    open_form(hookbench, other, "slack")
    page.get_by_label("Description").fill("First tab")
    choose(page, "Customer.io")
    other.get_by_label("Description").fill("Second tab")
    choose(other, "Customer.io")
    expect(other.get_by_label("Description")).to_have_value("Second tab")
    choose(page, "Webhook")
    expect(page.get_by_label("Description")).to_have_value("First tab")


def test_enter_in_a_field_creates_and_changes_no_card(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    open_form(hookbench, page)
    page.get_by_label("Endpoint URL").fill("https://example.com/hook")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Endpoint created.")).to_be_visible()


def test_creating_ends_what_the_other_cards_kept(hookbench: Running, signed_in: Page, shop: Destination) -> None:
    page = signed_in
    open_form(hookbench, page, "slack")
    page.get_by_label("Description").fill("For the shop")
    choose(page, "Webhook")
    page.get_by_label("Endpoint URL").fill("https://example.com/hook")
    page.get_by_role("button", name="Create", exact=True).last.click()
    expect(page.get_by_text("Endpoint created.")).to_be_visible()
    open_form(hookbench, page, "slack")
    expect(page.get_by_label("Description")).to_have_value("")
    expect(page.locator("[data-kept]")).to_have_count(0)
