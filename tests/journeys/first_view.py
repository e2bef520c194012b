"""What a page costs on its first view: the bytes that travel, and how much moves while it arrives."""

from dataclasses import dataclass

from playwright.sync_api import Browser, Route

WATCH = """window.shifts = [];
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) {
    window.shifts.push([each.value, each.sources.map((source) => source.node?.outerHTML?.slice(0, 80) ?? "")])
  }
}).observe({type: "layout-shift", buffered: true})"""
SETTLED = """async () => {
  await document.fonts.ready
  const pause = (ms) => new Promise((done) => setTimeout(done, ms))
  for (let i = 0; i < 60 && document.querySelector("textarea[data-editor]:not([data-ready])"); i++) await pause(50)
  for (let seen = -1; seen !== performance.getEntriesByType("resource").length; await pause(150)) {
    seen = performance.getEntriesByType("resource").length
  }
  return window.shifts
}"""
"""Waits until the editor is there and nothing has been asked for for a moment."""


@dataclass(frozen=True)
class FirstView:
    size: int
    """Bytes with their headers: page, styles, scripts and fonts; without the type worker."""
    shift: float
    """The cumulative layout shift."""
    moved: list[str]
    """What moved, for the message of a failed test."""


def first_view(browser: Browser, url: str, cookies: list[dict[str, object]], *, late_fonts: bool = False) -> FirstView:
    """Open the page in a browser that has nothing of ours yet. ``late_fonts``: after the first paint."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies(cookies)  # type: ignore[arg-type]
    page = context.new_page()
    page.add_init_script(WATCH)
    if late_fonts:
        page.route("**/*.woff2*", _late)
    sizes: dict[str, float] = {}
    names: dict[str, str] = {}
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.on("Network.responseReceived", lambda seen: names.update({seen["requestId"]: seen["response"]["url"]}))
    devtools.on("Network.loadingFinished", lambda seen: sizes.update({seen["requestId"]: seen["encodedDataLength"]}))
    page.goto(url)
    shifts = page.evaluate(SETTLED)
    context.close()
    size = sum(size for each, size in sizes.items() if "type-worker" not in names.get(each, ""))
    return FirstView(round(size), sum(value for value, _ in shifts), [str(each) for each in shifts])


def _late(route: Route) -> None:
    route.request.frame.page.wait_for_timeout(200)
    route.continue_()
