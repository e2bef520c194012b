"""While a person types, the editor knows the fields of each event type and what the destination accepts."""

import re
from pathlib import Path

import pytest
from editor import editor, paste_over
from playwright.sync_api import Page, expect
from running import Running

SEED = Path(__file__).parent.parent / "fixtures" / "seed"
NULLABLE = """function handler(webhook) {
  const data = webhook.payload.data;
  switch (webhook.eventType) {
    case "payment.succeeded":
      webhook.headers["x-card"] = data.card_last_four.trim();
      break;
  }
  return webhook;
}
"""
READY = "#field-code[data-types=ready]"


def open_form(page: Page, hookbench: Running, card: str = "customer_io") -> None:
    """The form of a new endpoint, with the type checker loaded."""
    page.goto(f"{hookbench.url}/test/endpoints/new?card={card}")
    editor(page, "field-code").click()
    page.wait_for_selector(READY, state="attached", timeout=20_000)


def warnings(page: Page) -> list[str]:
    """The marked words."""
    return page.locator(".cm-lintRange-warning").all_inner_texts()


def retyped(page: Page, code: str) -> None:
    page.evaluate("document.querySelector('#field-code').dataset.types = ''")
    paste_over(page, "field-code", code)
    page.wait_for_selector(READY, state="attached", timeout=20_000)


def place_cursor_after(page: Page, text: str) -> None:
    """Put the cursor behind this text of the code, by the keyboard."""
    before = page.locator("#field-code").input_value().split(text)[0] + text
    page.keyboard.press("ControlOrMeta+Home")
    for _ in range(before.count("\n")):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")
    page.keyboard.press("Home") if before.rpartition("\n")[2].startswith(" ") else None
    for _ in before.rpartition("\n")[2]:
        page.keyboard.press("ArrowRight")


def test_a_value_that_the_destination_refuses_is_marked_while_typing(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    open_form(page, hookbench)
    assert warnings(page) == []  # the card's own code

    retyped(page, (SEED / "track_payments.js").read_text())

    assert warnings(page) == ['"payment_completed"']
    page.locator(".cm-lintRange-warning").hover()
    expect(page.locator(".cm-diagnostic")).to_contain_text('The destination does not accept "payment_completed"')
    expect(page.locator(".cm-diagnostic")).to_contain_text('It accepts "event"')


def test_null_is_warned_of_until_it_is_asked_for(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    open_form(page, hookbench)
    retyped(page, NULLABLE)
    assert warnings(page) == ["data.card_last_four"]

    retyped(page, NULLABLE.replace("card_last_four.trim", "card_last_four?.trim"))
    assert warnings(page) == []
    retyped(page, NULLABLE.replace("data.card_last_four.trim()", '(data.card_last_four || "").trim()'))
    assert warnings(page) == []


def test_completion_lists_the_fields_of_the_case(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    open_form(page, hookbench)
    retyped(page, NULLABLE.replace("payment.succeeded", "dispute.opened").replace("data.card_last_four.trim()", "data"))
    place_cursor_after(page, '"] = data')
    page.keyboard.type(".dis")

    listed = page.locator(".cm-tooltip-autocomplete li")
    expect(listed.filter(has_text="dispute_id")).to_be_visible()
    assert listed.filter(has_text=re.compile("discount|card")).count() == 0
    page.keyboard.type("pute_i")
    expect(listed).to_have_count(1)
    page.keyboard.press("Enter")
    assert "= data.dispute_id;" in page.locator("#field-code").input_value()


def test_hover_shows_what_a_field_is(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    open_form(page, hookbench)
    retyped(page, NULLABLE.replace("four.trim", "four?.trim"))
    place_cursor_after(page, "data.card_last")
    page.keyboard.press("ControlOrMeta+Shift+Space")
    card = page.locator(".type-card")
    expect(card).to_contain_text("The last four digits of the card.")
    expect(card).to_contain_text("May be null. May be absent.")
    expect(card).to_contain_text('Example: "4242"')


@pytest.mark.parametrize(
    ("wrong", "marked", "sentence"),
    [
        ('if (webhook.eventType === "payment.suceeded") return null;', '"payment.suceeded"', "payment.succeeded"),
        ("webhook.headers.a = webhook.env.TEAM_ID;", "TEAM_ID", "There is no variable “TEAM_ID”."),
        ('fetch("https://example.com");', "fetch", "There is no fetch."),
        ("const { emial } = webhook.payload.data.customer;", "emial", "Did you mean “email”?"),
        ("webhook.cancle = true;", "cancle", "Did you mean “cancel”?"),
    ],
)  # fmt: skip
def test_what_does_not_exist_is_marked(
    hookbench: Running, signed_in: Page, wrong: str, marked: str, sentence: str
) -> None:
    page = signed_in
    open_form(page, hookbench)
    retyped(page, f"function handler(webhook) {{\n  {wrong}\n  return webhook;\n}}\n")
    assert warnings(page) == [marked]
    page.locator(".cm-lintRange-warning").hover()
    expect(page.locator(".cm-diagnostic")).to_contain_text(sentence)
