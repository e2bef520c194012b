"""An endpoint has a name: typed, or generated so that no other endpoint of its source has it."""

import re
from dataclasses import replace

import pytest
from form import a_form, beside, customer_io, path_of
from site_under_test import Site

from server.domain.audit import AuditAction
from server.domain.endpoint_names import MAX_NAME, distinct, is_generated
from server.domain.endpoints import Endpoint
from server.store import audit, endpoints


async def created(site: Site, form: dict[str, object]) -> Endpoint:
    return await kept(site, path_of(await site.post("/endpoints", form)).split("/")[3])


async def kept(site: Site, endpoint_id: str) -> Endpoint:
    found: Endpoint | None = await site.services.store.read(lambda tx: endpoints.get(tx, endpoint_id))
    assert found
    return found


async def test_generated_names_tell_two_endpoints_of_one_card_apart(site: Site) -> None:
    forms = [customer_io(description=""), customer_io(description=""), a_form(description=""), a_form(description="")]
    assert [(await created(site, form)).name for form in forms] == [
        "Customer.io",
        "Customer.io 2",
        "https://example.com/hook",
        "https://example.com/hook 2",
    ]


async def test_a_typed_name_is_kept_and_shown(site: Site) -> None:
    endpoint = await created(site, a_form(name="  Orders to the shop ", description="For payments"))
    assert endpoint.name == "Orders to the shop"
    assert "Orders to the shop" in (await site.get("/endpoints")).text

    await site.post(f"/endpoints/{endpoint.id}/edit", a_form(name="Shop", description="For payments"))
    assert (await kept(site, endpoint.id)).name == "Shop"


async def test_a_generated_name_follows_its_endpoint_until_a_person_renames_it(site: Site) -> None:
    endpoint = await created(site, a_form(description=""))
    moved = a_form(description="", name=endpoint.name, url="https://new.example/hook")
    await site.post(f"/endpoints/{endpoint.id}/edit", moved)
    assert (await kept(site, endpoint.id)).name == "https://new.example/hook"

    await site.post(f"/endpoints/{endpoint.id}/edit", {**moved, "name": "Mine"})
    await site.post(f"/endpoints/{endpoint.id}/edit", {**moved, "name": "Mine", "description": "Else"})
    assert (await kept(site, endpoint.id)).name == "Mine"

    await site.post(f"/endpoints/{endpoint.id}/edit", {**moved, "name": "", "description": "Else"})
    assert (await kept(site, endpoint.id)).name == "Else"


@pytest.mark.parametrize("name", ["x" * (MAX_NAME + 1), "two\nlines", "hidden\u200bmark"])
async def test_a_name_out_of_bounds_is_refused_beside_its_field(site: Site, name: str) -> None:
    response = await site.post("/endpoints", a_form(name=name))
    assert response.status_code == 422
    assert beside(response.text, "name")


def test_a_number_makes_a_name_distinct_and_stays_within_bounds() -> None:
    assert distinct("Slack", ["slack", "Slack 2"]) == "Slack 3"
    long = distinct("x" * MAX_NAME, ["x" * MAX_NAME])
    assert len(long) <= MAX_NAME
    assert is_generated(long, "x" * MAX_NAME)
    assert not is_generated("Slack · orders", "Slack")


async def test_a_duplicate_starts_with_everything_but_secrets_and_the_name(site: Site) -> None:
    form = customer_io(name="Mails", variables_key=["TOKEN"], variables_value=["canary"], description="For mails")
    endpoint = await created(site, form)

    page = (await site.get(f"/endpoints/new?like={endpoint.id}")).text

    assert "For mails" in page and "TOKEN" in page and endpoint.credentials["site_id"] in page
    assert "canary" not in page and endpoint.credentials["api_key"] not in page
    assert 'value="Mails"' not in page
    assert (await site.get("/endpoints/new?like=ep_none")).status_code == 404


async def test_an_endpoint_is_renamed_from_each_of_its_tabs_and_nothing_else_changes(each_site: Site) -> None:
    endpoint = await created(each_site, a_form(name="Shop"))
    at = f"/endpoints/{endpoint.id}"
    about_code = ("/transformation", "/cases", "/backtests", "/shadow", "/coverage", "/history")
    for tab in ("", "/testing", "/replays", "/advanced", "/audit", *about_code):
        page = (await each_site.get(at + tab)).text
        assert 'popovertarget="rename"' in page and f'action="/test{at}/rename"' in page, tab

    answer = await each_site.post(f"{at}/rename", {"name": " Orders ", "tab": "advanced"})

    assert path_of(answer).startswith(f"/test{at}/advanced")
    renamed = await kept(each_site, endpoint.id)
    assert renamed == replace(endpoint, name="Orders", updated_at=renamed.updated_at)
    [entry, _] = await each_site.services.store.read(lambda tx: audit.page(tx, endpoint.id))
    assert (entry.action, entry.author, entry.details) == (AuditAction.EDITED, "ada", {"fields": ["name"]})

    for tab in about_code:
        [shown] = re.findall(r'name="tab" value="(\w+)"', (await each_site.get(at + tab)).text)
        back = await each_site.post(f"{at}/rename", {"name": "Orders", "tab": shown})
        assert path_of(back) == f"/test{at}{tab}"

    await each_site.post(f"{at}/rename", {"name": ""})
    assert (await kept(each_site, endpoint.id)).name != "Orders"


async def test_a_name_that_is_refused_stays_typed(site: Site) -> None:
    endpoint = await created(site, a_form(name="Shop"))
    answer = await site.post(f"/endpoints/{endpoint.id}/rename", {"name": "x" * (MAX_NAME + 1), "tab": "audit"})
    assert answer.status_code == 422
    assert "x" * (MAX_NAME + 1) in answer.text and 'name="tab" value="audit"' in answer.text
    assert (await kept(site, endpoint.id)).name == "Shop"
    assert (await site.post("/endpoints/ep_none/rename", {"name": "x"})).status_code == 404
