"""``python tests/bench/retention.py``: does deleting old events (retention) slow down incoming events?

Fills a SQLite file with old messages, each with a delivery and an attempt, then stores events at a steady rate,
alternately without and with a clean-up at the same time. Prints storing latencies (group commit, ``synchronous=FULL``)
and their ratio, and the sizes of the file and of its write-ahead log.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from builders import a_source, an_endpoint
from storing import RATE, fill, ingest, said

from server.delivery.retention import DAY_MS, Retention
from server.store import Store, endpoints, sources

OLD = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 20


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "hookbench.db"
        store = Store.open(f"sqlite:///{file}")
        now = time.time_ns() // 1_000_000
        source = a_source()
        endpoint = an_endpoint(source, event_types=frozenset())
        await store.write(lambda tx: (sources.insert(tx, source), endpoints.insert(tx, endpoint)))
        await fill(store, source, endpoint, now - 120 * DAY_MS, OLD)
        print(f"{OLD} old messages, {file.stat().st_size / 2**20:.0f} MiB; {RATE} events/s for {SECONDS} s")
        ratios = []
        for _ in range(2):
            quiet = said("without a clean-up", await ingest(store, source, SECONDS))
            task = asyncio.create_task(Retention(store, 90).clean(now))
            busy = said("with one running", await ingest(store, source, SECONDS))
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
