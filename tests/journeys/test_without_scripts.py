"""Every action works as a plain form: a browser that runs no scripts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from administrator import set_up
from destination import Destination
from playwright.sync_api import Browser, Page, expect
from running import Running, wait_for
from shop import LOOPBACK, create_endpoint, ingest_address, send


@pytest.fixture
def hookbench(tmp_path: Path) -> Iterator[Running]:
    with Running(tmp_path / "data", LOOPBACK) as running:
        yield running


@pytest.fixture
def plain(browser: Browser, hookbench: Running) -> Iterator[Page]:
    """A page of the administrator's, without scripts."""
    context = browser.new_context(java_script_enabled=False, locale="en-US", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    set_up(hookbench, page)
    yield page
    context.close()


def test_an_endpoint_is_created_from_a_card_after_a_test_run(hookbench: Running, plain: Page) -> None:
    page = plain
    page.goto(f"{hookbench.url}/test/endpoints/new")
    page.locator("details.card-picker > summary").click()
    page.locator(".card-picker").get_by_role("button", name="Slack").click()
    page.get_by_label("Endpoint URL").fill("https://hooks.slack.com/services/T0/B0/abc")
    page.get_by_role("radio", name="Capture").check()

    page.get_by_role("button", name="Run test").click()
    expect(page.locator("#test-result")).to_contain_text("POST")
    expect(page.get_by_role("radio", name="Capture")).to_be_checked()

    page.get_by_role("button", name="Create", exact=True).last.click()
    expect(page.get_by_text("Endpoint created.")).to_be_visible()
    expect(page.locator("#endpoint-head")).to_contain_text("Enabled Capture")


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(hookbench: Running, plain: Page) -> None:
    page = plain
    page.goto(f"{hookbench.url}/test/endpoints/new?card=webhook")
    page.get_by_label("Endpoint URL").fill("http://169.254.169.254/")
    page.get_by_label("Description").fill("Our shop")

    page.get_by_role("button", name="Create", exact=True).last.click()

    expect(page.locator("#field-url-error")).to_have_text(
        "The address is link-local. Deliveries to it are not allowed."
    )
    expect(page.get_by_label("Endpoint URL")).to_have_value("http://169.254.169.254/")
    expect(page.get_by_label("Description")).to_have_value("Our shop")


def test_pausing_keeps_events_and_resuming_sends_them(hookbench: Running, plain: Page, shop: Destination) -> None:
    page, address = plain, ingest_address(hookbench, plain)
    endpoint = create_endpoint(hookbench, page, f"http://127.0.0.1:{shop.port}/", "Our shop")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Endpoint paused. Its events are kept.")).to_be_visible()
    send(address, "payment.succeeded")
    page.goto(hookbench.url + endpoint)
    expect(page.get_by_text("Paused: nothing is sent. Events are kept until you resume.")).to_be_visible()
    expect(page.locator("#endpoint-head")).to_contain_text("1 delivery waiting.")
    assert shop.got == []

    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Endpoint resumed.")).to_be_visible()
    until_shown(page, endpoint, hookbench, "payment.succeeded")


def test_an_endpoint_is_disabled_after_a_question_and_enabled(hookbench: Running, plain: Page) -> None:
    page = plain
    create_endpoint(hookbench, page, "https://example.com/hook", "Our shop")
    page.locator("#endpoint-head details.menu > summary").click()
    page.get_by_role("button", name="Disable").click()
    page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    expect(page.get_by_text("Endpoint disabled.")).to_be_visible()
    expect(page.get_by_text("It was disabled manually.")).to_be_visible()

    page.get_by_role("button", name="Enable").click()
    expect(page.get_by_text("Endpoint enabled.")).to_be_visible()


def test_a_replay_is_counted_begun_and_told(hookbench: Running, plain: Page, shop: Destination) -> None:
    page, address = plain, ingest_address(hookbench, plain)
    send(address, "payment.succeeded")
    send(address, "refund.succeeded")
    endpoint = create_endpoint(hookbench, page, f"http://127.0.0.1:{shop.port}/", "Our shop")
    page.get_by_role("link", name="Replay", exact=True).click()
    page.get_by_role("link", name="Replay missing").click()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="2 messages will be sent")).to_be_visible()
    assert shop.got == []

    page.locator("#counted").get_by_role("button").click()

    expect(page.get_by_text("Replay started.")).to_be_visible()
    until_shown(page, endpoint, hookbench, "payment.succeeded")
    until_shown(page, endpoint, hookbench, "refund.succeeded")
    assert sorted(re.findall(rb'"type": ?"([a-z.]+)"', got.body)[0] for got in shop.got) == [
        b"payment.succeeded",
        b"refund.succeeded",
    ]


