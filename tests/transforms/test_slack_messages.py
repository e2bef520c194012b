"""What the Slack card makes of amounts, names and gaps that the samples do not have."""

import copy
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from cards import BUILT_IN

from server.domain.catalog import EVENT_TYPES
from server.domain.transformations import Result, Returned

pytestmark = pytest.mark.asyncio(loop_scope="module")

Run = Callable[..., Awaitable[Result]]

CODE = BUILT_IN["slack"].default_code


async def message(run: Run, event_type: str, **changes: Any) -> str:
    body = copy.deepcopy(dict(EVENT_TYPES[event_type].sample))
    body["data"].update(changes)
    result = await run(CODE, event_type, body=body)
    assert isinstance(result, Returned), result
    text: str = json.loads(result.payload)["blocks"][0]["text"]["text"]
    return text


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (4999, "USD", "49.99 USD"),
        (5, "EUR", "0.05 EUR"),
        (0, "USD", "0.00 USD"),
        (123456789, "USD", "1,234,567.89 USD"),
        (7800, "JPY", "7,800 JPY"),
        (1000, "KRW", "1,000 KRW"),
        (12345, "KWD", "12.345 KWD"),
        (7, "BHD", "0.007 BHD"),
        (-1500, "USD", "-15.00 USD"),
    ],
)
async def test_an_amount_is_shown_in_the_units_of_its_currency(
    run: Run, amount: int, currency: str, shown: str
) -> None:
    lines = (await message(run, "payment.succeeded", total_amount=amount, currency=currency)).split("\n")
    assert lines[1] == shown


async def test_the_amount_of_a_dispute_is_read_from_text(run: Run) -> None:
    assert "\n1,234.50 EUR\n" in await message(run, "dispute.opened", amount="123450", currency="EUR")


async def test_a_dispute_without_a_customer_is_still_reported(run: Run) -> None:
    text = await message(run, "dispute.opened", customer=None)
    assert text.split("\n")[1:] == ["15.00 USD", "About payment pay_9fTbX2nQw6KzRv4HsLpMc"]


async def test_a_refund_without_an_amount_is_still_reported(run: Run) -> None:
    assert "undefined" not in await message(run, "refund.failed", amount=None, currency=None)


async def test_a_name_cannot_become_markup(run: Run) -> None:
    customer = {"customer_id": "cus_1", "email": "a@b.example", "name": "<!channel> & <https://evil.example|click>"}
    text = await message(run, "payment.succeeded", customer=customer)
    assert "&lt;!channel&gt; &amp; &lt;https://evil.example|click&gt; (a@b.example)" in text
    assert "<" not in text


async def test_a_charge_every_three_months_is_said_so(run: Run) -> None:
    text = await message(run, "subscription.active", payment_frequency_count=3)
    assert "29.00 USD every 3 months" in text


async def test_a_long_comment_is_cut_to_a_section_that_slack_takes(run: Run) -> None:
    comment = "a<😀&" * 1000
    text = await message(run, "subscription.cancelled", cancellation_feedback="other", cancellation_comment=comment)
    lines = text.split("\n")
    assert 2800 < len(text.encode("utf-16-le")) / 2 <= 3000
    assert "@" in lines[2]
    assert lines[3].startswith("other: a&lt;😀&amp;a&lt;")
    assert lines[3].endswith("…")
    assert not lines[3].rstrip("…").endswith(("&", "&l", "&lt", "&a", "&am", "&amp", "\ud83d"))


async def test_a_comment_that_just_fits_is_whole(run: Run) -> None:
    text = await message(run, "subscription.cancelled", cancellation_feedback=None, cancellation_comment="x" * 2500)
    assert "x" * 2500 in text
    assert "…" not in text
