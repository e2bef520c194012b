"""Replay: a dry run first, then a confirmation; one run at a time; a history of all."""

import asyncio
import re
from typing import Any

import pytest
from entries import arrived, kept_endpoint, tried
from form import make_live, path_of, text_of
from site_under_test import Site

from server.actions import replays as actions
from server.domain.endpoints import Destination, Endpoint
from server.domain.ids import MessageId, mint
from server.domain.messages import AttemptOutcome, DeliveryState
from server.domain.replays import ReplayState
from server.store import endpoints, messages, replay_matches, replays

FAILED, PARKED = DeliveryState.FAILED, DeliveryState.TRANSFORM_FAILED
PLAIN = "function handler(webhook) { return webhook; }"


async def failing(site: Site, count: int, state: DeliveryState = FAILED, **changes: Any) -> Endpoint:
    """An endpoint that captures, with deliveries in ``state``."""
    endpoint = await kept_endpoint(site, destination=Destination.CAPTURE, **changes)
    outcome = AttemptOutcome.REJECTED if state is FAILED else AttemptOutcome.TRANSFORM_FAILED
    for number in range(count):
        event_type = "payment.succeeded" if number else "refund.succeeded"
        await tried(site, endpoint, state, of={"event_type": event_type, "id": mint(MessageId)}, outcome=outcome)
    return endpoint


async def run_of(site: Site, endpoint: Endpoint) -> Any:
    return (await site.services.store.read(lambda tx: replays.history(tx, endpoint.id)))[0]


async def ends(site: Site, endpoint: Endpoint, state: ReplayState = ReplayState.DONE) -> Any:
    async with asyncio.timeout(10):
        while (await run_of(site, endpoint))[0].state is not state:
            await asyncio.sleep(0.02)
    return await run_of(site, endpoint)


def confirmation(page: str) -> dict[str, Any]:
    """The fields of the form that begins the replay."""
    form = page[page.rindex('<form class="actions end" method="post"') :]
    fields: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[: form.index("</form>")]):
        fields.setdefault(name, []).append(value)
    return fields


async def counted(site: Site, endpoint: Endpoint, **fields: Any) -> Any:
    asked = {"kind": "failed", "since": "8h", "count": "on"} | fields
    return await site.get(f"/endpoints/{endpoint.id}/replays/new", params=asked)


async def test_the_dry_run_says_how_many_of_which_types_and_changes_nothing(site: Site) -> None:
    shop = await failing(site, 3)
    page = await counted(site, shop)
    said = text_of(page.text)
    assert "3 messages will be sent" in said
    assert "payment.succeeded 2 refund.succeeded 1" in said
    assert "No transformation: sent as received" in said
    assert "None: the destination has not accepted any of them yet" in said
    assert await site.services.store.read(lambda tx: replays.history(tx, shop.id)) == []


async def test_what_was_counted_is_what_goes_out(site: Site) -> None:
    shop = await failing(site, 3)
    page = await counted(site, shop)
    answer = await site.post(f"/endpoints/{shop.id}/replays", confirmation(page.text))
    assert path_of(answer) == f"/test/endpoints/{shop.id}/replays"
    replay, progress = await ends(site, shop)
    assert (replay.total, replay.begun, replay.user_name) == (3, 3, "ada")
    assert progress.ended == {DeliveryState.SUCCEEDED: 3}
    said = text_of((await site.get(f"/endpoints/{shop.id}/replays")).text)
    assert "Recover failed" in said and "Done 3 3 0" in said and "by ada" in said


async def test_bulk_takes_only_the_types_and_states_that_were_chosen(site: Site) -> None:
    shop = await failing(site, 3)
    await tried(site, shop, DeliveryState.SUCCEEDED)
    everything = await counted(site, shop, kind="bulk", states=["failed", "succeeded"])
    assert "4 messages will be sent" in text_of(everything.text)
    assert "1 message that the destination already accepted under the same webhook-id" in text_of(everything.text)
    refunds = await counted(
        site, shop, kind="bulk", states=["failed"], listen="chosen", event_types=["refund.succeeded"]
    )
    assert "1 message will be sent" in text_of(refunds.text)
    assert confirmation(refunds.text)["event_types"] == ["refund.succeeded"]
    await site.post(f"/endpoints/{shop.id}/replays", confirmation(refunds.text))
    replay, _ = await ends(site, shop)
    assert replay.begun == 1


