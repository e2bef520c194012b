"""One harmless request tells whether credentials are valid: by a button, and when an endpoint is saved."""

import asyncio
import re
import socket
from collections.abc import Iterator
from typing import Any

import cards
import pytest
from destination import Destination
from form import a_form, path_of, text_of
from site_under_test import Site
from structlog.testing import capture_logs

from server.domain.ids import EndpointId

KEY = "lk_0123456789"
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def book() -> Iterator[Destination]:
    with Destination(answer=cards.answer(name="Our shop")) as destination:
        yield destination


@pytest.fixture
def site_with_ledger(loopback_site: Site, book: Destination) -> Site:
    cards.put(loopback_site.services, cards.ledger(f"127.0.0.1:{book.port}"), cards.pigeon())
    return loopback_site


def ledger_form(key: str = KEY, region: str = "us", **more: Any) -> dict[str, Any]:
    return a_form(card="own:ledger", url=None, **more) | {"credentials.api_key": key, "credentials.region": region}


async def checked(site: Site, form: dict[str, Any], path: str = "/endpoints/check") -> str:
    response = await site.post(path, form, headers=PARTIAL)
    assert response.status_code == 200
    return text_of(response.text)


async def test_the_request_is_the_cards_and_changes_nothing(site_with_ledger: Site, book: Destination) -> None:
    assert await checked(site_with_ledger, ledger_form()) == "The credentials are valid."
    [got] = book.got
    assert (got.method, got.path, got.body) == ("GET", f"/account?key={KEY}", b"")
    assert got.headers["authorization"] == f"Bearer {KEY}"
    assert got.headers["accept"] == "application/json"
    assert got.headers["x-version"] == "7"
    assert "idempotency-key" not in got.headers  # it names an event
    assert "webhook-signature" not in got.headers
    assert "content-type" not in got.headers


@pytest.mark.parametrize(
    ("status", "answer", "sentence"),
    [
        (204, b"", "The credentials are valid."),
        (401, b"no", "The destination refuses the credentials (status 401)."),
        (403, b"{}", "The destination refuses the credentials (status 403)."),
        (401, b'{"error": "restricted key"}', "Valid. The key may only send."),
        (500, b"oops", "The credentials could not be checked (status 500)."),
        (302, b"", "The credentials could not be checked (status 302)."),
        (200, b'{"region": "us"}', "The credentials are valid."),
        (200, b"[" * 5000, "The credentials are valid."),
    ],
)
async def test_the_response_becomes_a_sentence(
    site_with_ledger: Site, book: Destination, status: int, answer: bytes, sentence: str
) -> None:
    book.status, book.answer = status, answer
    assert await checked(site_with_ledger, ledger_form()) == sentence


async def test_another_region_is_offered(site_with_ledger: Site, book: Destination) -> None:
    book.answer = cards.answer(region="eu", name="Our shop")
    form = ledger_form()
    told = await checked(site_with_ledger, form)
    assert told == "Valid, but the account Our shop is in the EU. Switch to European Union"
    assert await checked(site_with_ledger, ledger_form(region="eu")) == "The credentials are valid."
    page = (await site_with_ledger.post("/endpoints/check", form | {"switch": "region=eu"})).text  # without scripts
    assert "The credentials are valid." in text_of(page)
    assert re.search(r'value="eu" selected', page)


async def test_without_scripts_the_form_comes_back_with_its_input(site_with_ledger: Site) -> None:
    page = (await site_with_ledger.post("/endpoints/check", ledger_form(description="For the shop"))).text
    assert "The credentials are valid." in text_of(page)
    assert "For the shop</textarea>" in page
    assert KEY in page  # in its own box


async def test_nothing_listens(site_with_ledger: Site, book: Destination) -> None:
    cards.put(site_with_ledger.services, cards.ledger("127.0.0.1:9"))
    assert "refused" in await checked(site_with_ledger, ledger_form())


async def test_the_address_guard_is_the_same(site: Site) -> None:
    cards.put(site.services, cards.ledger("169.254.169.254"))
    assert (await checked(site, ledger_form())).startswith(
        "The credentials could not be checked: The address is link-local."
    )


async def test_what_is_missing_is_told_and_nothing_is_sent(site_with_ledger: Site, book: Destination) -> None:
    assert await checked(site_with_ledger, ledger_form(key="")) == "Enter the API key."
    assert await checked(site_with_ledger, ledger_form(key="wrong")) == "An API key of Ledger starts with lk_."
    assert await checked(site_with_ledger, ledger_form(key="", destination="capture")) == "Enter the API key."
    assert book.got == []


