"""A masked header shows how it authenticates and nothing of the key."""

import pytest

from server.domain.messages import mask, mask_headers
from server.domain.requests import SHOWN


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("Basic c2l0ZTprZXk=", "Basic ••••••••"),
        ("bearer abc def", "bearer ••••••••"),
        ("correct horse battery", "••••••••"),
        ("c2l0ZTprZXk=", "••••••••"),
        ("Basic", "••••••••"),
        ("", "••••••••"),
    ],
)
def test_a_masked_value(value, masked):
    assert mask(value) == masked


def test_only_headers_that_hold_no_keys_are_shown():
    headers = {"Content-Type": "text/plain", "X-Api-Key": "secret", "Authorization": "Bearer secret"}
    assert mask_headers(headers, SHOWN) == (
        ("Content-Type", "text/plain"),
        ("X-Api-Key", "••••••••"),
        ("Authorization", "Bearer ••••••••"),
    )
