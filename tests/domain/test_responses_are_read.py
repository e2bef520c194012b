"""How responses read by the rules of a contract: what succeeds, what is rejected, what they say and ask to wait."""

import json
from typing import Any

import pytest

from server.domain.contracts import Contract, parse_contract
from server.domain.messages import ReceivedResponse
from server.domain.readings import Reading, Reads

NOW = 1_790_000_000_000


def contract(*responses: dict[str, Any], waits: list[dict[str, Any]] | None = None) -> Contract:
    return parse_contract(json.dumps({"responses": responses, "waits": waits or []}))


def response(status: int, body: object = b"", **headers: str) -> ReceivedResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return ReceivedResponse(status, pairs, raw, False)


def message(body: object, *places: str) -> str:
    rule = {"is": "rejected", "message": list(places)}
    return contract(rule).read(response(400, body), NOW).message


def test_without_a_rule_the_status_decides() -> None:
    read = contract().read
    assert read(response(204), NOW) == Reading(Reads.SUCCESS)
    assert read(response(302), NOW) == Reading(Reads.REJECTED)
    assert read(response(500), NOW) == Reading(Reads.REJECTED)
    assert read(response(429), NOW) == Reading(Reads.REJECTED, limited=True)


def test_the_first_rule_that_matches_counts() -> None:
    read = contract(
        {"status": [301, "4xx"], "is": "success"},
        {"status": 404, "is": "rejected"},
        {"is": "rejected", "retry": False},
    ).read
    assert read(response(404), NOW).reads is Reads.SUCCESS
    assert read(response(301), NOW).reads is Reads.SUCCESS
    assert read(response(200), NOW) == Reading(Reads.REJECTED, retry=False)


def test_too_many_requests_are_always_worth_another_try() -> None:
    read = contract({"status": "4xx", "is": "rejected", "retry": False}).read
    assert read(response(429), NOW) == Reading(Reads.REJECTED, retry=True, limited=True)
    assert read(response(422), NOW) == Reading(Reads.REJECTED, retry=False)


def test_all_conditions_of_a_rule_must_hold() -> None:
    rule = {
        "status": 200,
        "header": {"Content-Type": "^text/html"},
        "text": "Error",
        "json": {"type": "string"},
        "is": "rejected",
    }
    read = contract(rule).read
    html = {"content_type": "text/html; charset=utf-8"}
    assert read(response(200, b'"Error"', **html), NOW).rejected
    assert not read(response(201, b'"Error"', **html), NOW).rejected
    assert not read(response(200, b'"Error"'), NOW).rejected
    assert not read(response(200, b'"Fine"', **html), NOW).rejected
    assert not read(response(200, b"Error", **html), NOW).rejected


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 10_000, b'"\\ud800"', b'{"a":' + b"9" * 5000 + b"}"])
def test_a_body_that_is_no_json_does_not_match_a_schema(body: bytes) -> None:
    assert (
        not contract({"json": {"required": ["errors"], "type": "object"}, "is": "rejected"})
        .read(response(200, body), NOW)
        .rejected
    )


@pytest.mark.parametrize(
    ("body", "places", "text"),
    [
        ({"error": {"message": "Bad"}}, ["/error/message"], "Bad"),
        ({"error": "Bad"}, ["/error/message", "/error"], "Bad"),
        ({"errors": [{"message": "A"}, {"message": "B"}, {"message": "A"}]}, ["/errors/*/message"], "A; B"),
        ({"field-errors": {"name": "is needed", "size": ["too", "big"]}}, ["/field-errors/*"], "is needed; too; big"),
        ({"errors": [["a"], {"b": 1}, 3, None, True]}, ["/errors/*"], 'a; {"b": 1}; 3'),
        (["x", "y"], ["/1"], "y"),
        ({"a/b": {"c~d": "deep"}}, ["/a~1b/c~0d"], "deep"),
        ({"message": ""}, ["/message", "text"], '{"message": ""}'),
        ({"message": None}, ["/message"], ""),
        ({"message": "\u202egnirts\x00 \r\n  of\tlines "}, ["/message"], "gnirts of lines"),
        ("x", ["/a/b"], ""),
        (b"plain error", ["/message", "text"], "plain error"),
        (b"\xffplain", ["text"], "\ufffdplain"),
    ],
)
def test_the_first_place_that_has_text_is_the_message(body: object, places: list[str], text: str) -> None:
    assert message(body, *places) == text


def test_a_message_is_short() -> None:
    text = message({"m": "word " * 1000}, "/m")
    assert len(text) <= 300
    assert text.endswith("…")
    assert message({"m": [f"e{n}" for n in range(100)]}, "/m/*") == "e0; e1; e2; e3; e4"


def test_a_message_is_masked_before_it_is_cut() -> None:
    rule = contract({"is": "rejected", "message": ["text"]})
    read = rule.read(response(400, b"x" * 295 + b"secret"), NOW, lambda text: text.replace("secret", "•"))
    assert read.message == "x" * 295 + "•"


WAITS = [
    {"header": "X-Reset", "unit": "epoch_s"},
    {"header": "x-reset-ms", "unit": "epoch_ms"},
    {"header": "x-wait", "unit": "s"},
    {"json": "/parameters/retry_after", "unit": "s"},
    {"json": "/retry/ms", "unit": "ms"},
]


@pytest.mark.parametrize(
    ("body", "headers", "wait"),
    [
        ({}, {"x_reset": str(NOW // 1000 + 30)}, 30_000),
        ({}, {"x_reset": str(NOW // 1000 - 30)}, None),
        ({}, {"x_reset_ms": str(NOW + 1500)}, 1500),
        ({}, {"x_wait": " 2.5 "}, 2500),
        ({}, {"x_wait": "soon"}, None),
        ({}, {"x_wait": "nan"}, None),
        ({}, {"x_wait": "inf"}, None),
        ({}, {"x_wait": "-3"}, None),
        ({"parameters": {"retry_after": 7}}, {}, 7000),
        ({"parameters": {"retry_after": 0.65}}, {}, 650),
        ({"parameters": {"retry_after": True}}, {}, None),
        ({"parameters": []}, {}, None),
        ({"retry": {"ms": "1500"}}, {"x_wait": "1"}, 1500),
        ({"retry": {"ms": 10**400}}, {}, None),
        (b"{", {}, None),
    ],
)
def test_the_longest_wait_that_a_limited_response_names_counts(
    body: object, headers: dict[str, str], wait: int | None
) -> None:
    assert contract(waits=WAITS).read(response(429, body, **headers), NOW).wait_ms == wait
    limited = contract({"status": 400, "is": "rejected", "limited": True}, waits=WAITS)
    assert limited.read(response(400, body, **headers), NOW).wait_ms == wait
    assert contract(waits=WAITS).read(response(503, body, **headers), NOW).wait_ms is None


def test_a_rule_takes_time_in_proportion_to_the_body() -> None:
    rule = contract({"text": "(a+)+$", "is": "rejected", "message": ["text"]})
    assert not rule.read(response(200, b"a" * 65_000 + b"!"), NOW).rejected
