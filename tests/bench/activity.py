"""What counting activity costs an event: ``python tests/bench/activity.py [SQLITE_OR_POSTGRES_URL]``.

Stores and records events with and without counting, by turns, and prints the processor time of this process for one
event: of the two transactions, and of adding up in the background. With events one at a time, as at low rates, and 32
at a time, as under load; of one event type, and of many.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent.parent), str(HERE.parent)]

from builders import a_message, a_source, an_attempt, an_endpoint  # noqa: E402
from sqlalchemy import Engine  # noqa: E402

from server.delivery.activity_counter import ROWS_IN_STEP  # noqa: E402
from server.domain.ids import ProcessId  # noqa: E402
from server.domain.messages import DeliveryState  # noqa: E402
from server.store import Store, activity, deliveries, endpoints, messages, sources  # noqa: E402
from server.store.deliveries import AttemptRecord  # noqa: E402
from server.store.messages import InitialLease  # noqa: E402

EVENTS = 320
ROUNDS = 5
ME = ProcessId("bench")


def nothing(*_: object) -> None:
    pass


def main(url: str) -> None:
    store = Store.open(url)
    engine = store._engine
    source = a_source()
    endpoint = an_endpoint(source)
    with engine.begin() as tx:
        sources.insert(tx, source)
        endpoints.insert(tx, endpoint)
    counting = activity.count_attempts
    print(f"{'':34}{'plain':>10}{'counted':>10}{'adds':>8}{'add up':>8}   µs an event")
    for size in (1, 8, 32):
        for types in (1, 20):
            plain, counted, added = [], [], []
            for _ in range(ROUNDS):
                activity.count_attempts = nothing
                plain.append(events(engine, source, endpoint, size, types))
                activity.count_attempts = counting
                counted.append(events(engine, source, endpoint, size, types))
                added.append(per_event(lambda: add_up(engine)))
            name = f"{size} at a time, {types} event types"
            extra = median(after - before for before, after in zip(plain, counted, strict=True))
            print(f"{name:34}{median(plain):10.1f}{median(counted):10.1f}{extra:8.1f}{median(added):8.1f}")
    store.close()


def events(engine: Engine, source, endpoint, size: int, types: int) -> float:  # type: ignore[no-untyped-def]
    now = time.time_ns() // 1_000_000
    came = [a_message(source, event_type=f"type.{n % types}", received_at=now) for n in range(EVENTS)]
    lease = InitialLease(ME, now + 60_000)

    def work() -> None:
        for start in range(0, EVENTS, size):
            part = came[start : start + size]
            with engine.begin() as tx:
                received = messages.receive(tx, part, lease)
            made = [
                an_attempt(message, one.leased[0].id, endpoint, started_at=now)
                for message, one in zip(part, received, strict=True)
            ]
            ended = [AttemptRecord(ME, attempt, DeliveryState.SUCCEEDED, 1, None) for attempt in made]
            with engine.begin() as tx:
                deliveries.record(tx, ended)

    return per_event(work)


def add_up(engine: Engine) -> None:
    done, later = ROWS_IN_STEP, time.time_ns() // 1_000_000 + 2 * activity.COMMITTED_MS
    while done == ROWS_IN_STEP:
        with engine.begin() as tx:
            done = activity.add_up(tx, later, ROWS_IN_STEP)


def per_event(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) / EVENTS * 1e6


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{tempfile.mkdtemp()}/hookbench.db")
