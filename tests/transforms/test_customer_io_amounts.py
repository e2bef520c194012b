"""Customer.io gets amounts as numbers in the currency's main unit, so that campaigns can compare and print them."""

import copy
import json
from collections.abc import Awaitable, Callable

import pytest
from cards import BUILT_IN

from server.domain.catalog import EVENT_TYPES
from server.domain.transformations import Cancelled, Result, Returned

pytestmark = pytest.mark.asyncio(loop_scope="module")

Run = Callable[..., Awaitable[Result]]

CODE = BUILT_IN["customer_io"].default_code


@pytest.mark.parametrize(
    ("amount", "currency", "sent"), [(4999, "USD", 49.99), (7800, "JPY", 7800), (12345, "KWD", 12.345), (0, "EUR", 0)]
)
async def test_an_amount_is_sent_in_the_main_unit(run: Run, amount: int, currency: str, sent: float) -> None:
    body = copy.deepcopy(dict(EVENT_TYPES["payment.succeeded"].sample))
    body["data"].update(total_amount=amount, currency=currency)
    result = await run(CODE, "payment.succeeded", body=body)
    assert isinstance(result, Returned), result
    assert json.loads(result.payload)["attributes"]["amount"] == sent


async def test_an_event_that_names_no_customer_is_cancelled(run: Run) -> None:
    body = copy.deepcopy(dict(EVENT_TYPES["dunning.started"].sample))
    del body["data"]["customer_id"]
    assert isinstance(await run(CODE, "dunning.started", body=body), Cancelled)
