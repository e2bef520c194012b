"""No page is wider than the screen, from a phone to a very wide one and at 200 % zoom, however long the names are."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from administrator import sign_in_without_pages
from events import deliver, standard_signed
from playwright.sync_api import Browser, BrowserContext
from running import Running
from shop import SECRET, ingest_address

LONG = "a-name-without-any-space-" * 20
URL = "https://" + "a" * 60 + ".example.com/" + "path-without-end/" * 25
WIDTHS = (360, 480, 640, 720, 801, 901, 1001, 1100, 1200, 1280, 1440, 1920, 2560)
"""A zoom of 200 % halves them: a screen of 1280 px is one of 640 then."""
GROUPS = 3

TOO_WIDE = """() => {
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth
  if (wide <= 0) return null
  const edge = document.documentElement.clientWidth
  const culprits = [...document.querySelectorAll("main *, aside *, header *")]
    .filter((each) => each.getBoundingClientRect().right > edge + 1 && each.checkVisibility())
  const last = culprits.filter((each) => !culprits.some((other) => other !== each && each.contains(other)))[0]
  return `${wide} px: ${last ? last.outerHTML.slice(0, 160) : "?"}`
}"""


@dataclass(frozen=True)
class Shop:
    """A Hookbench where everything that has a name or an address has a very long one."""

    url: str
    pages: tuple[str, ...]
    browser: Browser
    cookies: list[dict[str, object]]


@pytest.fixture(scope="module")
def shop(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with Running(tmp_path_factory.mktemp("long") / "data") as hookbench:
        context = browser.new_context()
        page = context.new_page()
        sign_in_without_pages(hookbench, context)
        address = ingest_address(hookbench, page)

        page.goto(f"{hookbench.url}/endpoints/new?card=webhook")
        page.get_by_label("Endpoint URL").fill(URL)
        page.get_by_label("Description").fill(LONG)
        page.get_by_role("radio", name="Capture").check()
        page.get_by_role("button", name="Create", exact=True).last.click()
        page.locator("h1", has_text=LONG[:40]).wait_for()
        endpoint = page.url.removeprefix(hookbench.url).partition("?")[0]

        body = json.dumps({"type": "x." + "long_type_" * 9, "data": {LONG: LONG}})
        assert deliver(address, standard_signed(SECRET, body)) == 200
        page.goto(f"{hookbench.url}/logs")
        page.locator("a.row-link").first.click()
        page.wait_for_url("**/messages/msg_*")
        message = page.url.removeprefix(hookbench.url)
        cookies = context.cookies()
        context.close()
        pages = (
            "/endpoints", "/endpoints/new", "/endpoints/new?card=slack", "/endpoints/new?card=customer_io",
            endpoint, f"{endpoint}/testing", f"{endpoint}/advanced", f"{endpoint}/replays",
            f"{endpoint}/replays/new?kind=bulk&states=succeeded&rate=0&count=on", f"{endpoint}/transformation",
            f"{endpoint}/coverage", f"{endpoint}/cases", f"{endpoint}/cases/new",
            f"{endpoint}/backtests", f"{endpoint}/shadow",
            f"{endpoint}/edit", f"{endpoint}/audit", f"{endpoint}/delete", "/endpoints/deleted", "/logs",
            f"/logs?view=attempts&text={LONG}", message, "/activity", "/inspector", "/events",
            "/test/sources/new",
            "/events/payment.succeeded", "/docs/code", "/notices", "/sources",
            "/settings", "/settings/language", "/settings/networks", "/settings/about", "/settings/search",
            "/cards",
            "/search?q=a", f"/search?q={LONG}",
            "/cards/new?start=customer_io", f"/{LONG}",
        )  # fmt: skip
        yield Shop(hookbench.url, pages, browser, cookies)  # type: ignore[arg-type]


def opened(shop: Shop, width: int, **options: object) -> BrowserContext:
    context = shop.browser.new_context(viewport={"width": width, "height": 900}, **options)  # type: ignore[arg-type]
    context.add_cookies(shop.cookies)  # type: ignore[arg-type]
    return context


@pytest.mark.parametrize("group", range(GROUPS))
def test_no_page_is_wider_than_the_screen(shop: Shop, group: int) -> None:
    context = opened(shop, WIDTHS[0])
    page, faults = context.new_page(), []
    for path in shop.pages[group::GROUPS]:
        page.goto(shop.url + path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if told := page.evaluate(TOO_WIDE):
                faults.append(f"{path[:60]} at {width}: {told}")
    context.close()
    assert not faults, "\n".join(faults)
