"""``make screenshots``: renders every page of a Hookbench with events in it, at four widths, to be looked at.

    PYTHONPATH=.:tests:tests/web:tests/journeys python tests/screenshots.py [FOLDER] [ONLY]

Writes ``FOLDER/<width>/<page>.png`` (default ``build/screenshots``): light at 390, 1024, 1440 and 2560 px, dark and
Chinese at 1440. ``ONLY``: pages whose address contains it. Chinese needs a font of the system that has it.
"""

import json
import random
import re
import sys
import tempfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
from administrator import NAME, PASSWORD
from ensure_chromium import find
from events import standard_signed
from form import a_form, customer_io
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright
from running import Running, wait_for
from shop import LOOPBACK, SECRET

from server.domain.catalog import EVENT_TYPES, sample_json

ROUNDS = 4
VIEWS: dict[str, dict[str, Any]] = {
    "390": {"viewport": {"width": 390, "height": 844}},
    "1024": {"viewport": {"width": 1024, "height": 768}},
    "1440": {"viewport": {"width": 1440, "height": 900}},
    "1440-dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "1440-zh": {"viewport": {"width": 1440, "height": 900}, "locale": "zh-CN"},
    "2560": {"viewport": {"width": 2560, "height": 1300}},
}
PLACES = (
    "/endpoints", "/endpoints/new", "/endpoints/new?card=slack", "/endpoints/deleted", "/logs", "/logs?view=attempts",
    "/search?q=pay_", "/activity", "/activity?range=30d", "/notices", "/events", "/events/payment.succeeded",
    "/inspector", "/sources", "/sources/new", "/settings", "/settings/appearance", "/settings/language",
    "/settings/search", "/settings/retention", "/settings/networks", "/settings/account", "/settings/about", "/cards",
    "/docs", "/docs/code", "/nowhere",
)  # fmt: skip
OF_ENDPOINT = (
    *("", "/transformation", "/testing", "/advanced", "/audit"),
    *("/edit", "/cases", "/coverage", "/backtests", "/replays"),
)
BROKEN = "function handler(webhook) {\n  const { number } = webhook.payload.data.billing.phone;\n  return webhook;\n}\n"


class Shops(ThreadingHTTPServer):
    """Destinations of which one is well, one fails now and then, and one is down."""

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            bad = self.path == "/down" or (self.path == "/flaky" and random.random() < 0.2)
            body = b'{"error":"service unavailable"}' if bad else b'{"ok":true}'
            self.send_response(503 if bad else 200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), self.Answers)
        self.daemon_threads = True
        Thread(target=self.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server_port}"


def client_of(hookbench: Running) -> httpx.Client:
    """A client that is signed in as the administrator, who is created."""
    client = httpx.Client(base_url=hookbench.url, headers={"sec-fetch-site": "same-origin"}, timeout=60)
    token = (hookbench.setup_url or "").partition("token=")[2]
    client.post("/setup", data={"token": token, "name": NAME, "password": PASSWORD, "repeated": PASSWORD})
    return client


def fill(client: httpx.Client, shops: str) -> None:
    """Create endpoints of several kinds, and send events of every type with changing ids, amounts and people."""
    sources = client.get("/test/sources").text
    [secret, *_] = re.findall(r'action="(/test/sources/[^"]+/secret[^"]*)"', sources)
    client.post(secret, data={"secret": SECRET})
    [address, *_] = re.findall(r"http://[^\"<]*/in/[A-Za-z0-9_-]+", client.get("/test/sources").text)
    forms = [
        a_form(url=f"{shops}/ok", description="Our shop"),
        a_form(url=f"{shops}/flaky", description="Analytics"),
        a_form(url=f"{shops}/down", description="Warehouse"),
        a_form(url=f"{shops}/ok", description="Invoices", code=BROKEN),
        customer_io(destination="capture", description=""),
    ]
    for form in forms:
        assert client.post("/test/endpoints", data=form).is_redirect
    for _ in range(ROUNDS):
        for event_type in EVENT_TYPES:
            event = standard_signed(SECRET, varied(sample_json(getattr(event_type, "name", event_type))))
            assert client.post(address, content=event.body, headers=event.headers).is_success


def varied(sample: str) -> str:
    """The sample with other ids, amounts and people."""
    number = random.randrange(10**8)
    changes: dict[str, Any] = {
        **{name: f"{name[:3]}_{number:08}" for name in ("payment_id", "subscription_id", "refund_id", "dispute_id")},
        "email": random.choice(["jane@example.com", "li.wei@example.cn", "omar@example.org"]),
        "total_amount": random.randrange(500, 90_000),
        "currency": random.choice(["USD", "EUR", "CNY"]),
    }

    def change(found: dict[str, Any]) -> dict[str, Any]:
        return {
            name: changes.get(name, value) if isinstance(value, str | int) else value for name, value in found.items()
        }

    return json.dumps(json.loads(sample, object_hook=change))


def addresses(client: httpx.Client) -> list[str]:
    """The addresses of the pages, those of one endpoint and one message included."""
    wait_for(lambda: "503" in client.get("/test/logs?view=attempts").text)
    [endpoint, *_] = re.findall(r"/test/endpoints/(ep_\w+)", client.get("/test/endpoints").text)
    [message, *_] = re.findall(r"/test/messages/(msg_\w+)", client.get("/test/logs").text)
    places = [*PLACES, *(f"/endpoints/{endpoint}{each}" for each in OF_ENDPOINT), f"/messages/{message}"]
    return [f"/test{each}" for each in places]


def name_of(address: str) -> str:
    plain = re.sub(r"/(ep|msg)_\w+", r"/\1", address.removeprefix("/test/"))
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def picture(context: BrowserContext, url: str, file: Path) -> None:
    page = context.new_page()
    page.goto(url)
    page.evaluate("document.fonts.ready")
    expect(page.locator("textarea[data-editor]:not([data-ready])")).to_have_count(0, timeout=30_000)
    page.screenshot(path=file, full_page=True, animations="disabled")
    page.close()


def main(folder: Path, only: str) -> None:
    random.seed(1)
    with tempfile.TemporaryDirectory() as data, Running(Path(data) / "data", LOOPBACK) as hookbench:
        client = client_of(hookbench)
        fill(client, Shops().url)
        pages = [each for each in addresses(client) if only in each]
        cookies = [{"name": name, "value": value, "url": hookbench.url} for name, value in client.cookies.items()]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox", "--disable-gpu"])
            for view in VIEWS:
                take(browser, view, cookies, hookbench.url, pages, folder / view)
            browser.close()


def take(browser: Browser, view: str, cookies: list[Any], url: str, pages: list[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(**VIEWS[view])
    context.add_cookies(cookies)
    for address in pages:
        picture(context, url + address, folder / f"{name_of(address)}.png")
    context.close()
    print(f"{len(pages)} pages in {folder}", flush=True)


if __name__ == "__main__":
    main(Path([*sys.argv, ""][1] or "build/screenshots"), [*sys.argv, "", ""][2])
