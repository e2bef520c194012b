"""A dialog that was opened from a menu gives the focus back to the menu's button, which is still there."""

from playwright.sync_api import Page, expect
from running import Running
from shop import create_endpoint


def test_after_escape_the_focus_is_on_the_menu(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    create_endpoint(hookbench, page, "https://example.com/", "Our shop")
    menu = page.locator("summary", has_text="More actions")
    menu.press("Enter")
    page.get_by_role("button", name="Delete").first.press("Enter")
    dialog = page.get_by_role("dialog", name="Delete")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(menu).to_be_focused()
