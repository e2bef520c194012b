"""A condition holds or does not, by what the payload has at its path."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_payload_paths import ANYTHING

from server.domain.conditions import (
    MAX_CHOICES,
    MAX_STEPS,
    Condition,
    Filter,
    Operator,
    path_problem,
    value_problem,
)
from server.domain.payloads import MAX_SEARCHED_CHARACTERS, Payload

PAYMENT = {
    "type": "payment.succeeded",
    "data": {
        "currency": "EUR",
        "amount": 1999,
        "big": 9007199254740993,
        "tiny": 0.1,
        "price": "12.50",
        "live": True,
        "discount": None,
        "created_at": "2026-05-01T10:00:00Z",
        "empty": "",
        "customer": {"email": "ada@example.com"},
        "tags": ["new", 7, True],
        "cart": [{"id": "pdt_1"}, {"id": "pdt_2"}],
        "nothing": [],
    },
}


def fits(line: str, payload: object = PAYMENT) -> bool:
    """``line`` is a path, an operator and a value with a space between each."""
    path, _, rest = line.partition(" ")
    kind = next(one for one in sorted(Operator, key=len, reverse=True) if rest == one or rest.startswith(one + " "))
    return Filter([Condition(path, kind, rest[len(kind) + 1 :])]).fits(Payload(json.dumps(payload).encode()))


@pytest.mark.parametrize(
    "line",
    [
        "data.currency = EUR",
        'data.currency = "EUR"',
        "data.currency != USD",
        "data.amount = 1999",
        "data.amount = 1999.0",
        "data.amount = 1.999e3",
        "data.amount > 100",
        "data.amount >= 1999",
        "data.amount < 2000",
        "data.amount <= 1999",
        "data.big > 9007199254740992",
        "data.big != 9007199254740992",
        "data.tiny = 0.1",
        "data.price > 9",  # as texts, "12.50" would come before "9"
        "data.price = 12.50",
        "data.live = true",
        "data.live != false",
        "data.discount = null",
        "data.created_at > 2026-04-30",
        "data.created_at < 2026-05-02",
        'data.empty = ""',
        "data.customer.email contains @example.com",
        "data.tags contains new",
        "data.tags contains 7",
        "data.tags contains true",
        "data.cart.0.id = pdt_1",
        "data.cart.*.id = pdt_2",
        "data.cart.*.id in pdt_2, pdt_9",
        "data.currency in EUR, USD",
        'data.currency in "EUR"',
        "data.amount in 1, 1999",
        "data.discount exists",
        "data.customer exists",
        "data.coupon not exists",
        "data.cart.5 not exists",
        "data.nothing.* not exists",
        "data.coupon != anything",
    ],
)
def test_holds(line: str) -> None:
    assert fits(line)


@pytest.mark.parametrize(
    "line",
    [
        "data.currency = eur",
        'data.currency = "EUR',
        'data.amount = "1999"',
        'data.live = "true"',
        'data.discount = "null"',
        "data.amount = 1999.0000000000000000001",
        "data.big = 9007199254740992",
        "data.amount > many",
        "data.currency > 5",
        "data.price = 12.5",  # text, letter by letter
        'data.price > "9"',
        "data.live > 0",
        "data.discount < 1",
        "data.amount contains 9",
        "data.customer contains email",
        "data.customer = {}",
        "data.tags = new",
        'data.tags contains "7"',
        "data.cart.*.id != pdt_2",
        "data.currency in USD, GBP",
        "data.coupon = null",
        "data.coupon exists",
        "data.coupon contains x",
        "data.discount not exists",
    ],
)
def test_does_not_hold(line: str) -> None:
    assert not fits(line)


def test_an_event_must_fulfil_every_condition() -> None:
    payload = Payload(json.dumps(PAYMENT).encode())
    euro = Condition("data.currency", Operator.EQUALS, "EUR")
    large = Condition("data.amount", Operator.ABOVE, "5000")
    huge = Condition("data.amount", Operator.ABOVE, "9000")

    assert Filter([euro]).first_broken(payload) is None
    assert Filter([euro, large, huge]).first_broken(payload) == large


def test_without_conditions_the_payload_is_not_read() -> None:
    assert Filter(()).fits(Payload(b"not JSON"))


CONDITIONS = st.builds(
    Condition,
    st.sampled_from(["data", "data.a", "data.*", "data.0", "a.b.c", "data.*.*"]) | st.text(max_size=20),
    st.sampled_from(Operator),
    st.text(max_size=20) | st.sampled_from(["1e400", "null", "true", '"', '"\\', "-0", ",", "a,b", '"a", b']),
)


@given(ANYTHING, CONDITIONS)
def test_no_condition_and_no_payload_raise(value: object, condition: Condition) -> None:
    payload = Payload(json.dumps({"data": value}).encode())
    assert Filter([condition]).fits(payload) in (True, False)


@given(st.binary(max_size=100), CONDITIONS)
def test_no_body_raises(body: bytes, condition: Condition) -> None:
    assert Filter([condition]).fits(Payload(body)) in (True, False)


@given(ANYTHING, CONDITIONS)
def test_opposites_are_opposite(value: object, condition: Condition) -> None:
    payload = Payload(json.dumps({"data": value}).encode())

    def fits(kind: Operator) -> bool:
        return Filter([Condition(condition.path, kind, condition.value)]).fits(payload)

    assert fits(Operator.EQUALS) is not fits(Operator.DIFFERS)
    assert fits(Operator.EXISTS) is not fits(Operator.MISSING)


SCALARS = st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["1", "05", "true", "null", "", "b", "1e400"])
POSITIVE = sorted(set(Operator) - {Operator.DIFFERS, Operator.MISSING})


@given(
    st.lists(SCALARS | st.lists(SCALARS, max_size=3), max_size=6),
    st.sampled_from(POSITIVE),
    st.sampled_from(["1", '"1"', "5", "5.0", "true", '"true"', "null", "b", '""', "1e400", "a", "1, b", "true, 05"]),
)
def test_a_star_holds_where_one_of_the_elements_does(values: list[object], kind: Operator, typed: str) -> None:
    def fits(path: str, data: object) -> bool:
        return Filter([Condition(path, kind, typed)]).fits(Payload(json.dumps({"data": data}).encode()))

    assert fits("data.*", values) is any(fits("data", value) for value in values)


@given(st.integers(), st.integers())
def test_numbers_are_ordered_to_the_last_digit(found: int, typed: int) -> None:
    payload = {"n": found}
    assert fits(f"n < {typed}", payload) is (found < typed)
    assert fits(f"n <= {typed}", payload) is (found <= typed)
    assert fits(f"n > {typed}", payload) is (found > typed)
    assert fits(f"n >= {typed}", payload) is (found >= typed)
    assert fits(f"n = {typed}", payload) is (found == typed)


@given(st.text())
def test_any_text_equals_itself_in_quotes(text: str) -> None:
    assert fits(f"t = {json.dumps(text)}", {"t": text})


def test_numbers_beyond_every_machine_are_compared_too() -> None:
    body = b'{"n": 1e400, "long": ' + b"9" * 100_000 + b', "odd": 1e99999999999999999999999}'
    assert Filter([Condition("n", Operator.ABOVE, "1e399")]).fits(Payload(body))
    assert Filter([Condition("long", Operator.ABOVE, "1e99999")]).fits(Payload(body))
    assert not Filter([Condition("odd", Operator.ABOVE, "1")]).fits(Payload(body))


def test_a_text_is_searched_as_far_as_the_bound() -> None:
    near, far = ("x" * (MAX_SEARCHED_CHARACTERS - 3) + word for word in ("abc", "xabc"))
    abc = Filter([Condition("data.*", Operator.CONTAINS, "abc")])

    assert abc.fits(Payload(json.dumps({"data": [near]}).encode()))
    assert abc.fits(Payload(json.dumps({"data": ["abc", far]}).encode()))
    assert not abc.fits(Payload(json.dumps({"data": [far, "abc"]}).encode()))


@pytest.mark.parametrize("path", ["", "x" * 257, "data..currency", "data currency", ".".join("x" * (MAX_STEPS + 1))])
def test_a_path_that_is_none_is_named(path: str) -> None:
    assert path_problem(path)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Operator.EQUALS, ""),
        (Operator.ABOVE, "x" * 501),
        (Operator.IN, ","),
        (Operator.IN, '"a" b'),
        (Operator.IN, ",".join("x" * (MAX_CHOICES + 1))),
    ],
)
def test_a_value_that_cannot_be_compared_with_is_named(kind: Operator, value: str) -> None:
    assert value_problem(kind, value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [(Operator.EQUALS, '""'), (Operator.EXISTS, ""), (Operator.IN, 'EUR, "U,S,D",'), (Operator.ABOVE, "5")],
)
def test_values_that_can_be_compared_with(kind: Operator, value: str) -> None:
    assert value_problem(kind, value) is None
