"""Amounts arrive in the unit that each destination counts in, also for currencies with no decimals and with three."""

import copy
import json
from collections.abc import Awaitable, Callable
from functools import reduce
from typing import Any

import pytest
from cards import BUILT_IN

from server.domain.catalog import EVENT_TYPES
from server.domain.transformations import Result, Returned

pytestmark = pytest.mark.asyncio(loop_scope="module")

Run = Callable[..., Awaitable[Result]]

CARDS = BUILT_IN

MAIN_UNIT = [(4999, "USD", 49.99), (7800, "JPY", 7800), (12345, "KWD", 12.345), (0, "EUR", 0)]
HUNDREDTHS = [(4999, "USD", 4999), (7800, "JPY", 780_000), (12345, "KWD", 1235), (0, "EUR", 0)]
AS_TEXT = [(amount, currency, str(number)) for amount, currency, number in MAIN_UNIT]

# Card, code, event type, field with the amount, where it is sent, and what is expected.
PLACES: list[tuple[str, str, str, str, list[str | int], list[tuple[int, str, Any]]]] = [
    ("hubspot", "deals", "payment.succeeded", "total_amount", ["inputs", 0, "properties", "amount"], AS_TEXT),
    ("close", "opportunities", "subscription.active", "recurring_pre_tax_amount", ["value"], HUNDREDTHS),
    ("klaviyo", "default", "payment.succeeded", "total_amount", ["data", "attributes", "value"], MAIN_UNIT),
    ("notion", "default", "payment.succeeded", "total_amount", ["properties", "Amount", "number"], MAIN_UNIT),
    ("airtable", "default", "payment.succeeded", "total_amount", ["records", 0, "fields", "Amount"], MAIN_UNIT),
    ("google_sheets", "default", "payment.succeeded", "total_amount", ["row", "Amount"], MAIN_UNIT),
]


@pytest.mark.parametrize(("card", "code", "event_type", "name", "place", "cases"), PLACES)
async def test_an_amount_is_sent_as_the_destination_counts(
    card: str,
    code: str,
    event_type: str,
    name: str,
    place: list[str | int],
    cases: list[tuple[int, str, Any]],
    run: Run,
) -> None:
    codes = {"default": CARDS[card].default_code} | {each.name: each.code for each in CARDS[card].samples}
    for amount, currency, expected in cases:
        body = copy.deepcopy(dict(EVENT_TYPES[event_type].sample))
        body["data"].update({name: amount, "currency": currency})
        result = await run(codes[code], event_type, body=body, url="https://destination.example")
        assert isinstance(result, Returned), result
        assert reduce(lambda value, step: value[step], place, json.loads(result.payload)) == expected


PERIODS = [
    (1, "Month", 2900, "monthly"),
    (1, "Year", 2900, "annual"),
    (3, "Month", 11_600, "annual"),
    (1, "Week", 150_800, "annual"),
]


@pytest.mark.parametrize(("count", "interval", "value", "period"), PERIODS)
async def test_close_gets_a_period_that_it_knows(run: Run, count: int, interval: str, value: int, period: str) -> None:
    code = next(each.code for each in CARDS["close"].samples if each.name == "opportunities")
    body = copy.deepcopy(dict(EVENT_TYPES["subscription.active"].sample))
    body["data"].update(payment_frequency_count=count, payment_frequency_interval=interval)
    result = await run(code, "subscription.active", body=body, url="https://destination.example")
    assert isinstance(result, Returned), result
    sent = json.loads(result.payload)
    assert (sent["value"], sent["value_period"]) == (value, period)
