"""Signs in and sets up Hookbench as its administrator."""

from collections.abc import Iterator

import httpx
from playwright.sync_api import Browser, BrowserContext, Page
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


def context_of_administrator(browser: Browser, hookbench: Running) -> Iterator[BrowserContext]:
    """For a fixture: a context that has created the administrator and is signed in, until the fixture ends."""
    context = browser.new_context(locale="en-US", viewport={"width": 1440, "height": 900})
    set_up(hookbench, context.new_page())
    yield context
    context.close()


def sign_in_without_pages(hookbench: Running, context: BrowserContext) -> None:
    """Give the context a session of its own, and create the administrator before if there is none."""
    token = (hookbench.setup_url or "").partition("token=")[2]
    with httpx.Client(base_url=hookbench.url, headers={"sec-fetch-site": "same-origin"}) as client:
        form = {"token": token, "name": NAME, "password": PASSWORD, "repeated": PASSWORD}
        if not client.post("/setup", data=form).is_redirect:
            client.post("/login", data={"name": NAME, "password": PASSWORD, "next": ""})
        assert client.get("/test/endpoints").status_code == 200
        for name, value in client.cookies.items():
            context.add_cookies([{"name": name, "value": value, "url": hookbench.url}])
