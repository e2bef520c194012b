"""A value of another card, a known mistake or a damaged copy is recognised at its field, and again when it is saved."""

import html

import cards
import pytest
from form import a_form, beside, path_of, text_of
from site_under_test import Site

HOOK = "https://loft.example/hooks/12/abc"
KEY = "lk_0123456789"


@pytest.fixture
def shelf(site: Site) -> Site:
    cards.put(site.services, cards.pigeon(), cards.ledger("ledger.example"))
    return site


async def told(site: Site, card: str, field: str, value: str, **more: str) -> str:
    response = await site.post("/endpoints/hint", {"card": card, "field": field, "value": value} | more)
    assert response.status_code == 200
    return text_of(response.text)


async def test_a_url_of_another_card_offers_that_card(shelf: Site) -> None:
    assert await told(shelf, "webhook", "url", HOOK) == "This is a URL of Pigeon. Use the card Pigeon"
    assert await told(shelf, "slack", "url", HOOK) == "This is a URL of Pigeon. Use the card Pigeon"
    assert await told(shelf, "own:pigeon", "url", HOOK) == ""
    slack = "https://hooks.slack.com/services/T0/B0/abc"
    assert await told(shelf, "own:pigeon", "url", slack) == "This is a URL of Slack. Use the card Slack"


async def test_an_existing_endpoint_keeps_its_card(shelf: Site) -> None:
    shown = await told(shelf, "slack", "url", HOOK, editing="on")
    assert shown == "This is a URL of Pigeon. Add an endpoint with this card"


async def test_a_key_of_another_card_is_known_in_any_field(shelf: Site) -> None:
    expected = "This is the API key of Ledger. Use the card Ledger"
    assert await told(shelf, "customer_io", "credentials.api_key", KEY) == expected
    assert await told(shelf, "slack", "url", KEY) == expected
    assert await told(shelf, "own:ledger", "credentials.api_key", KEY) == ""


async def test_the_button_takes_the_value_to_its_field(shelf: Site) -> None:
    page = (await shelf.post("/endpoints/new", a_form(card="slack", url=KEY) | {"to": "own:ledger"})).text
    assert f'name="credentials.api_key" type="password" value="{KEY}"' in page
    page = (await shelf.post("/endpoints/new", a_form(card="slack", url=HOOK) | {"to": "own:pigeon"})).text
    assert f'value="{HOOK}"' in page


async def test_known_mistakes_are_told(shelf: Site) -> None:
    old = "https://old.loft.example/1"
    assert await told(shelf, "own:pigeon", "url", old) == "Pigeon ended these hooks. Create a new one."
    wrong = await told(shelf, "own:ledger", "credentials.api_key", "lp_123")
    assert wrong == "This is the publishable key. Copy the secret key, which starts with lk_."


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("url", "https://loft.example/ho oks/1/a", "The URL contains a space. Copy it again."),
        ("url", "https://loft.example/\u200bhooks/1/a", "The URL contains an invisible character (U+200B)."),
        ("credentials.api_key", "lk_1\u200b2", "The API key contains a line break or a control character."),
    ],
)
async def test_a_damaged_copy_is_told(shelf: Site, field: str, value: str, sentence: str) -> None:
    card = "own:pigeon" if field == "url" else "own:ledger"
    assert (await told(shelf, card, field, value)).startswith(sentence)


async def test_a_value_that_is_being_typed_is_not_held_against_the_pattern(shelf: Site) -> None:
    assert await told(shelf, "own:pigeon", "url", "https://lo", typing="on") == ""
    hint = "A Pigeon URL looks like https://loft.example/hooks/… ."
    assert await told(shelf, "own:pigeon", "url", "https://lo") == hint
    assert await told(shelf, "own:ledger", "credentials.api_key", "l", typing="on") == ""
    assert await told(shelf, "own:ledger", "credentials.api_key", "l") == "An API key of Ledger starts with lk_."


async def test_an_error_is_refused_and_a_warning_only_tells(shelf: Site) -> None:
    refused = await shelf.post("/endpoints", a_form(card="own:pigeon", url="https://old.loft.example/1"))
    assert refused.status_code == 422
    assert beside(refused.text, "url") == "Pigeon ended these hooks. Create a new one."
    key = {"credentials.api_key": "lp_1", "credentials.region": "us"}
    refused = await shelf.post("/endpoints", a_form(card="own:ledger", url=None) | key)
    assert beside(refused.text, "credentials.api_key").startswith("This is the publishable key.")

    created = await shelf.post("/endpoints", a_form(card="own:pigeon", url="https://example.com/else"))
    page = text_of((await shelf.get(path_of(created).removeprefix("/test"))).text)
    assert "A Pigeon URL looks like https://loft.example/hooks/… . Edit" in page


async def test_the_refused_form_shows_warnings_too(shelf: Site) -> None:
    page = (await shelf.post("/endpoints", a_form(card="slack", url=HOOK, listen="chosen"))).text
    assert "This is a URL of Pigeon." in text_of(page)  # besides the problem: no event type is chosen
    assert 'formaction="/test/endpoints/new"' in page


async def test_the_edit_form_tells_what_is_stored(shelf: Site) -> None:
    created = await shelf.post("/endpoints", a_form(card="slack", url=HOOK))
    page = await shelf.get(path_of(created).removeprefix("/test") + "/edit")
    assert "This is a URL of Pigeon. Add an endpoint with this card" in text_of(page.text)
    assert HOOK not in html.unescape(page.text)


async def test_nothing_is_logged_and_questions_are_bounded(shelf: Site, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(300):
        await told(shelf, "own:ledger", "credentials.api_key", "lp_secret_value")
    too_many = await shelf.post("/endpoints/hint", {"card": "slack", "field": "url", "value": HOOK})
    assert (too_many.status_code, too_many.text) == (204, "")
    assert "lp_secret_value" not in "".join(capsys.readouterr())


async def test_an_endless_value_is_not_looked_at(shelf: Site) -> None:
    assert await told(shelf, "own:pigeon", "url", "https://loft.example/hooks/" + "1" * 100_000) == ""
