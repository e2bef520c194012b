"""Signs in and sets up Hookbench as its administrator."""

from playwright.sync_api import Page
from running import Running

NAME, PASSWORD = "ada", "correct horse battery"


def sign_in(page: Page) -> None:
    page.get_by_label("User name").fill(NAME)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def set_up(hookbench: Running, page: Page) -> None:
    """Create the administrator with the printed link. The page is signed in afterwards."""
    assert hookbench.setup_url
    page.goto(hookbench.setup_url)
    page.get_by_label("User name").fill(NAME)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Repeat the password").fill(PASSWORD)
    page.get_by_role("button", name="Create administrator").click()
    page.wait_for_url("**/endpoints*")
