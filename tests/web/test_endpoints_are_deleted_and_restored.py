"""Deleting an endpoint says what it does, can be undone for 30 days, and is in the audit trail with all else."""

import re

from builders import a_message
from entries import kept_endpoint, tried
from form import a_form, path_of, text_of
from site_under_test import Site

from server.domain.audit import AuditAction
from server.domain.endpoints import Endpoint
from server.store import audit, deleted_endpoints, endpoints, messages


async def created(site: Site, **changes: object) -> Endpoint:
    endpoint_id = path_of(await site.post("/endpoints", a_form(**changes))).split("/")[3]
    found: Endpoint | None = await site.services.store.read(lambda tx: endpoints.get(tx, endpoint_id))
    assert found
    return found


async def actions_of(site: Site, endpoint: Endpoint) -> list[AuditAction]:
    found = await site.services.store.read(lambda tx: audit.page(tx, endpoint.id))
    return [each.action for each in reversed(found)]


async def test_the_question_names_the_endpoint_and_what_waits(site: Site) -> None:
    endpoint = await created(site, name="Orders")
    await site.post(f"/endpoints/{endpoint.id}/pause")
    await site.services.store.batch(messages.receive, a_message(site.source))

    for path in (f"/endpoints/{endpoint.id}/delete", f"/endpoints/{endpoint.id}"):
        page = text_of((await site.get(path)).text)
        assert "Orders" in page
        assert "1 waiting delivery is stopped." in page
        assert "30 days" in page


async def test_undo_restores_what_was_just_deleted_in_the_state_before(site: Site) -> None:
    endpoint = await created(site, name="Orders", credentials__x="1")
    await site.post(f"/endpoints/{endpoint.id}/pause")

    answer = await site.post(f"/endpoints/{endpoint.id}/delete")
    assert answer.headers["location"] == f"/test/endpoints?undo={endpoint.id}&said=endpoint-deleted"
    page = (await site.client.get(answer.headers["location"])).text
    assert "Undo" in text_of(page)
    assert re.search(r'action="/test/endpoints/deleted/restore"><input[^>]*value="' + endpoint.id, page)

    answer = await site.post("/endpoints/deleted/restore", {"ids": endpoint.id})
    assert answer.headers["location"] == f"/test/endpoints/{endpoint.id}?said=endpoint-restored"
    found = await site.services.store.read(lambda tx: endpoints.get(tx, endpoint.id))
    assert found is not None and found.paused and found.version == endpoint.version
    assert "endpoints/deleted/restore" not in (await site.client.get(answer.headers["location"])).text


async def test_recently_deleted_lists_restores_and_erases(site: Site) -> None:
    endpoint = await created(site, name="Orders")
    await site.post(f"/endpoints/{endpoint.id}/delete")

    assert "Recently deleted" in text_of((await site.get("/endpoints")).text)
    page = text_of((await site.get("/endpoints/deleted")).text)
    assert "Orders" in page and "by ada" in page
    gone = await site.get(f"/endpoints/{endpoint.id}")
    assert gone.status_code == 404
    assert "It can be restored under Recently deleted." in text_of(gone.text)
    assert f'href="/test/endpoints/deleted#{endpoint.id}"' in gone.text
    assert "can be restored for 30 days: Recently deleted" in text_of((await site.get("/endpoints")).text)

    answer = await site.post("/endpoints/deleted/erase", {"ids": endpoint.id})
    assert answer.headers["location"] == "/test/endpoints/deleted?said=endpoint-erased"
    assert "Orders" not in text_of((await site.get("/endpoints/deleted")).text)
    refused = await site.post("/endpoints/deleted/restore", {"ids": endpoint.id})
    assert refused.status_code == 422
    assert "cannot be restored" in text_of(refused.text)


async def test_the_page_of_a_message_leads_to_its_deleted_endpoint(site: Site) -> None:
    endpoint = await kept_endpoint(site)
    entry = await tried(site, endpoint)
    await site.post(f"/endpoints/{endpoint.id}/delete")
    link = f'href="/test/endpoints/deleted#{endpoint.id}"'
    assert link in (await site.get(f"/messages/{entry.message.id}")).text
    await site.post("/endpoints/deleted/erase", {"ids": endpoint.id})
    assert link not in (await site.get(f"/messages/{entry.message.id}")).text


async def test_an_endpoint_of_another_source_is_neither_restored_nor_erased_here(site: Site) -> None:
    endpoint = await kept_endpoint(site)
    await site.post(f"/endpoints/{endpoint.id}/delete")
    for action in ("restore", "erase"):
        await site.client.post(f"/live/endpoints/deleted/{action}", data={"ids": endpoint.id})
    assert await site.services.store.read(lambda tx: deleted_endpoints.get(tx, endpoint.id))


async def test_the_audit_trail_says_who_did_what_without_any_value(site: Site) -> None:
    endpoint = await created(site, name="Orders", description="")
    edited = a_form(name="Orders", description="", url="https://example.com/hook?key=canary")
    await site.post(f"/endpoints/{endpoint.id}/edit", edited)
    for action in ("pause", "resume", "disable", "enable", "secret", "secret/stop-former", "delete"):
        await site.post(f"/endpoints/{endpoint.id}/{action}")
    await site.post("/endpoints/deleted/restore", {"ids": endpoint.id})

    assert [each.value for each in await actions_of(site, endpoint)] == [
        "created", "edited", "paused", "resumed", "disabled", "enabled", "secret_rotated", "secret_stopped", "deleted",
        "restored",
    ]  # fmt: skip
    page = (await site.get(f"/endpoints/{endpoint.id}/audit")).text
    assert "Changed settings Endpoint URL" in text_of(page).replace(" · ", " ")
    assert "ada" in text_of(page)
    assert "canary" not in page.partition('id="audit"')[2]
    older = await site.services.store.read(lambda tx: audit.page(tx, endpoint.id))
    rest = await site.get(f"/endpoints/{endpoint.id}/audit?before={older[-1].id}")
    assert "No entries yet" in text_of(rest.text)


async def test_a_change_that_is_refused_leaves_no_entry(site: Site) -> None:
    endpoint = await created(site)
    await site.post(f"/endpoints/{endpoint.id}/edit", a_form(url="nonsense"))
    await site.post(f"/endpoints/{endpoint.id}/edit", a_form(name=endpoint.name))
    assert await actions_of(site, endpoint) == [AuditAction.CREATED]
