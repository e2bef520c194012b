"""Each card's check is a request that can be sent, and no card takes another card's values for its own."""

import re

import pytest
from cards import BUILT_IN

from server.actions.credential_checks import Outcome, check_request, read
from server.actions.endpoint_form import EndpointForm, as_endpoint
from server.domain.addresses import url_problem
from server.domain.cards import Card, FieldKind
from server.domain.ids import EndpointId
from server.domain.masking import Masker
from server.domain.messages import ReceivedResponse
from server.domain.recognition import owner_of, recognise
from server.domain.requests import METHODS, headers_problem

CARDS = BUILT_IN
CHECKED = [card for card in CARDS.values() if card.check.urls]


def placeholders(card: Card) -> dict[str, str]:
    """A plausible value for each field of a card, by field name."""
    typed = [field for field in card.fields if field.kind is not FieldKind.CHOICE]
    return {field.name: field.placeholder or "0123456789abcdef-us1" for field in typed}


@pytest.mark.parametrize("card", CARDS.values(), ids=lambda card: card.name)
def test_a_card_has_a_check_or_says_why_not(card: Card) -> None:
    assert bool(card.check.urls) is not bool(card.check.none)


@pytest.mark.parametrize("card", CHECKED, ids=lambda card: card.name)
def test_the_check_is_a_request(card: Card) -> None:
    draft = EndpointForm(card=card.name, url=card.url.placeholder, credentials=placeholders(card))
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


@pytest.mark.parametrize(
    ("name", "status", "body", "credentials", "outcome", "shown"),
    [
        ("resend", 401, '{"name": "restricted_api_key"}', {}, Outcome.VALID, "may send mail"),
        ("resend", 400, '{"message": "API key is invalid"}', {}, Outcome.INVALID, ""),
        ("sendgrid", 200, '{"scopes": ["mail.send"]}', {}, Outcome.VALID, ""),
        ("sendgrid", 200, '{"scopes": ["stats.read"]}', {}, Outcome.LIMITED, "Mail Send"),
        ("telegram", 200, '{"ok": true, "result": {"title": "Shop"}}', {}, Outcome.VALID, "the chat Shop"),
        ("discord", 200, '{"name": "Shop"}', {}, Outcome.VALID, "Shop"),
        ("discord", 404, '{"code": 10015}', {}, Outcome.INVALID, ""),
        ("slack", 400, "no_text", {}, Outcome.VALID, ""),
        ("slack", 404, "no_service", {}, Outcome.INVALID, ""),
        ("customer_io", 200, '{"region": "eu"}', {"region": "us"}, Outcome.ELSEWHERE, "European Union"),
        ("customer_io", 200, '{"region": "eu"}', {"region": "eu"}, Outcome.VALID, ""),
        ("linear", 200, '{"errors": [{"message": "Authentication required"}]}', {}, Outcome.INVALID, ""),
        ("hubspot", 200, '{"portalId": 12}', {}, Outcome.VALID, "12"),
        ("loops", 200, '{"success": true, "teamName": "Shop"}', {}, Outcome.VALID, "Shop"),
    ],
)
def test_responses_read_as_the_destination_means_them(
    name: str, status: int, body: str, credentials: dict[str, str], outcome: Outcome, shown: str
) -> None:
    found = read(CARDS[name], ReceivedResponse(status, (), body.encode(), False), credentials, Masker(()))
    assert found.outcome is outcome
    assert shown in str(found.sentence)
    if outcome is Outcome.ELSEWHERE:
        assert found.switch
        assert (found.switch.field, found.switch.value) == ("region", "eu")


@pytest.mark.parametrize(
    ("card", "field", "value", "severity", "shown", "owner"),
    [
        ("slack", "url", f"https://discord.com/api/webhooks/{1:019}/AbCdEfGhIj", "warning", "Discord", "discord"),
        ("webhook", "url", "https://hooks.zapier.com/hooks/catch/1/abc/", "warning", "Zapier", "zapier"),
        ("teams", "url", "https://shop.webhook.office.com/webhookb2/a@b/IncomingWebhook/c/d", "error", "ended", None),
        ("n8n", "url", "https://n8n.example.com/webhook-test/abc", "error", "Production URL", None),
        ("customer_io", "credentials.api_key", "re_AbCdEf12_0123456789abcdefghijklm", "warning", "Resend", "resend"),
    ],
)  # fmt: skip
def test_typical_mix_ups_are_recognised(
    card: str, field: str, value: str, severity: str, shown: str, owner: str | None
) -> None:
    hint = recognise(CARDS.values(), CARDS[card], field, value)
    assert hint
    assert (hint.severity, hint.card and hint.card.name) == (severity, owner)
    assert shown in str(hint.sentence)
