"""Which values of an event people can search for."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.catalog import EVENT_TYPES
from server.domain.payloads import Payload
from server.domain.search_terms import (
    DEFAULT_METADATA_KEYS,
    MAX_CHARACTERS,
    MAX_TERMS,
    OTHER_PATHS,
    PATHS,
    normalised,
    terms_in,
)

WANTED = ("payment_id", "subscription_id", "customer_id", "refund_id", "dispute_id", "email", "invoice_id", "payout_id")
ELSEWHERE = {
    "data.refunds.*.payment_id": "the payment's own",
    "data.disputes.*.payment_id": "the payment's own",
    "data.service_periods.*.subscription_id": "named in subscription_ids too",
    "data.cancelled_by.email": "the customer's own, or one of us",
}


def found(event_type: str, value: Any, keys: tuple[str, ...] = DEFAULT_METADATA_KEYS) -> tuple[str, ...]:
    return terms_in(event_type, Payload(json.dumps(value).encode()), keys)


def named(path: str, schema: Any) -> set[str]:
    """The paths of a schema whose last name people would search for."""
    if not isinstance(schema, dict):
        return set()
    ids = {path} if path.rsplit(".", 1)[-1] in WANTED else set()
    for name, inner in schema.get("properties", {}).items():
        ids |= named(f"{path}.{name}" if path else name, inner)
    return ids | named(f"{path}.*", schema.get("items"))


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_every_id_of_the_event_catalog_is_a_search_term(event_type: str) -> None:
    known = {*PATHS[event_type.partition(".")[0]], *ELSEWHERE}
    assert named("", EVENT_TYPES[event_type].schema) - known == set()


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_every_sample_can_be_found(event_type: str) -> None:
    assert found(event_type, EVENT_TYPES[event_type].sample)


def test_a_payment_is_found_by_what_people_know_of_it() -> None:
    terms = found("payment.succeeded", EVENT_TYPES["payment.succeeded"].sample)
    assert {"pay_9ftbx2nqw6kzrv4hslpmc", "mira.lindqvist@northwind.example", "nw-1042"} <= set(terms)


def test_events_of_other_senders_are_found_by_usual_names() -> None:
    value = {"data": {"id": "in_1", "customer": {"email": "A@B.example"}}}
    assert found("invoice.paid", value) == ("in_1", "a@b.example")
    assert "data.email" in OTHER_PATHS


@pytest.mark.parametrize("key", ["order_id", "orderId", "Order-ID", "order id"])
def test_a_key_of_metadata_is_found_however_it_is_written(key: str) -> None:
    assert found("payment.succeeded", {"data": {"metadata": {key: "A 17"}}}, ("order_id",)) == ("a 17",)


def test_a_number_in_metadata_is_found() -> None:
    assert found("payment.succeeded", {"data": {"metadata": {"order_id": 1042}}}) == ("1042",)


def test_a_number_is_found_though_it_was_not_parsed_at_first() -> None:
    body = b'{"data":{"payment_id":"pay_1","metadata":{"order_id":1042,"order":null}}}'
    payload = Payload(body, numbers=False)
    assert terms_in("payment.succeeded", payload, DEFAULT_METADATA_KEYS, body=body) == ("pay_1", "1042")
    assert terms_in("payment.succeeded", payload, DEFAULT_METADATA_KEYS) == ("pay_1",)


def test_other_keys_of_metadata_are_not_indexed() -> None:
    assert found("payment.succeeded", {"data": {"metadata": {"secret": "hush"}}}) == ()
    assert found("payment.succeeded", {"data": {"metadata": {"order_id": "17"}}}, ()) == ()


def test_terms_are_bounded() -> None:
    many = {"data": {"refunds": [{"refund_id": f"ref_{number}"} for number in range(10_000)]}}
    assert len(found("payment.succeeded", many)) == MAX_TERMS
    assert found("payment.succeeded", {"data": {"payment_id": "p" * 129}}) == ()


@pytest.mark.parametrize("text", ["", " ", "x", "a\x00b", "\ud800abc", 'say "hi"', "back\\slash", "y" * 129])
def test_what_cannot_be_a_term_is_none(text: str) -> None:
    assert normalised(text) == ""


@given(st.text(max_size=2 * MAX_CHARACTERS))
def test_a_term_can_stand_in_json_and_in_a_column(text: str) -> None:
    term = normalised(text)
    assert json.loads(f'["{term}"]') == [term]
    assert "\x00" not in term and term.encode() is not None and len(term) <= MAX_CHARACTERS


@given(
    st.binary(max_size=100)
    | st.recursive(st.none() | st.text(), lambda each: st.lists(each)).map(
        lambda value: json.dumps({"data": value}).encode()
    )
)
def test_any_body_has_terms_or_none(body: bytes) -> None:
    assert isinstance(terms_in("payment.succeeded", Payload(body), DEFAULT_METADATA_KEYS), tuple)


@pytest.mark.parametrize(
    "odd",
    [
        {"data": []},
        {"data": {"customer": []}},
        {"data": {"metadata": [1]}},
        {"data": {"refunds": {}}},
        {"data": {"subscription_ids": [[1], {}, None, True]}},
        [],
    ],
)
def test_parts_of_another_shape_are_passed_over(odd: Any) -> None:
    assert found("payment.succeeded", odd) == ()


@pytest.mark.parametrize("odd", ["Two Words", 'a "b"', "a\\b", "new\nline", " trim ", "Zoë", "\ud800x", "x", 129 * "y"])
def test_one_odd_value_changes_no_other_term(odd: str) -> None:
    value = {"data": {"payment_id": "pay_A1", "subscription_id": odd, "invoice_id": "INV-2"}}
    assert found("payment.succeeded", value) == tuple(filter(None, ("pay_a1", normalised(odd), "inv-2")))
