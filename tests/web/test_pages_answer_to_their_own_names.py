"""A name that leads here without being ours gets no page: its owner could read what our visitors may read."""

from pathlib import Path

import pytest
from newcomer import newcomer

from server.web.hosts import Hosts

OURS = [
    "127.0.0.1",
    "127.0.0.1:8000",
    "localhost:8000",
    "LOCALHOST.",
    "app.localhost",
    "[::1]:8000",
    "[fe80::1%25eth0]",
    "192.168.1.20:8000",
    "203.0.113.5",
    "hooks.example.com",
    "HOOKS.example.com:443",
    "hooks.example.com.",
    "nas.lan",
    "nas.lan:8000",
    "listens.example",
]
FOREIGN = [
    "evil.example",
    "evil.example:8000",
    "hooks.example.com.evil.example",
    "xhooks.example.com",
    "example.com",
    "2130706433",
    "0x7f000001",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "xlocalhost",
]


@pytest.mark.parametrize("host", OURS)
def test_ours_are_allowed(host: str) -> None:
    assert Hosts("https://hooks.example.com/", "listens.example", ["nas.lan:8000"]).allow(host)


@pytest.mark.parametrize("host", ["", *FOREIGN])
def test_others_are_not(host: str) -> None:
    assert not Hosts("https://hooks.example.com/", "0.0.0.0", ["nas.lan"]).allow(host)


async def test_the_answer_says_which_setting_to_change(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        for method, path in (
            ("GET", "/login"),
            ("POST", "/login"),
            ("GET", "/static/css/base.css"),
            ("GET", "/nothing/"),
        ):
            answer = await visitor.request(method, path, headers={"host": "evil.example:8000"})
            assert answer.status_code == 421
            assert "HOOKBENCH_ALLOWED_HOSTS=evil.example," in answer.text
            assert answer.headers["content-type"].startswith("text/plain")


async def test_events_and_health_checks_come_under_any_name(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        assert (await visitor.get("/healthz", headers={"host": "pod-7"})).status_code == 200
        answer = await visitor.post("/in/nobody", content=b"{}", headers={"host": "hookbench:8000"})
        assert (answer.status_code, answer.text) == (404, "There is no source at this address.")


async def test_no_foreign_name_is_in_an_address_that_leads_on(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.get("/login/", headers={"host": "evil.example"})
        assert "evil.example" not in answer.headers.get("location", "")
