"""An endpoint whose own card is gone sends nothing, since its requests would lack their credentials."""

from receivers import OK, receiving
from working import CARD, Scripted, working

from server.delivery.own_cards import OwnCards
from server.domain.card_files import parse_card
from server.domain.card_shelf import CardShelf
from server.domain.faults import KIND
from server.domain.messages import AttemptOutcome, DeliveryState
from server.store import own_cards

CREDENTIALS = {"api_key": "key-1"}
FILES = {
    "card.toml": """
title = "Acme"
summary = "Acme's hooks."
[url]
ask = true
[auth]
kind = "bearer"
token = "{api_key}"
[[fields]]
name = "api_key"
label = "API key"
kind = "secret"
""",
    "default.js": "function handler(webhook) { return webhook; }",
    "icon.svg": '<path d="M1 1"/>',
}


async def answer(reader, writer):
    writer.write(OK)


async def test_a_card_that_is_gone_parks_the_delivery(each_store):
    async with receiving(answer) as receiver, working(each_store, Scripted(), cards={"other": CARD}) as b:
        await b.endpoint(receiver.url(), card="own:acme", code=None, credentials=CREDENTIALS)
        await b.endpoint(receiver.url(), card="retired", code=None, credentials=CREDENTIALS)
        message = await b.event()
        ended = await b.ended(message, 2)
        attempts = await b.attempts(message)

    assert [one.state for one in ended] == [DeliveryState.TRANSFORM_FAILED] * 2
    assert [one.outcome for one in attempts] == [AttemptOutcome.FAULT] * 2
    assert {one.error.kind for one in attempts} == {KIND}
    assert {one.error.cause.key for one in attempts} == {"fault_card_missing"}
    assert receiver.got == []


async def test_a_card_that_another_process_made_is_looked_up(each_store):
    shelf = CardShelf({})
    kept = OwnCards(each_store, shelf, parse_card)
    await each_store.write(lambda tx: own_cards.put(tx, "own:acme", FILES, 5))
    assert "own:acme" not in shelf
    async with (
        receiving(answer) as receiver,
        working(each_store, Scripted(), cards=shelf, refresh_cards=kept.refresh) as b,
    ):
        await b.endpoint(receiver.url(), card="own:acme", code=None, credentials=CREDENTIALS)
        message = await b.event()
        [ended] = await b.ended(message)

    assert ended.state is DeliveryState.SUCCEEDED
    assert receiver.got[0].headers["authorization"] == "Bearer key-1"


async def test_a_damaged_card_sends_nothing(each_store):
    shelf = CardShelf({})
    kept = OwnCards(each_store, shelf, parse_card)
    broken = replace_file("card.toml", "title = ")
    await each_store.write(lambda tx: own_cards.put(tx, "own:acme", broken, 5))
    async with (
        receiving(answer) as receiver,
        working(each_store, Scripted(), cards=shelf, refresh_cards=kept.refresh) as b,
    ):
        await b.endpoint(receiver.url(), card="own:acme", code=None, credentials=CREDENTIALS)
        message = await b.event()
        [ended] = await b.ended(message)

    assert ended.state is DeliveryState.TRANSFORM_FAILED
    assert receiver.got == []


def replace_file(path, text):
    return {**FILES, path: text}
