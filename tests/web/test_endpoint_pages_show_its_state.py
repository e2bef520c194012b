"""The list and the Overview tab: what an endpoint is, how it does, and what it did last."""

import re
from typing import Any

import pytest
from builders import a_message, an_attempt, an_endpoint
from form import a_form, customer_io, path_of, text_of
from site_under_test import Site

from server.assets import static_dir
from server.domain.endpoints import Endpoint
from server.domain.ids import SourceId
from server.domain.messages import Attempt, AttemptError, AttemptOutcome, DeliveryState
from server.store import Transaction, attempts, deliveries, endpoints, messages, queues, sources
from server.store.deliveries import AttemptRecord
from server.web import endpoint_list
from server.web.endpoint_frame import EndpointStatus
from server.web.render import up_to

HOUR_MS = 60 * 60 * 1000
FRAGMENT = {"hx-request": "true", "hx-request-type": "partial"}


async def with_attempts(site: Site, endpoint: Endpoint, *outcomes: AttemptOutcome, **changes: Any) -> list[Attempt]:
    """Keep the endpoint and attempts of one message on its way to it; the next one is due in an hour."""
    now = site.services.now()
    message = a_message(endpoint.source_id, received_at=now + HOUR_MS)

    def told(outcome: AttemptOutcome) -> dict[str, Any]:
        return {"outcome": outcome, "event_type": f"{outcome}.kind", "started_at": now} | changes

    def keep(tx: Transaction) -> list[Attempt]:
        endpoints.insert(tx, endpoint)
        delivery_id = messages.send_example(tx, message, endpoint.id)
        made = [
            an_attempt(message, delivery_id, endpoint, number=number, **told(each))
            for number, each in enumerate(outcomes, 1)
        ]
        for each in made:
            deliveries.record(tx, [AttemptRecord("nobody", each, DeliveryState.PENDING, 0, None)])
        return made

    kept: list[Attempt] = await site.services.store.write(keep)
    return kept


async def test_an_empty_list_says_what_an_endpoint_is_and_how_to_add_one(site: Site) -> None:
    page = await site.get("/endpoints")

    assert "No endpoints yet" in page.text
    assert 'href="/test/endpoints/new"' in page.text


async def test_the_list_shows_name_address_state_error_rate_and_last_attempt(site: Site) -> None:
    endpoint = an_endpoint(site.source, description="Our shop\nsecond line", event_types=frozenset({"refund.failed"}))
    await with_attempts(site, endpoint, AttemptOutcome.SUCCEEDED, AttemptOutcome.SUCCEEDED, AttemptOutcome.REJECTED)

    text = text_of((await site.get("/endpoints")).text)

    assert "Our shop https://example.com/hook Webhook Enabled" in text
    assert "no transformation 33.3% 3 attempts in 24 hours; 1 failed or their transformation failed" in text
    assert "Rejected" in text
    assert "second line" not in text


async def test_an_address_that_is_a_secret_is_cut_in_lists(site: Site) -> None:
    await site.post("/endpoints", a_form(card="slack", url="https://hooks.slack.com/services/T0/B0/c", description=""))

    page = await site.get("/endpoints")

    assert "https://hooks.slack.com/••••••••" in page.text
    assert "T0/B0" not in page.text


async def test_endpoints_of_live_are_not_listed_under_test(site: Site) -> None:
    live = next(source for source in await site.services.store.read(sources.every) if source.id != site.source.id)
    await with_attempts(site, an_endpoint(SourceId(live.id), description="Live shop"))

    assert "Live shop" not in (await site.get("/endpoints")).text
    assert "Live shop" in (await site.get("/live/endpoints")).text


async def test_attempts_are_filtered_by_how_they_ended(site: Site) -> None:
    endpoint = an_endpoint(site.source)
    outcomes = (AttemptOutcome.SUCCEEDED, AttemptOutcome.CAPTURED, AttemptOutcome.TRANSFORM_FAILED)
    await with_attempts(site, endpoint, *outcomes, error=AttemptError("threw", "TypeError: no"))

    every = (await site.get(f"/endpoints/{endpoint.id}")).text
    good = (await site.get(f"/endpoints/{endpoint.id}?show=succeeded")).text
    failed = (await site.get(f"/endpoints/{endpoint.id}?show=failed")).text
    bad = (await site.get(f"/endpoints/{endpoint.id}?show=transform_failed")).text

    kinds = [f"{outcome}.kind" for outcome in outcomes]
    assert [kind in every for kind in kinds] == [True, True, True]
    assert [kind in good for kind in kinds] == [True, True, False]
    assert [kind in failed for kind in kinds] == [False, False, False]
    assert [kind in bad for kind in kinds] == [False, False, True]
    assert "TypeError: no" in bad
    assert f"/test/logs?view=attempts&amp;endpoint={endpoint.id}&amp;status=parked" in bad
    logged = (await site.get(f"/logs?view=attempts&endpoint={endpoint.id}&status=parked")).text
    assert [kind in logged.partition("<tbody")[2] for kind in kinds] == [False, False, True]


