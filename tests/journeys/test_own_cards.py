"""A person makes a card, uses it, exports it, deletes it and imports it again: with scripts, and without."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from accessibility import faults_in
from administrator import sign_in_without_pages
from destination import Destination
from editor import paste_over
from playwright.sync_api import Browser, Page, expect
from running import Running, wait_for
from shop import LOOPBACK, create_endpoint, ingest_address, send

KEY = "key-0123456789"
CODE = "function handler(webhook) {\n  webhook.payload = { type: webhook.eventType };\n  return webhook;\n}\n"
ROW = ".card-field"


@pytest.fixture
def hookbench(tmp_path: Path) -> Iterator[Running]:
    with Running(tmp_path / "data", LOOPBACK) as running:
        yield running


def fill_in(page: Page, destination: Destination) -> None:
    """The form of a card with two fields and a header."""
    page.get_by_label("Title").fill("Acme CRM")
    page.get_by_label("Summary").fill("Sends customers to Acme.")
    page.get_by_label("Instructions").fill("Sign in at Acme.\nCopy the key.")
    page.locator(ROW).nth(0).get_by_label("Label").fill("API key")
    page.get_by_role("radio", name="Fixed").check()
    page.get_by_label("Fixed URL").fill(f"http://127.0.0.1:{destination.port}/{{team}}/events")
    page.get_by_role("radio", name="Header", exact=False).last.check()
    page.get_by_label("Header: name").fill("X-Acme-Key")
    page.get_by_label("Header: value").fill("{api_key}")
    page.get_by_label("Rate limit (per second)").fill("7")


def use(page: Page, hookbench: Running) -> str:
    """Create an endpoint from the card by its entry in the picker. Returns the path of its page."""
    page.goto(f"{hookbench.url}/test/endpoints/new")
    page.locator("details.card-picker > summary").click()
    page.locator(".card-picker .card-option").filter(has_text="Acme CRM").click()
    expect(page.locator("details.card-picker > summary")).to_contain_text("Acme CRM")
    expect(page.get_by_label("Rate limit (per second)")).to_have_value("7")
    page.get_by_label("API key", exact=True).fill(KEY)
    page.get_by_label("Team", exact=True).fill("shop")
    page.get_by_role("button", name="Create", exact=True).last.click()
    page.wait_for_url(re.compile(r"/test/endpoints/ep_\w+(\?said=endpoint-created)?$"))
    return page.url.removeprefix(hookbench.url).partition("?")[0]


def say_yes(page: Page, card: str = "Acme CRM") -> None:
    row = page.locator("tr").filter(has_text=card)
    row.get_by_role("button", name="Delete").first.click()
    row.locator("[popover] button[type=submit]").click()


def test_a_card_is_made_used_exported_and_imported(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    page.on("dialog", lambda dialog: dialog.accept())
    address = ingest_address(hookbench, page)
    with Destination() as destination:
        page.goto(f"{hookbench.url}/test/settings")
        page.get_by_role("link", name="Your own cards").click()
        page.get_by_role("link", name="New card").first.click()
        page.locator("[data-rows][data-ready]").wait_for()
        fill_in(page, destination)
        page.get_by_role("button", name="Add a row").click()
        expect(page.locator(ROW).nth(1).get_by_label("Label")).to_be_focused()
        page.keyboard.type("Team")
        page.locator(ROW).nth(1).get_by_label("Kind").select_option("Text")
        paste_over(page, "field-code", CODE)
        page.get_by_label("Header: value").fill("{key}")
        page.get_by_role("button", name="Save card").last.click()
        expect(page.locator("#field-value-error")).to_have_text("There is no field with the name key.")
        page.get_by_label("Header: value").fill("{api_key}")
        page.get_by_role("button", name="Save card").last.click()
        expect(page.get_by_text("Card saved. Choose it when you add an endpoint.")).to_be_visible()

        endpoint = use(page, hookbench)
        send(address, "payment.succeeded")
        wait_for(lambda: destination.got)
        assert destination.got[0].path == "/shop/events"
        assert destination.got[0].headers["x-acme-key"] == KEY
        assert destination.got[0].body == b'{"type":"payment.succeeded"}'

        page.goto(f"{hookbench.url}/test/cards")
        with page.expect_download() as downloading:
            page.locator("tr").filter(has_text="Acme CRM").get_by_role("link", name="Export").click()
        assert downloading.value.suggested_filename == "acme_crm.zip"
        content = Path(downloading.value.path()).read_bytes()
        assert KEY.encode() not in content
        say_yes(page)
        expect(page.get_by_role("alert")).to_have_text(re.compile("Endpoints use this card: 1."))

        page.goto(hookbench.url + endpoint)
        page.locator("#endpoint-head details.menu > summary").click()
        page.locator("#endpoint-head").get_by_role("button", name="Delete").first.click()
        page.locator("#delete button[type=submit]").click()
        page.goto(f"{hookbench.url}/test/cards")
        say_yes(page)
        expect(page.get_by_role("alert")).to_have_text(re.compile("can still be restored"))
        page.goto(f"{hookbench.url}/test/endpoints/deleted")
        page.get_by_role("button", name="Delete for good now").first.click()
        page.locator("[popover] button[type=submit]:visible").click()
        expect(page.get_by_text("Endpoint deleted for good.")).to_be_visible()
        page.goto(f"{hookbench.url}/test/cards")
        say_yes(page)
        expect(page.get_by_text("No cards of your own yet")).to_be_visible()

        page.get_by_label("Zip file of a card").set_input_files(
            {"name": "acme_crm.zip", "mimeType": "application/zip", "buffer": content}
        )
        page.get_by_role("button", name="Import").click()
        expect(page.get_by_text("Card imported.")).to_be_visible()
        use(page, hookbench)
        send(address, "refund.succeeded")
        wait_for(lambda: len(destination.got) == 2)
        assert destination.got[1].headers["x-acme-key"] == KEY


def test_an_endpoint_becomes_a_card(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    page.on("dialog", lambda dialog: dialog.accept())
    with Destination() as destination:
        endpoint = create_endpoint(hookbench, page, f"http://127.0.0.1:{destination.port}/secret-path", "Our shop")
        page.goto(f"{hookbench.url}{endpoint}/advanced")
        page.get_by_role("link", name="Save as card").click()
        expect(page.get_by_label("Title")).to_have_value("Our shop")
        assert "secret-path" not in page.content()
        page.get_by_role("button", name="Save card").last.click()
        expect(page.get_by_text("Card saved. Choose it when you add an endpoint.")).to_be_visible()
        expect(page.locator("td").filter(has_text="Our shop")).to_be_visible()


def test_it_all_works_without_scripts(hookbench: Running, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-US", viewport={"width": 390, "height": 900})
    page = context.new_page()
    sign_in_without_pages(hookbench, context)
    with Destination() as destination:
        page.goto(f"{hookbench.url}/test/cards/new")
        fill_in(page, destination)
        page.locator(ROW).nth(1).get_by_label("Label").fill("Team")
        page.locator(ROW).nth(1).get_by_label("Kind").select_option("Text")
        page.get_by_role("button", name="Save card").last.click()
        expect(page.get_by_text("Card saved. Choose it when you add an endpoint.")).to_be_visible()
        use(page, hookbench)
        page.goto(f"{hookbench.url}/test/cards")
        page.get_by_label("Zip file of a card").set_input_files(
            {"name": "a.zip", "mimeType": "application/zip", "buffer": b"no zip"}
        )
        page.get_by_role("button", name="Import").click()
        expect(page.locator("#field-file-error")).to_have_text("The file is not a zip file that can be read.")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_for_everybody(hookbench: Running, browser: Browser, scheme: str) -> None:
    context = browser.new_context(
        locale="zh-CN" if scheme == "dark" else "en-US",
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": 390, "height": 900},
    )
    sign_in_without_pages(hookbench, context)
    page = context.new_page()
    for path in ("/test/cards", "/test/cards/new?start=customer_io"):
        page.goto(hookbench.url + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert faults_in(page) == []
    context.close()
