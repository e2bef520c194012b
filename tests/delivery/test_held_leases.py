"""What waited here for long starts only if it is still this process's; all that waits is looked up at once."""

import asyncio
from typing import Any

import pytest
from builders import NOW, a_message, a_source, an_endpoint
from claiming import claim_due

from server.delivery.held_leases import FRESH_FOR, HeldLeases
from server.domain.ids import DeliveryId, ProcessId
from server.store import Store, endpoints, messages, sources, stopping

OWNER = ProcessId("here")
LATER = NOW + FRESH_FOR + 1


class Held:
    """Deliveries that ``OWNER`` leased at ``NOW``, and how often the database is read."""

    def __init__(self, store: Store) -> None:
        self.store, self.source = store, a_source()
        self.endpoint = an_endpoint(self.source)
        self.leases = HeldLeases(store, OWNER)
        self.ids: list[DeliveryId] = []
        self.reads = 0

    async def begun(self, monkeypatch: pytest.MonkeyPatch) -> "Held":
        await self.store.write(lambda tx: (sources.insert(tx, self.source), endpoints.insert(tx, self.endpoint)))
        await self.store.write(lambda tx: messages.receive(tx, [a_message(self.source) for _ in range(20)]))
        claimed = await self.store.write(lambda tx: claim_due(tx, OWNER, NOW, NOW + 90_000))
        self.ids = [one.delivery.id for one in claimed]
        for each in self.ids:
            self.leases.add(each)
        read = self.store.read

        async def counted(work: Any) -> Any:
            self.reads += 1
            return await read(work)

        monkeypatch.setattr(self.store, "read", counted)
        return self

    async def stop(self, delivery_id: DeliveryId) -> None:
        await self.store.write(lambda tx: stopping.stop_one(tx, delivery_id, self.endpoint.id, NOW))

    async def ours(self, now: int, since: int = NOW) -> list[bool]:
        return list(await asyncio.gather(*(self.leases.is_ours(each, since, now) for each in self.ids)))


@pytest.fixture
async def held(each_store: Store, monkeypatch: pytest.MonkeyPatch) -> Held:
    return await Held(each_store).begun(monkeypatch)


async def test_what_was_leased_just_now_is_not_looked_up(held: Held) -> None:
    assert await held.ours(NOW + FRESH_FOR) == [True] * 20
    assert held.reads == 0


async def test_what_was_stopped_meanwhile_does_not_start(held: Held) -> None:
    await held.stop(held.ids[3])
    assert await held.ours(LATER) == [each != held.ids[3] for each in held.ids]
    assert held.reads == 1


async def test_what_another_process_took_does_not_start(held: Held) -> None:
    await held.store.write(lambda tx: claim_due(tx, "there", NOW + 90_001, NOW + 180_000, most=1))
    assert sum(await held.ours(LATER)) == 19


async def test_one_look_serves_for_a_while(held: Held) -> None:
    await held.ours(LATER)
    await held.stop(held.ids[0])
    assert await held.ours(LATER + FRESH_FOR) == [True] * 20
    assert held.reads == 1
    assert (await held.ours(LATER + FRESH_FOR + 1)).count(False) == 1
    assert held.reads == 2


async def test_what_is_leased_again_is_ours_again(held: Held) -> None:
    await held.store.write(lambda tx: claim_due(tx, "there", NOW + 90_001, NOW + 180_000, most=1))
    lost = [each for each, ours in zip(held.ids, await held.ours(LATER), strict=True) if not ours]
    for each in lost:
        held.leases.add(each)
    assert await held.ours(LATER) == [True] * 20
    held.leases.drop(lost)
    assert lost[0] not in held.leases and len(held.leases) == 19


async def test_a_failed_look_is_told_and_the_next_one_tries_again(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(work: Any) -> Any:
        raise OSError

    with monkeypatch.context() as broken:
        broken.setattr(held.store, "read", fails)
        with pytest.raises(OSError):
            await held.leases.is_ours(held.ids[0], NOW, LATER)
    assert await held.ours(LATER) == [True] * 20


async def test_who_gives_up_waiting_ends_nobody_elses_look(held: Held) -> None:
    first = asyncio.ensure_future(held.leases.is_ours(held.ids[0], NOW, LATER))
    second = asyncio.ensure_future(held.leases.is_ours(held.ids[1], NOW, LATER))
    await asyncio.sleep(0)
    first.cancel()
    assert await second
    assert held.reads == 1
