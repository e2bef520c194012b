"""Rate limit, attempts at once and order on the Advanced tab; pause and resume; skipping what holds up the line."""

import pytest
from entries import arrived, capturing_endpoint, kept_endpoint, tried
from form import beside, path_of, text_of
from site_under_test import Site

from server.domain.endpoints import Controls, Endpoint
from server.domain.messages import DeliveryState
from server.store import deliveries, endpoints, messages


async def now(site: Site, endpoint: Endpoint) -> Endpoint:
    found = await site.services.store.read(lambda tx: endpoints.get(tx, endpoint.id))
    assert found
    return found


async def test_limits_and_order_are_kept_and_taken_away_again(site: Site) -> None:
    shop = await kept_endpoint(site)

    form = {"rate_limit": "10", "concurrency": " 2 ", "ordered": "on"}
    answer = await site.post(f"/endpoints/{shop.id}/advanced", form)
    assert path_of(answer) == f"/test/endpoints/{shop.id}/advanced"

    assert (await now(site, shop)).controls == Controls(rate_limit=10, concurrency=2, ordered=True)
    page = (await site.get(f"/endpoints/{shop.id}/advanced")).text
    assert 'value="10"' in page
    assert 'value="2"' in page

    await site.post(f"/endpoints/{shop.id}/advanced", {"rate_limit": "", "concurrency": "", "ordered": "off"})
    assert (await now(site, shop)).controls == Controls()


@pytest.mark.parametrize("typed", ["0", "-1", "1.5", "many", "1001", "٣", "9" * 40])
async def test_a_limit_that_makes_no_sense_is_refused_beside_its_field(site: Site, typed: str) -> None:
    shop = await kept_endpoint(site)

    answer = await site.post(f"/endpoints/{shop.id}/advanced", {"rate_limit": typed, "concurrency": "5"})

    assert answer.status_code == 422
    assert beside(answer.text, "rate_limit") == "Enter a whole number from 1 to 1000, or leave empty for no limit."
    assert beside(answer.text, "concurrency") == ""
    assert (await now(site, shop)).controls == Controls()


async def test_a_paused_endpoint_says_what_waits_and_sends_it_when_resumed(site: Site) -> None:
    shop = await capturing_endpoint(site)
    await site.post(f"/endpoints/{shop.id}/pause")
    message = await arrived(site)

    page = text_of((await site.get(f"/endpoints/{shop.id}")).text)
    listed = text_of((await site.get("/endpoints")).text)
    waits = text_of((await site.get(f"/messages/{message.id}")).text)

    assert "Paused: nothing is sent. Events are kept until you resume. 1 delivery waiting." in page
    assert "Paused Capture 1 delivery waiting" in listed
    assert "Waiting until the endpoint is resumed." in waits

    assert path_of(await site.post(f"/endpoints/{shop.id}/resume")) == f"/test/endpoints/{shop.id}"
    while (await one_delivery(site, message.id)).state is not DeliveryState.SUCCEEDED:
        pass
    listed = text_of((await site.get("/endpoints")).text)
    assert "Enabled Capture" in listed and "Paused Capture" not in listed


async def test_sending_again_to_a_paused_endpoint_says_that_it_waits(site: Site) -> None:
    shop = await kept_endpoint(site)
    entry = await tried(site, shop, DeliveryState.FAILED)
    await site.post(f"/endpoints/{shop.id}/pause")

    answer = await site.post(f"/deliveries/{entry.delivery.id}/resend")

    assert "The delivery will be sent when you resume its endpoint." in text_of(
        (await site.get(answer.headers["location"])).text
    )


async def test_the_delivery_that_holds_up_the_line_is_shown_and_skipped(site: Site) -> None:
    shop = await kept_endpoint(site)
    first = await tried(site, shop, DeliveryState.PENDING)
    await tried(site, shop, DeliveryState.PENDING)
    await site.post(f"/endpoints/{shop.id}/advanced", {"ordered": "on"})

    page = (await site.get(f"/endpoints/{shop.id}")).text
    assert f'action="/test/deliveries/{first.delivery.id}/skip"' in page
    assert f'href="/test/messages/{first.message.id}"' in page
    assert "1 delivery waiting behind it." in text_of(page)

    form = {"back": f"/test/endpoints/{shop.id}"}
    assert path_of(await site.post(f"/deliveries/{first.delivery.id}/skip", form)) == f"/test/endpoints/{shop.id}"
    assert (await one_delivery(site, first.message.id)).state is DeliveryState.STOPPED
    assert "Skipped" in text_of((await site.get(f"/messages/{first.message.id}")).text)


async def test_what_ended_or_is_under_way_is_not_skipped(site: Site) -> None:
    shop = await kept_endpoint(site, controls=Controls(ordered=True))
    ended = await tried(site, shop)

    answer = await site.post(f"/deliveries/{ended.delivery.id}/skip")

    assert answer.status_code == 422
    assert "This delivery is no longer waiting, or an attempt is in progress." in text_of(answer.text)
    assert (await one_delivery(site, ended.message.id)).state is DeliveryState.SUCCEEDED
    assert (await site.post("/deliveries/dlv_0/skip")).status_code == 404


async def one_delivery(site: Site, message_id: str):  # type: ignore[no-untyped-def]
    found = await site.services.store.read(lambda tx: messages.of_messages(tx, [message_id]))
    [delivery] = found[message_id]
    return await site.services.store.read(lambda tx: deliveries.get(tx, delivery.id))
