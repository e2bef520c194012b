"""Each card's check is a request that can be sent, and no card takes another card's values for its own."""

import re

import pytest

from server.actions.cards import load_cards
from server.actions.credential_checks import Outcome, check_request, read
from server.actions.drafts import Draft, as_endpoint
from server.assets import transforms_dir
from server.domain.addresses import url_problem
from server.domain.cards import Card, FieldKind
from server.domain.ids import EndpointId
from server.domain.masking import Masker
from server.domain.messages import ReceivedResponse
from server.domain.recognition import owner_of, recognise
from server.domain.requests import METHODS, headers_problem

CARDS = load_cards(transforms_dir())
CHECKED = [card for card in CARDS.values() if card.check.url]


def placeholders(card: Card) -> dict[str, str]:
    """A plausible value for each field of a card, by field name."""
    typed = [field for field in card.fields if field.kind is not FieldKind.CHOICE]
    return {field.name: field.placeholder or "0123456789abcdef-us1" for field in typed}


@pytest.mark.parametrize("card", CARDS.values(), ids=lambda card: card.name)
def test_a_card_has_a_check_or_says_why_not(card: Card) -> None:
    assert bool(card.check.url) is not bool(card.check.none)


@pytest.mark.parametrize("card", CHECKED, ids=lambda card: card.name)
def test_the_check_is_a_request(card: Card) -> None:
    draft = Draft(card=card.name, url=card.url.placeholder, credentials=placeholders(card))
    request = check_request(card, as_endpoint(draft, card, EndpointId("ep_1")))
    assert request.method in METHODS
    assert url_problem(request.url) is None
    assert headers_problem(request.headers) is None
    assert "{" not in request.url.replace("{}", "")
    assert not any("{" in value for value in request.headers.values())


@pytest.mark.parametrize("card", CHECKED, ids=lambda card: card.name)
def test_a_refusal_is_not_taken_for_a_valid_key(card: Card) -> None:
    refused = read(card, ReceivedResponse(401, (), b"{}", False), {}, Masker(()))
    assert refused.outcome is Outcome.INVALID
    broken = read(card, ReceivedResponse(500, (), b"oops", False), {}, Masker(()))
    assert broken.outcome is Outcome.UNCLEAR


@pytest.mark.parametrize("card", CHECKED, ids=lambda card: card.name)
def test_a_switch_names_a_choice_of_the_card(card: Card) -> None:
    fields = {field.name: dict(field.choices) for field in card.fields}
    for rule in card.check.rules:
        assert all(value in fields[name] for name, value in rule.switch.items())
        assert not re.search(r"[{}]", re.sub(r"\{(/[^{}.!:\[\]]*|status)\}", "", rule.say))


@pytest.mark.parametrize("card", CARDS.values(), ids=lambda card: card.name)
def test_no_other_card_claims_its_values(card: Card) -> None:
    values = {f"credentials.{name}": value for name, value in placeholders(card).items() if value}
    known = {field.name: field.placeholder for field in card.fields}
    if card.asks_url and card.url.placeholder:
        values["url"] = known["url"] = card.url.placeholder
    for field, value in values.items():
        if known[field.removeprefix("credentials.")] and "…" not in value:
            hint = recognise(CARDS.values(), card, field, value)
            assert hint is None, f"{field}: {hint}"


def test_each_claim_is_of_one_card() -> None:
    for card in CARDS.values():
        for value in (card.url.placeholder, *placeholders(card).values()):
            owners = [other.name for other in CARDS.values() if owner_of([other], value)]
            assert len(owners) < 2, (value, owners)
