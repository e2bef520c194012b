"""Amounts of money as readers of each language write them; a currency without a sign stands apart from its number."""

import pytest

from server.domain.payload_summary import Money
from server.web import i18n
from server.web.amounts import amount


@pytest.mark.parametrize(
    ("language", "money", "text"),
    [
        ("en", Money(4999, "USD"), "$49.99"),
        ("zh_Hans", Money(4999, "USD"), "US$49.99"),
        ("en", Money(4999, "JPY"), "¥4,999"),
        ("en", Money(9, "KWD"), "KWD\N{NO-BREAK SPACE}0.009"),
        ("zh_Hans", Money(-9, "KWD"), "-KWD\N{NO-BREAK SPACE}0.009"),
        ("en", Money(4999, "CHF"), "CHF\N{NO-BREAK SPACE}49.99"),
    ],
)
def test_an_amount_is_written(language: str, money: Money, text: str) -> None:
    token = i18n.current.set(language)
    try:
        assert amount(money) == text
    finally:
        i18n.current.reset(token)
