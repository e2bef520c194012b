"""Resend: one more attempt now, from the message's page."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from claiming import claim_due
from entries import arrived, capturing_endpoint, kept_endpoint, tried
from form import path_of, text_of
from site_under_test import Site

from server.domain.messages import AttemptOutcome, DeliveryState, Trigger
from server.store import attempts, deliveries, endpoints


async def made(site: Site, message_id: str, count: int) -> Any:
    """The attempts of a message once there are ``count`` of them, newest first."""
    while True:
        found = await site.services.store.read(lambda tx: attempts.of_message(tx, message_id))
        if len(found) >= count:
            return found


async def test_resending_makes_a_new_attempt_and_leads_back_to_the_message(site: Site) -> None:
    await capturing_endpoint(site)
    message = await arrived(site)
    [first] = await made(site, message.id, 1)

    answer = await site.post(f"/deliveries/{first.delivery_id}/resend")

    assert path_of(answer) == f"/test/messages/{message.id}"
    second, again = await made(site, message.id, 2)
    assert again == first
    assert (second.number, second.trigger) == (2, Trigger.RESEND)
    assert "Resend" in text_of((await site.get(f"/messages/{message.id}")).text)


async def test_what_was_parked_is_sent_again_with_the_code_as_it_is_now(site: Site) -> None:
    shop = await capturing_endpoint(site)
    entry = await tried(site, shop, DeliveryState.TRANSFORM_FAILED)

    await site.post(f"/deliveries/{entry.delivery.id}/resend")

    assert (await made(site, entry.message.id, 2))[0].outcome is AttemptOutcome.CAPTURED
    assert await state(site, entry) is DeliveryState.SUCCEEDED


async def test_a_delivery_to_a_disabled_endpoint_is_not_sent_again(site: Site) -> None:
    shop = await kept_endpoint(site)
    entry = await tried(site, shop, DeliveryState.FAILED)
    await site.post(f"/endpoints/{shop.id}/disable")

    answer = await site.post(f"/deliveries/{entry.delivery.id}/resend")

    assert answer.status_code == 422
    assert "The endpoint is disabled. Enable it to resend." in text_of(answer.text)
    assert await state(site, entry) is DeliveryState.FAILED


async def test_a_delivery_to_a_deleted_endpoint_is_not_sent_again(site: Site) -> None:
    shop = await kept_endpoint(site, description="Old shop")
    entry = await tried(site, shop, DeliveryState.FAILED)
    await site.post(f"/endpoints/{shop.id}/delete")
    assert await site.services.store.read(lambda tx: endpoints.get(tx, shop.id)) is None

    answer = await site.post(f"/deliveries/{entry.delivery.id}/resend")

    assert answer.status_code == 422
    assert "The endpoint of this delivery was deleted." in text_of(answer.text)
    page = await site.get(f"/messages/{entry.message.id}")
    assert "Old shop" in text_of(page.text)
    assert "/resend" not in page.text


async def test_what_is_under_way_is_not_sent_twice(site: Site) -> None:
    shop = await kept_endpoint(site)
    entry = await tried(site, shop, DeliveryState.PENDING)
    due = entry.message.received_at + 10 * 60 * 60 * 1000
    await site.services.store.write(lambda tx: claim_due(tx, "other", due, due + 60_000))

    answer = await site.post(f"/deliveries/{entry.delivery.id}/resend")

    assert answer.status_code == 422
    assert "An attempt is in progress." in text_of(answer.text)


async def test_buttons_keep_the_filters_of_the_log_that_led_to_the_message(site: Site) -> None:
    shop = await kept_endpoint(site)
    entry = await tried(site, shop, DeliveryState.PENDING)
    log = "type=payment.%2A&slower=9"
    page = (await site.get(f"/messages/{entry.message.id}", params={"log": log})).text
    field = f'<input type="hidden" name="log" value="{log.replace("&", "&amp;")}">'
    assert page.count(field) >= 2  # Stop, Resend
    assert 'name="log"' not in (await site.get(f"/messages/{entry.message.id}")).text

    for action in ("stop", "resend", "skip"):
        answer = await site.post(f"/deliveries/{entry.delivery.id}/{action}", {"log": f"{log}&no=1&before=2"})
        if answer.status_code == 422:
            assert field in answer.text
        else:
            led = parse_qs(urlsplit(answer.headers["location"]).query)
            assert led["log"] == [log]
            assert path_of(answer) == f"/test/messages/{entry.message.id}"


async def test_a_refused_button_keeps_them_too(site: Site) -> None:
    shop = await kept_endpoint(site)
    entry = await tried(site, shop, DeliveryState.FAILED)
    await site.post(f"/endpoints/{shop.id}/disable")

    for action in ("stop", "resend", "skip"):
        answer = await site.post(f"/deliveries/{entry.delivery.id}/{action}", {"log": "type=payment.%2A"})
        assert answer.status_code == 422
        assert "log=type%3Dpayment.%252A" in answer.text


async def test_an_unknown_delivery_is_not_found(site: Site) -> None:
    assert (await site.post("/deliveries/dlv_0/resend")).status_code == 404


async def state(site: Site, entry: Any) -> DeliveryState:
    found = await site.services.store.read(lambda tx: deliveries.get(tx, entry.delivery.id))
    assert found
    return DeliveryState(found.state)
