"""Retry all waiting now: offered on the endpoint's overview, in Recover failed and beside operational events."""

import asyncio
import re

import pytest
from builders import a_message, an_attempt
from entries import kept_endpoint, tried
from form import path_of, text_of
from site_under_test import Site

from server.actions import replays as actions
from server.domain.endpoints import Controls, Destination, Endpoint
from server.domain.ids import DeliveryId, mint
from server.domain.messages import AttemptOutcome, DeliveryState, Trigger
from server.domain.replays import ReplayKind, ReplayState
from server.domain.sentences import Invalid
from server.store import attempts, operational_events, replays, waiting_retries

HOUR = 3_600_000


async def waiting(site: Site, count: int = 2, **changes: object) -> Endpoint:
    """An endpoint that captures, whose deliveries failed once and wait hours for their retry."""
    endpoint = await kept_endpoint(site, **{"destination": Destination.CAPTURE} | changes)
    for _ in range(count):
        await tried(site, endpoint, DeliveryState.PENDING, outcome=AttemptOutcome.REJECTED)
    return endpoint


async def ended(site: Site, endpoint: Endpoint) -> tuple[object, object]:
    async with asyncio.timeout(10):
        while True:
            [(run, progress), *_] = await site.services.store.read(lambda tx: replays.history(tx, endpoint.id))
            if run.state is not ReplayState.RUNNING:
                return run, progress
            await asyncio.sleep(0.02)


async def left(site: Site, endpoint: Endpoint) -> int:
    found = await site.services.store.read(lambda tx: waiting_retries.find(tx, endpoint.id, site.services.now()))
    return found.count if found else 0


async def test_one_button_of_the_overview_sends_them(each_site: Site) -> None:
    site = each_site
    shop = await waiting(site)
    page = (await site.get(f"/endpoints/{shop.id}")).text
    assert "2 deliveries wait for a retry" in text_of(page)
    assert "Oldest event arrived" in page and "Next automatic retry" in page
    answer = await site.post(f"/endpoints/{shop.id}/retry-waiting")
    assert path_of(answer) == f"/test/endpoints/{shop.id}"
    run, progress = await ended(site, shop)
    assert (run.selection.kind, run.total, run.begun) == (ReplayKind.WAITING, 2, 2)  # type: ignore[attr-defined]
    assert progress.ended == {DeliveryState.SUCCEEDED: 2}  # type: ignore[attr-defined]
    assert await left(site, shop) == 0
    made = await site.services.store.read(lambda tx: attempts.page(tx, attempts.Search(endpoint_id=shop.id)))
    assert sorted((each.number, each.trigger) for each in made) == [
        (1, Trigger.EVENT), (1, Trigger.EVENT), (2, Trigger.REPLAY), (2, Trigger.REPLAY),
    ]  # fmt: skip
    said = text_of((await site.get(f"/endpoints/{shop.id}")).text)
    assert "Retried what was waiting" in said and "2 of 2 attempted" in said
    assert "Retry waiting now" in text_of((await site.get(f"/endpoints/{shop.id}/replays")).text)


async def test_a_paused_endpoint_promises_no_time_and_resumes_first(site: Site) -> None:
    shop = await waiting(site, 1)
    await site.post(f"/endpoints/{shop.id}/pause")
    page = (await site.get(f"/endpoints/{shop.id}")).text
    said = text_of(page)
    assert "Next automatic retry After you resume the endpoint" in said
    assert "This delivery is sent when you resume it." in said and "oldest first" not in said
    kinds = dict(re.findall(r'id="(resume-form|retry-waiting)".*?<button class="button (\w+)', page, re.DOTALL))
    assert kinds == {"resume-form": "primary", "retry-waiting": "plain"}


async def test_the_numbers_of_a_run_under_way_add_up(site: Site) -> None:
    shop = await waiting(site, 3)
    await site.post(f"/endpoints/{shop.id}/pause")
    await site.post(f"/endpoints/{shop.id}/retry-waiting", {"rate": "1"})
    said = text_of((await site.get(f"/endpoints/{shop.id}/waiting")).text)
    pending, left_over = re.search(r"Pending (\d+)", said), re.search(r"(\d+) not started", said)
    assert "0 of 3 attempted" in said and left_over
    assert (int(pending[1]) if pending else 0) + int(left_over[1]) == 3
    assert "Stopping keeps the old retry time of those not started." in said


async def test_recover_failed_says_what_still_waits_and_offers_it(site: Site) -> None:
    shop = await waiting(site, 1)
    page = (await site.get(f"/endpoints/{shop.id}/replays/new?kind=failed&since=8h&count=on")).text
    said = text_of(page)
    assert "Nothing to send" in said and "1 delivery waits for a retry" in said
    assert "What still waits for a retry is above." in said
    assert f'action="/test/endpoints/{shop.id}/retry-waiting"' in page


