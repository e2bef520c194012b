"""Helpers for benchmarks: fill a database with messages, and store events at a steady rate beside other work."""

import asyncio
import statistics
import time

from builders import a_message, an_attempt

from server.domain.catalog import sample_json
from server.domain.ids import DeliveryId, MessageId, earliest, mint
from server.domain.messages import DeliveryState
from server.store import Store, messages
from server.store.attempts import columns
from server.store.schema import attempts
from server.store.schema import deliveries as delivery_table
from server.store.schema import messages as message_table

RATE = 300
BODY = sample_json("payment.succeeded").encode()


async def fill(store: Store, source, endpoint, then: int, count: int) -> None:
    """Insert ``count`` delivered messages, one per millisecond from ``then`` on.

    Uses bulk inserts, because the application's statements for live events would take minutes.
    """

    def some(tx, start: int, end: int) -> None:
        made = [
            a_message(source, id=MessageId(f"{earliest(MessageId, then + n)}{n:016d}"), received_at=then + n, body=BODY)
            for n in range(start, end)
        ]
        ways = [mint(DeliveryId) for _ in made]
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

    for start in range(0, count, 2000):
        await store.write(lambda tx, s=start: some(tx, s, min(count, s + 2000)))


async def ingest(store: Store, source, seconds: float) -> list[float]:
    """Store events at a steady rate. Returns the milliseconds that storing each of them took."""
    took: list[float] = []

    async def one() -> None:
        began = time.perf_counter()
        await store.batch(messages.receive, a_message(source, body=BODY, received_at=time.time_ns() // 1_000_000))
        took.append((time.perf_counter() - began) * 1000)

    tasks, begin = [], time.perf_counter()
    for number in range(round(RATE * seconds)):
        if (ahead := begin + number / RATE - time.perf_counter()) > 0:
            await asyncio.sleep(ahead)
        tasks.append(asyncio.create_task(one()))
    await asyncio.gather(*tasks)
    return took


def said(name: str, took: list[float]) -> float:
    cuts = statistics.quantiles(took, n=100)
    print(f"{name:22} p50 {cuts[49]:6.2f} ms   p99 {cuts[98]:6.2f} ms   max {max(took):6.1f} ms   n {len(took)}")
    return cuts[98]
