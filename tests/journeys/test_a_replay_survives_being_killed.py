"""The server is killed in the middle of a replay, or of retrying what waits, and started again: each event arrives."""

import asyncio
import time
from collections import Counter
from pathlib import Path

import pytest
from builders import a_message, a_source, an_attempt, an_endpoint
from destination import Destination
from running import Running, wait_for
from sqlalchemy import select

from server.domain.endpoints import Endpoint
from server.domain.ids import ReplayId, mint
from server.domain.messages import AttemptOutcome, DeliveryState
from server.domain.replays import Progress, Replay, ReplayKind, ReplayState, Selection
from server.store import KeyRing, Store, Transaction, deliveries, endpoints, messages, replays, sources
from server.store.schema import deliveries as delivery_table
from server.store.schema import messages as message_table

HOUR = 3_600_000


WAYS = [(ReplayKind.FAILED, 400, 4), (ReplayKind.WAITING, 200, 2)]


@pytest.mark.parametrize(("kind", "count", "kills"), WAYS)
def test_each_arrives_though_the_server_is_killed(tmp_path: Path, kind: ReplayKind, count: int, kills: int) -> None:
    killed(tmp_path, f"sqlite:///{tmp_path / 'data' / 'hookbench.db'}", kind, count, kills)


def test_what_waits_arrives_though_the_server_is_killed_on_postgresql(tmp_path: Path, postgres_migrated: str) -> None:
    killed(tmp_path, postgres_migrated, ReplayKind.WAITING, 100, 1)


def killed(tmp_path: Path, database: str, kind: ReplayKind, count: int, kills: int) -> None:
    data = tmp_path / "data"
    data.mkdir()
    under_way: Counter[str] = Counter()
    with Destination() as destination:
        url = f"http://127.0.0.1:{destination.port}/hook"
        wanted, endpoint = asyncio.run(fail(data, database, url, kind, count))
        hookbench = Running(data, {"HOOKBENCH_ALLOW_NETWORKS": "127.0.0.0/8", "HOOKBENCH_DATABASE": database})
        with hookbench:
            for kill in range(1, kills + 1):
                target = kill * count // (kills + 1)
                wait_for(lambda at_least=target: len(destination.got) >= at_least, what="the replay to get on")
                hookbench.kill()
                under_way.update(asyncio.run(leased(data, database)))
                assert len(destination.got) < count, "the replay was over before it was killed"
                hookbench.start()
            wait_for(lambda: arrived(destination) == wanted, seconds=30, what="every message at the destination")
            wait_for(lambda: asyncio.run(stands(data, database, endpoint))[0].state is ReplayState.DONE, seconds=30)
        replay, progress = asyncio.run(stands(data, database, endpoint))
    assert (replay.begun, progress.ended) == (count, {DeliveryState.SUCCEEDED: count})
    seen = Counter(got.headers["webhook-id"] for got in destination.got)
    repeated = Counter({webhook_id: count - 1 for webhook_id, count in seen.items() if count > 1})
    print(f"{count} replayed, {repeated.total()} repeated over {kills} kills, {under_way.total()} under way at one")
    assert repeated <= under_way, "something came twice that was not under way at a kill"


def opened(data: Path, database: str) -> Store:
    return Store.open(database, KeyRing.find(key="", key_file=None, folder=data))


async def leased(data: Path, database: str) -> list[str]:
    """The webhook ids of what the server that was killed had in its hands."""
    query = select(message_table.c.webhook_id).join(delivery_table).where(delivery_table.c.lease_owner.is_not(None))
    store = opened(data, database)
    found = await store.read(lambda tx: list(tx.execute(query).scalars()))
    store.close()
    return found


def arrived(destination: Destination) -> set[str]:
    return {got.headers["webhook-id"] for got in destination.got}


async def fail(data: Path, database: str, url: str, kind: ReplayKind, count: int) -> tuple[set[str], Endpoint]:
    """Deliveries that were given up or wait for a retry, and a replay of them that has just begun."""
    store = opened(data, database)
    source, now = a_source(), time.time_ns() // 1_000_000
    endpoint = an_endpoint(source, url=url)
    found = [a_message(source, received_at=now) for _ in range(count)]
    selection = Selection(kind, 0, now + 60_000)
    left = (DeliveryState.FAILED, None) if kind is ReplayKind.FAILED else (DeliveryState.PENDING, now + 2 * HOUR)
    replay = Replay(
        mint(ReplayId), source.id, endpoint.id, selection, None, 100, count, False, 0,
        selection.start, ReplayState.RUNNING, "ada", now,
    )  # fmt: skip

    def keep(tx: Transaction) -> None:
        sources.insert(tx, source)
        endpoints.insert(tx, endpoint)
        messages.receive(tx, found)
        claimed = deliveries.claim(tx, owner="t", now=now, lease_until=now + 1, room={endpoint.id: count})
        made = [an_attempt(one.message, one.delivery.id, endpoint, outcome=AttemptOutcome.REJECTED) for one in claimed]
        state, due_at = left
        deliveries.record(tx, [deliveries.AttemptRecord("t", attempt, state, 1, due_at) for attempt in made])
        replays.insert(tx, replay)

    await store.write(keep)
    store.close()
    return {message.webhook_id for message in found}, endpoint


async def stands(data: Path, database: str, endpoint: Endpoint) -> tuple[Replay, Progress]:
    store = opened(data, database)
    [run] = await store.read(lambda tx: replays.history(tx, endpoint.id))
    store.close()
    return run
