"""The types that the editor knows: one for each event type, what a contract accepts, and what the sandbox has."""

import json

import pytest

from server.domain.catalog import EVENT_TYPES
from server.domain.contracts import Contract, parse_contract
from server.domain.schema_types import SchemaTypes
from server.domain.type_definitions import type_definitions


def test_the_union_has_the_event_types_that_the_endpoint_receives() -> None:
    text = type_definitions(event_types=["payment.failed", "refund.failed"])

    union = text[text.index("type ReceivedWebhook =") :]
    assert '| WebhookOf<"payment.failed", PaymentFailedEvent>' in union
    assert union.count("WebhookOf<") == 2
    facts = json.loads(text.partition("\n")[0].removeprefix("//"))
    assert facts["subscribed"] == ["payment.failed", "refund.failed"]
    assert facts["events"] == list(EVENT_TYPES)


@pytest.mark.parametrize("none", [None, [], ["no.such"]])
def test_without_known_event_types_all_are_in_the_union(none: list[str] | None) -> None:
    assert type_definitions(event_types=none).count('WebhookOf<"') == 2 * len(EVENT_TYPES)


def test_a_field_has_its_description_example_and_nullability() -> None:
    text = type_definitions(event_types=["payment.succeeded"], words=str.upper)
    assert (
        '/** THE LAST FOUR DIGITS OF THE CARD.\n@example "4242" */\ncard_last_four?: string | null;'.lower()
        in text.lower()
    )


def test_a_field_that_only_other_event_types_have_is_undefined() -> None:
    text = type_definitions(event_types=["payment.succeeded", "dispute.opened"])
    whole = text[text.index("interface WholePayment extends Payment {") :].partition("}")[0]
    assert "dispute_stage?: undefined;" in whole
    assert "\npayment_id" not in whole


def test_variables_are_names_of_env() -> None:
    text = type_definitions(variables=["TEAM_ID", "odd-name"])
    assert 'interface Env {\nreadonly TEAM_ID: string;\nreadonly "odd-name": string;\n}' in text


def test_observed_fields_are_optional_and_say_where_they_were_seen() -> None:
    observed = {
        "payment.succeeded": {
            "data.customer.tier": ["string", "null"],
            "data.product_cart[].sku": ["string"],
            "data.loyalty": ["integer"],
        }
    }
    text = type_definitions(event_types=["payment.succeeded"], observed=observed)
    for line in ("tier?: string | null;", "sku?: string;", "loyalty?: number;"):
        assert f"/** Seen in real events, but not in the catalog. */\n{line}" in text


def test_a_known_field_gets_the_types_that_real_events_had() -> None:
    observed = {
        "payment.succeeded": {"data.currency": ["null"], "data.payment_provider": ["null"], "data.tax": ["string"]}
    }
    text = type_definitions(event_types=["payment.succeeded"], observed=observed)
    for line in ("\ncurrency: string | null;", '"dodo" | null;', "\ntax?: number | null | string;"):
        assert line in text


def test_an_event_type_that_the_catalog_lacks_is_known_by_name() -> None:
    facts = json.loads(type_definitions(observed={"payment.new": {}}).partition("\n")[0].removeprefix("//"))
    assert facts["seen"] == ["payment.new"]
    assert facts["events"][-1] == "payment.new"


def a_contract(*bodies: object) -> Contract:
    calls = [{"url": f"https://api\\.example/{at}", "body": body} for at, body in enumerate(bodies)]
    return parse_contract(json.dumps({"calls": calls}))


def test_the_calls_that_the_url_fits_are_accepted() -> None:
    one = {"type": "object", "properties": {"text": {"type": "string"}}}
    text = type_definitions(contract=a_contract(one, one), url="https://api.example/1?key=x")
    assert "type AcceptsByUrl = Accepts1;" in text
    assert "type AcceptsByUrl = any;" in type_definitions(contract=a_contract(one), url="https://other.example")


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, "string"),
        ({"type": ["integer", "null"]}, "number | null"),
        ({"enum": ["a", 1, True, None]}, '"a" | 1 | true | null'),
        ({"const": "a"}, '"a"'),
        ({"type": "array", "items": {"type": "boolean"}}, "Array<boolean>"),
        ({"not": {}}, "never"),
        ({}, "any"),
        (True, "any"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "{ [name: string]: number }"),
        ({"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]}, '"b"'),
        ({"anyOf": [{"type": "string"}, {"type": "number"}]}, "string | number"),
    ],
)
def test_a_schema_is_a_type(schema: dict[str, object] | bool, expected: str) -> None:
    assert SchemaTypes().of(schema, "Body") == expected


def test_a_condition_makes_two_kinds_of_body() -> None:
    types = SchemaTypes()
    schema = {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": ["a", "b"]}},
        "if": {"properties": {"kind": {"const": "a"}}},
        "then": {"required": ["text"], "properties": {"text": {"type": "string"}}},
    }
    assert types.of(schema, "Body") == "Body | Body2"
    assert types.declarations[0].startswith('interface Body {\nkind: "a";\ntext: string;\n')
    assert types.declarations[1].startswith('interface Body2 {\nkind: "b";\n')


def test_a_hostile_schema_stays_within_bounds() -> None:
    wide = {"type": "object", "properties": {f"p{at}": {"type": "string", "hint": "x" * 500} for at in range(4000)}}
    many = {"allOf": [{"anyOf": [{"required": [f"{at}{side}"]} for side in "ab"]} for at in range(12)]}
    deep: object = {"type": "string"}
    for _ in range(60):
        deep = {"type": "object", "properties": {"a": deep}}
    for schema in (wide, many, deep, {"$ref": "#/$defs/none"}):
        types = SchemaTypes()
        types.of(schema, "Body")  # type: ignore[arg-type]
        assert sum(map(len, types.declarations)) < 3_000_000


@pytest.mark.parametrize("hint", ["*/ x: any; /*", "*\r/ x: any; /*", "*\r\r/ x: any; /*"])
def test_comments_cannot_be_left(hint: str) -> None:
    types = SchemaTypes()
    types.of({"type": "object", "properties": {"a": {"type": "string", "hint": hint}}}, "Body")
    assert "*/ x" not in types.declarations[0]
