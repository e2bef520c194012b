"""A path leads into a payload, whatever stands there, and never raises."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.catalog import EVENT_TYPES
from server.domain.payloads import MAX_ELEMENTS, Payload, number, paths_in, steps_of

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)


def a_payload(value: object) -> Payload:
    return Payload(json.dumps(value).encode())


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("type", ["x"]),
        ("data.customer.email", ["a@b.c"]),
        ("data.items.0.id", ["i1"]),
        ("data.items[1].id", ["i2"]),
        ("data.items.*.id", ["i1", "i2"]),
        ("data.items[*].id", ["i1", "i2"]),
        ('data["a.b"]', ["dotted"]),
        ('data["say \\"hi\\""]', ["quoted"]),
        ("data.0", ["a name of digits"]),
        ("data.items.2", []),
        ("data.items.-1", []),
        ("data.items.99999999999999999999", []),
        ("data.customer.email.length", []),
        ("data.customer.*", []),
        ("nowhere.at.all", []),
    ],
)
def test_a_path_leads_to(path: str, found: list[str]) -> None:
    data = {
        "customer": {"email": "a@b.c"},
        "items": [{"id": "i1"}, {"id": "i2"}],
        "a.b": "dotted",
        'say "hi"': "quoted",
        "0": "a name of digits",
    }
    assert a_payload({"type": "x", "data": data}).at(path).found == found


@pytest.mark.parametrize(
    "path", ["", ".", ".a", "a.", "a..b", "a b", "a[", "a[]", "a[x]", 'a["', "a[0]b", "a*", 'a["\\q"]']
)
def test_text_that_is_no_path(path: str) -> None:
    assert steps_of(path) is None
    assert a_payload({"a": 1}).at(path).found == []


@given(ANYTHING, st.text(max_size=300))
def test_no_payload_and_no_path_raise(value: object, path: str) -> None:
    payload = a_payload(value)
    assert len(payload.at(path).found) <= MAX_ELEMENTS
    payload.shown_at(path)


@given(st.binary(max_size=200))
def test_a_body_that_cannot_be_read_has_no_fields(body: bytes) -> None:
    Payload(body).at("data.currency")


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff", b"NaN", b"[" * 100_000, b'{"a":' * 100_000, b'{"a": Infinity}', b"nonsense"],
    ids=["empty", "no UTF-8", "NaN", "deep lists", "deep objects", "Infinity", "nonsense"],
)
def test_bodies_that_are_no_json_lead_nowhere(body: bytes) -> None:
    assert Payload(body).at("a").found == []


def test_a_byte_order_mark_is_passed_over() -> None:
    assert Payload(b'\xef\xbb\xbf{"a": "b"}').at("a").found == ["b"]


def test_the_body_is_read_once() -> None:
    payload = a_payload({"a": {}})
    assert payload.value is payload.value


def test_a_path_is_walked_once() -> None:
    payload = a_payload({"a": {"b": 1}})
    assert payload.at("a.b") is payload.at("a.b")


def test_numbers_that_nobody_asks_for_are_left_out() -> None:
    payload = Payload(b'{"type": "x", "n": [1, 2.5, 1e400]}', numbers=False)
    assert payload.value == {"type": "x", "n": [None, None, None]}


def test_several_stars_stay_within_the_bound() -> None:
    many = a_payload({"a": [[[1] * 100] * 100] * 100})
    assert len(many.at("a.*.*.*").found) == MAX_ELEMENTS


def test_a_number_of_a_million_digits_is_kept_as_it_stands() -> None:
    digits = "7" * 1_000_000
    assert Payload(f'{{"a": {digits}}}'.encode()).at("a").found == [digits]


@pytest.mark.parametrize(
    ("text", "same"), [("1", "1.0"), ("1e2", "100"), ("-0", "0"), ("9007199254740993", "9007199254740993.0")]
)
def test_numbers_are_the_same_by_value(text: str, same: str) -> None:
    assert number(text) == number(same) is not None


@pytest.mark.parametrize("text", ["", "1.", ".5", "01", "+1", "0x1", "1_0", "１", "NaN", "1e" + "9" * 30, " 1"])
def test_texts_that_are_no_number(text: str) -> None:
    assert number(text) is None


def test_the_fields_of_a_sample_are_paths_that_lead_to_them() -> None:
    for event_type in EVENT_TYPES.values():
        payload = a_payload(event_type.sample)
        paths = [path for path, _ in paths_in(event_type.sample)]
        assert "type" in paths
        assert [path for path in paths if not payload.at(path).found] == []


@given(st.dictionaries(st.text(), ANYTHING))
def test_every_field_is_named_by_a_path_that_leads_to_it(value: object) -> None:
    payload = a_payload(value)
    assert all(payload.at(path).found for path, _ in paths_in(value))


@pytest.mark.parametrize(
    ("value", "shown"),
    [("x", '"x"'), (1.50, "1.5"), (None, "null"), (True, "true"), ({"a": 1}, "{…}"), ([1], "[…]"), ("\ud800", '"�"')],
)
def test_what_is_found_is_shown_as_short_json(value: object, shown: str) -> None:
    assert a_payload({"a": value}).shown_at("a") == shown


def test_a_long_value_is_cut_where_it_is_shown() -> None:
    assert len(a_payload({"a": "x" * 1000}).shown_at("a") or "") == 81