async def test_a_card_without_a_check_says_so(site_with_ledger: Site) -> None:
    form = a_form(card="own:pigeon", url="https://loft.example/hooks/1/a")
    assert await checked(site_with_ledger, form) == "Pigeon has no call that checks a hook."
    page = await site_with_ledger.get("/endpoints/new?card=own:pigeon")
    assert "Pigeon has no call that checks a hook." in text_of(page.text)
    assert "Check credentials" not in text_of(page.text)


async def test_no_secret_is_shown_or_logged(site_with_ledger: Site, book: Destination) -> None:
    book.answer = cards.answer(region="eu", name=f"key {KEY} of <b>us</b>")
    with capture_logs() as lines:
        response = await site_with_ledger.post("/endpoints/check", ledger_form(), headers=PARTIAL)
    assert KEY not in response.text
    assert "<b>us</b>" not in response.text
    [line] = [line for line in lines if line["event"] == "credentials.checked"]
    assert (line["card"], line["result"]) == ("own:ledger", "elsewhere")
    assert line["user_id"]
    assert KEY not in str(lines)


async def test_checks_are_bounded(site_with_ledger: Site, book: Destination) -> None:
    for _ in range(10):
        await checked(site_with_ledger, ledger_form())
    assert await checked(site_with_ledger, ledger_form()) == (
        "At most 10 such requests are sent in a minute. Try again later."
    )
    assert len(book.got) == 10


async def created(site: Site, form: dict[str, Any]) -> str:
    return path_of(await site.post("/endpoints", form)).removeprefix("/test")


async def result(site: Site, path: str) -> str:
    """The endpoint's page once its check has ended."""
    endpoint_id = EndpointId(path.rpartition("/")[2])
    async with asyncio.timeout(10):
        while site.services.checks.of(endpoint_id, site.services.now())[0]:
            await asyncio.sleep(0.01)
    return text_of((await site.get(path)).text)


async def test_create_checks_and_the_endpoints_page_tells(site_with_ledger: Site, book: Destination) -> None:
    book.status = 401
    path = await created(site_with_ledger, ledger_form())
    told = await result(site_with_ledger, path)
    assert "Credentials: The destination refuses the credentials (status 401). Edit" in told
    [got] = book.got
    assert got.path.startswith("/account")


async def test_create_never_waits_for_the_check(site_with_ledger: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and says nothing
        cards.put(site_with_ledger.services, cards.ledger(f"127.0.0.1:{silent.getsockname()[1]}"))
        path = await created(site_with_ledger, ledger_form())
        page = text_of((await site_with_ledger.get(path)).text)
        assert "The credentials are being checked." in page
        site_with_ledger.services.checks.forget(EndpointId(path.rpartition("/")[2]))


async def test_saving_new_credentials_checks_again(site_with_ledger: Site, book: Destination) -> None:
    path = await created(site_with_ledger, ledger_form())
    assert "Credentials: The credentials are valid." in await result(site_with_ledger, path)
    await site_with_ledger.post(f"{path}/edit", ledger_form(key="", description="New words"))
    assert len(book.got) == 1  # nothing changed that a check would judge
    book.status = 401
    await site_with_ledger.post(f"{path}/edit", ledger_form(key="lk_anotherkey"))
    assert "refuses the credentials" in await result(site_with_ledger, path)
    assert book.got[-1].headers["authorization"] == "Bearer lk_anotherkey"


async def test_a_stored_secret_is_used_when_it_is_not_retyped(site_with_ledger: Site, book: Destination) -> None:
    path = await created(site_with_ledger, ledger_form())
    await result(site_with_ledger, path)
    assert await checked(site_with_ledger, ledger_form(key=""), f"{path}/check") == "The credentials are valid."
    assert book.got[-1].headers["authorization"] == f"Bearer {KEY}"
    page = (await site_with_ledger.post(f"{path}/check", ledger_form(key="", description="Mine"))).text
    assert "The credentials are valid." in text_of(page)
    assert "Mine</textarea>" in page
    assert KEY not in page


async def test_capturing_without_credentials_checks_nothing(site_with_ledger: Site, book: Destination) -> None:
    path = await created(site_with_ledger, ledger_form(key="", destination="capture"))
    assert "Credentials:" not in await result(site_with_ledger, path)
    assert book.got == []
