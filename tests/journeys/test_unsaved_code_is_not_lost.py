"""Leaving a form with changed code asks first; sending it does not, and a test run keeps nothing."""

from editor import open_test, paste_over
from playwright.sync_api import Dialog, Page, expect
from running import Running

CODE = "function handler(webhook) {\n  return webhook;\n}\n"


def test_leaving_changed_code_asks_first(hookbench: Running, signed_in: Page) -> None:
    page, asked = signed_in, []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.goto(f"{hookbench.url}/test/endpoints/new?card=slack")
    paste_over(page, "field-code", CODE)
    open_test(page)
    page.get_by_role("button", name="Run test").click()
    expect(page.locator("#test-result")).to_contain_text("Test output")
    page.get_by_role("link", name="Logs").click()
    expect(page.get_by_role("heading", name="New endpoint")).to_be_visible()
    assert asked == ["beforeunload"]


def test_sending_the_form_asks_nothing(hookbench: Running, signed_in: Page) -> None:
    page, asked = signed_in, []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(f"{hookbench.url}/test/endpoints/new?card=slack")
    page.get_by_role("radio", name="Capture").check()
    paste_over(page, "field-code", CODE)
    page.get_by_role("button", name="Create", exact=True).last.click()
    expect(page.get_by_text("Endpoint created.")).to_be_visible()
    page.get_by_role("link", name="Logs").click()
    page.wait_for_url("**/logs")
    assert asked == []
