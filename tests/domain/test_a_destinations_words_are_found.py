"""The words of a destination in its response: one short line, whatever the response is."""

import pytest
from effort import effort

from server.domain.response_words import MAX_WORDS, words_of


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error":{"type":"card","message":"No such customer"}}', "No such customer"),
        (b'{"errors":[{"detail":"email is bad"},{"detail":"no name"}]}', "email is bad; no name"),
        (b'{"ok":true}', ""),
        (b"invalid_payload", "invalid_payload"),
        (b"<html><style>b{}</style><h1>502 Bad\n Gateway</h1></html>", "502 Bad Gateway"),
        (b"", ""),
        (b"\x00\x01", ""),
        (b"[" * 60_000, "[" * (MAX_WORDS - 1) + "…"),
        (b'{"message":{"message":{"message":{"message":{"message":"deep"}}}}}', ""),
        (b'{"message":"a\\u202eb\\u0007c"}', "a b c"),
    ],
)
def test_the_words_are_one_line(body: bytes, words: str) -> None:
    assert words_of(body) == words


def test_a_hostile_response_costs_little() -> None:
    with effort(at_most=0.5):
        for body in (b"<script" * 9000, b"<" * 64_000, b'{"message":' * 9000):
            words_of(body)
