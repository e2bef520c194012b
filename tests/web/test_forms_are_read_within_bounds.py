"""What a form may be: anybody can post one, to the sign-in page at least."""

import asyncio
from pathlib import Path

import pytest
from newcomer import newcomer


@pytest.mark.parametrize("codec", ["punycode", "undefined", "raw_unicode_escape", "utf-8"])
async def test_a_body_that_names_its_own_codec_is_not_read(tmp_path: Path, codec: str) -> None:
    """Python's punycode takes minutes for the two megabytes that a field may have, and the server waits with it."""
    body = b'--x\r\ncontent-disposition: form-data; name="name"\r\n\r\n-aaaa\r\n--x--\r\n'
    kind = {"content-type": f"multipart/form-data; boundary=x; charset={codec}"}
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.post("/login", content=body, headers=kind)
        assert answer.status_code == 415
        assert "This request could not be understood." in answer.text


async def test_a_field_with_a_nul_is_refused(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.post("/login", data={"name": "ada\0", "password": "x"})
        assert answer.status_code == 400


async def test_a_form_that_does_not_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.web.forms.MOST_SECONDS", 0.05)

    async def endless():  # type: ignore[no-untyped-def]
        yield b"name="
        await asyncio.Event().wait()

    kind = {"content-type": "application/x-www-form-urlencoded"}
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.post("/login", content=endless(), headers=kind)
        assert answer.status_code == 408
