"""The last part of ``make bench-store``: bytes on disk for each event of 2.4 KB with one delivery.

Stores events with everything that belongs to one, as a server does in a day: in batches, recorded with what a card's
code makes of them, counted in activity, their search terms moved into segments. All that differs between real events
differs here too, or compression would look too good: ids, names, addresses, amounts, times, signatures.
Run alone it says where the bytes are: ``python tests/bench/on_disk.py [events] [database URL]``.
"""

import asyncio
import base64
import json
import random
import sqlite3
import string
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent)]

from builders import a_source, an_endpoint  # noqa: E402
from sqlalchemy import Connection, create_engine, text  # noqa: E402

from server.delivery.decisions import DecidedAttempt, record  # noqa: E402
from server.domain.activity import Size  # noqa: E402
from server.domain.catalog import sample_json  # noqa: E402
from server.domain.endpoints import Endpoint  # noqa: E402
from server.domain.ids import AttemptId, MessageId, VersionId, mint  # noqa: E402
from server.domain.messages import (  # noqa: E402
    Attempt,
    AttemptOutcome,
    DeliveryState,
    Message,
    Origin,
    ReceivedResponse,
    SentRequest,
    Trigger,
)
from server.domain.payloads import Payload  # noqa: E402
from server.domain.search_terms import DEFAULT_METADATA_KEYS, terms_in  # noqa: E402
from server.domain.sources import Source  # noqa: E402
from server.store import Store, activity, endpoints, messages, search_terms, sources  # noqa: E402
from server.store.deliveries import AttemptRecord  # noqa: E402
from server.store.messages import FilteredMessage, InitialLease  # noqa: E402

EVENTS = 20_000
AT_ONCE = 32
TO_REACH = 3_000
SHOWN = 10
"""Bytes an event from which a table is named."""
CHANCE = random.Random(14)
FIRST = (
    "Ada", "Bo", "Chiara", "Dmitri", "Elif", "Femi", "Grace", "Hiro", "Ines", "Jonas", "Kavya", "Liu",
)  # fmt: skip
LAST = (
    "Lindqvist", "Okafor", "Moreau", "Tanaka", "Novak", "Rossi", "Haddad", "Kim", "Silva", "Jensen", "Kaya", "Dubois",
)  # fmt: skip
TOWNS = (
    "Portland", "Lyon", "Osaka", "Lagos", "Bengaluru", "Porto", "Malmo", "Izmir", "Toronto", "Leeds", "Austin", "Graz",
)  # fmt: skip
STREETS = (
    "Harbour", "Mill", "Station", "Oak", "Church", "Garden", "River", "Market", "Castle", "Bridge", "Chapel", "Meadow",
)  # fmt: skip
SHORT_LISTS = ("refunds", "disputes", "discounts")
"""Usually empty, and with them the sample is larger than most payments."""


