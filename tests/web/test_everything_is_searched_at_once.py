"""The search page, and the same results for the palette."""

import json

import pytest
from entries import arrived, capturing_endpoint
from site_under_test import Site

from server.domain.messages import Message
from server.store import search


async def paid(site: Site) -> Message:
    data = {"payment_id": "pay_Abc123", "customer": {"email": "mira@example.com"}, "total_amount": 4999}
    data["currency"] = "EUR"
    return await arrived(site, body=json.dumps({"type": "payment.succeeded", "data": data}).encode())


@pytest.mark.parametrize("text", ["pay_Abc123", "PAY_abc", "mira@example.com"])
async def test_a_payment_is_found(site: Site, text: str) -> None:
    message = await paid(site)
    shown = (await site.client.get("/test/search", params={"q": text})).text
    assert f'href="/test/messages/{message.id}"' in shown
    assert "pay_Abc123</code>" in shown and "€49.99" in shown
    assert "Nothing matches" not in shown


async def test_other_sources_are_not_searched(site: Site) -> None:
    message = await paid(site)
    assert message.id not in (await site.client.get("/live/search", params={"q": "pay_Abc123"})).text


async def test_endpoints_event_types_pages_and_actions_are_found(site: Site) -> None:
    endpoint = await capturing_endpoint(site, description="Shipping desk", name="Shipping desk")
    assert f'href="/test/endpoints/{endpoint.id}"' in (await site.get("/test/search?q=shipping")).text
    assert 'href="/test/logs?type=refund.succeeded"' in (await site.get("/test/search?q=refund")).text
    assert 'href="/test/inspector"' in (await site.get("/test/search?q=inspect")).text
    assert 'href="/test/endpoints/new"' in (await site.get("/test/search?q=add end")).text


async def test_a_beginning_finds_event_types_endpoints_and_recent_messages(site: Site) -> None:
    endpoint = await capturing_endpoint(site, description="Payroll", name="Payroll")
    message = await paid(site)
    shown = (await site.get("/test/search?q=pay")).text
    assert 'href="/test/logs?type=payment.' in shown
    assert f'href="/test/endpoints/{endpoint.id}"' in shown
    assert f'href="/test/messages/{message.id}"' in shown
    assert f'href="/test/messages/{message.id}"' in (await site.get("/test/search?q=pay_")).text
    assert 'href="/test/logs?type=dispute.lost"' in (await site.get("/test/search?q=lost")).text
    whole = (await site.get("/test/search?q=payment")).text
    assert 'href="/test/logs?type=payment.succeeded"' in whole
    one = (await site.get("/test/search?q=p")).text
    assert "/test/logs?type=" not in one and message.id not in one


async def test_pages_are_found_in_the_readers_language_and_in_english(site: Site) -> None:
    site.client.cookies.set("lang", "zh_Hans")
    for text in ("设置", "settings"):
        assert 'href="/test/settings"' in (await site.client.get("/test/search", params={"q": text})).text


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("retention", "settings/retention"), ("time zone", "settings/language"), ("language", "settings/language"),
        ("dark", "settings/appearance"), ("networks", "settings/networks"), ("about", "settings/about"),
        ("深色", "settings/appearance"), ("时区", "settings/language"),
        ("Backup", "docs/backup"), ("备份", "docs/backup"),
    ],
)  # fmt: skip
async def test_settings_and_docs_are_found_by_their_titles_and_other_words(site: Site, text: str, address: str) -> None:
    for language in ("en", "zh_Hans") if text.isascii() else ("zh_Hans",):
        site.client.cookies.set("lang", language)
        shown = (await site.client.get("/test/search", params={"q": text})).text
        assert f'href="/test/{address}"' in shown


async def test_an_empty_search_offers_every_page(site: Site) -> None:
    shown = (await site.get("/test/search")).text
    assert 'href="/test/logs"' in shown and 'href="/test/cards/new"' in shown


async def test_what_is_not_found_says_so_and_how_to_search_payloads(site: Site) -> None:
    shown = (await site.client.get("/test/search", params={"q": "<b>nowhere"})).text
    assert "Nothing matches “&lt;b&gt;nowhere”" in shown
    assert 'href="/test/settings/search"' in shown


async def test_the_palette_gets_the_results_alone(site: Site) -> None:
    message = await paid(site)
    answer = await site.client.get("/test/search?q=pay_Abc123", headers={"hx-request-type": "partial"})
    assert answer.text.strip().startswith("<div") and message.id in answer.text and "<html" not in answer.text


@pytest.mark.parametrize("text", ["a" * 5000, "%", "\t", "'\"\\", "msg_", "ep_", "🙂🙂🙂🙂", "*"])
async def test_any_text_gets_an_answer(site: Site, text: str) -> None:
    assert (await site.client.get("/test/search", params={"q": text})).status_code == 200


async def test_a_search_that_was_cut_off_says_so_and_leads_on(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "suggest", lambda *_: search.Found(searched_to="msg_01B"))
    shown = (await site.get("/test/search?q=pay_far")).text
    assert "Not everything was searched." in shown and "Nothing matches" not in shown
    assert '<a href="/test/logs?q=pay_far">Search further back</a>' in shown
