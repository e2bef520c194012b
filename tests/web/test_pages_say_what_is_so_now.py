"""Figures count what their labels say, nothing is called parked that is not, and lists follow what happens."""

import pytest
from entries import capturing_endpoint, kept_endpoint, tried
from form import a_form, text_of
from site_under_test import Site

from server.delivery.feed import Changed
from server.domain.activity import Counts
from server.domain.messages import AttemptError, AttemptOutcome, DeliveryState
from server.domain.transformations import FailureKind
from server.store import endpoints, versions

FRAGMENT = {"hx-request": "true", "hx-request-type": "partial"}


def test_the_error_rate_is_the_share_of_attempts_that_somebody_may_have_to_look_at() -> None:
    counts = Counts(succeeded=3, captured=4, cancelled=5, transform_failed=2, failed=1)
    assert counts.error_rate == pytest.approx(3 / 15)
    assert Counts().error_rate is None


async def test_nothing_is_called_parked_once_it_went_out(site: Site) -> None:
    shop = await capturing_endpoint(site)
    failed = {"outcome": AttemptOutcome.TRANSFORM_FAILED, "error": AttemptError(FailureKind.THREW, "no")}
    entry = await tried(site, shop, DeliveryState.TRANSFORM_FAILED, **failed)
    await site.post(f"/endpoints/{shop.id}/pause")
    waits = "It is parked until you fix it."
    parked = "arked until the transformation is fixed."

    assert waits in text_of((await site.get("/notices")).text)
    assert text_of((await site.get(f"/messages/{entry.message.id}")).text).count(parked) == 2

    await site.post(f"/deliveries/{entry.delivery.id}/resend")
    for address in ("/notices", f"/endpoints/{shop.id}"):
        page = text_of((await site.get(address)).text)
        assert waits not in page
        assert "The transformation failed for one event. It is no longer parked." in page
    assert parked not in text_of((await site.get(f"/messages/{entry.message.id}")).text)


async def test_the_list_of_endpoints_is_a_live_part_of_its_page(site: Site) -> None:
    await kept_endpoint(site, description="Our shop")
    page = await site.get("/endpoints")
    assert f'data-live="source:{site.source.id}"' in page.text
    part = await site.get("/endpoints", headers=FRAGMENT)
    assert part.text.lstrip().startswith("<div")
    assert "Our shop" in part.text


async def test_creating_saving_restoring_and_deleting_tell_open_pages(site: Site) -> None:
    with site.services.feed.listen() as told:
        await site.post("/endpoints", a_form())
        [shop] = await site.services.store.read(lambda tx: endpoints.of_source(tx, site.source.id))
        about = Changed(site.source.id, None, shop.id)
        assert told.unread() == [about]

        code = "function handler(webhook) { return null; }"
        await site.post(f"/endpoints/{shop.id}/transformation", {"code": code, "transforming": "on"})
        assert about in told.unread()

        first = (await site.services.store.read(lambda tx: versions.history(tx, shop.id)))[-1]
        await site.post(f"/endpoints/{shop.id}/versions/{first.id}/restore")
        assert about in told.unread()

        await site.post(f"/endpoints/{shop.id}/delete")
        assert about in told.unread()


async def test_a_status_filter_shows_the_delivery_that_fits(site: Site) -> None:
    good = [await kept_endpoint(site, description=f"Good {number}") for number in range(3)]
    bad = await kept_endpoint(site, description="Broken shop")
    entry = await tried(site, bad, DeliveryState.FAILED)
    assert entry.delivery.endpoint_id == bad.id
    for address in ("/logs?status=failed", f"/logs?endpoint={bad.id}"):
        text = text_of((await site.get(address)).text)
        row = text.split("payment.succeeded")[-1]
        assert row.index("Broken shop") < row.index(f"Good {len(good) - 2}")


async def test_captured_is_named_so_wherever_a_delivery_is_shown(site: Site) -> None:
    shop = await capturing_endpoint(site)
    entry = await tried(site, shop, outcome=AttemptOutcome.CAPTURED, response=None)
    assert ": Captured" in text_of((await site.get("/logs")).text)
    assert 'data-state="succeeded"' not in (await site.get(f"/messages/{entry.message.id}")).text
    assert entry.message.id in (await site.get("/logs?status=captured")).text
    assert entry.message.id not in (await site.get("/logs?status=succeeded")).text
