"""The catalogue: which event types there are, and that each sample fits its own schema."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, get_args

import pytest
from dodopayments.types import WebhookEventType
from jsonschema import Draft202012Validator, FormatChecker

from server.domain.catalog import EVENT_TYPES, GROUPS, EventType, sample_json

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")

formats = FormatChecker(formats=())


@formats.checks("date-time", raises=ValueError)
def _is_a_moment(value: object) -> bool:
    if not isinstance(value, str):
        return True
    datetime.fromisoformat(value)
    return MOMENT.fullmatch(value) is not None


def every_event_type() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("event_type", EVENT_TYPES.values(), ids=lambda event_type: event_type.name)


def walk(schema: Any, value: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Each field of a sample with its place and its schema, lists merged: ``data.refunds[].amount``."""
    yield path, schema, value
    if isinstance(value, dict):
        for name, field in schema.get("properties", {}).items():
            yield from walk(field, value.get(name), f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for item in value:
            yield from walk(schema["items"], item, f"{path}[]")


def fields(event_type: EventType) -> list[tuple[str, Any, Any]]:
    return list(walk(event_type.schema, event_type.sample))


def test_the_names_are_those_of_the_official_sdk_in_its_order() -> None:
    assert tuple(EVENT_TYPES) == get_args(WebhookEventType)
    assert len(EVENT_TYPES) == 48


def test_groups_hold_the_event_types_that_begin_with_their_name() -> None:
    assert len(GROUPS) == 10
    for group in GROUPS:
        assert group.title
        assert group.description.endswith(".")
        assert {event_type.group for event_type in group.event_types} == {group.name}
        assert all(event_type.name.startswith(f"{group.name}.") for event_type in group.event_types)


def test_each_description_is_a_sentence_of_its_own_that_says_when_the_event_is_sent() -> None:
    descriptions = [event_type.description for event_type in EVENT_TYPES.values()]
    assert len(set(descriptions)) == 48
    assert all(re.fullmatch(r"Sent when [^.]+\.", description) for description in descriptions)


@every_event_type()
def test_a_sample_fits_its_own_schema(event_type: EventType) -> None:
    Draft202012Validator.check_schema(event_type.schema)
    Draft202012Validator(event_type.schema, format_checker=formats).validate(event_type.sample)


@every_event_type()
def test_a_sample_has_every_field_that_its_schema_names_and_no_other(event_type: EventType) -> None:
    for path, schema, value in fields(event_type):
        if isinstance(value, dict) and "properties" in schema:
            assert list(value) == list(schema["properties"]), path


@every_event_type()
def test_every_field_is_described(event_type: EventType) -> None:
    for path, schema, _ in fields(event_type):
        assert path.endswith("[]") or schema["description"].endswith((".", "%.")), path


@every_event_type()
def test_the_envelope_carries_its_type_and_a_timestamp_in_microseconds(event_type: EventType) -> None:
    assert list(event_type.sample) == ["business_id", "type", "timestamp", "data"]
    assert event_type.sample["type"] == event_type.name
    assert event_type.sample["data"]["payload_type"] == event_type.payload_type
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", event_type.sample["timestamp"])


@every_event_type()
def test_nothing_in_a_sample_happened_after_the_event_but_to_a_payment(event_type: EventType) -> None:
    """A payment shows its refunds and disputes, since Dodo sends the latest state."""
    past = re.compile(r"(created|updated|delivered|revoked|cancelled|paused|abandoned)_at$")
    for path, _, value in fields(event_type):
        if value and past.search(path) and event_type.name != "payment.succeeded":
            happened = datetime.fromisoformat(value)
            known_later = "network_reference" in path
            assert known_later or happened <= datetime.fromisoformat(event_type.sample["timestamp"]), path


@every_event_type()
def test_money_is_a_whole_number_or_decimal_text(event_type: EventType) -> None:
    as_text = {"Dispute", "CreditLedgerEntry", "CreditBalanceLow"}
    for path, _, value in fields(event_type):
        name = path.rpartition(".")[2]
        if value is None or not (name.endswith("amount") or name in {"tax", "fee", "settlement_tax"}):
            continue
        is_text = event_type.payload_type in as_text or ".disputes[]" in path or ".credit_entitlement_cart[]" in path
        assert type(value) is (str if is_text else int), path
        assert re.fullmatch(r"\d+(\.\d+)?", str(value)), path


def test_every_field_that_may_be_null_or_empty_has_a_value_in_some_sample() -> None:
    empty, filled = set(), set()
    for event_type in EVENT_TYPES.values():
        for path, _, value in fields(event_type):
            place = f"{event_type.payload_type} {path}"
            (empty if value is None or value == [] else filled).add(place)
    assert empty - filled == set()


def test_every_status_of_a_sample_is_the_one_that_its_event_announces() -> None:
    statuses = {name: event_type.sample["data"].get("status") for name, event_type in EVENT_TYPES.items()}
    assert statuses["payment.failed"] == "failed"
    assert statuses["payment.cancelled"] == "cancelled"
    assert statuses["subscription.cancelled"] == "cancelled"
    assert statuses["subscription.renewed"] == "active"
    assert statuses["refund.failed"] == "failed"
    assert statuses["payout.created"] == "not_initiated"
    assert statuses["entitlement_grant.revoked"] == "Revoked"
    for name in EVENT_TYPES:
        if name.startswith("dispute."):
            assert EVENT_TYPES[name].sample["data"]["dispute_status"] == name.replace(".", "_")


def test_a_failed_payment_says_why_and_a_cancelled_subscription_who_and_why() -> None:
    failed = EVENT_TYPES["payment.failed"].sample["data"]
    assert failed["error_code"]
    assert failed["error_message"]
    assert failed["service_periods"] == []
    cancelled = EVENT_TYPES["subscription.cancelled"].sample["data"]
    assert cancelled["cancelled_at"]
    assert cancelled["cancelled_by"]["actor_type"] == "customer"
    assert cancelled["cancellation_feedback"]


def test_only_a_renewal_names_the_payment_behind_it() -> None:
    named = {name for name, event_type in EVENT_TYPES.items() if event_type.payload_type == "Subscription"}
    named = {name for name in named if EVENT_TYPES[name].sample["data"]["payment_id"]}
    assert named == {"subscription.renewed"}


def test_sample_json_is_the_sample_indented_by_two_spaces() -> None:
    text = sample_json("refund.succeeded")
    assert text.startswith('{\n  "business_id": "bus_')
    assert json.loads(text) == EVENT_TYPES["refund.succeeded"].sample
    with pytest.raises(KeyError):
        sample_json("subscription.created")
