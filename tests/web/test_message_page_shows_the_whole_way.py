"""A message's page: received, transformed, answered, for each endpoint and each attempt."""

from typing import Any

import pytest
from builders import NOW, a_message
from entries import kept_endpoint, tried
from form import text_of
from site_under_test import Site

from server.domain.messages import (
    AttemptError,
    AttemptOutcome,
    ConsoleLine,
    DeliveryState,
    ReceivedResponse,
    SentRequest,
)
from server.domain.warnings import WarningKind, warn
from server.store import messages, sources


async def page_of(site: Site, entry: Any, query: str = "") -> str:
    answer = await site.get(f"/messages/{entry.message.id}{query}")
    assert answer.status_code == 200
    return text_of(answer.text)


async def test_it_shows_what_came_what_went_out_and_what_came_back(site: Site) -> None:
    shop = await kept_endpoint(site, "function handler(webhook) { return webhook; }", description="Shop")
    entry = await tried(
        site,
        shop,
        of={"body": b'{"amount":1.50}'},
        version_id=shop.version.id if shop.version else None,
        request=SentRequest("PUT", "https://example.com/v2", (("authorization", "Basic ••••••••"),), b'{"paid":true}'),
        response=ReceivedResponse(201, (("x-answer", "yes"),), b"thanks", False),
        console=(ConsoleLine("warn", "careful"),),
        duration_ms=34.2,
    )

    text = await page_of(site, entry)

    for shown in (
        *(entry.message.id, entry.message.webhook_id, entry.attempt.id, "Test"),
        *('{ "amount": 1.50 }', "PUT https://example.com/v2", '{ "paid": true }', "Basic ••••••••", "careful"),
        *("v1", "Shop", "Succeeded", "201", "x-answer", "thanks"),
    ):
        assert shown in text, shown


async def test_the_head_shows_what_people_search_for(site: Site) -> None:
    body = (
        b'{"data":{"payment_id":"pay_1","total_amount":4999,"currency":"USD",'
        b'"customer":{"name":"Mira <b>","email":"mira@example.com"}}}'
    )
    entry = await tried(site, await kept_endpoint(site), of={"body": body})
    plain = await tried(site, await kept_endpoint(site, description="Other"), of={"body": b"[]"})

    head = (await page_of(site, entry)).partition("Message ID")[0]

    assert "ID pay_1" in head
    assert "Customer Mira <b> mira@example.com Amount $49.99" in head
    assert "Customer" not in await page_of(site, plain)


async def test_a_failed_transformation_names_its_line_and_shows_no_response(site: Site) -> None:
    entry = await tried(
        site,
        await kept_endpoint(site),
        DeliveryState.TRANSFORM_FAILED,
        outcome=AttemptOutcome.TRANSFORM_FAILED,
        request=None,
        response=None,
        error=AttemptError("TypeError", "cannot read property 'id' of undefined", 3, 14, "  return a.b.id;"),
    )

    page = (await site.get(f"/messages/{entry.message.id}")).text
    text = text_of(page)

    assert "line 3, column 14" in text
    assert "cannot read property 'id' of undefined" in text
    assert "  return a.b.<mark>id</mark>;" in page
    assert "None: nothing was sent." in text


async def test_no_answer_is_told_with_its_reason(site: Site) -> None:
    entry = await tried(
        site,
        await kept_endpoint(site),
        DeliveryState.PENDING,
        outcome=AttemptOutcome.UNREACHABLE,
        response=None,
        error=AttemptError("refused", "The destination refused the connection."),
        next_at=NOW,
    )

    text = await page_of(site, entry)

    assert "The destination refused the connection." in text
    assert "Next attempt" in text


async def test_an_attempt_can_be_chosen_and_one_of_another_message_cannot(site: Site) -> None:
    shop = await kept_endpoint(site)
    first = await tried(site, shop, request=SentRequest("POST", "https://one.example/", (), b"{}"))
    other = await tried(site, shop, request=SentRequest("POST", "https://two.example/", (), b"{}"))

    assert "https://one.example/" in await page_of(site, first, f"?attempt={first.attempt.id}")
    assert "https://two.example/" not in await page_of(site, first, f"?attempt={other.attempt.id}")


async def test_a_message_that_nobody_wanted_says_so(site: Site) -> None:
    shop = await kept_endpoint(site, event_types=frozenset({"dispute.lost"}))
    entry = await tried(site, shop, of={"event_type": "dispute.lost"})
    lonely = a_message(site.source)
    await site.services.store.write(lambda tx: messages.receive(tx, [lonely]))

    assert "No endpoint subscribed" in text_of((await site.get(f"/messages/{lonely.id}")).text)
    assert "No endpoint subscribed" not in await page_of(site, entry)


async def test_a_message_of_the_live_source_is_shown_as_live(site: Site) -> None:
    [live] = [source for source in await site.services.store.read(sources.every) if source.id != site.source.id]
    message = a_message(live)
    await site.services.store.write(lambda tx: messages.receive(tx, [message]))

    page = (await site.get(f"/live/messages/{message.id}")).text

    assert 'data-state="live"' in page
    assert 'data-state="test"' not in page


async def test_a_body_of_a_megabyte_is_shown_in_part(site: Site) -> None:
    big = b'{"n":"' + b"x" * 1_000_000 + b'"}'
    entry = await tried(site, await kept_endpoint(site), of={"body": big})

    page = (await site.get(f"/messages/{entry.message.id}")).text

    assert "Only the beginning is shown." in text_of(page)
    assert f'href="/test/messages/{entry.message.id}/body"' in page
    assert len(page) < 400_000


@pytest.mark.parametrize(
    "path", ["/test/messages/msg_0", "/test/messages/msg_0/body", "/test/attempts/att_0/request-body"]
)
async def test_what_does_not_exist_is_not_found(site: Site, path: str) -> None:
    assert (await site.get(path)).status_code == 404


async def test_warnings_of_the_run_are_kept_and_shown_with_the_attempt(site: Site) -> None:
    warnings = (
        warn(WarningKind.VARIABLE_IN_HEADER, header="Authorization", word="undefined", name="API_KEY"),
        warn(WarningKind.REJECTION, message="<b>no</b>"),
    )
    entry = await tried(site, await kept_endpoint(site), warnings=warnings)

    text = await page_of(site, entry)

    assert "The header Authorization contains “undefined”." in text
    assert "there is no variable API_KEY" in text
    assert "<b>no</b>" in text
