"""What a transformation changed, path by path, short enough to read."""

import json

from server.domain.payload_diff import MAX_CHANGES_SHOWN, MAX_VALUE_CHARACTERS, Change, ChangeKind, changes


def found(before: object, after: object) -> list[tuple[str, str, str, str]]:
    compared = changes(json.dumps(before).encode(), json.dumps(after).encode())
    assert compared
    return [(change.kind.value, change.path, change.before, change.after) for change in compared.shown]


def test_equal_payloads_differ_in_nothing() -> None:
    assert found({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}) == []


def test_each_member_that_differs_is_named_by_its_path() -> None:
    before = {"type": "x", "data": {"customer": {"email": "a@b.c", "id": 1}}}
    after = {"type": "x", "data": {"customer": {"email": "d@e.f", "vip": True}}}

    assert found(before, after) == [
        ("changed", "data.customer.email", '"a@b.c"', '"d@e.f"'),
        ("removed", "data.customer.id", "1", ""),
        ("added", "data.customer.vip", "", "true"),
    ]


def test_a_subtree_that_goes_is_one_change() -> None:
    assert found({"data": {"a": 1, "b": 2}}, {}) == [("removed", "data", '{"a": 1, "b": 2}', "")]


def test_items_of_lists_are_named_by_their_index() -> None:
    assert found({"a": [1, 2, 3]}, {"a": [1, 5]}) == [("changed", "a[1]", "2", "5"), ("removed", "a[2]", "3", "")]


def test_names_that_are_no_plain_words_stand_in_brackets() -> None:
    assert found({"a": {"b c": 1, "x": 1}}, {"a": {"b c": 2, "x": 1}}) == [("changed", 'a["b c"]', "1", "2")]


def test_true_is_not_one_but_1_and_1_0_are_the_same_number() -> None:
    assert found({"a": True}, {"a": 1}) == [("changed", "a", "true", "1")]
    assert found({"a": 1.0}, {"a": 1}) == []


def test_another_kind_of_payload_is_one_change_of_the_whole() -> None:
    assert found({"a": 1}, [1]) == [("changed", "", '{"a": 1}', "[1]")]


def test_long_values_are_cut_and_long_lists_of_changes_end() -> None:
    compared = changes(b"{}", json.dumps({f"n{n}": "x" * 500 for n in range(MAX_CHANGES_SHOWN + 1)}).encode())

    assert compared
    assert compared.more
    assert len(compared.shown) == MAX_CHANGES_SHOWN
    assert compared.shown[0] == Change(ChangeKind.ADDED, "n0", "", '"' + "x" * (MAX_VALUE_CHARACTERS - 2) + "…")


def test_what_is_not_json_or_too_deep_cannot_be_compared() -> None:
    assert changes(b"{}", b"text") is None
    assert changes(b"{}", b"[" * 100_000) is None


def test_half_a_surrogate_pair_can_be_shown() -> None:
    assert found({"a": "\ud800", "\udfff": 1}, {"a": 1}) == [
        ("changed", "a", '"\ufffd"', "1"),
        ("removed", '["\ufffd"]', "1", ""),
    ]


def test_a_long_name_is_cut_in_the_path() -> None:
    name = "n" * 100_000
    compared = changes(json.dumps({name: {"a": 1, "b": 1}}).encode(), json.dumps({name: {"a": 2, "b": 1}}).encode())
    assert compared
    assert len(compared.shown[0].path) < 2 * MAX_VALUE_CHARACTERS
