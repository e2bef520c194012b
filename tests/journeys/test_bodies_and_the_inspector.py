"""A body is searched, folded and copied by keyboard; an address of the inspector shows live what it receives."""

from collections.abc import Iterator

import httpx
import pytest
from accessibility import faults_in_both_themes
from administrator import sign_in_without_pages
from playwright.sync_api import Browser, BrowserContext, Page, expect
from running import Running

BODY = '{"type":"payment.succeeded","data":{"customer":{"email":"ada@example.com"},"items":[{"price":1.50}]}}'
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def hookbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("inspector") / "data") as running:
        yield running


def new_address(hookbench: Running, page: Page, name: str) -> str:
    """Create an address of the inspector by keyboard. Returns its URL."""
    page.goto(f"{hookbench.url}/test/inspector/addresses/new")
    assert faults_in_both_themes(page) == []
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    page.wait_for_url("**/inspector/addresses/ins_*")
    url = page.locator("main .address-line code").inner_text()
    assert url.startswith(f"{hookbench.url}/inspect/")
    return url


@pytest.mark.parametrize("width", [1440, 390])
def test_an_address_shows_live_what_it_receives_and_its_body_is_read_by_keyboard(
    hookbench: Running, signed_in: Page, width: int
) -> None:
    page = signed_in
    page.set_viewport_size({"width": width, "height": 900})
    url = new_address(hookbench, page, f"Staging {width}")
    expect(page.get_by_text("Waiting for the first request")).to_be_visible()
    page.locator("main summary", has_text="How it responds").press("Enter")
    assert faults_in_both_themes(page) == []

    assert httpx.post(f"{url}/orders?x=1", content=BODY, trust_env=False).status_code == 200
    tree = page.get_by_role("tree")
    expect(tree).to_contain_text("ada@example.com")  # without a reload
    assert page.evaluate(TOO_WIDE) == 0

    tree.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    path = page.locator("[data-view-path]")
    expect(path).to_have_text("data.customer.email")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.keyboard.press("ControlOrMeta+c")
    assert page.evaluate("navigator.clipboard.readText()") == "ada@example.com"
    page.get_by_role("button", name="Copy path").press("Enter")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "data.customer.email"

    tree.focus()
    page.keyboard.press("ArrowLeft")  # to data.customer
    page.keyboard.press("ArrowLeft")  # folds it
    expect(page.get_by_role("treeitem", expanded=False)).to_contain_text('"customer": {')
    page.keyboard.press("/")
    page.keyboard.type("ADA@")
    expect(page.locator("[data-view-count]")).to_have_text("1 / 1")
    expect(page.get_by_role("treeitem", expanded=False)).to_have_count(0)
    assert faults_in_both_themes(page) == []
    page.keyboard.press("Escape")
    expect(tree).to_be_focused()

    page.get_by_role("button", name="Raw").press("Enter")
    expect(page.locator(".body-view code").first).to_have_text(BODY)
    page.get_by_role("link", name="Copy as cURL").press("Enter")
    expect(page.get_by_role("link", name="Copied")).to_be_visible()
    command = page.evaluate("navigator.clipboard.readText()")
    assert f"--url '{url}/orders?x=1'" in command
    assert BODY in command


def test_all_of_it_works_without_scripts(hookbench: Running, browser: Browser) -> None:
    context: BrowserContext = browser.new_context(java_script_enabled=False)
    sign_in_without_pages(hookbench, context)
    page = context.new_page()
    page.goto(f"{hookbench.url}/test/inspector/addresses/new")
    page.get_by_label("Name").fill("Plain")
    page.get_by_role("button", name="Create address").click()
    url = page.locator("main .address-line code").inner_text()
    page.locator("main summary", has_text="How it responds").click()
    page.get_by_label("Status").fill("503")
    page.get_by_role("button", name="Save").click()

    assert httpx.post(url, content=BODY, trust_env=False).status_code == 503
    page.reload()

    expect(page.locator(".body-view pre")).to_contain_text('"email": "ada@example.com"')
    expect(page.locator(".body-tools")).to_be_hidden()
    expect(page.get_by_text("response 503").first).to_be_visible()
    context.close()