def test_operational_events_are_listed_and_marked_as_seen(hookbench: Running, plain: Page, shop: Destination) -> None:
    page, address = plain, ingest_address(hookbench, plain)
    endpoint = create_endpoint(hookbench, page, f"http://127.0.0.1:{shop.port}/", "Our shop")
    shop.status = 410
    send(address, "payment.succeeded")
    until_shown(page, endpoint, hookbench, "payment.succeeded")
    both = ["Endpoint disabled", "Retries exhausted"]
    page.goto(f"{hookbench.url}/test/notices")
    expect(page.locator(".notice-row.unseen")).to_contain_text(both)

    page.get_by_role("button", name="Mark all as read").click()

    expect(page.locator(".notice-row")).to_contain_text(both)
    expect(page.locator(".notice-row.unseen")).to_have_count(0)


def until_shown(page: Page, endpoint: str, hookbench: Running, event_type: str) -> None:
    """Load the endpoint's page anew until it lists an attempt of that type: nothing refreshes itself here."""

    def listed() -> int:
        page.goto(hookbench.url + endpoint)
        return page.get_by_role("link", name=event_type).count()

    wait_for(listed, what=f"an attempt of {event_type}")


def test_a_draft_is_saved_activated_and_rolled_back(hookbench: Running, plain: Page) -> None:
    page = plain
    address = hookbench.url + create_endpoint(hookbench, page, "https://example.com/", "Our shop") + "/transformation"
    for code in ("const handler = (w) => w;", "const handler = (w) => null;"):
        page.goto(address)
        page.get_by_label("Enabled").check()
        page.get_by_role("textbox", name="Code", exact=True).fill(code)
        page.get_by_role("button", name="Save and activate…").click()
        page.get_by_label("Note").fill("A note")
        if page.get_by_label("Why activate it although test cases fail").count():
            page.get_by_label("Why activate it although test cases fail").fill("It is meant")
        page.get_by_role("button", name="Activate", exact=True).click()
        expect(page.get_by_role("heading", name="Activations")).to_be_visible()

    page.get_by_role("button", name="Roll back to v2").first.click()
    expect(page.locator(".badges").first).to_contain_text("v2 active")
    page.get_by_role("button", name="Restore v1 into the draft").click()
    expect(page.locator(".badges").first).to_contain_text("draft differs")


def test_two_people_merge_their_drafts(hookbench: Running, plain: Page) -> None:
    page, other = plain, plain.context.new_page()
    address = hookbench.url + create_endpoint(hookbench, page, "https://example.com/", "Our shop") + "/transformation"
    for each in (page, other):
        each.goto(address)
        each.get_by_label("Enabled").check()
    code = other.get_by_role("textbox", name="Code", exact=True).input_value()
    page.get_by_role("textbox", name="Code", exact=True).fill("// theirs\n" + code)
    page.get_by_role("button", name="Save draft").last.click()

    other.get_by_role("textbox", name="Code", exact=True).fill(code + "// mine\n")
    other.get_by_role("button", name="Save draft").last.click()
    expect(other.get_by_text("Not saved: ada saved this draft after you opened it.")).to_be_visible()
    other.get_by_role("button", name="Merge both").click()

    expect(other.get_by_role("textbox", name="Code", exact=True)).to_have_value("// theirs\n" + code + "// mine\n")
    other.get_by_role("button", name="Save draft").last.click()
    expect(other.get_by_role("textbox", name="Code", exact=True)).to_have_value("// theirs\n" + code + "// mine\n")
