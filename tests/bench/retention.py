"""``python tests/bench/retention.py``: does deleting what is old slow the events that come in?

Fills a SQLite file with old messages, each with a delivery and an attempt, then stores events at a steady rate, in
turns with and without a clean-up running beside them. Prints latencies of storing (group commit, ``synchronous=FULL``)
and their ratio, and the sizes of the file and of its write-ahead log.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from builders import a_message, a_source, an_attempt, an_endpoint

from server.delivery.retention import DAY, Retention
from server.domain.catalog import sample_json
from server.domain.ids import MessageId, earliest, mint
from server.domain.messages import DeliveryState
from server.store import Store, endpoints, messages, sources

OLD = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
RATE = 300
SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 20
BODY = sample_json("payment.succeeded").encode()


async def fill(store: Store, source, endpoint, then: int) -> None:
    """Without the application's own statements for a live event: they would take minutes."""
    from server.store.schema import attempts, messages as message_table, deliveries as delivery_table  # noqa: I001
    from server.store.attempts import columns

    def some(tx, start: int, end: int) -> None:
        made = [
            a_message(source, id=MessageId(f"{earliest('msg', then + n)}{n:016d}"), received_at=then + n, body=BODY)
            for n in range(start, end)
        ]
        ways = [mint("dlv") for _ in made]
        tx.execute(message_table.insert(), [messages._message_columns(one) for one in made])
        tx.execute(
            delivery_table.insert(),
            [
                {
                    "id": way, "message_id": one.id, "endpoint_id": endpoint.id,
                    "state": DeliveryState.SUCCEEDED.value, "trigger": "event", "attempts": 1, "step": 1,
                    "created_at": then, "updated_at": then,
                }
                for one, way in zip(made, ways, strict=True)
            ],
        )  # fmt: skip
        tx.execute(
            attempts.insert(),
            [columns(an_attempt(one, way, endpoint, started_at=then)) for one, way in zip(made, ways, strict=True)],
        )

    for start in range(0, OLD, 2000):
        await store.write(lambda tx, s=start: some(tx, s, min(OLD, s + 2000)))


async def ingest(store: Store, source) -> list[float]:
    """Milliseconds that storing took, of events that come at a steady rate."""
    took: list[float] = []

    async def one() -> None:
        began = time.perf_counter()
        await store.batch(messages.receive, a_message(source, body=BODY, received_at=time.time_ns() // 1_000_000))
        took.append((time.perf_counter() - began) * 1000)

    tasks, begin = [], time.perf_counter()
    for number in range(RATE * SECONDS):
        if (ahead := begin + number / RATE - time.perf_counter()) > 0:
            await asyncio.sleep(ahead)
        tasks.append(asyncio.create_task(one()))
    await asyncio.gather(*tasks)
    return took


def said(name: str, took: list[float]) -> float:
    cuts = statistics.quantiles(took, n=100)
    print(f"{name:22} p50 {cuts[49]:6.2f} ms   p99 {cuts[98]:6.2f} ms   max {max(took):6.1f} ms   n {len(took)}")
    return cuts[98]


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "hookbench.db"
        store = Store.open(f"sqlite:///{file}")
        now = time.time_ns() // 1_000_000
        source = a_source()
        endpoint = an_endpoint(source, event_types=frozenset())
        await store.write(lambda tx: (sources.insert(tx, source), endpoints.insert(tx, endpoint)))
        await fill(store, source, endpoint, now - 120 * DAY)
        print(f"{OLD} old messages, {file.stat().st_size / 2**20:.0f} MiB; {RATE} events/s for {SECONDS} s")
        ratios = []
        for _ in range(2):
            quiet = said("without a clean-up", await ingest(store, source))
            task = asyncio.create_task(Retention(store, 90).clean(now))
            busy = said("with one running", await ingest(store, source))
            ratios.append(busy / quiet)
            print(f"  ratio of p99: {busy / quiet:.2f}; the clean-up {'ended' if task.done() else 'still ran'}")
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        began = time.perf_counter()
        left = await Retention(store, 90).clean(now)
        print(f"{left} more deleted in {time.perf_counter() - began:.0f} s with nothing beside it")
        wal = file.with_name(file.name + "-wal")
        print(f"file {file.stat().st_size / 2**20:.0f} MiB, log {wal.stat().st_size / 2**20:.1f} MiB")
        store.close()


asyncio.run(main())
