"""Each section of the settings has an address of its own, and tells what is so."""

import re

import pytest
from site_under_test import Site

from server.store import usage
from server.web.settings_frame import SECTIONS

DAY_MS = 24 * 3_600_000


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.key)
async def test_each_section_is_a_page_that_marks_its_place(each_site: Site, section: object) -> None:
    page = await each_site.get(section.path)  # type: ignore[attr-defined]
    assert page.status_code == 200
    [marked] = re.findall(r'href="/test(/settings[^"]*)" aria-current="page">[^?]*?</svg><span>', page.text)[-1:]
    assert marked == section.path  # type: ignore[attr-defined]


async def test_the_database_tells_its_size_and_growth(each_site: Site) -> None:
    site, now = each_site, each_site.services.now()
    first = plain((await site.get("/settings/retention")).text)
    assert "Known after a day" in first
    assert re.search(r"Kind (SQLite|PostgreSQL) \d", first)

    await site.services.store.write(lambda tx: usage.note_size(tx, now - 40 * DAY_MS))
    for days in range(35, -1, -1):
        await site.services.store.write(lambda tx, at=now - days * DAY_MS: usage.note_size(tx, at))
    kept = await site.services.store.read(usage.sizes)
    assert len(kept) == usage.MAX_DAYS
    assert set(kept) == {now // DAY_MS - each for each in range(usage.MAX_DAYS)}
    assert await site.services.store.read(usage.size) > 100_000
    assert re.search(r"Growth [+−]?\d.* since \d", plain((await site.get("/settings/retention")).text))


async def test_unreadable_sizes_begin_anew(site: Site) -> None:
    for damaged in ("x", "[1]", '{"a": 1}', "3"):
        await site.services.store.write(lambda tx, it=damaged: usage.options.set_text(tx, "database_sizes", it, 1))
        assert await site.services.store.read(usage.sizes) == {}
    await site.services.store.write(lambda tx: usage.note_size(tx, 5 * DAY_MS))
    assert list(await site.services.store.read(usage.sizes)) == [5]


async def test_about_names_versions_and_fences(site: Site) -> None:
    text = plain((await site.get("/settings/about")).text)
    assert re.search(r"QuickJS-ng \d", text)
    for fence in site.services.sandbox.fences():
        assert fence.name in text


async def test_a_wrong_password_is_told_in_its_section(site: Site) -> None:
    answer = await site.post("/settings/password", {"current": "no", "password": "x", "repeated": "x"})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert 'href="/test/settings/account" aria-current="page"' in answer.text


async def test_what_was_saved_in_the_browser_is_said_on_settings_only(site: Site) -> None:
    form = {"density": "compact", "next": "/test/settings/appearance"}
    told = await site.client.post("/preferences", data=form | {"tell": "on"})
    quiet = await site.client.post("/preferences", data=form)
    assert told.headers["location"] == "/test/settings/appearance?said=preferences-saved"
    assert quiet.headers["location"] == "/test/settings/appearance"
    assert 'data-density="compact"' in (await site.get("/settings/appearance")).text
