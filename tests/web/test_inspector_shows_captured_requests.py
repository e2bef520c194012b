"""The inspector lists requests that were captured instead of sent, and shows one of them whole."""

import re
from typing import Any

from entries import capturing_endpoint, kept_endpoint, tried
from form import text_of
from site_under_test import Site

from server.domain.messages import AttemptOutcome, SentRequest
from server.store import attempts


async def captured(site: Site, endpoint: Any, url: str = "https://example.com/", event_type: str = "") -> Any:
    return await tried(
        site,
        endpoint,
        of={"event_type": event_type or "payment.succeeded"},
        outcome=AttemptOutcome.CAPTURED,
        request=SentRequest("PATCH", url, (("x-team", "blue"),), b'{"amount":12345678901234567890}'),
        response=None,
    )


async def test_the_newest_is_shown_and_an_older_one_can_be_chosen(site: Site) -> None:
    shop = await capturing_endpoint(site, description="Shop")
    old = await captured(site, shop, "https://old.example/", "refund.failed")
    await captured(site, shop, "https://new.example/")

    newest = text_of((await site.get("/inspector")).text)
    chosen = text_of((await site.get(f"/inspector?attempt={old.attempt.id}")).text)

    assert "PATCH https://new.example/" in newest
    assert "https://old.example/" not in newest
    assert "PATCH https://old.example/" in chosen
    for shown in ("Shop", "x-team blue", '{ "amount": 12345678901234567890 }'):
        assert shown in newest, shown


async def test_links_of_the_list_carry_the_event_type(site: Site) -> None:
    entry = await captured(site, await capturing_endpoint(site), event_type="refund.failed")

    page = (await site.get("/inspector")).text

    assert re.search(rf'<a class="row-link" href="[^"]*{entry.attempt.id}[^"]*"><code>refund.failed</code></a>', page)


async def test_what_was_sent_is_not_in_the_inspector(site: Site) -> None:
    entry = await tried(site, await kept_endpoint(site))

    for path in ("/test/inspector", f"/test/inspector?attempt={entry.attempt.id}"):
        page = (await site.get(path)).text
        assert entry.attempt.id not in text_of(page)
        assert "No captured requests yet" in page


async def test_older_requests_are_on_the_next_page(site: Site) -> None:
    shop = await capturing_endpoint(site)
    oldest = await captured(site, shop)
    for _ in range(attempts.PAGE):
        await captured(site, shop)

    first = (await site.get("/inspector")).text
    older = re.search(r'rel="next" href="([^"]+)"', first)

    assert oldest.attempt.id not in first
    assert older
    assert oldest.attempt.id in (await site.get(older[1].replace("&amp;", "&"))).text
