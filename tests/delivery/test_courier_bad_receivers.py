"""Receivers at their worst: each ends within its deadline and a second, costs little memory, and is told in words."""

import asyncio
import gzip
import time
from dataclasses import dataclass

import psutil
import pytest
from receivers import Answer, answering, dripping, hanging, receiving, then_closing

from server.delivery.courier import Courier, Responded, Sent, Unreachable
from server.domain.addresses import AddressRules
from server.domain.requests import untransformed

TIMEOUT, MOST_SECONDS = 0.5, 5.0  # without its deadline none would end; a busy machine may take seconds
MOST_MEMORY = 32 * 1024 * 1024
LOOPBACK = AddressRules.allowing(["127.0.0.0/8"])

CHUNK = b"x" * 65_536
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
BOMB = gzip.compress(b"\0" * 100_000_000, 1)
NOT_HTTP = "The response from 127.0.0.1 is not valid HTTP, or is too large."
NOT_WHOLE = "No complete response within 0.5 seconds."
IN_TIME = "The response was not complete within 0.5 seconds."
BROKE_OFF = "The response from 127.0.0.1 ended early, after its status."
INVALID = "After its status, 127.0.0.1 sent data that is not valid HTTP."
TOO_MUCH = "The response headers from 127.0.0.1 are larger than 64 KiB."


def endless(head: bytes, chunk: bytes) -> Answer:
    """As fast as it is taken."""
    return dripping(head, chunk, pause=0)


async def resetting_after_the_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n")
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.transport.abort()


BREAKING: dict[str, tuple[Answer, str, str]] = {
    "hangs before the head": (hanging, "timeout", NOT_WHOLE),
    "drips the status line": (dripping(b"HTTP/1.1 200 ", b"a"), "timeout", NOT_WHOLE),
    "endless 103": (endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100), "broken answer", NOT_HTTP),
    "a status line without end": (endless(b"HTTP/1.1 200 ", CHUNK), "broken answer", NOT_HTTP),
    "garbage without end": (endless(b"", b"\xff\x00" * 5_000), "broken answer", NOT_HTTP),
    "blank lines without end": (endless(b"", b"\r\n" * 5_000), "broken answer", NOT_HTTP),
    "a status that is none": (answering(b"HTTP/1.1 042 No\r\ncontent-length: 0\r\n\r\n"), "broken answer", NOT_HTTP),
}

