"""Browsers keep static files without asking again, and never use one of another release."""

import os
import re
from pathlib import Path

import httpx
import pytest
from site_under_test import Site

from server.web import static_addresses
from server.web.static_addresses import StaticAddresses
from server.web.static_files import Static

FOR_GOOD, ASKED_AGAIN = "max-age=31536000, immutable", "no-cache"


async def test_all_that_a_page_names_is_kept_for_good(site: Site) -> None:
    page = (await site.get("/login")).text
    named = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert len(named) > 8
    for address in named:
        answer = await site.get(address)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, FOR_GOOD), address


async def test_an_address_of_another_release_is_asked_for_again(site: Site) -> None:
    base = static_addresses.addresses().base()
    for address in ("/static/js/main.js", "/static/v-0123456789abcdef/js/main.js"):
        answer = await site.get(address)
        assert answer.headers["cache-control"] == ASKED_AGAIN
        assert answer.text == (await site.get(f"{base}/js/main.js")).text


@pytest.mark.parametrize(
    "path", ["/nothing.js", "/../pyproject.toml", "/%2e%2e/pyproject.toml", "", "/v-0123456789abcdef/js/main.js"]
)
async def test_a_sum_opens_no_other_way(site: Site, path: str) -> None:
    assert (await site.get(static_addresses.addresses().base() + path)).status_code == 404


async def kept(app: Static, address: str) -> str:
    """The header by which browsers keep what is at this address."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://shop.test") as client:
        return (await client.get(address.removeprefix("/static"))).headers["cache-control"]


async def test_a_file_that_changed_since_the_sum_was_taken_is_not_kept(tmp_path: Path) -> None:
    for name in ("a.js", "b.js"):
        (tmp_path / name).write_text("1")
    addresses = StaticAddresses(tmp_path)
    base, app = addresses.base(), Static(addresses)
    (tmp_path / "a.js").write_text("another")
    (tmp_path / "c.js").write_text("new")
    assert [await kept(app, f"{base}/{name}.js") for name in "abc"] == [ASKED_AGAIN, FOR_GOOD, ASKED_AGAIN]


async def test_a_changed_file_has_another_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(static_addresses, "LOOK_AGAIN_SECONDS", 0.0)
    (tmp_path / "a.js").write_text("1")
    (tmp_path / "b.js").write_text("2")
    addresses = StaticAddresses(tmp_path)
    first = addresses.base()
    assert addresses.base() == first == StaticAddresses(tmp_path).base()
    (tmp_path / "a.js").write_text("2")
    (tmp_path / "b.js").write_text("1")
    os.utime(tmp_path / "a.js", ns=(1, 1))
    changed = addresses.base()
    assert changed != first
    (tmp_path / "b.js").rename(tmp_path / "c.js")
    assert addresses.base() not in (first, changed)

    app = Static(addresses)
    assert await kept(app, f"{addresses.base()}/c.js") == FOR_GOOD
    assert await kept(app, f"{first}/c.js") == ASKED_AGAIN