async def test_the_preview_takes_a_rate_and_event_types_and_starts_the_run(site: Site) -> None:
    shop = await waiting(site, 2)
    page = (await site.get(f"/endpoints/{shop.id}/replays/new?kind=waiting&rate=100&since=all&count=on")).text
    assert "2 messages will be sent" in text_of(page)
    assert 'name="version"' not in page
    fields = dict(
        re.findall(
            r'<input type="hidden" name="(\w+)" value="([^"]*)">', page[page.rindex('<form class="actions end"') :]
        )
    )
    assert path_of(await site.post(f"/endpoints/{shop.id}/replays", fields)) == f"/test/endpoints/{shop.id}/replays"
    run, _ = await ended(site, shop)
    assert (run.rate, run.begun) == (100, 2)  # type: ignore[attr-defined]


@pytest.mark.parametrize("rate", ["0", "x", "1001"])
async def test_a_wrong_rate_is_said_and_nothing_is_sent(site: Site, rate: str) -> None:
    shop = await waiting(site, 1)
    answer = await site.post(f"/endpoints/{shop.id}/retry-waiting", {"rate": rate})
    assert answer.status_code == 422
    assert "Enter a whole number from 1 to 1000." in text_of(answer.text)
    assert await left(site, shop) == 1


async def test_nothing_waiting_and_a_second_run_are_refused(site: Site) -> None:
    idle = await kept_endpoint(site)
    assert "Retry all waiting now" not in (await site.get(f"/endpoints/{idle.id}")).text
    answer = await site.post(f"/endpoints/{idle.id}/retry-waiting")
    assert answer.status_code == 422 and "No delivery is waiting for a retry" in text_of(answer.text)
    shop = await waiting(site)
    await site.post(f"/endpoints/{shop.id}/pause")
    await site.post(f"/endpoints/{shop.id}/retry-waiting")
    with pytest.raises(Invalid, match="in progress"):
        await actions.retry_waiting(site.services, shop.id, "ada")


async def test_a_paused_endpoint_gets_them_when_it_is_resumed_and_a_stop_leaves_them_waiting(site: Site) -> None:
    shop = await waiting(site)
    await site.post(f"/endpoints/{shop.id}/pause")
    answer = await site.post(f"/endpoints/{shop.id}/retry-waiting")
    assert "retrying-waiting-paused" in answer.headers["location"]
    page = (await site.get(f"/endpoints/{shop.id}/waiting")).text
    assert "The endpoint is paused. The replay continues when you resume it." in text_of(page)
    [replay_id] = set(re.findall(r"/replays/(rpl_\w+)/stop", page))
    answer = await site.post(f"/replays/{replay_id}/stop", {"back": "endpoint"})
    assert path_of(answer) == f"/test/endpoints/{shop.id}"
    assert await left(site, shop) == 2
    await site.post(f"/endpoints/{shop.id}/retry-waiting")
    await site.post(f"/endpoints/{shop.id}/resume")
    site.services.replayer.wake()
    await ended(site, shop)
    assert await left(site, shop) == 0


async def test_a_disabled_endpoint_has_nothing_to_retry(site: Site) -> None:
    shop = await waiting(site)
    await site.post(f"/endpoints/{shop.id}/disable")
    assert "Retry all waiting now" not in (await site.get(f"/endpoints/{shop.id}")).text
    assert (await site.post(f"/endpoints/{shop.id}/retry-waiting")).status_code == 422


async def test_an_endpoint_in_order_says_that_the_others_follow(site: Site) -> None:
    shop = await waiting(site, 1, controls=Controls(ordered=True))
    assert "follow when the first one has succeeded" in text_of((await site.get(f"/endpoints/{shop.id}")).text)


async def test_an_operational_event_says_what_waits_with_the_button(site: Site) -> None:
    shop = await waiting(site, 1)
    now = site.services.now()
    attempt = an_attempt(a_message(site.source), mint(DeliveryId), shop, started_at=now)

    def told(tx: object) -> None:
        operational_events.fail(tx, attempt, now - HOUR)  # type: ignore[arg-type]
        operational_events.recover(tx, attempt)  # type: ignore[arg-type]

    await site.services.store.write(told)
    page = (await site.get("/notices")).text
    said = text_of(page)
    assert "Endpoint is failing" in said and "Every attempt since" in said
    assert "Deliveries that then waited for a retry: 1, the oldest since" in said
    assert said.count("1 delivery waits for a retry") == 1  # beside the newest event only
    [form] = re.findall(r'action="(/test/endpoints/\w+/retry-waiting)"', page)
    assert path_of(await site.post(form)) == f"/test/endpoints/{shop.id}"
    await ended(site, shop)
    assert "waits for a retry" not in text_of((await site.get("/notices")).text).replace("then waited", "")
