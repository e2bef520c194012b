"""A message's page names the endpoints that it did not go to, with the reason."""

from entries import arrived, kept_endpoint
from form import text_of
from site_under_test import Site

from server.domain.conditions import Condition, Operator

EURO = Condition("data.currency", Operator.EQUALS, "EUR")
BODY = b'{"type":"payment.succeeded","data":{"currency":"<b>USD</b>"}}'


async def test_each_endpoint_that_was_passed_over_has_its_reason(site: Site) -> None:
    await kept_endpoint(site, description="Takes all")
    await kept_endpoint(site, description="Refunds", event_types=frozenset({"refund.succeeded"}))
    await kept_endpoint(site, description="Euros", conditions=(EURO,))
    await kept_endpoint(site, description="Coupons", conditions=(Condition("data.coupon", Operator.EXISTS, ""),))
    await kept_endpoint(site, description="Off", disabled=True)
    message = await arrived(site, body=BODY)
    await kept_endpoint(site, description="Later", created_at=message.received_at + 1)
    await kept_endpoint(site, description="Since changed", created_at=message.received_at)

    page = (await site.get(f"/messages/{message.id}")).text

    text = text_of(page.partition("Endpoints that did not receive it")[2])
    for said in (
        "Refunds It is not subscribed to payment.succeeded.",
        'Euros Its filter requires data.currency = EUR, but in this event the value is "<b>USD</b>".',
        "Coupons Its filter requires data.coupon exists, but this event has no such field.",
        "Off It is disabled.",
        "Later It was created after this event arrived.",
        "Since changed It would receive such an event now.",
    ):
        assert said in text
    assert "Takes all" not in text.partition("Based on the endpoints' current settings.")[0]
    assert "<b>USD" not in page


async def test_a_message_that_all_got_passes_nobody_over(site: Site) -> None:
    await kept_endpoint(site)
    message = await arrived(site)

    assert "did not receive it" not in (await site.get(f"/messages/{message.id}")).text
