"""Messages are found by ids, search terms, event types and endpoints, on both databases."""

import json
from typing import Any

import pytest
from builders import a_message, a_source, an_attempt, an_endpoint

from server.domain.endpoints import Endpoint
from server.domain.ids import MessageId
from server.domain.messages import Message
from server.domain.sources import Source
from server.store import Store, attempts, endpoints, messages, search, search_terms, sources
from server.store.messages import FilteredMessage
from server.store.rows import insert
from server.store.schema import attempts as attempts_table
from server.store.search_terms import MessageTerms


def a_payment(source: Source, payment: str, email: str = "a@b.example", **changes: Any) -> Message:
    data = {"payment_id": payment, "customer": {"email": email, "customer_id": "cus_Ab1"}}
    body = json.dumps({"type": "payment.succeeded", "data": data}).encode()
    return a_message(source, body=body, **changes)


class Shop:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.source = a_source()

    async def open(self) -> "Shop":
        await self.store.write(lambda tx: sources.insert(tx, self.source))
        return self

    async def receive(self, *came: Message | FilteredMessage) -> None:
        await self.store.write(lambda tx: messages.receive(tx, came))

    async def found(self, text: str, before: str = "") -> list[MessageId]:
        looked = await self.store.read(lambda tx: search.find(tx, self.source.id, text, before=before))
        return sorted(looked.message_ids)

    async def stands_for(self, text: str) -> tuple[str, ...]:
        looked = await self.store.read(lambda tx: search.find(tx, self.source.id, text))
        return (*looked.event_types, *looked.endpoint_ids)

    async def move_all(self, until: str = search_terms.ALL) -> int:
        return await self.store.write(lambda tx: search_terms.move(tx, MessageId(until)))


@pytest.fixture(params=["recent", "moved"])
def moved(request: pytest.FixtureRequest) -> bool:
    return request.param == "moved"


async def test_a_message_is_found_by_its_terms(each_store: Store, moved: bool) -> None:
    shop = await Shop(each_store).open()
    mine, other = a_payment(shop.source, "pay_Abc123"), a_payment(shop.source, "pay_Abc999", "c%_d@b.example")
    await shop.receive(mine, other)
    if moved:
        assert await shop.move_all() == 2
    assert await shop.found("pay_Abc123") == [mine.id]
    assert await shop.found("  PAY_ABC123 ") == [mine.id]
    assert await shop.found("pay_abc") == [mine.id, other.id]
    assert await shop.found("a@b.example") == [mine.id]
    assert await shop.found("a@b") == []  # shorter than a beginning may be
    assert await shop.found("c%_d@") == [other.id]
    assert await shop.found("cus_ab1") == [mine.id, other.id]
    assert await shop.found("cus_ab1", before=other.id) == [mine.id]
    assert await shop.found("pay_") == [mine.id, other.id]
    assert await shop.found("") == await shop.found("c__d@") == await shop.found("pay_abc1234") == []


async def test_only_messages_of_the_source_are_found(each_store: Store) -> None:
    shop, other = await Shop(each_store).open(), await Shop(each_store).open()
    await shop.receive(a_payment(other.source, "pay_Abc123"))
    assert await shop.found("pay_Abc123") == []
    assert len(await other.found("pay_Abc123")) == 1


