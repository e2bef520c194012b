"""Each card's code, run on all sample payloads, gives what its ``expected`` files say and what its contract allows."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from server.actions.cards import load_cards
from server.assets import transforms_dir
from server.domain.cards import Card
from server.domain.catalog import EVENT_TYPES, sample_json
from server.domain.transformations import Cancelled, Result, Returned

Run = Callable[..., Awaitable[Result]]

pytestmark = pytest.mark.asyncio(loop_scope="module")

CARDS = load_cards(transforms_dir())
TYPED_URL = "https://destination.example/hooks"
ENV = {"API_KEY": "value-of-the-variable"}


def codes(card: Card) -> dict[str, str]:
    return {"default": card.default_code} | {sample.name: sample.code for sample in card.samples}


EVERY_CODE = [
    pytest.param(card, name, code, id=f"{card.name}-{name}")
    for card in CARDS.values()
    for name, code in codes(card).items()
]


def folder(card: Card) -> Path:
    return transforms_dir() / card.name


def expected(card: Card, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder(card) / "expected" / f"{name}.json").read_text(encoding="utf-8"))
    return content


def contract(card: Card) -> Draft202012Validator:
    schema = json.loads((folder(card) / "contract.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize(("card", "name", "code"), EVERY_CODE)
async def test_the_result_is_the_expected_one_for_every_event_type(card: Card, name: str, code: str, run: Run) -> None:
    promised = expected(card, name)
    url = TYPED_URL if card.asks_url else card.default_url({})
    for event_type in EVENT_TYPES:
        result = await run(code, event_type, url=url, env=ENV)
        hold(result, promised.get(event_type, promised.get("*")), event_type, url)


@pytest.mark.parametrize(("card", "name", "code"), EVERY_CODE)
async def test_whatever_is_sent_is_accepted_by_the_destinations_contract(
    card: Card, name: str, code: str, run: Run
) -> None:
    accepted = contract(card)
    for event_type in EVENT_TYPES:
        result = await run(code, event_type, url=TYPED_URL)
        if isinstance(result, Returned):
            accepted.validate(json.loads(result.payload))


def hold(result: Result, promised: Any, event_type: str, url: str) -> None:
    """Hold a result against an entry of an ``expected`` file; transforms/README.md says what an entry may be."""
    assert promised is not None, f"{event_type}: no entry, and no entry for *"
    if promised == "cancelled":
        assert isinstance(result, Cancelled), event_type
        return
    assert isinstance(result, Returned), f"{event_type}: {result}"
    if promised == "sent":
        return
    differences = {} if promised == "unchanged" else promised
    assert differences.keys() <= {"url", "method", "headers", "payload"}, event_type
    assert result.url == differences.get("url", url), event_type
    assert result.method == differences.get("method", "POST"), event_type
    assert dict(result.headers) == differences.get("headers", {}), event_type
    assert json.loads(result.payload) == differences.get("payload", json.loads(sample_json(event_type))), event_type


LONG = "&<😀 long " * 700
FREE = ("name", "remarks", "reason", "error_message", "error_code", "cancellation_comment", "description", "state")
"""Fields in which people or banks write what they like, as long as they like."""


def with_long_texts(value: Any) -> Any:
    if isinstance(value, list):
        return [with_long_texts(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: LONG if name in FREE else with_long_texts(each) for name, each in value.items()}


@pytest.mark.parametrize(("card", "name", "code"), EVERY_CODE)
async def test_long_texts_are_cut_to_what_the_destination_takes(card: Card, name: str, code: str, run: Run) -> None:
    accepted = contract(card)
    for event_type in EVENT_TYPES:
        body = with_long_texts(json.loads(sample_json(event_type)))
        result = await run(code, event_type, url=TYPED_URL, body=body)
        assert isinstance(result, Returned | Cancelled), (event_type, result)
        if isinstance(result, Returned):
            accepted.validate(json.loads(result.payload))
