"""A deleted endpoint is restored while another process erases, replays, shadows, encrypts or removes its source."""

import asyncio
from dataclasses import replace
from pathlib import Path

from builders import an_endpoint
from entries import HOUR_MS, arrived, capturing_endpoint, kept_endpoint, tried
from site_under_test import Site

from server.actions import controls, demo, replays, shadows
from server.actions import deleted_endpoints as actions
from server.actions import sources as source_actions
from server.actions.endpoints import Gone
from server.actions.services import Services
from server.domain.audit import AuditAction
from server.domain.endpoints import Endpoint
from server.domain.ids import DeliveryId, Millis, VersionId, mint
from server.domain.messages import DeliveryState, StoppedBecause, Trigger
from server.domain.sentences import Invalid
from server.domain.versions import Version
from server.store import (
    KeyRing,
    audit,
    deleted_endpoints,
    deliveries,
    delivery_rows,
    endpoints,
    messages,
    rekeying,
    retention,
    sources,
    versions,
)
from server.store import replays as replay_rows
from server.store import shadows as shadow_rows
from server.store.database import connected
from server.store.schema import deliveries as delivery_table

DAY: Millis = 86_400_000
CODE = "function handler(webhook) {\n  return webhook;\n}\n"
CREDENTIALS = {"api_key": "kept"}


async def deleted(services: Services, endpoint: Endpoint, ago: Millis = 0) -> None:
    await services.store.write(lambda tx: deleted_endpoints.remove(tx, endpoint.id, services.now() - ago))


async def found(services: Services, endpoint: Endpoint) -> Endpoint | None:
    return await services.store.read(lambda tx: endpoints.get(tx, endpoint.id))


async def actions_of(services: Services, endpoint: Endpoint) -> list[AuditAction]:
    return [each.action for each in await services.store.read(lambda tx: audit.page(tx, endpoint.id))]


async def test_either_it_is_restored_whole_or_erased(each_site: Site, two: list[Services]) -> None:
    first, second = two
    every = [await kept_endpoint(each_site, name=f"E{n}", credentials=CREDENTIALS) for n in range(8)]
    for endpoint in every:
        await deleted(first, endpoint, ago=31 * DAY)
    before = first.now() - retention.DELETED_MS
    erasing = [second.store.write(lambda tx: retention.erase_endpoints(tx, before, cursor="", limit=1)) for _ in every]
    restoring = [actions.restore(first, endpoint.id, "ada") for endpoint in reversed(every)]
    ended = await asyncio.gather(*erasing, *restoring, return_exceptions=True)
    assert all(isinstance(each, Invalid) for each in ended if isinstance(each, Exception))
    for endpoint in every:
        now, told = await found(first, endpoint), await actions_of(first, endpoint)
        if now:
            assert (now.credentials, told) == (CREDENTIALS, [AuditAction.RESTORED])
        else:
            assert told == [AuditAction.ERASED]
            assert await first.store.read(lambda tx, of=endpoint: deleted_endpoints.get(tx, of.id)) is None  # type: ignore[misc]


async def test_what_was_deleted_again_meanwhile_is_not_erased(each_site: Site) -> None:
    services = each_site.services
    endpoint = await kept_endpoint(each_site)
    await deleted(services, endpoint)  # since it was found as deleted a month ago
    before = services.now() - retention.DELETED_MS
    assert not await services.store.write(lambda tx: deleted_endpoints.erase(tx, endpoint.id, before))
    assert await services.store.read(lambda tx: deleted_endpoints.get(tx, endpoint.id))


async def test_two_restore_it_once(each_site: Site, two: list[Services]) -> None:
    endpoint = await kept_endpoint(each_site)
    await deleted(two[0], endpoint)
    ended = await asyncio.gather(*(actions.restore(one, endpoint.id, "ada") for one in two), return_exceptions=True)
    assert sum(isinstance(each, Invalid) for each in ended) == 1
    assert await actions_of(two[0], endpoint) == [AuditAction.RESTORED]


async def test_its_source_is_removed_meanwhile(two: list[Services]) -> None:
    first, second = two
    source = await demo.create(first, "ada")
    every = await first.store.read(lambda tx: endpoints.of_source(tx, source.id))
    await actions.remove_all(first, every, "ada")
    restoring = [actions.restore(first, endpoint.id, "ada") for endpoint in every]
    ended = await asyncio.gather(source_actions.remove(second, source), *restoring, return_exceptions=True)
    assert all(isinstance(each, Invalid | Endpoint | None) for each in ended), ended
    assert source.id not in [each.id for each in await first.store.read(sources.every)]
    assert await first.store.read(lambda tx: endpoints.of_source(tx, source.id)) == []


async def test_a_source_is_not_removed_while_it_can_be_restored(each_site: Site, two: list[Services]) -> None:
    made = await source_actions.create(two[0], "Shop", "test")
    endpoint = an_endpoint(made)
    await two[0].store.write(lambda tx: endpoints.insert(tx, endpoint))
    await deleted(two[0], endpoint)
    ended = await asyncio.gather(
        source_actions.remove(two[1], made), actions.restore(two[0], endpoint.id, "ada"), return_exceptions=True
    )
    assert isinstance(ended[0], Invalid) and isinstance(ended[1], Endpoint)
    assert await found(two[0], endpoint)


