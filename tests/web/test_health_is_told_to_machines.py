"""``GET /healthz`` as a monitor asks it: no sign-in, a small JSON object, 503 when somebody has to look."""

import re

import pytest
from site_under_test import Site

from server.assets import templates_dir
from server.delivery.health import HealthReport, Status

LOOPS = {
    "own_cards",
    "deliveries",
    "leases",
    "replays",
    "operational_events",
    "mails",
    "webhook",
    "retention",
    "backtests",
    "shadows",
    "observer",
    "activity",
    "search",
}


async def test_every_part_is_named_and_a_new_server_is_well(site: Site) -> None:
    site.client.cookies.clear()
    answer = await site.client.get("/healthz", headers={"host": "pod-7"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {"status": "ok", "parts": dict.fromkeys({"database", "sandbox", *LOOPS}, "ok")}


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_every_part_is_explained_in_the_docs(language: str) -> None:
    text = (templates_dir() / "docs" / language / "health.md").read_text()
    explained = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", text, re.M))))
    assert explained >= {"database", "sandbox", "recovery", *LOOPS}


async def test_several_servers_on_one_database_watch_over_each_other(site_on_postgres: Site) -> None:
    assert (await site_on_postgres.client.get("/healthz")).json()["parts"]["recovery"] == "ok"


@pytest.mark.parametrize(("status", "code"), [(Status.OK, 200), (Status.DEGRADED, 200), (Status.FAILING, 503)])
async def test_the_status_code_says_whether_events_can_come(
    site: Site, monkeypatch: pytest.MonkeyPatch, status: Status, code: int
) -> None:
    async def look() -> HealthReport:
        return HealthReport({"database": "ok"}, status)

    monkeypatch.setattr(site.app.state.health, "look", look)
    answer = await site.client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (code, status.value)
