"""Cards for tests: the built-in ones, and a made-up destination whose address, check and mistakes a test chooses."""

import json

from server.actions.cards import load_cards
from server.actions.services import Services
from server.assets import transforms_dir
from server.domain.card_files import parse_card
from server.domain.card_shelf import CardShelf
from server.domain.cards import Card

BUILT_IN = load_cards(transforms_dir())
CODE = "function handler(webhook) {\n  return webhook;\n}\n"
CHAT = """
title = "Pigeon"
summary = "Post into a loft."

[url]
ask = true
secret = true
pattern = "https://loft[.]example/hooks/[0-9]+/[a-z]+"
pattern_hint = "A Pigeon URL looks like https://loft.example/hooks/… ."
known_by = "https://loft[.]example/hooks/.*"

[[url.mistakes]]
pattern = "https://old[.]loft[.]example/.*"
say = "Pigeon ended these hooks. Create a new one."

[check]
none = "Pigeon has no call that checks a hook."
"""
CRM = """
title = "Ledger"
summary = "Writes customers into a book."

[url.default]
us = "http://{host}/us/customers"
eu = "http://{host}/eu/customers"

[auth]
kind = "bearer"
token = "{{api_key}}"

[headers]
x-version = "7"
idempotency-key = "{{webhook.id}}"

[[fields]]
name = "api_key"
label = "API key"
kind = "secret"
pattern = "lk_[a-z0-9]+"
pattern_hint = "An API key of Ledger starts with lk_."
known_by = "lk_[a-z0-9]{{8,}}"

[[fields.mistakes]]
pattern = "lp_.*"
say = "This is the publishable key. Copy the secret key, which starts with lk_."

[[fields.mistakes]]
pattern = "lk_test.*"
say = "This key belongs to the sandbox of Ledger."
severity = "warning"

[[fields]]
name = "region"
label = "Region"
kind = "choice"
choices = [{{ value = "us", label = "United States" }}, {{ value = "eu", label = "European Union" }}]

[check]
url = "http://{host}/account?key={{api_key}}"

[check.headers]
accept = "application/json"

[[check.results]]
status = 200
json = '''{{"required": ["region"], "properties": {{"region": {{"const": "eu"}}}}}}'''
result = "elsewhere"
say = "Valid, but the account {{/name}} is in the EU."
switch = {{ region = "eu" }}

[[check.results]]
status = 401
text = "restricted"
result = "limited"
say = "Valid. The key may only send."
"""


def put(services: Services, *cards: Card) -> None:
    assert isinstance(services.cards, CardShelf)
    services.cards.put_own({card.name: card for card in cards})


def pigeon() -> Card:
    """A chat with a webhook URL, which is known by its host and cannot be checked."""
    return _parsed("own:pigeon", CHAT)


def ledger(host: str) -> Card:
    """A book of customers with an API key and two regions at a host and port."""
    return _parsed("own:ledger", CRM.format(host=host))


def _parsed(name: str, toml: str) -> Card:
    return parse_card(name, {"card.toml": toml, "default.js": CODE, "icon.svg": '<path d="M4 4h16v16H4z"/>'})


def answer(**values: object) -> bytes:
    return json.dumps(values).encode()
