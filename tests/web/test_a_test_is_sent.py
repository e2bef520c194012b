"""A test can really be sent before anything is created: once, signed, shown with its response, and not stored."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import cards
import pytest
from destination import Destination
from form import PLAIN, a_form, path_of, text_of
from site_under_test import Site
from structlog.testing import capture_logs

from server.domain.catalog import sample_json
from server.domain.contracts import parse_contract

KEY = "lk_0123456789"
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
FAILS = PLAIN.replace("return webhook", 'throw new Error("no")')
CANCELS = PLAIN.replace("return webhook", "webhook.cancel = true;\n  return webhook")


@pytest.fixture
def shop() -> Iterator[Destination]:
    with Destination(answer=b'{"ok": true}') as destination:
        yield destination


def form_for(shop: Destination, **changes: Any) -> dict[str, Any]:
    return a_form(**{"url": f"http://127.0.0.1:{shop.port}/hook", "payload": '{"a": 1}'} | changes)


async def sent(site: Site, form: dict[str, Any], status: int = 200) -> str:
    response = await site.post("/transformations/send", form, headers=PARTIAL)
    assert response.status_code == status, text_of(response.text)
    return text_of(response.text)


async def test_one_signed_request_is_sent_and_its_response_shown(loopback_site: Site, shop: Destination) -> None:
    told = await sent(loopback_site, form_for(shop, headers_key="X-Team", headers_value="payments"))
    assert "Response to the sent test Status 200" in told
    assert "Sent once. Not stored, and not retried." in told
    assert '"ok": true' in told
    [got] = shop.got
    assert (got.method, got.path, json.loads(got.body)) == ("POST", "/hook", {"a": 1})
    assert got.headers["x-team"] == "payments"
    assert got.headers["webhook-signature"].startswith("v1,")
    assert got.headers["webhook-id"].startswith("msg_test_")


async def test_nothing_is_stored(loopback_site: Site, shop: Destination) -> None:
    await sent(loopback_site, form_for(shop))
    assert "No endpoints" in text_of((await loopback_site.get("/endpoints")).text)
    assert "msg_test" not in (await loopback_site.get("/logs")).text


async def test_a_refusal_is_shown_and_not_retried(loopback_site: Site, shop: Destination) -> None:
    shop.status, shop.answer = 422, b'{"error": "no such list"}'
    told = await sent(loopback_site, form_for(shop))
    assert "Status 422" in told
    assert "no such list" in told
    assert len(shop.got) == 1


async def test_an_unreachable_destination_is_told(loopback_site: Site, shop: Destination) -> None:
    told = await sent(loopback_site, form_for(shop, url="http://127.0.0.1:9/"))
    assert "Unreachable" in told
    assert "refused" in told


@pytest.mark.parametrize("code", [FAILS, CANCELS])
async def test_code_that_fails_or_cancels_sends_nothing(loopback_site: Site, shop: Destination, code: str) -> None:
    assert "Nothing was sent." in await sent(loopback_site, form_for(shop, code=code))
    assert shop.got == []


async def test_the_address_guard_stands(site: Site, shop: Destination) -> None:
    told = await sent(site, form_for(shop), status=422)
    assert "The address belongs to this machine (loopback)." in told
    by_code = PLAIN.replace("return webhook", f'webhook.url = "http://127.0.0.1:{shop.port}/";\n  return webhook')
    told = await sent(site, a_form(code=by_code))
    assert "Nothing was sent." in told
    assert "loopback" in told
    assert shop.got == []


async def test_while_capturing_nothing_is_sent(loopback_site: Site, shop: Destination) -> None:
    told = await sent(loopback_site, form_for(shop, destination="capture"), status=422)
    assert "The destination is set to Capture, so nothing is sent." in told
    assert shop.got == []


async def test_a_missing_field_is_named(loopback_site: Site, shop: Destination) -> None:
    cards.put(loopback_site.services, cards.ledger(f"127.0.0.1:{shop.port}"))
    form = a_form(card="own:ledger", url=None) | {"credentials.api_key": "", "credentials.region": "us"}
    response = await loopback_site.post("/transformations/send", form, headers=PARTIAL)
    assert response.status_code == 422
    assert 'href="#field-credentials.api_key"' in response.text
    assert shop.got == []


async def test_credentials_are_used_masked_and_not_logged(loopback_site: Site, shop: Destination) -> None:
    cards.put(loopback_site.services, cards.ledger(f"127.0.0.1:{shop.port}"))
    shop.answer = b'{"you_sent": "' + KEY.encode() + b'"}'
    form = a_form(card="own:ledger", url=None) | {"credentials.api_key": KEY, "credentials.region": "eu"}
    with capture_logs() as lines:
        response = await loopback_site.post("/transformations/send", form, headers=PARTIAL)
    assert KEY not in response.text
    [got] = shop.got
    assert (got.path, got.headers["authorization"]) == ("/eu/customers", f"Bearer {KEY}")
    assert got.headers["idempotency-key"] == got.headers["webhook-id"]
    [line] = [line for line in lines if line["event"] == "test.sent"]
    assert (line["card"], line["status"], line["sent"], line["endpoint_id"]) == ("own:ledger", 200, True, None)
    assert KEY not in str(lines)


async def test_an_existing_endpoint_sends_with_its_stored_secrets(loopback_site: Site, shop: Destination) -> None:
    cards.put(loopback_site.services, cards.ledger(f"127.0.0.1:{shop.port}"))
    form = a_form(card="own:ledger", url=None) | {"credentials.api_key": KEY, "credentials.region": "us"}
    endpoint = path_of(await loopback_site.post("/endpoints", form)).rpartition("/")[2]
    changed = PLAIN.replace("return", "webhook.payload = { mine: 1 };\n  return")
    editor = {"endpoint": endpoint, "transforming": "on", "code": changed, "event_type": "refund.succeeded"}
    await sent(loopback_site, editor | {"payload": sample_json("refund.succeeded")})
    got = next(each for each in shop.got if each.method == "POST")
    assert (json.loads(got.body), got.headers["authorization"]) == ({"mine": 1}, f"Bearer {KEY}")


async def test_sends_are_bounded(loopback_site: Site, shop: Destination) -> None:
    for _ in range(10):
        await sent(loopback_site, form_for(shop))
    assert "At most 10 such requests" in await sent(loopback_site, form_for(shop), status=422)
    assert len(shop.got) == 10


async def test_without_scripts_the_whole_form_comes_back(loopback_site: Site, shop: Destination) -> None:
    page = await loopback_site.post("/transformations/send", form_for(shop, description="For the shop"))
    assert "Response to the sent test Status 200" in text_of(page.text)
    assert "For the shop</textarea>" in page.text


async def test_a_200_that_rejects_is_told_as_the_contract_reads_it(loopback_site: Site, shop: Destination) -> None:
    rules = [{"status": 200, "text": "^0$", "is": "rejected", "say": "Pigeon dropped it.", "message": ["text"]}]
    card = replace(cards.pigeon(), contract=parse_contract(json.dumps({"responses": rules})))
    cards.put(loopback_site.services, card)
    shop.answer = b"0"
    told = await sent(loopback_site, form_for(shop, card="own:pigeon"))
    assert "Rejected" in told or "Status 200" in told
    assert "Pigeon dropped it. The destination responded 200, but rejected the event: 0" in told
