"""A form that somebody else saved after it was opened is not overwritten without asking."""

import re

import pytest
from entries import kept_endpoint
from form import PLAIN, a_form, path_of, text_of
from site_under_test import Site

from server.domain.endpoints import Controls, Endpoint
from server.store import endpoints

NOT_SAVED = "Not saved: this form was saved in another tab or by someone else after you opened it."


async def now(site: Site, endpoint: Endpoint) -> Endpoint:
    found = await site.services.store.read(lambda tx: endpoints.get(tx, endpoint.id))
    assert found
    return found


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


async def test_the_destination_form_and_what_it_does_not_show(site: Site) -> None:
    shop = await kept_endpoint(site)
    opened = field((await site.get(f"/endpoints/{shop.id}/edit")).text, "seen")
    # Another form of the same endpoint is no reason to ask.
    path_of(await site.post(f"/endpoints/{shop.id}/advanced", {"rate_limit": "7"}))
    path_of(await site.post(f"/endpoints/{shop.id}/edit", a_form(description="Mine", seen=opened)))

    answer = await site.post(f"/endpoints/{shop.id}/edit", a_form(description="Theirs", seen=opened))

    assert answer.status_code == 409
    assert "Theirs" in answer.text
    assert (await now(site, shop)).description == "Mine"
    assert (await now(site, shop)).controls == Controls(rate_limit=7)


async def test_the_advanced_form_is_one_and_keeps_what_was_typed_in_all_its_parts(site: Site) -> None:
    shop = await kept_endpoint(site)
    address = f"/endpoints/{shop.id}/advanced"
    opened = field((await site.get(address)).text, "seen")
    path_of(await site.post(address, {"rate_limit": "7", "seen": opened}))

    typed = {"schedule": "0s, 1m", "rate_limit": "9", "headers_key": "X-Mine", "headers_value": "1", "seen": opened}
    answer = await site.post(address, typed)

    assert answer.status_code == 409
    for value in ("0s, 1m", "9", "X-Mine"):
        assert f'value="{value}"' in answer.text
    assert (await now(site, shop)).headers == {}

    refused = await site.post(address, typed | {"schedule": "soon", "seen": ""})
    assert refused.status_code == 422
    for value in ("soon", "9", "X-Mine"):
        assert f'value="{value}"' in refused.text


async def test_a_page_that_is_open_hears_of_it(site: Site) -> None:
    shop = await kept_endpoint(site, PLAIN)
    opened = field((await site.get(f"/endpoints/{shop.id}/transformation")).text, "seen")
    asking = f"/endpoints/{shop.id}/changed?part=code&seen={opened}"
    assert text_of((await site.get(asking)).text) == ""

    await site.post(f"/endpoints/{shop.id}/transformation", a_form(code=PLAIN + "// other"))

    assert "This form was just saved in another tab" in text_of((await site.get(asking)).text)


@pytest.mark.parametrize("seen", ["x" * 10_000, "<script>", "ｘ"])
async def test_any_text_is_taken_for_a_stamp(site: Site, seen: str) -> None:
    shop = await kept_endpoint(site)

    answer = await site.post(f"/endpoints/{shop.id}/edit", a_form(seen=seen))

    assert answer.status_code == 409
    assert "<script>" not in answer.text
    assert len(field(answer.text, "seen")) < 100


async def test_who_is_told_of_operational_events(site: Site) -> None:
    opened = field((await site.get("/settings")).text, "seen")
    path_of(await site.post("/settings/alerts", {"webhook_url": "https://example.com/first", "seen": opened}))

    answer = await site.post("/settings/alerts", {"webhook_url": "https://example.com/second", "seen": opened})

    assert answer.status_code == 409
    assert NOT_SAVED in text_of(answer.text)
    assert 'value="https://example.com/second"' in answer.text
    assert "https://example.com/first" in (await site.get("/settings")).text