async def test_failures_of_the_code_are_counted_as_failures_of_their_own(site: Site) -> None:
    endpoint = an_endpoint(site.source)
    await with_attempts(site, endpoint, AttemptOutcome.TRANSFORM_FAILED, error=AttemptError("threw", "TypeError: no"))

    figures = "Attempts 1 Failed 0 Transformation failed 1 Error rate 100.0%"
    assert figures in text_of((await site.get(f"/endpoints/{endpoint.id}")).text)
    assert figures.replace("Failed 0", "Succeeded 0 Failed 0") in text_of((await site.get("/activity")).text)


def test_what_is_not_counted_to_the_end_says_so() -> None:
    assert [up_to(count) for count in (0, 9_999, 10_000, 10_001)] == ["0", "9,999", "10,000", "10,000+"]
    assert [EndpointStatus(waiting, None).behind for waiting in (0, 1, 10_000, 10_001)] == [0, 0, 9_999, 10_001]


async def test_a_page_does_not_count_all_that_waits(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = an_endpoint(site.source, paused=True)
    arrived = [a_message(site.source) for _ in range(4)]
    await site.services.store.write(lambda tx: (endpoints.insert(tx, endpoint), messages.receive(tx, arrived)))
    monkeypatch.setattr(endpoint_list, "MAX_COUNTED_EACH", 3)
    monkeypatch.setattr(queues.waiting, "__defaults__", (3,))
    monkeypatch.setattr(endpoint_list.EndpointList.__init__, "__defaults__", (3, None, "endpoints"))

    assert "3+ deliveries waiting" in text_of((await site.get("/endpoints")).text)
    asked = await site.post("/endpoints/bulk", {"action": "delete", "ids": endpoint.id})
    assert "3+ waiting deliveries are stopped." in text_of(asked.text)
    assert "4 deliveries waiting." in text_of((await site.get(f"/endpoints/{endpoint.id}")).text)


async def test_a_live_page_asks_for_its_attempts_alone(site: Site) -> None:
    endpoint = an_endpoint(site.source)
    [attempt] = await with_attempts(site, endpoint, AttemptOutcome.UNREACHABLE)

    part = await site.get(f"/endpoints/{endpoint.id}", headers=FRAGMENT)

    assert "<html" not in part.text
    assert f'data-live="endpoint:{endpoint.id}"' in part.text
    assert f'href="/test/messages/{attempt.message_id}"' in part.text


async def test_older_attempts_are_on_the_next_page(site: Site) -> None:
    endpoint = an_endpoint(site.source)
    made = await with_attempts(site, endpoint, *[AttemptOutcome.SUCCEEDED] * (attempts.PAGE + 1))

    first = (await site.get(f"/endpoints/{endpoint.id}")).text
    second = (await site.get(f"/endpoints/{endpoint.id}?before={made[1].id}")).text

    assert f"before={made[1].id}" in first
    assert second.count('class="row-link"') == 1


async def test_a_source_takes_at_most_200_endpoints(site: Site) -> None:
    many = [an_endpoint(site.source) for _ in range(200)]
    await site.services.store.write(lambda tx: [endpoints.insert(tx, each) for each in many])

    answer = await site.post("/endpoints", a_form())

    assert answer.status_code == 422
    assert "A source can have at most 200 endpoints." in answer.text


async def test_every_page_of_an_endpoint_keeps_its_credentials_to_itself(site: Site) -> None:
    at = path_of(await site.post("/endpoints", customer_io()))

    for page in ("", "/testing", "/advanced", "/edit", "/transformation"):
        answer = await site.get(at + page)
        assert answer.status_code == 200
        assert "0d9c8b7a6f5e4d3c2b1a" not in answer.text


def test_each_outcome_has_a_colour_in_the_bar_of_attempts() -> None:
    css = (static_dir() / "css" / "components.css").read_text()
    assert [outcome for outcome in AttemptOutcome if not re.search(rf"\.bar-{outcome}\b", css)] == []
