"""Uses the code editor as a person does: paste code and read it."""

from playwright.sync_api import Locator, Page


def editor(page: Page, textarea_id: str) -> Locator:
    """The editable part of the code editor that replaces the textarea."""
    return page.locator(f"xpath=//textarea[@id='{textarea_id}']/..").locator(".cm-content")


def paste_over(page: Page, textarea_id: str, text: str) -> None:
    """Replace the whole text by pasting from the clipboard, which keeps it byte for byte."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    editor(page, textarea_id).click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("ControlOrMeta+v")


def code_of(page: Page, textarea_id: str) -> str:
    """The text that the form sends."""
    return page.locator(f"#{textarea_id}").input_value()
