"""Deleted by mistake: Undo brings the endpoint back at once, Recently deleted within 30 days.

Clicks: to delete three (⋮, Delete, Delete), to undo one; later two (Recently deleted, Restore). All work by keyboard.
"""

from collections.abc import Iterator

import pytest
from accessibility import faults_in_both_themes
from administrator import sign_in_without_pages
from playwright.sync_api import Browser, Page, expect
from running import Running
from shop import after_reading, create_endpoint

URL = "https://shop.example/hook"


@pytest.fixture(scope="module")
def hookbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("deleted") / "data") as running:
        yield running


@pytest.fixture(params=[390, 1440])
def page(hookbench: Running, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": request.param, "height": 900}, locale="en-US")
    sign_in_without_pages(hookbench, context)
    yield context.new_page()
    context.close()


def width_of(page: Page) -> int:
    assert page.viewport_size
    return page.viewport_size["width"]


def delete_by_keyboard(page: Page, name: str) -> None:
    page.locator("#endpoint-head").get_by_text("More actions").locator("..").focus()
    page.keyboard.press("Enter")
    page.locator("#endpoint-head").get_by_role("button", name="Delete").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=f"Delete {name}?")
    expect(dialog).to_contain_text("30 days")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    if width_of(page) < 500:
        assert faults_in_both_themes(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/test/endpoints")
    expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)


def test_undo_brings_it_back_at_once(hookbench: Running, page: Page) -> None:
    name = f"Undone {width_of(page)}"
    endpoint = create_endpoint(hookbench, page, URL, name)
    delete_by_keyboard(page, name)

    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")

    page.wait_for_url(f"**{endpoint}")
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_role("link", name="Audit").click()
    expect(page.locator("#audit tbody tr").nth(0)).to_contain_text("Restored the endpoint")
    expect(page.locator("#audit tbody tr").nth(1)).to_contain_text("Deleted the endpoint")


def test_recently_deleted_brings_it_back_later(hookbench: Running, page: Page) -> None:
    name = f"Later {width_of(page)}"
    endpoint = create_endpoint(hookbench, page, URL, name)
    delete_by_keyboard(page, name)
    page.goto(f"{hookbench.url}/test/endpoints")  # another day: nothing offers to undo any more
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)

    page.get_by_role("link", name="Recently deleted").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Recently deleted")).to_be_visible()
    assert faults_in_both_themes(page) == []
    page.get_by_role("button", name=f"Restore {name}").focus()
    page.keyboard.press("Enter")

    page.wait_for_url(f"**{endpoint}**")
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def test_what_is_chosen_stays_chosen_while_the_list_refreshes_itself(hookbench: Running, page: Page) -> None:
    name = f"Chosen {width_of(page)}"
    endpoint = create_endpoint(hookbench, page, URL, name)
    page.goto(f"{hookbench.url}/test/endpoints?q={name.replace(' ', '+')}")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("status").get_by_text("Select at least one endpoint.")).to_be_visible()
    page.get_by_label(f"Select {name}").check()
    expect(page.get_by_text("1 selected")).to_be_visible()
    assert faults_in_both_themes(page) == []

    other = page.context.new_page()
    other.goto(hookbench.url + endpoint)
    other.get_by_role("button", name="Pause").click()
    expect(other.get_by_role("button", name="Resume")).to_be_visible()
    other.close()

    expect(page.locator("tbody").get_by_text("Paused")).to_be_visible()
    expect(page.get_by_label(f"Select {name}")).to_be_checked()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("heading", name="Delete this endpoint?")).to_be_visible()
    expect(page.get_by_text(name)).to_be_visible()
    assert faults_in_both_themes(page) == []
    after_reading(page)
    page.get_by_role("button", name="Delete", exact=True).press("Enter")
    expect(page.get_by_text("No endpoints match these filters.")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


def test_chinese_readers_undo_it_too_without_scripts(hookbench: Running, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 900}, locale="zh-CN", java_script_enabled=False)
    sign_in_without_pages(hookbench, context)
    page = context.new_page()
    page.goto(f"{hookbench.url}/test/endpoints/new?card=webhook")
    page.get_by_label("名称", exact=False).first.fill("误删")
    page.locator("[name=url]").fill(URL)
    page.locator("#endpoint-form .form-foot button").click()
    page.locator("#endpoint-head summary").click()
    page.get_by_role("button", name="删除").click()
    page.get_by_role("dialog").get_by_role("button", name="删除").click()
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_role("heading", name="误删", level=1)).to_be_visible()
    context.close()
