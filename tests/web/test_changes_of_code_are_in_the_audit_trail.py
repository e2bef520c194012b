"""The audit trail says who saved drafts, changed test cases and ended shadows; it holds no code, payload or secret."""

from dataclasses import replace
from typing import Any

from entries import kept_endpoint
from form import text_of
from site_under_test import Site

from server.actions import code_drafts, shadows, test_cases
from server.actions.endpoint_form import EndpointForm
from server.domain.audit import AuditEntry
from server.domain.endpoints import Endpoint
from server.domain.ids import ShadowId, TestCaseId, VersionId, mint
from server.domain.shadows import Shadow, ShadowState
from server.domain.test_case_files import load
from server.domain.versions import Version
from server.store import Transaction, audit, endpoints, versions
from server.store import shadows as shadow_rows

CODE = "function handler(webhook) { return webhook; }"
CANARY = "canary-4711"
CASE = (
    '{"name": "Paid", "event_type": "payment.succeeded", "payload": {"canary-4711": 1},'
    ' "expect": {"assertions": [{"cancelled": true}]}}'
)


async def entries(site: Site, endpoint: Endpoint) -> list[tuple[str, str, Any]]:
    """What was done, by whom, with which details; newest first."""
    found: list[AuditEntry] = await site.services.store.read(lambda tx: audit.page(tx, endpoint.id))
    assert CANARY not in repr(found)
    return [(each.action.value, each.author, dict(each.details)) for each in found]


async def now(site: Site, endpoint: Endpoint) -> Endpoint:
    found: Endpoint | None = await site.services.store.read(lambda tx: endpoints.get(tx, endpoint.id))
    assert found
    return found


async def save(site: Site, endpoint: Endpoint, code: str, author: str) -> None:
    typed = replace(EndpointForm.of(endpoint), code=code, variables=(("TOKEN", CANARY),))
    assert await code_drafts.save(site.services, endpoint, typed, author=author)


async def test_drafts(each_site: Site) -> None:
    site, services = each_site, each_site.services
    endpoint = await kept_endpoint(site, CODE)
    for number in (1, 2, 3):
        await save(site, endpoint, f"{CODE} // {CANARY} {number}", "ada")
    await save(site, endpoint, f"{CODE} // 3", "grace")
    await site.post(f"/endpoints/{endpoint.id}/transformation/discard")
    await code_drafts.discard(services, endpoint, "ada")  # there is none any more
    first = (await now(site, endpoint)).version
    assert first
    await code_drafts.restore_version(services, endpoint, first.id, "ada")
    await save(site, endpoint, f"{CODE} // 4", "ada")
    await code_drafts.restore_version(services, endpoint, first.id, "ada")

    assert await entries(site, endpoint) == [
        ("draft_restored", "ada", {"version": first.id}),
        ("draft_saved", "ada", {}),
        ("draft_discarded", "ada", {}),
        ("draft_saved", "grace", {}),
        ("draft_saved", "ada", {"times": "3"}),
    ]
    page = text_of((await site.get(f"/endpoints/{endpoint.id}/audit")).text)
    assert "Saved the draft 3 times" in page and "Restored older code into the draft · v1" in page


async def test_test_cases(each_site: Site) -> None:
    site, services = each_site, each_site.services
    endpoint = await kept_endpoint(site, CODE)
    made = await test_cases.create(services, endpoint, load(CASE, id=TestCaseId("")), "ada")
    await test_cases.change(services, endpoint, replace(made, name="Paid twice"), "grace")

    page = text_of((await site.get(f"/endpoints/{endpoint.id}/audit")).text)
    assert "grace Changed test cases Paid twice" in page and "ada Added test cases Paid twice" in page
    await site.post(f"/endpoints/{endpoint.id}/cases/{made.id}/delete")
    assert await test_cases.remove(services, endpoint, [made.id], "ada") == 0

    details = {"cases": [made.id], "event_types": ["payment.succeeded"]}
    assert await entries(site, endpoint) == [
        ("cases_deleted", "ada", details),
        ("cases_changed", "grace", details),
        ("cases_added", "ada", details),
    ]
    assert "Deleted test cases payment.succeeded" in text_of((await site.get(f"/endpoints/{endpoint.id}/audit")).text)


async def test_the_end_of_shadows(each_site: Site) -> None:
    site, services = each_site, each_site.services
    endpoint = await kept_endpoint(site, CODE)
    version = Version(mint(VersionId), endpoint.id, 0, f"// {CANARY}\n{CODE}", 1)
    version = await services.store.write(lambda tx: versions.insert(tx, version))
    first = await shadows.begin(services, endpoint, 60_000, "ada", version_id=version.id)
    await site.post(f"/endpoints/{endpoint.id}/shadow/{first.id}/drop")
    second = replace(first, id=mint(ShadowId))

    def run_out(tx: Transaction, shadow: Shadow = second) -> bool:
        shadow_rows.insert(tx, shadow)
        return shadow_rows.end(tx, shadow.id, ShadowState.ENDED, 2)

    assert await services.store.write(run_out)
    assert not await services.store.write(lambda tx: shadow_rows.end(tx, second.id, ShadowState.ENDED, 3))

    of_version = {"version": version.id}
    assert await entries(site, endpoint) == [
        ("shadow_ended", "", of_version),
        ("shadow_dropped", "ada", of_version),
        ("shadow_started", "ada", of_version),
    ]
    page = text_of((await site.get(f"/endpoints/{endpoint.id}/audit")).text)
    assert "Hookbench The shadow's time was over · v2" in page
