"""Backtests and shadows on the pages: started, followed, stopped, opened event by event, promoted and dropped."""

import asyncio
import json
import time
from typing import Any

from builders import a_message
from entries import kept_endpoint
from form import path_of, text_of
from site_under_test import Site

from server.domain.backtests import Backtest, BacktestState
from server.domain.endpoints import Destination, Endpoint
from server.domain.ids import CodeDraftId, mint
from server.domain.messages import Message
from server.domain.shadows import Shadow, ShadowState
from server.domain.versions import ActivationReason, CodeDraft
from server.store import backtests, drafts, endpoints, messages, shadows, versions

ACTIVE = """function handler(webhook) {
  webhook.payload = { mail: webhook.payload.data.customer?.email };
  return webhook;
}"""
THROWS = ACTIVE.replace("?.", ".")


async def shop_with_events(site: Site, count: int = 6) -> Endpoint:
    """An endpoint whose draft throws on every third of its stored events."""
    shop = await kept_endpoint(site, destination=Destination.CAPTURE, code=ACTIVE)
    await events(site, count)
    return await with_draft(site, shop, THROWS)


async def events(site: Site, count: int) -> list[Message]:
    now = time.time_ns() // 1_000_000
    found = []
    for n in range(count):
        customer = {"email": f"ada{n}@example.com"} if n % 3 else None
        body = json.dumps({"type": "payment.succeeded", "data": {"customer": customer}}).encode()
        found.append(a_message(site.source, received_at=now, body=body))
    await site.services.store.write(lambda tx: messages.receive(tx, found))
    return found


async def with_draft(site: Site, shop: Endpoint, code: str) -> Endpoint:
    draft = CodeDraft(mint(CodeDraftId), shop.id, 0, code, None, True, None, "ada", 1)
    await site.services.store.write(lambda tx: drafts.save(tx, draft))
    return await current(site, shop)


async def current(site: Site, shop: Endpoint) -> Endpoint:
    found = await site.services.store.read(lambda tx: endpoints.get(tx, shop.id))
    assert found
    return found


async def ended(site: Site, shop: Endpoint) -> Backtest:
    async with asyncio.timeout(10):
        while True:
            (run, *_) = await site.services.store.read(lambda tx: backtests.history(tx, shop.id))
            if run.ended_at:
                return run
            await asyncio.sleep(0.02)


async def backtested(site: Site, shop: Endpoint, **fields: Any) -> Backtest:
    answer = await site.post(
        f"/endpoints/{shop.id}/backtests", {"code": "draft", "which": "last", "most": "100"} | fields
    )
    run = await ended(site, shop)
    assert path_of(answer) == f"/test/endpoints/{shop.id}/backtests/{run.id}"
    return run


async def test_a_backtest_shows_what_the_draft_would_change(site: Site) -> None:
    shop = await shop_with_events(site)
    run = await backtested(site, shop)
    assert (run.state, run.done, run.author) == (BacktestState.DONE, 6, "ada")
    page = await site.get(f"/endpoints/{shop.id}/backtests/{run.id}")
    said = text_of(page.text)
    assert "Draft, revision 1 beside v1 active" in said
    assert "payment.succeeded 6 2 0 4" in said  # throws, changed, same
    assert "Throws 2 events" in said
    assert "Cannot read properties of null (reading 'email')" in said
    assert "Activate…" in said
    listed = text_of((await site.get(f"/endpoints/{shop.id}/backtests")).text)
    assert "Draft, revision 1 Done 6 2" in listed


async def test_an_event_opens_side_by_side_and_becomes_a_test_case(site: Site) -> None:
    shop = await shop_with_events(site)
    run = await backtested(site, shop)
    (group,) = run.report.groups
    page = await site.get(f"/endpoints/{shop.id}/backtests/{run.id}/events/{group.samples[0]}")
    said = text_of(page.text)
    assert "Throws" in said and "Cannot read properties of null" in said
    assert f"/endpoints/{shop.id}/transformation?line=2&amp;column=" in page.text
    assert '#editor-code">line 2, column' in page.text
    assert f'/endpoints/{shop.id}/cases/new?message={group.samples[0]}"' in page.text
    await with_draft(site, shop, ACTIVE.replace("mail:", "email:"))
    run = await backtested(site, shop)
    page = await site.get(f"/endpoints/{shop.id}/backtests/{run.id}/events/{run.report.groups[0].samples[0]}")
    assert 'class="diff-wide' in page.text
    missing = await site.get(f"/endpoints/{shop.id}/backtests/{run.id}/events/msg_none")
    assert missing.status_code == 404


async def test_a_result_is_out_of_date_when_the_draft_changes(site: Site) -> None:
    shop = await shop_with_events(site)
    run = await backtested(site, shop)
    address = f"/endpoints/{shop.id}/backtests/{run.id}"
    assert "out of date" not in text_of((await site.get(address)).text)
    await with_draft(site, shop, THROWS + "\n")
    assert "This result is out of date" in text_of((await site.get(address)).text)


