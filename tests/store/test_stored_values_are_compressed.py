"""Bodies and headers are compressed in the database, and come back byte for byte, those of older versions too."""

import json
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import zstandard
from builders import NOW, a_message, a_source, an_attempt, an_endpoint
from sqlalchemy import LargeBinary, Table, select, type_coerce, update

from server.domain.catalog import EVENT_TYPES, sample_json
from server.domain.endpoints import Endpoint
from server.domain.faults import KIND
from server.domain.messages import Attempt, DeliveryState, Message, ReceivedResponse, SentRequest
from server.domain.sources import Source
from server.store import (
    Store,
    attempts,
    compression,
    deliveries,
    endpoints,
    logs,
    messages,
    observations,
    search_terms,
    sources,
    stopping,
)
from server.store.compression import MAGIC, MAX_BYTES, Damaged, Packed, UnreadableValue, pack, readable, unpack
from server.store.schema import attempts as attempt_table
from server.store.schema import messages as message_table


def compact(event_type: str) -> bytes:
    """A sample as Dodo sends it."""
    return json.dumps(json.loads(sample_json(event_type)), separators=(",", ":")).encode()


PAYMENT = compact("payment.succeeded")
FOREIGN = zstandard.compress(b"a file that somebody sends")
ODD = {
    "empty": b"",
    "short": b"{}",
    "a sample": PAYMENT,
    "noise": os.urandom(5_000),
    "the magic number": MAGIC,
    "beginning with the magic number": MAGIC + b"\xff" * 100,
    "compressed by others": FOREIGN,
    "already packed": pack(PAYMENT),
    "a mebibyte of text": PAYMENT * (1024 * 1024 // len(PAYMENT)),
    "a mebibyte beginning with the magic number": MAGIC + os.urandom(1024 * 1024),
    "longer than what is compressed": b"a" * (MAX_BYTES + 1),
    "bytes of no text": bytes(range(256)),
}
PAIRS = (("Content-Type", "text/html"), ("x-odd", "a\ud800b \x00 é 北京"))


def damaged_frame() -> bytes:
    return pack(PAYMENT)[:-9] + b"\xff" * 5


def of_unknown_dictionary() -> bytes:
    made = zstandard.ZstdCompressionDict(compression.FOLDER.joinpath("1.zdict").read_bytes()[:-1])
    other = bytearray(made.as_bytes())
    other[4:8] = (77).to_bytes(4, "little")
    return zstandard.ZstdCompressor(dict_data=zstandard.ZstdCompressionDict(bytes(other))).compress(PAYMENT)


def declaring(size: int) -> bytes:
    """A frame whose head declares so many bytes."""
    frame = pack(PAYMENT)
    assert frame[4] >> 6 == 1, "the size takes two bytes"
    single, dictionary = frame[4] & 0x3F, frame[5:6]
    return MAGIC + bytes([single | 0xC0]) + dictionary + size.to_bytes(8, "little") + frame[8:]


DAMAGED = {
    "damaged": (damaged_frame(), "damaged"),
    "cut off": (bytes(pack(PAYMENT)[:-1]), "damaged"),
    "with something behind": (pack(PAYMENT) + b"x", "damaged"),
    "of a dictionary that is missing": (of_unknown_dictionary(), "Dictionary 77 is missing"),
    "a bomb by its head": (declaring(1 << 40), "impossible length"),
    "of another length": (declaring(len(PAYMENT) + 1), "damaged"),
}


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
def test_every_value_comes_back(value: bytes) -> None:
    stored = pack(value)
    assert unpack(stored) == value
    assert len(stored) <= len(value) or value.startswith(MAGIC)


@pytest.mark.parametrize("value", [FOREIGN, b"plain", MAGIC, MAGIC + b"\x00"])
def test_what_older_versions_stored_comes_back(value: bytes) -> None:
    assert unpack(value) == value


@pytest.mark.parametrize(("stored", "reason"), DAMAGED.values(), ids=DAMAGED)
def test_what_cannot_be_read_says_why(stored: bytes, reason: str) -> None:
    with pytest.raises(UnreadableValue, match=reason):
        unpack(stored)


def test_each_event_shrinks_by_half() -> None:
    large = {name: len(pack(compact(name))) / len(compact(name)) for name in EVENT_TYPES}
    assert {name: share for name, share in large.items() if share > 0.5} == {}
    assert large["payment.succeeded"] < 0.3


def test_the_dictionaries_are_those_that_were_released() -> None:
    """Never change or remove one: no database that was written with it could be read any more."""
    names = {file.name: zstandard.ZstdCompressionDict(file.read_bytes()).dict_id() for file in _dictionaries()}
    assert names == {"1.zdict": 1}
    assert f"{compression.DICTIONARY}.zdict" in names


def _dictionaries() -> list[Path]:
    return sorted(compression.FOLDER.glob("*.zdict"))


class Shop:
    """A source with an endpoint, a message and an attempt."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.source: Source = a_source()
        self.endpoint: Endpoint = an_endpoint(self.source)

    async def open(self) -> "Shop":
        await self.store.write(lambda tx: sources.insert(tx, self.source))
        await self.store.write(lambda tx: endpoints.insert(tx, self.endpoint))
        return self

    async def receive(self, body: bytes) -> Message:
        message = a_message(self.source, body=body, received_at=NOW)
        await self.store.batch(messages.receive, message)
        return message

    async def attempt(self, message: Message, request: SentRequest, response: ReceivedResponse) -> Attempt:
        [way] = await self.store.read(lambda tx: messages.of_messages(tx, [message.id])[message.id])
        made = an_attempt(message, way.id, self.endpoint, request=request, response=response)
        record = deliveries.AttemptRecord("me", made, DeliveryState.SUCCEEDED, 1, None, attempts.packed(made))
        await self.store.batch(deliveries.record, record)
        return made

    async def overwrite(self, table: Table, row_id: str, **values: Any) -> None:
        await self.store.write(lambda tx: tx.execute(update(table).where(table.c.id == row_id).values(values)))

    async def stored(self, column: Any) -> bytes:
        value = await self.store.read(lambda tx: tx.execute(select(type_coerce(column, LargeBinary))).scalar_one())
        return bytes(value)

    async def shown(self, attempt: Attempt) -> Attempt:
        found = await self.store.read(lambda tx: attempts.get(tx, attempt.id))
        assert found
        return found


async def test_messages_and_attempts_come_back_from_the_database(each_store: Store) -> None:
    shop = await Shop(each_store).open()
    for value in ODD.values():
        message = await shop.receive(value)
        request, response = (
            SentRequest("PUT", "https://a.example/\x00é", PAIRS, value),
            ReceivedResponse(200, PAIRS, value, True),
        )
        made = await shop.attempt(message, request, response)
        assert await each_store.read(lambda tx, id=message.id: messages.get(tx, id)) == message  # type: ignore[misc]
        assert await shop.shown(made) == made


async def test_a_stored_message_is_small(each_store: Store) -> None:
    shop = await Shop(each_store).open()
    await shop.receive(PAYMENT)
    assert len(await shop.stored(message_table.c.body)) < len(PAYMENT) / 4


async def test_rows_of_older_versions_come_back(each_store: Store) -> None:
    shop = await Shop(each_store).open()
    message = await shop.receive(PAYMENT)
    made = await shop.attempt(
        message, SentRequest("POST", "https://a.example", (), b""), ReceivedResponse(200, (), b"", False)
    )
    await shop.overwrite(message_table, message.id, body=Packed(FOREIGN))
    old = {"request_url": "https://b.example", "request_headers": '[["a","b"]]', "response_headers": '[["c","d"]]'}
    bodies = {"request_body": Packed(b"sent"), "response_body": Packed(MAGIC), "details": None}
    await shop.overwrite(attempt_table, made.id, **old, **bodies)
    found = await shop.shown(made)
    assert found.request == SentRequest("POST", "https://b.example", (("a", "b"),), b"sent")
    assert found.response == ReceivedResponse(200, (("c", "d"),), MAGIC, False)
    assert found.error is None
    read = await each_store.read(lambda tx: messages.get(tx, message.id))
    assert read
    assert read.body == FOREIGN


async def test_a_damaged_body_harms_no_other_message(each_store: Store) -> None:
    shop = await Shop(each_store).open()
    good, bad = await shop.receive(PAYMENT), await shop.receive(PAYMENT)
    for stored, _ in DAMAGED.values():
        await shop.overwrite(message_table, bad.id, body=Packed(stored))
        unreadable: dict[Any, Exception] = {}
        found = await each_store.read(partial(messages.by_ids, ids=[good.id, bad.id], unreadable=unreadable))
        assert list(found) == [good.id]
        assert isinstance(unreadable[bad.id], UnreadableValue)
        page = await each_store.read(lambda tx: logs.message_page(tx, logs.LogSearch(shop.source.id)))
        assert [row.id for row in page.rows] == [bad.id, good.id]
        older = await each_store.read(lambda tx: search_terms.older(tx, "n", 9))
        assert [body for _, _, body in older] == [b"", PAYMENT]
        seen = await each_store.read(lambda tx: observations.bodies(tx, [good.id, bad.id]))
        assert seen == [("payment.succeeded", PAYMENT)]
        asked, _ = await each_store.read(lambda tx: stopping.survey(tx, shop.endpoint, ""))
        assert asked[bad.id], "it is not stopped because of a filter that nobody can evaluate"


async def test_a_damaged_attempt_says_so_and_shows_the_rest(each_store: Store) -> None:
    shop = await Shop(each_store).open()
    message = await shop.receive(PAYMENT)
    made = await shop.attempt(
        message, SentRequest("POST", "https://a.example", PAIRS, PAYMENT), ReceivedResponse(200, PAIRS, PAYMENT, False)
    )
    for column in ("details", "request_body", "response_body"):
        good = await shop.stored(attempt_table.c[column])
        await shop.overwrite(attempt_table, made.id, **{column: Packed(damaged_frame())})
        found = await shop.shown(made)
        assert found.error
        assert found.error.kind == KIND
        assert [found.request == made.request, found.response == made.response].count(False) == (
            2 if column == "details" else 1
        )
        await shop.overwrite(attempt_table, made.id, **{column: Packed(good)})
        assert await shop.shown(made) == made


async def test_lists_do_not_unpack_what_is_large(each_store: Store) -> None:
    shop = await Shop(each_store).open()
    most = search_terms.MAX_BODY_BYTES
    large = a_message(shop.source, body=b"", received_at=NOW)
    frame = zstandard.ZstdCompressor(dict_data=compression._dictionary(1)).compress(b"a" * (most + 1))
    assert len(frame) < 1_000
    await each_store.write(lambda tx: messages.receive(tx, [messages.FilteredMessage(large, {}, packed=Packed(frame))]))
    assert await each_store.read(lambda tx: search_terms.older(tx, "n", 9)) == [(large.id, "payment.succeeded", b"")]
    assert await each_store.read(lambda tx: observations.bodies(tx, [large.id])) == []
    await shop.overwrite(message_table, large.id, body=Packed(b"b" * (most + 1)))
    assert await each_store.read(lambda tx: search_terms.older(tx, "n", 9)) == [(large.id, "payment.succeeded", b"")]


def test_what_is_not_there_is_read_as_empty() -> None:
    absent: Mapping[str, object] = {"null": None, "damaged": Damaged("why")}
    assert [readable(value) for value in absent.values()] == [b"", b""]
    assert readable(b"x") == b"x"
