"""Every save of changed code is a new version, and the history only grows."""

from typing import Any

from form import PLAIN, a_form, beside, path_of, without_times
from site_under_test import Site

from server.domain.endpoints import Version
from server.store import endpoints

OTHER = "function handler(webhook) {\n  webhook.cancel = true;\n  return webhook;\n}\n"


async def an_endpoint_of(site: Site, **changes: Any) -> str:
    return path_of(await site.post("/endpoints", a_form(**changes))).split("/")[3]


async def history(site: Site, endpoint_id: str) -> list[Version]:
    found: list[Version] = await site.services.store.read(lambda tx: endpoints.history(tx, endpoint_id))
    return found


async def in_force(site: Site, endpoint_id: str) -> int | None:
    endpoint = await site.services.store.read(lambda tx: endpoints.get(tx, endpoint_id))
    return endpoint.version.number if endpoint.version else None


async def test_changed_code_becomes_the_next_version(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)

    answer = await site.post(f"/endpoints/{endpoint_id}/transformation", a_form(code=OTHER))

    assert answer.headers["location"].endswith("said=code-saved")
    assert [(v.number, v.code) for v in await history(site, endpoint_id)] == [(2, OTHER), (1, PLAIN)]
    assert await in_force(site, endpoint_id) == 2


async def test_the_same_code_makes_no_version_but_variables_and_switch_are_kept(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)

    form = a_form(code=PLAIN.replace("\n", "\r\n"), transforming=None, variables_key=["A"], variables_value=["1"])
    answer = await site.post(f"/endpoints/{endpoint_id}/transformation", form)

    endpoint = await site.services.store.read(lambda tx: endpoints.get(tx, endpoint_id))
    assert answer.headers["location"].endswith("said=code-unchanged")
    assert len(await history(site, endpoint_id)) == 1
    assert (endpoint.transforming, endpoint.variables) == (False, {"A": "1"})


async def test_restoring_an_old_version_makes_a_new_one_with_its_code(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)
    await site.post(f"/endpoints/{endpoint_id}/transformation", a_form(code=OTHER))
    first = (await history(site, endpoint_id))[-1]

    path_of(await site.post(f"/endpoints/{endpoint_id}/versions/{first.id}/restore"))

    assert [(v.number, v.code) for v in await history(site, endpoint_id)] == [(3, PLAIN), (2, OTHER), (1, PLAIN)]
    assert await in_force(site, endpoint_id) == 3


async def test_a_version_of_another_endpoint_cannot_be_restored(site: Site) -> None:
    endpoint_id, stranger = await an_endpoint_of(site), await an_endpoint_of(site, code=OTHER)
    foreign = (await history(site, stranger))[0]

    answer = await site.post(f"/endpoints/{endpoint_id}/versions/{foreign.id}/restore")

    assert answer.status_code == 422
    assert len(await history(site, endpoint_id)) == 1


async def test_an_older_version_can_be_looked_at_without_taking_effect(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)
    await site.post(f"/endpoints/{endpoint_id}/transformation", a_form(code=OTHER))
    first = (await history(site, endpoint_id))[-1]

    page = await site.get(f"/endpoints/{endpoint_id}/transformation?version={first.id}")

    assert "You are viewing version 1." in page.text
    assert f"\n{PLAIN}</textarea>" in page.text
    assert await in_force(site, endpoint_id) == 2


async def test_a_syntax_error_is_not_saved_and_not_lost(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)

    answer = await site.post(f"/endpoints/{endpoint_id}/transformation", a_form(code="function handler( {"))

    assert answer.status_code == 422
    assert beside(answer.text, "code").startswith("Line 1, column")
    assert "\nfunction handler( {</textarea>" in answer.text
    assert len(await history(site, endpoint_id)) == 1


async def test_a_version_is_in_force_only_while_the_transformation_is_on(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)
    assert "Version 1 just Active" in without_times((await site.get(f"/endpoints/{endpoint_id}/transformation")).text)

    await site.post(f"/endpoints/{endpoint_id}/advanced", {"transforming": "off"})

    text = without_times((await site.get(f"/endpoints/{endpoint_id}/transformation")).text)
    assert "Version 1 just Disabled" in text
    assert "Active" not in text
