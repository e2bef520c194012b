"""Several sources: each with address, secret and endpoints; renamed without a new address; removed when empty."""

import asyncio

import httpx
import pytest
from builders import SECRET
from entries import arrived, kept_endpoint
from events import standard_signed
from form import path_of, text_of
from site_under_test import Site

from server.actions import sources as actions
from server.domain.sentences import Invalid
from server.domain.sources import MAX_SOURCES, Mode, Source
from server.store import source_contents, sources
from server.store.schema import metadata

WITHOUT_OWNER = {"users", "sessions", "options", "own_cards", "observations", "sources", "removed_slugs"}
"""Tables whose rows belong to no source."""


async def every(site: Site) -> list[Source]:
    return await site.services.store.read(sources.every)


async def test_a_source_is_added_and_has_pages_address_and_secret_of_its_own(each_site: Site) -> None:
    site = each_site
    answer = await site.post("/sources", {"name": " Shop EU ", "mode": "live"})
    assert path_of(answer) == "/shop-eu/sources"
    added = (await every(site))[-1]
    assert (added.name, added.mode, added.secret, added.demo) == ("Shop EU", Mode.LIVE, None, False)
    page = (await site.client.get("/shop-eu/sources")).text
    assert f"/in/{added.token}" in page and "live-mark" in page
    command = f"hookbench send payment.succeeded --source shop-eu --data {site.services.data}"
    assert command in text_of(page) and site.services.data.is_absolute()
    for place in ("endpoints", "logs", "notices", "events", "inspector", "settings", "endpoints/new"):
        assert (await site.client.get(f"/shop-eu/{place}")).status_code == 200


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": "", "mode": "test"}, "Enter a name."),
        ({"name": "x" * 41, "mode": "test"}, "longer than 40 characters"),
        ({"name": "tEST", "mode": "test"}, "Another source has this name."),
        ({"name": "a\u200bb", "mode": "test"}, "invisible character (U+200B)"),
        ({"name": "Shop", "mode": "both"}, "Select test or live."),
    ],
)
async def test_what_a_source_cannot_be_is_said(site: Site, form: dict[str, str], sentence: str) -> None:
    answer = await site.post("/sources", form)
    assert answer.status_code == 422 and sentence in text_of(answer.text)
    assert len(await every(site)) == 2


async def test_there_are_at_most_so_many(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MAX_SOURCES", 2)
    assert MAX_SOURCES >= 20
    with pytest.raises(Invalid, match="at most 2 sources"):
        await actions.create(site.services, "Third", "test")


async def test_renaming_keeps_addresses_and_bookmarks(site: Site) -> None:
    made = await actions.create(site.services, "Shop", "test")
    answer = await site.client.post(f"/shop/sources/{made.id}/name", data={"name": "<b>Laden</b>"})
    assert path_of(answer) == "/shop/sources"
    page = (await site.client.get("/shop/sources")).text
    assert "<b>Laden" not in page and "&lt;b&gt;Laden&lt;/b&gt;" in page and f"/in/{made.token}" in page
    wrong = await site.client.post(f"/shop/sources/{made.id}/name", data={"name": "Live"})
    assert wrong.status_code == 422 and "Another source has this name." in text_of(wrong.text)
    await site.client.post(f"/test/sources/{site.source.id}/name", data={"name": "Sandbox"})
    assert "Sandbox" in text_of((await site.client.get("/test/logs")).text)
    assert "Ingest URL" in text_of((await site.get("/live/sources")).text)


async def test_an_empty_source_is_removed_and_one_in_use_is_not(each_site: Site) -> None:
    site = each_site
    made = await actions.create(site.services, "Shop", "test")
    await site.client.post(f"/in/{made.token}", content=b"{}")  # a refused request does not keep it
    shop = await kept_endpoint(site, source_id=made.id)
    refused = await site.client.post(f"/shop/sources/{made.id}/remove")
    assert refused.status_code == 422 and "It has endpoints (1). Delete them first." in text_of(refused.text)
    await site.client.post(f"/shop/endpoints/{shop.id}/delete")
    refused = await site.client.post(f"/shop/sources/{made.id}/remove")
    assert refused.status_code == 422
    assert "Deleted endpoints can still be restored (1). Delete them for good first." in text_of(refused.text)
    assert "Remove source" not in text_of(refused.text)
    await site.client.post("/shop/endpoints/deleted/erase", data={"ids": shop.id})
    assert "Remove source" in text_of((await site.client.get("/shop/sources")).text)
    answer = await site.client.post(f"/shop/sources/{made.id}/remove")
    assert path_of(answer) == "/test/sources"
    assert [each.name for each in await every(site)] == ["Test", "Live"]
    assert (await site.client.get("/shop/logs")).status_code == 404
    assert (await site.client.post(f"/in/{made.token}", content=b"{}")).status_code == 404


async def test_a_source_with_events_and_the_last_one_stay(site: Site) -> None:
    await arrived(site)
    page = text_of((await site.get("/sources")).text)
    assert "This source cannot be removed. It has received events." in page
    live = (await every(site))[1]
    await actions.remove(site.services, live)
    with pytest.raises(Invalid, match="only source"):
        await actions.remove(site.services, site.source)


async def test_twenty_sources_are_in_the_menu_of_the_sidebar(site: Site) -> None:
    for number in range(18):
        await actions.create(site.services, f"Shop {number}", "live" if number % 2 else "test")
    page = (await site.get("/endpoints")).text
    switch = page[page.index('class="source-switch"') : page.index("</nav>", page.index('class="source-switch"'))]
    assert "<details" in switch
    assert all(f'href="/shop-{number}/endpoints"' in switch for number in range(18))
    assert (await site.get("/sources")).status_code == 200


def test_every_table_says_to_which_source_its_rows_belong() -> None:
    found = {
        table.name
        for table in metadata.sorted_tables
        if source_contents.belonging(table, "src_1") is None  # type: ignore[arg-type]
    }
    assert found <= WITHOUT_OWNER | {"activity_batches", "search_segments", "search_terms"}, (
        "add the table to store/source_contents.belonging"
    )


async def test_an_event_for_a_source_that_was_just_removed_harms_no_other(
    each_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = each_site
    made = await actions.create(site.services, "Shop", "test")
    await site.services.store.write(lambda tx: sources.set_secret(tx, made.id, SECRET))
    await site.services.store.write(lambda tx: sources.set_secret(tx, site.source.id, SECRET))
    stored = {each.token: each for each in await every(site)}
    await actions.remove(site.services, made)

    async def remembered(token: str) -> Source | None:  # as a process does that has not heard of it yet
        return stored.get(token)

    monkeypatch.setattr(site.services.intake._configuration, "source_with_token", remembered)
    event = standard_signed(SECRET, '{"type":"payment.succeeded","data":{}}')
    gone, other = await asyncio.gather(
        site.client.post(f"/in/{made.token}", content=event.body, headers=event.headers),
        site.client.post(f"/in/{site.source.token}", content=event.body, headers=event.headers),
        return_exceptions=True,
    )
    assert isinstance(other, httpx.Response) and other.status_code == 200
    assert isinstance(gone, httpx.Response) and gone.status_code in (404, 503)
