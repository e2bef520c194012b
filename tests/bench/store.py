"""``make bench-store``: the store's cost per event, compared with writing the same rows with bare ``sqlite3``.

Receiving an event inserts a message and a delivery; recording it inserts an attempt and updates the delivery. Both are
measured one by one (a transaction each), 32 together, and at 400 events per second, where each event is recorded 4 ms
after it was received. Prints processor time per event and its ratio to bare ``sqlite3`` with a transaction each. The
situations take turns, so other load on the machine affects all alike and the ratios stay valid. Last, bytes on disk.
"""

import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import on_disk
from builders import NOW, a_message, a_source, an_attempt, an_endpoint

from server.delivery.decisions import DecidedAttempt, record
from server.domain.catalog import sample_json
from server.domain.messages import DeliveryState, Message, SentRequest
from server.store import Store, delivery_rows, endpoints, messages, sources
from server.store import attempts as attempt_rows
from server.store.deliveries import AttemptRecord
from server.store.messages import InitialLease, Received
from server.store.schema import attempts as attempt_table
from server.store.schema import deliveries as delivery_table
from server.store.schema import messages as message_table

BODY = sample_json("payment.succeeded").encode()
HEADERS = tuple((f"x-header-{number}", "a value of some length") for number in range(6))
RATE = 400
ROUNDS = 3
LEASE = InitialLease("me", NOW + 60_000)
PATIENCE = float(sys.argv[1]) if len(sys.argv) > 1 else 0.02

receive = partial(messages.receive, lease=LEASE)
source = a_source()
endpoint = an_endpoint(source)


def event() -> Message:
    return a_message(source, body=BODY)


def followed(message: Message, received: Received) -> DecidedAttempt:
    request = SentRequest("POST", endpoint.url, HEADERS, BODY)
    attempt = an_attempt(message, received.leased[0].id, endpoint, request=request)
    return DecidedAttempt(AttemptRecord("me", attempt, DeliveryState.SUCCEEDED, 1, None), None, True)


async def alone(store: Store, count: int) -> None:
    for _ in range(count):
        message = event()
        await store.batch(record, followed(message, await store.batch(receive, message)))


async def together(store: Store, count: int) -> None:
    for _ in range(0, count, 32):
        arrived = [event() for _ in range(32)]
        received = await asyncio.gather(*(store.batch(receive, message) for message in arrived))
        made = [followed(*pair) for pair in zip(arrived, received, strict=True)]
        await asyncio.gather(*(store.batch(record, one) for one in made))


async def as_they_come(store: Store, count: int, took: list[float]) -> None:
    async def one() -> None:
        message, began = event(), time.perf_counter()
        received = await store.batch(receive, message)
        took.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0.004)
        await store.batch(record, followed(message, received), linger=PATIENCE)

    tasks, begin = [], time.perf_counter()
    for number in range(count):
        if (ahead := begin + number / RATE - time.perf_counter()) > 0:
            await asyncio.sleep(ahead)
        tasks.append(asyncio.create_task(one()))
    await asyncio.gather(*tasks)


async def bare(connection: sqlite3.Connection, count: int) -> None:
    """Write the same rows directly with the driver, each pair in its own transaction."""
    message_values, delivery_values, attempt_values = (
        f"INSERT INTO {table.name} ({','.join(column.name for column in table.c)}) VALUES "
        f"({','.join(f':{column.name}' for column in table.c)})"
        for table in (message_table, delivery_table, attempt_table)
    )
    for _ in range(count):
        message = event()
        row = dict.fromkeys(delivery_table.c.keys()) | delivery_rows.new(
            message.id, endpoint.id, messages.Trigger.EVENT, now=message.received_at, due_at=message.received_at
        )
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(message_values, messages._message_columns(message))
        connection.execute(delivery_values, row)
        connection.execute("COMMIT")
        ended = followed(message, Received(message.id, False, (), (delivery_rows.read(row),))).ended
        connection.execute("BEGIN IMMEDIATE")
        values = dict.fromkeys(attempt_table.c.keys()) | attempt_rows.columns(ended.attempt)
        connection.execute(attempt_values, values)
        connection.execute("UPDATE deliveries SET state = 'succeeded', due_at = NULL WHERE id = ?", (row["id"],))
        connection.execute("COMMIT")


async def cost(work: Callable[[int], Awaitable[None]], count: int) -> float:
    """Processor time per event in microseconds, over all threads."""
    began = time.process_time()
    await work(count)
    return (time.process_time() - began) / count * 1e6


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "hookbench.db"
        store = Store.open(f"sqlite:///{file}")
        await store.write(lambda tx: (sources.insert(tx, source), endpoints.insert(tx, endpoint)))
        connection = sqlite3.connect(file, isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        took: list[float] = []
        situations: dict[str, tuple[Callable[[int], Awaitable[None]], int]] = {
            "bare sqlite3, alone": (partial(bare, connection), 1000),
            "alone": (partial(alone, store), 1000),
            "32 together": (partial(together, store), 3200),
            f"at {RATE}/s": (partial(as_they_come, store, took=took), RATE * 3),
        }
        found: dict[str, list[float]] = {name: [] for name in situations}
        for _ in range(ROUNDS):
            for name, (work, count) in situations.items():
                found[name].append(await cost(work, count))
        base = statistics.median(found["bare sqlite3, alone"])
        for name, costs in found.items():
            middle = statistics.median(costs)
            print(f"{name:22}{middle:8.0f} µs an event{middle / base:8.2f} of bare, alone")
        cuts = statistics.quantiles(took, n=100)
        print(f"received at {RATE}/s: p50 {cuts[49]:.2f} ms, p99 {cuts[98]:.2f} ms, longest {max(took):.1f} ms")
        connection.close()
        store.close()


if __name__ == "__main__":
    asyncio.run(main())
    on_disk.main()
