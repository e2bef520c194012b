"""The test cases that a new endpoint begins with: what its card promises that the code makes of the sample events."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from server.domain.assertions import Assertion, Kind
from server.domain.cards import Card
from server.domain.catalog import EVENT_TYPES, sample_json
from server.domain.checked_values import MalformedFile
from server.domain.ids import TestCaseId, mint
from server.domain.requests import METHODS
from server.domain.stand_ins import stand_in_credentials, stand_in_url
from server.domain.test_case_files import NO_ID, dump, load, usual_clock
from server.domain.test_cases import ExactRequest, Expectation, TestCase, pretty, written

MAX_STARTING_CASES = 12
EXPECTED_VARIABLES: Mapping[str, str] = {"API_KEY": "value-of-the-variable"}
"""The variables with which the files in ``expected`` were made."""
NO_EXAMPLE = "plausible-value"
"""The value of a field without an example with which they were made."""
_TELLING = 6
"""Characters of a value that is not in a text by chance."""


def starting_cases(card: Card, code: str, event_types: frozenset[str] | None) -> tuple[TestCase, ...]:
    """A case for each expected output of the card's code, of the subscribed event types, as far as they are few.

    Empty when the code is not one that the card offers, or nothing is known of what it makes.
    """
    codes = {"default": card.default_code} | {sample.name: sample.code for sample in card.samples}
    name = next((name for name, known in codes.items() if known == code), "")
    expected = _read(_with_stand_ins(card.expected.get(name, ""), card))
    cases: list[TestCase] = []
    for event_type in _in_order(each for each in EVENT_TYPES if event_types is None or each in event_types):
        case = _case(expected.get(event_type, expected.get("*")), event_type, code, card)
        if case is not None and len(cases) < MAX_STARTING_CASES:
            cases.append(case)
    in_order = sorted(cases, key=lambda case: list(EVENT_TYPES).index(case.event_type))
    return tuple(replace(case, id=mint(TestCaseId)) for case in in_order)  # ids sort as they are minted


def _in_order(event_types: Iterable[str]) -> list[str]:
    """One event type of each kind first: ``payment.…``, ``refund.…``. Then the second of each, and so on."""
    seen: dict[str, int] = {}
    ranked: list[tuple[int, str]] = []
    for event_type in event_types:
        kind = event_type.partition(".")[0]
        ranked.append((seen.setdefault(kind, 0), event_type))
        seen[kind] += 1
    return [event_type for _, event_type in sorted(ranked, key=lambda pair: pair[0])]


def _with_stand_ins(text: str, card: Card) -> str:
    """The text with stand-ins in place of the values of the card's fields with which it was made."""
    for field in card.fields:
        made_with, now = field.placeholder or NO_EXAMPLE, stand_in_credentials(card)[field.name]
        if not field.choices and len(made_with) >= _TELLING and made_with != now:
            text = text.replace(json.dumps(made_with, ensure_ascii=False)[1:-1], json.dumps(now)[1:-1])
    return text


def _read(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _expectation(entry: Any, event_type: str, card: Card) -> Expectation | None:
    """What an entry of an ``expected`` file says; ``None`` for one that says nothing to check."""
    if entry == "cancelled":
        return (Assertion(Kind.CANCELLED),)
    if entry == "sent":
        return (Assertion(Kind.CONTRACT),) if card.contract and card.contract.calls else None
    if entry == "unchanged":
        entry = {}
    if not isinstance(entry, dict) or "failed" in entry:
        return None
    method, url, headers = entry.get("method", "POST"), entry.get("url", _url(card)), entry.get("headers", {})
    if method not in METHODS or not isinstance(url, str) or not isinstance(headers, dict):
        return None
    if not all(isinstance(value, str) for value in headers.values()):
        return None
    payload = entry["payload"] if "payload" in entry else json.loads(sample_json(event_type))
    body = payload if isinstance(payload, str) else written(payload)
    return ExactRequest(method, url, {name.lower(): value for name, value in headers.items()}, body)


def _url(card: Card) -> str:
    return card.with_query(stand_in_url(card), stand_in_credentials(card))


def _case(entry: Any, event_type: str, code: str, card: Card) -> TestCase | None:
    """The case of an entry; ``None`` for an own card's entry that no case can hold, since it is too large or deep."""
    try:
        expectation = _expectation(entry, event_type, card)
        if expectation is None:
            return None
        payload = pretty(sample_json(event_type))
        case = TestCase(
            id=NO_ID,
            name=event_type,
            event_type=event_type,
            payload=payload,
            variables={name: value for name, value in EXPECTED_VARIABLES.items() if name in code},
            clock=usual_clock(payload),
            expectation=expectation,
        )
        return load(dump(case))
    except (MalformedFile, RecursionError):
        return None
