"""Fixtures: a real browser, a running Hookbench, and destinations on loopback that are reached by their real names."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from administrator import sign_in_without_pages
from destination import Destination
from ensure_chromium import find
from playwright.sync_api import Browser, Page, expect, sync_playwright
from running import Running

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
ARGUMENTS += ["--disable-component-update", "--disable-sync"]

# What is expected comes within a second; beside other tests on a busy machine it may take many.
expect.set_options(timeout=20_000)


# One browser per module, not per session: while Playwright is open, its event loop counts as running in this thread, so
# asynchronous tests of other modules cannot start theirs.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=find(), args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


@pytest.fixture
def customer_io(authority: trustme.CA) -> Iterator[Destination]:
    """A destination that stands in for https://track.customer.io and https://track-eu.customer.io."""
    certificate = authority.issue_cert("track.customer.io", "track-eu.customer.io")
    with Destination(certificate=certificate) as destination:
        yield destination


@pytest.fixture
def shop() -> Iterator[Destination]:
    """A plain destination on loopback, for a Hookbench that may reach loopback."""
    with Destination() as destination:
        yield destination


@pytest.fixture
def hookbench(
    tmp_path: Path, customer_io: Destination, ca_file: Path, migrated: Callable[[Path], None]
) -> Iterator[Running]:
    migrated(tmp_path / "data")
    fixed = ",".join(
        f"{host}:443:127.0.0.1:{customer_io.port}" for host in ("track.customer.io", "track-eu.customer.io")
    )
    with Running(tmp_path / "data", {"HOOKBENCH_RESOLVE": fixed, "HOOKBENCH_CA_FILE": str(ca_file)}) as running:
        yield running


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page. Script errors and failed requests fail the test, except statuses 409 and 422.

    With the mark ``lost_connections``, errors of connections that the test cuts are also allowed.
    """
    expected = ["status of 422", "status of 409"]
    if request.node.get_closest_marker("lost_connections"):
        expected += [
            "Failed to fetch",
            "net::ERR_INTERNET_DISCONNECTED",
            "net::ERR_CONNECTION",
            "net::ERR_INCOMPLETE",
            "status of 401",
        ]
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    fresh = context.new_page()
    troubles: list[str] = []
    fresh.on("pageerror", lambda error: troubles.append(str(error)))
    fresh.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    yield fresh
    context.close()
    unexpected = [trouble for trouble in troubles if not any(word in trouble for word in expected)]
    assert unexpected == []


@pytest.fixture
def signed_in(hookbench: Running, page: Page) -> Page:
    """The page, signed in as the administrator, on the list of endpoints."""
    sign_in_without_pages(hookbench, page.context)
    page.goto(f"{hookbench.url}/endpoints")
    return page
