"""The page Activity: sums, bars with links to their log, and lists by endpoint and event type."""

import re
from html import unescape
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from entries import kept_endpoint, tried
from site_under_test import Site

from server.domain.activity import DAY_MS
from server.domain.messages import AttemptOutcome, DeliveryState
from server.web import zones
from server.web.activity import RANGES, Filters
from server.web.charts import nice_top


@pytest.fixture
async def busy(site: Site) -> Any:
    """Two endpoints: three successes at one; a rejection and a failed transformation at the other."""
    now = site.services.now()
    # It gets no disputes: the worker would send them, and count its attempts too.
    shop = await kept_endpoint(site, description="Shop <b>", event_types=frozenset({"payment.succeeded"}))
    desk = await kept_endpoint(site, description="Desk", event_types=frozenset({"dispute.lost"}))
    for _ in range(3):
        await tried(site, shop, of={"received_at": now}, started_at=now, duration_ms=100)
    failed, parked = AttemptOutcome.REJECTED, AttemptOutcome.TRANSFORM_FAILED
    of = {"event_type": "dispute.lost", "received_at": now}
    await tried(site, desk, DeliveryState.FAILED, of=of, outcome=failed, started_at=now)
    await tried(site, desk, DeliveryState.TRANSFORM_FAILED, of=of, outcome=parked, started_at=now, response=None)
    return shop, desk


def sums(page: str) -> dict[str, str]:
    found = re.findall(r"<dt>(.*?)</dt><dd>(?:<a[^>]*>)?([^<]*)", page)
    return {name: unescape(value) for name, value in found}


@pytest.mark.parametrize("query", ["", "?bars=5m", "?range=7d", "?range=30d", "?range=x&bars=y"])
async def test_sums_are_the_same_in_every_range(site: Site, busy: Any, query: str) -> None:
    page = (await site.get(f"/activity{query}")).text
    found = sums(page)
    assert (found["Events received"], found["Attempts"], found["Failed"]) == ("5", "5", "1")
    assert found["Error rate"] == "40.0%"
    assert found["Latency p50"] == "102 ms", "within 5 % of 100 ms"
    assert "Shop &lt;b&gt;" in page


async def test_filters_narrow_it_and_stay_in_the_address(site: Site, busy: Any) -> None:
    _, desk = busy
    page = (await site.get(f"/activity?endpoint={desk.id}")).text
    assert sums(page)["Attempts"] == "2"
    assert f"endpoint={desk.id}" in page
    page = (await site.get("/activity?type=payment.succeeded")).text
    assert sums(page)["Attempts"] == "3"
    page = (await site.get(f"/activity?type=payment.succeeded&endpoint={desk.id}")).text
    assert sums(page)["Attempts"] == "0"
    page = (await site.get("/activity?type=nowhere.known&endpoint=ep_gone")).text
    assert '<option value="nowhere.known" selected>' in page


async def test_bars_and_numbers_lead_to_their_log(site: Site, busy: Any) -> None:
    _, desk = busy
    page = unescape((await site.get("/activity")).text)
    links = [parse_qs(urlsplit(each).query) for each in re.findall(r'href="(/test/logs\?[^"]+)"', page)]
    assert all(each["view"] == ["attempts"] and each["from"] and each["to"] for each in links)
    assert {"failed", "parked"} <= {each.get("status", [""])[0] for each in links}
    assert any(each.get("endpoint") == [desk.id] and each.get("status") == ["failed"] for each in links)


async def test_the_log_of_a_bar_lists_as_many_as_it_counts(site: Site, busy: Any) -> None:
    page = unescape((await site.get("/activity")).text)
    for status, count in (("failed", 1), ("parked", 1), ("succeeded", 3)):
        address = next(each for each in re.findall(r'href="([^"]+)"', page) if f"&status={status}" in each)
        log = (await site.client.get(address)).text
        assert log.count('class="row-link"') == count, status


async def test_a_fragment_is_the_block_alone_with_its_address(site: Site, busy: Any) -> None:
    answer = await site.get(
        "/activity?range=7d&endpoint=", headers={"hx-request": "true", "hx-request-type": "partial"}
    )
    assert answer.text.lstrip().startswith('<div class="stack loose" id="activity"')
    assert answer.headers["hx-replace-url"] == "/test/activity?range=7d"


async def test_nothing_yet_says_so(site: Site) -> None:
    page = (await site.get("/activity")).text
    assert "No activity in this time" in page


async def test_a_long_list_is_shown_in_part(site: Site) -> None:
    now = site.services.now()
    shop = await kept_endpoint(site)
    for number in range(12):
        await tried(site, shop, of={"event_type": f"own.type{number:02}", "received_at": now}, started_at=now)
    page = (await site.get("/activity")).text
    assert len(set(re.findall(r"type=own\.type\d\d", page))) == 10
    assert "Show all 12" in page
    page = (await site.get("/activity?all=type")).text
    assert len(set(re.findall(r"type=own\.type\d\d", page))) == 12


async def test_the_catalog_says_how_many_events_came(site: Site, busy: Any) -> None:
    assert "3 in 30 days" in (await site.get("/events")).text
    page = (await site.get("/events/payment.succeeded")).text
    assert "3 events received in the last 30 days" in page
    assert "none in 30 days" in (await site.get("/live/events")).text


def test_ranges_have_whole_periods() -> None:
    assert all(each.length % each.size.ms == 0 for each in RANGES.values())
    assert RANGES["30d"].length == 30 * DAY_MS
    assert nice_top(288) == 500


async def test_days_are_those_of_the_reader(site: Site, busy: Any) -> None:
    for zone, shown in (("Asia~Shanghai", "UTC+8"), ("Asia~Kolkata", "UTC"), ("America~Los_Angeles", "UTC-")):
        site.client.cookies.set("zone", zone)
        page = (await site.get("/activity?range=30d")).text
        assert sums(page)["Attempts"] == "5"
        assert f"Times and days are in {shown}" in page
        bars = [
            parse_qs(urlsplit(unescape(each)).query) for each in re.findall(r'<th scope="row"><a href="([^"]+)', page)
        ]
        [hour] = {each["from"][0][11:] for each in bars}
        assert hour in {"Asia~Shanghai": ("16:00Z",), "Asia~Kolkata": ("00:00Z",)}.get(zone, ("07:00Z", "08:00Z"))
    site.client.cookies.delete("zone")


def test_the_day_of_a_change_of_clocks_has_23_hours() -> None:
    noon = 1_774_778_400_000  # 2026-03-29T10:00:00Z
    former = zones.current.set(zones.known("Europe/Berlin") or zones.UTC_ZONE)
    shown = Filters("30d", "", "", "", "", "/activity").time(noon)
    zones.current.reset(former)
    lengths = [end - start for start, end in pairwise(shown.bounds)]
    assert lengths[-1] == 23 * 3_600_000
    assert set(lengths[:-1]) == {DAY_MS}
