"""The catalogue against the models of Dodo's official SDK."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from dodopayments import DodoPayments
from dodopayments.types.unwrap_webhook_event import UnwrapWebhookEvent
from pydantic import BaseModel, TypeAdapter, ValidationError
from standardwebhooks import Webhook

from server.domain.catalog import EVENT_TYPES, EventType, sample_json

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

MODELS: dict[str, type[BaseModel]] = {
    get_args(model.model_fields["type"].annotation)[0]: model for model in get_args(get_args(UnwrapWebhookEvent)[0])
}

# What Dodo sends although no model of its SDK declares it.
UNDECLARED = {"payload_type"}
UNDECLARED_IN_DISPUTES = UNDECLARED | {"brand_id", "customer", "payment_provider", "reason"}


def every_event_type() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("event_type", EVENT_TYPES.values(), ids=lambda event_type: event_type.name)


def strictly(name: str, body: str) -> BaseModel:
    """Strict mode coerces nothing, and checks every literal; what it lets pass are undeclared fields."""
    return TypeAdapter(MODELS[name]).validate_json(body, strict=True)


def models_in(value: object) -> Iterator[BaseModel]:
    if isinstance(value, BaseModel):
        yield value
        for name in type(value).model_fields:
            yield from models_in(getattr(value, name))
    elif isinstance(value, list):
        for item in value:
            yield from models_in(item)


def test_the_sdk_has_a_model_for_every_event_type() -> None:
    assert MODELS.keys() == EVENT_TYPES.keys()


@every_event_type()
def test_a_sample_satisfies_the_model_strictly(event_type: EventType) -> None:
    strictly(event_type.name, sample_json(event_type.name))


@every_event_type()
def test_a_sample_has_every_field_of_the_model_and_only_the_known_ones_beside(event_type: EventType) -> None:
    event = strictly(event_type.name, sample_json(event_type.name))
    data = event.data  # type: ignore[attr-defined]
    allowed = UNDECLARED_IN_DISPUTES if event_type.payload_type == "Dispute" else UNDECLARED
    for model in models_in(event):
        declared = set(type(model).model_fields)
        assert declared <= model.model_fields_set, type(model).__name__
        assert set(model.model_extra or {}) <= (allowed if model is data else set()), type(model).__name__


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("payment.succeeded", {"status": "paid"}),
        ("payment.succeeded", {"total_amount": "4999"}),
        ("payment.succeeded", {"currency": "usd"}),
        ("payment.succeeded", {"created_at": "yesterday"}),
        ("payment.succeeded", {"refunds": [{"status": "succeeded"}]}),
        ("subscription.active", {"payment_frequency_interval": "month"}),
        ("dispute.opened", {"amount": 1500}),
    ],
)
def test_the_strict_check_refuses_a_wrong_value(name: str, change: dict[str, Any]) -> None:
    body = json.loads(sample_json(name))
    body["data"].update(change)
    with pytest.raises(ValidationError):
        strictly(name, json.dumps(body))


@every_event_type()
def test_the_schema_agrees_with_the_model_on_names_required_fields_types_and_choices(event_type: EventType) -> None:
    theirs = MODELS[event_type.name].model_json_schema()
    compare(dict(event_type.schema), theirs, theirs.get("$defs", {}), event_type.name, event_type.payload_type)


def compare(ours: dict[str, Any], theirs: dict[str, Any], defs: dict[str, Any], path: str, payload_type: str) -> None:
    theirs, may_be_null = plain(theirs, defs)
    our_types = ours["type"] if isinstance(ours["type"], list) else [ours["type"]]
    assert ("null" in our_types) is may_be_null, path
    assert theirs.get("type", "string") in our_types, path
    if "properties" in theirs:
        at_data = path.count(".") == 2 and path.endswith(".data")
        known = (UNDECLARED_IN_DISPUTES if payload_type == "Dispute" else UNDECLARED) if at_data else set()
        assert ours["properties"].keys() - known == theirs["properties"].keys(), path
        assert set(ours["required"]) - known == set(theirs.get("required", [])), path
        for name, field in theirs["properties"].items():
            compare(ours["properties"][name], field, defs, f"{path}.{name}", payload_type)
    elif theirs.get("type") == "array":
        compare(ours["items"], theirs["items"], defs, f"{path}[]", payload_type)
    elif len(theirs.get("enum", ())) > 100:
        assert ours["pattern"] in {"^[A-Z]{3}$", "^[A-Z]{2}$"}, path
    elif "const" in theirs:
        assert theirs["const"] == ours.get("const") or [theirs["const"]] == ours["enum"], path
    elif "enum" in theirs:
        assert [choice for choice in ours["enum"] if choice is not None] == theirs["enum"], path
    else:
        assert "enum" not in ours, path
        assert theirs.get("format") == ours.get("format"), path


def plain(schema: dict[str, Any], defs: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """A schema of pydantic's without its reference and without its null."""
    choices = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
    may_be_null = len(choices) < len(schema.get("anyOf", []))
    [inner] = choices or [schema]
    if "$ref" in inner:
        inner = defs[inner["$ref"].rpartition("/")[2]]
    return inner, may_be_null


@every_event_type()
def test_a_signed_sample_is_unwrapped_into_its_class(event_type: EventType) -> None:
    body, now = sample_json(event_type.name), datetime.now(UTC)
    headers = {
        "webhook-id": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", now, body),
    }
    with DodoPayments(bearer_token="unused") as client:
        event = client.webhooks.unwrap(body, headers=headers, key=SECRET)
    assert type(event) is MODELS[event_type.name]
