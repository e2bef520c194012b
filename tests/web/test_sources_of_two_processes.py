"""Two processes or tabs that add and remove sources at once: no error, no address twice, one demo."""

import asyncio

import pytest
from form import path_of, text_of
from site_under_test import Site

from server.actions import demo
from server.actions import sources as actions
from server.actions.services import Services
from server.domain.catalog import EVENT_TYPES
from server.domain.sentences import Invalid
from server.domain.sources import Source
from server.store import endpoints, sources
from server.store.schema import messages as message_table
from server.store.schema import sources as source_table


async def every(services: Services) -> list[Source]:
    return await services.store.read(sources.every)


async def test_sources_added_at_once_get_different_addresses(two: list[Services]) -> None:
    # The names differ and make the same address.
    names = [f"Shop{mark}" for mark in ("", "!", "?", ".", ",", ";", ":", "+")]
    made = await asyncio.gather(*(actions.create(two[n % 2], name, "test") for n, name in enumerate(names)))
    assert {each.slug for each in made} == {"shop", *(f"shop-{n}" for n in range(2, 9))}
    assert len({each.slug for each in await every(two[0])}) == 10


async def test_one_name_is_given_once(two: list[Services]) -> None:
    made = await asyncio.gather(*(actions.create(one, "Shop", "live") for one in two * 3), return_exceptions=True)
    assert sum(isinstance(each, Source) for each in made) == 1
    assert sum(isinstance(each, Invalid) for each in made) == 5


async def test_two_that_start_on_an_empty_database_create_two_sources(two: list[Services]) -> None:
    test, live = await every(two[0])
    await actions.remove(two[0], live)
    with pytest.raises(Invalid, match="only source"):
        await actions.remove(two[1], test)
    await two[0].store.write(lambda tx: tx.execute(source_table.delete()))
    await asyncio.gather(*(actions.ensure(one) for one in two))
    assert len(await every(two[0])) == 2


async def test_the_last_two_are_not_both_removed(two: list[Services]) -> None:
    removed = [actions.remove(one, each) for one, each in zip(two, await every(two[0]), strict=True)]
    ended = await asyncio.gather(*removed, return_exceptions=True)
    assert sum(isinstance(each, Invalid) for each in ended) == 1
    assert len(await every(two[0])) == 1


async def test_an_address_of_a_removed_source_leads_nowhere(each_site: Site) -> None:
    services = each_site.services
    made = await actions.create(services, "Shop", "test")
    page = text_of((await each_site.client.get("/shop/sources")).text)
    assert "No other source gets its address /shop." in page
    await actions.remove(services, made)
    again = await actions.create(services, "Shop", "test")
    assert again.slug == "shop-2"
    assert (await each_site.client.get("/shop/logs")).status_code == 404
    _, live = [each for each in await every(services) if each.id != again.id]
    await actions.remove(services, live)
    assert (await actions.create(services, "Live", "live")).slug == "live-2"


async def test_two_clicks_make_one_demo_and_send_each_sample_once(each_site: Site) -> None:
    clicks = await asyncio.gather(*(each_site.post("/sources/demo") for _ in range(3)))
    assert {path_of(each) for each in clicks} == {"/demo/logs"}
    await one_demo([each_site.services])


async def test_two_processes_make_one_demo(two: list[Services]) -> None:
    first, second = await asyncio.gather(*(demo.create(one, "ada") for one in two))
    assert first.id == second.id
    await one_demo(two)


async def one_demo(every_process: list[Services]) -> None:
    [made] = [each for each in await every(every_process[0]) if each.demo]
    store = every_process[0].store
    assert len(await store.read(lambda tx: endpoints.of_source(tx, made.id))) == 2
    for services in every_process:
        await demo.send_samples(services, made, again=False)
    stored = await store.read(lambda tx: tx.execute(message_table.select()).mappings().all())
    assert sorted(each["event_type"] for each in stored) == sorted(EVENT_TYPES)


async def test_an_interrupted_demo_is_completed_by_the_next_click(each_site: Site) -> None:
    services = each_site.services
    made = await demo.create(services, "ada")
    for endpoint in await services.store.read(lambda tx: endpoints.of_source(tx, made.id)):
        await each_site.client.post(f"/demo/endpoints/{endpoint.id}/delete")
    await demo.create(services, "ada")
    assert len(await services.store.read(lambda tx: endpoints.of_source(tx, made.id))) == 2


async def test_its_name_is_in_the_readers_language_until_it_is_renamed(site: Site) -> None:
    made = await demo.create(site.services, "ada")
    site.client.headers["accept-language"] = "zh-CN"
    title = (await site.client.get("/demo/sources")).text.partition("<title>")[2].partition("</title>")[0]
    assert "演示" in title and "Demo" not in title
    await actions.rename(site.services, made, "Schaufenster")
    assert "Schaufenster" in (await site.client.get("/demo/sources")).text
