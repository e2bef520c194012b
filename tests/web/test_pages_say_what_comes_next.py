"""What follows an attempt and why; why an endpoint is disabled, and when it will be."""

import pytest
from entries import kept_endpoint, tried
from form import a_form, text_of
from site_under_test import Site

from server.domain.endpoints import Controls, DisabledBecause
from server.domain.health import HEALTHY, Health
from server.domain.messages import AttemptOutcome, DeliveryState, RetryReason
from server.domain.operational_events import disabled
from server.domain.schedules import DAY, HOUR
from server.store import endpoints, operational_events


@pytest.mark.parametrize(
    ("because", "words"),
    [
        (RetryReason.SCHEDULE, "attempt 2 of 8 · retry schedule"),
        (RetryReason.RETRY_AFTER, "attempt 2 of 8 · requested by the destination (Retry-After)"),
        (RetryReason.REST, "attempt 2 of 8 · at least a minute after a 429 or a timeout"),
    ],
)
async def test_the_next_attempt_has_its_time_its_number_and_its_reason(
    site: Site, because: RetryReason, words: str
) -> None:
    shop = await kept_endpoint(site)
    at = site.services.now() + 2 * HOUR
    entry = await tried(site, shop, DeliveryState.PENDING, outcome=AttemptOutcome.REJECTED, next_at=at, because=because)

    text = text_of((await site.get(f"/messages/{entry.message.id}")).text)

    number, _, reason = words.partition(" · ")
    assert [text.count(each) for each in ("Next attempt", number, reason)] == [1, 1, 1]
    for page in (f"/test/endpoints/{shop.id}", "/test/logs?view=attempts"):
        assert reason in text_of((await site.get(page)).text)


async def test_no_time_is_promised_for_what_was_stopped(site: Site) -> None:
    shop = await kept_endpoint(site)
    at, because = site.services.now() + 2 * HOUR, RetryReason.SCHEDULE
    entry = await tried(site, shop, DeliveryState.PENDING, outcome=AttemptOutcome.REJECTED, next_at=at, because=because)
    await site.post(f"/endpoints/{shop.id}/disable")

    for page in (f"/messages/{entry.message.id}", f"/endpoints/{shop.id}"):
        text = text_of((await site.get(page)).text)
        assert "Next attempt" not in text and "retry schedule" not in text


async def test_the_number_goes_by_the_endpoints_own_schedule(site: Site) -> None:
    shop = await kept_endpoint(site, controls=Controls(schedule=(0, HOUR, HOUR)))
    entry = await tried(
        site, shop, DeliveryState.PENDING, outcome=AttemptOutcome.REJECTED, because=RetryReason.SCHEDULE
    )

    assert "attempt 2 of 3" in text_of((await site.get(f"/messages/{entry.message.id}")).text)


@pytest.mark.parametrize(
    ("because", "words"),
    [
        (RetryReason.EXHAUSTED, "this was the last one."),
        (RetryReason.GONE, "the destination returned 410 Gone, so the endpoint was disabled."),
        (RetryReason.ABORT, "the destination requested to stop (webhook-delivery: abort-message)."),
        (RetryReason.ONCE, "examples are sent once."),
    ],
)
async def test_why_none_follows_is_said(site: Site, because: RetryReason, words: str) -> None:
    shop = await kept_endpoint(site)
    entry = await tried(site, shop, DeliveryState.FAILED, outcome=AttemptOutcome.REJECTED, because=because)

    assert f"No further attempts: {words}" in text_of((await site.get(f"/messages/{entry.message.id}")).text)


