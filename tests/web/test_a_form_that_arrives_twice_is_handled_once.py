"""A double click in a browser without scripts sends a form twice: what it starts is started once."""

import asyncio
import re
from typing import Any

import pytest
from entries import kept_endpoint, tried
from form import PLAIN, a_form
from site_under_test import Site
from sqlalchemy import func, select
from test_cases_are_kept_and_run import fields
from test_own_cards_are_made import FOLDER, a_card, upload

from server.actions import demo
from server.domain.card_archives import pack
from server.domain.catalog import EVENT_TYPES
from server.domain.messages import AttemptOutcome, DeliveryState
from server.store import sources
from server.store.schema import (
    endpoints,
    inspector_addresses,
    messages,
    own_cards,
    replays,
    shadows,
    test_cases,
)
from server.web import once as module

CHANGED = PLAIN.replace("webhook;", "webhook; // other")
CAPTURING = {"card": "webhook", "url": "https://shop.example/", "destination": "capture", "name": "Shop"}


async def count(site: Site, table: type = messages) -> int:
    return await site.services.store.read(lambda tx: tx.scalar(select(func.count()).select_from(table)) or 0)


async def token_on(site: Site, path: str, action: str) -> str:
    """The hidden field of the form with that action."""
    shown = (await site.get(path)).text
    [found, *_] = re.findall(
        rf'<form[^>]*action="{action}"[^>]*>\s*<input type="hidden" name="once" value="(\w+)"', shown
    )
    return str(found)


async def test_samples_are_sent_once_and_again_from_a_new_page(site: Site) -> None:
    source = await demo.create(site.services, "ada")
    sent, page = await count(site), f"/{source.slug}/sources"
    form = {"again": "yes", "once": await token_on(site, page, f"{page}/demo")}
    first, second = await asyncio.gather(*(site.post(f"{page}/demo", form) for _ in range(2)))
    third = await site.post(f"{page}/demo", form)
    assert first.status_code == second.status_code == third.status_code == 303
    assert first.headers["location"] == second.headers["location"] == third.headers["location"]
    assert "content-security-policy" in second.headers
    assert await count(site) == sent + len(EVENT_TYPES)

    form["once"] = await token_on(site, page, f"{page}/demo")
    await site.post(f"{page}/demo", form)
    assert await count(site) == sent + 2 * len(EVENT_TYPES)


async def test_an_endpoint_is_created_once(site: Site) -> None:
    form = CAPTURING | {"once": await token_on(site, "/endpoints/new?card=webhook", "/test/endpoints")}
    first, second = await asyncio.gather(*(site.post("/endpoints", form) for _ in range(2)))
    assert first.headers["location"] == second.headers["location"]
    by_script = await site.post("/endpoints", form | {"name": "Other"}, headers={"hx-request": "true"})
    assert by_script.headers["hx-redirect"] != first.headers["location"]
    assert await count(site, endpoints) == 2, "other input makes another endpoint"


async def test_a_refused_form_is_handled_again(site: Site) -> None:
    form = CAPTURING | {"url": "http://169.254.169.254/", "once": "once_1"}
    refused = await asyncio.gather(*(site.post("/endpoints", form) for _ in range(3)))
    assert [each.status_code for each in refused] == [422, 422, 422]
    assert (await site.post("/endpoints", form)).status_code == 422
    assert not any("once_1" in key for key in module._handled)