CUT_SHORT: dict[str, tuple[Answer, str, str]] = {
    "drips the head": (dripping(b"HTTP/1.1 200 OK\r\nx: ", b"a"), "timeout", IN_TIME),
    "drips the body": (dripping(b"HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n", b"a"), "timeout", IN_TIME),
    "a length that is too long": (
        answering(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort"),
        "timeout",
        IN_TIME,
    ),
    "a length that is none": (answering(b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nab"), "timeout", IN_TIME),
    "an endless header": (endless(b"HTTP/1.1 200 OK\r\nx: ", CHUNK), "broken answer", TOO_MUCH),
    "endless headers": (endless(b"HTTP/1.1 200 OK\r\n", b"x-a: b\r\n" * 1000), "broken answer", TOO_MUCH),
    "a header of 100 KB": (
        answering(b"HTTP/1.1 200 OK\r\nx: " + b"a" * 100_000 + b"\r\n\r\n"),
        "broken answer",
        TOO_MUCH,
    ),
    "a length that is too long, closed": (
        then_closing(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort"),
        "broken answer",
        BROKE_OFF,
    ),
    "a reset after the head": (resetting_after_the_head, "broken answer", BROKE_OFF),
    "a head that breaks off": (then_closing(b"HTTP/1.1 200 OK\r\nx: y\r\nconte"), "broken answer", BROKE_OFF),
    "no chunks": (answering(CHUNKED + b"no chunks\r\n"), "broken answer", INVALID),
    "a chunk without end": (endless(CHUNKED, b"f" * 1000), "broken answer", TOO_MUCH),
    "a chunk's extension without end": (endless(CHUNKED + b"1;", CHUNK), "broken answer", TOO_MUCH),
    "chunks of one byte without end": (endless(CHUNKED, b"1\r\nx\r\n" * 5_000), "broken answer", TOO_MUCH),
    "a trailer's name without end": (endless(CHUNKED + b"0\r\n", CHUNK), "broken answer", TOO_MUCH),
    "a trailer without end": (endless(CHUNKED + b"0\r\nx: ", CHUNK), "broken answer", TOO_MUCH),
    "trailers without end": (endless(CHUNKED + b"0\r\n", b"x-a: b\r\n" * 1000), "broken answer", TOO_MUCH),
}
"""All with the status 200."""

ANSWERING: dict[str, tuple[Answer, int, bool]] = {
    "a body without end": (endless(b"HTTP/1.1 200 OK\r\n\r\n", CHUNK), 200, True),
    "chunks without end": (endless(CHUNKED, b"1000\r\n" + b"x" * 4096 + b"\r\n"), 200, True),
    "a gzip bomb": (
        answering(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(BOMB) + BOMB),
        200,
        True,
    ),
    "a body after 204": (answering(b"HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello"), 204, False),
    "a length that is too short": (answering(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok and more"), 200, False),
    "another protocol": (
        answering(b"HTTP/1.1 101 Switching\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n\0"),
        101,
        False,
    ),
    "a redirect to itself": (answering(b"HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n"), 302, False),
    "gone": (answering(b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"), 410, False),
}


@dataclass
class Cost:
    seconds: float
    memory: int
    """Bytes that the process grew by at most."""


async def measured(answer: Answer) -> tuple[Sent, Cost]:
    process, courier = psutil.Process(), Courier(LOOPBACK, timeout=TIMEOUT)
    before = peak = process.memory_info().rss

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, process.memory_info().rss)
            await asyncio.sleep(0.01)

    watching = asyncio.create_task(watch())
    async with receiving(answer) as receiver:
        begun = time.monotonic()
        sent = await courier.send(untransformed(receiver.url(), b"{}", credential_headers={}, endpoint_headers={}))
        took = time.monotonic() - begun
        assert len(receiver.got) == 1
        await courier.aclose()
    watching.cancel()
    return sent, Cost(took, max(peak, process.memory_info().rss) - before)


@pytest.mark.parametrize(("answer", "kind", "words"), BREAKING.values(), ids=BREAKING.keys())
async def test_no_whole_answer_ends_in_time_and_in_words(answer: Answer, kind: str, words: str) -> None:
    sent, cost = await measured(answer)
    assert isinstance(sent, Unreachable), sent
    assert (sent.error.kind, sent.error.message) == (kind, words)
    assert cost.seconds < MOST_SECONDS
    assert cost.memory < MOST_MEMORY


@pytest.mark.parametrize(("answer", "kind", "words"), CUT_SHORT.values(), ids=CUT_SHORT.keys())
async def test_a_status_decides_whatever_follows_it(answer: Answer, kind: str, words: str) -> None:
    """It is told beside the status, and ends in time."""
    sent, cost = await measured(answer)
    assert isinstance(sent, Responded), sent
    assert (sent.response.status, sent.response.truncated) == (200, True)
    assert sent.error is not None
    assert (sent.error.kind, sent.error.message) == (kind, words)
    assert cost.seconds < MOST_SECONDS
    assert cost.memory < MOST_MEMORY


@pytest.mark.parametrize(("answer", "status", "truncated"), ANSWERING.values(), ids=ANSWERING.keys())
async def test_an_odd_answer_is_an_answer_and_no_more_of_it_is_read_than_is_kept(
    answer: Answer, status: int, truncated: bool
) -> None:
    sent, cost = await measured(answer)
    assert isinstance(sent, Responded), sent
    assert (sent.response.status, sent.response.truncated) == (status, truncated)
    assert cost.seconds < MOST_SECONDS
    assert cost.memory < MOST_MEMORY


@pytest.mark.parametrize("after", ["0", "1000000000", "Wed, 21 Oct 2037 07:28:00 GMT", "soon", "-5", "1e9"])
async def test_what_a_busy_receiver_says_is_kept_as_it_said_it(after: str) -> None:
    sent, _ = await measured(
        answering(f"HTTP/1.1 429 Too Many Requests\r\nretry-after: {after}\r\ncontent-length: 0\r\n\r\n".encode())
    )
    assert isinstance(sent, Responded), sent
    assert sent.response.status == 429
    assert ("retry-after", after) in sent.response.headers


async def test_bytes_after_an_answer_are_not_taken_for_the_next_one() -> None:
    """What follows an answer that was too long, or a 204 with a body, must not answer the next delivery."""
    smuggled = b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n"
    answers = [
        b"HTTP/1.1 204 No Content\r\n\r\n" + smuggled,
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok" + smuggled,
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    ]

    async def one_after_another(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answers.pop(0))
        await writer.drain()

    courier = Courier(LOOPBACK, timeout=TIMEOUT)
    statuses = []
    async with receiving(one_after_another) as receiver:
        for _ in range(3):
            sent = await courier.send(untransformed(receiver.url(), b"{}", credential_headers={}, endpoint_headers={}))
            assert isinstance(sent, Responded), sent
            statuses.append(sent.response.status)
        await courier.aclose()
    assert statuses == [204, 200, 200]
