"""A filter by time means the same time after another filter was chosen, whatever its field can show."""

import re
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from site_under_test import Site
from starlette.datastructures import QueryParams

from server.web import zones
from server.web.log_filters import MAX_MILLIS, Filters, TimeField, in_utc

ZONES = ["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"]
FIRST, SECOND = "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"
"""Half past one in New York, twice."""
TIMES = [
    f"from={FIRST}&to={SECOND}",
    f"from={SECOND}&to=2026-11-01T07:00Z",
    "from=2026-09-21T14:13:20Z&to=2026-09-21T14:13:20.123Z",
    "from=2026-03-08T07:00Z",  # the first moment after the hour that is skipped
    "to=1970-01-01T00:00Z",
]


def submitted(page: str, **changes: str) -> str:
    """The query that the form of the filters sends: its texts and hidden fields, with some changed."""
    form = page.partition('<form class="filters"')[2].partition("</form>")[0]
    inputs = [dict(re.findall(r'([\w-]+)="([^"]*)"', tag)) for tag in re.findall(r"<input ([^>]*)>", form)]
    sent = {each["name"]: each.get("value", "") for each in inputs if each["type"] != "checkbox"}
    return urlencode(sent | changes)


@pytest.mark.parametrize("query", TIMES)
async def test_another_filter_is_chosen(site: Site, query: str) -> None:
    site.client.cookies.set("zone", "America~New_York")
    shown = Filters.of(QueryParams(query), "")
    page = (await site.get(f"/logs?{query}")).text

    without_scripts = await site.get(f"/logs?{submitted(page, status='failed')}")
    fragment = {"hx-request": "true", "hx-request-type": "partial", "hx-current-url": "http://hookbench.test/test/logs"}
    with_scripts = await site.client.get(f"/test/logs?{submitted(page, status='failed')}", headers=fragment)

    address = with_scripts.headers["hx-push-url"]
    kept = Filters.of(QueryParams(address.partition("?")[2]), "")
    assert (kept.start, kept.end, kept.status) == (shown.start, shown.end, "failed")
    assert address.replace("&", "&amp;") in without_scripts.text
    assert "_exact" not in address


async def test_a_changed_field_counts_as_it_is(site: Site) -> None:
    site.client.cookies.set("zone", "America~New_York")
    page = (await site.get(f"/logs?from={SECOND}&to=2026-11-01T07:30Z")).text
    changed = submitted(page, **{"from": "2026-10-31T12:00"})
    assert "from_exact" in changed
    answer = await site.client.get(f"/test/logs?{changed}", headers={"hx-request-type": "partial"})
    assert "from=2026-10-31T16%3A00Z&to=2026-11-01T07%3A30Z" in answer.headers["hx-replace-url"]


@given(at=st.integers(0, MAX_MILLIS), zone=st.sampled_from(ZONES))
def test_every_time_survives_in_every_zone(at: int, zone: str) -> None:
    chosen = zones.known(zone) or zones.UTC_ZONE
    field = TimeField.of(at, chosen)
    sent = QueryParams({"from": field.text} | ({"from_exact": field.exact} if field.exact else {}))
    assert Filters.of(sent, "", chosen).start == at
    assert Filters.of(QueryParams({"from": in_utc(at)}), "", chosen).start == at


def test_a_time_that_its_field_says_has_no_hidden_one() -> None:
    at = int(datetime(2026, 9, 21, 14, 13, tzinfo=UTC).timestamp() * 1000)
    assert TimeField.of(at, zones.UTC_ZONE) == TimeField("2026-09-21T14:13", "")
    assert TimeField.of(None, zones.UTC_ZONE) == TimeField("", "")
