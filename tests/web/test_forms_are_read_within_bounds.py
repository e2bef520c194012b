"""What a form may be: anybody can post one, to the sign-in page at least."""

import asyncio
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from newcomer import newcomer
from site_under_test import Site

from server.web.forms import MEMBERS, STRANGERS


@pytest.mark.parametrize("codec", ["punycode", "undefined", "raw_unicode_escape", "utf-8"])
async def test_a_body_that_names_its_own_codec_is_not_read(tmp_path: Path, codec: str) -> None:
    """Python's punycode takes minutes for the two megabytes that a field may have, and the server waits with it."""
    body = b'--x\r\ncontent-disposition: form-data; name="name"\r\n\r\n-aaaa\r\n--x--\r\n'
    kind = {"content-type": f"multipart/form-data; boundary=x; charset={codec}"}
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.post("/login", content=body, headers=kind)
        assert answer.status_code == 415
        assert "The request could not be understood." in answer.text


async def test_a_field_with_a_nul_is_refused(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.post("/login", data={"name": "ada\0", "password": "x"})
        assert answer.status_code == 400


async def test_a_form_that_does_not_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.web.forms.STRANGERS", replace(STRANGERS, seconds=0.05))

    async def endless():  # type: ignore[no-untyped-def]
        yield b"name="
        await asyncio.Event().wait()

    kind = {"content-type": "application/x-www-form-urlencoded"}
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.post("/login", content=endless(), headers=kind)
        assert answer.status_code == 408


FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("path", ["/login", "/setup", "/preferences"])
@pytest.mark.parametrize(
    "body",
    [b"next=/?a%26" + b"%26" * 6_000, b"&" * 100, b"a=b&" * 101, b"name=" + b"x" * STRANGERS.max_bytes],
    ids=["long", "empty fields", "many fields", "one long field"],
)
async def test_a_strangers_form_is_small(tmp_path: Path, path: str, body: bytes) -> None:
    async with newcomer(tmp_path) as visitor:
        assert (await visitor.post(path, content=body, headers=FORM)).status_code == 413


async def test_a_form_in_pieces_is_bounded_like_one_that_says_its_length(tmp_path: Path) -> None:
    taken = 0

    async def pieces():  # type: ignore[no-untyped-def]
        nonlocal taken
        for _ in range(1000):
            taken += 1024
            yield b"x" * 1024

    async with newcomer(tmp_path) as visitor:
        answer = await visitor.post("/login", content=pieces(), headers=FORM)
        assert answer.status_code == 413
        assert taken <= STRANGERS.max_bytes + 1024


async def test_an_address_to_come_back_to_is_short(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        long = "/logs?q=" + "x" * 2048
        assert (await visitor.get(long)).headers["location"] == "/login"
        assert "xxxxxxxx" not in (await visitor.get("/login", params={"next": long})).text
        await visitor.sets_up()
        assert (await visitor.signs_in(next=long)).headers["location"] == "/"


async def test_a_members_form_may_be_large_and_has_bounds_too(site: Site) -> None:
    for form, status in [
        ({"webhook_url": "x" * 300_000}, 422),
        ({"webhook_url": "x" * MEMBERS.max_bytes}, 413),
        ([("a", "b")] * (MEMBERS.max_fields + 1), 413),
    ]:
        body = urlencode(form).encode()
        assert (await site.client.post("/test/settings/alerts", content=body, headers=FORM)).status_code == status


async def test_a_form_is_decoded_as_a_browser_encodes_it(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        body = b"name=Ad%C3%A9le+%2B%26%3D%u%&password=%FF&&=&x&next=%2Flogs"
        answer = await visitor.post("/login", content=body, headers=FORM)
        assert 'value="Adéle +&amp;=%u%"' in answer.text
        assert 'value="/logs"' in answer.text
