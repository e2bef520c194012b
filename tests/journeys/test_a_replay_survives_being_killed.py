"""The server is killed in the middle of a replay and started again: each message arrives, and none is forgotten."""

import asyncio
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from builders import a_message, a_source, an_attempt, an_endpoint
from destination import Destination
from running import Running, wait_for

from server.domain.endpoints import Endpoint
from server.domain.ids import ReplayId, mint
from server.domain.messages import AttemptOutcome, DeliveryState
from server.domain.replays import Progress, Replay, ReplayKind, ReplayState, Selection
from server.store import Store, Transaction, deliveries, endpoints, messages, replays, sources

FAILED = 400
KILLS = 4


def test_each_arrives_though_the_server_is_killed_four_times(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    under_way: Counter[str] = Counter()
    with Destination() as destination:
        url = f"http://127.0.0.1:{destination.port}/hook"
        wanted, endpoint = asyncio.run(fail(data, url))
        hookbench = Running(data, {"HOOKBENCH_ALLOW_NETWORKS": "127.0.0.0/8"})
        with hookbench:
            for kill in range(1, KILLS + 1):
                target = kill * FAILED // (KILLS + 1)
                wait_for(lambda at_least=target: len(destination.got) >= at_least, what="the replay to get on")
                hookbench.kill()
                under_way.update(leased(data))
                assert len(destination.got) < FAILED, "the replay was over before it was killed"
                hookbench.start()
            wait_for(lambda: arrived(destination) == wanted, seconds=30, what="every message at the destination")
            wait_for(lambda: asyncio.run(stands(data, endpoint))[0].state is ReplayState.DONE, seconds=30)
        replay, progress = asyncio.run(stands(data, endpoint))
    assert (replay.begun, progress.ended) == (FAILED, {DeliveryState.SUCCEEDED: FAILED})
    seen = Counter(got.headers["webhook-id"] for got in destination.got)
    repeated = Counter({webhook_id: count - 1 for webhook_id, count in seen.items() if count > 1})
    print(f"{FAILED} replayed, {repeated.total()} repeated over {KILLS} kills, {under_way.total()} under way at one")
    assert repeated <= under_way, "something came twice that was not under way at a kill"


def leased(data: Path) -> list[str]:
    """The webhook ids of what the server that was killed had in its hands."""
    query = "SELECT webhook_id FROM messages JOIN deliveries ON message_id = messages.id WHERE lease_owner IS NOT NULL"
    with closing(sqlite3.connect(data / "hookbench.db")) as database:
        return [webhook_id for (webhook_id,) in database.execute(query)]


def arrived(destination: Destination) -> set[str]:
    return {got.headers["webhook-id"] for got in destination.got}


async def fail(data: Path, url: str) -> tuple[set[str], Endpoint]:
    """Deliveries that were given up, and a replay of them that has just begun."""
    store = Store.open(f"sqlite:///{data / 'hookbench.db'}")
    source, now = a_source(), time.time_ns() // 1_000_000
    endpoint = an_endpoint(source, url=url)
    found = [a_message(source, received_at=now) for _ in range(FAILED)]
    selection = Selection(ReplayKind.FAILED, 0, now + 60_000)
    replay = Replay(
        mint(ReplayId), source.id, endpoint.id, selection, None, 100, FAILED, False, 0,
        selection.start, ReplayState.RUNNING, "ada", now,
    )  # fmt: skip

    def keep(tx: Transaction) -> None:
        sources.insert(tx, source)
        endpoints.insert(tx, endpoint)
        messages.receive(tx, found)
        claimed = deliveries.claim(tx, owner="t", now=now, lease_until=now + 1, room={endpoint.id: FAILED})
        made = [an_attempt(one.message, one.delivery.id, endpoint, outcome=AttemptOutcome.REJECTED) for one in claimed]
        deliveries.record(
            tx, [deliveries.AttemptRecord("t", attempt, DeliveryState.FAILED, 1, None) for attempt in made]
        )
        replays.insert(tx, replay)

    await store.write(keep)
    store.close()
    return {message.webhook_id for message in found}, endpoint


async def stands(data: Path, endpoint: Endpoint) -> tuple[Replay, Progress]:
    store = Store.open(f"sqlite:///{data / 'hookbench.db'}")
    [run] = await store.read(lambda tx: replays.history(tx, endpoint.id))
    store.close()
    return run
