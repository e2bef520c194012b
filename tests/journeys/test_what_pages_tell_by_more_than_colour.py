"""What is chosen shows in Windows' contrast themes too; copying is told; what was done is said once."""

import re
from collections.abc import Iterator

import pytest
from administrator import set_up
from playwright.sync_api import Browser, Locator, Page, expect
from running import Running
from shop import after_reading

PAINTED = """element => { const s = getComputedStyle(element), b = getComputedStyle(element, "::before")
  return [s.backgroundColor, s.borderBottomColor, s.borderBottomWidth, s.outlineStyle, s.outlineColor,
          b.backgroundColor].join(" ") }"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("told") / "data") as hookbench:
        yield hookbench


@pytest.fixture(scope="module")
def page(browser: Browser, running: Running) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US", timezone_id="Asia/Tokyo")
    opened = context.new_page()
    set_up(running, opened)
    yield opened
    context.close()


@pytest.fixture(scope="module")
def endpoint(page: Page, running: Running) -> str:
    page.goto(f"{running.url}/endpoints/new?card=webhook")
    page.get_by_role("radio", name="Capture").check()
    page.get_by_role("button", name="Create", exact=True).last.click()
    expect(page.get_by_text("Endpoint created.")).to_be_visible()
    return page.url.partition("?")[0]


@pytest.fixture
def contrast(page: Page) -> Iterator[Page]:
    page.emulate_media(forced_colors="active")
    yield page
    page.emulate_media(forced_colors="none")


def painted(element: Locator) -> str:
    told: str = element.evaluate(PAINTED)
    return told


@pytest.mark.parametrize(
    ("place", "chosen", "other"),
    [
        ("", ".tabs a[aria-current]", ".tabs a:not([aria-current])"),
        ("", ".places a[aria-current]", ".places a:not([aria-current])"),
        ("/edit", ".radio-card:has(:checked)", ".radio-card:not(:has(:checked))"),
    ],
)
def test_what_is_chosen_shows_in_forced_colours(
    contrast: Page, endpoint: str, place: str, chosen: str, other: str
) -> None:
    contrast.goto(endpoint + place)
    assert painted(contrast.locator(chosen).first) != painted(contrast.locator(other).first)


def test_the_mode_and_the_preferences_show_in_forced_colours(contrast: Page, running: Running) -> None:
    contrast.goto(f"{running.url}/settings")
    for row in contrast.locator(".switch-row:visible").all():
        pressed, other = row.locator("[aria-pressed=true], [aria-current]"), row.locator("[aria-pressed=false]")
        if pressed.count() and other.count():
            assert painted(pressed.first) != painted(other.first)


def test_a_switch_that_is_on_looks_other_than_one_that_is_off_in_forced_colours(contrast: Page, endpoint: str) -> None:
    contrast.goto(f"{endpoint}/advanced")
    switch = contrast.get_by_role("switch", name="In-order delivery")
    off = switch.screenshot()
    painted_off = painted(switch)
    switch.check()
    assert painted(switch) != painted_off
    assert switch.screenshot() != off
    switch.uncheck()


def test_the_legend_of_a_chart_keeps_its_colours_in_forced_colours(contrast: Page, endpoint: str) -> None:
    contrast.goto(endpoint)
    contrast.evaluate(
        """document.querySelector("main").insertAdjacentHTML("beforeend",
        ["succeeded", "failed", "captured", "transform_failed"].map(
          state => `<span class="swatch bar-${state}" style="display:block"></span>`).join(""))"""
    )
    fills = {
        painted(swatch).partition(" 1px")[0] for swatch in contrast.locator(".swatch.bar-failed, main > .swatch").all()
    }
    assert len(fills) == 4


def test_copying_is_told_and_the_button_is_itself_again(page: Page, endpoint: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(endpoint)
    button = page.locator("main .copyable [data-copy]").first
    name = button.get_attribute("aria-label")
    button.click()
    expect(page.locator("#toasts")).to_have_text("Copied")
    assert button.evaluate("element => getComputedStyle(element, '::before').content") == '"✓"'
    assert page.evaluate("navigator.clipboard.readText()") == button.get_attribute("data-copy")
    expect(button).not_to_have_attribute("data-copied", re.compile(""))
    assert button.get_attribute("aria-label") == name


def test_what_cannot_be_copied_is_told(page: Page, endpoint: str) -> None:
    page.goto(endpoint)
    page.evaluate(
        """() => { navigator.clipboard.writeText = () => Promise.reject(new Error("denied"))
                   document.execCommand = () => false }"""
    )
    page.locator("main .copyable [data-copy]").first.click()
    expect(page.locator("#toasts")).to_have_text("Could not copy. Select the text and copy it yourself.")


def test_what_was_done_is_said_once_and_leaves_the_address(page: Page, endpoint: str) -> None:
    page.goto(f"{endpoint}?said=endpoint-changed#history")
    expect(page.get_by_text("Endpoint saved.")).to_be_visible()
    assert page.url == f"{endpoint}#history"
    page.reload()
    expect(page.get_by_text("Endpoint saved.")).to_have_count(0)


def test_other_parts_of_the_address_stay(page: Page, running: Running) -> None:
    page.goto(f"{running.url}/logs?view=attempts&said=skipped")
    expect(page.get_by_text("Delivery skipped.")).to_be_visible()
    assert re.search(r"/logs\?view=attempts$", page.url)


def test_a_time_inside_a_sentence_is_a_date(page: Page, running: Running) -> None:
    page.goto(f"{running.url}/sources")
    page.get_by_role("button", name="Generate a secret for local testing").first.click()
    expect(page.get_by_text("Signing secret generated.")).to_be_visible()
    page.get_by_text("Replace signing secret").first.click()
    after_reading(page)
    page.get_by_role("button", name="Generate a secret for local testing").first.click()
    sentence = page.get_by_text("The old secret is also accepted until")
    expect(sentence).to_have_text(re.compile(r"until [A-Z][a-z]{2} \d{1,2}.* [AP]M, so no event"))
