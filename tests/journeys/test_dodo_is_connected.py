"""Connect Dodo in three steps: the open page explains a wrong request and turns green at the first signed event."""

from collections.abc import Iterator

import pytest
from accessibility import faults_in_both_themes
from administrator import context_of_administrator
from events import deliver, standard_signed
from playwright.sync_api import Browser, BrowserContext, expect
from running import Running
from shop import LOOPBACK, SECRET

from server.domain.catalog import sample_json
from server.domain.signing import new_secret

EVENT = sample_json("payment.succeeded")


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("connect") / "data", LOOPBACK) as running:
        yield running


@pytest.fixture(scope="module")
def context(browser: Browser, started: Running) -> Iterator[BrowserContext]:
    yield from context_of_administrator(browser, started)


@pytest.mark.parametrize(("width", "name"), [(1440, "Shop"), (390, "Laden")])
def test_the_page_waits_explains_and_turns_green(
    started: Running, context: BrowserContext, width: int, name: str
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{started.url}/test/sources/new")
    assert faults_in_both_themes(page) == []
    page.get_by_label("Name").fill(name)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{name.lower()}/sources*")
    address = page.get_by_label("Ingest URL", exact=True).input_value()
    assert faults_in_both_themes(page) == []
    page.get_by_label("Signing secret", exact=True).fill(SECRET)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Waiting for the first signed event…")).to_be_visible()
    assert deliver(address, standard_signed(new_secret(), EVENT)) == 401
    expect(page.get_by_text("Signature wrong")).to_be_visible()
    expect(page.get_by_text("Copy the signing secret of exactly this webhook again")).to_be_visible()
    assert faults_in_both_themes(page) == []
    assert deliver(address, standard_signed(SECRET, EVENT)) == 200
    expect(page.get_by_text("Last signed event: payment.succeeded")).to_be_visible()
    expect(page.get_by_text("Rejected requests before that event")).to_be_visible()
    assert faults_in_both_themes(page) == []
    page.close()


def test_a_newcomer_looks_around_with_a_demo_and_without_scripts(
    started: Running, browser: Browser, context: BrowserContext
) -> None:
    plain = browser.new_context(java_script_enabled=False, locale="zh-CN", storage_state=context.storage_state())
    page = plain.new_page()
    page.goto(f"{started.url}/live/endpoints")
    expect(page.get_by_role("heading", name="开始使用")).to_be_visible()
    page.get_by_role("button", name="创建演示来源").click()
    page.wait_for_url("**/demo/logs*")
    expect(page.get_by_text("事件均为虚构，不会发送给任何人。")).to_be_visible()
    expect(page.locator("a.row-link").first).to_be_visible()
    page.goto(f"{started.url}/live/endpoints")
    page.get_by_role("button", name="不再显示").click()
    expect(page.get_by_role("heading", name="开始使用")).to_have_count(0)
    plain.close()


def test_many_sources_are_switched_from_a_menu(started: Running, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{started.url}/test/logs?status=failed")
    switch = page.get_by_role("navigation", name="Source", exact=True)
    switch.locator("summary").focus()
    page.keyboard.press("Enter")
    switch.get_by_role("link", name="Laden").click()
    page.wait_for_url("**/laden/logs*")
    assert faults_in_both_themes(page) == []
    page.close()
