"""A message's page begins with why it was rejected: status, the destination's words, findings, what follows."""

from builders import NOW, a_message, an_attempt
from entries import kept_endpoint, tried
from form import text_of
from site_under_test import Site

from server.domain.ids import ProcessId
from server.domain.messages import (
    AttemptError,
    AttemptOutcome,
    DeliveryState,
    ReceivedResponse,
    RetryReason,
    SentRequest,
)
from server.store import Transaction, deliveries, messages
from server.store.deliveries import AttemptRecord

REJECTED = ReceivedResponse(422, (), b'{"error":{"message":"No such <b>customer</b>"}}', False)


async def test_the_reason_comes_before_the_bodies(site: Site) -> None:
    shop = await kept_endpoint(site, description="Shop")
    entry = await tried(site, shop, DeliveryState.FAILED, outcome=AttemptOutcome.REJECTED, response=REJECTED)

    page = (await site.get(f"/messages/{entry.message.id}")).text
    text = text_of(page)

    assert "rejected it with status 422" in text
    assert "No such <b>customer</b>" in text
    assert "<b>customer" not in page
    assert text.index("rejected it with status 422") < text.index("Received event")


async def test_failed_code_leads_to_its_line_in_the_editor(site: Site) -> None:
    shop = await kept_endpoint(site, "function handler(webhook) { return webhook; }")
    entry = await tried(
        site,
        shop,
        DeliveryState.TRANSFORM_FAILED,
        outcome=AttemptOutcome.TRANSFORM_FAILED,
        request=None,
        response=None,
        error=AttemptError("TypeError", "cannot read", 3, 14, "  return a.b.id;"),
    )

    page = (await site.get(f"/messages/{entry.message.id}")).text

    assert f"/transformation?message={entry.message.id}&amp;line=3&amp;column=14#editor-code" in page


async def test_a_waiting_delivery_says_when_and_offers_to_retry_now(site: Site) -> None:
    shop = await kept_endpoint(site)
    entry = await tried(
        site,
        shop,
        DeliveryState.PENDING,
        outcome=AttemptOutcome.REJECTED,
        response=REJECTED,
        next_at=NOW + 60_000,
        because=RetryReason.SCHEDULE,
    )

    text = text_of((await site.get(f"/messages/{entry.message.id}")).text)

    assert "Next attempt" in text
    assert "Retry now" in text


async def test_the_most_urgent_delivery_is_open(site: Site) -> None:
    bad, fine = await kept_endpoint(site, description="Bad"), await kept_endpoint(site, description="Fine")
    entry = await tried(site, bad, DeliveryState.FAILED, outcome=AttemptOutcome.REJECTED, response=REJECTED)

    def succeed(tx: Transaction) -> None:
        now, owner = entry.message.received_at + 10, ProcessId("test")
        [claimed] = deliveries.claim(tx, owner=owner, now=now, lease_until=now + 1, room={fine.id: 1})
        made = an_attempt(entry.message, claimed.delivery.id, fine)
        deliveries.record(tx, [AttemptRecord(owner, made, DeliveryState.SUCCEEDED, 1, None)])

    await site.services.store.write(succeed)

    page = text_of((await site.get(f"/messages/{entry.message.id}")).text)

    assert page.index("rejected it with status 422") < page.index("Received event")


async def test_what_the_code_changed_is_shown(site: Site) -> None:
    shop = await kept_endpoint(site, "function handler(webhook) { return webhook; }")
    entry = await tried(
        site,
        shop,
        of={"body": b'{"type":"x","old":1}'},
        version_id=shop.version.id if shop.version else None,
        request=SentRequest("POST", "https://example.com/", (), b'{"type":"x","new":2}'),
    )

    text = text_of((await site.get(f"/messages/{entry.message.id}")).text)

    assert "What changed 2" in text


async def test_the_request_is_copied_as_curl_without_its_secrets(site: Site) -> None:
    request = SentRequest("POST", "https://example.com/", (("authorization", "Basic ••••••••"),), b'{"a":"it\'s"}')
    entry = await tried(site, await kept_endpoint(site), request=request)

    page = await site.get(f"/messages/{entry.message.id}")
    answer = await site.get(f"/attempts/{entry.attempt.id}/curl")

    assert f'data-copy-from="/test/attempts/{entry.attempt.id}/curl"' in page.text
    assert "--header 'authorization: Basic <secret>'" in answer.text
    assert "attachment" in answer.headers["content-disposition"]


async def test_an_attempt_without_a_request_has_no_command(site: Site) -> None:
    entry = await tried(site, await kept_endpoint(site), outcome=AttemptOutcome.CANCELLED, request=None, response=None)

    assert (await site.get(f"/attempts/{entry.attempt.id}/curl")).status_code == 404


async def test_the_messages_before_and_after_are_one_click_away(each_site: Site) -> None:
    received = sorted((a_message(each_site.source) for _ in range(3)), key=lambda each: each.id)
    await each_site.services.store.write(lambda tx: messages.receive(tx, received))
    older, middle, newer = received

    page = (await each_site.get(f"/messages/{middle.id}")).text

    assert f'rel="next" href="/test/messages/{older.id}"' in page
    assert f'rel="prev" href="/test/messages/{newer.id}"' in page
    assert 'rel="next"' not in (await each_site.get(f"/messages/{older.id}")).text
