"""What real events have and the catalog does not know is found by names and types, never by values."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.catalog import EVENT_TYPES
from server.domain.drift import MAX_PATHS, DriftKind, Fields, added, drifts, fields_of

PAID = "payment.succeeded"


def observed(event_type: str, *bodies: Any) -> tuple[tuple[DriftKind, str, tuple[str, ...]], ...]:
    fields = [fields_of(event_type, json.dumps(body).encode()) for body in bodies]
    found = added(None, event_type, [each for each in fields if each is not None], 5)
    return tuple((drift.kind, drift.path, drift.types) for drift in drifts(found))


def changed(path: str, value: Any) -> dict[str, Any]:
    body = copy.deepcopy(dict(EVENT_TYPES[PAID].sample))
    *parents, last = path.split(".")
    node: Any = body
    for step in parents:
        node = node[step]
    node[last] = value
    return body


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_samples_of_the_catalog_do_not_drift(name: str) -> None:
    assert observed(name, EVENT_TYPES[name].sample) == ()


def test_a_new_field_is_information() -> None:
    found = observed(PAID, EVENT_TYPES[PAID].sample, changed("data.loyalty", {"tier": "gold", "points": 3}))
    assert found == (
        (DriftKind.NEW_FIELD, "data.loyalty", ("object",)),
        (DriftKind.NEW_FIELD, "data.loyalty.points", ("integer",)),
        (DriftKind.NEW_FIELD, "data.loyalty.tier", ("string",)),
    )


def test_a_field_of_another_type_is_a_warning_and_comes_first() -> None:
    found = observed(PAID, changed("data.a_new_one", [1]), changed("data.total_amount", "4999"))
    assert found == (
        (DriftKind.CHANGED_TYPE, "data.total_amount", ("string",)),
        (DriftKind.NEW_FIELD, "data.a_new_one", ("array",)),
        (DriftKind.NEW_FIELD, "data.a_new_one[]", ("integer",)),
    )


def test_null_where_the_catalog_promises_a_value_is_a_changed_type() -> None:
    assert observed(PAID, changed("data.currency", None)) == ((DriftKind.CHANGED_TYPE, "data.currency", ("null",)),)


def test_an_event_type_that_nobody_knows_is_one_warning() -> None:
    assert observed("invoice.sent", {"data": {"a": 1}}) == ((DriftKind.NEW_EVENT_TYPE, "", ()),)


def test_keys_of_metadata_and_ids_are_not_kept() -> None:
    body = changed("data.metadata", {"ada@example.com": 1, "order": 2})
    body["data"]["by_customer"] = {"cus_123456": 1, "mira@northwind.example": {"x": 2}}
    fields = fields_of(PAID, json.dumps(body).encode())
    assert fields is not None
    text = " ".join(fields)
    assert "ada@" not in text and "order" not in text and "cus_1" not in text and "mira" not in text
    assert observed(PAID, body) == ((DriftKind.NEW_FIELD, "data.by_customer", ("object",)),)


def test_values_are_never_kept() -> None:
    kept = repr(fields_of(PAID, json.dumps(EVENT_TYPES[PAID].sample).encode()))
    assert "northwind" not in kept and "4999" not in kept


def test_counts_and_first_times_stay() -> None:
    fields: list[Fields] = [{"data.x": frozenset({"string"})}, {"data.x": frozenset({"null"})}, {}]
    once = added(None, PAID, fields[:1], 5)
    twice = added(once, PAID, fields[1:], 9)
    assert (twice.events, twice.first_at, twice.last_at) == (3, 5, 9)
    field = twice.fields["data.x"]
    assert (field.types, field.events, field.first_at) == ({"string", "null"}, 2, 5)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=6),
        max_leaves=40,
    )
)
def test_any_event_is_read(value: Any) -> None:
    body = json.dumps(value).encode()
    assert (fields_of(PAID, body) is None) == (not isinstance(value, dict))


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[1]", b"[" * 100_000, b"1e400"])
def test_what_is_no_event_has_no_fields(body: bytes) -> None:
    assert fields_of(PAID, body) is None


def test_huge_events_are_bounded() -> None:
    body = {f"f_{a}{b}": {f"x{c}": [1] * 50 for c in "abcdefghij"} for a in "abcdefghij" for b in "abcdefghij"}
    fields = fields_of("other", json.dumps(body).encode())
    assert fields is not None and len(fields) <= MAX_PATHS
    names = {f"k{'_'.join(str(n))}": frozenset({"string"}) for n in range(3_000)}
    assert len(added(None, PAID, [names], 1).fields) == MAX_PATHS