async def test_missing_sends_what_came_before_the_endpoint_was_made(site: Site) -> None:
    before = [await arrived(site) for _ in range(2)]
    shop = await kept_endpoint(site, destination=Destination.CAPTURE)
    page = await counted(site, shop, kind="missing")
    assert "2 messages will be sent" in text_of(page.text)
    await site.post(f"/endpoints/{shop.id}/replays", confirmation(page.text))
    await ends(site, shop)
    ways = await site.services.store.read(lambda tx: messages.of_messages(tx, [message.id for message in before]))
    assert [[(way.endpoint_id, way.state) for way in ways[message.id]] for message in before] == [
        [(shop.id, DeliveryState.SUCCEEDED)]
    ] * 2


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"since": "custom", "start": "nonsense"}, "Enter a date and time"),
        ({"since": "custom", "start": "2999-01-01T00:00"}, "This time is in the future."),
        ({"since": "custom", "start": "2026-01-02T00:00", "end": "2026-01-01T00:00"}, "The end must be after"),
        ({"since": "ever"}, "Select a range."),
        ({"rate": "0"}, "Enter a whole number from 1 to 1000."),
        ({"rate": "９"}, "Enter a whole number from 1 to 1000."),
        ({"rate": "00000000" + "1" * 20}, "Enter a whole number from 1 to 1000."),
        ({"rate": "000000001" + "0" * 5000}, "Enter a whole number from 1 to 1000."),
        ({"kind": "bulk", "states": []}, "Select at least one status."),
        ({"kind": "bulk", "states": ["failed"], "listen": "chosen"}, "Select at least one event type."),
    ],
)
async def test_what_cannot_be_asked_for_is_said(site: Site, fields: dict[str, Any], sentence: str) -> None:
    shop = await kept_endpoint(site)
    page = await counted(site, shop, **fields)
    assert page.status_code == 422
    assert sentence in text_of(page.text)


async def test_nothing_to_replay_is_said(site: Site) -> None:
    shop = await kept_endpoint(site)
    page = await counted(site, shop)
    assert "Nothing to send" in text_of(page.text)
    answer = await site.post(f"/endpoints/{shop.id}/replays", {"kind": "failed", "since": "8h"})
    assert answer.status_code == 422
    assert "there is nothing to replay" in text_of(answer.text)


