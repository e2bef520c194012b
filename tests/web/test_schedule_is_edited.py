"""The Advanced tab: an endpoint's own schedule of retries, shown before it is saved, and back to Dodo's."""

import pytest
from entries import kept_endpoint
from form import beside, path_of, text_of
from site_under_test import Site

from server.domain.endpoints import Controls, Endpoint
from server.domain.schedules import DODO_SCHEDULE, HOUR, MINUTE
from server.store import endpoints

FRAGMENT = {"hx-request": "true", "hx-request-type": "partial"}


async def now(site: Site, endpoint: Endpoint) -> Endpoint:
    found = await site.services.store.read(lambda tx: endpoints.get(tx, endpoint.id))
    assert found
    return found


async def test_dodos_schedule_is_shown_with_when_each_attempt_would_come(site: Site) -> None:
    shop = await kept_endpoint(site)

    page = await site.get(f"/endpoints/{shop.id}/advanced")

    assert 'value="0s, 5s, 5m, 30m, 2h, 5h, 10h, 10h"' in page.text
    text = text_of(page.text)
    assert "8 attempts over 1 d 3 h 35 min 5 s · Dodo's schedule" in text
    assert "1 immediately 2 after 5 s +5 s 3 after 5 min 5 s +5 min 4 after 35 min 5 s +30 min" in text
    assert "Reset to Dodo's schedule" not in text


async def test_a_schedule_of_ones_own_is_kept(site: Site) -> None:
    shop = await kept_endpoint(site)

    answer = await site.post(f"/endpoints/{shop.id}/advanced", {"schedule": " 0s, 1m ,1h30m"})

    assert path_of(answer) == f"/test/endpoints/{shop.id}/advanced"
    assert (await now(site, shop)).controls.schedule == (0, MINUTE, 90 * MINUTE)
    text = text_of((await site.get(f"/endpoints/{shop.id}/advanced")).text)
    assert "3 attempts over 1 h 31 min" in text
    assert "Reset to Dodo's schedule" in text


async def test_it_goes_back_to_dodos(site: Site) -> None:
    shop = await kept_endpoint(site, controls=Controls(schedule=(0, HOUR), rate_limit=3))

    await site.post(f"/endpoints/{shop.id}/advanced", {"schedule": "whatever stands there", "reset": "1"})

    assert (await now(site, shop)).controls == Controls(schedule=DODO_SCHEDULE, rate_limit=3)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Enter 1 to 20 delays, one for each attempt, separated by commas."),
        ("0s, 8d", "The delay before attempt 2 is longer than 7 days."),
        ("0s, <b>", "“<b>” is not a delay. Enter a number and a unit, for example 5s, 5m, 2h, 1d or 1h30m."),
    ],
)
async def test_a_schedule_that_cannot_be_read_is_refused_beside_its_field(
    site: Site, typed: str, sentence: str
) -> None:
    shop = await kept_endpoint(site)

    answer = await site.post(f"/endpoints/{shop.id}/advanced", {"schedule": typed})

    assert answer.status_code == 422
    assert beside(answer.text, "schedule") == sentence
    assert "<b>" not in answer.text
    assert (await now(site, shop)).controls.schedule == DODO_SCHEDULE


async def test_a_preview_keeps_nothing(site: Site) -> None:
    shop = await kept_endpoint(site)

    whole = await site.get(f"/endpoints/{shop.id}/advanced", params={"schedule": "10s, 1m"})
    part = await site.get(f"/endpoints/{shop.id}/advanced", params={"schedule": "10s, 1m"}, headers=FRAGMENT)
    wrong = await site.get(f"/endpoints/{shop.id}/advanced", params={"schedule": "soon"}, headers=FRAGMENT)

    assert 'value="10s, 1m"' in whole.text
    assert "<html" not in part.text
    assert "2 attempts over 1 min 10 s 1 after 10 s 2 after 1 min 10 s +1 min" in text_of(part.text)
    assert "“soon” is not a delay." in text_of(wrong.text)
    assert (await now(site, shop)).controls.schedule == DODO_SCHEDULE
