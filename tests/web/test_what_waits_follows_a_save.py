"""Saving an endpoint says what it did to waiting deliveries; one delivery is stopped with a button."""

from entries import kept_endpoint, tried
from form import a_form, text_of
from site_under_test import Site

from server.domain.messages import DeliveryState
from server.store import deliveries


async def test_deselecting_a_type_says_how_many_waiting_deliveries_it_stopped(site: Site) -> None:
    shop = await kept_endpoint(site)
    entry = await tried(site, shop, DeliveryState.PENDING)
    await tried(site, shop, DeliveryState.PENDING)

    form = a_form(listen="some", event_types=["credit.added"])
    answer = await site.post(f"/endpoints/{shop.id}/edit", form)
    said = text_of((await site.get(answer.headers["location"])).text)
    assert "Endpoint saved. Waiting deliveries stopped because they no longer match: 2." in said

    page = text_of((await site.get(f"/messages/{entry.message.id}")).text)
    assert "Stopped" in page
    assert "The endpoint's event types or filter changed, and this event no longer matches." in page

    again = await site.post(f"/endpoints/{shop.id}/edit", form)
    assert "Waiting deliveries" not in text_of((await site.get(again.headers["location"])).text)


async def test_an_address_cannot_put_words_into_the_page(site: Site) -> None:
    page = await site.get("/endpoints?said=endpoint-changed.stopped-<b>.what-3.ended-²")
    assert "Endpoint saved." in text_of(page.text)
    assert "Waiting deliveries" not in page.text


async def test_a_delivery_is_stopped_with_a_button_and_can_be_sent_again(site: Site) -> None:
    shop = await kept_endpoint(site)
    entry = await tried(site, shop, DeliveryState.PENDING)
    page = (await site.get(f"/messages/{entry.message.id}")).text
    assert f'action="/test/deliveries/{entry.delivery.id}/stop"' in page

    answer = await site.post(f"/deliveries/{entry.delivery.id}/stop")
    said = text_of((await site.get(answer.headers["location"])).text)
    assert "Delivery stopped." in said
    assert "Skipped or stopped manually." in said
    kept = await site.services.store.read(lambda tx: deliveries.get(tx, entry.delivery.id))
    assert kept is not None
    assert kept.state is DeliveryState.STOPPED
    assert (await site.post(f"/deliveries/{entry.delivery.id}/stop")).status_code == 422


async def test_a_delivery_that_is_not_there_cannot_be_stopped(site: Site) -> None:
    assert (await site.post("/deliveries/dlv_0/stop")).status_code == 404