async def test_wrong_forms_are_said_at_their_fields(site: Site) -> None:
    shop = await shop_with_events(site, 1)
    for fields, words in [
        ({"most": "0"}, "Enter a whole number from 1 to 100000."),
        ({"which": "range", "start": "soon"}, "Enter a date and time"),
        ({"which": "range", "start": "2999-01-01T00:00"}, "This time is in the future."),
        ({"code": "ver_none"}, "This version does not exist."),
    ]:
        form = {"code": "draft", "which": "last", "most": "10"} | fields
        answer = await site.post(f"/endpoints/{shop.id}/backtests", form)
        assert (answer.status_code, words in text_of(answer.text)) == (422, True), words
    assert await site.services.store.read(lambda tx: backtests.history(tx, shop.id)) == []


async def test_one_backtest_of_an_endpoint_runs_at_a_time_and_can_be_stopped(site: Site) -> None:
    shop = await shop_with_events(site, 40)
    await with_draft(site, shop, "function handler(webhook) { for (;;); }")
    form = {"code": "draft", "which": "last", "most": "100"}
    first = await site.post(f"/endpoints/{shop.id}/backtests", form)
    second = await site.post(f"/endpoints/{shop.id}/backtests", form)
    assert "Another backtest of this endpoint is in progress" in text_of(second.text)
    running = await site.get(path_of(first))
    assert "<progress" in running.text
    await site.post(f"{path_of(first)}/stop")
    assert (await ended(site, shop)).state is BacktestState.STOPPED
    again = await site.post(f"{path_of(first)}/stop")
    assert (again.status_code, "already ended" in text_of(again.text)) == (422, True)


async def test_a_backtest_belongs_to_its_endpoint(site: Site) -> None:
    shop = await shop_with_events(site, 1)
    run = await backtested(site, shop)
    other = await kept_endpoint(site)
    assert (await site.get(f"/endpoints/{other.id}/backtests/{run.id}")).status_code == 404


# Shadows


async def shadow_of(site: Site, shop: Endpoint) -> Shadow:
    return (await site.services.store.read(lambda tx: shadows.history(tx, shop.id)))[0]


async def shadowing(site: Site, shop: Endpoint) -> Shadow:
    answer = await site.post(f"/endpoints/{shop.id}/shadow", {"code": "draft", "duration": "1d"})
    assert path_of(answer) == f"/test/endpoints/{shop.id}/shadow"
    return await shadow_of(site, shop)


async def seen(site: Site, shop: Endpoint, count: int) -> Shadow:
    async with asyncio.timeout(10):
        while (shadow := await shadow_of(site, shop)).report.events < count:
            await asyncio.sleep(0.05)
    return shadow


async def test_a_shadow_runs_on_live_events_and_is_promoted(site: Site) -> None:
    shop = await shop_with_events(site, 0)
    shadow = await shadowing(site, shop)
    assert (await current(site, shop)).draft_id is not None
    page = text_of((await site.get(f"/endpoints/{shop.id}/shadow")).text)
    assert "Version 2 beside v1 active" in page and "v2 in shadow" in page
    await events(site, 6)
    site.services.worker.wake()
    shadow = await seen(site, shop, 6)
    page = text_of((await site.get(f"/endpoints/{shop.id}/shadow")).text)
    assert "payment.succeeded 6 2 0 4" in page
    (group,) = shadow.report.groups
    event = await site.get(f"/endpoints/{shop.id}/shadow/{shadow.id}/events/{group.samples[0]}")
    assert "Cannot read properties of null" in text_of(event.text)

    answer = await site.post(f"/endpoints/{shop.id}/shadow/{shadow.id}/promote", {"note": "two weeks without trouble"})
    assert path_of(answer) == f"/test/endpoints/{shop.id}/history"
    now = await current(site, shop)
    assert now.version and now.version.id == shadow.version_id
    assert now.shadow is None and now.draft_id is None  # the draft is what serves now
    made = await site.services.store.read(lambda tx: versions.activations_of(tx, shop.id))
    assert (made[0].reason, made[0].note) == (ActivationReason.PROMOTED, "two weeks without trouble")
    assert (await shadow_of(site, shop)).state is ShadowState.PROMOTED
    again = await site.post(f"/endpoints/{shop.id}/shadow/{shadow.id}/promote")
    assert (again.status_code, "already ended" in text_of(again.text)) == (422, True)


async def test_a_shadow_is_dropped_and_its_report_stays(site: Site) -> None:
    shop = await shop_with_events(site, 0)
    shadow = await shadowing(site, shop)
    second = await site.post(f"/endpoints/{shop.id}/shadow", {"code": "draft", "duration": "1d"})
    assert "Another shadow of this endpoint is running" in text_of(second.text)
    await site.post(f"/endpoints/{shop.id}/shadow/{shadow.id}/drop")
    assert (await current(site, shop)).shadow is None
    assert (await current(site, shop)).version == shop.version
    page = text_of((await site.get(f"/endpoints/{shop.id}/shadow")).text)
    assert "Version 2 Dropped" in page and "Start shadow" in page
    assert "Dropped" in text_of((await site.get(f"/endpoints/{shop.id}/shadow/{shadow.id}")).text)


async def test_wrong_shadows_are_refused(site: Site) -> None:
    shop = await shop_with_events(site, 0)
    assert shop.version
    for form, words in [
        ({"code": shop.version.id, "duration": "1d"}, "is active already"),
        ({"code": "draft", "duration": "8d"}, "at most 7 days"),
        ({"code": "ver_none", "duration": "1d"}, "This version does not exist."),
    ]:
        answer = await site.post(f"/endpoints/{shop.id}/shadow", form)
        assert (answer.status_code, words in text_of(answer.text)) == (422, True), words
