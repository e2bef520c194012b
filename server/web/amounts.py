"""Amounts of money in the reader's language."""

import re
from decimal import Decimal
from functools import lru_cache

from babel.numbers import format_currency, get_currency_precision

from server.domain.payload_summary import Money
from server.web import i18n

_LETTER_BEFORE_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)")
"""Where Unicode's currency spacing asks for a space, which Babel leaves out: ``KWD 0.009``, but ``US$49.99``."""


def decimal_of(money: Money) -> Decimal:
    """The amount in whole units: 4999 US cents → ``49.99``, 4999 yen → ``4999``."""
    return Decimal(money.amount).scaleb(-get_currency_precision(money.currency))


def amount(money: Money) -> str:
    """The amount with its currency: ``€49.99``, ``US$49.99``. One without a sign keeps its letters: ``KWD 0.009``."""
    return _in_language(money, i18n.current.get())


@lru_cache(4096)
def _in_language(money: Money, language: str) -> str:
    """Cached, because rows repeat amounts, and finding the words of a language takes longer than the rest of a row."""
    text = format_currency(decimal_of(money), money.currency, locale=language)
    return _LETTER_BEFORE_DIGIT.sub("\N{NO-BREAK SPACE}", text)