async def test_a_failure_does_not_block_the_form(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    source = await demo.create(site.services, "ada")
    sent, page = await count(site), f"/{source.slug}/sources/demo"

    async def fails(*_: object, **__: object) -> None:
        raise RuntimeError("disk")

    with monkeypatch.context() as patch:
        patch.setattr(demo, "send_samples", fails)
        with pytest.raises(RuntimeError):
            await site.post(page, {"again": "yes", "once": "once_2"})
    await site.post(page, {"again": "yes", "once": "once_2"})
    assert await count(site) == sent + len(EVENT_TYPES)


async def test_the_memory_is_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_KEPT", 2)
    module._handled.clear()
    for number in range(4):
        await site.post("/sources", {"name": f"Shop {number}", "mode": "test", "once": f"once_{number}"})
    assert len(module._handled) == 2


async def twice(site: Site, path: str, form: dict[str, Any]) -> None:
    """Send a form twice at the same time; both answers lead to the same page."""
    answers = await asyncio.gather(*(site.post(path, form) for _ in range(2)))
    assert [each.status_code for each in answers] == [303, 303]
    assert len({each.headers["location"] for each in answers}) == 1


async def test_an_address_of_the_inspector_is_created_once(site: Site) -> None:
    token = await token_on(site, "/inspector/addresses/new", "/test/inspector/addresses")
    await twice(site, "/inspector/addresses", {"name": "One", "once": token})
    assert await count(site, inspector_addresses) == 1


async def test_a_card_is_created_and_imported_once(site: Site) -> None:
    await twice(site, "/cards", a_card() | {"once": await token_on(site, "/cards/new", "/test/cards")})
    assert await count(site, own_cards) == 1
    zipped = pack("acme", FOLDER)
    for token, cards in ((await token_on(site, "/cards", "/test/cards/import"), 2), ("once_other", 3)):
        answers = await asyncio.gather(*(upload(site, zipped, once=token) for _ in range(2)))
        assert [each.status_code for each in answers] == [303, 303]
        assert await count(site, own_cards) == cards


async def test_a_test_case_is_created_once(site: Site) -> None:
    at = f"/endpoints/{(await kept_endpoint(site, PLAIN)).id}/cases"
    form = fields((await site.get(f"{at}/new?sample=payment.succeeded")).text) | {"name": "One"}
    await twice(site, at, form | {"once": await token_on(site, f"{at}/new", f"/test{at}")})
    assert await count(site, test_cases) == 1


async def test_a_shadow_begins_once(site: Site) -> None:
    endpoint = await kept_endpoint(site, PLAIN)
    at = f"/endpoints/{endpoint.id}"
    await site.post(f"{at}/transformation", a_form(code=CHANGED))
    form = {"code": "draft", "duration": "6h", "once": await token_on(site, f"{at}/shadow", f"/test{at}/shadow")}
    await twice(site, f"{at}/shadow", form)
    assert await count(site, shadows) == 1


async def test_a_draft_is_activated_once(site: Site) -> None:
    endpoint = await kept_endpoint(site, PLAIN)
    at = f"/endpoints/{endpoint.id}/transformation"
    await site.post(at, a_form(code=CHANGED))
    [draft] = re.findall(r'name="draft" value="([^"]+)"', (await site.get(f"{at}/activate")).text)
    token = await token_on(site, f"{at}/activate", f"/test{at}/activate")
    await twice(site, f"{at}/activate", {"draft": draft, "once": token})


async def test_an_ingest_url_is_replaced_once(site: Site) -> None:
    at = f"/sources/{site.source.id}/address"
    dialog = (await site.get("/sources")).text.partition(f'action="/test{at}"')[2]
    [token, *_] = re.findall(r'name="once" value="(\w+)"', dialog)

    async def address() -> str:
        every = await site.services.store.read(sources.every)
        return next(each.token for each in every if each.id == site.source.id)

    before = await address()
    await twice(site, at, {"once": token})
    after = await address()
    assert after != before
    await site.post(at, {"once": token})
    assert await address() == after


async def test_what_waits_at_chosen_endpoints_is_retried_once(site: Site) -> None:
    endpoint = await kept_endpoint(site)
    await tried(site, endpoint, DeliveryState.PENDING, outcome=AttemptOutcome.REJECTED)
    asked = (await site.post("/endpoints/bulk", {"action": "retry", "ids": endpoint.id})).text
    [token] = re.findall(r'name="once" value="(\w+)"', asked)
    form = {"action": "retry", "ids": endpoint.id, "confirmed": "yes", "once": token}
    await twice(site, "/endpoints/bulk", form)
    assert await count(site, replays) == 1
    assert "endpoints-retried" in (await site.post("/endpoints/bulk", form)).headers["location"]
