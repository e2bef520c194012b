"""No address of the pages for looking breaks them, whatever somebody types into it."""

from typing import Any

import pytest
from entries import capturing_endpoint, tried
from form import text_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from newcomer import browser
from site_under_test import Site

from server.domain.messages import AttemptOutcome

ADDRESSES = ("http://[x/", "http://[::1", "//", "", "?", "\x7f", "http://hookbench.test:x/test/logs?q=1", "a" * 5000)
"""What a browser's script, or anybody else, may send as the address of its page."""
PAGES = ("/logs", "/logs/export", "/inspector", "/messages/{message}", "/endpoints/{endpoint}")
NAMES = (
    *("view", "status", "type", "endpoint", "q", "before", "after", "upto", "attempt", "show", "said", "page"),
    *("time", "from", "to", "version", "response", "contract", "slower", "currency", "cancelled", "paused", "format"),
)
WORDS = (
    "4xx",
    "9999-12-31T23:59",
    "0001-01-01T00:00+14:00",
    "99999999999999",
    "payment.*",
    "EUR",
    "attempts",
    "messages",
    "failed",
    "rejected",
    "att_",
    "msg_",
    "ep_",
    "%",
    "'",
    "\uffff",
    "𝄞",
    "-1",
    "",
)

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
queries = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(WORDS) | texts), max_size=6)


@pytest.fixture
async def paths(site: Site) -> list[str]:
    shop = await capturing_endpoint(site)
    entry = await tried(site, shop, outcome=AttemptOutcome.CAPTURED)
    return [path.format(message=entry.message.id, endpoint=shop.id) for path in PAGES]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.integers(0, len(PAGES) - 1), query=queries, partial=st.booleans())
async def test_every_query_is_answered_with_a_page(
    site: Site, paths: list[str], which: int, query: list[tuple[str, str]], partial: bool
) -> None:
    headers = {"hx-request": "true", "hx-request-type": "partial"} if partial else {}

    answer = await site.get(paths[which], params=query, headers=headers)

    assert answer.status_code == 200


async def test_a_value_that_is_no_filter_is_named_and_the_others_stay(site: Site) -> None:
    page = (
        await site.get("/logs?response=abc&slower=-5&from=2026-13-01&to=x%07y&currency=EURO&type=payment.failed")
    ).text
    said = text_of(page)
    assert "Response: “abc” is not a status." in said and '<a href="#field-response">' in page
    assert "Slower than: “-5” is not a number of milliseconds from 0 to 600,000." in said
    assert "From: “2026-13-01” is not a date and time." in said and "Until: “xy” is not" in said
    assert "Currency: “EURO” is not a currency." in said
    assert "Event type: payment.failed" in said
    fine = "/logs?time=24h&from=nonsense&response=4xx&slower=0&currency=eur"
    assert "This filter is not used." not in (await site.get(fine)).text


async def test_a_query_that_is_no_text_is_answered_with_a_page(site: Site) -> None:
    assert (await site.get("/logs?q=%ff%fe&status=%c3%28")).status_code == 200
    assert (await site.get("/logs?" + "q=x&" * 500)).status_code == 200


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-23:00", "9999-12-31T23:59Z", "253402300799000", "NaN", "1e400"])
async def test_the_end_of_the_calendar_is_in_no_zone(site: Site, at: str) -> None:
    site.client.cookies.set("zone", "Asia~Tokyo")
    for page in ("/logs", "/logs/export"):
        assert (await site.get(page, params={"from": at, "to": at})).status_code == 200


@pytest.mark.parametrize("word", [*WORDS, "\x01\x7f", "\u202e", "x" * 2000])
async def test_postgresql_takes_them_too(site_on_postgres: Any, word: str) -> None:
    for path in ("/logs", "/logs/export", "/inspector"):
        for view in ("", "attempts"):
            query = dict.fromkeys(NAMES, word) | {"view": view}
            assert (await site_on_postgres.get(path, params=query)).status_code == 200


@pytest.mark.parametrize("path", ["/logs?q=%00", "/endpoints/%00", "/messages/msg_%00/body", "/inspector?attempt=%00"])
async def test_an_address_with_nul_is_refused_with_a_sentence(site: Site, path: str) -> None:
    answer = await site.get(path)

    assert answer.status_code == 400
    assert answer.text == "No address here has a NUL character."


@pytest.mark.parametrize("address", ADDRESSES)
async def test_any_header_that_names_the_page_is_taken(site: Site, address: str) -> None:
    fragment = {"hx-request": "true", "hx-request-type": "partial"}
    for header in ("hx-current-url", "referer"):
        answer = await site.client.get("/test/logs?q=x", headers=fragment | {header: address})
        assert answer.status_code == 200
    async with browser(site.app) as stranger:
        for header in ("hx-current-url", "referer"):
            led = await stranger.get("/logs", headers=fragment | {header: address})
            assert led.headers["hx-redirect"].startswith("/login")
