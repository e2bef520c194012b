"""The form of another card has everything that was typed so far, as far as it fits. Works without scripts."""

import html
import re

from form import PLAIN, a_form, customer_io, text_of
from site_under_test import Site

MINE = PLAIN.replace("return", "webhook.payload.mine = 1;\n  return")


async def changed(site: Site, form: dict[str, object], to: str) -> str:
    response = await site.post("/endpoints/new", form | {"to": to})
    assert response.status_code == 200
    return response.text


def value_of(page: str, name: str) -> str:
    """The value of the input with that name; empty when there is none."""
    inputs = [tag for tag in re.findall(r"<input[^>]*>", page) if f'name="{name}"' in tag]
    found = re.search(r'value="([^"]*)"', inputs[-1]) if inputs else None
    return html.unescape(found[1]) if found else ""


def code_of(page: str) -> str:
    found = re.search(r'<textarea[^>]*name="code"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found
    return html.unescape(found[1]).strip()


async def test_url_description_and_lists_go_along(site: Site) -> None:
    form = a_form(
        url="https://example.com/hook",
        description="Our shop",
        destination="capture",
        listen="chosen",
        event_types=["refund.succeeded"],
        conditions_path="data.currency",
        conditions_operator="equals",
        conditions_value="EUR",
        headers_key="X-Team",
        headers_value="payments",
        variables_key="TEAM_ID",
        variables_value="7",
        payload='{"mine": true}',
    )
    page = await changed(site, form, "slack")
    assert value_of(page, "card") == "slack"
    assert value_of(page, "url") == "https://example.com/hook"
    assert "Our shop</textarea>" in page
    for text in ('value="data.currency"', 'value="X-Team"', 'value="TEAM_ID"', "{&#34;mine&#34;: true}"):
        assert text in page
    assert re.search(r'value="capture" checked', page)
    assert re.search(r'value="refund.succeeded" checked', page)


async def test_what_only_the_other_card_asks_for_comes_back(site: Site) -> None:
    page = await changed(site, customer_io(credentials__region="eu"), "webhook")
    assert "Site ID" not in text_of(page)
    back = {name: value_of(page, name) for name in ("credentials.site_id", "credentials.api_key", "credentials.region")}
    assert back == {
        "credentials.site_id": "1a2b3c4d5e6f7a8b9c0d",
        "credentials.api_key": "0d9c8b7a6f5e4d3c2b1a",
        "credentials.region": "eu",
    }
    page = await changed(site, a_form(card="webhook", url="https://example.com/hook") | back, "customer_io")
    assert value_of(page, "credentials.api_key") == "0d9c8b7a6f5e4d3c2b1a"
    assert 'value="eu" selected' in page
    assert value_of(page, "url") == "https://example.com/hook"  # hidden, for a card that asks for one


async def test_code_that_nobody_edited_becomes_the_new_cards(site: Site) -> None:
    cards = site.services.cards
    slack = cards["slack"]
    for code in (slack.default_code, slack.samples[0].code, slack.default_code.replace("\n", "\r\n"), ""):
        page = await changed(site, a_form(card="slack", code=code), "customer_io")
        assert code_of(page) == cards["customer_io"].default_code.strip()
        assert "Your code was kept" not in page


async def test_edited_code_stays_and_says_whose_it_is(site: Site) -> None:
    page = await changed(site, a_form(card="slack", code=MINE), "customer_io")
    assert code_of(page) == MINE.strip()
    assert "Your code was kept. It was written for Slack; Customer.io may expect something else." in text_of(page)
    assert "Load the default code of Customer.io" in page


async def test_the_transformation_follows_the_card_until_somebody_switches_it(site: Site) -> None:
    def is_on(page: str) -> bool:
        return bool(re.search(r'name="transforming"[^>]*checked', page))

    default = site.services.cards["webhook"].default_code
    assert is_on(await changed(site, a_form(code=default, transforming="off"), "slack"))
    assert not is_on(await changed(site, a_form(card="slack", code="", transforming="on"), "webhook"))
    assert is_on(await changed(site, a_form(code=default, transforming="on"), "slack"))
    assert not is_on(await changed(site, a_form(card="slack", code="", transforming="off"), "customer_io"))


async def test_nothing_is_saved_and_an_unknown_card_is_not_found(site: Site) -> None:
    await changed(site, a_form(), "slack")
    assert "No endpoints" in text_of((await site.get("/endpoints")).text)
    assert (await site.post("/endpoints/new", a_form() | {"to": "nothing"})).status_code == 404


async def test_a_typed_value_stays_text(site: Site) -> None:
    page = await changed(site, customer_io(credentials__api_key='"><script>alert(1)</script>'), "webhook")
    assert "<script>alert" not in page
