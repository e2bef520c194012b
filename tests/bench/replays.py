"""``python tests/bench/replays.py``: does a replay's dry run, which counts its deliveries, slow down incoming events?

Fills a SQLite file with delivered messages, then stores events at a steady rate, alternately without and with
consecutive dry runs at the same time: of a bulk replay, and of events missed by an endpoint with a payload filter, for
which every body is read. Prints storing latencies, the ratio of their p99, and how much a dry run counted.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parent.parent))

from builders import a_source, an_endpoint
from storing import RATE, fill, ingest, said

from server.actions.replays import dry_run
from server.delivery.retention import DAY_MS
from server.domain.conditions import Condition, Operator
from server.domain.replays import ReplayKind, Selection
from server.store import Store, endpoints, sources

STORED = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 10


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "hookbench.db"
        store = Store.open(f"sqlite:///{file}")
        now = time.time_ns() // 1_000_000
        source = a_source()
        every = an_endpoint(source, event_types=frozenset())
        picky = an_endpoint(source, conditions=(Condition("data.currency", Operator.EQUALS, "XXX"),))
        await store.write(lambda tx: (sources.insert(tx, source), endpoints.insert(tx, every)))
        await fill(store, source, every, now - DAY_MS, STORED)
        print(f"{STORED} messages, {file.stat().st_size / 2**20:.0f} MiB; {RATE} events/s for {SECONDS} s")
        for name, endpoint, kind in (("bulk", every, ReplayKind.BULK), ("missing", picky, ReplayKind.MISSING)):
            for _ in range(2):
                quiet = said("without a dry run", await ingest(store, source, SECONDS))
                counted: list[int] = []
                task = asyncio.create_task(again_and_again(store, endpoint, Selection(kind, 0, now), counted))
                busy = said(f"with {name}", await ingest(store, source, SECONDS))
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                print(
                    f"  ratio of p99: {busy / quiet:.2f}; {len(counted)} dry runs ended, the last counted {counted[-1]}"
                )
        store.close()


async def again_and_again(store: Store, endpoint, selection: Selection, counted: list[int]) -> None:
    bench = SimpleNamespace(store=store)  # a dry run needs only the store of the services
    while True:
        counted.append((await dry_run(bench, endpoint, selection)).total)


asyncio.run(main())
