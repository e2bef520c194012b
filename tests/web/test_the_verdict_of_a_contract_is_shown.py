"""What a contract says about a request: on its page, in lists, by a filter; and what it keeps from being sent."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from builders import an_endpoint
from entries import arrived, capturing_endpoint, kept_endpoint, tried
from form import make_live, path_of, text_of
from receivers import Receiver, receiving
from site_under_test import Site

from server.domain.contract_schemas import Fix
from server.domain.endpoints import Controls, Endpoint
from server.domain.messages import (
    AttemptError,
    AttemptOutcome,
    DeliveryState,
    Message,
    ReceivedResponse,
    RetryReason,
)
from server.domain.reasons import because
from server.domain.verdicts import FITS, Finding, Verdict
from server.store import deliveries, endpoints, messages, own_cards

BAD = Finding(
    "action",
    False,
    because("contract_enum", field="action", value='"<b>paid"', allowed="event, identify"),
    ('"event"', '"identify"'),
    "Put the name of the event into <name>.",
    Fix(value="event"),
    "/properties/action/enum",
)
ODD = Finding("note", True, because("contract_too_long", field="note", length="2,310", limit="2,000"))
REFUSED = AttemptError("rejected", because("response_but_rejected", status=200, message="No such <team>"))

CARD = {
    "card.toml": 'title = "Strict"\nsummary = "Takes actions."\n[url]\nask = true\n',
    "icon.svg": '<path d="M4 4h16v16H4z" stroke="currentColor" fill="none"/>',
    "default.js": "function handler(webhook) {\n  return webhook;\n}\n",
    "contract.json": json.dumps(
        {
            "calls": [{"body": {"required": ["action"], "hint": "Give an action."}}],
            "responses": [
                {"status": 200, "json": {"required": ["error"], "type": "object"}, "is": "rejected", "retry": False,
                 "message": ["/error"]}
            ],
        }
    ),
}  # fmt: skip
GOOD_CODE = 'function handler(webhook) { webhook.payload = { action: "event" }; return webhook; }'
BAD_CODE = 'function handler(webhook) { webhook.payload = { name: "event" }; return webhook; }'


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as opened:
        yield opened


async def strict_endpoint(site: Site, receiver: Receiver, code: str, **controls: Any) -> Endpoint:
    """An endpoint of a card of the installation's own, whose contract is ``CARD``'s."""
    name = "own:strict"
    await site.services.store.write(lambda tx: own_cards.put(tx, name, CARD, site.services.now()))
    async with asyncio.timeout(10):
        while name not in site.services.cards:
            await asyncio.sleep(0.02)
    endpoint = an_endpoint(site.source, code, card=name, url=receiver.url(), controls=Controls(**controls))
    await site.services.store.write(lambda tx: endpoints.insert(tx, endpoint))
    return endpoint


async def ended(site: Site, message: Message) -> DeliveryState:
    async with asyncio.timeout(10):
        while True:
            found = await site.services.store.read(lambda tx: messages.of_messages(tx, [message.id]))
            if found and found[message.id][0].state is not DeliveryState.PENDING:
                return found[message.id][0].state
            await asyncio.sleep(0.02)


async def test_the_message_page_lists_what_is_wrong_and_how_to_mend_it(site: Site) -> None:
    shop = await kept_endpoint(site)
    entry = await tried(site, shop, verdict=Verdict.of([BAD, ODD]))

    page = (await site.get(f"/messages/{entry.message.id}")).text

    text = text_of(page)
    assert "Contract: 1 error" in text
    assert "The destination does not accept this request: 1 error" in text
    assert "The contract has 1 warning" in text
    assert "note is 2,310 characters long. At most 2,000 are allowed." in text
    assert "action is &#34;&lt;b&gt;paid&#34;. Allowed: event, identify." in page
    assert "Put the name of the event into &lt;name&gt;." in page


async def test_the_message_page_says_nothing_about_a_request_that_fits(site: Site) -> None:
    shop = await kept_endpoint(site)
    entry = await tried(site, shop, verdict=FITS)
    assert "ontract" not in text_of((await site.get(f"/messages/{entry.message.id}")).text)


async def test_delivered_but_rejected_is_told_with_the_destinations_words(site: Site) -> None:
    shop = await kept_endpoint(site)
    entry = await tried(
        site,
        shop,
        DeliveryState.FAILED,
        outcome=AttemptOutcome.REJECTED,
        response=ReceivedResponse(200, (), b'{"error": "No such <team>"}', False),
        error=REFUSED,
        because=RetryReason.POINTLESS,
    )
    for path in (f"/messages/{entry.message.id}", "/logs?view=attempts", f"/endpoints/{shop.id}"):
        page = (await site.get(path)).text
        assert "Delivered, but rejected" in text_of(page), path
        assert "the destination would reject the same request again" in text_of(page), path
    page = (await site.get(f"/messages/{entry.message.id}")).text
    assert "but rejected the event: No such &lt;team&gt;" in page
    assert "/response-body" in page


async def test_lists_show_and_filter_by_the_verdict(site: Site) -> None:
    shop = await kept_endpoint(site, card="customer_io")
    bad = await tried(site, shop, verdict=Verdict.of([BAD, BAD]))
    odd = await tried(site, shop, verdict=Verdict.of([ODD]))
    fits = await tried(site, shop, verdict=FITS)
    unjudged = await tried(site, shop)

    async def found(query: str, at: str = "/logs?view=attempts&") -> list[str]:
        page = (await site.get(at + query)).text
        every = {"bad": bad, "odd": odd, "fits": fits, "unjudged": unjudged}
        return [name for name, entry in every.items() if f"/messages/{entry.message.id}" in page]

    assert await found("") == ["bad", "odd", "fits", "unjudged"]
    assert await found("contract=errors") == ["bad"]
    assert await found("contract=warnings") == ["odd"]
    assert await found("contract=none") == ["fits"]
    assert await found("contract=nonsense") == ["bad", "odd", "fits", "unjudged"]
    assert await found("show=contract", f"/endpoints/{shop.id}?") == ["bad", "odd"]
    page = text_of((await site.get("/logs?view=attempts")).text)
    assert "Contract: 2 errors" in page
    assert "Contract: 1 warning" in page
    answer = await site.get("/logs?view=attempts&contract=errors")
    assert 'value="errors" selected' in answer.text


async def test_the_log_of_messages_finds_those_with_such_an_attempt(site: Site) -> None:
    shop = await kept_endpoint(site)
    fits = await tried(site, shop, verdict=FITS)
    bad = await tried(site, shop, verdict=Verdict.of([BAD]))
    page = (await site.get("/logs?contract=errors")).text
    assert bad.message.id in page
    assert fits.message.id not in page


async def test_the_overview_offers_the_filter_only_where_there_is_a_contract(site: Site) -> None:
    judged = await kept_endpoint(site, card="customer_io")
    assert "Contract problems" in text_of((await site.get(f"/endpoints/{judged.id}")).text)
    gone = await kept_endpoint(site, card="no_longer_there")
    assert "Contract problems" not in text_of((await site.get(f"/endpoints/{gone.id}")).text)


async def test_the_inspector_shows_the_verdict(site: Site) -> None:
    shop = await capturing_endpoint(site)
    await tried(site, shop, outcome=AttemptOutcome.CAPTURED, response=None, verdict=Verdict.of([BAD]))
    assert "The destination does not accept this request: 1 error" in text_of((await site.get("/inspector")).text)


async def test_a_finding_is_shown_in_chinese(site: Site) -> None:
    entry = await tried(site, await kept_endpoint(site), verdict=Verdict.of([ODD]))
    answer = await site.get(f"/messages/{entry.message.id}", headers={"accept-language": "zh-CN"})
    assert "note 有 2,310 个字符，最多允许 2,000 个。" in answer.text


async def test_parking_is_switched_on_the_advanced_tab(site: Site) -> None:
    shop = await kept_endpoint(site, card="customer_io", credentials={"site_id": "a", "api_key": "b", "region": "us"})
    page = (await site.get(f"/endpoints/{shop.id}/advanced")).text
    assert "Park events that break the contract" in text_of(page)
    plain = await kept_endpoint(site)
    assert "Park events that break the contract" not in text_of(
        (await site.get(f"/endpoints/{plain.id}/advanced")).text
    )
    edited = (await site.get(f"/endpoints/{plain.id}/edit")).text
    assert f'Send a test instead. <a href="/test/endpoints/{plain.id}/testing">' in edited

    await site.post(f"/endpoints/{shop.id}/advanced", {"enforce_contract": "on"})
    changed = await site.services.store.read(lambda tx: endpoints.get(tx, shop.id))
    assert changed
    assert changed.controls == Controls(enforce_contract=True)

    await site.post(f"/endpoints/{shop.id}/advanced", {"rate_limit": "5"})
    kept = await site.services.store.read(lambda tx: endpoints.get(tx, shop.id))
    assert kept
    assert kept.controls == Controls(rate_limit=5, enforce_contract=True)


async def test_what_breaks_the_contract_is_parked_and_runs_once_it_is_mended(
    loopback_site: Site, receiver: Receiver
) -> None:
    site = loopback_site
    shop = await strict_endpoint(site, receiver, BAD_CODE, enforce_contract=True)
    message = await arrived(site)
    assert await ended(site, message) is DeliveryState.TRANSFORM_FAILED
    assert receiver.got == []

    page = text_of((await site.get(f"/messages/{message.id}")).text)
    assert "Contract not met" in page
    assert "Not sent, because the destination would not accept it. action is missing." in page
    assert "Give an action." in page
    assert "None: nothing was sent." in page
    assert "Parked until the transformation is fixed." in page
    overview = text_of((await site.get(f"/endpoints/{shop.id}")).text)
    assert "was not sent, because the destination would not accept it." in overview
    assert "1 delivery is parked until you fix the transformation." in overview

    answer = await make_live(site, shop.id, {"code": GOOD_CODE, "transforming": "on"}, rerun="on")
    assert path_of(answer) == f"/test/endpoints/{shop.id}/replays"
    async with asyncio.timeout(10):
        while not receiver.got:
            await asyncio.sleep(0.02)
    assert json.loads(receiver.got[0].body) == {"action": "event"}
    assert await ended(site, message) is DeliveryState.SUCCEEDED


async def test_an_own_cards_rules_read_the_response(loopback_site: Site) -> None:
    site, raw = loopback_site, b'{"error": "No such team"}'
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(raw) + raw
    async with receiving(answer) as receiver:
        await strict_endpoint(site, receiver, GOOD_CODE)
        message = await arrived(site)
        assert await ended(site, message) is DeliveryState.FAILED
    [delivery] = (await site.services.store.read(lambda tx: messages.of_messages(tx, [message.id])))[message.id]
    assert (await site.services.store.read(lambda tx: deliveries.get(tx, delivery.id))).attempts == 1  # type: ignore[union-attr]
    page = text_of((await site.get(f"/messages/{message.id}")).text)
    assert "The destination responded 200, but rejected the event: No such team" in page
    assert "Delivered, but rejected" in page
