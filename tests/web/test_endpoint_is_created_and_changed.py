"""An endpoint's life: created from a card, changed, disabled, deleted."""

from typing import Any

from builders import a_message
from form import PLAIN, a_form, beside, customer_io, path_of
from site_under_test import Site

from server.domain.endpoints import Destination, Endpoint
from server.store import deliveries, endpoints, messages


async def created(site: Site, form: dict[str, Any]) -> Endpoint:
    endpoint_id = path_of(await site.post("/endpoints", form)).split("/")[3]
    return await kept(site, endpoint_id)


async def kept(site: Site, endpoint_id: str) -> Endpoint:
    found: Endpoint | None = await site.services.store.read(lambda tx: endpoints.get(tx, endpoint_id))
    assert found
    return found


async def test_a_good_form_becomes_an_endpoint_with_version_1_and_a_signing_secret(site: Site) -> None:
    form = a_form(
        listen="chosen",
        event_types=["payment.succeeded"],
        variables_key=["TEAM", ""],
        variables_value=["blue", ""],
        headers_key=["X-Team"],
        headers_value=["payments"],
    )

    endpoint = await created(site, form)

    assert endpoint.source_id == site.source.id
    assert endpoint.url == "https://example.com/hook"
    assert endpoint.description == "Our shop"
    assert endpoint.event_types == frozenset({"payment.succeeded"})
    assert endpoint.variables == {"TEAM": "blue"}
    assert endpoint.headers == {"X-Team": "payments"}
    assert endpoint.secret.startswith("whsec_")
    assert endpoint.transforming
    assert endpoint.version
    assert (endpoint.version.number, endpoint.version.code) == (1, PLAIN)


async def test_line_ends_of_a_browser_do_not_become_part_of_the_code(site: Site) -> None:
    endpoint = await created(site, a_form(code=PLAIN.replace("\n", "\r\n")))

    assert endpoint.version
    assert endpoint.version.code == PLAIN


async def test_customer_io_gets_the_address_of_its_region(site: Site) -> None:
    endpoint = await created(site, customer_io(credentials__region="eu"))

    assert endpoint.url == "https://track-eu.customer.io/api/v2/entity"
    assert endpoint.credentials["api_key"] == "0d9c8b7a6f5e4d3c2b1a"


async def test_capture_needs_neither_account_nor_url(site: Site) -> None:
    without_keys = {"credentials__site_id": "", "credentials__api_key": ""}

    assert (await created(site, customer_io(destination="capture", **without_keys))).destination is Destination.CAPTURE
    assert (await created(site, a_form(destination="capture", url=""))).url == "https://url-not-set.invalid/"


async def test_switching_from_capture_to_send_asks_for_what_is_missing(site: Site) -> None:
    endpoint = await created(site, a_form(destination="capture", url=""))

    answer = await site.post(f"/endpoints/{endpoint.id}/advanced", {"destination": "send"})

    assert answer.status_code == 422
    assert beside(answer.text, "destination") == "Enter the URL that events are sent to."
    assert (await kept(site, endpoint.id)).destination is Destination.CAPTURE


async def test_an_empty_secret_keeps_the_stored_one_and_the_page_never_shows_it(site: Site) -> None:
    endpoint = await created(site, customer_io())

    page = await site.get(f"/endpoints/{endpoint.id}/edit")
    form = customer_io(credentials__api_key="", credentials__site_id="another-site", description="Renamed")
    path_of(await site.post(f"/endpoints/{endpoint.id}/edit", form))

    assert "0d9c8b7a6f5e4d3c2b1a" not in page.text
    after = await kept(site, endpoint.id)
    assert after.credentials["api_key"] == "0d9c8b7a6f5e4d3c2b1a"
    assert after.credentials["site_id"] == "another-site"
    assert after.description == "Renamed"
    assert after.version == endpoint.version


async def test_disabling_stops_what_waits_and_enabling_lets_events_through_again(site: Site) -> None:
    endpoint = await created(site, a_form(url="https://never.invalid/"))
    message = a_message(site.source, received_at=site.services.now() + 3_600_000)
    await site.services.store.write(lambda tx: messages.receive(tx, [message]))

    path_of(await site.post(f"/endpoints/{endpoint.id}/disable"))
    disabled = await kept(site, endpoint.id)
    waiting = await site.services.store.read(lambda tx: deliveries.waiting(tx, endpoint.id))
    path_of(await site.post(f"/endpoints/{endpoint.id}/enable"))

    assert disabled.disabled
    assert waiting == 0
    assert not (await kept(site, endpoint.id)).disabled


async def test_a_deleted_endpoint_is_not_found(site: Site) -> None:
    endpoint = await created(site, a_form())

    assert path_of(await site.post(f"/endpoints/{endpoint.id}/delete")) == "/test/endpoints"

    answer = await site.get(f"/endpoints/{endpoint.id}")
    assert answer.status_code == 404
    assert "This endpoint was deleted. It can be restored under Recently deleted." in answer.text


async def test_a_transformation_without_code_cannot_be_switched_on(site: Site) -> None:
    endpoint = await created(site, a_form(transforming=None, code=""))

    answer = await site.post(f"/endpoints/{endpoint.id}/advanced", {"transforming": "on"})

    assert answer.status_code == 422
    assert "Write the transformation before you enable it." in answer.text
    assert not (await kept(site, endpoint.id)).transforming


async def test_headers_are_changed_on_the_advanced_tab(site: Site) -> None:
    endpoint = await created(site, a_form())

    path_of(await site.post(f"/endpoints/{endpoint.id}/advanced", {"headers_key": ["X-A"], "headers_value": ["1"]}))
    refused = await site.post(f"/endpoints/{endpoint.id}/advanced", {"headers_key": ["te"], "headers_value": ["2"]})

    assert refused.status_code == 422
    assert "The header te is reserved: Hookbench or the connection sets it." in refused.text
    assert (await kept(site, endpoint.id)).headers == {"X-A": "1"}
