"""A row of the log shows customer, amount, id, deliveries and response; people choose which of them."""

import json
import re

import pytest
from entries import kept_endpoint, tried
from site_under_test import Site

from server.domain.messages import AttemptOutcome, DeliveryState, ReceivedResponse

BODY = json.dumps(
    {
        "data": {
            "payment_id": "pay_1",
            "total_amount": 4999,
            "currency": "EUR",
            "customer": {"name": "Mira <Lindqvist>", "email": "mira@example.com"},
        }
    }
).encode()


def cells(page: str) -> list[str]:
    """The texts of the first row's cells."""
    row = page.partition("<tbody")[2].partition("</tr>")[0]
    return [" ".join(re.sub("<[^>]*>", " ", cell).split()) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)]


def heads(page: str) -> list[str]:
    return re.findall(r'<th scope="col"[^>]*>([^<]*)', page)


@pytest.fixture
async def rejected(site: Site) -> None:
    shop = await kept_endpoint(site, name="Our shop")
    await tried(
        site,
        shop,
        DeliveryState.FAILED,
        of={"body": BODY},
        outcome=AttemptOutcome.REJECTED,
        response=ReceivedResponse(422, (), b"", False),
    )


async def test_a_message_shows_who_how_much_and_how_it_went(site: Site, rejected: None) -> None:
    page = (await site.get("/logs")).text

    assert heads(page) == ["Event type", "Customer", "Amount", "ID", "Deliveries", "Response", "Received"]
    assert cells(page)[:6] == [
        "payment.succeeded", "Mira &lt;Lindqvist&gt;", "€49.99", "pay_1", "Our shop : Failed", "422",
    ]  # fmt: skip
    chinese = (await site.get("/logs", headers={"accept-language": "zh-CN"})).text
    assert cells(chinese)[2] == "€49.99"


async def test_an_attempt_shows_its_endpoint_and_response(site: Site, rejected: None) -> None:
    page = (await site.get("/logs?view=attempts")).text

    assert cells(page)[:6] == [
        "Rejected", "payment.succeeded", "Mira &lt;Lindqvist&gt;", "pay_1", "Our shop", "422",
    ]  # fmt: skip


async def test_a_payload_that_is_no_event_leaves_its_cells_empty(site: Site) -> None:
    for body in (b"[]", b"{", b'{"data": {"total_amount": "x", "currency": "EURO", "customer": []}}', b"\xff"):
        await tried(site, await kept_endpoint(site), of={"body": body})

        assert cells((await site.get("/logs")).text)[1:4] == ["–", "–", "–"]


async def test_columns_are_chosen_for_each_list_and_kept(site: Site, rejected: None) -> None:
    chosen = {"view": "", "column": ["email", "message", "nothing"], "next": "/test/logs?status=failed"}
    answer = await site.post("/logs/columns", chosen)

    assert answer.status_code == 303
    assert answer.headers["location"] == "/test/logs?status=failed"
    assert heads((await site.get("/logs")).text) == ["Event type", "E-mail", "Message ID"]
    assert "Customer" in heads((await site.get("/logs?view=attempts")).text)
    await site.post("/logs/columns", {"view": "", "usual": "1", "column": ["email"], "next": "https://example.com/"})
    assert heads((await site.get("/logs")).text)[:2] == ["Event type", "Customer"]


async def test_each_set_filter_is_shown_with_a_link_that_removes_it(site: Site, rejected: None) -> None:
    page = (await site.get("/logs?status=failed&response=4XX&type=payment.*&slower=1&from=2026-01-02T03:04&x=y")).text
    chips = re.findall(r'<a class="chip" href="([^"]*)"', page)

    assert len(chips) == 5
    assert "/test/logs?from=2026-01-02T03%3A04Z&amp;type=payment.%2A&amp;response=4xx&amp;slower=1" in page
    assert not any("x=y" in chip for chip in chips)


async def test_the_address_keeps_the_filters_and_back_undoes_all_but_typing(site: Site, rejected: None) -> None:
    async def header(former: str, now: str) -> str:
        asked = {"hx-request": "true", "hx-request-type": "partial", "hx-current-url": f"http://localhost/test{former}"}
        return next(name for name in (await site.get(now, headers=asked)).headers if name.startswith("hx-"))

    assert await header("/logs?q=pa", "/logs?q=pay") == "hx-replace-url"
    assert await header("/logs?q=pay", "/logs?q=pay&status=failed") == "hx-push-url"


async def test_new_rows_are_counted_and_no_row_is_moved(site: Site, rejected: None) -> None:
    page = (await site.get("/logs")).text
    [news] = re.findall(r'hx-get="([^"]*after=[^"]*)"', page)
    [rows] = re.findall(r'hx-get="([^"]*upto=[^"]*)"', page)
    partial = {"hx-request": "true", "hx-request-type": "partial"}
    assert "new" not in re.sub("<[^>]*>", "", (await site.get(news, headers=partial)).text)
    for _ in range(2):
        await tried(site, await kept_endpoint(site), of={"event_type": "refund.failed"})

    assert "2 new" in (await site.get(news, headers=partial)).text
    refreshed = (await site.get(rows, headers=partial)).text
    assert "payment.succeeded" in refreshed
    assert "refund.failed" not in refreshed
