"""The values of a column as one PostgreSQL array, in the database's binary format.

So a statement about any number of rows has one text, which the server prepares once, and one parameter for each column.
With a parameter for each value, the driver looks through a long text and makes thousands of small values each time. Its
own arrays take three times as long as these.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from struct import Struct, pack
from typing import Any

from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, SmallInteger, String, TypeDecorator
from sqlalchemy.types import TypeEngine

_HEAD = Struct("!iiIii")
"""Dimensions, whether there may be NULLs, the type of the values, their number, and the number of the first."""
_LENGTH = Struct("!i")
_NULL = _LENGTH.pack(-1)


def _of_bytes(type_id: int, values: Sequence[bytes | None]) -> bytes:
    parts = [_HEAD.pack(1, 1, type_id, len(values), 1)]
    for value in values:
        if value is None:
            parts.append(_NULL)
        else:
            parts += (_LENGTH.pack(len(value)), value)
    return b"".join(parts)


def _of_texts(type_id: int, values: Sequence[str | None]) -> bytes:
    return _of_bytes(type_id, [None if value is None else value.encode() for value in values])


def _of_numbers(type_id: int, letter: str, size: int, values: Sequence[int | None]) -> bytes:
    head = _HEAD.pack(1, 1, type_id, len(values), 1)
    if None in values:
        one = Struct(f"!i{letter}")
        return head + b"".join(_NULL if value is None else one.pack(size, value) for value in values)
    return head + pack("!" + f"i{letter}" * len(values), *chain.from_iterable((size, value) for value in values))


Encode = Callable[[Sequence[Any]], bytes]

# The ids of types are the same in every PostgreSQL: see its pg_type.dat.
booleans: Encode = partial(_of_numbers, 16, "?", 1)
blobs: Encode = partial(_of_bytes, 17)
longs: Encode = partial(_of_numbers, 20, "q", 8)
shorts: Encode = partial(_of_numbers, 21, "h", 2)
integers: Encode = partial(_of_numbers, 23, "i", 4)
texts: Encode = partial(_of_texts, 25)

_KINDS: tuple[tuple[type[TypeEngine[Any]], str, Encode], ...] = (
    (BigInteger, "bigint", longs),
    (SmallInteger, "smallint", shorts),
    (Integer, "integer", integers),
    (Boolean, "boolean", booleans),
    (LargeBinary, "bytea", blobs),
    (String, "text", texts),
)
"""A type comes before those that it is derived from."""


def kind_of(column: TypeEngine[Any]) -> tuple[str, Encode]:
    """The name of a column's type in PostgreSQL, and the function that makes an array of its values."""
    plain = column.impl if isinstance(column, TypeDecorator) else column
    return next((name, encode) for kind, name, encode in _KINDS if isinstance(plain, kind))
