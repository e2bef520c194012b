"""Personal data in a payload is replaced by stable fakes; the rest of it stays as it is."""

import json
import re
from typing import Any

import pytest
from effort import effort

from server.domain.catalog import EVENT_TYPES, sample_json
from server.domain.payloads import paths_in
from server.domain.personal_data import masked

PERSONAL = (
    "Mira", "Lindqvist", "mira.lindqvist", "+46701234567", "44 Harbour", "Portland", "97205",
    "93-4821176", "4242", "Northwind Labs", "3f6c1d0e-8b27-4a95-9e41-c7d52ab80f16",
)  # fmt: skip


def copy(value: Any) -> Any:
    return json.loads(json.dumps(value))


def shape(value: Any) -> Any:
    match value:
        case dict():
            return {key: shape(inner) for key, inner in value.items()}
        case list():
            return [shape(inner) for inner in value]
    return type(value).__name__


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_samples_keep_their_shape_and_lose_the_person(event_type: str) -> None:
    before = json.loads(sample_json(event_type))
    after = masked(copy(before))
    text = json.dumps(after)
    assert not [each for each in PERSONAL if each in text]
    assert shape(after) == shape(before)
    assert masked(copy(before)) == after
    was, now = dict(paths_in(before)), dict(paths_in(after))
    changed = {path.rpartition(".")[2] for path in was if was[path] != now[path]}
    assert changed <= {
        "email", "name", "phone_number", "street", "city", "zipcode", "tax_id", "card_last_four", "card_holder_name",
        "customer_business_name", "key",
    }  # fmt: skip


def test_ids_and_amounts_stay() -> None:
    kept = {
        "payment_id": "pay_9fTbX2nQw6KzRv4HsLpMc",
        "customer": {"customer_id": "cus_5pWz8RkTq3VxYn7JmHcLd"},
        "subscription_id": "sub_4nLxV9cRz7BtQm2KwHpYd",
        "total_amount": 4999,
        "network_reference": "74537604221222132710572",
        "created_at": "2026-02-03T04:05:06.789012Z",
        "product": {"name": "Northwind Business"},
        "discounts": [{"name": "Welcome offer", "code": "WELCOME10"}],
        "version": "2.2.0",
        "time": "12:30:45",
        "country": "US",
        "custom_field_responses": [{"key": "team_size", "value": "11-50"}],
        "empty": {"email": "", "name": None, "phone_number": None, "verified": True},
    }
    assert masked(copy(kept)) == kept


@pytest.mark.parametrize(
    ("field", "value", "form"),
    [
        ("email", "ada@lovelace.org", r"[a-z]+\.[a-z]+\.\d{4}@example\.com"),
        ("customerEmail", "ada@lovelace.org", r".+@example\.com"),
        ("note", "Write to ada@lovelace.org, please.", r"Write to [a-z.0-9]+@example\.com, please\."),
        ("link", "https://a.example/?to=ada%40lovelace.org", r"https://a\.example/\?to=[a-z.0-9]+%40example\.com"),
        ("phone_number", "+49 (151) 234-5678", r"\+49 \(\d{3}\) \d{3}-\d{4}"),
        ("phone", "0151 2345678", r"\d{4} \d{7}"),
        ("note", "call +4915123456789", r"call \+49\d{11}"),
        ("first_name", "Ada", r"[A-Z][a-z]+"),
        ("card_holder_name", "Ada Lovelace", r"[A-Z][a-z]+ [A-Z][a-z]+"),
        ("address_line_1", "12 St James's Square", r"\d+ [A-Z][a-z]+ Street"),
        ("zipcode", "SW1Y 4JH", r"[A-Z]{2}\d[A-Z] \d[A-Z]{2}"),
        ("vat_number", "DE123456789", r"[A-Z]{2}\d{9}"),
        ("note", "from 203.0.113.77 again", r"from 192\.0\.2\.\d+ again"),
        ("ip_address", "2a02:8071:b8::1", r"2001:db8::[0-9a-f]+"),
        ("note", "4242 4242 4242 4242", r"\d{4} \d{4} \d{4} \d{4}"),
        ("date_of_birth", "1815-12-10", r"1990-01-\d\d"),
        ("phone_number", 4915123456789, r"\d{13}"),
        ("zip", 97205, r"\d{5}"),
    ],
)
def test_a_value_keeps_its_form(field: str, value: Any, form: str) -> None:
    found = masked({"data": {field: value}})["data"][field]
    assert type(found) is type(value) and found != value
    assert re.fullmatch(form, str(found)), found


def test_one_person_is_one_fake_in_all_places_and_events() -> None:
    event = {
        "customer": {"name": "Ada Lovelace", "email": "Ada@Lovelace.org"},
        "metadata": {"note": "Ada Lovelace (ada@lovelace.org) called", "ada@lovelace.org": 1},
        "answers": [{"key": "E-mail", "value": "ada@lovelace.org"}],
    }
    found = masked(copy(event))
    mail = found["customer"]["email"]
    assert found["metadata"]["note"] == f"{found['customer']['name']} ({mail}) called"
    assert list(found["metadata"]) == ["note", mail] and found["answers"][0]["value"] == mail
    other = masked({"customer": {"name": "Ada Byron", "email": "ada@byron.org"}})
    assert other["customer"]["email"] != mail


def test_masking_does_not_depend_on_the_installation() -> None:
    assert masked({"email": "ada@lovelace.org"}) == {"email": "rosa.unger.7823@example.com"}


@pytest.mark.parametrize(
    "hostile",
    [
        "a" * 1_000_000,
        "a." * 500_000 + "@",
        "@" * 1_000_000,
        "+1" * 500_000,
        "1" * 1_000_000,
        "1." * 500_000,
        ":" * 1_000_000,
        "a@" + "b." * 500_000,
        "%40" * 300_000,
        "\ud83d" * 300_000,
    ],
    ids=range(10),
)
def test_long_texts_take_little_time(hostile: str) -> None:
    with effort(at_most=4):
        for field in ("note", "name", "email", "phone", "zip"):
            masked({"customer": {field: hostile, "name": "Ada Lovelace"}})


def test_deep_and_wide_payloads_take_little_time() -> None:
    deep: Any = "ada@lovelace.org"
    for _ in range(30_000):
        deep = {"customer": [deep]}
    wide = {f"name {n}": {"name": f"Ada Lovelace {n}", "email": f"a{n}@b.org"} for n in range(5_000)}
    with effort(at_most=4):
        masked(deep)
        masked(wide)
    while isinstance(deep, dict):
        (deep,) = deep["customer"]
    assert deep.endswith("@example.com")


@pytest.mark.parametrize("value", [None, 5, "ada@lovelace.org", [], [["ada@lovelace.org"]]])
def test_any_json_is_taken(value: Any) -> None:
    assert "lovelace" not in json.dumps(masked(value))
