"""A field is null for once and the code throws: from the log to fixed code and delivered events, by keyboard alone."""

import json
import re
from collections.abc import Iterator

import pytest
from accessibility import faults_in_both_themes
from destination import Destination
from editor import editor, paste_over
from events import deliver, standard_signed
from playwright.sync_api import Locator, Page, expect
from running import Running, wait_for
from shop import LOOPBACK, SECRET, ingest_address

from server.domain.catalog import EVENT_TYPES

CODE = """function handler(webhook) {
  const { customer, total_amount } = webhook.payload.data;
  webhook.payload = { text: customer.phone_number.trim(), total_amount };
  return webhook;
}"""
EVENTS = 3
MAX_PRESSES = 6
"""Of Enter or a shortcut, from the log to the delivered events. The text of the fix is not counted."""


@pytest.fixture(scope="module")
def hookbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("null") / "data", LOOPBACK) as running:
        yield running


def without_phone(number: int) -> str:
    event = json.loads(json.dumps(EVENT_TYPES["payment.succeeded"].sample))
    event["data"]["customer"]["phone_number"] = None
    event["data"]["total_amount"] = number
    return json.dumps(event)


class Keys:
    """Presses keys on what has the focus, and counts them."""

    def __init__(self, page: Page) -> None:
        self.page, self.presses = page, 0

    def enter(self, target: Locator) -> None:
        expect(target).to_be_visible()
        target.focus()
        self.press("Enter")

    def press(self, keys: str) -> None:
        self.page.keyboard.press(keys)
        self.presses += 1


@pytest.mark.parametrize("width", [1440, 390])
def test_the_code_is_fixed_and_the_events_are_delivered(
    hookbench: Running, signed_in: Page, shop: Destination, width: int
) -> None:
    page, keys = signed_in, Keys(signed_in)
    page.set_viewport_size({"width": 1440, "height": 900})
    address = ingest_address(hookbench, page)
    page.goto(f"{hookbench.url}/test/endpoints/new?card=webhook")
    page.get_by_label("Endpoint URL").fill(f"http://127.0.0.1:{shop.port}/")
    page.get_by_label("Description").fill(f"Shop {width}")
    page.get_by_role("switch", name="Enabled").check()
    paste_over(page, "field-code", CODE)
    page.get_by_role("button", name="Create", exact=True).last.click()
    page.wait_for_url("**/endpoints/ep_*")
    endpoint = page.url.partition("?")[0]
    for number in range(EVENTS):
        assert deliver(address, standard_signed(SECRET, without_phone(number))) == 200

    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{hookbench.url}/test/logs")
    keys.enter(page.get_by_role("link", name="payment.succeeded").first)
    why = page.get_by_role("group", name="The code failed").first
    expect(why).to_contain_text("Cannot read properties of null (reading 'trim')")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults_in_both_themes(page) == []

    keys.enter(why.get_by_role("link", name="Open line 3 in editor"))
    page.wait_for_selector("#editor[data-ready]", state="attached")
    code = editor(page, "field-code")
    expect(code).to_contain_text("phone_number.trim()")
    paste_over(page, "field-code", CODE.replace("phone_number.trim()", "phone_number?.trim() ?? null"))
    keys.enter(page.get_by_role("button", name="Save and activate…"))
    rerun = page.get_by_role("switch", name=f"Re-run {EVENTS} parked deliveries after activating")
    expect(rerun).to_be_visible()
    if not rerun.is_checked():
        rerun.focus()
        keys.press("Space")
    keys.enter(page.get_by_role("button", name="Activate", exact=True))

    wait_for(lambda: len(shop.got) == EVENTS)
    assert sorted(json.loads(got.body)["total_amount"] for got in shop.got) == list(range(EVENTS))
    assert {json.loads(got.body)["text"] for got in shop.got} == {None}
    assert keys.presses <= MAX_PRESSES, keys.presses
    print(f"{width} px: {keys.presses} presses")
    page.wait_for_url("**/replays*")
    page.goto(f"{endpoint}/delete")
    page.get_by_role("button", name="Delete").last.click()
    page.wait_for_url(re.compile(r"/endpoints(\?.*)?$"))
