"""``python tests/bench/observer.py``: does looking at the fields of received events slow down incoming events?

Stores events at a steady rate into a SQLite file, alternately without and with an observer that looks ten times as
often as in the server. Prints storing latencies, the ratio of their p99, and how many events were looked at.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from builders import a_source, an_endpoint
from storing import RATE, fill, ingest, said

from server.delivery.observer import LOOK_SECONDS, Observer
from server.delivery.retention import DAY_MS
from server.store import Store, endpoints, observations, sources

STORED = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 10
ROUNDS = 3


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{Path(folder) / 'hookbench.db'}")
        source = a_source()
        endpoint = an_endpoint(source, event_types=frozenset())
        await store.write(lambda tx: (sources.insert(tx, source), endpoints.insert(tx, endpoint)))
        await fill(store, source, endpoint, time.time_ns() // 1_000_000 - DAY_MS, STORED)
        print(f"{STORED} messages; {RATE} events/s for {SECONDS} s")
        for _ in range(ROUNDS):
            quiet = said("without the observer", await ingest(store, source, SECONDS))
            looked: list[float] = []
            task = asyncio.create_task(again_and_again(store, looked))
            busy = said("with the observer", await ingest(store, source, SECONDS))
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            print(f"  ratio of p99: {busy / quiet:.2f}; {len(looked)} looks, the longest {max(looked) * 1000:.0f} ms")
        (found,) = await store.read(observations.all_of)
        print(f"{found.events} events were looked at")
        store.close()


async def again_and_again(store: Store, looked: list[float]) -> None:
    observer = Observer(store)
    minute = 0
    while True:
        began = time.perf_counter()
        await observer.look(minute * 60_000)  # each look has a minute of its own, and so the whole sample
        looked.append(time.perf_counter() - began)
        minute += 1
        await asyncio.sleep(LOOK_SECONDS / 10)


asyncio.run(main())
