"""A double click, or Enter pressed twice, starts what it starts once; no button stays dead after Back."""

from collections.abc import Iterator

import pytest
from administrator import context_of_administrator
from destination import Destination
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from running import Running
from shop import LOOPBACK, create_endpoint


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("double") / "data", LOOPBACK) as started:
        yield started


@pytest.fixture(scope="module")
def context(browser: Browser, running: Running) -> Iterator[BrowserContext]:
    yield from context_of_administrator(browser, running)


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    yield page
    page.close()


def posts(page: Page) -> list[str]:
    """The paths of the POST requests that the page sends from now on."""
    sent: list[str] = []
    page.on("request", lambda each: sent.append(each.url) if each.method == "POST" else None)
    return sent


def until_held(page: Page, held: list[Route]) -> None:
    for _ in range(500):
        if held:
            return
        page.wait_for_timeout(20)
    raise AssertionError("no request was sent")


def test_samples_are_sent_once(running: Running, page: Page) -> None:
    page.goto(f"{running.url}/test/sources")
    page.get_by_text("Try it without Dodo Payments").click()
    sent = posts(page)
    page.get_by_role("button", name="Create a demo source").dblclick()
    expect(page.get_by_text("The demo source received a sample of each event type.")).to_be_visible()
    page.goto(f"{running.url}/demo/sources")
    page.get_by_role("button", name="Send the samples again").dblclick()
    page.wait_for_url("**/demo/logs*")
    assert len(sent) == 2


def test_a_slow_server_gets_the_form_once_and_back_brings_a_live_button(running: Running, page: Page) -> None:
    page.goto(f"{running.url}/demo/sources")
    held: list[Route] = []
    page.route("**/sources/demo", lambda route: held.append(route))
    button = page.get_by_role("button", name="Send the samples again")
    button.focus()
    page.keyboard.press("Enter")
    until_held(page, held)
    for _ in range(3):  # later than a double click: the server takes its time
        page.wait_for_timeout(200)
        page.keyboard.press("Enter")
    assert len(held) == 1
    held.pop().continue_()
    page.wait_for_url("**/demo/logs*")
    page.go_back()
    sent = posts(page)
    button.focus()
    page.keyboard.press("Enter")
    until_held(page, held)
    held.pop().continue_()
    page.wait_for_url("**/demo/logs*")
    assert len(sent) == 1


def test_an_endpoint_is_created_and_tried_once(running: Running, page: Page, shop: Destination) -> None:
    page.goto(f"{running.url}/test/endpoints/new?card=webhook")
    page.get_by_label("Endpoint URL").fill(f"http://127.0.0.1:{shop.port}/")
    page.get_by_label("Description").fill("Our shop")
    sent = posts(page)
    send = page.get_by_role("button", name="Send this test for real").first
    send.dblclick()
    expect(page.locator("#sent-result")).to_contain_text("200")
    assert len(shop.got) == 1
    page.get_by_role("button", name="Create", exact=True).last.dblclick()
    page.wait_for_url("**/test/endpoints/ep_*")
    assert [each for each in sent if each.endswith("/endpoints")] == [f"{running.url}/test/endpoints"]


def test_an_example_and_a_resend_are_sent_once(running: Running, page: Page, shop: Destination) -> None:
    endpoint = create_endpoint(running, page, f"http://127.0.0.1:{shop.port}/", "Second shop")
    page.goto(f"{running.url}{endpoint}/testing")
    sent = posts(page)
    page.get_by_role("button", name="Send example").dblclick()
    row = page.locator("#examples .row-link").first
    expect(row).to_be_visible()
    assert len(shop.got) == 1
    row.click()
    page.get_by_role("button", name="Resend").first.dblclick()
    expect(page.locator(".tries li")).to_have_count(2)
    assert len(shop.got) == 2
    assert len(sent) == 2
