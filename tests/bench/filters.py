"""``python tests/bench/filters.py``: how much filters slow down an event, and the events of other sources.

Runs a real intake on a SQLite file (``synchronous=FULL``) with events of 1 KB and of nearly 1 MB, without a filter and
with 200 endpoints of 20 conditions each. In each filter all conditions but the last hold, so all 4,000 are evaluated
and no delivery results. Prints how long it takes to store an event, and how long small events of another source take
at the same time, with the ratio of each pair.

Filters are evaluated outside the writer thread: inside it, they delayed the events of all other sources many times
over. The most expensive conditions are long paths through lists: 4,000 paths of 16 fields through 1,000 elements each
take seconds, so they run beside the event loop and for one event at a time.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from builders import SECRET, a_source, an_endpoint

from server.delivery.configuration import Configuration
from server.delivery.feed import Feed
from server.delivery.intake import Intake
from server.domain.conditions import Condition, Operator
from server.domain.ids import unique
from server.domain.signing import sign
from server.store import Store, endpoints, sources

ENDPOINTS, LINES = 200, 20
EVENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 300


class Idle:
    """Replaces the delivery worker and does nothing."""

    def lease(self):
        return None

    def take(self, lease, message, received):
        pass


def an_event(size: int) -> bytes:
    item = {"product_id": "pdt_1", "quantity": 2, "price": "12.50", "tags": ["new", "sale"]}
    data = {
        "currency": "EUR",
        "total_amount": 1999,
        "customer": {"email": "ada@example.com", "name": "Ada"},
        "created_at": "2026-05-01T10:00:00Z",
        "note": "thank you " * (size // 40),
        "product_cart": [item] * max(1, size // 140),
    }
    return json.dumps({"type": "payment.succeeded", "data": data}).encode()


def a_filter(number: int) -> tuple[Condition, ...]:
    """Twenty conditions, different for each endpoint; all but the last hold."""
    kinds = [
        ("data.currency", Operator.DIFFERS, "cur_{}"),
        ("data.total_amount", Operator.BELOW, "2{}"),
        ("data.customer.email", Operator.DIFFERS, "{}@example.com"),
        ("data.product_cart.*.product_id", Operator.IN, "pdt_1, pdt_{}"),
        ("data.product_cart.*.quantity", Operator.DIFFERS, "9{}"),
        ("data.product_cart.*.price", Operator.BELOW, "13{}"),
        ("data.product_cart.*.tags", Operator.CONTAINS, "sale"),
        ("data.created_at", Operator.BELOW, "2026-05-02T{}"),
        ("data.missing_{}", Operator.MISSING, ""),
    ]
    lines = []
    for line in range(LINES - 1):
        path, kind, value = kinds[line % len(kinds)]
        own = 1000 + number * LINES + line
        lines.append(Condition(path.format(own), kind, value.format(own)))
    return (*lines, Condition("data.note", Operator.CONTAINS, f"nowhere {number}"))


async def take_in(intake: Intake, source, body: bytes) -> float:
    """Send one event to the intake. Returns the milliseconds until it is stored."""
    webhook_id, now = unique("evt"), int(time.time())
    headers = {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(now),
        "webhook-signature": sign(SECRET, webhook_id, now, body),
    }
    began = time.perf_counter()
    await intake.accept(source.token, headers, body)
    return (time.perf_counter() - began) * 1000


async def measured(intake: Intake, source, other, body: bytes, events: int) -> tuple[float, float]:
    """Milliseconds: the median for consecutive events, and p95 for another source's small events at the same time."""
    others: list[float] = []
    ended = asyncio.Event()

    async def beside() -> None:
        while not ended.is_set():
            others.append(await take_in(intake, other, an_event(0)))
            await asyncio.sleep(0.005)

    await take_in(intake, source, body)
    task = asyncio.create_task(beside())
    took = [await take_in(intake, source, body) for _ in range(events)]
    ended.set()
    await task
    return statistics.median(took), statistics.quantiles(others, n=20)[18]


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{Path(folder) / 'hookbench.db'}")
        bare, filtered, other = a_source(), a_source(), a_source()
        for source in (bare, filtered, other):
            await store.write(lambda tx, s=source: sources.insert(tx, s))
        for number in range(ENDPOINTS):
            endpoint = an_endpoint(filtered, conditions=a_filter(number))
            await store.write(lambda tx, e=endpoint: endpoints.insert(tx, e))
        intake = Intake(store, Configuration(store), Idle(), Feed(), max_body=2**21, timeout=15)
        for size in (1_000, 1_000_000):
            body = an_event(size)
            events = EVENTS if size == 1_000 else max(3, EVENTS // 5)
            took, beside = await measured(intake, bare, other, body, events)
            print(f"{len(body):9,} bytes, no filter: p50 {took:8.2f} ms, others' p95 {beside:8.1f} ms")
            slow, slowed = await measured(intake, filtered, other, body, events)
            print(f"{ENDPOINTS} endpoints × {LINES} lines: p50 {slow:8.2f} ms, others' p95 {slowed:8.1f} ms")
            print(f"  ratio {slow / took:.1f}, of the others {slowed / beside:.1f}")
        store.close()


asyncio.run(main())
