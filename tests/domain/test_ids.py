"""Ids carry their type's prefix, sort by the time they were made, and every type has a prefix of its own."""

import inspect

import pytest

from server.domain import ids
from server.domain.ids import PREFIXES, EndpointId, MessageId, as_stored, earliest, mint, unique


def test_every_type_of_id_has_a_prefix_of_its_own() -> None:
    kinds = {kind for name, kind in inspect.getmembers(ids) if name.endswith("Id") and name != "Id"}
    assert kinds == set(PREFIXES)
    assert len(set(PREFIXES.values())) == len(PREFIXES)


def test_an_id_says_what_it_names_and_sorts_after_all_before_it() -> None:
    made = [mint(MessageId) for _ in range(1_000)]
    assert made == sorted(set(made))
    assert all(each.startswith("msg_") and len(each) == 30 for each in made)
    assert mint(EndpointId).startswith("ep_")
    assert unique("evt").startswith("evt_")


def test_no_moment_is_before_the_first_or_after_the_last() -> None:
    assert earliest(MessageId, -1) == earliest(MessageId, 0) < mint(MessageId)
    assert mint(MessageId) < earliest(MessageId, 10**30)


def test_the_earliest_of_a_moment_is_before_all_that_are_made_from_then_on() -> None:
    moment = 1_790_000_000_000
    assert earliest(MessageId, moment) < earliest(MessageId, moment + 1)
    assert earliest(MessageId, moment) < mint(MessageId)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("ATT_01k", "att_01K"),
        ("msg_", "msg_"),
        ("Ep_01JD", "ep_01JD"),
        ("msg_2KWPBgLl-x", "msg_2KWPBgLl-x"),
        ("pay_01k", "pay_01k"),
        ("", ""),
    ],
)
def test_an_id_is_read_in_any_case(typed: str, stored: str) -> None:
    assert as_stored(typed) == stored