@pytest.mark.parametrize(
    ("because", "page_says", "list_says"),
    [
        (DisabledBecause.GONE, "Disabled. The destination returned 410 Gone.", "Destination returned 410 Gone"),
        (DisabledBecause.ASKED, "Disabled. The destination requested it", "Requested by the destination"),
        (DisabledBecause.FAILING, "Disabled. Every attempt had failed since", "All attempts failed for days"),
        (DisabledBecause.PERSON, "Disabled. It was disabled manually.", "Disabled"),
    ],
)
async def test_a_disabled_endpoint_says_why(
    site: Site, because: DisabledBecause, page_says: str, list_says: str
) -> None:
    began = site.services.now() - 6 * DAY
    health = Health(began, None, began + 13 * HOUR, began + 5 * DAY)
    shop = await kept_endpoint(site, disabled=True, disabled_because=because, health=health)

    for page in ("", "/testing", "/advanced"):
        assert page_says in text_of((await site.get(f"/endpoints/{shop.id}{page}")).text)
    assert list_says in text_of((await site.get("/endpoints")).text)

    await site.post(f"/endpoints/{shop.id}/enable")
    enabled = await site.services.store.read(lambda tx: endpoints.get(tx, shop.id))
    assert enabled is not None
    assert (enabled.disabled, enabled.disabled_because, enabled.health) == (False, None, HEALTHY)
    assert page_says not in text_of((await site.get(f"/endpoints/{shop.id}")).text)


async def test_a_disabled_endpoint_says_when_whatever_was_changed_since(site: Site) -> None:
    shop = await kept_endpoint(site, disabled=True, disabled_because=DisabledBecause.GONE)
    for at in (1_790_000_000_000, 1_790_050_000_000):
        happened = disabled(shop.source_id, shop.id, DisabledBecause.GONE, at, None)
        await site.services.store.write(lambda tx, happened=happened: operational_events.add(tx, happened))
    await site.post(f"/endpoints/{shop.id}/advanced", {"headers_key": "X-Team", "headers_value": "payments"})

    for page in ("", "/advanced", "/head"):
        text = text_of((await site.get(f"/endpoints/{shop.id}{page}")).text)
        assert "Disabled 22 Sep 2026, 04:06:40 UTC . The destination returned 410 Gone." in text


@pytest.mark.parametrize("because", [DisabledBecause.GONE, DisabledBecause.FAILING])
async def test_a_disabled_endpoint_leads_to_what_it_missed(site: Site, because: DisabledBecause) -> None:
    began = site.services.now() - 6 * DAY
    health = Health(began, None, began + 13 * HOUR, began + 5 * DAY)
    shop = await kept_endpoint(site, disabled=True, disabled_because=because, health=health)
    way = f"/test/endpoints/{shop.id}/replays/new?kind=missing"

    for page in ("", "/advanced"):
        assert f'href="{way}"' in (await site.get(f"/endpoints/{shop.id}{page}")).text
    assert "Replay missing" in text_of((await site.get(way)).text)


async def test_a_failing_endpoint_says_since_when_and_when_it_will_be_disabled(site: Site) -> None:
    health = Health(1_790_000_000_000, None, 1_790_050_000_000)
    shop = await kept_endpoint(site, health=health)

    text = text_of((await site.get(f"/endpoints/{shop.id}")).text)
    listed = text_of((await site.get("/endpoints")).text)

    assert "Every attempt has failed since 21 Sep 2026, 14:13:20 UTC" in text
    assert "The first failure after 27 Sep 2026, 04:06:40 UTC disables the endpoint, unless" in text
    assert "Failing Will be disabled after 27 Sep 2026, 04:06:40 UTC" in listed


async def test_parked_says_that_it_is_not_tried_again(site: Site) -> None:
    shop = await kept_endpoint(site)
    entry = await tried(site, shop, DeliveryState.TRANSFORM_FAILED, outcome=AttemptOutcome.TRANSFORM_FAILED)

    text = text_of((await site.get(f"/messages/{entry.message.id}")).text)
    assert "Parked until the transformation is fixed." in text


async def test_another_address_begins_with_a_clean_record(site: Site) -> None:
    health = Health(1_790_000_000_000, None, 1_790_050_000_000)
    shop = await kept_endpoint(site, health=health)

    async def after(**changes: str) -> Health:
        await site.post(f"/endpoints/{shop.id}/edit", a_form(**changes))
        found = await site.services.store.read(lambda tx: endpoints.get(tx, shop.id))
        assert found
        return found.health

    assert await after(url=shop.url, description="Another name") == health
    assert await after(url="https://mended.example/hook") == HEALTHY
