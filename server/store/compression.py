"""Compressed values: bodies and headers, which are most of what is stored.

Each value is a zstd frame of its own, made with a dictionary that knows the field names of Dodo's events and of what
cards make of them; without one, texts this short hardly shrink. A frame names its dictionary. New dictionaries may be
added, but none may be removed, because stored frames need it. ``tests/project/train_dictionary.py`` makes them.

A value that does not begin with zstd's magic number is stored as it is: short ones, large ones, and all from before
Hookbench compressed. One that begins with it and names no dictionary is from before, too.
"""

import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import zstandard
from sqlalchemy import ColumnElement, Dialect, LargeBinary, TypeDecorator, case, func, null, type_coerce

MAGIC = zstandard.FRAME_HEADER
FOLDER = Path(__file__).with_name("dictionaries")
DICTIONARY = 1
"""The number of the dictionary of new frames."""
LEVEL = 3
MIN_BYTES = 40
"""Shorter values do not shrink."""
MAX_BYTES = 256 * 1024
"""Longer values are stored as they are, because compressing one would hold up everything else for a millisecond."""
MAX_UNPACKED_BYTES = 256 * 1024 * 1024
"""More than Hookbench stores as one value. A frame that declares more is damaged."""


HEAD_BYTES = 18
"""The longest head of a frame, which says its dictionary and the size of the value."""


class UnreadableValue(Exception):
    """A stored value cannot be decompressed. The text says why."""


class Packed(bytes):
    """A value in the form in which it is stored."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Damaged:
    """Stands for a value that cannot be read, so that the other rows of a query can. ``bytes`` of it raises."""

    reason: str

    def __bytes__(self) -> bytes:
        raise UnreadableValue(self.reason)


def pack(value: bytes) -> Packed:
    """The stored form of a value. May be called in any thread."""
    framed = value.startswith(MAGIC)
    if framed or MIN_BYTES <= len(value) <= MAX_BYTES:
        frame = _compressor().compress(value)
        if framed or len(frame) < len(value):
            return Packed(frame)
    return Packed(value)


def unpack(stored: bytes) -> bytes:
    """The value of its stored form. Raises ``UnreadableValue``."""
    if not stored.startswith(MAGIC):
        return stored
    dictionary, size = _declared(stored)
    if not dictionary:
        return stored
    try:
        value: bytes = _decompressor(dictionary).decompress(stored, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise UnreadableValue(f"The compressed value is damaged: {error}.") from error
    if len(value) != size:
        raise UnreadableValue("The compressed value is damaged: it has another length than it declares.")
    return value


def readable(value: object) -> bytes:
    """A value as it was read from a ``PackedBytes``; empty for NULL and for one that cannot be read."""
    return b"" if value is None or isinstance(value, Damaged) else bytes(value)  # type: ignore[call-overload]


class PackedBytes(TypeDecorator[bytes]):
    """A column of bytes that are compressed when they are stored. One that cannot be read becomes ``Damaged``.

    ``most``: a value of more bytes is read as NULL, without decompressing it.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, most: int | None = None) -> None:
        super().__init__()
        self.most = most

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return value if value is None or isinstance(value, Packed) else pack(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        stored = bytes(value)
        try:
            if self.most is not None and size_of(stored[:HEAD_BYTES], len(stored)) > self.most:
                return None
            return unpack(stored)
        except UnreadableValue as error:
            return Damaged(str(error))


def head_of(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The first bytes of a stored value, for ``size_of``."""
    return type_coerce(func.substr(column, 1, HEAD_BYTES), LargeBinary)


def size_of(head: bytes, stored: int) -> int:
    """The bytes of a value of which so many are stored, without reading more than its head."""
    try:
        dictionary, size = _declared(bytes(head)) if head.startswith(MAGIC) else (0, 0)
    except UnreadableValue:
        return stored
    return size if dictionary else stored


def up_to(column: ColumnElement[Any], most: int) -> ColumnElement[Any]:
    """The value of a column of ``PackedBytes`` if it has at most so many bytes, else NULL.

    The database hands out no more bytes than that either: a stored value is never longer than the value.
    """
    short = case((func.length(column) <= most + HEAD_BYTES, column), else_=null())
    return type_coerce(short, PackedBytes(most))


def _declared(stored: bytes) -> tuple[int, int]:
    """The number of the dictionary and the size that a frame declares. Raises ``UnreadableValue``.

    No dictionary: the value is not a frame of ours.
    """
    try:
        head = zstandard.get_frame_parameters(stored)
    except zstandard.ZstdError:
        return 0, len(stored)
    if head.dict_id and head.content_size > MAX_UNPACKED_BYTES:  # also when it declares none
        raise UnreadableValue("The compressed value is damaged: it declares an impossible length.")
    return head.dict_id, head.content_size


_of_thread = threading.local()


def _compressor() -> zstandard.ZstdCompressor:
    """The one of this thread: compressors are not for several."""
    try:
        found: zstandard.ZstdCompressor = _of_thread.compressor
    except AttributeError:
        found = _of_thread.compressor = zstandard.ZstdCompressor(LEVEL, dict_data=_dictionary(DICTIONARY, LEVEL))
    return found


def _decompressor(dictionary: int) -> zstandard.ZstdDecompressor:
    try:
        found: zstandard.ZstdDecompressor = _of_thread.decompressors[dictionary]
    except (AttributeError, KeyError):
        found = zstandard.ZstdDecompressor(dict_data=_dictionary(dictionary))
        _of_thread.__dict__.setdefault("decompressors", {})[dictionary] = found
    return found


@cache
def _dictionary(number: int, level: int = 0) -> zstandard.ZstdCompressionDict:
    """A dictionary, prepared to compress at a level or, with 0, to decompress. Raises ``UnreadableValue``."""
    try:
        found = zstandard.ZstdCompressionDict((FOLDER / f"{number}.zdict").read_bytes())
    except OSError as error:
        raise UnreadableValue(
            f"Dictionary {number} is missing, with which the value was compressed: is this an older Hookbench?"
        ) from error
    if level:
        found.precompute_compress(level=level)
    return found