async def test_secrets_of_deleted_endpoints_are_encrypted_again(
    each_site: Site, two: list[Services], tmp_path: Path
) -> None:
    services, data = each_site.services, tmp_path / "data"
    every = [await kept_endpoint(each_site, credentials=CREDENTIALS, headers={"a": "b"}) for _ in range(30)]
    for endpoint in every:
        await deleted(services, endpoint)
    url = f"sqlite:///{data / 'hookbench.db'}"
    if services.store.dialect != "sqlite":
        url = two[1].store._engine.url.render_as_string(hide_password=False)
    keys = KeyRing.find(key="", key_file=None, folder=data)
    [old] = keys.ids

    def rotate() -> None:
        with connected(url, keys) as engine:
            for _ in rekeying.rotate(engine, keys):
                pass
            rekeying.forget(engine, keys, old, data)

    restoring = (actions.restore(services, endpoint.id, "ada") for endpoint in every[:15])
    await asyncio.gather(asyncio.to_thread(rotate), *restoring)
    for endpoint in every[15:]:
        await actions.restore(services, endpoint.id, "ada")
    whole = await services.store.read(lambda tx: endpoints.by_ids(tx, [each.id for each in every]))
    assert [(each.credentials, each.headers) for each in whole.values()] == [(CREDENTIALS, {"a": "b"})] * 30
    assert not any(each.unreadable for each in whole.values())


async def test_a_shadow_that_starts_meanwhile_does_not_outlive_it(each_site: Site, two: list[Services]) -> None:
    for turn in range(4):
        endpoint = await kept_endpoint(each_site, CODE, name=f"E{turn}")
        other = Version(mint(VersionId), endpoint.id, 2, CODE + "//", 1)
        await two[0].store.write(lambda tx, of=other: versions.insert(tx, of))  # type: ignore[misc]
        started = shadows.begin(two[0], endpoint, DAY, "ada", version_id=other.id)
        ended = await asyncio.gather(started, actions.remove(two[1], endpoint, "ada"), return_exceptions=True)
        assert not isinstance(ended[0], Exception) or isinstance(ended[0], Gone)
        await actions.restore(two[0], endpoint.id, "ada")
        now = await found(two[0], endpoint)
        assert now and now.shadow is None
        assert await two[0].store.read(lambda tx, of=endpoint: shadow_rows.running(tx, of.id)) is None  # type: ignore[misc]


async def test_a_retry_of_what_waits_that_starts_meanwhile_ends(each_site: Site, two: list[Services]) -> None:
    for turn in range(4):
        endpoint = await kept_endpoint(each_site, name=f"E{turn}")
        entries = [await tried(each_site, endpoint, DeliveryState.PENDING) for _ in range(3)]
        paused = replace(endpoint, paused=True)  # nothing goes out
        await two[0].store.write(lambda tx, of=paused: endpoints.change(tx, of))  # type: ignore[misc]
        ended = await asyncio.gather(
            replays.retry_waiting(two[0], endpoint.id, "ada"),
            actions.remove(two[1], endpoint, "ada"),
            return_exceptions=True,
        )
        assert not isinstance(ended[0], Exception) or isinstance(ended[0], Gone | Invalid)
        await actions.restore(two[0], endpoint.id, "ada")
        assert await two[0].store.read(lambda tx, of=endpoint: replay_rows.running(tx, of.id)) == []  # type: ignore[misc]
        for entry in entries:
            delivery = await two[0].store.read(lambda tx, of=entry.delivery.id: deliveries.get(tx, of))  # type: ignore[misc]
            assert delivery and (delivery.state, delivery.trigger) == (DeliveryState.PENDING, Trigger.RETRY)
            assert delivery.due_at == entry.message.received_at + HOUR_MS


async def test_what_waits_is_sent_after_it_was_restored(each_site: Site) -> None:
    services = each_site.services
    endpoint = await capturing_endpoint(each_site, paused=True)
    message = await arrived(each_site)
    await actions.remove(services, endpoint, "ada")
    [stopped] = (await services.store.read(lambda tx: messages.of_messages(tx, [message.id])))[message.id]
    assert (stopped.state, stopped.stopped_because) == (DeliveryState.STOPPED, StoppedBecause.DELETED)

    await actions.restore(services, endpoint.id, "ada")
    waiting = await services.store.read(lambda tx: deliveries.get(tx, stopped.id))
    assert waiting and waiting.state is DeliveryState.PENDING

    await controls.resume(services, endpoint)
    await reached(services, stopped.id, DeliveryState.SUCCEEDED)


async def reached(services: Services, delivery_id: DeliveryId, state: DeliveryState) -> None:
    async with asyncio.timeout(30):
        while True:
            found = await services.store.read(lambda tx: deliveries.get(tx, delivery_id))
            if found and found.state is state:
                return
            await asyncio.sleep(0.02)


async def test_a_delivery_made_while_it_was_deleted_does_not_go_out_a_month_later(each_site: Site) -> None:
    services = each_site.services
    endpoint = await kept_endpoint(each_site, paused=True)
    await deleted(services, endpoint)
    message = await arrived(each_site)
    row = delivery_rows.new(message.id, endpoint.id, Trigger.EVENT, now=1, due_at=1)  # as another process may
    await services.store.write(lambda tx: tx.execute(delivery_table.insert().values(row)))
    await actions.restore(services, endpoint.id, "ada")
    kept = await services.store.read(lambda tx: deliveries.get(tx, row["id"]))
    assert kept and kept.state is DeliveryState.STOPPED
