"""Uses the code editor as a person does: paste code and read it."""

from playwright.sync_api import Locator, Page


def editor(page: Page, textarea_id: str) -> Locator:
    """The editable part of the code editor that replaces the textarea."""
    return page.locator(f"xpath=//textarea[@id='{textarea_id}']/..").locator(".cm-content")


def paste_over(page: Page, textarea_id: str, text: str) -> None:
    """Replace the whole text by pasting from the clipboard, which keeps it byte for byte."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    show = page.locator(f"[data-folded]:has(#{textarea_id}) [data-fold]")
    if show.is_visible():  # a result took its room
        show.click()
    editor(page, textarea_id).focus()  # a click would aim at the middle of the text, which may be scrolled away
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("ControlOrMeta+v")


def code_of(page: Page, textarea_id: str) -> str:
    """The text that the form sends."""
    return page.locator(f"#{textarea_id}").input_value()


def open_test(page: Page) -> None:
    """Show the code's test: a tab on a narrow screen; from 1200 px on it is always beside the code."""
    page.wait_for_selector("#editor[data-ready]", state="attached")
    if not page.locator("#editor-test").is_visible():
        page.get_by_role("tab", name="Test").click()
