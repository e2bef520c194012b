"""The log shows messages and attempts, newest first, as far as they fit the filters in the address."""

import re
from typing import Any

import pytest
from builders import SECRET
from entries import kept_endpoint, tried
from site_under_test import Site

from server.domain.messages import AttemptOutcome, DeliveryState, Origin
from server.store import attempts, messages, sources


def links(page: str) -> list[str]:
    """The messages that the rows of a log lead to."""
    return [found.partition("?")[0] for found in re.findall(r'class="row-link" href="/test/messages/([^"]+)"', page)]


@pytest.fixture
async def log(site: Site) -> Any:
    """Three entries: a success, a failure, and a transformation that failed at another endpoint."""
    shop = await kept_endpoint(site, description="Shop")
    good = await tried(site, shop)
    bad = await tried(
        site, shop, DeliveryState.FAILED, of={"event_type": "refund.failed"}, outcome=AttemptOutcome.REJECTED
    )
    desk = await kept_endpoint(site, description="Help desk", event_types=frozenset({"dispute.lost"}))
    odd = await tried(
        site,
        desk,
        DeliveryState.TRANSFORM_FAILED,
        of={"event_type": "dispute.lost"},
        outcome=AttemptOutcome.TRANSFORM_FAILED,
        request=None,
        response=None,
    )
    return shop, desk, good, bad, odd


async def test_both_views_are_newest_first(site: Site, log: Any) -> None:
    *_, good, bad, odd = log
    newest_first = [odd.message.id, bad.message.id, good.message.id]

    assert links((await site.get("/logs")).text) == newest_first
    assert links((await site.get("/logs?view=attempts")).text) == newest_first


async def test_filters_narrow_messages(site: Site, log: Any) -> None:
    shop, desk, good, bad, odd = log

    async def found(query: str) -> list[str]:
        return links((await site.get(f"/logs?{query}")).text)

    assert await found("status=failed") == [bad.message.id]
    assert await found("type=refund.failed") == [bad.message.id]
    assert await found(f"endpoint={desk.id}") == [odd.message.id]
    assert await found(f"endpoint={shop.id}&status=succeeded") == [good.message.id]
    assert await found(f"endpoint={desk.id}&status=succeeded") == []


async def test_filters_narrow_attempts(site: Site, log: Any) -> None:
    _, desk, good, bad, odd = log

    async def found(query: str) -> list[str]:
        return links((await site.get(f"/logs?view=attempts&{query}")).text)

    assert await found("status=rejected") == [bad.message.id]
    assert await found("type=payment.succeeded") == [good.message.id]
    assert await found(f"endpoint={desk.id}") == [odd.message.id]


@pytest.mark.parametrize("view", ["", "attempts"])
async def test_search_finds_by_each_kind_of_id(site: Site, log: Any, view: str) -> None:
    *_, bad, _ = log

    for wanted in (bad.message.id, bad.message.webhook_id, bad.attempt.id):
        page = await site.get("/logs", params={"view": view, "q": f" {wanted} "})
        assert links(page.text) == [bad.message.id], wanted


async def test_a_status_of_the_other_view_is_not_a_filter(site: Site, log: Any) -> None:
    assert len(links((await site.get("/logs?status=rejected")).text)) == 3


async def test_the_log_of_one_source_shows_nothing_of_the_other(site: Site, log: Any) -> None:
    *_, odd = log

    for path in ("/live/logs", "/live/logs?view=attempts", f"/live/logs?q={odd.message.id}"):
        page = await site.get(path)
        assert page.status_code == 200
        assert links(page.text) == [], path


async def test_older_and_newer_pages_have_each_row_once(site: Site) -> None:
    shop = await kept_endpoint(site)
    made = [(await tried(site, shop)).message.id for _ in range(messages.PAGE + 2)]
    assert messages.PAGE == attempts.PAGE

    for view in ("", "view=attempts&"):
        first = await site.get(f"/logs?{view}")
        older = re.search(r'rel="next" href="([^"]+)"', first.text)
        assert older
        second = await site.get(older[1].replace("&amp;", "&"))
        assert links(first.text) + links(second.text) == made[::-1]
        assert 'rel="next"' not in second.text
        assert 'data-live="source:' in first.text
        assert 'data-live="source:' not in second.text


