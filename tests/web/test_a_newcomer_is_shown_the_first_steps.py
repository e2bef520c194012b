"""First steps above the list of endpoints, until they are done or dismissed; a demo source for looking around."""

import asyncio
from typing import Any

from builders import SECRET, a_message, an_attempt
from entries import arrived, capturing_endpoint, kept_endpoint
from form import path_of, text_of
from site_under_test import Site

from server.domain.catalog import EVENT_TYPES
from server.domain.ids import MessageId, earliest
from server.domain.messages import AttemptOutcome, Origin
from server.store import Transaction, activity, attempts, endpoints, messages, sources


async def steps(site: Site, slug: str = "test") -> str:
    page = text_of((await site.client.get(f"/{slug}/endpoints")).text)
    return page[page.index("First steps") :][:200] if "First steps" in page else ""


async def test_each_step_is_ticked_and_the_list_goes_away(each_site: Site) -> None:
    site = each_site
    assert "0 of 4 done" in await steps(site)
    await site.post(f"/sources/{site.source.id}/secret", {"secret": SECRET})
    assert "1 of 4 done" in await steps(site)
    shop = await capturing_endpoint(site)
    assert "2 of 4 done" in await steps(site)
    await arrived(site)
    async with asyncio.timeout(10):
        while not await site.services.store.read(lambda tx: attempts.page(tx, attempts.Search(endpoint_id=shop.id))):
            await asyncio.sleep(0.02)
    assert await steps(site) == ""


async def test_what_was_done_stays_done_in_an_outage_and_without_endpoints(each_site: Site) -> None:
    site = each_site
    await site.post(f"/sources/{site.source.id}/secret", {"secret": SECRET})
    now = site.services.now()
    shop = await kept_endpoint(site, paused=True)
    event = a_message(site.source, id=earliest(MessageId, now - 60_000), received_at=now)  # old enough to be counted
    samples = [a_message(site.source, origin=Origin.EXAMPLE, received_at=now) for _ in range(201)]
    failed: dict[str, Any] = {"outcome": AttemptOutcome.REJECTED, "started_at": now}

    def keep(tx: Transaction) -> None:
        messages.receive(tx, [event, *samples])
        [delivery] = messages.of_messages(tx, [event.id])[event.id]
        made = an_attempt(event, delivery.id, shop, started_at=now)
        outage = [an_attempt(event, delivery.id, shop, number=2 + number, **failed) for number in range(201)]
        attempts.add(tx, [made, *outage])

    await site.services.store.write(keep)
    await site.services.store.write(lambda tx: activity.add_up(tx, now + 60_000, 1_000))
    assert await steps(site) == ""
    await site.post(f"/endpoints/{shop.id}/delete")
    assert await steps(site) == ""

    connected = text_of((await site.get("/sources")).text)
    assert "Connected Last signed event: payment.succeeded" in connected


async def test_they_can_be_dismissed_for_one_source(site: Site) -> None:
    assert path_of(await site.post(f"/sources/{site.source.id}/first-steps")) == "/test/endpoints"
    assert await steps(site) == "" and "0 of 4 done" in await steps(site, "live")


async def test_a_demo_sends_the_samples_through_the_intake_again_and_is_removed(each_site: Site) -> None:
    site = each_site
    assert "Create a demo source" in text_of((await site.get("/endpoints")).text)
    assert path_of(await site.post("/sources/demo")) == "/demo/logs"
    assert "Create a demo source" not in text_of((await site.get("/endpoints")).text)
    demo = next(each for each in await site.services.store.read(sources.every) if each.demo)
    endpoint, _ = await site.services.store.read(lambda tx: endpoints.of_source(tx, demo.id))
    page = (await site.client.get("/demo/endpoints")).text
    assert "Made-up events. Nothing is sent to anybody." in text_of(page) and await steps(site, "demo") == ""

    assert await site.services.store.read(lambda tx: messages.page(tx, messages.Search(demo.id)))
    assert path_of(await site.post("/sources/demo", {"again": "yes"})) == "/demo/logs"  # in the same source
    assert len(await site.services.store.read(sources.every)) == 3
    async with asyncio.timeout(20):
        while len(made := await every_attempt(site, endpoint.id)) < 2 * len(EVENT_TYPES):
            await asyncio.sleep(0.05)
    assert {each.outcome for each in made} <= {AttemptOutcome.CAPTURED, AttemptOutcome.CANCELLED}
    answer = await site.client.post(f"/demo/sources/{demo.id}/remove")
    assert path_of(answer) == "/test/sources"
    assert (await site.client.get("/demo/logs")).status_code == 404
    assert await site.services.store.read(lambda tx: endpoints.of_source(tx, demo.id)) == []


async def every_attempt(site: Site, endpoint_id: str) -> list:
    def look(tx: object) -> list:
        found, before = [], ""
        while page := attempts.page(tx, attempts.Search(endpoint_id=endpoint_id, before=before)):
            found, before = [*found, *page], page[-1].id
        return found

    return await site.services.store.read(look)
