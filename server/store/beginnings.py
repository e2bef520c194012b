"""Finds rows by the beginning of a text, in databases with any order of characters."""

from typing import Any

from sqlalchemy import ColumnElement, and_, func

LAST = 20 * "z"
"""After every letter and digit, also in the order of a language, in which PostgreSQL may have been set up. There
``\uffff`` comes before the digits."""


def begins_with(column: Any, beginning: str) -> ColumnElement[bool]:
    """A range instead of LIKE: it uses the index, and no character acts as a wildcard.

    The order of a language puts others into the range, such as the same letters in another case. They are left out.
    """
    is_within = and_(column >= beginning, column < beginning + LAST)
    return and_(is_within, func.substr(column, 1, len(beginning)) == beginning)