def events(business: str, products: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Payments of one shop, without end: the sender's id and the body."""
    while True:
        sample = json.loads(sample_json("payment.succeeded"))
        data, name = sample["data"], f"{CHANCE.choice(FIRST)} {CHANCE.choice(LAST)}"
        data |= {key: [] for key in SHORT_LISTS} | {"refund_status": None, "discount_id": None}
        data |= {key: made(value) for key, value in data.items() if key.endswith("_id") and isinstance(value, str)}
        data["subscription_ids"] = [data["subscription_id"]]
        amount, cart = CHANCE.randrange(500, 90_000), CHANCE.sample(list(products), 2)
        data |= {"total_amount": amount, "tax": amount // 11, "settlement_amount": amount - amount // 11}
        data |= {"settlement_tax": amount // 12, "card_last_four": f"{CHANCE.randrange(10_000):04d}"}
        data["customer"] |= {
            "customer_id": made("cus_"),
            "name": name,
            "email": f"{name.lower().replace(' ', '.')}{CHANCE.randrange(10_000)}@{CHANCE.choice(TOWNS).lower()}.test",
            "phone_number": f"+{CHANCE.randrange(10**10, 10**11)}",
            "metadata": {"crm_id": f"C-{CHANCE.randrange(100_000)}", "vip": CHANCE.random() < 0.5},
        }
        data["billing"] |= {
            "street": f"{CHANCE.randrange(1, 300)} {CHANCE.choice(STREETS)} Street",
            "city": CHANCE.choice(TOWNS),
            "zipcode": f"{CHANCE.randrange(100_000):05d}",
        }
        data |= {"card_holder_name": name, "brand_id": business, "business_id": business}
        data["product_cart"] = [{"product_id": one, "quantity": CHANCE.randrange(1, 4)} for one in cart]
        data["custom_field_responses"] += [
            {"key": "company", "value": f"{CHANCE.choice(LAST)} & {CHANCE.choice(LAST)} {CHANCE.choice(TOWNS)} Ltd."},
            {"key": "vat", "value": f"GB{CHANCE.randrange(10**8, 10**9)}"},
            {"key": "notes", "value": f"Please send the invoice to our office in {CHANCE.choice(TOWNS)}, not to me."},
        ]
        data["metadata"] = {"order": f"NW-{CHANCE.randrange(10**6)}", "gift": False}
        data["invoice_url"] = f"https://live.dodopayments.com/invoices/payments/{data['payment_id']}"
        data["payment_link"] = f"https://checkout.dodopayments.com/{letters(8)}"
        data |= {"created_at": moment(), "updated_at": moment()}
        data["service_periods"][0] |= {"subscription_id": data["subscription_id"]}
        data["service_periods"][0] |= {"starts_at": moment(), "ends_at": moment()}
        sample |= {"business_id": business, "timestamp": moment(), "data": data}
        yield f"evt_{letters(27)}", json.dumps(sample, separators=(",", ":")).encode()


def made(like: str) -> str:
    """A new id with the same beginning, as long as Dodo's."""
    return f"{like.partition('_')[0]}_{letters(21)}"


def letters(count: int) -> str:
    return "".join(CHANCE.choices(string.ascii_letters + string.digits, k=count))


def moment() -> str:
    return f"2026-11-{CHANCE.randrange(1, 30):02d}T{time.strftime('%H:%M:%S')}.{CHANCE.randrange(10**6):06d}Z"


def request(message: Message, endpoint: Endpoint) -> SentRequest:
    """What a card's code makes of a payment: 1.4 KB, with most of its values."""
    data = json.loads(message.body)["data"]
    customer, billing = data["customer"], data["billing"]
    body = {
        "type": "person",
        "identifiers": {"id": customer["customer_id"]},
        "action": "payment_completed",
        "name": "Payment Completed",
        "timestamp": message.received_at // 1000,
        "attributes": {
            **{key: customer[key] for key in ("email", "name", "phone_number")},
            **{key: data[key] for key in ("payment_id", "currency", "payment_method", "card_network", "tax")},
            **{key: data[key] for key in ("subscription_id", "invoice_id", "invoice_url", "checkout_session_id")},
            "payment_amount": f"{data['total_amount'] / 100:.2f}",
            "settled_amount": f"{data['settlement_amount'] / 100:.2f} {data['settlement_currency']}",
            "card": f"**** {data['card_last_four']}",
            "address": ", ".join(billing[key] for key in ("street", "city", "state", "zipcode", "country")),
            "items": data["product_cart"],
            "metadata": data["metadata"],
            "service_periods": data["service_periods"],
            "paid_at": data["created_at"],
            "custom": {one["key"]: one["value"] for one in data["custom_field_responses"]},
        },
    }
    headers = {
        "content-type": "application/json",
        "user-agent": "Hookbench/0.1.0",
        "accept": "*/*",
        "accept-encoding": "identity",
        "authorization": "Basic ••••••••",
        "webhook-id": message.webhook_id,
        "webhook-timestamp": str(message.received_at // 1000),
        "webhook-signature": f"v1,{base64.b64encode(CHANCE.randbytes(32)).decode()}",
    }
    return SentRequest("POST", endpoint.url, tuple(headers.items()), json.dumps(body, separators=(",", ":")).encode())


def response() -> ReceivedResponse:
    headers = (
        ("date", time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())),
        ("content-type", "application/json; charset=utf-8"),
        ("content-length", "2"),
        ("x-request-id", CHANCE.randbytes(8).hex()),
    )
    return ReceivedResponse(200, headers, b"{}", False)


async def store_events(store: Store, count: int) -> None:
    source = a_source()
    endpoint = an_endpoint(source, url="https://track.customer.io/api/v2/entity")
    await store.write(lambda tx: (sources.insert(tx, source), endpoints.insert(tx, endpoint)))
    version, coming = mint(VersionId), events(made("bus_"), [made("pdt_") for _ in range(20)])
    lease = InitialLease("wrk_bench", 2**50)
    receive = partial(messages.receive, lease=lease)
    while count > 0:
        some = [_arrived(source, *one) for one in islice(coming, min(count, AT_ONCE))]
        received = await asyncio.gather(*(store.batch(receive, one) for one in some))
        ended = [
            _ended(one.message, stored.leased[0].id, endpoint, version)
            for one, stored in zip(some, received, strict=True)
        ]
        await asyncio.gather(*(store.batch(record, one) for one in ended))
        count -= len(some)
    await store.write(_clear_up)


def _arrived(source: Source, webhook_id: str, body: bytes) -> FilteredMessage:
    now = time.time_ns() // 1_000_000
    message = Message(mint(MessageId), source.id, webhook_id, "payment.succeeded", Origin.RECEIVED, body, now)
    return FilteredMessage(message, {"[]": True}, terms_in(message.event_type, Payload(body), DEFAULT_METADATA_KEYS))


def _ended(message: Message, delivery_id, endpoint: Endpoint, version: VersionId) -> DecidedAttempt:  # type: ignore[no-untyped-def]
    attempt = Attempt(
        id=mint(AttemptId),
        delivery_id=delivery_id,
        message_id=message.id,
        endpoint_id=endpoint.id,
        source_id=message.source_id,
        event_type=message.event_type,
        number=1,
        trigger=Trigger.EVENT,
        outcome=AttemptOutcome.SUCCEEDED,
        version_id=version,
        request=request(message, endpoint),
        response=response(),
        error=None,
        console=(),
        transform_ms=CHANCE.random(),
        duration_ms=CHANCE.random() * 300,
        started_at=message.received_at,
        next_at=None,
    )
    return DecidedAttempt(AttemptRecord("wrk_bench", attempt, DeliveryState.SUCCEEDED, 1, None), None, True)


def _clear_up(tx: Connection) -> None:
    """What a server does in the background within a minute."""
    while until := search_terms.full_segment(tx):
        search_terms.move(tx, until)
    later = time.time_ns() // 1_000_000 + Size.DAY.ms
    while activity.add_up(tx, later, 1000):
        pass


def measure(count: int, url: str = "") -> float:
    """Bytes on disk an event, after a checkpoint and without what an empty database takes."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "hookbench.db"
        url = url or f"sqlite:///{file}"
        store = Store.open(url)
        before = _size(file, url)
        spent = time.process_time()
        asyncio.run(store_events(store, count))
        spent = time.process_time() - spent
        store.close()  # which brings the log into the file
        took = (_size(file, url) - before) / count
        if __name__ == "__main__":
            print(f"{spent / count * 1e6:.0f} µs an event, the bench's own work included")
            for name, size in _tables(file, url).items():
                if size >= SHOWN * count:
                    print(f"{name:45}{size / count:8.0f}")
    return took


def _size(file: Path, url: str) -> int:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            [(free,)] = connection.execute("SELECT * FROM pragma_freelist_count")
            [(page,)] = connection.execute("SELECT * FROM pragma_page_size")
        return file.stat().st_size - free * page
    return sum(_tables(file, url).values())


def _tables(file: Path, url: str) -> dict[str, int]:
    """Bytes of each table and index that takes any to speak of, the largest first."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(file)) as connection:
            query = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC"
            return dict(connection.execute(query).fetchall())
    with create_engine(url).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM"))
        query = (
            "SELECT relname, pg_relation_size(oid) + pg_relation_size(reltoastrelid) FROM pg_class WHERE relkind = 'r' "
            "AND relnamespace = 'public'::regnamespace UNION ALL SELECT relname, pg_relation_size(oid) FROM pg_class "
            "WHERE relkind = 'i' AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC"
        )
        return {name: int(size or 0) for name, size in connection.execute(text(query))}


def main(count: int = EVENTS, url: str = "") -> None:
    took = measure(count, url)
    print(f"bytes on disk an event   {took:6,.0f}    to reach {TO_REACH:,}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS, sys.argv[2] if len(sys.argv) > 2 else "")
