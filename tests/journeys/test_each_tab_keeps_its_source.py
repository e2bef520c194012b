"""Two tabs, one in Test and one in Live: what is made and saved in each stays there; links and sign-in lead back."""

import re
from collections.abc import Iterator

import pytest
from administrator import context_of_administrator, sign_in
from editor import open_test
from playwright.sync_api import Browser, BrowserContext, Page, expect
from running import Running, wait_for
from shop import LOOPBACK


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("tabs") / "data", LOOPBACK) as running:
        yield running


@pytest.fixture(scope="module")
def context(browser: Browser, started: Running) -> Iterator[BrowserContext]:
    yield from context_of_administrator(browser, started)


def create(page: Page, name: str) -> str:
    """Fill in and create; returns the path of the endpoint's page."""
    page.get_by_label("Endpoint URL").fill("https://example.com/")
    page.get_by_label("Description").fill(name)
    page.get_by_role("button", name="Create").last.click()
    page.wait_for_url(re.compile(r"/(test|live)/endpoints/ep_\w+"))
    return re.sub(r"^https?://[^/]+|\?.*", "", page.url)


def test_creating_saving_and_testing_end_in_the_mode_of_their_tab(started: Running, context: BrowserContext) -> None:
    test, live = context.new_page(), context.new_page()
    test.goto(f"{started.url}/test/endpoints/new?card=webhook")
    live.goto(f"{started.url}/live/endpoints/new?card=webhook")  # looked at last, while Test's form stands open
    live.get_by_label("Enabled").check()
    open_test(live)
    live.get_by_role("button", name="Run test").click()
    expect(live.locator("#test-result")).to_contain_text("URL missing")
    in_test, in_live = create(test, "Of the shop's tests"), create(live, "Of the shop")
    assert in_test.startswith("/test/")
    assert in_live.startswith("/live/")
    expect(live.locator(".live-mark")).to_be_visible()
    expect(test.locator(".live-mark")).to_have_count(0)
    test.goto(f"{started.url}{in_test}/advanced")
    live.goto(f"{started.url}{in_live}/advanced")
    test.get_by_label("Rate limit (per second)").fill("7")
    live.get_by_label("Rate limit (per second)").fill("9")
    live.get_by_role("button", name="Save Live").last.click()
    expect(live.get_by_text("Endpoint saved.")).to_be_visible()
    test.get_by_role("button", name="Save", exact=True).last.click()
    expect(test.get_by_text("Endpoint saved.")).to_be_visible()
    for page, path, limit in ((test, in_test, "7"), (live, in_live, "9")):
        assert path in page.url
        expect(page.get_by_label("Rate limit (per second)")).to_have_value(limit)
        page.close()


def test_a_link_with_the_other_mode_or_none_leads_to_the_right_one(started: Running, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{started.url}/live/endpoints/new?card=webhook")
    path = create(page, "Shared")
    for tab in ("", "/advanced", "/transformation"):
        page.goto(f"{started.url}{path.replace('/live/', '/test/')}{tab}")
        assert page.url == f"{started.url}{path}{tab}"
        expect(page.locator(".live-mark")).to_be_visible()
    page.goto(f"{started.url}{path.removeprefix('/live')}/advanced")  # as addresses were once
    assert page.url == f"{started.url}{path}/advanced"
    page.close()


def test_old_addresses_work_without_scripts(started: Running, browser: Browser, context: BrowserContext) -> None:
    plain = browser.new_context(java_script_enabled=False, locale="en-US", storage_state=context.storage_state())
    page = plain.new_page()
    page.goto(f"{started.url}/live/endpoints/new?card=webhook")
    path = create(page, "Old")
    for place in ("", "/advanced", "/edit", "/replays"):
        page.goto(f"{started.url}{path.removeprefix('/live')}{place}")
        assert page.url == f"{started.url}{path}{place}"
    for place in ("/logs", "/notices", "/sources", "/settings", "/inspector"):
        page.goto(f"{started.url}{place}")
        assert page.url == f"{started.url}/live{place}"  # the source that was looked at last
    plain.close()


@pytest.mark.parametrize("act", ["link", "button", "fragment", "save"])
def test_a_session_that_is_gone_altogether_comes_back_to_the_page(
    started: Running, browser: Browser, context: BrowserContext, act: str
) -> None:
    mine = browser.new_context(locale="en-US", storage_state=context.storage_state())
    page = mine.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{started.url}/test/endpoints/new?card=webhook")
    path = create(page, f"Gone by {act}")
    # Its parts refresh themselves once it is open: after the session has gone, that alone would lead to the login.
    with page.expect_response("**/head"), page.expect_response("**/changed?*"):
        page.goto(f"{started.url}{path}/advanced")
    page.get_by_label("Rate limit (per second)").fill("7")
    wait_for(lambda: page.evaluate("Object.keys(localStorage).some((key) => key.startsWith('kept:'))"))
    mine.clear_cookies()
    if act == "link":
        page.get_by_role("link", name="Testing").click()
    elif act == "button":
        page.get_by_role("button", name="Pause").click()
    elif act == "fragment":
        page.get_by_label("Delay before each attempt").fill("0s, 5s")
    else:
        page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    sign_in(page)
    page.wait_for_url(f"**{path}/{'testing' if act == 'link' else 'advanced'}*")
    if act == "link":
        page.goto(f"{started.url}{path}/advanced")
    back = page.get_by_text("Your unsaved changes were restored.")
    offered = page.get_by_role("button", name="Restore them")
    expect(back.or_(offered).first).to_be_visible()
    if offered.is_visible():
        offered.click()
    expect(page.get_by_label("Rate limit (per second)")).to_have_value("7")
    mine.close()