async def test_htmx_gets_only_the_log_and_the_address_without_empty_filters(site: Site, log: Any) -> None:
    fragment = await site.get(
        "/test/logs?view=attempts&status=rejected&type=&endpoint=&q=",
        headers={"hx-request": "true", "hx-request-type": "partial"},
    )

    assert fragment.text.lstrip().startswith("<div")
    assert "<html" not in fragment.text
    assert fragment.headers["hx-replace-url"] == "/test/logs?view=attempts&status=rejected"


async def test_the_form_shows_what_is_chosen(site: Site, log: Any) -> None:
    _, desk, *_ = log
    page = (await site.get(f"/logs?status=failed&type=refund.failed&endpoint={desk.id}&q=msg_")).text

    assert '<option value="failed" selected>' in page
    assert '<option value="refund.failed" selected>' in page
    assert f'<option value="{desk.id}" selected>' in page
    assert 'value="msg_"' in page
    assert "Status:" in page and "Remove filter:" in page


async def test_an_example_is_marked(site: Site) -> None:
    await tried(site, await kept_endpoint(site), of={"origin": Origin.EXAMPLE})

    assert 'data-state="example"' in (await site.get("/logs")).text


async def test_an_empty_log_says_what_to_do_next(site: Site) -> None:
    without_secret = (await site.get("/logs")).text
    await site.services.store.write(lambda tx: sources.set_secret(tx, site.source.id, SECRET))
    ready = (await site.get("/logs")).text

    assert "This source has no signing secret, so every event is rejected." in without_secret
    assert "hookbench send payment.succeeded" in ready
    assert "No results" in (await site.get("/logs?status=failed")).text


async def test_an_empty_list_of_failed_messages_leads_to_those_that_wait(site: Site) -> None:
    await tried(site, await kept_endpoint(site), DeliveryState.PENDING, outcome=AttemptOutcome.REJECTED)
    page = (await site.get("/test/logs?status=failed")).text
    assert "Deliveries that failed and wait for their next retry are retrying." in page
    assert 'href="/test/logs?status=retrying"' in page
    waits = (await site.get("/test/logs?status=retrying")).text
    assert links(waits)
    assert '<option value="retrying" selected>' in waits and '<span class="mark-state">: Retrying</span>' in waits
    assert not links((await site.get("/test/logs?status=pending")).text)


async def test_the_neighbours_of_a_message_follow_the_filters_that_led_to_it(site: Site) -> None:
    shop = await kept_endpoint(site)
    good = (DeliveryState.SUCCEEDED, AttemptOutcome.SUCCEEDED)
    bad = (DeliveryState.FAILED, AttemptOutcome.REJECTED)
    made = [await tried(site, shop, state, outcome=outcome) for state, outcome in (bad, good, bad, good)]
    old, between, last, _ = (each.message.id for each in made)

    def address(page: str, rel: str) -> str:
        found = re.search(rf'rel="{rel}" href="(/test/messages/[^"]+)"', page)
        return found[1].replace("&amp;", "&") if found else ""

    for view, status in (("", "failed"), ("attempts", "rejected")):
        log = (await site.get(f"/test/logs?view={view}&status={status}")).text
        row = next(link for link in re.findall(r'class="row-link" href="([^"]+)"', log) if last in link)
        page = (await site.get(row.replace("&amp;", "&"))).text
        assert f"status%3D{status}" in row
        assert f"status={status}" in page  # back to the log, with its filters
        assert old in address(page, "next")
        assert address(page, "prev") == ""
        page = (await site.get(address(page, "next"))).text
        assert last in address(page, "prev") and address(page, "next") == ""

    plain = (await site.get(f"/test/messages/{last}")).text
    assert address(plain, "next") == f"/test/messages/{between}"
    odd = (await site.get(f"/test/messages/{last}?log=%26status%3Dno%26{'x' * 3000}")).text
    assert address(odd, "next") == f"/test/messages/{between}"
    for carried in ("type%3Da%2500b", "q%3D%25E2%2580%258B"):  # NUL, and a character that nobody sees
        odd = (await site.get(f"/messages/{last}?log={carried}")).text
        assert address(odd, "next") == f"/test/messages/{between}"
