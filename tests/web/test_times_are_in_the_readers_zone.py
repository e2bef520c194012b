"""Pages show times in the zone that was chosen, else in the browser's, else in UTC, also without scripts."""

from datetime import UTC, datetime

import pytest
from site_under_test import Site

from server.web import i18n, zones
from server.web.log_filters import moment
from server.web.render import row_time, soon_text, time_text

AT = 1_790_000_000_000  # 2026-09-21T14:13:20Z


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("UTC", "21 Sep 2026, 14:13:20 UTC"),
        ("Asia/Shanghai", "21 Sep 2026, 22:13:20 UTC+8"),
        ("America/St_Johns", "21 Sep 2026, 11:43:20 UTC-2:30"),
        ("Pacific/Kiritimati", "22 Sep 2026, 04:13:20 UTC+14"),
    ],
)
def test_a_time_says_its_offset(name: str, expected: str) -> None:
    token = zones.current.set(zones.known(name) or zones.UTC_ZONE)
    assert time_text(AT) == expected
    assert moment(zones.local(AT).strftime("%Y-%m-%dT%H:%M:%S"), zones.current.get()) == AT
    zones.current.reset(token)


@pytest.mark.parametrize("typed", ["", "soon", "2026-13-01", "9999-12-31T23:59", "0001-01-01T00:00"])
def test_what_is_no_moment_is_none_or_a_number(typed: str) -> None:
    token = zones.current.set(zones.known("Asia/Tokyo") or zones.UTC_ZONE)
    assert isinstance(moment(typed, zones.current.get()), int | None)
    zones.current.reset(token)


@pytest.mark.parametrize(
    "cookie", ["", "Mars~Olympus", "..~..~etc~passwd", "~etc~passwd", "Asia", "tzdata.zi", "x" * 120, "UTC\x00"]
)
def test_what_is_no_zone_is_utc(cookie: str) -> None:
    assert zones.choose({"zone": cookie, "browser_zone": cookie}) == zones.UTC_ZONE


def test_the_chosen_zone_comes_before_the_browsers() -> None:
    both = {"zone": "Europe~Berlin", "browser_zone": "Asia~Tokyo"}
    assert zones.choose(both).key == "Europe/Berlin"
    assert zones.choose({"browser_zone": "Etc~GMT.8"}).key == "Etc/GMT+8"


def test_zones_are_listed_with_their_offset() -> None:
    listed = dict(zones.every_zone(datetime(2026, 1, 1, tzinfo=UTC)))
    assert listed["America/New_York"] == "America/New York (UTC-5)"
    assert listed["UTC"] == "UTC"
    assert 300 < len(listed) < 700


async def test_a_zone_is_chosen_kept_and_forgotten(site: Site) -> None:
    chosen = await site.client.post("/preferences", data={"zone": "Asia/Kolkata", "next": "/test/sources"})
    assert "zone=Asia~Kolkata" in chosen.headers["set-cookie"]
    page = (await site.get("/sources")).text
    assert 'data-zone="Asia/Kolkata"' in page

    await site.client.post("/preferences", data={"zone": "Nowhere/City"})
    assert 'data-zone="Asia/Kolkata"' in (await site.get("/sources")).text
    await site.client.post("/preferences", data={"zone": "auto"})
    assert "data-zone" not in (await site.get("/sources")).text


async def test_the_browsers_zone_is_used_in_pages(site: Site) -> None:
    for secret in (
        "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "whsec_ODEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    ):
        await site.post(f"/sources/{site.source.id}/secret", {"secret": secret})
    site.client.cookies.set("browser_zone", "Asia~Tokyo")
    text = (await site.get("/sources")).text
    assert "UTC+9" in text
    assert "data-zone" not in text


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "now", "现在"),
        (-38, "38 sec. ago", "38秒前"),
        (-119, "1 min. ago", "1分钟前"),
        (-3 * 3600 - 1700, "3 hr. ago", "3小时前"),
        (2 * 3600 + 10, "in 2 hr.", "2小时后"),
    ],
)
def test_the_text_that_scripts_will_show_is_there_from_the_start(
    monkeypatch: pytest.MonkeyPatch, seconds: int, english: str, chinese: str
) -> None:
    """The texts of Chromium's Intl.RelativeTimeFormat."""
    monkeypatch.setattr("server.web.render.time.time", lambda: AT / 1000)
    assert soon_text(AT + seconds * 1000) == english
    token = i18n.current.set("zh_Hans")
    assert soon_text(AT + seconds * 1000) == chinese
    i18n.current.reset(token)


def test_what_is_older_than_a_day_is_a_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.web.render.time.time", lambda: AT / 1000 + 3 * 86_400)
    assert (soon_text(AT), soon_text(AT - 400 * 86_400_000)) == ("Sep 21, 2:13 PM", "Aug 17, 2025, 2:13 PM")


def test_a_row_has_no_room_for_seconds_and_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.web.render.time.time", lambda: AT / 1000 + 3 * 86_400)
    last_year = AT - 400 * 86_400_000
    assert (row_time(AT), row_time(last_year)) == ("21 Sep, 14:13", "17 Aug 2025")
    assert (soon_text(AT, True), soon_text(last_year, True)) == ("Sep 21, 2:13 PM", "Aug 17, 2025")