async def test_a_count_that_finds_nothing_in_its_time_says_so_and_names_no_number(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MAX_COUNTING_SECONDS", -1.0)
    monkeypatch.setattr(replay_matches, "SCANNED", 1)
    shop = await failing(site, 3)
    page = await counted(site, shop, kind="failed", listen="chosen", event_types=["dispute.opened"])
    said = text_of(page.text)
    assert "Preview not finished" in said and "The replay itself searches the whole range" in said
    assert "messages will be sent" not in said and "has not accepted any of them" not in said
    assert confirmation(page.text)["kind"] == ["failed"]


async def test_one_run_at_a_time_and_it_can_be_stopped(site: Site) -> None:
    shop = await failing(site, 2)
    await site.post(f"/endpoints/{shop.id}/pause")
    form = {"kind": "failed", "since": "8h"}
    assert path_of(await site.post(f"/endpoints/{shop.id}/replays", form)) == f"/test/endpoints/{shop.id}/replays"
    again = await site.post(f"/endpoints/{shop.id}/replays", form)
    assert again.status_code == 422
    assert "Another replay of this endpoint is in progress." in text_of(again.text)

    said = text_of((await site.get(f"/endpoints/{shop.id}/replays")).text)
    assert "0 of 2 attempted" in said
    assert "The endpoint is paused. The replay continues when you resume it." in said
    assert "Replay in progress" in text_of((await site.get(f"/endpoints/{shop.id}")).text)
    replay, _ = await run_of(site, shop)
    assert path_of(await site.post(f"/replays/{replay.id}/stop")) == f"/test/endpoints/{shop.id}/replays"
    assert (await run_of(site, shop))[0].state is ReplayState.STOPPED
    assert (await site.post(f"/replays/{replay.id}/stop")).status_code == 422


async def test_a_disabled_endpoint_is_counted_and_not_replayed(site: Site) -> None:
    shop = await failing(site, 1)
    await site.post(f"/endpoints/{shop.id}/disable")
    page = text_of((await counted(site, shop)).text)
    assert "1 message will be sent" in page
    assert "The endpoint is disabled. Enable it to replay." in page
    answer = await site.post(f"/endpoints/{shop.id}/replays", {"kind": "failed", "since": "8h"})
    assert answer.status_code == 422


async def test_what_is_parked_is_shown_and_runs_with_the_version_that_is_activated(site: Site) -> None:
    shop = await failing(site, 2, PARKED, code="function handler() { throw 1 }")
    overview = text_of((await site.get(f"/endpoints/{shop.id}")).text)
    assert "2 deliveries are parked until you fix the transformation." in overview
    await site.post(f"/endpoints/{shop.id}/transformation", {"code": PLAIN, "transforming": "on"})
    review = await site.get(f"/endpoints/{shop.id}/transformation/activate")
    assert "Re-run 2 parked deliveries after activating" in text_of(review.text)

    answer = await make_live(site, shop.id, {"code": PLAIN, "transforming": "on"}, rerun="on")
    assert path_of(answer) == f"/test/endpoints/{shop.id}/replays"
    replay, progress = await ends(site, shop)
    assert progress.ended == {DeliveryState.SUCCEEDED: 2}
    now = await site.services.store.read(lambda tx: endpoints.get(tx, shop.id))
    assert now and now.version and (now.version.number, replay.version_id) == (2, now.version.id)
    assert now.health == shop.health


async def test_activating_without_the_switch_leaves_them_parked(site: Site) -> None:
    shop = await failing(site, 1, PARKED, code="function handler() { throw 1 }")
    await make_live(site, shop.id, {"code": PLAIN, "transforming": "on"})
    assert await site.services.store.read(lambda tx: replays.history(tx, shop.id)) == []
    page = await site.get(f"/endpoints/{shop.id}/replays/new?kind=parked")
    assert "1 message will be sent" in text_of(page.text)
    assert "Runs v2 , the active version" in text_of(page.text)


async def test_rolling_back_leads_to_what_would_go_out(site: Site) -> None:
    shop = await failing(site, 1, PARKED, code=PLAIN)
    await make_live(site, shop.id, {"code": "function handler() {}", "transforming": "on"})
    assert shop.version
    answer = await site.post(f"/endpoints/{shop.id}/versions/{shop.version.id}/roll-back", {})
    assert path_of(answer) == f"/test/endpoints/{shop.id}/replays/new"


async def test_a_message_page_names_a_replayed_attempt(site: Site) -> None:
    shop = await failing(site, 1)
    await site.post(f"/endpoints/{shop.id}/replays", {"kind": "failed", "since": "all"})
    await ends(site, shop)
    log = await site.get("/logs")
    [address] = re.findall(r'href="(/test/messages/msg_\w+)"', log.text)
    assert "Replay" in text_of((await site.get(address)).text.partition("Deliveries")[2])


async def test_an_unknown_replay_is_not_found(site: Site) -> None:
    assert (await site.post("/replays/rpl_0/stop")).status_code == 404


async def test_an_unknown_kind_is_not_found(site: Site) -> None:
    shop = await kept_endpoint(site)
    assert (await site.get(f"/endpoints/{shop.id}/replays/new?kind=all")).status_code == 404
