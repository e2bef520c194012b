"""A double click in a browser without scripts sends a form twice: what it starts is started once."""

import asyncio
import re

import pytest
from site_under_test import Site
from sqlalchemy import func, select

from server.actions import demo
from server.domain.catalog import EVENT_TYPES
from server.store.schema import endpoints, messages
from server.web import once as module

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
