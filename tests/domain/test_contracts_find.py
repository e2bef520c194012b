"""What a contract finds in a request: one sentence for each thing that is wrong, with its path."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from server.domain.contract_schemas import Fix, MalformedContract
from server.domain.contracts import Contract, is_unchanged, parse_contract
from server.domain.verdicts import FITS, Grade, Verdict

NOW = 1_790_000_000_000
URL = "https://api.example.com/v1/events"


@dataclass(frozen=True)
class Request:
    body: bytes = b"{}"
    method: str = "POST"
    url: str = URL
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


def contract(body: Any = None, **call: Any) -> Contract:
    if body is not None:
        call["body"] = body
    return parse_contract(json.dumps({"calls": [call]}))


def verdict(schema: Any, value: object, **call: Any) -> Verdict:
    return contract(schema, **call).judge(Request(json.dumps(value).encode()), now=NOW)


def said(schema: Any, value: object) -> list[tuple[str, str]]:
    return [(one.path, str(one.cause)) for one in verdict(schema, value).findings]


KINDS: list[tuple[dict[str, Any], object, str]] = [
    ({"type": "string"}, 5, "x must be a string, not a number."),
    ({"type": ["integer", "null"]}, "5", "x must be a whole number or null, not a string."),
    ({"type": "object"}, [], "x must be an object, not an array."),
    ({"type": "boolean"}, None, "x must be a boolean, not null."),
    ({"type": "number"}, True, "x must be a number, not a boolean."),
    ({"enum": ["event", "identify", 3, ""]}, "paid", 'x is "paid". Allowed: event, identify, 3, "".'),
    ({"const": "message"}, "card", 'x is "card". Allowed: message.'),
    ({"not": {}}, 1, "x must not be set."),
    ({"not": {"enum": ["anon", "0"]}}, "anon", 'x is "anon", which is not accepted.'),
    ({"maxLength": 2000}, "a" * 2310, "x is 2,310 characters long. At most 2,000 are allowed."),
    ({"minLength": 5}, "abc", "x is 3 characters long. At least 5 are needed."),
    ({"minLength": 1}, "", "x is empty."),
    ({"pattern": "^[a-z]+$"}, "A1", 'x is "A1", which does not have the right form.'),
    ({"format": "email"}, "Mira <m@n.example>", 'x is "Mira <m@n.example>", which is not an e-mail address.'),
    ({"format": "uri"}, "/a", 'x is "/a", which is not a complete URL.'),
    ({"format": "date-time"}, "2026-01-31", 'x is "2026-01-31", which is not a time such as 2026-01-31T09:30:00Z.'),
    ({"format": "date"}, "31.1.2026", 'x is "31.1.2026", which is not a date such as 2026-01-31.'),
    ({"format": "uuid"}, "1", 'x is "1", which is not a UUID.'),
    ({"maximum": 100}, 101, "x is 101. It must be at most 100."),
    ({"minimum": 1}, 0.5, "x is 0.5. It must be at least 1."),
    ({"exclusiveMaximum": 100}, 100, "x is 100. It must be less than 100."),
    ({"exclusiveMinimum": 0}, 0, "x is 0. It must be more than 0."),
    ({"multipleOf": 5}, 7, "x is 7. It must be a multiple of 5."),
    ({"maxItems": 1}, [1, 2], "x has 2 entries. At most 1 are allowed."),
    ({"minItems": 1}, [], "x has 0 entries. At least 1 are needed."),
    ({"maxProperties": 1}, {"a": 1, "b": 2}, "x has 2 fields. At most 1 are allowed."),
    ({"minProperties": 1}, {}, "x has 0 fields. At least 1 are needed."),
    ({"uniqueItems": True}, [1, 1], "x has the same entry more than once."),
    ({"contains": {"type": "string"}}, [1], "x has no entry of the kind that is needed."),
    ({"anyOf": [{"type": "string"}, {"maximum": 1}], "hint": "h"}, 2, "x has none of the forms that are accepted."),
    ({"oneOf": [{"type": "string"}, {"type": "null"}], "hint": "h"}, 2, "x has none of the forms that are accepted."),
    (
        {"oneOf": [{"maximum": 5}, {"minimum": 1}], "hint": "h"},
        2,
        "x has more than one of the forms that are accepted. Use only one.",
    ),
    ({"maxBytes": 4}, "ééé", "x is 6 bytes large. At most 4 are allowed."),
    ({"maxBytes": 4}, {"a": 1}, "x is 7 bytes large. At most 4 are allowed."),
    ({"maxDepth": 1}, {"a": {"b": {}}}, "x is nested 3 levels deep. At most 1 are allowed."),
    ({"exactlyOneOf": ["id", "email"]}, {"id": None}, "One of x.id, x.email must be set."),
    (
        {"exactlyOneOf": ["id", "email", "phone"]},
        {"id": 1, "email": 2},
        "Only one of x.id, x.email, x.phone may be set, but x.id, x.email are.",
    ),
    ({"atLeastOneOf": ["text", "blocks"]}, {"text": None}, "At least one of x.text, x.blocks must be set."),
    ({"uniqueBy": "event_id"}, [{"event_id": 1}, {}, {"event_id": 1}], "x has entries with the same event_id."),
    ({"propertyNames": {"maxLength": 3}}, {"abcd": 1}, 'The name "abcd" in x is longer than 3 characters.'),
    ({"propertyNames": {"pattern": "^[a-z]+$"}}, {"A": 1}, 'The name "A" in x is not accepted.'),
    ({"propertyNames": {"maxBytes": 2}}, {"abc": 1}, 'The name "abc" in x is not accepted.'),
]


@pytest.mark.parametrize(("schema", "value", "sentence"), KINDS)
def test_each_kind_of_error_is_a_sentence(schema: dict[str, Any], value: object, sentence: str) -> None:
    assert said({"properties": {"x": schema}}, {"x": value})[0][1] == sentence


@pytest.mark.parametrize(
    ("within", "value", "sentence"),
    [
        ({"past": 259_200, "unit": "us"}, (NOW - 260_000_000) * 1000, "It must not be older than 3 days."),
        ({"past": 60, "unit": "s"}, NOW // 1000 - 61, "It must not be older than 60 seconds."),
        ({"future": 3600, "unit": "ms"}, NOW + 3_700_000, "It must not be more than 1 hours in the future."),
        ({"past": 60, "unit": "iso"}, "2020-01-01T00:00:00Z", "It must not be older than 60 seconds."),
    ],
)
def test_a_time_must_be_near_the_moment_of_sending(within: dict[str, Any], value: object, sentence: str) -> None:
    [(path, text)] = said({"properties": {"x": {"timeWithin": within}}}, {"x": value})
    assert path == "x"
    assert text.endswith(sentence)
    assert said({"properties": {"x": {"timeWithin": {**within, "past": 10**11, "future": 10**11}}}}, {"x": value}) == []


def test_what_is_no_time_is_said_so() -> None:
    schema = {"properties": {"x": {"timeWithin": {"past": 60, "unit": "iso"}}}}
    assert said(schema, {"x": "soon"}) == [("x", 'x is "soon", which is not a time.')]


def test_fields_that_are_missing_or_unknown_have_their_own_path() -> None:
    schema = {
        "required": ["a", "b"],
        "properties": {"a": True, "b": True, "list": {"items": {"required": ["c"], "additionalProperties": False}}},
        "additionalProperties": False,
    }
    assert said(schema, {"a": 1, "list": [{"c": 1}, {"d": 1}], "other": 2}) == [
        ("b", "b is missing."),
        ("list.0.c", "list.0.c is not a field that the destination knows."),
        ("list.1.c", "list.1.c is missing."),
        ("list.1.d", "list.1.d is not a field that the destination knows."),
        ("other", "other is not a field that the destination knows."),
    ]


def test_the_body_itself_has_an_empty_path() -> None:
    assert said({"type": "object"}, []) == [("", "The body must be an object, not an array.")]
    assert said({"maxBytes": 10}, "x" * 11) == [("", "The body is 11 bytes large. At most 10 are allowed.")]
    assert said({"exactlyOneOf": ["id", "email"]}, {}) == [("", "One of id, email must be set.")]


def test_paths_are_in_the_order_of_numbers_and_errors_come_before_warnings() -> None:
    warned = {"properties": {"a": {"type": "string", "severity": "warning"}}}
    schema = {"properties": {"list": {"items": {"type": "string"}}}, "allOf": [warned]}
    found = verdict(schema, {"a": 1, "list": [1, *["x"] * 8, 2, 3]})
    assert [(one.path, one.warning) for one in found.findings] == [
        ("list.0", False), ("list.9", False), ("list.10", False), ("a", True),
    ]  # fmt: skip
    assert (len(found.errors), len(found.warnings), found.grade) == (3, 1, Grade.ERRORS)


def test_a_warning_alone_is_no_error() -> None:
    found = verdict({"properties": {"a": {"maxLength": 1, "severity": "warning"}}}, {"a": "xx"})
    assert found.grade is Grade.WARNINGS
    assert verdict({}, {}) == FITS
    assert FITS.grade is Grade.FITS


def test_the_innermost_annotation_counts_also_behind_a_reference() -> None:
    schema = {
        "severity": "warning",
        "hint": "About the body.",
        "properties": {
            "id": {"$ref": "#/$defs/id"},
            "loud": {"type": "string", "severity": "error"},
            "list": {"hint": "A list of texts.", "items": {"type": "string"}},
        },
        "required": ["name"],
        "$defs": {"id": {"type": "string", "hint": "Ids are text.", "fix": {"convert": "string"}}},
    }
    found = {one.path: one for one in verdict(schema, {"id": 5, "loud": 1, "list": [1]}).findings}
    assert (found["id"].hint, found["id"].fix, found["id"].warning) == ("Ids are text.", Fix(convert="string"), True)
    assert found["id"].place == "/properties/id/$ref/type"
    assert (found["loud"].hint, found["loud"].warning) == ("", False)
    assert found["list.0"].hint == "A list of texts."
    assert found["name"].hint == "About the body."


def test_a_missing_field_has_the_hint_and_the_fix_of_its_own_schema() -> None:
    schema = {"required": ["name"], "properties": {"name": {"hint": "A name.", "fix": {"value": "x"}}}}
    [found] = verdict(schema, {}).findings
    assert (found.path, found.hint, found.fix) == ("name", "A name.", Fix(value="x"))


def test_a_field_with_the_wrong_name_is_one_error() -> None:
    schema = {
        "required": ["eventProperties"],
        "properties": {"properties": {"not": {}, "hint": "Rename it.", "fix": {"rename_to": "eventProperties"}}},
    }
    [found] = verdict(schema, {"properties": {}}).findings
    assert (found.path, str(found.cause)) == ("properties", "properties must not be set.")
    assert found.fix == Fix(rename_to="eventProperties")


def test_a_value_of_the_wrong_type_has_only_that_problem() -> None:
    schema = {"properties": {"x": {"allOf": [{"type": "string"}, {"type": "string"}], "pattern": "a", "enum": ["a"]}}}
    assert said(schema, {"x": 5}) == [("x", "x must be a string, not a number.")]


def test_allowed_values_are_listed() -> None:
    [found] = verdict({"properties": {"x": {"enum": ["a", 1, None]}}}, {"x": "b"}).findings
    assert found.allowed == ('"a"', "1", "null")


def test_the_url_and_the_method_decide_the_call() -> None:
    several = parse_contract(
        json.dumps(
            {
                "calls": [
                    {"url": "https://api\\.example\\.com/v1/events", "body": {"required": ["a"]}},
                    {"url": "https://api\\.example\\.com/v1/events", "methods": ["PUT"], "body": {"required": ["b"]}},
                    {"url": "https://api\\.example\\.com/old", "refused": "The old address was removed."},
                ]
            }
        )
    )

    def found(**request: Any) -> list[tuple[str, str, bool]]:
        return [(one.path, str(one.cause), one.warning) for one in several.judge(Request(**request)).findings]

    assert found(url=URL + "?key=1#x") == [("a", "a is missing.", False)]
    assert found(method="PUT") == [("b", "b is missing.", False)]
    assert found(method="GET") == [("method", "The method is GET. Allowed: POST, PUT.", False)]
    [(path, sentence, warning)] = found(url="https://api.example.com/v1/events/more")
    assert (path, sentence.startswith("Hookbench does not know this URL"), warning) == ("url", True, True)
    [refused] = several.judge(Request(url="https://api.example.com/old")).findings
    assert (refused.path, refused.hint, refused.warning) == ("url", "The old address was removed.", False)


def test_headers_are_judged_without_showing_their_values() -> None:
    schema = {
        "required": ["content-type", "api-key"],
        "properties": {"content-type": {"pattern": "^application/json"}, "x-key": {"enum": ["a"]}},
    }
    request = Request(headers={"Content-Type": "text/plain", "X-Key": "s3cret-value"})
    found = contract(headers=schema).judge(request).findings
    assert [(one.path, str(one.cause)) for one in found] == [
        ("header:api-key", "The header api-key is missing."),
        ("header:content-type", "The header content-type is “…”, which does not have the right form."),
        ("header:x-key", "The header x-key is “…”. Allowed: a."),
    ]


def test_bodies_that_are_no_json_or_too_large_are_errors() -> None:
    judged = contract({"required": ["a"]}, max_bytes=10)
    assert [str(one.cause) for one in judged.judge(Request(b"a=1")).findings] == ["The body is not JSON."]
    assert [str(one.cause) for one in judged.judge(Request(b'{"a":' + b" " * 2000 + b"1}")).findings] == [
        "The body is 2,007 bytes large. At most 10 are allowed."
    ]
    huge = contract({"required": ["a"]}).judge(Request(b'{"a":"' + b"x" * (3 << 20) + b'"}'))
    assert huge.grade is Grade.WARNINGS


def test_a_form_is_judged_as_an_object_of_texts() -> None:
    judged = contract({"properties": {"n": {"type": "string"}}, "required": ["m"]}, content="form")
    assert [one.path for one in judged.judge(Request(b"n=1&m=")).findings] == []
    assert [one.path for one in judged.judge(Request(b"n=1")).findings] == ["m"]
    assert contract({"required": ["a"]}, content="any").judge(Request(b"\xff")) == FITS


def test_an_event_that_the_code_left_as_it_came_is_one_error() -> None:
    judged = contract({"required": ["action", "name"]})
    event = b'{"type": "payment.succeeded", "data": {"x": 1.0}}'
    [found] = judged.judge(Request(b'{"type":"payment.succeeded","data":{"x":1.0}}'), received=event).findings
    assert (found.path, str(found.cause)[:39]) == ("", "The code sends this event as it came, a")
    [found] = judged.judge(Request(event), received=event, transformed=False).findings
    assert "the transformation is off" in str(found.cause)
    assert len(judged.judge(Request(b'{"type":"payment.succeeded"}'), received=event).findings) == 2
    assert contract({}).judge(Request(event), received=event) == FITS
    assert not is_unchanged(b"", b"")
    assert not is_unchanged(b"{", event)


def test_values_are_masked_before_they_are_cut() -> None:
    secret = "sk_live_abcdefghijklmnop"
    request = Request(json.dumps({"x": "v" * 70 + secret}).encode())
    [found] = (
        contract({"properties": {"x": {"maxLength": 1, "pattern": "^a$"}, "y": {}}})
        .judge(request, mask=lambda text: text.replace(secret, "••••••••"))
        .findings[1:]
    )
    assert str(found.cause).startswith('x is "' + "v" * 70 + "••••••••")
    assert "sk_" not in str(found.cause)


@pytest.mark.parametrize(
    "body", [b'{"a":"\\ud800"}', b'{"\\ud800":1}', b'{"a":' + b"9" * 5000 + b"}", b'{"a":1e999}', b'"\\udfff"']
)
def test_odd_but_legal_bodies_are_judged(body: bytes) -> None:
    judged = contract({"properties": {"a": {"type": "array"}}, "type": "object", "required": ["b"]})
    assert judged.judge(Request(body)).errors


def test_a_thousand_errors_are_cut() -> None:
    found = verdict({"items": {"type": "string"}}, list(range(10_000))).findings
    assert len(found) == 20
    assert found[0].path == "0"


REFUSED: list[tuple[object, str]] = [
    ([], "The contract must be an object."),
    ({"$schema": "x"}, "$schema is not a key"),
    ({"calls": {}}, "calls must be a list."),
    ({"calls": [1]}, "calls[0] must be an object."),
    ({"calls": [{}] * 31}, "calls has more than 30 entries."),
    ({"calls": [{"ulr": "x"}]}, "calls[0].ulr is not a key"),
    ({"calls": [{"url": "("}]}, "calls[0].url is not a regular expression"),
    ({"calls": [{"url": "(?=a)"}]}, "calls[0].url is not a regular expression"),
    ({"calls": [{"url": "(a{1000}){1000}"}]}, "calls[0].url is not a regular expression"),
    ({"calls": [{"url": "a" * 1001}]}, "calls[0].url is longer than 1000 characters."),
    ({"calls": [{"methods": "POST"}]}, "calls[0].methods must be a list of methods"),
    ({"calls": [{"max_bytes": 0}]}, "calls[0].max_bytes must be a whole number above 0."),
    ({"calls": [{"content": "xml"}]}, "calls[0].content must be one of json, form, any."),
    ({"calls": [{"body": 1}]}, "calls[0].body is not a JSON Schema."),
    ({"calls": [{"body": {"typ": "x"}}]}, "calls[0].body.typ is not a keyword"),
    ({"calls": [{"body": {"type": "text"}}]}, "calls[0].body.type is not valid"),
    ({"calls": [{"body": {"pattern": "(?=a)"}}]}, "calls[0].body.pattern is not valid"),
    ({"calls": [{"body": {"$id": "http://x"}}]}, "calls[0].body.$id is not a keyword"),
    ({"calls": [{"body": {"$ref": "https://example.com/a"}}]}, "calls[0].body.$ref must be one of"),
    ({"calls": [{"body": {"$ref": "#"}}]}, "calls[0].body.$ref must be one of"),
    ({"calls": [{"body": {"$ref": "#/$defs/a"}}]}, "calls[0].body.$ref must be one of"),
    (
        {"calls": [{"body": {"$ref": "#/$defs/a", "$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}}}]},
        "calls[0].body.$defs.a.items.$ref leads back to itself.",
    ),
    ({"calls": [{"body": {"anyOf": [True]}}]}, "calls[0].body.anyOf needs a hint"),
    ({"calls": [{"body": {"severity": "fatal"}}]}, "calls[0].body.severity must be error or warning."),
    ({"calls": [{"body": {"format": "ipv4"}}]}, "calls[0].body.format must be one of"),
    ({"calls": [{"body": {"fix": {"convert": "magic"}}}]}, "calls[0].body.fix is not a fix"),
    ({"calls": [{"body": {"fix": {}}}]}, "calls[0].body.fix is not a fix"),
    ({"calls": [{"body": {"maxBytes": "4"}}]}, "calls[0].body.maxBytes is not valid"),
    ({"calls": [{"body": {"exactlyOneOf": ["a"]}}]}, "calls[0].body.exactlyOneOf is not valid"),
    ({"calls": [{"body": {"timeWithin": {"unit": "h"}}}]}, "calls[0].body.timeWithin is not valid"),
    ({"calls": [{"body": {"hint": "\ud800"}}]}, "The contract contains half of a character."),
    ({"limit": 0}, "limit must be a whole number from 1 to 10000."),
    ({"responses": [{}]}, "responses[0].is must be success or rejected."),
    ({"responses": [{"is": "rejected", "status": 42}]}, "responses[0].status must be a status"),
    ({"responses": [{"is": "rejected", "statuss": 400}]}, "responses[0].statuss is not a key"),
    ({"responses": [{"is": "rejected", "message": "text"}]}, "responses[0].message must be a list"),
    ({"responses": [{"is": "rejected", "header": {"a": "("}}]}, "responses[0].header.a is not a regular expression"),
    ({"waits": [{"unit": "s"}]}, "waits[0] must have header or json, and unit."),
    ({"waits": [{"header": "a", "unit": "h"}]}, "waits[0].unit must be one of"),
]


@pytest.mark.parametrize(("content", "sentence"), REFUSED)
def test_a_contract_that_cannot_be_used_says_where(content: object, sentence: str) -> None:
    with pytest.raises(MalformedContract) as refused:
        parse_contract(json.dumps(content))
    assert sentence in str(refused.value)


def test_text_that_is_no_contract_is_refused() -> None:
    for text in ("", "{", "[" * 100_000, '{"calls":[' + " " * (256 * 1024) + "]}"):
        with pytest.raises(MalformedContract):
            parse_contract(text)


def test_a_schema_that_would_take_forever_is_refused() -> None:
    definitions: dict[str, Any] = {"d0": {"type": "string"}}
    for index in range(1, 10):
        definitions[f"d{index}"] = {"allOf": [{"$ref": f"#/$defs/d{index - 1}"}] * 20}
    with pytest.raises(MalformedContract, match="too large"):
        parse_contract(json.dumps({"$defs": definitions, "calls": [{"body": {"$ref": "#/$defs/d9"}}]}))
    with pytest.raises(MalformedContract, match="one regular expression too many"):
        parse_contract(json.dumps({"calls": [{"body": {"allOf": [{"pattern": f"a{n}"} for n in range(501)]}}]}))
    deep: dict[str, Any] = {}
    for _ in range(60):
        deep = {"items": deep}
    with pytest.raises(MalformedContract, match="nested too deeply"):
        parse_contract(json.dumps({"calls": [{"body": deep}]}))


def test_a_regular_expression_takes_linear_time() -> None:
    judged = contract({"properties": {"x": {"pattern": "^(a+)+$"}}})
    assert judged.judge(Request(json.dumps({"x": "a" * 100_000 + "!"}).encode())).errors


def test_the_sentences_of_a_contract_are_listed_for_translation() -> None:
    found = parse_contract(
        json.dumps(
            {
                "$defs": {"a": {"hint": "One."}},
                "calls": [{"body": {"properties": {"hint": {"hint": "Two."}}, "hint": "One."}}, {"refused": "Three."}],
                "responses": [{"status": 404, "is": "rejected", "say": "Four."}],
            }
        )
    )
    assert sorted(found.sentences) == ["Four.", "One.", "Three.", "Two."]


def test_an_event_sent_to_a_refused_url_is_told_of_the_url() -> None:
    event = b'{"type":"payment.succeeded","data":{}}'
    judged = contract(url="https://a\\.example/test/.+", refused="This is the Test URL.")
    [found] = judged.judge(Request(event, url="https://a.example/test/1"), received=event).findings
    assert (found.path, found.hint) == ("url", "This is the Test URL.")