async def test_a_quiet_source_is_searched_beside_a_busy_one(
    each_store: Store, moved: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MAX_FOUND", 3)
    quiet, busy = await Shop(each_store).open(), await Shop(each_store).open()
    mine = a_payment(quiet.source, "pay_Abc1", id=MessageId(f"msg_01A{1:023d}"))
    others = [a_payment(busy.source, f"pay_Abc{n}", id=MessageId(f"msg_01B{n:023d}")) for n in range(1, 10)]
    await quiet.receive(mine, *others)
    if moved:
        await quiet.move_all()
    assert await quiet.found("pay_Abc") == await quiet.found("a@b.example") == [mine.id]
    assert await quiet.found("pay_Abc1") == [mine.id]
    assert await quiet.found("pay_Abc9") == []
    assert len(await busy.found("pay_Abc")) == 3


async def with_an_attempt(shop: Shop) -> tuple[Message, Endpoint, str, str]:
    endpoint = an_endpoint(shop.source, description="Slack #orders")
    message = a_payment(shop.source, "pay_1")
    await shop.store.write(lambda tx: endpoints.insert(tx, endpoint))
    await shop.store.write(lambda tx: messages.receive(tx, [message]))
    [delivery] = (await shop.store.read(lambda tx: messages.of_messages(tx, [message.id])))[message.id]
    attempt = an_attempt(message, delivery.id, endpoint)
    await shop.store.write(lambda tx: insert(tx, attempts_table, [attempts.columns(attempt)]))
    return message, endpoint, delivery.id, attempt.id


async def test_a_message_is_found_by_every_id(each_store: Store) -> None:
    shop = await Shop(each_store).open()
    message, endpoint, delivery_id, attempt_id = await with_an_attempt(shop)
    for text in (message.id, message.id.lower(), message.webhook_id, message.webhook_id[:20], delivery_id, attempt_id):
        assert await shop.found(text) == [message.id], text
    assert await shop.stands_for(endpoint.id) == await shop.stands_for("#orders") == (endpoint.id,)
    assert await shop.stands_for("ep_7ZZ") == ()
    assert await shop.found("ep_7ZZ") == await shop.found("att_7ZZ") == await shop.found("dlv_7ZZ") == []


async def test_event_types_are_found_by_their_name_and_beginning(each_store: Store) -> None:
    shop = await Shop(each_store).open()
    assert await shop.stands_for("payment.succeeded") == ("payment.succeeded",)
    assert "payment.failed" in await shop.stands_for("Payment.")
    assert await shop.stands_for("payment") == await shop.stands_for("payment.")
    assert await shop.stands_for("refund.succ") == ("refund.succeeded",)
    assert await shop.stands_for("payment.nothing") == ()


async def test_the_same_message_twice_is_indexed_once(each_store: Store) -> None:
    shop = await Shop(each_store).open()
    message = a_payment(shop.source, "pay_1")
    await shop.receive(message)
    await shop.receive(a_payment(shop.source, "pay_2", webhook_id=message.webhook_id))
    assert await shop.found("pay_2") == []


async def test_terms_of_two_editions_are_moved_apart(each_store: Store) -> None:
    shop = await Shop(each_store).open()
    old, new = a_payment(shop.source, "pay_1"), a_payment(shop.source, "pay_2")
    await shop.receive(FilteredMessage(old, {}, ("t_old", "shared")), FilteredMessage(new, {}, ("t_new", "shared"), 2))
    assert [await shop.move_all(), await shop.move_all(), await shop.move_all()] == [1, 1, 0]
    assert await shop.found("shared") == [old.id, new.id]
    segment = await each_store.read(lambda tx: search_terms.outdated(tx, 2))
    assert segment is not None
    while await each_store.write(lambda tx: search_terms.shrink(tx, segment, 1)):
        pass
    assert await each_store.read(lambda tx: search_terms.outdated(tx, 2)) is None
    assert await shop.found("shared") == [new.id]


async def test_older_messages_are_indexed_afterwards(each_store: Store) -> None:
    shop = await Shop(each_store).open()
    message = a_message(shop.source)
    await shop.receive(message)
    found = [MessageTerms(message.id, 1, ("pay_late", "b"))]
    await each_store.write(lambda tx: search_terms.add_older(tx, found))
    assert await shop.found("pay_late") == [message.id]


async def test_a_search_goes_on_in_the_middle_of_a_segment(each_store: Store) -> None:
    shop = await Shop(each_store).open()
    came = [a_payment(shop.source, f"pay_same{number}") for number in range(6)]
    await shop.receive(*came[:4])
    await shop.move_all()
    await shop.receive(*came[4:])
    await shop.move_all()
    for text in ("pay_same", "pay_same1"):
        for bound in range(6):
            wanted = [each.id for number, each in enumerate(came[:bound]) if text == "pay_same" or number == 1]
            found = await each_store.read(
                lambda tx, text=text, bound=bound: search.find(tx, shop.source.id, text, before=came[bound].id)  # type: ignore[misc]
            )
            assert sorted(found.message_ids) == wanted, (text, bound)
