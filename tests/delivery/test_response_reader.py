"""However a response is cut into pieces on its way, it is read the same; and nothing but Malformed is raised."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from raw_responses import CASES, CHUNKED, OK

from server.delivery.response_reader import Malformed, ResponseReader

WORDS = [
    b"HTTP/1.1 200 OK", b"HTTP/1.1 103 X", b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b"content-length: ", b"2", b"-1",
    b"transfer-encoding: chunked", b"connection: close", b"0", b"\x00", b"\xff", b"a", b";", b",",
]  # fmt: skip


def read(pieces: Iterable[bytes]) -> tuple[int, list[tuple[bytes, bytes]], bytes, bool]:
    reader, whole = ResponseReader(), True
    try:
        for piece in pieces:
            reader.feed(piece)
    except Malformed:
        whole = False
    reader.read_partial_head()
    body = b"".join(reader.pieces)
    return reader.status, reader.headers, body, whole and reader.end()


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if len(case.raw) < 1000])
def test_a_response_may_come_byte_by_byte(name: str) -> None:
    raw = CASES[name].raw
    assert read(bytes([byte]) for byte in raw) == read([raw])


@given(st.lists(st.sampled_from(WORDS), max_size=30), st.sampled_from([b"", OK, CHUNKED]), st.integers(0, 200))
def test_anything_is_read_alike_in_one_piece_and_in_two(words: list[bytes], start: bytes, at: int) -> None:
    raw = start + b"".join(words)
    assert read([raw[:at], raw[at:]]) == read([raw])
