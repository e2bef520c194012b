"""What a terminal would obey is written out."""

import pytest

from server.domain.requests import header_problem
from server.domain.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\nc 价格 é 😀", "a\tb\nc 价格 é 😀"),
        ("\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"),
        ("\x9b31m\x85", "\\x9b31m\\x85"),
        ("safe\rhidden\x08\x7f\0", "safe\\x0dhidden\\x08\\x7f\\x00"),
        ("a\u202eb\u2066c\u2028d", "a\\u202eb\\u2066c\\u2028d"),
        ("half \ud800", "half \\ud800"),
    ],
)
def test_control_characters_are_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "name", ["webhook_id", "Webhook_Signature", "webhook-timestamp", "CONTENT_LENGTH", "transfer_encoding", "Proxy_X"]
)
def test_a_name_that_is_read_as_a_reserved_one_is_refused(name: str) -> None:
    assert "is reserved" in str(header_problem(name, "x"))


@pytest.mark.parametrize("name", ["x_webhook_id", "api_key", "webhook_idx"])
def test_other_names_with_an_underscore_are_taken(name: str) -> None:
    assert header_problem(name, "x") is None
